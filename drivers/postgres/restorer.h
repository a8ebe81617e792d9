// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORER_H_
#define DRIVERS_POSTGRES_RESTORER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/clean.h"
#include "drivers/postgres/commit_gate.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/failure_report.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/restore.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/scratch_place.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/statistics.h"
#include "drivers/postgres/tools.h"
#include "drivers/postgres/transaction_watch.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {

// Restores an archive by pg_restore; see Restore() in restore.h. All that the constructor gets must
// outlive the object.
class Restorer {
 public:
  Restorer(const base::Context& context, Session& session,
           const profile::ConnectionProfile& profile, const verbs::RestoreOptions& options,
           ScratchRestore* scratch, base::Reader& body)
      : context_(context),
        session_(session),
        profile_(profile),
        options_(options),
        scratch_(scratch),
        body_(body),
        reader_(&body),
        application_(UniqueApplicationName(session.settings())) {}

  absl::Status Run();

  // The objects that Run() left out.
  std::vector<verbs::LeftOut> TakeLeftOut() { return std::move(left_out_); }

  // A restore in steps, in place of Run(): other sessions load the rows between them, and nobody
  // else uses the target. Prepare() reads the table of contents, plans, and creates the database.
  // BeforeRows() creates the objects that rows need, AfterRows() everything else, except the
  // entries `done`; it reads the body to its end. Each has transactions of its own, which the dump
  // cannot end. After an error the target holds a part of the dump.
  absl::Status Prepare();
  absl::Status BeforeRows() { return RunStep(Step::kBeforeRows); }
  absl::Status AfterRows(std::unordered_set<const ArchiveEntry*> done) {
    done_ = std::move(done);
    return RunStep(Step::kAfterRows);
  }
  // After Prepare().
  const Archive& archive() const { return *archive_; }
  const RestorePlan& plan() const { return plan_; }
  const Settings& target() const { return target_; }
  const std::string& monetary() const { return monetary_; }
  const std::string& application() const { return application_; }
  bool without_tablespaces() const { return findings_.without_tablespaces; }
  // The failure of a statement for `entry` in another session, with the cause and the hint that it
  // would have in pg_restore.
  absl::Status Explain(const absl::Status& status, const ArchiveEntry& entry) const;
  // Warns about those of `relations`, which were in the target, that the plan does not restore.
  void WarnOfLost(const std::vector<Relation>& relations) const;

 private:
  // The part of the plan that pg_restore runs.
  enum class Step { kWhole, kBeforeRows, kAfterRows };

  // A part of a step, for one transaction.
  using Slice = std::unordered_set<const ArchiveEntry*>;
  absl::Status RunStep(Step step);
  // Slices of at most `most` entries.
  std::vector<Slice> SlicesOf(Step step, size_t most) const;
  bool InStep(const ArchiveEntry& entry) const;
  // True in the first transaction of all steps, and in the last.
  bool begins() const { return step_ != Step::kAfterRows && first_slice_; }
  bool ends() const { return step_ != Step::kBeforeRows && last_slice_; }
  ScratchPlace* place() const { return scratch_ == nullptr ? nullptr : scratch_->place; }
  bool single_transaction() const { return options_.single_transaction.value_or(true); }
  bool replaces_chosen() const;
  bool wipes() const { return options_.clean && plan_.whole && options_.create.empty(); }
  // --clean with an archive that is not known to be a whole database: pg_restore --clean drops the
  // objects of the archive. siphon drops relations itself, because pg_restore does not drop their
  // partitions and foreign keys.
  bool replaces_held() const;

  bool takes_statistics() const { return session_.server_major() >= kFirstWithStatistics; }

  // These make the plan.
  void LeaveOutStatistics();
  absl::Status LeaveOut();
  void AddLeftOut(std::vector<verbs::LeftOut> more);
  absl::Status Plan();
  // What runs before and after the entries of the plan.
  absl::Status PlanFrame();
  // Creates the database, if the options say so, and sets target_.
  absl::Status CreateTarget();

  // Warns about tables that --clean drops although the dump does not have them, and about rights
  // that stay although the dump does not grant them.
  absl::Status TellWhatGoes();

  // Several jobs need the archive in a file, and a pg_restore that can skip the envelope in that
  // file, and a target that takes the archive as it is.
  bool CanRunJobs(const std::optional<base::FileRegion>& region) const;

  absl::Status ReadRest();
  absl::StatusOr<ToolCall> Call(const Settings& target);

  // The SQL that pg_restore runs before everything else.
  std::string Before() const;
  // The table of contents for pg_restore.
  std::string Head() const;
  absl::Status RunStream();

  // Watches pg_restore's transaction from a session in the same database.
  absl::Status BeginWatch();

  // Waits until pg_restore has begun its transaction. Nothing of the dump has run yet.
  absl::Status AwaitBegin(driver::ToolRun& run);

  // Waits until pg_restore has done everything, and lets it commit if its transaction is still the
  // one that it has begun.
  absl::Status PermitCommit(driver::ToolRun& run, CommitGate& gate);

  // pg_restore ended by itself; returns its failure.
  absl::Status Gone(driver::ToolRun& run);

  // Sends the planned entries to pg_restore and reads the body to its end.
  absl::Status Feed(driver::ToolRun& run);

  // If a write failed, pg_restore has ended; returns its failure.
  absl::Status Handed(driver::ToolRun& run, const absl::Status& written);

  // If the connection is lost during the commit, the outcome is unknown.
  absl::Status Committed(const absl::Status& status);

  absl::Status RunJobs(const base::FileRegion& region);

  absl::Status ExplainFailure(const absl::Status& ended) const;

  // Restores the state of the target before the restore.
  absl::Status CleanUp(const absl::Status& status, bool parallel);

  // Without a single transaction, what was restored before the error stays.
  absl::Status Kept(const absl::Status& status, const base::Context& briefly, Session& session);

  // Removes what jobs have left, and what a dump has committed.
  absl::Status Undo(const base::Context& briefly, Session& session) const;

  static void AddWhatTheDumpDid(errs::Error& error);

  const base::Context& context_;
  Session& session_;
  const profile::ConnectionProfile& profile_;
  const verbs::RestoreOptions& options_;
  ScratchRestore* const scratch_;
  base::Reader& body_;
  ArchiveReader reader_;
  const std::string application_;
  Step step_ = Step::kWhole;
  Slice slice_;  // Of this step.
  bool first_slice_ = true, last_slice_ = true;
  std::unordered_set<const ArchiveEntry*> done_;  // Others have restored them.
  Settings target_;                               // Of the database into which Run() restores.
  const Archive* archive_ = nullptr;
  RestorePlan plan_;
  Globals globals_;
  Findings findings_;
  std::string schemas_;   // SQL that creates those that the dump does not.
  bool adapted_ = false;  // More is left out of the dump, or added, than the options say.
  std::vector<verbs::LeftOut> left_out_;
  std::string monetary_;  // The lc_monetary of amounts in the dump; empty if it records none.
  std::vector<std::string> absent_providers_;  // Of security labels in the target.
  Frame frame_;
  driver::Tool tool_;
  std::unique_ptr<Session> new_database_;  // In a new database.
  std::unique_ptr<TransactionWatch> watch_;
  FailureReport failure_;
  bool permitted_ = false;      // pg_restore may commit.
  bool begun_ = false;          // The watch has seen pg_restore's transaction.
  bool ended_by_dump_ = false;  // A statement of the dump ended that transaction.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORER_H_
