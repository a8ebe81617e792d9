// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The contract of migrations, held by SQLite.

#include "drivers/sqlite/migrations.h"

#include <unistd.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using siphon::testing::MigrateContract;
using siphon::testing::MigrateFactory;
using siphon::testing::MigrateFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileFixture : public MigrateFixture {
 public:
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) override {
    profile::ConnectionProfile profile = ProfileFor(path());
    profile.parameters.insert(parameters.begin(), parameters.end());
    return SqliteMigrations().Open({}, profile, driver::MigrationAccess::kCreate);
  }
  void Execute(const std::string& sql) override { PlainConnection(path()).Run(sql); }
  std::string Value(const std::string& sql) override { return PlainConnection(path()).Value(sql); }
  std::string GolangTable() const override {
    return "CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool);\n"
           "  CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);";
  }
  std::string DescribeTable() override {
    return Value(
        "SELECT group_concat(sql, ';') FROM sqlite_master WHERE tbl_name = 'schema_migrations'");
  }
  std::vector<std::string> Objects() override {
    return PlainConnection(path()).Rows(
        "SELECT type, name FROM sqlite_master WHERE name <> 'sqlite_sequence' ORDER BY 1, 2");
  }
  std::string ManyObjects() const override {
    return "CREATE TABLE \"order\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x REFERENCES a(x));"
           "INSERT INTO \"order\" (x) VALUES (1);"
           "CREATE VIEW v AS SELECT * FROM \"order\"; CREATE INDEX i ON \"order\" (x);"
           "CREATE TRIGGER t AFTER INSERT ON \"order\" BEGIN SELECT 1; END;"
           "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('x');";
  }
  std::string Alone() const override { return "PRAGMA foreign_keys = ON"; }
  std::string Holder() override { return absl::StrCat("process ", getpid()); }

  std::string path() const { return folder_.File("app.db"); }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, MigrateContract,
                         ::testing::Values(MigrateFactory{
                             "Sqlite", [] { return std::make_unique<FileFixture>(); }}),
                         siphon::testing::MigrateName);

TEST(SqliteMigrationsTest, LeavesNoFileBeside) {
  FileFixture fixture;
  {
    const auto database = fixture.Open({});
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT((*database)->Lock({}, std::chrono::seconds(1)), IsOk());
    EXPECT_THAT(fixture.folder().List(), ElementsAre("app.db", "app.db-siphon-migrate"));
    EXPECT_EQ((*database)->name(), "app.db");
  }
  EXPECT_THAT(fixture.folder().List(), ElementsAre("app.db"));
}

TEST(SqliteMigrationsTest, TakesOverTheLockOfADeadProcess) {
  FileFixture fixture;
  std::ofstream(fixture.path() + "-siphon-migrate") << "process 1 on host since yesterday\n";
  const auto database = fixture.Open({});
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT((*database)->Lock({}, std::chrono::milliseconds(0)), IsOk());
}

TEST(SqliteMigrationsTest, ReadsNothingIntoBeingAndRefusesUnknownParameters) {
  FileFixture fixture;
  SqliteMigrations migrations;
  EXPECT_FALSE(
      migrations.Open({}, ProfileFor(fixture.path()), driver::MigrationAccess::kWrite).ok());
  {
    const auto nothing =
        migrations.Open({}, ProfileFor(fixture.path()), driver::MigrationAccess::kRead);
    ASSERT_THAT(nothing, IsOk());
    EXPECT_THAT((*nothing)->Version({}), IsOkAndHolds(migrate::State{}));
  }
  EXPECT_THAT(fixture.folder().List(), ElementsAre());
  EXPECT_THAT(fixture.Open({{"x-no-tx-wrap", "maybe"}}).status().message(),
              HasSubstr("x-no-tx-wrap is \"maybe\""));
  EXPECT_THAT(fixture.Open({{"x-multi-statement", "true"}}).status().message(),
              HasSubstr("x-multi-statement"));
}

TEST(SqliteMigrationsTest, WithoutWrapOnlyTheFilesOwnTransactionHolds) {
  FileFixture fixture;
  const auto database = fixture.Open({{"x-no-tx-wrap", "true"}});
  ASSERT_THAT(database, IsOk());
  const auto source = siphon::testing::SourceOf(
      {{"1_a.up.sql",
        "CREATE TABLE a (x); BEGIN; CREATE TABLE b (x); INSERT INTO c VALUES (1); "
        "COMMIT;"}});
  migrate::Migrator migrator(source.get(), database->get(), {});
  std::vector<migrate::Step> applied;
  EXPECT_FALSE(migrator.Run({}, {}, applied).ok());
  EXPECT_EQ(fixture.Value("SELECT group_concat(name) FROM sqlite_master WHERE name IN "
                          "('a', 'b')"),
            "a");
  EXPECT_EQ(fixture.Value("SELECT version || '|' || dirty FROM schema_migrations"), "1|1");
}

// Those of the drivers that golang-migrate uses.
TEST(SqliteMigrationsTest, TakesTheOptionsOfItsOtherDrivers) {
  for (const std::map<std::string, std::string>& parameters :
       {std::map<std::string, std::string>{
            {"_foreign_keys", "1"}, {"_journal_mode", "WAL"}, {"_busy_timeout", "5000"}},
        std::map<std::string, std::string>{
            {"_pragma", "foreign_keys(1);journal_mode(WAL);busy_timeout(5000)"}}}) {
    FileFixture fixture;
    const auto database = fixture.Open(parameters);
    ASSERT_THAT(database, IsOk());
    const auto up = [&](const std::map<std::string, std::string>& files) {
      const auto source = siphon::testing::SourceOf(files);
      migrate::Migrator migrator(source.get(), database->get(), {});
      std::vector<migrate::Step> applied;
      return migrator.Run({}, {}, applied);
    };
    std::map<std::string, std::string> files = {
        {"1_a.up.sql", "CREATE TABLE a (x INTEGER PRIMARY KEY); PRAGMA foreign_keys = OFF"},
        {"2_b.up.sql",
         "CREATE TABLE b (x REFERENCES a(x), y REFERENCES a(x) DEFERRABLE INITIALLY DEFERRED)"}};
    EXPECT_THAT(up(files), IsOk());
    files["3_c.up.sql"] = "CREATE TABLE c (x)";
    files["4_d.up.sql"] = "INSERT INTO b (y) VALUES (7)";
    EXPECT_THAT(up(files).message(), HasSubstr("FOREIGN KEY"));
    EXPECT_EQ(fixture.Value("SELECT version FROM schema_migrations"), "3");
    files["4_d.up.sql"] = "INSERT INTO b (x) VALUES (7)";
    EXPECT_THAT(up(files).message(), HasSubstr("FOREIGN KEY"));
    EXPECT_EQ(fixture.Value("SELECT version FROM schema_migrations"), "3");
    EXPECT_EQ(fixture.Value("PRAGMA journal_mode"), "wal");
  }
}

}  // namespace
}  // namespace siphon::sqlite
