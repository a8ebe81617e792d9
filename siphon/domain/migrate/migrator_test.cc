// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/migrator.h"

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Keeps its state in memory and writes down what is done to it.
class FakeDatabase : public Database {
 public:
  absl::Status Close() override { return absl::OkStatus(); }
  absl::Status Lock(const base::Context&, std::chrono::nanoseconds) override {
    if (locked) return errs::SystemError("fake", errs::kLocked, "held");
    locked = true;
    return absl::OkStatus();
  }
  absl::Status Unlock(const base::Context&) override {
    if (!locked) return errs::SystemError("fake", errs::kLocked, "not held");
    locked = false;
    return absl::OkStatus();
  }
  absl::Status Run(const base::Context&, const Script& script) override {
    EXPECT_TRUE(locked);
    calls.push_back(absl::StrCat("run ", script.name));
    runs.push_back(std::string(absl::StripAsciiWhitespace(script.body)));
    if (script.name == fails) return errs::SystemError("fake", errs::kDatabase, "as asked");
    return absl::OkStatus();
  }
  absl::Status SetVersion(const base::Context&, const State& to) override {
    calls.push_back(absl::StrCat("set ", StateText(to)));
    state = to;
    return absl::OkStatus();
  }
  absl::StatusOr<State> Version(const base::Context&) override { return state; }
  absl::Status Drop(const base::Context&) override {
    calls.push_back("drop");
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<HistoryRecord>> History(const base::Context&) override {
    return history;
  }
  ScriptOptions script_options() const override { return {}; }
  std::string name() const override { return "fake"; }

  // The bodies that ran since the last call.
  std::string TakeRuns() { return absl::StrJoin(std::exchange(runs, {}), " "); }

  State state;
  bool locked = false;
  std::string fails;
  std::vector<std::string> calls, runs;
  std::vector<HistoryRecord> history;
};

// The source that golang-migrate's own tests use: 1 ud, 3 u, 4 ud, 5 d, 7 ud.
class MigratorTest : public ::testing::Test {
 protected:
  MigratorTest() {
    for (const auto& [name, body] : std::map<std::string, std::string>{{"1_a.up.sql", "C1"},
                                                                       {"1_a.down.sql", "D1"},
                                                                       {"3_c.up.sql", "C3"},
                                                                       {"4_d.up.sql", "C4"},
                                                                       {"4_d.down.sql", "D4"},
                                                                       {"5_e.down.sql", "D5"},
                                                                       {"7_f.up.sql", "C7"},
                                                                       {"7_f.down.sql", "D7"}}) {
      files_[name] = body;
    }
    Open();
  }

  void Open() {
    std::vector<std::string> names;
    for (const auto& [name, body] : files_) names.push_back(name);
    auto source = Source::FromNames(
        "test", names, [this](const std::string& name) -> absl::StatusOr<std::string> {
          ++reads_;
          if (!files_.contains(name)) {
            return errs::UserError("test", errs::kNotFound, name + " has vanished");
          }
          return files_.at(name);
        });
    ASSERT_THAT(source, IsOk());
    source_ = *std::move(source);
  }

  absl::Status Run(const Goal& goal) {
    applied_.clear();
    Migrator migrator(source_.get(), &database_, options_);
    const absl::Status status = migrator.Run(context_, goal, applied_);
    EXPECT_FALSE(database_.locked);
    return status;
  }
  absl::Status Migrate(int64_t version) {
    return Run({.kind = Goal::Kind::kVersion, .limit = {}, .version = version});
  }
  absl::Status Steps(int64_t n) {
    return Run({.kind = n < 0 ? Goal::Kind::kDown : Goal::Kind::kUp, .limit = std::abs(n)});
  }
  absl::Status Up() { return Run({}); }
  // The line of the history for a migration that was applied.
  static HistoryRecord Done(int64_t version, int64_t from, const std::string& body) {
    HistoryRecord record;
    record.version = version;
    record.from = from;
    record.target = version;
    record.direction = "up";
    record.state = "done";
    record.sha256 = (*ParseScript("x", body, {}))->sha256;
    return record;
  }
  absl::Status Down() { return Run({.kind = Goal::Kind::kDown, .limit = {}}); }

  std::map<std::string, std::string> files_;
  int reads_ = 0;
  std::unique_ptr<Source> source_;
  FakeDatabase database_;
  MigratorOptions options_;
  base::Context context_;
  std::vector<Step> applied_;
};

TEST_F(MigratorTest, FindsItsWayInTheSource) {
  EXPECT_EQ(source_->migrations().front().version, 1);
  const std::map<int64_t, int64_t> previous = {{3, 1}, {4, 3}, {5, 4}, {7, 5}};
  const std::map<int64_t, int64_t> next = {{1, 3}, {3, 4}, {4, 5}, {5, 7}};
  for (int64_t version = -2; version < 10; ++version) {
    const auto before = previous.find(version);
    const auto after = next.find(version);
    EXPECT_EQ(source_->Previous(version),
              before == previous.end() ? std::nullopt : std::optional(before->second));
    EXPECT_EQ(source_->Next(version),
              after == next.end() ? std::nullopt : std::optional(after->second));
    const Migration* const found = source_->Find(version);
    const bool up = version == 1 || version == 3 || version == 4 || version == 7;
    const bool down = version == 1 || version == 4 || version == 5 || version == 7;
    EXPECT_EQ(found != nullptr && found->up.has_value(), up) << version;
    EXPECT_EQ(found != nullptr && found->down.has_value(), down) << version;
  }
}

// The sequence of `goto` in docs/contracts.md#migration-sequences.
TEST_F(MigratorTest, GoesToAVersionAsGolangMigrateDoes) {
  struct Row {
    int64_t version;
    std::string runs;  // "-": not found.
  };
  const Row rows[] = {{0, "-"},  {1, "C1"}, {2, "-"}, {3, "C3"}, {4, "C4"},       {5, ""},
                      {6, "-"},  {7, "C7"}, {8, "-"}, {6, "-"},  {5, "D7"},       {4, "D5"},
                      {3, "D4"}, {2, "-"},  {1, ""},  {0, "-"},  {7, "C3 C4 C7"}, {1, "D7 D5 D4"}};
  for (const Row& row : rows) {
    const State before = database_.state;
    const absl::Status status = Migrate(row.version);
    if (row.runs == "-") {
      EXPECT_TRUE(errs::Is(status, errs::kNotFound)) << row.version << status;
      EXPECT_EQ(database_.state, before);
      EXPECT_EQ(database_.TakeRuns(), "");
    } else {
      EXPECT_THAT(status, IsOk()) << row.version;
      EXPECT_EQ(database_.state, (State{row.version, false}));
      EXPECT_EQ(database_.TakeRuns(), row.runs) << row.version;
    }
  }
  EXPECT_TRUE(errs::Is(Migrate(1), errs::kNoChange));
}

// The sequence of steps in docs/contracts.md#migration-sequences.
TEST_F(MigratorTest, GoesStepsAsGolangMigrateDoes) {
  struct Row {
    int64_t steps;
    int64_t version;
    std::string runs;
    std::optional<errs::Cause> error;
  };
  const Row rows[] = {{0, -1, "", errs::kNoChange},
                      {-1, -1, "", errs::kNotFound},
                      {1, 1, "C1", {}},
                      {1, 3, "C3", {}},
                      {1, 4, "C4", {}},
                      {1, 5, "", {}},
                      {1, 7, "C7", {}},
                      {1, 7, "", errs::kNotFound},
                      {-1, 5, "D7", {}},
                      {-1, 4, "D5", {}},
                      {-1, 3, "D4", {}},
                      {-1, 1, "", {}},
                      {-1, -1, "D1", {}},
                      {4, 5, "C1 C3 C4", {}},
                      {2, 7, "C7", errs::kShortLimit},
                      {-4, 1, "D7 D5 D4", {}},
                      {-2, -1, "D1", errs::kShortLimit}};
  for (const Row& row : rows) {
    const absl::Status status = Steps(row.steps);
    EXPECT_EQ(status.ok(), !row.error.has_value()) << row.steps << status;
    if (row.error.has_value()) {
      EXPECT_TRUE(errs::Is(status, *row.error)) << status;
    }
    EXPECT_EQ(database_.state, (State{row.version, false}));
    EXPECT_EQ(database_.TakeRuns(), row.runs) << row.steps;
  }
}

TEST_F(MigratorTest, GoesUpAndDownAsGolangMigrateDoes) {
  EXPECT_THAT(Up(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "C1 C3 C4 C7");
  EXPECT_TRUE(errs::Is(Up(), errs::kNoChange));
  EXPECT_THAT(Down(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "D7 D5 D4 D1");
  EXPECT_TRUE(errs::Is(Down(), errs::kNoChange));
  EXPECT_THAT(Steps(1), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "C1");
  EXPECT_THAT(Up(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "C3 C4 C7");
  EXPECT_THAT(Steps(-1), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "D7");
  EXPECT_THAT(Down(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "D5 D4 D1");
}

TEST_F(MigratorTest, RefusesAVersionThatTheSourceDoesNotHave) {
  database_.state = {2, false};
  for (const absl::Status& status : {Up(), Down(), Steps(1), Steps(-1), Migrate(1), Migrate(2)}) {
    EXPECT_TRUE(errs::Is(status, errs::kNotFound)) << status;
  }
  EXPECT_THAT(database_.calls, IsEmpty());
}

// docs/contracts.md#order-of-a-migration
TEST_F(MigratorTest, SetsTheVersionBehindTheStepBeforeAndAfterIt) {
  EXPECT_THAT(Migrate(3), IsOk());
  EXPECT_THAT(Migrate(1), IsOk());
  EXPECT_THAT(Steps(-1), IsOk());
  EXPECT_THAT(database_.calls,
              ElementsAre("set 1 (dirty)", "run 1_a.up.sql", "set 1", "set 3 (dirty)",
                          "run 3_c.up.sql", "set 3", "set 1 (dirty)", "set 1", "set none (dirty)",
                          "run 1_a.down.sql", "set none"));
}

TEST_F(MigratorTest, LeavesTheTargetsVersionDirtyWhereItFails) {
  EXPECT_THAT(Migrate(7), IsOk());
  database_.fails = "5_e.down.sql";
  EXPECT_TRUE(errs::Is(Down(), errs::kDatabase));
  EXPECT_EQ(database_.state, (State{4, true}));
  EXPECT_EQ(applied_.size(), 1u);
}

TEST_F(MigratorTest, RefusesADirtyDatabaseUntilItIsForced) {
  database_.state = {0, true};
  for (const absl::Status& status : {Up(), Down(), Steps(1), Steps(-1), Migrate(1)}) {
    EXPECT_TRUE(errs::Is(status, errs::kDirty)) << status;
    EXPECT_EQ(errs::ExitCode(status), 1);
  }
  EXPECT_THAT(database_.calls, IsEmpty());
  Migrator migrator(source_.get(), &database_, {});
  EXPECT_THAT(migrator.Force(context_, 1), IsOk());
  EXPECT_EQ(database_.state, (State{1, false}));
  EXPECT_THAT(migrator.Force(context_, 99), IsOk());
  EXPECT_THAT(migrator.Force(context_, -1), IsOk());
  EXPECT_TRUE(errs::Is(migrator.Version(context_).status(), errs::kNilVersion));
  EXPECT_TRUE(errs::Is(migrator.Force(context_, -2), errs::kInvalidArgument));
}

TEST_F(MigratorTest, RunsNothingWhenAFileBehindIsBad) {
  const std::string good = files_["7_f.up.sql"];
  for (const std::string bad : {"", "SELECT 'a", "\\connect x", "BEGIN; SELECT 1"}) {
    files_["7_f.up.sql"] = bad;
    const absl::Status status = Up();
    EXPECT_TRUE(errs::Is(status, errs::kInvalidArgument)) << bad << status;
    EXPECT_THAT(status.message(), HasSubstr("7_f.up.sql"));
    EXPECT_EQ(errs::ExitCode(status), 1);
    EXPECT_THAT(database_.calls, IsEmpty());
  }
  files_.erase("7_f.up.sql");
  EXPECT_TRUE(errs::Is(Up(), errs::kNotFound));
  EXPECT_THAT(database_.calls, IsEmpty());
  files_["7_f.up.sql"] = good;
  EXPECT_THAT(Up(), IsOk());
}

TEST_F(MigratorTest, ReadsAFileAgainWhereMemoryIsShortAndSeesThatItChanged) {
  options_.memory = 0;
  EXPECT_THAT(Steps(2), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "C1 C3");
  EXPECT_EQ(reads_, 4);
  options_.on_start = [&](const Step&) { files_["7_f.up.sql"] = "other"; };
  const absl::Status status = Up();
  EXPECT_THAT(status.message(), HasSubstr("changed"));
  EXPECT_EQ(database_.TakeRuns(), "C4");
  EXPECT_EQ(database_.state, (State{5, false}));
}

TEST_F(MigratorTest, StopsBetweenMigrations) {
  std::stop_source stop;
  context_ = base::Context(stop.get_token(), nullptr);
  options_.on_done = [&](const Step& step, std::chrono::nanoseconds) {
    if (step.version == 3) stop.request_stop();
  };
  const absl::Status status = Up();
  EXPECT_EQ(errs::ExitCode(status), 130);
  EXPECT_THAT(status.message(), HasSubstr("2 of 5 migrations are applied"));
  EXPECT_EQ(database_.state, (State{3, false}));
  EXPECT_FALSE(database_.locked);
}

TEST_F(MigratorTest, ComplainsOfWhatTheHistoryKnowsBetter) {
  EXPECT_THAT(Migrate(4), IsOk());
  const auto record = [](int64_t version, int64_t from, const std::string& body) {
    const auto script = ParseScript("x", body, {});
    HistoryRecord made;
    made.version = version;
    made.from = from;
    made.target = version;
    made.direction = "up";
    made.state = "done";
    made.title = "t";
    made.sha256 = (*script)->sha256;
    return made;
  };
  database_.history = {record(1, -1, "C1"), record(3, 1, "C3"), record(4, 3, "C4")};
  EXPECT_THAT(Migrate(5), IsOk());

  database_.history = {record(1, -1, "C1"), record(2, 1, "C2"), record(4, 2, "other")};
  const absl::Status status = Up();
  EXPECT_TRUE(errs::Is(status, errs::kIntegrity));
  EXPECT_THAT(status.message(),
              HasSubstr("version 2 (t) was applied and its files no longer exist"));
  EXPECT_THAT(status.message(), HasSubstr("version 3 (c) is below the version of the database"));
  EXPECT_THAT(status.message(), HasSubstr("version 4 (d) was changed"));
  // A migration that was undone by hand is no longer in the history.
  HistoryRecord force;
  force.direction = "force";
  force.target = 1;
  database_.history.push_back(force);
  EXPECT_THAT(Steps(1), IsOk());
  database_.history.pop_back();
  options_.verify = false;
  EXPECT_THAT(Migrate(1), IsOk());
}

TEST_F(MigratorTest, ComplainsAlsoWhereNothingIsToBeDone) {
  const auto record = [](int64_t version, int64_t from, const std::string& body) {
    HistoryRecord made;
    made.version = version;
    made.from = from;
    made.target = version;
    made.direction = "up";
    made.state = "done";
    made.sha256 = (*ParseScript("x", body, {}))->sha256;
    return made;
  };
  const auto complain = [&](const std::string& what) {
    Open();
    for (const Goal& goal : {Goal(), Goal{.kind = Goal::Kind::kUp, .limit = 1, .version = 0},
                             Goal{.kind = Goal::Kind::kVersion, .limit = {}, .version = 20}}) {
      const absl::Status run = Run(goal);
      EXPECT_TRUE(errs::Is(run, errs::kIntegrity)) << run;
      EXPECT_THAT(run.message(), HasSubstr(what));
      Migrator migrator(source_.get(), &database_, options_);
      EXPECT_EQ(migrator.Plan(context_, goal).status(), run);
    }
    options_.verify = false;
    EXPECT_FALSE(errs::Is(Up(), errs::kIntegrity));
    Migrator migrator(source_.get(), &database_, options_);
    EXPECT_FALSE(errs::Is(migrator.Plan(context_, {}).status(), errs::kIntegrity));
    options_.verify = true;
  };
  database_.state = {20, false};
  database_.history = {record(10, -1, "A"), record(20, 10, "B")};
  files_ = {{"10_a.up.sql", "A"}, {"15_c.up.sql", "C"}, {"20_b.up.sql", "B"}};
  complain("version 15 (c) is below the version of the database");
  files_ = {{"5_c.up.sql", "C"}, {"10_a.up.sql", "A"}, {"20_b.up.sql", "B"}};
  complain("version 5 (c) is below the version of the database");
  files_ = {{"20_b.up.sql", "B"}};
  complain("version 10 was applied and its files no longer exist");
  files_ = {{"10_a.up.sql", "A"}};
  complain("version 20 was applied and its files no longer exist");
  files_ = {};
  complain("version 10 was applied and its files no longer exist");
  // With a later file, too.
  files_ = {{"10_a.up.sql", "A"}, {"15_c.up.sql", "C"}, {"20_b.up.sql", "B"}, {"30_d.up.sql", "D"}};
  Open();
  EXPECT_TRUE(errs::Is(Up(), errs::kIntegrity));
}

TEST_F(MigratorTest, AppliesOutOfOrderWhatWasNeverAppliedAndThenTheRest) {
  database_.state = {20, false};
  database_.history = {Done(10, -1, "A"), Done(20, 10, "B")};
  files_ = {{"5_e.up.sql", "E"},    {"10_a.up.sql", "A"}, {"15_c.up.sql", "C"},
            {"17_x.down.sql", "X"}, {"20_b.up.sql", "B"}, {"30_d.up.sql", "D"}};
  Open();
  const absl::Status refused = Up();
  EXPECT_TRUE(errs::Is(refused, errs::kIntegrity));
  EXPECT_THAT(errs::GetError(refused)->hint, HasSubstr("siphon migrate up --out-of-order"));
  options_.out_of_order = true;
  Migrator migrator(source_.get(), &database_, options_);
  ASSERT_OK_AND_ASSIGN(const std::vector<Step> steps, migrator.Plan(context_, {}));
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].script->body, "E");
  EXPECT_EQ(steps[2].script, nullptr) << "17 has no file for up";
  EXPECT_THAT(Up(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "E C D");
  EXPECT_EQ(applied_.size(), 4u);
  // The version of the database never goes down.
  EXPECT_THAT(database_.calls,
              ElementsAre("set 20 (dirty)", "run 5_e.up.sql", "set 20", "set 20 (dirty)",
                          "run 15_c.up.sql", "set 20", "set 20 (dirty)", "set 20", "set 30 (dirty)",
                          "run 30_d.up.sql", "set 30"));
  // They are in the history then, in the order in which they ran.
  for (const auto& [version, body] : {std::pair(5, "E"), {15, "C"}}) {
    HistoryRecord record = Done(version, 20, body);
    record.target = 20;
    database_.history.push_back(record);
  }
  HistoryRecord empty = Done(17, 20, "x");
  empty.sha256.clear();
  database_.history.push_back(empty);
  database_.history.push_back(Done(30, 20, "D"));
  options_.out_of_order = false;
  EXPECT_TRUE(errs::Is(Up(), errs::kNoChange));
  // A changed file is no less a fault.
  files_["15_c.up.sql"] = "other";
  options_.out_of_order = true;
  EXPECT_TRUE(errs::Is(Up(), errs::kIntegrity));
}

TEST_F(MigratorTest, OneThatFailsOutOfOrderLeavesTheOthersApplied) {
  database_.state = {20, false};
  database_.history = {Done(20, -1, "B")};
  files_ = {{"5_e.up.sql", "E"}, {"15_c.up.sql", "C"}, {"20_b.up.sql", "B"}};
  Open();
  options_.out_of_order = true;
  database_.fails = "15_c.up.sql";
  EXPECT_TRUE(errs::Is(Up(), errs::kDatabase));
  EXPECT_EQ(applied_.size(), 1u);
}

TEST_F(MigratorTest, WithoutTheCheckWarnsOfWhatTheHistoryKnowsBetter) {
  database_.state = {20, false};
  database_.history = {Done(10, -1, "A"), Done(20, 10, "B")};
  files_ = {{"10_a.up.sql", "A"}, {"15_c.up.sql", "C"}, {"20_b.up.sql", "B"}};
  Open();
  testing::EventLog log;
  context_ = base::Context(std::stop_token(), &log);
  options_.verify = false;
  EXPECT_TRUE(errs::Is(Up(), errs::kNoChange));
  EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("version 15 (c) is below")));
}

TEST_F(MigratorTest, StatusTellsWhatIsForcedAndWhatIsDirty) {
  files_ = {{"1_a.up.sql", "A"}, {"2_b.up.sql", "B"}, {"3_c.up.sql", "C"}, {"4_d.up.sql", "D"}};
  Open();
  const auto states = [&] {
    State state;
    Migrator migrator(source_.get(), &database_, options_);
    const auto reviews = migrator.Status(context_, state);
    std::vector<std::string> names;
    for (const Review& review : *reviews) names.emplace_back(MigrationStatusName(review.status));
    return names;
  };
  HistoryRecord force;
  force.direction = "force";
  force.state = "done";
  force.version = force.target = 3;
  force.from = 1;
  database_.history = {Done(1, -1, "A"), force};
  database_.state = {3, false};
  EXPECT_THAT(states(), ElementsAre("applied", "forced", "forced", "pending"));
  EXPECT_THAT(Up(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "D");
  // Down again, and up with siphon.
  HistoryRecord down;
  down.direction = "down";
  down.state = "done";
  down.target = 1;
  database_.history.insert(database_.history.end(), {down, Done(2, 1, "B")});
  database_.state = {2, false};
  EXPECT_THAT(states(), ElementsAre("applied", "applied", "pending", "pending"));
  // Of a dirty one the history knows the version, golang-migrate's table where it leads.
  down.state = "failed";
  down.version = 2;
  database_.history.push_back(down);
  database_.state = {1, true};
  EXPECT_THAT(states(), ElementsAre("applied", "dirty", "pending", "pending"));
  database_.history.clear();
  EXPECT_THAT(states(), ElementsAre("dirty", "pending", "pending", "pending"));
  // Set to the version at which it was dirty.
  HistoryRecord failed = Done(3, 2, "C");
  failed.state = "failed";
  force.from = 3;
  database_.history = {Done(2, -1, "B"), failed, force};
  database_.state = {3, false};
  EXPECT_THAT(states(), ElementsAre("out of order", "applied", "forced", "pending"));
}

TEST_F(MigratorTest, TakesTheOtherKindOfLineEndsForTheSameFile) {
  files_ = {{"1_a.up.sql", "SELECT 1;\nSELECT 2;\n"}};
  const auto sha256 = [](const std::string& body) { return (*ParseScript("x", body, {}))->sha256; };
  HistoryRecord record;
  record.version = 1;
  record.target = 1;
  record.direction = "up";
  record.state = "done";
  record.sha256 = sha256(files_["1_a.up.sql"]);
  database_.state = {1, false};
  database_.history = {record};
  for (const std::string body : {"SELECT 1;\r\nSELECT 2;\r\n", "SELECT 1;\nSELECT 2;\n"}) {
    files_["1_a.up.sql"] = body;
    Open();
    EXPECT_TRUE(errs::Is(Up(), errs::kNoChange)) << body;
    database_.history[0].sha256 = sha256("SELECT 1;\r\nSELECT 2;\r\n");
  }
  files_["1_a.up.sql"] = "SELECT 1;\nSELECT 2;\n\n";
  Open();
  EXPECT_TRUE(errs::Is(Up(), errs::kIntegrity));
}

TEST_F(MigratorTest, ABaselineIsForADatabaseWithoutAVersion) {
  Migrator migrator(source_.get(), &database_, options_);
  EXPECT_THAT(migrator.Baseline(context_, 2), StatusIs(errs::kNotFound, HasSubstr("version 2")));
  EXPECT_THAT(migrator.Baseline(context_, -1), StatusIs(errs::kNotFound));
  EXPECT_EQ(database_.state.version, kNilVersion);
  ASSERT_THAT(migrator.Baseline(context_, 4), IsOk());
  EXPECT_EQ(database_.state.version, 4);
  EXPECT_FALSE(database_.state.dirty);
  EXPECT_FALSE(database_.locked);
  EXPECT_THAT(migrator.Baseline(context_, 7), StatusIs(errs::kAlreadyExists, HasSubstr("4")));
  EXPECT_EQ(database_.state.version, 4);
  // Only what comes after it is applied.
  EXPECT_EQ(database_.TakeRuns(), "");
  ASSERT_THAT(Up(), IsOk());
  EXPECT_EQ(database_.TakeRuns(), "C7");
}

TEST_F(MigratorTest, ABaselineIsNoWayOutOfADirtyDatabase) {
  database_.state = {kNilVersion, true};
  Migrator migrator(source_.get(), &database_, options_);
  EXPECT_THAT(migrator.Baseline(context_, 4), StatusIs(errs::kDirty));
  EXPECT_TRUE(database_.state.dirty);
}

}  // namespace
}  // namespace siphon::migrate
