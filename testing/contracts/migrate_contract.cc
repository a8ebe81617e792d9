// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/migrate_contract.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using migrate::Goal;
using migrate::kNilVersion;
using migrate::State;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Files = std::map<std::string, std::string>;

const Files& ThreeSteps() {
  static const Files* const files = new Files{
      {"1_a.up.sql", "CREATE TABLE a (x int); INSERT INTO a VALUES (1);"},
      {"1_a.down.sql", "DROP TABLE a;"},
      {"2_b.up.sql", "CREATE TABLE b (x int);\nINSERT INTO b VALUES (2);\n"},
      {"2_b.down.sql", "DROP TABLE b"},
      {"3_c.up.sql", "BEGIN;\nCREATE TABLE c (x int);\nCOMMIT;"},
      {"3_c.down.sql", "DROP TABLE c;"},
  };
  return *files;
}

}  // namespace

void PrintTo(const MigrateFactory& factory, std::ostream* os) { *os << factory.name; }

std::string MigrateFixture::Endless() const {
  return "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 1 FROM n WHERE i "
         "< 0";
}

std::string MigrateName(const ::testing::TestParamInfo<MigrateFactory>& info) {
  return info.param.name;
}

std::unique_ptr<migrate::Source> SourceOf(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, body] : files) names.push_back(name);
  auto source = migrate::Source::FromNames(
      "test", names,
      [files](const std::string& name) -> absl::StatusOr<std::string> { return files.at(name); });
  if (!source.ok()) {
    std::cerr << source.status() << "\n";
    std::abort();
  }
  return *std::move(source);
}

std::unique_ptr<migrate::Database> MigrateContract::Open(
    const std::map<std::string, std::string>& parameters) {
  auto database = fixture_->Open(parameters);
  if (!database.ok()) {
    std::cerr << database.status() << "\n";
    std::abort();
  }
  return *std::move(database);
}

absl::Status MigrateContract::Run(const Files& files, const Goal& goal,
                                  migrate::MigratorOptions options) {
  const auto source = SourceOf(files);
  const auto database = Open();
  migrate::Migrator migrator(source.get(), database.get(), std::move(options));
  std::vector<migrate::Step> applied;
  return migrator.Run(context_, goal, applied);
}

absl::Status MigrateContract::Up(const Files& files, migrate::MigratorOptions options) {
  return Run(files, {}, std::move(options));
}

absl::Status MigrateContract::Resume(const Files& files) {
  const auto source = SourceOf(files);
  const auto database = Open();
  migrate::Migrator migrator(source.get(), database.get(), {});
  std::vector<migrate::Step> applied;
  return migrator.Resume(context_, applied);
}

std::string MigrateContract::Version() {
  const auto database = Open();
  const auto state = database->Version(context_);
  return state.ok() ? migrate::StateText(*state) : std::string(state.status().message());
}

std::string MigrateContract::Row() {
  return absl::StrCat(
      fixture_->Value("SELECT version FROM schema_migrations"), "|",
      fixture_->Value("SELECT CASE WHEN dirty THEN '1' ELSE '0' END FROM schema_migrations"));
}

TEST_P(MigrateContract, ReadsBackTheVersionThatWasSet) {
  const auto database = Open();
  EXPECT_THAT(database->Version(context_), IsOkAndHolds(State{kNilVersion, false}));
  ASSERT_THAT(database->Lock(context_, milliseconds(100)), IsOk());
  for (const State& state : {State{1, true}, State{1, true}, State{2, false}, State{2, false},
                             State{-1, true}, State{-1, false}, State{INT64_MAX, false}}) {
    ASSERT_THAT(database->SetVersion(context_, state), IsOk());
    EXPECT_THAT(database->Version(context_), IsOkAndHolds(state));
  }
  EXPECT_TRUE(errs::Is(database->SetVersion(context_, {-2, false}), errs::kInvalidArgument));
  EXPECT_THAT(database->Unlock(context_), IsOk());
  EXPECT_THAT(database->Close(), IsOk());
}

TEST_P(MigrateContract, LocksOneAtATime) {
  const auto database = Open();
  const auto other = Open();
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(database->Lock(context_, milliseconds(100)), IsOk());
    EXPECT_TRUE(errs::Is(database->Lock(context_, milliseconds(100)), errs::kLocked));
    const absl::Status refused = other->Lock(context_, milliseconds(150));
    EXPECT_TRUE(errs::Is(refused, errs::kLocked));
    EXPECT_THAT(refused.message(), HasSubstr(fixture_->Holder()));
    // Reading needs no lock.
    EXPECT_THAT(other->Version(context_), IsOk());
    EXPECT_THAT(database->Unlock(context_), IsOk());
    EXPECT_TRUE(errs::Is(database->Unlock(context_), errs::kLocked));
    ASSERT_THAT(other->Lock(context_, milliseconds(1000)), IsOk());
    EXPECT_THAT(other->Unlock(context_), IsOk());
  }
}

TEST_P(MigrateContract, TheLockGoesWithItsHolder) {
  auto database = Open();
  const auto other = Open();
  ASSERT_THAT(database->Lock(context_, milliseconds(100)), IsOk());
  database.reset();
  EXPECT_THAT(other->Lock(context_, milliseconds(5000)), IsOk());
}

TEST_P(MigrateContract, GoesUpAndDownAndKeepsItsHistory) {
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
  EXPECT_EQ(Version(), "3");
  EXPECT_EQ(Row(), "3|0");
  EXPECT_EQ(fixture_->Value("SELECT x FROM b"), "2");
  EXPECT_TRUE(errs::Is(Up(ThreeSteps()), errs::kNoChange));
  EXPECT_THAT(Run(ThreeSteps(), {.kind = Goal::Kind::kDown, .limit = 2}), IsOk());
  EXPECT_EQ(Row(), "1|0");
  EXPECT_THAT(Run(ThreeSteps(), {.kind = Goal::Kind::kDown, .limit = {}}), IsOk());
  EXPECT_EQ(Version(), "none");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM schema_migrations"), "0");
  const auto database = Open();
  const auto history = database->History(context_);
  ASSERT_THAT(history, IsOk());
  ASSERT_EQ(history->size(), 6u);
  EXPECT_EQ((*history)[1].version, 2);
  EXPECT_EQ((*history)[1].from, 1);
  EXPECT_EQ((*history)[1].direction, "up");
  EXPECT_EQ((*history)[1].state, "done");
  EXPECT_EQ((*history)[1].done, 2);
  EXPECT_THAT((*history)[1].sha256, HasSubstr("sha256:"));
  EXPECT_THAT((*history)[1].started, HasSubstr("T"));
  EXPECT_EQ((*history)[5].direction, "down");
  EXPECT_EQ((*history)[5].target, kNilVersion);
}

TEST_P(MigrateContract, KeepsTheTableThatGolangMigrateKnows) {
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
  const std::string made = fixture_->DescribeTable();
  fixture_ = GetParam().make();
  fixture_->Execute(fixture_->GolangTable());
  EXPECT_EQ(made, fixture_->DescribeTable());
}

TEST_P(MigrateContract, GoesOnWhereGolangMigrateStopped) {
  fixture_->Execute(fixture_->GolangTable());
  EXPECT_EQ(Version(), "none");
  fixture_->Execute(
      "INSERT INTO schema_migrations (version, dirty) VALUES (1, FALSE); CREATE TABLE a (x int)");
  EXPECT_EQ(Version(), "1");
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
  EXPECT_EQ(Row(), "3|0");
  EXPECT_THAT(Run(ThreeSteps(), {.kind = Goal::Kind::kDown, .limit = {}}), IsOk());
  EXPECT_EQ(Version(), "none");
  // It failed in the middle, or in the down migration of the first version.
  fixture_->Execute("INSERT INTO schema_migrations (version, dirty) VALUES (2, TRUE)");
  EXPECT_EQ(Version(), "2 (dirty)");
  EXPECT_TRUE(errs::Is(Up(ThreeSteps()), errs::kDirty));
  EXPECT_THAT(
      Resume(ThreeSteps()),
      StatusIs(errs::kDirty, HasSubstr("does not say how far the migration to version 2 got")));
  fixture_->Execute("UPDATE schema_migrations SET version = -1");
  EXPECT_EQ(Version(), "none (dirty)");
  EXPECT_TRUE(errs::Is(Up(ThreeSteps()), errs::kDirty));
}

TEST_P(MigrateContract, RefusesATableOfAnotherProgram) {
  fixture_->Execute("CREATE TABLE schema_migrations (version varchar(128) primary key)");
  const auto database = Open();
  const absl::Status status = database->Version(context_).status();
  EXPECT_TRUE(errs::Is(status, errs::kDatabase));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("x-migrations-table"));
  // siphon creates no other object, and no row is lost.
  fixture_->Execute("INSERT INTO schema_migrations VALUES ('20260101')");
  const std::vector<std::string> objects = fixture_->Objects();
  EXPECT_TRUE(errs::Is(Up(ThreeSteps()), errs::kDatabase));
  EXPECT_TRUE(errs::Is(database->Force(context_, 3), errs::kDatabase));
  EXPECT_TRUE(errs::Is(database->SetVersion(context_, {3, true}), errs::kDatabase));
  EXPECT_EQ(fixture_->Objects(), objects);
  EXPECT_EQ(fixture_->Value("SELECT version FROM schema_migrations"), "20260101");
}

TEST_P(MigrateContract, UsesTheTableThatIsNamed) {
  const auto database = Open({{"x-migrations-table", "my_own"}});
  const auto source = SourceOf(ThreeSteps());
  migrate::Migrator migrator(source.get(), database.get(), {});
  std::vector<migrate::Step> applied;
  EXPECT_THAT(migrator.Run(context_, {}, applied), IsOk());
  EXPECT_EQ(fixture_->Value("SELECT version FROM my_own"), "3");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM my_own_history"), "3");
  EXPECT_EQ(Version(), "none");
}

TEST_P(MigrateContract, LeavesNothingOfAMigrationThatFails) {
  Files files = ThreeSteps();
  files["2_b.up.sql"] =
      "CREATE TABLE b (x int);\n-- \xC3\xA4\nINSERT INTO b VALUES (2); INSERT INTO nowhere "
      "VALUES (1);\n";
  const absl::Status status = Up(files);
  EXPECT_TRUE(errs::Is(status, errs::kDatabase)) << status;
  const auto error = migrate::GetQueryError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->file, "2_b.up.sql");
  EXPECT_EQ(error->line, 3u);
  EXPECT_EQ(error->statement, 3u);
  EXPECT_EQ(error->query, "INSERT INTO nowhere VALUES (1)");
  EXPECT_THAT(status.message(), HasSubstr("2_b.up.sql, line 3"));
  EXPECT_THAT(status.message(), HasSubstr("nowhere"));
  if (fixture_->UndoesDefinitions()) {
    EXPECT_EQ(Version(), "1");
    EXPECT_THAT(Up(ThreeSteps()), IsOk());
    return;
  }
  // The rows are removed, the table still exists.
  EXPECT_EQ(Version(), "2 (dirty)");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM b"), "0");
  files["2_b.up.sql"] = "CREATE TABLE b (x int);\n-- \xC3\xA4\nINSERT INTO b VALUES (2);";
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_THAT(Up(files), IsOk());
  EXPECT_EQ(fixture_->Value("SELECT x FROM b"), "2");
}

TEST_P(MigrateContract, QuotesAStatementWithoutItsStrings) {
  for (const std::string_view statement :
       {"INSERT INTO nowhere VALUES (1, 'hunter2')", "SELECT 1 FROMM t 'hunter2'",
        "SELECT 1 FROM t a 'hunter2'", "SELECT 1 -- hunter2\n FROM nowhere"}) {
    const absl::Status status = Up({{"1_a.up.sql", std::string(statement)}});
    const auto error = migrate::GetQueryError(status);
    ASSERT_TRUE(error.has_value()) << status;
    EXPECT_THAT(error->query, ::testing::StartsWith(statement.substr(0, 8)));
    EXPECT_THAT(error->query, ::testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("hunter2")));
  }
}

TEST_P(MigrateContract, LeavesNothingOfRowsWhereAMigrationFails) {
  Files files = ThreeSteps();
  files["2_b.up.sql"] =
      "INSERT INTO a VALUES (2); UPDATE a SET x = 3; INSERT INTO nowhere VALUES (1)";
  EXPECT_TRUE(errs::Is(Up(files), errs::kDatabase));
  EXPECT_EQ(Version(), "1");
  EXPECT_EQ(fixture_->Value("SELECT sum(x) FROM a"), "1");
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
}

TEST_P(MigrateContract, TellsOfWhatStandsWhereALaterOneFails) {
  Files files = ThreeSteps();
  files["3_c.up.sql"] = "CREATE TABLE c (x int); INSERT INTO nowhere VALUES (1)";
  migrate::MigratorOptions options;
  std::vector<int64_t> told;
  options.on_done = [&](const migrate::Step& step, std::chrono::nanoseconds) {
    told.push_back(step.version);
  };
  EXPECT_TRUE(errs::Is(Up(files, options), errs::kDatabase));
  EXPECT_THAT(told, ::testing::ElementsAre(1, 2));
  EXPECT_EQ(Row(), fixture_->UndoesDefinitions() ? "2|0" : "3|1");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM schema_migrations_history WHERE state = 'done'"),
            "2");
}

TEST_P(MigrateContract, SaysWhereTheSyntaxIsWrong) {
  const absl::Status status =
      Up({{"1_a.up.sql", "CREATE TABLE foo (foo text); CREATE TABLEE bar (bar text);"}});
  const auto error = migrate::GetQueryError(status);
  ASSERT_TRUE(error.has_value()) << status;
  EXPECT_EQ(error->line, 1u);
  EXPECT_EQ(error->column, 37u);
  EXPECT_THAT(status.message(), HasSubstr("TABLEE"));
  EXPECT_EQ(Version(), fixture_->UndoesDefinitions() ? "none" : "1 (dirty)");
}

TEST_P(MigrateContract, RecordsHowFarItGotWhereNoTransactionHelps) {
  Files files = {{"1_a.up.sql", absl::StrCat("CREATE TABLE a (x int);\n", fixture_->Alone(),
                                             ";\nINSERT INTO a VALUES (1);\nINSERT INTO b "
                                             "VALUES (2);")}};
  const absl::Status status = Up(files);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(errs::GetError(status)->detail.find("1_a.up.sql, line 4"), 0u) << status;
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("up --resume"));
  EXPECT_EQ(Version(), "1 (dirty)");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM a"), "0");
  EXPECT_TRUE(errs::Is(Up(files), errs::kDirty));
  EXPECT_FALSE(Resume(files).ok());
  EXPECT_EQ(Version(), "1 (dirty)");

  Files meddled = files;
  meddled["1_a.up.sql"] = absl::StrCat("-- new\n", files["1_a.up.sql"]);
  EXPECT_TRUE(errs::Is(Resume(meddled), errs::kIntegrity));

  fixture_->Execute("CREATE TABLE b (x int)");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Version(), "1");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM a"), "1");
  EXPECT_TRUE(errs::Is(Resume(files), errs::kNoChange));
  EXPECT_TRUE(errs::Is(Up(files), errs::kNoChange));
}

TEST_P(MigrateContract, SeesAnOlderOrAMissingFileWhetherOrNotALaterOneIsPending) {
  const Files applied = {{"10_a.up.sql", "CREATE TABLE a (x int)"},
                         {"20_b.up.sql", "CREATE TABLE b (x int)"}};
  ASSERT_THAT(Up(applied), IsOk());
  Files older = applied, removed = applied;
  older["15_c.up.sql"] = "CREATE TABLE c (x int)";
  removed.erase("20_b.up.sql");
  for (Files files : {older, removed}) {
    EXPECT_TRUE(errs::Is(Up(files), errs::kIntegrity));
    files["30_d.up.sql"] = "CREATE TABLE d (x int)";
    EXPECT_TRUE(errs::Is(Up(files), errs::kIntegrity));
    const auto source = SourceOf(files);
    const auto database = Open();
    migrate::Migrator migrator(source.get(), database.get(), {});
    EXPECT_TRUE(errs::Is(migrator.Plan(context_, {}).status(), errs::kIntegrity));
  }
  EXPECT_EQ(Version(), "20");
}

TEST_P(MigrateContract, AppliesOutOfOrderWithoutChangingTheVersion) {
  Files files = {{"10_a.up.sql", "CREATE TABLE a (x int)"},
                 {"20_b.up.sql", "CREATE TABLE b (x int)"}};
  ASSERT_THAT(Up(files), IsOk());
  files["12_c.up.sql"] = "CREATE TABLE c (x int); INSERT INTO c VALUES (1)";
  files["15_d.up.sql"] = absl::StrCat("CREATE TABLE d (x int);\n", fixture_->Alone());
  migrate::MigratorOptions options;
  options.out_of_order = true;
  std::vector<int64_t> told;
  options.on_done = [&](const migrate::Step& step, std::chrono::nanoseconds) {
    told.push_back(step.version);
  };
  EXPECT_THAT(Up(files, options), IsOk());
  EXPECT_EQ(Row(), "20|0");
  EXPECT_THAT(told, ::testing::ElementsAre(12, 15));
  EXPECT_EQ(fixture_->Value("SELECT x FROM c"), "1");
  EXPECT_TRUE(errs::Is(Up(files), errs::kNoChange));
  // One that fails, with others after it.
  files["13_e.up.sql"] = "INSERT INTO c VALUES (2); INSERT INTO nowhere VALUES (3)";
  files["30_f.up.sql"] = "CREATE TABLE f (x int)";
  told.clear();
  EXPECT_TRUE(errs::Is(Up(files, options), errs::kDatabase));
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(Row(), "20|0");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM c"), "1");
  files["13_e.up.sql"] = "INSERT INTO c VALUES (2)";
  EXPECT_THAT(Up(files, options), IsOk());
  EXPECT_THAT(told, ::testing::ElementsAre(13, 30));
  EXPECT_EQ(Row(), "30|0");
  // Down goes by the versions, not by the history.
  for (const auto& [name, table] : std::map<std::string, std::string>{
           {"30_f", "f"}, {"20_b", "b"}, {"15_d", "d"}, {"12_c", "c"}, {"10_a", "a"}}) {
    files[absl::StrCat(name, ".down.sql")] = absl::StrCat("DROP TABLE ", table);
  }
  EXPECT_THAT(Run(files, {.kind = Goal::Kind::kDown, .limit = 2}), IsOk());
  EXPECT_EQ(Row(), "15|0");
  EXPECT_THAT(Up(files), IsOk());
  EXPECT_EQ(Row(), "30|0");
  EXPECT_THAT(Run(files, {.kind = Goal::Kind::kDown, .limit = {}}), IsOk());
  EXPECT_EQ(Version(), "none");
}

TEST_P(MigrateContract, AStopLeavesTheDatabaseClean) {
  Files files = ThreeSteps();
  EXPECT_THAT(Up(files), IsOk());
  files["4_d.up.sql"] = absl::StrCat("UPDATE a SET x = 9;\nINSERT INTO a ", fixture_->Endless());
  std::stop_source stop;
  context_ = base::Context(stop.get_token(), nullptr);
  migrate::MigratorOptions options;
  std::jthread stopper;
  options.on_start = [&](const migrate::Step& step) {
    if (step.version != 4) return;
    stopper = std::jthread([&] {
      std::this_thread::sleep_for(milliseconds(200));
      stop.request_stop();
    });
  };
  const absl::Status status = Up(files, options);
  EXPECT_EQ(errs::ExitCode(status), 130) << status;
  context_ = base::Context();
  EXPECT_EQ(Version(), "3");
  EXPECT_EQ(fixture_->Value("SELECT x FROM a"), "1");
  files["4_d.up.sql"] = "UPDATE a SET x = 9";
  EXPECT_THAT(Up(files), IsOk());
}

TEST_P(MigrateContract, NoticesThatAnotherProgramMigrated) {
  EXPECT_THAT(Run(ThreeSteps(), {.kind = Goal::Kind::kUp, .limit = 1}), IsOk());
  const auto database = Open();
  ASSERT_THAT(database->Lock(context_, milliseconds(100)), IsOk());
  fixture_->Execute("UPDATE schema_migrations SET version = 9");
  migrate::Step step;
  step.version = 2;
  step.from = 1;
  step.target = 2;
  EXPECT_TRUE(errs::Is(database->Apply(context_, step), errs::kLocked));
  EXPECT_EQ(Row(), "9|0");
}

TEST_P(MigrateContract, ForceSetsTheVersionWhateverItWas) {
  fixture_->Execute(fixture_->GolangTable());
  fixture_->Execute("INSERT INTO schema_migrations (version, dirty) VALUES (2, TRUE)");
  const auto source = SourceOf(ThreeSteps());
  const auto database = Open();
  migrate::Migrator migrator(source.get(), database.get(), {});
  EXPECT_THAT(migrator.Force(context_, 7), IsOk());
  EXPECT_EQ(Row(), "7|0");
  EXPECT_THAT(migrator.Force(context_, -1), IsOk());
  EXPECT_EQ(Version(), "none");
  const auto history = database->History(context_);
  ASSERT_THAT(history, IsOk());
  EXPECT_EQ(history->back().direction, "force");
}

TEST_P(MigrateContract, DropLeavesNothing) {
  const std::vector<std::string> before = fixture_->Objects();
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
  fixture_->Execute(fixture_->ManyObjects());
  EXPECT_NE(fixture_->Objects(), before);
  const auto source = SourceOf({});
  {
    const auto database = Open();
    migrate::Migrator migrator(source.get(), database.get(), {});
    EXPECT_THAT(migrator.Drop(context_), IsOk());
  }
  EXPECT_EQ(fixture_->Objects(), before);
  EXPECT_THAT(Up(ThreeSteps()), IsOk());
}

TEST_P(MigrateContract, TwoAtOnceApplyEachMigrationOnce) {
  Files files;
  for (int i = 1; i <= 10; ++i) {
    files[absl::StrCat(i, "_a.up.sql")] =
        absl::StrCat("CREATE TABLE t", i, " (x int); INSERT INTO t", i, " VALUES (1);");
  }
  std::vector<absl::Status> results(4);
  {
    std::vector<std::jthread> threads;
    for (absl::Status& result : results) {
      threads.emplace_back([&] { result = Up(files); });
    }
  }
  int did = 0;
  for (const absl::Status& result : results) {
    did += result.ok() ? 1 : 0;
    EXPECT_TRUE(result.ok() || errs::Is(result, errs::kNoChange)) << result;
  }
  EXPECT_EQ(did, 1);
  EXPECT_EQ(Row(), "10|0");
  EXPECT_EQ(fixture_->Value("SELECT count(*) FROM schema_migrations_history"), "10");
}

}  // namespace siphon::testing
