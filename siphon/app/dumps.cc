// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dumps.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/body_format.h"
#include "siphon/app/progress.h"
#include "siphon/base/moment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/foreign.h"
#include "siphon/domain/dumps/loose_dump.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/profile/url.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"
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

// Reads `head`, which was read from `rest` before, and then the rest.
class ResumedReader : public base::Reader {
 public:
  ResumedReader(std::string_view head, base::Reader* rest) : head_(head), rest_(rest) {}
  absl::StatusOr<size_t> Read(absl::Span<char> buffer) override {
    if (head_.empty()) return rest_->Read(buffer);
    const size_t size = head_.copy(buffer.data(), buffer.size());
    head_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view head_;
  base::Reader* rest_;
};

// True if the directory has the sidecar of a dump.
bool HasDumps(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (absl::EndsWith(entry->path().filename().native(), ".meta.json")) return true;
  }
  return false;
}

// The catalogue is empty. Tells of the reasons that its user may not know: the directory in the
// configuration does not exist, or another default directory has dumps.
void WarnOfAnotherCatalogue(const base::Context& context, const Session& session) {
  if (session.config().config.storage.type != "local") return;
  const std::string& directory = session.config().config.dump_dir;
  const std::vector<std::string> defaults = config::DefaultDumpDirectories(session.environment());
  const bool is_default = std::find(defaults.begin(), defaults.end(), directory) != defaults.end();
  std::error_code error;
  if (!is_default && !std::filesystem::exists(directory, error) && !error) {
    context.Warn("dumps", absl::StrCat("the directory ", directory,
                                       " (defaults.dump_dir) does not exist: check its name; the "
                                       "first backup creates it"));
  }
  for (const std::string& other : defaults) {
    if (other == directory || !HasDumps(other)) continue;
    context.Warn("dumps", absl::StrCat("there are dumps in ", other, ", but the catalogue is ",
                                       directory, ": see 'siphon config check'"));
  }
}

}  // namespace

absl::StatusOr<dumps::Listing> ListDumps(const base::Context& context, Session& session) {
  // A read-only catalogue cannot be cleaned, but can be listed.
  const absl::Status recovered = session.catalog().Recover(context);
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(dumps::Listing listing, session.catalog().List(context));
  if (!recovered.ok()) context.Warn("dumps", recovered.message());
  if (listing.dumps.empty() && listing.corrupt.empty() && listing.orphans.empty()) {
    WarnOfAnotherCatalogue(context, session);
  }
  return listing;
}

absl::StatusOr<std::string> FindDump(const base::Context& context, Session& session,
                                     const dumps::Selector& selector) {
  if (!dumps::IsLatest(selector.text)) return session.catalog().Resolve(context, selector);
  dumps::Selector latest = selector;
  // The catalogue stores a database URL without its password.
  latest.text = dumps::LatestOf(profile::RedactUrl(dumps::ProfileOfLatest(selector.text)));
  return session.catalog().Resolve(context, latest);
}

absl::Status RequireKnownProfile(const Session& session, const std::string& profile) {
  if (profile.empty() || profile::LooksLikeUrl(profile)) return absl::OkStatus();
  if (session.config().unusable.contains(profile)) return absl::OkStatus();
  return session.FindProfile(profile).status();
}

absl::StatusOr<DumpDetails> InspectDump(const base::Context& context, Session& session,
                                        const dumps::Selector& selector) {
  ASSIGN_OR_RETURN(const std::string id, FindDump(context, session, selector));
  ASSIGN_OR_RETURN(dumps::OpenDump dump,
                   session.catalog().Describe(context, id, dumps::DetailsNeed::kOptional));
  // A machine without identities does not expect to see the tables.
  if (!dump.details_missing.ok() && !session.config().config.encryption.identities.empty()) {
    context.Warn("dumps", dump.details_missing.message());
  }
  absl::StatusOr<dumps::Notes> notes = session.catalog().ReadNotes(context, id);
  if (!notes.ok()) context.Warn("dumps", notes.status().message());
  return DumpDetails{.sidecar = std::move(dump.sidecar),
                     .envelope = std::move(dump.envelope),
                     .notes = std::move(notes).value_or(dumps::Notes())};
}

namespace {

// The error of a body that the driver `engine` does not take, with the name of the input. Bytes
// that are no dump of the engine may be one of another.
absl::Status NameInput(const absl::Status& status, std::string_view input,
                       std::string_view engine) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  const bool unreadable = error->cause == errs::kIntegrity;
  if (!unreadable && error->cause != errs::kDriverUnsupported) return status;
  error->detail = absl::StrCat(input, ": ", error->detail);
  if (unreadable) {
    absl::StrAppend(&error->hint, error->hint.empty() ? "" : "; ", "the profile is of ", engine,
                    ": for the file of another engine name a profile of that one");
  }
  return errs::MakeStatus(*std::move(error));
}

}  // namespace

absl::StatusOr<ImportResult> ImportDump(const base::Context& context, Session& session,
                                        const ImportRequest& request, base::Reader& body) {
  ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(request.profile));
  base::Stage stage(context, "import");
  const auto run = [&]() -> absl::StatusOr<ImportResult> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
    std::string head(dumps::kForeignHead, '\0');
    ASSIGN_OR_RETURN(const size_t size, base::ReadFull(body, absl::MakeSpan(head)));
    head.resize(size);
    if (head.empty()) return dumps::EmptyInput("dumps import", request.input);
    RETURN_IF_ERROR(dumps::CheckForeign(request.input, driver->name(), head));
    ASSIGN_OR_RETURN(
        const auto dump,
        session.catalog().Create(context, {.profile = profile.name,
                                           .driver = std::string(driver->name()),
                                           .compression = request.compression.value_or(
                                               session.config().config.compression.value_or(1)),
                                           .scope = {.kind = dumps::Kind::kImported}}));
    ASSIGN_OR_RETURN(base::Writer* const out, dump->Begin({}));
    ResumedReader whole(head, &body);
    ProgressReader progress(&whole, &stage);
    CopyingReader copy(&progress, out);
    RETURN_IF_ERROR(
        NameInput(driver->VerifyBody(context, copy).status(), request.input, driver->name()));
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

absl::StatusOr<TagResult> TagDump(const base::Context& context, Session& session,
                                  const TagRequest& request) {
  for (const std::string& tag : request.add) RETURN_IF_ERROR(dumps::ValidateTag(tag));
  TagResult result;
  ASSIGN_OR_RETURN(result.id, FindDump(context, session, request.dump));
  ASSIGN_OR_RETURN(const dumps::Sidecar sidecar, session.catalog().Get(context, result.id));
  ASSIGN_OR_RETURN(dumps::Notes notes, session.catalog().ReadNotes(context, sidecar.id));
  const dumps::Notes before = notes;
  for (const std::string& tag : request.remove) {
    if (notes.tags.erase(tag) > 0) continue;
    return errs::UserError("dumps tag", errs::kNotFound,
                           absl::StrCat("dump ", result.id, " does not have the tag ", tag),
                           "'siphon dumps tag' without options shows its tags");
  }
  notes.tags.insert(request.add.begin(), request.add.end());
  if (notes.tags.size() > dumps::kMaxTags) {
    return errs::UserError("dumps tag", errs::kInvalidArgument,
                           absl::StrCat("a dump has at most ", dumps::kMaxTags, " tags"),
                           "remove some with --remove");
  }
  if (notes != before) {
    RETURN_IF_ERROR(session.catalog().WriteNotes(context, result.id, notes));
  }
  result.tags = std::move(notes.tags);
  return result;
}

absl::StatusOr<PinResult> PinDump(const base::Context& context, Session& session,
                                  const PinRequest& request) {
  constexpr std::string_view kOp = "dumps pin";
  const absl::Time now = session.clock().Now();
  RETURN_IF_ERROR(errs::WithOp(dumps::ValidatePinReason(request.reason), kOp));
  if (request.until.has_value() && *request.until <= now) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("the pin would end at ", base::FormatMoment(*request.until),
                                        ", which is in the past"),
                           "name a later time, or leave it out for a pin without an end");
  }
  PinResult result;
  ASSIGN_OR_RETURN(result.id, FindDump(context, session, request.dump));
  ASSIGN_OR_RETURN(const dumps::Sidecar sidecar, session.catalog().Get(context, result.id));
  ASSIGN_OR_RETURN(dumps::Notes notes, session.catalog().ReadNotes(context, sidecar.id));
  if (request.pin) {
    notes.pin = {.when = now, .until = request.until, .reason = request.reason};
    // A time after the year 9999, or a reason that is not UTF-8.
    if (!dumps::DecodeNotes(dumps::EncodeNotes(notes)).ok()) {
      return errs::UserError(kOp, errs::kInvalidArgument, "the pin cannot be recorded",
                             "choose an earlier end or a shorter reason");
    }
  } else if (!notes.pin.has_value()) {
    return errs::UserError("dumps unpin", errs::kNotFound,
                           absl::StrCat("dump ", result.id, " is not pinned"),
                           "'siphon dumps inspect' shows the pin of a dump");
  } else {
    notes.pin = std::nullopt;
  }
  RETURN_IF_ERROR(session.catalog().WriteNotes(context, result.id, notes));
  result.pin = std::move(notes.pin);
  return result;
}

absl::Status RemoveDump(const base::Context& context, Session& session, const std::string& id) {
  return session.catalog().Remove(context, id);
}

absl::StatusOr<dumps::RebuildResult> RebuildDumps(const base::Context& context, Session& session,
                                                  const std::string& profile, bool all) {
  RETURN_IF_ERROR(session.catalog().Recover(context));
  ASSIGN_OR_RETURN(const std::string scratch, session.ScratchDirectory());
  const driver::DeepVerifyOptions deep{.directory = scratch,
                                       .tools = session.ChooseTools(std::nullopt),
                                       .environment = session.environment()};
  const auto check = [&](const dumps::Envelope& envelope,
                         base::Reader& body) -> absl::StatusOr<std::vector<dumps::TableInfo>> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(envelope.driver));
    if (auto* const format = dynamic_cast<driver::IncrementFormat*>(driver);
        format != nullptr && dumps::DumpFormatOf(envelope) == format->increment_format()) {
      RETURN_IF_ERROR(format->VerifyIncrement(context, body));
      return std::vector<dumps::TableInfo>();
    }
    if (envelope.rows_estimated) {
      ASSIGN_OR_RETURN(driver::DeepReport report, driver->VerifyDeep(context, deep, body));
      return std::move(report.tables);
    }
    RETURN_IF_ERROR(driver->VerifyBody(context, body).status());
    return std::vector<dumps::TableInfo>();
  };
  // For a URL, the name of the profile is the URL without its password, as in a backup.
  return session.catalog().Rebuild(context, profile::RedactUrl(profile), all, check,
                                   ReadBodyFormat);
}

}  // namespace siphon::app
