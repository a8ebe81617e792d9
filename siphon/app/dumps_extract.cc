// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/body_format.h"
#include "siphon/app/chain.h"
#include "siphon/app/dumps.h"
#include "siphon/app/excerpt.h"
#include "siphon/app/progress.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "dumps extract";

absl::Status WithoutIndex(const std::string& id) {
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat("dump ", id,
                                      " has no index, so its tables cannot be read "
                                      "one by one"),
                         "leave --table out, or restore the table with 'siphon restore --table'");
}

absl::StatusOr<uint64_t> ExtractGlobals(const base::Context& context, Session& session,
                                        const dumps::OpenDump& dump, base::Writer& out) {
  ASSIGN_OR_RETURN(const auto attachments, session.catalog().Attachments(context, dump));
  const auto found = attachments.find(std::string(dumps::kGlobals));
  if (found == attachments.end()) {
    return errs::UserError(
        kOp, errs::kNotFound,
        absl::StrCat("dump ", dump.sidecar.id, " was made without --with-globals"),
        "leave --globals out to get the dump's body");
  }
  RETURN_IF_ERROR(out.Write(found->second));
  return found->second.size();
}

// The frames of a dump; nothing if it has none. Without the sidecar's hash of the index, the whole
// dump is verified first.
absl::StatusOr<std::optional<dumps::DumpFrames>> OpenFrames(const base::Context& context,
                                                            Session& session,
                                                            const dumps::OpenDump& dump,
                                                            base::Stage& stage) {
  dumps::Catalog& catalog = session.catalog();
  if (dump.sidecar.index.has_value()) {
    return dumps::OpenFrames(context, catalog.store(), dump.sidecar, catalog.encryption());
  }
  ASSIGN_OR_RETURN(const frames::BodyFormat format,
                   dumps::FormatOf(context, catalog.store(), dump.sidecar.id, dump.envelope,
                                   ReadBodyFormat, catalog.encryption()));
  if (format.layout == nullptr) return std::nullopt;
  RETURN_IF_ERROR(catalog.Verify(context, dump.sidecar.id, &stage).status());
  return dumps::FindFrames(context, catalog.store(), dump.sidecar.id,
                           !dump.envelope.encryption.empty(), *format.layout, catalog.encryption());
}

absl::StatusOr<uint64_t> ExtractTables(const base::Context& context, Session& session,
                                       const dumps::OpenDump& dump,
                                       const std::vector<std::string>& tables, base::Writer& out,
                                       base::Stage& stage) {
  ASSIGN_OR_RETURN(driver::Driver* const driver, driver::Get(dump.envelope.driver));
  ASSIGN_OR_RETURN(std::optional<dumps::DumpFrames> frames,
                   OpenFrames(context, session, dump, stage));
  if (!frames.has_value()) return WithoutIndex(dump.sidecar.id);
  driver::ExcerptOptions options;
  options.restore.tables = tables;
  options.alone = true;
  ASSIGN_OR_RETURN(options.directory, session.ScratchDirectory());
  ASSIGN_OR_RETURN(
      std::optional<Excerpt> excerpt,
      Excerpt::Open(context, *driver, *std::move(frames), dump.sidecar.id, std::move(options)));
  if (!excerpt.has_value()) return WithoutIndex(dump.sidecar.id);
  ProgressReader body(&excerpt->reader(), &stage);
  return base::Copy(body, out);
}

}  // namespace

absl::StatusOr<ExtractResult> ExtractDump(const base::Context& context, Session& session,
                                          const ExtractRequest& request, base::Writer& out) {
  ASSIGN_OR_RETURN(const std::string id, FindDump(context, session, request.dump));
  base::Stage stage(context, "extract");
  const auto run = [&]() -> absl::StatusOr<ExtractResult> {
    if (!request.globals && request.tables.empty()) {
      ASSIGN_OR_RETURN(const dumps::OpenDump dump, OpenState(context, session.catalog(), id));
      ProgressReader body(dump.body.get(), &stage);
      ASSIGN_OR_RETURN(const uint64_t bytes, base::Copy(body, out));
      return ExtractResult{.sidecar = dump.sidecar, .bytes = bytes};
    }
    ASSIGN_OR_RETURN(const dumps::OpenDump dump, session.catalog().Describe(context, id));
    ASSIGN_OR_RETURN(const uint64_t bytes,
                     request.globals
                         ? ExtractGlobals(context, session, dump, out)
                         : ExtractTables(context, session, dump, request.tables, out, stage));
    return ExtractResult{.sidecar = dump.sidecar, .bytes = bytes};
  };
  absl::StatusOr<ExtractResult> result = run();
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

}  // namespace siphon::app
