// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/restore.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/copy_objects.h"
#include "drivers/sqlite/publish.h"
#include "drivers/sqlite/reduce.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/stage.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.restore";

class Restorer {
 public:
  Restorer(const base::Context& context, const Target& target, const verbs::RestoreOptions& options,
           std::unique_ptr<Database>& database)
      : context_(context), target_(target), options_(options), database_(database) {}

  absl::Status Run(base::Reader& body) {
    const Stage::Place place = target_.StagePlace();
    {
      const base::ActingAs owner(place.rights);
      RETURN_IF_ERROR(base::RemoveStaleFiles(place.directory, place.prefix).status());
    }
    RETURN_IF_ERROR(RefuseEarly());
    ASSIGN_OR_RETURN(stage_, Stage::FromBody(context_, body, place, [this](Database& staged) {
                       return MakeTables(staged);
                     }));
    RETURN_IF_ERROR(CheckDump());
    const bool chosen = options_.schema_only || options_.data_only || !options_.tables.empty() ||
                        !options_.exclude_tables.empty();
    const bool partial = chosen || stage_->header().partial || !stage_->header().schema;
    if (database_ == nullptr) {
      if (chosen) RETURN_IF_ERROR(ReduceStage());
      return CreateTarget();
    }
    std::optional<Database::Scope> scope(std::in_place, *database_, context_, kOp);
    if (partial) return CopyInto(*database_);
    const absl::Status status = ReplaceContent(*stage_, *database_, options_.clean);
    // In every case this connection's view of the file is outdated.
    scope.reset();
    database_.reset();
    return status;
  }

  // Checks that are possible before the body is read.
  absl::Status RefuseEarly() {
    if (database_ == nullptr) {
      if (options_.data_only) return NoTables();
      return CheckLeftovers();
    }
    Database::Scope scope(*database_, context_, kOp);
    if (options_.clean) return absl::OkStatus();
    if (options_.tables.empty() && !options_.data_only) return CheckEmpty(*database_);
    ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(*database_));
    for (const std::string& name : options_.tables) {
      const bool exists = catalog.FindTable(name) != nullptr || catalog.FindView(name) != nullptr;
      if (!exists || options_.data_only) continue;
      return errs::UserError(kOp, errs::kTargetNotEmpty,
                             absl::StrCat(target_.path, ": \"", name, "\" exists"),
                             "use --clean to replace it, or select other tables");
    }
    return absl::OkStatus();
  }

 private:
  absl::Status NoTables() {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat(target_.path, " has no tables for the dump's rows"),
                           "restore the definitions first, or omit --data-only");
  }

  // Journals of a deleted database would be applied to the new one.
  absl::Status CheckLeftovers() {
    for (const char* const suffix : {"-journal", "-wal", "-shm"}) {
      const std::string path = target_.path + suffix;
      struct stat info;
      if (lstat(path.c_str(), &info) != 0) continue;
      if (!options_.clean) {
        return errs::UserError(
            kOp, errs::kTargetNotEmpty,
            absl::StrCat(path, " was left by a deleted database, and would damage a new one"),
            "remove it, restore to another name, or use --clean to remove it");
      }
      leftovers_.push_back(target_.place.opened_as + suffix);
    }
    return absl::OkStatus();
  }

  // For a script of rows alone: the tables come from the target.
  absl::Status MakeTables(Database& staged) {
    if (database_ == nullptr) return NoTables();
    Database::Scope scope(*database_, context_, kOp);
    return CopyTableDefinitions(*database_, staged);
  }

  // Errors for options that request content that the dump does not contain.
  absl::Status CheckDump() {
    const ScriptHeader& header = stage_->header();
    if (options_.schema_only && !header.schema) {
      return errs::UserError(kOp, errs::kInvalidArgument, "the dump contains rows only",
                             "omit --schema-only, or use another dump");
    }
    if (options_.data_only && !header.rows) {
      return errs::UserError(kOp, errs::kInvalidArgument, "the dump contains definitions only",
                             "omit --data-only, or use another dump");
    }
    return absl::OkStatus();
  }

  CopyPlan Plan() const {
    CopyPlan plan;
    plan.tables = options_.tables;
    plan.exclude_tables = options_.exclude_tables;
    plan.schema = !options_.data_only && stage_->header().schema;
    plan.rows = !options_.schema_only && stage_->header().rows;
    plan.clean = options_.clean;
    if (!stage_->header().schema) plan.held = stage_->row_tables();
    return plan;
  }

  absl::Status CopyInto(Database& to) {
    ASSIGN_OR_RETURN(const std::unique_ptr<Database> from, stage_->Open());
    Database::Scope scope(*from, context_, kOp);
    return CopyObjects(context_, *from, to, Plan());
  }

  // Replaces the staged database by one that contains only the selected content.
  absl::Status ReduceStage() {
    ASSIGN_OR_RETURN(const std::unique_ptr<Database> from, stage_->Open());
    ASSIGN_OR_RETURN(std::unique_ptr<Stage> reduced,
                     Reduce(context_, *from, Plan(), target_.StagePlace(), kOp));
    RETURN_IF_ERROR(from->Close());
    stage_ = std::move(reduced);
    return absl::OkStatus();
  }

  absl::Status CreateTarget() {
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    for (const std::string& path : leftovers_) {
      const base::ActingAs owner(target_.place.rights);
      if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return errs::ErrnoError(kOp, absl::StrCat("cannot remove ", path), errno);
      }
    }
    const absl::Status status = stage_->Publish(base::SplitPath(target_.path).second);
    if (!errs::Is(status, errs::kAlreadyExists)) return errs::WithOp(status, kOp);
    return errs::UserError(kOp, errs::kTargetNotEmpty,
                           absl::StrCat(target_.path, " was created during the restore"),
                           "find out which program created it, then restore again");
  }

  const base::Context& context_;
  const Target& target_;
  const verbs::RestoreOptions& options_;
  std::unique_ptr<Database>& database_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::string> leftovers_;
};

}  // namespace

absl::Status Restore(const base::Context& context, const Target& target,
                     const verbs::RestoreOptions& options, base::Reader& body,
                     std::unique_ptr<Database>& database) {
  return Restorer(context, target, options, database).Run(body);
}

absl::Status CheckTarget(const base::Context& context, const Target& target,
                         const verbs::RestoreOptions& options,
                         std::unique_ptr<Database>& database) {
  return Restorer(context, target, options, database).RefuseEarly();
}

}  // namespace siphon::sqlite
