// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What stands in the way of backups and restores on a server: encodings, time-outs and poolers.

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/pgbouncer.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::PgBouncer;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ObstaclesTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  PostgresServer& server_ = SharedServer(siphon::testing::kNewestPostgres);
};

TEST_F(ObstaclesTest, BytesOfAnyEncodingInASqlAsciiDatabase) {
  const auto make = [&](const std::string& name) {
    EXPECT_OK(server_.RunSql("CREATE DATABASE " + name +
                             " TEMPLATE template0 ENCODING 'SQL_ASCII'"
                             " LOCALE 'C'"));
    return ProfileFor(server_, name);
  };
  const profile::ConnectionProfile source = make("ascii"), target = make("ascii_copy");
  PlainConnection fill(source);
  fill.Run("SET client_encoding = 'SQL_ASCII'");
  fill.Run(
      "CREATE TABLE \"caf\xe9\"(\"\xe9\" text); INSERT INTO \"caf\xe9\" VALUES ('\xff');"
      "CREATE SCHEMA \"s\xe9\"; CREATE TABLE \"s\xe9\".t(a int)");
  const auto connection =
      PostgresDriver().Connect(base::Context(), source, driver::Driver::Access::kRead);
  ASSERT_OK(connection);
  driver::InspectOptions exact;
  exact.exact = true;
  const auto schema = (*connection)->Inspect(base::Context(), exact);
  ASSERT_OK(schema);
  std::vector<std::string> names;
  for (const driver::TableSchema& table : schema->tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre("\"caf\\xe9\"", "\"s\\xe9\".t"));
  const std::string body = BackUp(source);
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(TryRestore(target, body));
  ASSERT_OK(TryRestore(target, body, clean));
  PlainConnection check(target);
  check.Run("SET client_encoding = 'SQL_ASCII'");
  EXPECT_EQ(check.Int("SELECT count(*) FROM \"caf\xe9\" WHERE \"\xe9\" = '\xff'"), 1);
  EXPECT_EQ(check.Int("SELECT count(*) FROM \"caf\xe9\""), 1);
}

TEST_F(ObstaclesTest, TheTimeoutsOfARoleDoNotEndSiphonsWork) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
      "CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(0.8); RETURN a; END'; CREATE INDEX ON t(slow(a))");
  EXPECT_OK(server_.RunSql("CREATE ROLE hasty SUPERUSER LOGIN PASSWORD 'h'"));
  for (const std::string_view setting :
       {"statement_timeout", "lock_timeout", "idle_session_timeout",
        "idle_in_transaction_session_timeout", "transaction_timeout"}) {
    EXPECT_OK(server_.RunSql(absl::StrCat("ALTER ROLE hasty SET ", setting, " = '400ms'")));
  }
  const auto hasty = [](profile::ConnectionProfile profile) {
    profile.user = "hasty";
    profile.password = "h";
    return profile;
  };
  // pg_dump waits for a lock that is held for longer.
  PlainConnection other(source);
  other.Run("BEGIN; LOCK TABLE t");
  std::thread release([&] {
    EXPECT_OK(base::Context().Sleep(std::chrono::milliseconds(900)));
    other.Run("ROLLBACK");
  });
  MemoryTarget dump;
  const absl::Status dumped = TryBackUp(hasty(source), dump);
  release.join();
  ASSERT_OK(dumped);
  driver::RestoreOptions options;
  options.create = "hastily";
  ASSERT_OK(TryRestore(hasty(source), dump.data(), options));
  EXPECT_OK(server_.DropDatabase("hastily"));
  options.create.clear();
  options.single_transaction = false;
  EXPECT_OK(TryRestore(hasty(NewDatabase(server_)), dump.data(), options));
}

TEST_F(ObstaclesTest, APoolerThatSharesSessionsIsRefusedAndStaysClean) {
  const profile::ConnectionProfile database = NewSample(server_);
  const std::string body = BackUp(database);
  for (const std::string_view mode : {"transaction", "statement", "session"}) {
    const auto pooler = PgBouncer::Start(server_, mode);
    ASSERT_OK(pooler);
    profile::ConnectionProfile profile = database;
    profile.port = (*pooler)->port();
    driver::RestoreOptions clean;
    clean.clean = true;
    MemoryTarget dump;
    if (mode == "session") {
      EXPECT_OK(TryRestore(profile, body, clean));
      EXPECT_OK(TryBackUp(profile, dump));
      continue;
    }
    EXPECT_THAT(TryRestore(profile, body, clean),
                AllOf(StatusIs(errs::kDriverUnsupported, HasSubstr("pooler")),
                      HasHint(HasSubstr("session mode"))))
        << mode;
    EXPECT_THAT(TryBackUp(profile, dump), StatusIs(errs::kDriverUnsupported)) << mode;
    PlainConnection next(profile);
    EXPECT_EQ(next.Value("SHOW search_path"), "\"$user\", public");
    EXPECT_EQ(next.Value("SHOW row_security"), "on");
  }
}

}  // namespace
}  // namespace siphon::postgres
