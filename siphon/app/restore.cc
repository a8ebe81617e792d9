// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/restore.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/chain.h"
#include "siphon/app/confirm.h"
#include "siphon/app/dump_source.h"
#include "siphon/app/excerpt.h"
#include "siphon/app/notify.h"
#include "siphon/app/progress.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/profile/url.h"
#include "siphon/driver/copying.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/part_loader.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/restoration.h"

namespace siphon::app {
namespace {

constexpr int kMaxJobs = 64;

absl::Status CheckEngines(const dumps::Sidecar& sidecar, const profile::Profile& target) {
  if (sidecar.driver == target.driver) return absl::OkStatus();
  return errs::UserError("restore", errs::kDriverUnsupported,
                         absl::StrCat("dump ", sidecar.id, " is of ", sidecar.driver,
                                      " and profile \"", target.name, "\" is of ", target.driver),
                         "restore into a profile of the same engine");
}

// Checks that the dump can be restored: a full one, or an increment whose chain is in the
// catalogue.
absl::Status CheckRestorable(const dumps::Sidecar& sidecar, bool in_catalog) {
  if (!dumps::IsIncrement(sidecar)) return absl::OkStatus();
  RETURN_IF_ERROR(IncrementFormatOf(sidecar).status());
  if (in_catalog) return absl::OkStatus();
  return errs::UserError("restore", errs::kInvalidArgument,
                         absl::StrCat(sidecar.id, " is an increment, and a file has no chain"),
                         "put its chain into one folder of dumps, and restore it by its id");
}

// Checks a target on a server before the dump is verified. It does not open a database file,
// because that may change it. It uses a connection of its own, because a server may close an idle
// connection while the dump is verified.
//
// Asks before --clean.
absl::Status CheckTarget(const base::Context& context, const Session& session,
                         driver::Driver& driver, const profile::Profile& target,
                         const profile::ConnectionProfile& resolved, const RestoreRequest& request,
                         const verbs::RestoreOptions& options) {
  CleanTarget clean{
      .profile = target, .tables = options.tables, .exclude_tables = options.exclude_tables};
  std::unique_ptr<driver::Connection> connection;
  if (driver.features().connects_without_trace) {
    ASSIGN_OR_RETURN(connection,
                     driver.Connect(context, resolved, driver::Driver::Access::kCreate));
    RETURN_IF_ERROR(connection->CheckTarget(context, options));
    clean.connection = connection.get();
  }
  if (options.clean && options.create.empty()) {
    RETURN_IF_ERROR(
        ConfirmClean(context, session, "restore", clean, request.assume_yes || request.asked));
  }
  return connection == nullptr ? absl::OkStatus() : connection->Close();
}

// The profile from which the dump was made. Its URL is stored without secrets.
absl::StatusOr<profile::Profile> SourceOf(const Session& session, const dumps::Sidecar& sidecar) {
  ASSIGN_OR_RETURN(profile::Profile profile, session.FindProfile(sidecar.profile));
  if (!profile::LooksLikeUrl(sidecar.profile)) return profile;
  std::vector<std::string*> secrets = {&profile.password};
  for (auto& [name, value] : profile.parameters) {
    if (profile::IsSecretParameter(name)) secrets.push_back(&value);
  }
  for (std::string* const secret : secrets) {
    if (*secret != profile::kHiddenSecret) continue;
    if (!session.can_ask()) {
      return errs::UserError(
          "restore", errs::kSecretUnavailable,
          absl::StrCat("the dump is of ", sidecar.profile, ", whose password is not stored"),
          "name the target with --profile");
    }
    *secret = "prompt:";
  }
  return profile;
}

// Checks that the dump contains globals if they are requested.
absl::Status CheckGlobals(const dumps::Sidecar& sidecar, const dumps::Envelope& envelope,
                          const verbs::RestoreOptions& options) {
  if (!options.with_globals) return absl::OkStatus();
  for (const dumps::Attachment& attachment : envelope.attachments) {
    if (attachment.name == dumps::kGlobals) return absl::OkStatus();
  }
  return errs::UserError("restore", errs::kInvalidArgument,
                         absl::StrCat("dump ", sidecar.id, " was made without --with-globals"),
                         "leave --with-globals out, or choose another dump");
}

// The number of workers: that of the command line or the configuration, else one.
int ChooseJobs(const Session& session, const RestoreRequest& request) {
  const int configured = session.config().config.jobs.value_or(0);
  return std::clamp(request.jobs.value_or(configured), 1, kMaxJobs);
}

// Connects to the target.
using Connector = std::function<absl::StatusOr<std::unique_ptr<driver::Connection>>()>;

struct Jobs {
  int jobs = 1;
  bool asked = false;  // The user has asked for several.
  // The dump has more tables than one transaction can restore: it is restored in parts, also by one
  // job.
  bool many_tables = false;

  bool parts() const { return jobs > 1 || many_tables; }
};

bool TakesParts(driver::Connection& connection) {
  return dynamic_cast<driver::RestorationTarget*>(&connection) != nullptr;
}

// True if the target cannot restore so many tables at once, but in parts.
absl::StatusOr<bool> HasManyTables(const base::Context& context, driver::Connection& connection,
                                   const verbs::RestoreOptions& options, size_t tables) {
  auto* const target = dynamic_cast<driver::LimitedTarget*>(&connection);
  if (target == nullptr) return false;
  ASSIGN_OR_RETURN(const std::optional<uint64_t> most, target->MostTables(context, options));
  if (!most.has_value() || tables <= *most) return false;
  context.Detail("restore", absl::StrCat(tables,
                                         " tables are too many for one transaction; the "
                                         "server has memory for the locks of about ",
                                         *most));
  return true;
}

// Restores the parts of a dump by several workers. Nothing if the driver has no parts, or if it
// refuses; then `why` has its reason.
absl::StatusOr<std::optional<std::vector<verbs::LeftOut>>> RestoreParts(
    const base::Context& context, driver::Connection& connection, const driver::DumpBody& body,
    const verbs::RestoreOptions& options, base::Stage& stage, std::string& why) {
  auto* const target = dynamic_cast<driver::RestorationTarget*>(&connection);
  if (target == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                   target->OpenRestoration(context, options, body, why));
  if (restoration == nullptr) return std::nullopt;
  stage.SetTotal(body.index().offset());
  ProgressCounter counter(&stage);
  RETURN_IF_ERROR(driver::LoadParts(context, *restoration, body, options.jobs,
                                    [&](uint64_t bytes) { counter.Add(bytes); }));
  return restoration->left_out();
}

// The size of the body as a stream, as far as it is known before the end, for the progress.
std::optional<uint64_t> SizeOfBody(const base::Context& context, DumpSource& source,
                                   const dumps::OpenDump& dump) {
  if (dumps::IsIncrement(dump.sidecar)) return std::nullopt;
  if (dump.envelope.compression.empty()) {
    if (dump.sidecar.size_bytes == 0) return std::nullopt;
    return dump.sidecar.size_bytes;
  }
  const absl::StatusOr<std::optional<dumps::DumpFrames>> opened =
      source.OpenFrames(context, dump.sidecar);
  // The body is checked when it is read.
  if (!opened.ok() || !opened->has_value()) return std::nullopt;
  uint64_t bytes = 0;
  for (const frames::Item& item : (*opened)->index().directory().items) bytes += item.raw;
  return bytes;
}

// Restores a dump that is ready: by several workers if it has `parts`, which may be null, and that
// is possible; else from `stream`.
absl::StatusOr<std::vector<verbs::LeftOut>> RestoreBody(
    const base::Context& context, driver::Connection& connection, const driver::DumpBody* parts,
    base::Reader& stream, verbs::RestoreOptions options, const Jobs& jobs, base::Stage& stage) {
  if (jobs.parts() && parts != nullptr) {
    verbs::RestoreOptions parallel = options;
    parallel.jobs = jobs.jobs;
    std::string why;
    ASSIGN_OR_RETURN(std::optional<std::vector<verbs::LeftOut>> left_out,
                     RestoreParts(context, connection, *parts, parallel, stage, why));
    if (left_out.has_value()) return *std::move(left_out);
    if (!why.empty()) {
      options.jobs = 1;
      if (jobs.asked) {
        context.Message("restore", absl::StrCat("one job restores: ", why));
      } else if (jobs.many_tables) {
        context.Message("restore", absl::StrCat("one transaction restores all tables: ", why));
      }
    }
  }
  ProgressReader body(&stream, &stage);
  RETURN_IF_ERROR(connection.Restore(context, options, body));
  return connection.left_out();
}

// Verifies the whole dump, and restores it.
absl::StatusOr<std::vector<verbs::LeftOut>> RestoreVerified(const base::Context& context,
                                                            const Connector& connect,
                                                            DumpSource& source,
                                                            verbs::RestoreOptions options,
                                                            Jobs jobs, base::Stage& stage) {
  {
    base::Stage verify(context, "verify");
    RETURN_IF_ERROR(verify.Finish(source.Verify(context, verify)));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Connection> connection, connect());
  ASSIGN_OR_RETURN(const dumps::OpenDump dump, source.Open(context));
  ASSIGN_OR_RETURN(options.attachments, source.Attachments(context, dump));
  std::optional<dumps::DumpFrames> frames;
  std::optional<driver::DumpBody> parts;
  if (jobs.jobs == 1) {
    ASSIGN_OR_RETURN(jobs.many_tables,
                     HasManyTables(context, *connection, options, dump.sidecar.tables.size()));
  }
  if (jobs.parts() && TakesParts(*connection)) {
    ASSIGN_OR_RETURN(frames, source.OpenFrames(context, dump.sidecar));
    if (frames.has_value()) parts.emplace(&frames->body(), &frames->index(), dump.sidecar.id);
  }
  // Several workers set another total.
  if (const std::optional<uint64_t> size = SizeOfBody(context, source, dump)) {
    stage.SetTotal(*size);
  }
  ASSIGN_OR_RETURN(std::vector<verbs::LeftOut> left_out,
                   RestoreBody(context, *connection, parts.has_value() ? &*parts : nullptr,
                               *dump.body, std::move(options), jobs, stage));
  RETURN_IF_ERROR(connection->Close());
  return left_out;
}

// Restores some tables from their frames. The sidecar has the hash of the index, and the index
// those of the frames, so each frame is checked. Nothing if the whole dump must be verified and
// read.
absl::StatusOr<std::optional<std::vector<verbs::LeftOut>>> RestoreTables(
    const base::Context& context, const Session& session, driver::Driver& driver,
    const Connector& connect, DumpSource& source, const dumps::OpenDump& described,
    verbs::RestoreOptions options, const Jobs& jobs, base::Stage& stage) {
  if (options.tables.empty() || !options.exclude_tables.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<dumps::DumpFrames> frames,
                   source.OpenFrames(context, described.sidecar));
  if (!frames.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string directory, session.ScratchDirectory());
  ASSIGN_OR_RETURN(std::optional<Excerpt> excerpt,
                   Excerpt::Open(context, driver, *std::move(frames), described.sidecar.id,
                                 {.restore = options, .directory = directory}));
  if (!excerpt.has_value()) return std::nullopt;
  context.Detail("restore",
                 "only the index, the definitions and the frames of the tables are read");
  // Without one commit, a damaged frame must be found before the first of them.
  if (options.in_place || !options.single_transaction.value_or(true)) {
    base::Stage verify(context, "verify");
    RETURN_IF_ERROR(verify.Finish(excerpt->Check(context, verify)));
  }
  ASSIGN_OR_RETURN(options.attachments, source.Attachments(context, described));
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Connection> connection, connect());
  ASSIGN_OR_RETURN(std::vector<verbs::LeftOut> left_out,
                   RestoreBody(context, *connection, &excerpt->frames(), excerpt->reader(),
                               std::move(options), jobs, stage));
  RETURN_IF_ERROR(connection->Close());
  return left_out;
}

absl::StatusOr<RestoreResult> RunRestore(const base::Context& context, Session& session,
                                         const RestoreRequest& request, DumpSource& source,
                                         base::Stage& stage, std::optional<JobNotice>& notice) {
  const absl::Time started = session.clock().Now();
  RestoreResult result;
  ASSIGN_OR_RETURN(const dumps::OpenDump described, source.Describe(context));
  result.sidecar = described.sidecar;
  context.SetDump(result.sidecar.id);
  ASSIGN_OR_RETURN(const profile::Profile target, request.target.empty()
                                                      ? SourceOf(session, result.sidecar)
                                                      : session.FindProfile(request.target));
  result.target = target.name;
  notice.emplace(context, session, "restore", std::vector<std::string>{target.name});
  result.created = request.options.create;
  RETURN_IF_ERROR(CheckEngines(result.sidecar, target));
  RETURN_IF_ERROR(CheckRestorable(result.sidecar, request.source == nullptr));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(target.driver));
  verbs::RestoreOptions options = request.options;
  // An engine without parallel restores refuses jobs that the user asks for, and no others.
  options.jobs = request.jobs.value_or(1);
  RETURN_IF_ERROR(driver::RequireFor(*driver, options));
  RETURN_IF_ERROR(driver::RequireFeature(*driver, request.tools.has_value(),
                                         &driver::Features::tools, "--tools"));
  RETURN_IF_ERROR(CheckGlobals(result.sidecar, described.envelope, request.options));
  if (request.target.empty()) {
    context.Message("restore", absl::StrCat("into ", DescribeProfile(target),
                                            ", from which the dump was made"));
  }
  RETURN_IF_ERROR(session.ConfirmDestructive(target, "restore", request.assume_yes));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved,
                   session.Resolve(target, request.tools));
  const int jobs = ChooseJobs(session, request);
  options.annotations = result.sidecar.annotations;
  if (dumps::IsOfSomeTables(described.envelope) || !options.exclude_tables.empty()) {
    options.annotations[std::string(dumps::kScopeAnnotation)] = dumps::kSomeTables;
  }
  RETURN_IF_ERROR(CheckTarget(context, session, *driver, target, resolved, request, options));

  const Connector connect = [&] {
    return driver->Connect(context, resolved, driver::Driver::Access::kCreate);
  };
  const Jobs workers = {.jobs = jobs, .asked = request.jobs.value_or(1) > 1};
  ASSIGN_OR_RETURN(std::optional<std::vector<verbs::LeftOut>> left_out,
                   RestoreTables(context, session, *driver, connect, source, described, options,
                                 workers, stage));
  if (!left_out.has_value()) {
    ASSIGN_OR_RETURN(left_out,
                     RestoreVerified(context, connect, source, std::move(options), workers, stage));
  }
  for (const verbs::LeftOut& one : *left_out) result.left_out.push_back(one.object);
  result.elapsed = session.clock().Now() - started;
  return result;
}

}  // namespace

absl::StatusOr<RestoreResult> Restore(const base::Context& command, Session& session,
                                      const RestoreRequest& request) {
  std::string job = "restore";
  // Nothing starts for a profile that does not exist.
  if (!request.target.empty()) {
    ASSIGN_OR_RETURN(const profile::Profile target, session.FindProfile(request.target));
    absl::StrAppend(&job, " ", target.name);
  }
  const base::Context context = command.WithJob(std::move(job));
  std::unique_ptr<DumpSource> stored;
  if (request.source == nullptr) {
    ASSIGN_OR_RETURN(stored, FromCatalog(context, session, request.dump));
  } else if (request.target.empty()) {
    return errs::UserError("restore", errs::kInvalidArgument, "no target is given",
                           "a dump outside of the catalogue does not name one: give --profile");
  }
  DumpSource& source = request.source == nullptr ? *stored : *request.source;
  base::Stage stage(context, "restore");
  std::optional<JobNotice> notice;
  absl::StatusOr<RestoreResult> result =
      RunRestore(context, session, request, source, stage, notice);
  const absl::Status status = stage.Finish(result.status());
  if (notice.has_value()) {
    notice->Finish(status, result.ok()
                               ? NotifiedDump{result->sidecar.id, result->sidecar.size_bytes}
                               : NotifiedDump{});
  }
  RETURN_IF_ERROR(status);
  return result;
}

}  // namespace siphon::app
