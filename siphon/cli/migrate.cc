// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/migrate.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/restore.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/migrate_command.h"

namespace siphon::cli {
namespace {

using migrate::Goal;

void PrintPlan(const std::vector<migrate::Step>& steps, std::ostream& out) {
  for (const migrate::Step& step : steps) {
    out << step.version << (step.direction == migrate::Direction::kUp ? "/u " : "/d ")
        << step.title;
    if (step.script == nullptr) {
      out << ": no file, only the version moves\n";
      continue;
    }
    const migrate::Script& script = *step.script;
    out << ": " << script.name << ", " << Count(script.statements.size(), "statement") << ", "
        << (script.atomic() ? "all or nothing" : "not in one transaction") << "\n";
    for (const migrate::Script::Group& group : script.groups) {
      if (!script.atomic()) {
        out << (group.begin.empty() ? "  by itself:\n" : "  in a transaction:\n");
      }
      for (size_t i = group.first; i < group.first + group.count; ++i) {
        const migrate::Script::Statement& statement = script.statements[i];
        out << "  " << statement.line << ": "
            << absl::StrReplaceAll(statement.text, {{"\n", "\n     "}}) << ";\n";
      }
    }
  }
}

Json PlanJson(const std::vector<migrate::Step>& steps) {
  Json list = Json::array();
  for (const migrate::Step& step : steps) {
    Json json;
    json["version"] = step.version;
    json["title"] = step.title;
    json["direction"] = migrate::DirectionName(step.direction);
    json["from"] = VersionJson(step.from);
    json["to"] = VersionJson(step.target);
    json["file"] = nullptr;
    if (step.script != nullptr) {
      json["file"] = step.script->name;
      json["sha256"] = step.script->sha256;
      json["one_transaction"] = step.script->atomic();
      json["statements"] = Json::array();
      for (const auto& statement : step.script->statements) {
        Json one;
        one["line"] = statement.line;
        one["sql"] = std::string(statement.text);
        json["statements"].push_back(one);
      }
    }
    list.push_back(json);
  }
  return list;
}

Json OutcomeJson(const app::MigrateOutcome& outcome) {
  Json json;
  json["database"] = outcome.profile;
  json["version"] = VersionJson(outcome.state.version);
  json["dirty"] = outcome.state.dirty;
  json["applied"] = Json::array();
  for (const app::Applied& applied : outcome.applied) {
    Json one;
    one["version"] = applied.step.version;
    one["title"] = applied.step.title;
    one["direction"] = migrate::DirectionName(applied.step.direction);
    one["elapsed_ms"] = Milliseconds(absl::FromChrono(applied.took));
    json["applied"].push_back(one);
  }
  if (!outcome.backup.empty()) json["backup"] = outcome.backup;
  return json;
}

// What up, down and goto share.
class MoveCommand : public MigrateCommand {
 protected:
  void DefineMove(CLI::App& app) {
    app.add_flag("--dry-run", dry_run_, "Print what would run, statement by statement");
    app.add_flag("--backup", run_.backup, "Back the database up before anything runs");
    app.add_flag("--no-verify", no_verify_,
                 "Go on although files were changed, removed or put in between since");
  }

  absl::Status Move(Invocation& invocation, const Goal& goal, bool destructive) {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    if (dry_run_) {
      ASSIGN_OR_RETURN(const auto steps,
                       app::PlanMigration(invocation.context, *session, target, goal));
      Json json;
      json["steps"] = PlanJson(steps);
      invocation.output.Result(json, [&](std::ostream& out) { PrintPlan(steps, out); });
      return absl::OkStatus();
    }
    run_.goal = goal;
    run_.verify = !no_verify_;
    run_.destructive = destructive;
    run_.assume_yes = invocation.options.yes;
    app::MigrateOutcome outcome;
    const absl::Status status = app::Migrate(invocation.context, *session, target, run_, outcome);
    const bool no_change = errs::Is(status, errs::kNoChange);
    if (!no_change) RETURN_IF_ERROR(status);
    invocation.output.Result(OutcomeJson(outcome), [&](std::ostream& out) {
      if (no_change) {
        out << "no change: version " << migrate::StateText(outcome.state) << "\n";
        return;
      }
      out << Count(outcome.applied.size(), "migration") << " applied: version "
          << migrate::StateText(outcome.state) << "\n";
    });
    return absl::OkStatus();
  }

  app::MigrateRun run_;

 private:
  bool dry_run_ = false, no_verify_ = false;
};

class UpCommand : public MoveCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("count", count_, "How many; all of them when it is left out")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    auto* resume =
        app.add_flag("--resume", run_.resume,
                     "Go on behind the statements that are done of a migration that failed");
    auto* done = app.add_flag("--done", done_,
                              "With --resume: the statement of which siphon does not know it was "
                              "done")
                     ->needs(resume);
    app.add_flag("--again", again_, "With --resume: it was not, and is run again")
        ->needs(resume)
        ->excludes(done);
    DefineMove(app);
  }
  absl::Status Run(Invocation& invocation) override {
    if (done_) run_.doubt = migrate::Doubt::kDone;
    if (again_) run_.doubt = migrate::Doubt::kAgain;
    return Move(invocation, {.kind = Goal::Kind::kUp, .limit = count_}, false);
  }

 private:
  std::optional<int64_t> count_;
  bool done_ = false, again_ = false;
};

class DownCommand : public MoveCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("count", count_, "How many")->type_name("N")->check(CLI::NonNegativeNumber);
    app.add_flag("--all", all_, "All of them, without a question");
    DefineMove(app);
  }
  absl::Status Run(Invocation& invocation) override {
    if (all_ && count_.has_value()) {
      return errs::UserError("migrate down", errs::kInvalidArgument,
                             "--all cannot be used with other arguments");
    }
    if (!all_ && !count_.has_value()) {
      RETURN_IF_ERROR(invocation.Confirm("migrate down",
                                         "Are you sure you want to apply all down migrations?"));
    }
    return Move(invocation, {.kind = Goal::Kind::kDown, .limit = count_}, true);
  }

 private:
  std::optional<int64_t> count_;
  bool all_ = false;
};

class GotoCommand : public MoveCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("version", version_, "The version to go to")->type_name("V")->required();
    DefineMove(app);
  }
  absl::Status Run(Invocation& invocation) override {
    return Move(invocation,
                {.kind = Goal::Kind::kVersion, .limit = std::nullopt, .version = version_}, true);
  }

 private:
  int64_t version_ = 0;
};

class PlanCommand : public MigrateCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("count", count_, "How many; all of them when it is left out")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
  }
  absl::Status Run(Invocation& invocation) override {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    const auto steps = app::PlanMigration(invocation.context, *session, target,
                                          {.kind = Goal::Kind::kUp, .limit = count_});
    if (!steps.ok() && !errs::Is(steps.status(), errs::kNoChange)) return steps.status();
    Json json;
    json["steps"] = steps.ok() ? PlanJson(*steps) : Json::array();
    invocation.output.Result(json, [&](std::ostream& out) {
      if (steps.ok()) {
        PrintPlan(*steps, out);
      } else {
        out << "no change\n";
      }
    });
    return absl::OkStatus();
  }

 private:
  std::optional<int64_t> count_;
};

class ForceCommand : public MigrateCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("version", version_, "The version that the database has; -1 for none")
        ->type_name("V")
        ->required();
  }
  absl::Status Run(Invocation& invocation) override {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(app::ForceVersion(invocation.context, *session, target, version_));
    Json json;
    json["version"] = VersionJson(version_);
    json["dirty"] = false;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "version " << migrate::StateText({version_, false}) << "\n";
    });
    return absl::OkStatus();
  }

 private:
  int64_t version_ = 0;
};

class VersionCommand : public MigrateCommand {
 public:
  void Define(CLI::App&) override {}
  absl::Status Run(Invocation& invocation) override {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const migrate::State state,
                     app::MigrationVersion(invocation.context, *session, target));
    Json json;
    json["version"] = VersionJson(state.version);
    json["dirty"] = state.dirty;
    invocation.output.Result(json,
                             [&](std::ostream& out) { out << migrate::StateText(state) << "\n"; });
    return absl::OkStatus();
  }
};

class DropCommand : public MigrateCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_flag("-f,--force", force_, "Without a question, as --yes");
  }
  absl::Status Run(Invocation& invocation) override {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(
        app::DropDatabase(invocation.context, *session, target, force_ || invocation.options.yes));
    Json json;
    json["dropped"] = true;
    invocation.output.Result(json, [&](std::ostream& out) { out << "everything is dropped\n"; });
    return absl::OkStatus();
  }

 private:
  bool force_ = false;
};

class CreateCommand : public MigrateCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("name", request_.name, "What it does, as in create_users")
        ->type_name("NAME")
        ->required();
    app.add_option("--ext", request_.extension, "The files' extension (default: sql)");
    app.add_option("--dir", request_.folder, "Where to make them (default: here)");
    auto* sequence = app.add_flag("--seq", request_.sequential, "Number them 000001, 000002, ...");
    app.add_option("--digits", request_.digits, "How many digits --seq writes (default: 6)");
    app.add_option("--format", request_.format,
                   "The version's form: 20060102150405 (the default), unix, unixNano")
        ->excludes(sequence);
    app.add_option("--tz", request_.time_zone, "The version's time zone (default: UTC)");
  }
  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                     app::CreateMigrationFiles(*session, request_));
    Json json;
    json["files"] = paths;
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& path : paths) out << path << "\n";
    });
    return absl::OkStatus();
  }

 private:
  app::CreateMigration request_;
};

class UndoCommand : public MigrateCommand {
 public:
  void Define(CLI::App& app) override {
    app.add_option("dump-id", id_, "The dump that up --backup took")->type_name("DUMP")->required();
  }
  absl::Status Run(Invocation& invocation) override {
    StreamReader reader(invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(reader));
    RETURN_IF_ERROR(invocation.Confirm(
        "migrate undo", "This replaces the database by how it was before the migrations. Go on?"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    app::RestoreRequest request;
    request.id = id_;
    ASSIGN_OR_RETURN(request.target, app::TransferTarget(target.database));
    request.options.clean = true;
    request.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(const app::RestoreResult result,
                     app::Restore(invocation.context, *session, request));
    Json json;
    json["restored"] = result.sidecar.id;
    json["target"] = result.target;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "restored " << result.sidecar.id << " into " << result.target << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string id_;
};

}  // namespace

void DefineMigrate(CLI::App& root, Selection& selection) {
  CLI::App* app = root.add_subcommand("migrate", "Change a database's schema step by step");
  app->require_subcommand(1);
  auto options = std::make_shared<TargetOptions>();
  auto* path = app->add_option("--path", options->path,
                               "The migrations: a folder (default: here), a .tar file, or - for a "
                               "tar archive on stdin")
                   ->type_name("PATH");
  app->add_option("--source", options->source, "The same as a URL: file://PATH")
      ->type_name("URL")
      ->excludes(path);
  app->add_option("--database,--profile", options->database, "Database URL or profile")
      ->type_name("DATABASE");
  app->add_option("--lock-timeout", options->lock_timeout,
                  "How long to wait for others who migrate: seconds, or 1m30s (default: 15)")
      ->type_name("TIME");
  AddMigrate<CreateCommand>(*app, "create", "Make the files of a new migration", selection,
                            options);
  AddMigrate<UpCommand>(*app, "up", "Apply migrations that are pending", selection, options);
  AddMigrate<DownCommand>(*app, "down", "Take migrations back", selection, options);
  AddMigrate<GotoCommand>(*app, "goto", "Go up or down to a version", selection, options);
  AddMigrate<ForceCommand>(*app, "force", "Say which version the database has", selection, options);
  AddMigrate<VersionCommand>(*app, "version", "Print the database's version", selection, options);
  AddMigrate<DropCommand>(*app, "drop", "Delete everything in the database", selection, options);
  DefineMigrateShow(*app, selection, options);
  AddMigrate<PlanCommand>(*app, "plan", "Print what up would run", selection, options);
  AddMigrate<UndoCommand>(*app, "undo", "Restore the backup that up --backup took", selection,
                          options);
  app->footer(
      "Files are named VERSION_TITLE.up.sql and VERSION_TITLE.down.sql. Table, locks and order "
      "are\n"
      "those of golang-migrate, which can go on where siphon stopped, and the other way round.\n"
      "\n"
      "Examples:\n"
      "  siphon migrate create --dir migrations --seq create_users\n"
      "  siphon migrate --path migrations --database prod plan\n"
      "  siphon migrate --path migrations --database postgres://app@db/shop up\n"
      "  siphon migrate --path migrations --database prod down 1");
}

}  // namespace siphon::cli
