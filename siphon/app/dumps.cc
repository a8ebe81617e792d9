// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dumps.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"
#include "siphon/domain/profile/url.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

// Writes the bytes that are read.
class CopyingReader : public base::Reader {
 public:
  CopyingReader(base::Reader* in, base::Writer* out) : in_(in), out_(out) {}
  absl::StatusOr<size_t> Read(absl::Span<char> buffer) override {
    ASSIGN_OR_RETURN(const size_t size, in_->Read(buffer));
    RETURN_IF_ERROR(out_->Write(std::string_view(buffer.data(), size)));
    return size;
  }

 private:
  base::Reader* in_;
  base::Writer* out_;
};

}  // namespace

absl::StatusOr<dumps::Listing> ListDumps(const base::Context& context, Session& session) {
  // A read-only catalogue cannot be cleaned, but can be listed.
  if (const absl::Status recovered = session.catalog().Recover(context); !recovered.ok()) {
    RETURN_IF_ERROR(context.Check());
    context.Warn("dumps", recovered.message());
  }
  return session.catalog().List(context);
}

absl::StatusOr<DumpDetails> InspectDump(const base::Context& context, Session& session,
                                        const std::string& id) {
  ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, id));
  return DumpDetails{.sidecar = std::move(dump.sidecar), .envelope = std::move(dump.envelope)};
}

absl::StatusOr<ExtractResult> ExtractDump(const base::Context& context, Session& session,
                                          const std::string& id, bool globals, base::Writer& out) {
  base::Stage stage(context, "extract");
  const auto run = [&]() -> absl::StatusOr<ExtractResult> {
    ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, id));
    ExtractResult result{.sidecar = dump.sidecar};
    if (!globals) {
      ProgressReader body(dump.body.get(), &stage);
      ASSIGN_OR_RETURN(result.bytes, base::Copy(body, out));
      return result;
    }
    ASSIGN_OR_RETURN(const auto attachments, session.catalog().Attachments(context, dump));
    const auto found = attachments.find(std::string(dumps::kGlobals));
    if (found == attachments.end()) {
      return errs::UserError("dumps extract", errs::kNotFound,
                             absl::StrCat("dump ", id, " was made without --with-globals"),
                             "leave --globals out to get the dump's body");
    }
    RETURN_IF_ERROR(out.Write(found->second));
    result.bytes = found->second.size();
    return result;
  };
  absl::StatusOr<ExtractResult> result = run();
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

absl::StatusOr<ImportResult> ImportDump(const base::Context& context, Session& session,
                                        const ImportRequest& request, base::Reader& body) {
  base::Stage stage(context, "import");
  const auto run = [&]() -> absl::StatusOr<ImportResult> {
    ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(request.profile));
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
    ASSIGN_OR_RETURN(
        const auto dump,
        session.catalog().Create(context, {.profile = profile.name,
                                           .driver = std::string(driver->name()),
                                           .compression = request.compression.value_or(
                                               session.config().config.compression.value_or(1))}));
    ASSIGN_OR_RETURN(base::Writer* const out, dump->Begin({}));
    ProgressReader progress(&body, &stage);
    CopyingReader copy(&progress, out);
    RETURN_IF_ERROR(driver->VerifyBody(context, copy).status());
    RETURN_IF_ERROR(context.Check());
    ImportResult result;
    ASSIGN_OR_RETURN(result.sidecar, dump->Commit());
    result.body_bytes = dump->body_bytes();
    return result;
  };
  absl::StatusOr<ImportResult> result = run();
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

absl::Status RemoveDump(const base::Context& context, Session& session, const std::string& id) {
  return session.catalog().Remove(context, id);
}

absl::StatusOr<dumps::RebuildResult> RebuildDumps(const base::Context& context, Session& session,
                                                  const std::string& profile, bool all) {
  RETURN_IF_ERROR(session.catalog().Recover(context));
  const driver::DeepVerifyOptions deep{.directory = session.config().config.dump_dir,
                                       .tools = session.ChooseTools(std::nullopt),
                                       .environment = session.environment()};
  const auto check = [&](const dumps::Envelope& envelope,
                         base::Reader& body) -> absl::StatusOr<std::vector<dumps::TableInfo>> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(envelope.driver));
    if (envelope.rows_estimated) {
      ASSIGN_OR_RETURN(driver::DeepReport report, driver->VerifyDeep(context, deep, body));
      return std::move(report.tables);
    }
    RETURN_IF_ERROR(driver->VerifyBody(context, body).status());
    return std::vector<dumps::TableInfo>();
  };
  // For a URL, the name of the profile is the URL without its password, as in a backup.
  return session.catalog().Rebuild(context, profile::RedactUrl(profile), all, check);
}

}  // namespace siphon::app
