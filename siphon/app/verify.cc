// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/chain.h"
#include "siphon/app/dumps.h"
#include "siphon/app/notify.h"
#include "siphon/app/progress.h"
#include "siphon/app/rights.h"
#include "siphon/app/verify_frames.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/ulid.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

// Compares the recorded numbers of rows with those found in the dump, except for tables that were
// left out. Returns the number of compared tables.
absl::StatusOr<int> CompareRows(const dumps::Sidecar& sidecar,
                                const std::vector<dumps::TableInfo>& tables,
                                const std::set<std::string>& left_out = {}) {
  std::map<std::string, int64_t> found;
  for (const dumps::TableInfo& table : tables) found[table.name] = table.rows;
  std::vector<std::string> differences;
  int compared = 0;
  for (const dumps::TableInfo& table : sidecar.tables) {
    if (left_out.contains(table.name)) continue;
    ++compared;
    const auto it = found.find(table.name);
    if (it == found.end()) {
      differences.push_back(absl::StrCat("table \"", table.name, "\" is missing"));
    } else if (it->second != table.rows) {
      differences.push_back(absl::StrCat("table \"", table.name, "\" has ", it->second,
                                         " rows, recorded are ", table.rows));
    }
  }
  if (!differences.empty()) {
    return errs::IntegrityError(
        "verify", absl::StrCat("dump ", sidecar.id, ": ", absl::StrJoin(differences, "; ")),
        "do not rely on this dump; make a new backup");
  }
  return compared;
}

// The part of a checksum before its value: engine and version.
std::string_view Maker(std::string_view checksum) { return checksum.substr(0, checksum.find(':')); }

// Compares the recorded checksums with those of the restored tables. Returns the number of compared
// tables; checksums of other versions cannot be compared.
absl::StatusOr<int> CompareChecksums(const base::Context& context, const dumps::Sidecar& sidecar,
                                     const std::vector<dumps::TableInfo>& tables) {
  std::map<std::string, std::string> found;
  for (const dumps::TableInfo& table : tables) found[table.name] = table.checksum;
  std::vector<std::string> differences;
  std::string other;
  int compared = 0;
  for (const dumps::TableInfo& table : sidecar.tables) {
    const std::string& checksum = found[table.name];
    if (table.checksum.empty() || checksum.empty()) continue;
    if (Maker(table.checksum) != Maker(checksum)) {
      other =
          absl::StrCat("recorded by ", Maker(table.checksum), ", restored on ", Maker(checksum));
      continue;
    }
    ++compared;
    if (table.checksum == checksum) continue;
    differences.push_back(absl::StrCat("table \"", table.name, "\" has the checksum ", checksum,
                                       ", recorded is ", table.checksum));
  }
  if (!other.empty()) {
    context.Message("verify.restore", absl::StrCat("checksums are not compared: ", other));
  }
  if (differences.empty()) return compared;
  return errs::IntegrityError(
      "verify", absl::StrCat("dump ", sidecar.id, ": ", absl::StrJoin(differences, "; ")),
      "do not rely on this dump; make a new backup");
}

absl::StatusOr<int> VerifyDeep(const base::Context& context, Session& session,
                               const dumps::Sidecar& sidecar, profile::Tools tools,
                               std::string& summary) {
  base::Stage stage(context, "verify.deep");
  const auto run = [&]() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(sidecar.driver));
    ASSIGN_OR_RETURN(dumps::OpenDump dump, OpenState(context, session.catalog(), sidecar.id));
    ProgressReader body(dump.body.get(), &stage);
    ASSIGN_OR_RETURN(const std::string scratch, session.ScratchDirectory());
    ASSIGN_OR_RETURN(
        driver::DeepReport report,
        driver->VerifyDeep(
            context, {.directory = scratch, .tools = tools, .environment = session.environment()},
            body));
    summary = std::move(report.summary);
    // The sidecar that was opened has the tables of an encrypted dump, too.
    return CompareRows(dump.sidecar, report.tables);
  };
  absl::StatusOr<int> compared = run();
  RETURN_IF_ERROR(stage.Finish(compared.status()));
  return compared;
}

absl::StatusOr<int> VerifyRestore(const base::Context& context, Session& session,
                                  const dumps::Sidecar& sidecar, const VerifyRequest& request,
                                  const profile::Profile& server, VerifyResult& result) {
  base::Stage stage(context, "verify.restore");
  const auto run = [&]() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(sidecar.driver));
    ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved,
                     session.Resolve(server, request.tools));
    ASSIGN_OR_RETURN(auto scratch, driver->OpenScratchOn(context, resolved));
    ASSIGN_OR_RETURN(dumps::OpenDump dump, OpenState(context, session.catalog(), sidecar.id));
    ProgressReader body(dump.body.get(), &stage);
    verbs::RestoreOptions options;
    // Only rows are compared, and the server may have other roles.
    options.no_owner = options.no_acl = driver->features().ownership;
    options.trust = request.trust;
    RETURN_IF_ERROR(scratch->Restore(context, options, body));
    std::set<std::string> left_out;
    for (const verbs::LeftOut& one : scratch->left_out()) {
      result.left_out.push_back(one.object);
      if (!one.table.empty()) left_out.insert(one.table);
    }
    RETURN_IF_ERROR(scratch->CheckIntegrity(context));
    const bool checksums =
        std::any_of(dump.sidecar.tables.begin(), dump.sidecar.tables.end(),
                    [](const dumps::TableInfo& table) { return !table.checksum.empty(); });
    ASSIGN_OR_RETURN(const verbs::Schema schema,
                     scratch->Inspect(context, {.exact = true, .checksums = checksums}));
    RETURN_IF_ERROR(scratch->Close());
    std::vector<dumps::TableInfo> tables;
    for (const verbs::TableSchema& table : schema.tables) {
      tables.push_back({table.name, table.rows, table.bytes, table.checksum});
    }
    ASSIGN_OR_RETURN(const int rows, CompareRows(dump.sidecar, tables, left_out));
    ASSIGN_OR_RETURN(result.checksums_compared, CompareChecksums(context, dump.sidecar, tables));
    return rows;
  };
  absl::StatusOr<int> compared = run();
  RETURN_IF_ERROR(stage.Finish(compared.status()));
  return compared;
}

// Makes the checks that are possible before the dump is read: the engine of the profile, options
// that the engine does not support.
absl::StatusOr<std::optional<profile::Profile>> FindServer(const base::Context& context,
                                                           Session& session,
                                                           const VerifyRequest& request,
                                                           const std::string& id) {
  if (request.trust && request.restore_on.empty()) {
    return errs::UserError("verify", errs::kInvalidArgument,
                           "--trust has no effect without --restore",
                           "a dump runs its code only where it is restored");
  }
  if (request.restore_on.empty() && !request.tools.has_value()) return std::nullopt;
  std::string engine;
  {
    ASSIGN_OR_RETURN(const dumps::OpenDump dump, session.catalog().Open(context, id));
    engine = dump.sidecar.driver;
  }
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(engine));
  RETURN_IF_ERROR(driver::RequireFeature(*driver, request.tools.has_value(),
                                         &driver::Features::tools, "--tools"));
  if (request.restore_on.empty()) return std::nullopt;
  RETURN_IF_ERROR(RequireScratch(*driver));
  RETURN_IF_ERROR(
      driver::RequireFeature(*driver, request.trust, &driver::Features::trust, "--trust"));
  ASSIGN_OR_RETURN(profile::Profile server, session.FindProfile(request.restore_on));
  if (server.driver == engine) return server;
  return errs::UserError("verify", errs::kDriverUnsupported,
                         absl::StrCat("dump ", id, " is of ", engine, " and profile \"",
                                      server.name, "\" is of ", server.driver),
                         "restore on a server of the same engine");
}

// Without its key, an encrypted dump need not be read to its end before a deep verification fails.
absl::Status CheckKey(const base::Context& context, Session& session, const VerifyRequest& request,
                      const std::string& id) {
  if (DepthOf(request) == dumps::Depth::kChecksum) return absl::OkStatus();
  const absl::StatusOr<dumps::Sidecar> sidecar = session.catalog().Get(context, id);
  // The verification has the error.
  if (!sidecar.ok() || sidecar->encryption.empty()) return absl::OkStatus();
  return session.catalog().Describe(context, id).status();
}

absl::StatusOr<VerifyResult> RunVerify(const base::Context& context, Session& session,
                                       const VerifyRequest& request, const std::string& id) {
  const absl::Time started = session.clock().Now();
  VerifyResult result;
  ASSIGN_OR_RETURN(const std::optional<profile::Profile> server,
                   FindServer(context, session, request, id));
  RETURN_IF_ERROR(CheckKey(context, session, request, id));
  base::Stage stage(context, "verify");
  auto verified = VerifyState(context, session.catalog(), id, &stage);
  RETURN_IF_ERROR(stage.Finish(verified.status()));
  result.sidecar = std::move(verified->sidecar);
  context.SetDump(result.sidecar.id);
  if (request.deep) {
    result.deep = true;
    RETURN_IF_ERROR(VerifyFrames(context, session.catalog(), result.sidecar, verified->envelope));
    const profile::Tools tools = session.ChooseTools(request.tools);
    ASSIGN_OR_RETURN(result.tables_compared,
                     VerifyDeep(context, session, result.sidecar, tools, result.deep_summary));
  }
  if (server.has_value()) {
    result.restored_on = server->name;
    ASSIGN_OR_RETURN(result.tables_compared,
                     VerifyRestore(context, session, result.sidecar, request, *server, result));
  }
  result.elapsed = session.clock().Now() - started;
  return result;
}

// What is recorded of a fault. The notes of an encrypted dump are clear and must not name its
// tables; without a sidecar, it is not known whether the dump is encrypted.
std::string FailureOf(const base::Context& context, Session& session, const VerifyRequest& request,
                      const std::string& id, const absl::Status& status) {
  if (status.ok()) return "";
  const absl::StatusOr<dumps::Sidecar> sidecar = session.catalog().Get(context, id);
  const bool is_clear = sidecar.ok() && sidecar->encryption.empty();
  if (is_clear || DepthOf(request) == dumps::Depth::kChecksum) {
    return std::string(status.message());
  }
  return absl::StrCat(
      "the verification (", dumps::DepthName(DepthOf(request)),
      ") failed; the reason is not recorded for an encrypted dump: verify it again");
}

// Adds the result to the notes of the dump. Other errors than faults of the dump are not recorded.
// A catalogue that cannot be written is no error of the verification.
void Record(const base::Context& context, Session& session, const VerifyRequest& request,
            const std::string& id, const absl::Status& status) {
  if (!status.ok() && !errs::Is(status, errs::kIntegrity)) return;
  absl::StatusOr<dumps::Notes> notes = session.catalog().ReadNotes(context, id);
  absl::Status recorded = notes.status();
  if (notes.ok()) {
    notes->Add({.when = session.clock().Now(),
                .depth = DepthOf(request),
                .failure = FailureOf(context, session, request, id, status)});
    recorded = session.catalog().WriteNotes(context, id, *notes);
  }
  // A dump without a readable sidecar has no notes.
  if (recorded.ok() || (!status.ok() && errs::Is(recorded, errs::kIntegrity))) return;
  context.Message("verify", absl::StrCat("the result is not recorded: ", recorded.message()));
}

// The profile of a dump, for its notifications; "" if the sidecar cannot be read.
std::string ProfileOf(const base::Context& context, Session& session, const std::string& id) {
  if (session.config().config.notifications.empty()) return "";
  const absl::StatusOr<dumps::Sidecar> sidecar = session.catalog().Get(context, id);
  return sidecar.ok() ? sidecar->profile : "";
}

}  // namespace

dumps::Depth DepthOf(const VerifyRequest& request) {
  if (!request.restore_on.empty()) return dumps::Depth::kRestore;
  return request.deep ? dumps::Depth::kDeep : dumps::Depth::kChecksum;
}

absl::StatusOr<VerifyResult> Verify(const base::Context& command, Session& session,
                                    const VerifyRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, FindDump(command, session, request.dump));
  // What is no id may be anything, such as a URL with a password.
  const std::string named = dumps::IsUlid(id) ? id : "";
  const base::Context context =
      command.WithJob(named.empty() ? "verify" : absl::StrCat("verify ", named));
  context.SetDump(named);
  std::optional<JobNotice> notice;
  if (request.notify) {
    notice.emplace(context, session, "verify",
                   std::vector<std::string>{ProfileOf(context, session, id)});
  }
  absl::StatusOr<VerifyResult> result = RunVerify(context, session, request, id);
  Record(context, session, request, id, result.status());
  if (notice.has_value()) {
    notice->Finish(result.status(),
                   {.id = named, .size_bytes = result.ok() ? result->sidecar.size_bytes : 0});
  }
  return result;
}

}  // namespace siphon::app
