// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/migration_tables.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Records the SQL, and answers each query with the first answer whose key is part of it.
class FakeSession : public SqlSession {
 public:
  absl::Status Close() override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<Row>> Query(const base::Context&, const std::string& sql) override {
    queries.push_back(sql);
    for (const auto& [part, answer] : answers) {
      if (absl::StrContains(sql, part)) return answer;
    }
    return std::vector<Row>();
  }
  absl::Status RunStatement(const base::Context&, std::string_view,
                            std::optional<size_t>&) override {
    return absl::OkStatus();
  }
  void Rollback() override { ++rollbacks; }
  absl::Status Reset(const base::Context&) override { return absl::OkStatus(); }
  absl::StatusOr<Tables> FindTables(const base::Context&) override { return tables; }
  absl::Status Lock(const base::Context&, std::chrono::nanoseconds) override {
    return absl::OkStatus();
  }
  absl::Status Unlock(const base::Context&) override { return absl::OkStatus(); }
  absl::Status Drop(const base::Context&) override { return absl::OkStatus(); }
  std::string user() const override { return "ada"; }
  std::string Quote(std::string_view text) const override { return absl::StrCat("'", text, "'"); }

  Tables tables = {.version = true, .history = true};
  std::vector<std::pair<std::string, absl::StatusOr<std::vector<Row>>>> answers;
  std::vector<std::string> queries;
  int rollbacks = 0;
};

class MigrationTablesTest : public ::testing::Test {
 protected:
  MigrationTablesTest() {
    dialect_.table = "v";
    dialect_.create_table = "CREATE v";
    dialect_.history = "h";
    dialect_.create_history = "CREATE h";
    dialect_.where_any = " WHERE TRUE";
  }
  MigrationTables Make() { return MigrationTables(&session_, &dialect_, &base::Clock::System()); }

  base::Context context_;
  FakeSession session_;
  SqlDialect dialect_;
};

TEST(HistoryNameTest, IsShortenedWithAHashWhereItWouldBeTooLong) {
  EXPECT_EQ(HistoryName("schema_migrations", 63), "schema_migrations_history");
  const std::string long_name(60, 'a');
  EXPECT_THAT(HistoryName(long_name, 63), AllOf(StartsWith("aaaa"), EndsWith("_history")));
  EXPECT_LE(HistoryName(long_name, 63).size(), 63u);
  EXPECT_NE(HistoryName(long_name, 63), HistoryName(long_name + "b", 63));
}

TEST_F(MigrationTablesTest, CreatesWhatIsMissingOnce) {
  session_.tables = {};
  MigrationTables tables = Make();
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  EXPECT_THAT(session_.queries, ElementsAre("CREATE v", "CREATE h"));
  EXPECT_TRUE(tables.has_history());
  tables.Forget();
  EXPECT_FALSE(tables.has_history());
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  EXPECT_EQ(session_.queries.size(), 4u);
}

TEST_F(MigrationTablesTest, AHistoryThatCannotBeCreatedIsNotKept) {
  session_.tables = {};
  session_.answers = {{"CREATE h", errs::SystemError("x", errs::kDatabase, "denied")}};
  MigrationTables tables = Make();
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  EXPECT_FALSE(tables.has_history());
  EXPECT_EQ(session_.rollbacks, 1);
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(0));
  EXPECT_THAT(tables.InsertSql({}, "up", "done", {}, 0, 0), IsEmpty());
  EXPECT_THAT(tables.UpdateSql({}, "done", {}, 0, 0), IsEmpty());
}

TEST_F(MigrationTablesTest, RefusesAVersionTableWithImpossibleContent) {
  MigrationTables tables = Make();
  for (const auto& rows : std::vector<std::vector<SqlSession::Row>>{
           {{"1", "f"}, {"2", "f"}}, {{"-2", "f"}}, {{"x", "f"}}}) {
    session_.answers = {{"SELECT version", rows}};
    EXPECT_THAT(tables.ReadVersion(context_), StatusIs(errs::kIntegrity)) << rows[0][0];
  }
  for (const char* dirty : {"t", "1", "true"}) {
    session_.answers = {{"SELECT version", std::vector<SqlSession::Row>{{"-1", dirty}}}};
    EXPECT_THAT(tables.ReadVersion(context_), IsOkAndHolds(State{-1, true})) << dirty;
  }
  session_.answers = {{"SELECT version", std::vector<SqlSession::Row>{{"7", "f"}}}};
  EXPECT_THAT(tables.ReadVersion(context_), IsOkAndHolds(State{7, false}));
  session_.answers.clear();
  EXPECT_THAT(tables.ReadVersion(context_), IsOkAndHolds(State()));
  session_.tables = {};
  EXPECT_THAT(tables.ReadVersion(context_), IsOkAndHolds(State()));
}

TEST_F(MigrationTablesTest, ReadsALineOfTheHistory) {
  session_.answers = {
      {"FROM h", std::vector<SqlSession::Row>{{"4", "7", "5", "7", "title", "up", "sha",
                                               "2026-01-01T00:00:00Z", "12", "2.0", "ada",
                                               "started a print", "1", "3", "part"}}}};
  MigrationTables tables = Make();
  ASSERT_OK_AND_ASSIGN(const std::vector<HistoryRecord> records, tables.ReadHistory(context_));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].sequence, 4);
  EXPECT_EQ(records[0].target, 7);
  EXPECT_EQ(records[0].state, "started");
  EXPECT_EQ(records[0].before, "a print");
  EXPECT_EQ(records[0].total, 3);
  EXPECT_EQ(records[0].done_sha256, "part");
  session_.answers[0].second->at(0)[12] = "many";
  EXPECT_THAT(tables.ReadHistory(context_), StatusIs(errs::kIntegrity, HasSubstr("many")));
}

TEST_F(MigrationTablesTest, BeginChecksTheLockAndTheVersion) {
  MigrationTables tables = Make();
  const auto begin = [&](const std::string& lock, const std::string& version) {
    session_.answers = {{"version", std::vector<SqlSession::Row>{{lock, version, "f"}}}};
    return tables.Begin(context_, "BEGIN", {5, false});
  };
  EXPECT_THAT(begin("1", "5"), IsOk());
  EXPECT_THAT(session_.queries.back(), StartsWith("BEGIN; SELECT CASE WHEN TRUE THEN 1"));
  EXPECT_EQ(session_.rollbacks, 0);
  EXPECT_THAT(begin("0", "5"), StatusIs(errs::kLocked, HasSubstr("no longer holds")));
  EXPECT_THAT(begin("1", "6"), StatusIs(errs::kLocked, HasSubstr("changed from 5 to 6")));
  EXPECT_EQ(session_.rollbacks, 2);
}

TEST_F(MigrationTablesTest, BeginRetriesUnpreparedWhenThePreparedStatementIsGone) {
  dialect_.prepares = true;
  MigrationTables tables = Make();
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  tables.Prepare(context_);
  EXPECT_THAT(session_.queries.back(), HasSubstr("PREPARE siphon_check AS SELECT"));
  EXPECT_THAT(tables.MoveSql({1, false}, {2, false}), "EXECUTE siphon_move(2); ");
  session_.answers = {{"EXECUTE", errs::SystemError("x", errs::kDatabase, "does not exist")},
                      {"SELECT CASE", std::vector<SqlSession::Row>{{"1", "1", "f"}}}};
  EXPECT_THAT(tables.Begin(context_, "BEGIN", {1, false}), IsOk());
  EXPECT_EQ(session_.rollbacks, 1);
  EXPECT_THAT(tables.MoveSql({1, false}, {2, false}), StartsWith("UPDATE v SET version = 2"));
}

TEST_F(MigrationTablesTest, WritesTheVersionAsGolangMigrateDoes) {
  const MigrationTables tables = Make();
  EXPECT_EQ(tables.VersionSql(State()), "DELETE FROM v WHERE TRUE; ");
  EXPECT_EQ(tables.VersionSql({-1, true}),
            "DELETE FROM v WHERE TRUE; INSERT INTO v (version, dirty) VALUES (-1, TRUE); ");
  EXPECT_EQ(tables.VersionSql({0, false}),
            "DELETE FROM v WHERE TRUE; INSERT INTO v (version, dirty) VALUES (0, FALSE); ");
  EXPECT_EQ(tables.MoveSql(State(), {1, false}), tables.VersionSql({1, false}));
  EXPECT_EQ(tables.MoveSql({1, false}, State()), tables.VersionSql(State()));
  EXPECT_EQ(tables.MoveSql({1, false}, {2, false}),
            "UPDATE v SET version = 2, dirty = FALSE WHERE TRUE; ");
}

TEST_F(MigrationTablesTest, NumbersTheHistoryWithoutAskingWhileTheLockIsHeld) {
  MigrationTables tables = Make();
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  session_.answers = {{"ORDER BY seq DESC", std::vector<SqlSession::Row>{{"41"}}}};
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(42));
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(42));
  session_.answers.clear();
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(1));
  session_.answers = {{"ORDER BY seq DESC", std::vector<SqlSession::Row>{{"41"}}}};
  tables.SetLocked(true);
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(42));
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(43));
  tables.SetLocked(false);
  EXPECT_THAT(tables.NextSequence(context_), IsOkAndHolds(42));
}

TEST_F(MigrationTablesTest, AnUpdateNamesItsLineAndTheStatementsDone) {
  dialect_.equals = "OPERATOR(x.=)";
  MigrationTables tables = Make();
  EXPECT_THAT(tables.Ensure(context_), IsOk());
  Script script;
  script.sha256 = "sha";
  EXPECT_THAT(tables.UpdateSql(script, "running", std::chrono::milliseconds(5), 0, 9),
              AllOf(StartsWith("UPDATE h SET state = 'running', duration_ms = 5, sha256 = 'sha'"),
                    EndsWith(" WHERE seq OPERATOR(x.=) 9; "), Not(HasSubstr("started"))));
}

}  // namespace
}  // namespace siphon::migrate
