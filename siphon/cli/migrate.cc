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
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/migrate_command.h"

namespace siphon::cli {
namespace {

using migrate::Goal;

void PrintPlan(const std::vector<migrate::Step>& steps, std::ostream& out) {
  for (const migrate::Step& step : steps) {
    out << step.version << (step.direction == migrate::Direction::kUp ? "/u " : "/d ")
        << base::Printable(step.title);
    if (step.script == nullptr) {
      out << ": no file, only the version changes\n";
      continue;
    }
    const migrate::Script& script = *step.script;
    out << ": " << base::Printable(script.name) << ", "
        << Count(script.statements.size(), "statement") << ", "
        << (script.atomic() ? "all or nothing" : "not in one transaction") << "\n";
    for (const migrate::Script::Group& group : script.groups) {
      if (!script.atomic()) {
        out << (group.begin.empty() ? "  outside a transaction:\n" : "  in a transaction:\n");
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

void DefineNoVerify(Parser& parser, bool& no_verify) {
  parser.AddFlag(
      "--no-verify", no_verify,
      "Go on although applied files were changed or removed, or files were added between them");
}

Option DefineOutOfOrder(Parser& parser, bool& out_of_order) {
  return parser.AddFlag(
      "--out-of-order", out_of_order,
      "First apply the migrations that are below the version of the database and were never "
      "applied, such as those of a branch that was merged late");
}

// The common part of up, down and goto.
class MoveCommand : public MigrateCommand {
 protected:
  void DefineMove(Parser& parser) {
    parser.AddFlag("--dry-run", dry_run_, "Print the statements without running them");
    parser.AddFlag("--backup", run_.backup, "Back up the database first");
    DefineNoVerify(parser, no_verify_);
  }

  absl::Status Move(Invocation& invocation, const Goal& goal, bool destructive) {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    run_.goal = goal;
    run_.verify = !no_verify_;
    run_.destructive = destructive;
    run_.assume_yes = invocation.options.yes;
    if (dry_run_) {
      ASSIGN_OR_RETURN(const auto steps,
                       app::PlanMigration(invocation.context, *session, target, run_));
      Json json;
      json["steps"] = PlanJson(steps);
      invocation.output.Result(json, [&](std::ostream& out) { PrintPlan(steps, out); });
      return absl::OkStatus();
    }
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
  void Define(Parser& parser) override {
    const Option count = parser.AddOption("count", count_, "Number of migrations (default: all)")
                             .TypeName("N")
                             .NonNegative();
    const Option resume = parser.AddFlag(
        "--resume", run_.resume, "Continue a failed migration after its completed statements");
    const Option done =
        parser
            .AddFlag(
                "--done", done_,
                "With --resume: treat the statement that failed, or that has an unknown outcome, "
                "as done")
            .Needs(resume);
    parser.AddFlag("--again", again_, "With --resume: run the statement with unknown outcome again")
        .Needs(resume)
        .Excludes(done);
    DefineOutOfOrder(parser, run_.out_of_order).Excludes(count).Excludes(resume);
    DefineMove(parser);
    ShowExamples(parser,
                 "  siphon migrate up --path migrations --database prod\n"
                 "  siphon migrate up 1 --path migrations --database prod --backup\n"
                 "  siphon migrate up --resume --path migrations --database prod");
  }
  absl::Status Run(Invocation& invocation) override {
    if (done_) run_.unknown_outcome = migrate::UnknownOutcome::kTreatAsDone;
    if (again_) run_.unknown_outcome = migrate::UnknownOutcome::kRunAgain;
    return Move(invocation, {.kind = Goal::Kind::kUp, .limit = count_}, false);
  }

 private:
  std::optional<int64_t> count_;
  bool done_ = false, again_ = false;
};

class DownCommand : public MoveCommand {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("count", count_, "Number of migrations").TypeName("N").NonNegative();
    parser.AddFlag("--all", all_, "Revert all migrations without asking");
    DefineMove(parser);
    ShowExamples(parser,
                 "  siphon migrate down 1 --path migrations --database prod\n"
                 "  siphon migrate down --all --path migrations --database dev");
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
  void Define(Parser& parser) override {
    parser.AddOption("version", version_, "Target version").TypeName("V").Required();
    DefineMove(parser);
    ShowExamples(parser, "  siphon migrate goto 12 --path migrations --database prod");
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
  void Define(Parser& parser) override {
    const Option count = parser.AddOption("count", count_, "Number of migrations (default: all)")
                             .TypeName("N")
                             .NonNegative();
    DefineOutOfOrder(parser, run_.out_of_order).Excludes(count);
    DefineNoVerify(parser, no_verify_);
    ShowExamples(parser,
                 "  siphon migrate plan --path migrations --database prod\n"
                 "  siphon migrate plan 1 --path migrations --database prod --json");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    run_.goal = {.kind = Goal::Kind::kUp, .limit = count_};
    run_.verify = !no_verify_;
    const auto steps = app::PlanMigration(invocation.context, *session, target, run_);
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
  app::MigrateRun run_;
  std::optional<int64_t> count_;
  bool no_verify_ = false;
};

// Prints the version that was recorded without running anything.
void WriteRecorded(Output& output, int64_t version) {
  Json json;
  json["version"] = VersionJson(version);
  json["dirty"] = false;
  output.Result(json, [&](std::ostream& out) {
    out << "version " << migrate::StateText({version, false}) << "\n";
  });
}

class ForceCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("version", version_, "Version to record; -1 for none")
        .TypeName("V")
        .Required();
    ShowExamples(parser,
                 "  siphon migrate force 12 --database prod\n"
                 "  siphon migrate force -1 --database dev");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(
        app::ForceVersion(invocation.context, *session, target, version_, invocation.options.yes));
    WriteRecorded(invocation.output, version_);
    return absl::OkStatus();
  }

 private:
  int64_t version_ = 0;
};

class BaselineCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    parser
        .AddOption("version", version_,
                   "Version of the last migration whose effects the database has")
        .TypeName("V")
        .Required();
    ShowExamples(parser, "  siphon migrate baseline 12 --path migrations --database prod");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(app::BaselineVersion(invocation.context, *session, target, version_));
    WriteRecorded(invocation.output, version_);
    return absl::OkStatus();
  }

 private:
  int64_t version_ = 0;
};

class VersionCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    ShowExamples(parser, "  siphon migrate version --database prod");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
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
  void Define(Parser& parser) override {
    parser.AddFlag("-f,--force", force_, "Do not ask, like --yes");
    ShowExamples(parser, "  siphon migrate drop --database dev");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(
        app::DropDatabase(invocation.context, *session, target, force_ || invocation.options.yes));
    Json json;
    json["dropped"] = true;
    invocation.output.Result(json, [&](std::ostream& out) { out << "dropped everything\n"; });
    return absl::OkStatus();
  }

 private:
  bool force_ = false;
};

class CreateCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", request_.name, "Title, for example create_users")
        .TypeName("NAME")
        .Required();
    parser.AddOption("--ext", request_.extension, "Extension of the files (default: sql)");
    parser.AddOption("--dir", request_.folder, "Folder for the files (default: the current one)");
    const Option sequence =
        parser.AddFlag("--seq", request_.sequential, "Number them 000001, 000002, ...");
    parser.AddOption("--digits", request_.digits, "Number of digits with --seq (default: 6)");
    parser
        .AddOption("--format", request_.format,
                   "Format of the version: 20060102150405 (the default), unix or unixNano")
        .Excludes(sequence);
    parser.AddOption("--tz", request_.time_zone, "Time zone of the version (default: UTC)");
    parser.Footer(
        "Examples:\n"
        "  siphon migrate create --dir migrations --seq create_users\n"
        "  siphon migrate create --dir migrations --tz Europe/Berlin add_price");
  }
  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                     app::CreateMigrationFiles(*session, request_));
    Json json;
    json["files"] = paths;
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& path : paths) out << base::Printable(path) << "\n";
    });
    return absl::OkStatus();
  }

 private:
  app::CreateMigration request_;
};

class UndoCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("dump-id", id_, "ID of the dump that up --backup made")
        .TypeName("DUMP")
        .Required();
    ShowExamples(parser, "  siphon migrate undo 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --database prod");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    RETURN_IF_ERROR(invocation.Confirm(
        "migrate undo",
        "This restores the backup from before the migrations; later changes are lost. Continue?"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    app::RestoreRequest request;
    request.dump = {.text = id_};
    ASSIGN_OR_RETURN(request.target, app::TransferTarget(target.database));
    request.options.clean = true;
    request.assume_yes = invocation.options.yes;
    request.asked = true;
    ASSIGN_OR_RETURN(const app::RestoreResult result,
                     app::Restore(invocation.context, *session, request));
    Json json;
    json["restored"] = result.sidecar.id;
    json["target"] = result.target;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "restored " << result.sidecar.id << " into " << base::Printable(result.target) << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string id_;
};

}  // namespace

void DefineMigrate(Parser& root, Selection& selection) {
  Parser parser = root.AddCommand("migrate", "Apply and revert schema migrations");
  parser.RequireCommand();
  auto options = std::make_shared<TargetOptions>();
  const Option path =
      parser
          .AddOption("--path", options->path,
                     "Migrations: a folder, a .tar file, or - for a tar archive on stdin (default: "
                     "migrations of the profile, else the current folder)")
          .TypeName("PATH");
  parser.AddOption("--source", options->source, "Migrations as a URL: file://PATH")
      .TypeName("URL")
      .Excludes(path);
  parser
      .AddOption("--database,--profile", options->database,
                 "Database URL or profile (default: $DATABASE_URL)")
      .TypeName("DATABASE");
  parser
      .AddOption("--lock-timeout", options->lock_timeout,
                 "How long to wait for the migration lock: seconds, or as in 1m30s (default: 15)")
      .TypeName("TIME");
  parser
      .AddOption("--prefetch", options->prefetch,
                 "No effect, accepted for golang-migrate: all files are read first")
      .TypeName("N");
  AddMigrate<CreateCommand>(parser, "create", "Create the files of a new migration", selection,
                            options);
  AddMigrate<UpCommand>(parser, "up", "Apply pending migrations", selection, options);
  AddMigrate<DownCommand>(parser, "down", "Revert migrations", selection, options);
  AddMigrate<GotoCommand>(parser, "goto", "Migrate up or down to a version", selection, options);
  AddMigrate<ForceCommand>(parser, "force", "Record a version without running migrations",
                           selection, options);
  AddMigrate<BaselineCommand>(parser, "baseline",
                              "Record the version of a database that was made without migrations",
                              selection, options);
  AddMigrate<VersionCommand>(parser, "version", "Print the version of the database", selection,
                             options);
  AddMigrate<DropCommand>(parser, "drop", "Delete everything in the database", selection, options);
  DefineMigrateShow(parser, selection, options);
  AddMigrate<PlanCommand>(parser, "plan", "Print the statements that up would run", selection,
                          options);
  AddMigrate<UndoCommand>(parser, "undo", "Restore the backup that up --backup made", selection,
                          options);
  parser.Footer(
      "Files are named VERSION_TITLE.up.sql and VERSION_TITLE.down.sql. siphon and golang-migrate "
      "use\n"
      "the same table, locks and order, so both can work on one database. golang-migrate's "
      "command\n"
      "lines with one dash (-path, -database) work, too.\n"
      "\n"
      "Examples:\n"
      "  siphon migrate create --dir migrations --seq create_users\n"
      "  siphon migrate --path migrations --database prod plan\n"
      "  siphon migrate --database prod up    # with 'migrations' in the profile\n"
      "  siphon migrate --path migrations --database postgres://app@db/shop up\n"
      "  siphon migrate --path migrations --database prod down 1");
}

}  // namespace siphon::cli
