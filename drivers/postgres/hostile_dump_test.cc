// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps that were changed by somebody: statements that end the transaction of a restore, and errors
// that would quote a secret.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// An archive whose table of contents can be changed.
class OpenArchive {
 public:
  explicit OpenArchive(std::string body) : body_(std::move(body)) {
    ArchiveHeadProgress progress;
    size_ = MeasureArchiveHead(body_, progress)->value();
    archive_ = *ParseArchiveHead(std::vector<char>(body_.begin(), body_.begin() + size_));
    for (const ArchiveEntry& entry : archive_.entries) entries_.emplace_back(entry.raw);
  }

  // Adds a statement, which pg_restore runs first of all, or last if `at_end`.
  OpenArchive& Add(std::string_view sql, bool at_end = false) {
    const std::string entry = FormatEntry(
        archive_.header, {UnusedId(archive_) + 10 + added_++, kCommandKind, "planted", sql});
    entries_.insert(at_end ? entries_.end() : entries_.begin(), entry);
    return *this;
  }
  // Replaces the entry of this kind.
  OpenArchive& Replace(std::string_view kind, const NewEntry& with) {
    for (size_t i = 0; i < archive_.entries.size(); ++i) {
      if (archive_.entries[i].kind == kind) entries_[i] = FormatEntry(archive_.header, with);
    }
    return *this;
  }
  OpenArchive& Append(const NewEntry& entry) {
    entries_.push_back(FormatEntry(archive_.header, entry));
    return *this;
  }
  std::string Body() const {
    const std::vector<std::string_view> entries(entries_.begin(), entries_.end());
    return absl::StrCat(FormatArchiveHead(archive_, entries), body_.substr(size_));
  }

 private:
  std::string body_;
  size_t size_ = 0;
  Archive archive_;
  std::vector<std::string> entries_;
  int32_t added_ = 0;
};

// Reads as a string to a reader that goes by standard_conforming_strings = on, which it turns off
// before: the server sees `sql`.
std::pair<std::string, std::string> Hidden(std::string_view sql) {
  return {"SET standard_conforming_strings = off;",
          absl::StrCat("SELECT '\\' || '; ", sql, "; --';")};
}

class HostileDumpTest : public ::testing::TestWithParam<std::pair<int, profile::Tools>> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  profile::ConnectionProfile With(profile::ConnectionProfile profile) const {
    profile.tools = GetParam().second;
    return profile;
  }
  // A dump with one table.
  // Without an index, whose block must have a greater id than all entries.
  std::string Dump() {
    const profile::ConnectionProfile source = With(NewDatabase(server_));
    PlainConnection(source).Run("CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
    driver::BackupOptions options;
    options.compression = 0;
    return BackUp(source, options);
  }
  bool Exists(const profile::ConnectionProfile& profile, std::string_view table) {
    return PlainConnection(profile).Value(
               absl::StrCat("SELECT to_regclass('", table, "') IS NOT NULL")) == "t";
  }

  PostgresServer& server_ = SharedServer(GetParam().first);
  base::Context context_;
};

TEST_P(HostileDumpTest, AStatementThatEndsTheTransactionIsRefusedBeforeAnythingRuns) {
  const std::string body = Dump();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  for (const std::string_view statement :
       {"COMMIT;", "SELECT 1; commit work", "ROLLBACK;", "ABORT", "END TRANSACTION",
        "PREPARE TRANSACTION 'x'", "COMMIT AND CHAIN", "START TRANSACTION", "BEGIN",
        "/* 'a' */ COMMIT", "-- it's\nCOMMIT", "SELECT $$a$$; COMMIT", "COMMIT PREPARED 'x'",
        "ROLLBACK PREPARED 'x'", "SELECT E'\\''; COMMIT"}) {
    const std::string changed =
        OpenArchive(body).Add("CREATE TABLE public.planted()").Add(statement, true).Body();
    EXPECT_THAT(TryRestore(target, changed),
                StatusIs(errs::kInvalidArgument, HasSubstr("a transaction")))
        << statement;
    EXPECT_FALSE(Exists(target, "planted"));
  }
  // In the texts from which pg_restore makes other statements.
  const NewEntry owner{5001, "FUNCTION", "f", "SELECT 1;", "DROP FUNCTION f(); COMMIT; SELECT 1;"};
  const NewEntry oids{5002, "BLOB METADATA", "1..2", "1\n2'); COMMIT; SELECT ('"};
  for (const NewEntry& entry : {owner, oids}) {
    EXPECT_THAT(TryRestore(target, OpenArchive(body).Append(entry).Body()),
                StatusIs(errs::kInvalidArgument));
  }
  const NewEntry path{5003, "SEARCHPATH", "SEARCHPATH", "COMMIT; CREATE TABLE public.planted();"};
  EXPECT_THAT(TryRestore(target, OpenArchive(body).Replace("SEARCHPATH", path).Body()),
              StatusIs(errs::kInvalidArgument, HasSubstr("search_path")));
  EXPECT_FALSE(Exists(target, "public.planted"));
  EXPECT_FALSE(Exists(target, "t"));
}

TEST_P(HostileDumpTest, WordsOfTransactionsInCodeAreNoStatements) {
  const profile::ConnectionProfile source = With(NewDatabase(server_));
  PlainConnection(source).Run(R"sql(
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN COMMIT; ROLLBACK; END$$;
CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql
  BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a > 1 THEN 1 END; END;
CREATE TABLE "COMMIT"(a text DEFAULT '; COMMIT;', "end" text DEFAULT E'\\'';ROLLBACK;');
CREATE RULE r AS ON UPDATE TO "COMMIT" DO ALSO (DELETE FROM "COMMIT"; INSERT INTO "COMMIT" DEFAULT VALUES);
COMMENT ON TABLE "COMMIT" IS '
COMMIT;
';
SELECT lo_from_bytea(77001, 'x');
)sql");
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  ASSERT_OK(TryRestore(target, BackUp(source)));
  EXPECT_EQ(Describe(target), Describe(source));
}

TEST_P(HostileDumpTest, ADumpThatCommitsByItselfIsToldAsPartial) {
  const auto [settings, commit] = Hidden("CREATE TABLE public.planted(); COMMIT; BEGIN");
  const std::string body = OpenArchive(Dump()).Add(commit).Add(settings).Body();
  // Into an empty database, which is emptied again.
  const profile::ConnectionProfile empty = With(NewDatabase(server_));
  absl::Status status = TryRestore(empty, body);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  EXPECT_THAT(errs::Render(status),
              AllOf(HasSubstr("before siphon permitted it"), HasSubstr("siphon removed")));
  EXPECT_FALSE(Exists(empty, "planted"));
  EXPECT_FALSE(Exists(empty, "t"));
  // Into a new one.
  driver::RestoreOptions create;
  create.create = "hostile new";
  status = TryRestore(empty, body, create);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  EXPECT_EQ(
      PlainConnection(empty).Int("SELECT count(*) FROM pg_database WHERE datname = 'hostile new'"),
      0);
  // Over another one: what was there is gone with that COMMIT.
  const profile::ConnectionProfile full = With(NewSample(server_));
  driver::RestoreOptions clean;
  clean.clean = true;
  status = TryRestore(full, body, clean);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  EXPECT_THAT(errs::Render(status), HasSubstr("the target holds a part of the dump"));
  EXPECT_TRUE(Exists(full, "planted"));
}

TEST_P(HostileDumpTest, ADumpThatRollsBackByItselfIsToldAsPartial) {
  const auto [settings, rollback] = Hidden("ROLLBACK; CREATE TABLE public.planted()");
  const std::string body = OpenArchive(Dump()).Add(rollback).Add(settings).Body();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  const absl::Status status = TryRestore(target, body);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  EXPECT_FALSE(Exists(target, "planted"));
}

TEST_P(HostileDumpTest, ACommitBeforeAnErrorIsTold) {
  const auto [settings, commit] = Hidden("CREATE TABLE public.planted(); COMMIT; BEGIN");
  const std::string body = OpenArchive(Dump()).Add("SELECT 1 / 0").Add(commit).Add(settings).Body();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  const absl::Status status = TryRestore(target, body);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  // The built-in pg_restore ends at the COMMIT.
  const bool builtin = GetParam().second == profile::Tools::kBuiltin;
  EXPECT_THAT(errs::Render(status),
              AllOf(HasSubstr(builtin ? "ended a transaction: COMMIT" : "division by zero"),
                    HasSubstr("before siphon permitted it")));
  EXPECT_FALSE(Exists(target, "planted"));
}

// siphon lets pg_restore commit when it waits for a lock of siphon's, which the dump can find.
TEST_P(HostileDumpTest, AStatementThatWaitsForSiphonIsNotTakenForTheEnd) {
  constexpr std::string_view kWait =
      "SELECT pg_catalog.pg_advisory_xact_lock_shared(l.classid::int4, 2) FROM pg_catalog.pg_locks "
      "l"
      " WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid = 2 AND l.granted AND l.pid <>"
      " pg_catalog.pg_backend_pid()";
  const auto [settings, commit] = Hidden("CREATE TABLE public.planted(); COMMIT; BEGIN");
  const std::string body =
      OpenArchive(Dump()).Add("SELECT 1 / 0").Add(commit).Add(settings).Add(kWait).Body();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  const absl::Status status = TryRestore(target, body);
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("waits for siphon's own lock")));
  EXPECT_EQ(errs::ExitCode(status), 2) << status;
  EXPECT_FALSE(Exists(target, "planted"));
  EXPECT_FALSE(Exists(target, "t"));
}

// Only the built-in pg_restore looks at each statement's result.
TEST_P(HostileDumpTest, ARollbackBeforeAnErrorIsTold) {
  const bool builtin = GetParam().second == profile::Tools::kBuiltin;
  const auto [settings, rollback] = Hidden("ROLLBACK; CREATE TABLE public.planted()");
  const std::string body =
      OpenArchive(Dump()).Add("SELECT 1 / 0").Add(rollback).Add(settings).Body();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  const absl::Status status = TryRestore(target, body);
  EXPECT_EQ(errs::ExitCode(status), builtin ? 4 : 2) << status;
  EXPECT_EQ(Exists(target, "planted"), !builtin);
}

// With the built-in pg_dump, whose archives the system's pg_restore cannot read.
class HostileDataTest : public HostileDumpTest {};

// Rows as INSERT statements: the data itself is SQL.
TEST_P(HostileDataTest, ACommitInTheDataIsTold) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  const std::string digits(100, '7');
  PlainConnection(source).Run(
      absl::StrCat("CREATE TABLE t(a text); INSERT INTO t VALUES ('", digits, "')"));
  std::string body = RunApplet("pg_dump",
                               {"--format=custom", "--inserts", "--compress=0",
                                "--dbname=" + server_.Conninfo(source.database)},
                               "");
  const std::string insert = absl::StrCat("'", digits, "'");
  std::string planted = "'a'); COMMIT; CREATE TABLE public.planted(); BEGIN; SELECT (1";
  planted.resize(insert.size(), ' ');
  ASSERT_TRUE(absl::StrContains(body, insert));
  absl::StrReplaceAll({{insert, planted}}, &body);
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  const absl::Status status = TryRestore(target, body);
  EXPECT_EQ(errs::ExitCode(status), 4) << status;
  EXPECT_FALSE(Exists(target, "planted"));
}

// Roles whose passwords are in the globals cannot be created.
TEST_P(HostileDumpTest, GlobalsThatFailShowNoPassword) {
  const profile::ConnectionProfile source = With(NewSample(server_));
  PlainConnection(source).Run(
      "CREATE ROLE glob_secret LOGIN PASSWORD 'hunter2'; ALTER TABLE items OWNER TO glob_secret");
  driver::BackupOptions with_globals;
  with_globals.with_globals = true;
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump, with_globals));
  PlainConnection(source).Run(
      "ALTER TABLE items OWNER TO postgres; DROP ROLE glob_secret; CREATE ROLE glob_owner LOGIN"
      " PASSWORD 'its own'");
  const std::string globals = dump.contents().attachments.at("globals.sql");
  ASSERT_THAT(globals, HasSubstr("SCRAM-SHA-256$4096:"));
  profile::ConnectionProfile target = With(NewDatabase(server_));
  PlainConnection(target).Run(
      absl::StrCat("GRANT CREATE ON DATABASE ", siphon::testing::QuoteName(target.database),
                   " TO glob_owner; GRANT ALL ON SCHEMA public TO glob_owner"));
  driver::RestoreOptions options;
  options.with_globals = options.no_acl = true;
  profile::ConnectionProfile owner = target;
  owner.user = "glob_owner";
  owner.password = "its own";
  // The second text fails while it is parsed.
  const std::string misspelt = absl::StrReplaceAll(globals, {{" PASSWORD '", " PASSWORT '"}});
  for (const auto& [text, user] :
       {std::make_pair(globals, owner), std::make_pair(misspelt, target)}) {
    options.attachments["globals.sql"] = text;
    siphon::testing::EventLog log;
    const absl::Status status = TryRestore(user, dump.data(), options, base::Context({}, &log));
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(errs::Render(status), AllOf(HasSubstr("pg_restore"), Not(HasSubstr("4096:"))));
    EXPECT_THAT(absl::StrJoin(log.Messages(), "\n"), Not(HasSubstr("4096:")));
    EXPECT_THAT(absl::StrJoin(log.Details(), "\n"), Not(HasSubstr("4096:")));
    EXPECT_THAT(absl::StrJoin(log.Warnings(), "\n"), Not(HasSubstr("4096:")));
  }
  PlainConnection(target).Run("DROP OWNED BY glob_owner; DROP ROLE glob_owner");
}

TEST_P(HostileDumpTest, StatementsThatFailShowNoSecret) {
  const std::string body = Dump();
  const profile::ConnectionProfile target = With(NewDatabase(server_));
  for (const std::string_view statement :
       {"CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password hunter2' PUBLICATION p",
        "CREATE USER MAPPING FOR postgres SERVER none OPTIONS (user 'a', password 'hunter2')",
        "CREATE USER MAPPING FOR postgres SERVER none OPTIONS (user 'a',\n password 'b\nhunter2')",
        "ALTER SYSTEM SET primary_conninfo = 'password=hunter2'",
        "ALTER ROLE nobody_is_that PASSWORD 'hunter2'",
        "ALTER ROLE postgres SET no_setting = 'hunter2'",
        "ALTER ROLE postgres PASSWORD E'\\'hunter2' VALIDD",
        "ALTER ROLE postgres PASSWORD 'hunter2",
        "DO $a$ BEGIN EXECUTE 'ALTER ROLE nobody_is_that PASSWORD ''hunter2'''; END $a$",
        "DO $a$ BEGIN ALTER ROLE nobody_is_that\nPASSWORD 'hunter2'; END $a$",
        "SELECT 1 /* password hunter2 */ FROM nothing",
        "SELECT 1; -- hunter2\nSELECT 'x' FROM nothing"}) {
    siphon::testing::EventLog log;
    const absl::Status status =
        TryRestore(target, OpenArchive(body).Add(statement).Body(), {}, base::Context({}, &log));
    EXPECT_FALSE(status.ok()) << statement;
    EXPECT_THAT(errs::Render(status), AllOf(HasSubstr("pg_restore"), Not(HasSubstr("hunter2"))))
        << statement;
    EXPECT_THAT(absl::StrJoin(log.Messages(), "\n"), Not(HasSubstr("hunter2"))) << statement;
    EXPECT_THAT(absl::StrJoin(log.Details(), "\n"), Not(HasSubstr("hunter2"))) << statement;
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, HostileDumpTest,
                         ::testing::Values(std::make_pair(15, profile::Tools::kBuiltin),
                                           std::make_pair(15, profile::Tools::kSystem),
                                           std::make_pair(18, profile::Tools::kBuiltin)),
                         [](const auto& info) {
                           return absl::StrCat(
                               "Postgres", info.param.first,
                               info.param.second == profile::Tools::kSystem ? "System" : "");
                         });

INSTANTIATE_TEST_SUITE_P(Versions, HostileDataTest,
                         ::testing::Values(std::make_pair(15, profile::Tools::kBuiltin),
                                           std::make_pair(18, profile::Tools::kBuiltin)),
                         [](const auto& info) {
                           return absl::StrCat("Postgres", info.param.first);
                         });

}  // namespace
}  // namespace siphon::postgres
