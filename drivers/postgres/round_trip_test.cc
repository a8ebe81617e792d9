// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Something of everything that PostgreSQL holds, there and back.

#include <string>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::CompareDescriptions;
using siphon::testing::DescribePostgres;
using siphon::testing::LoadPostgresSample;
using siphon::testing::PostgresServer;

class RoundTripTest : public ::testing::TestWithParam<int> {
 protected:
  // What makes two databases differ; "" when nothing does.
  std::string Difference(const profile::ConnectionProfile& a, const profile::ConnectionProfile& b) {
    const absl::StatusOr<std::string> one = DescribePostgres(server_, a.database);
    const absl::StatusOr<std::string> other = DescribePostgres(server_, b.database);
    EXPECT_OK(one);
    EXPECT_OK(other);
    return CompareDescriptions(one.value_or("one"), other.value_or("other"));
  }

  PostgresServer& server_ = SharedServer(GetParam());
};

TEST_P(RoundTripTest, TheWholeSampleComesBack) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(LoadPostgresSample(server_, source.database));
  siphon::testing::MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump));
  EXPECT_THAT(dump.contents().annotations, ::testing::IsEmpty()) << "the dump lacks nothing";
  const std::string& body = dump.data();
  const profile::ConnectionProfile target = NewDatabase(server_);
  ASSERT_OK(TryRestore(target, body));
  EXPECT_EQ(Difference(source, target), "");

  // Once more, into a target with the same objects and with others that the dump does not have.
  PlainConnection(target).Run(
      "CREATE SCHEMA other; CREATE TABLE other.mine(a int); CREATE TYPE pair AS (a int, b int);"
      "CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';"
      "CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = add);"
      "CREATE AGGREGATE adding(int) (SFUNC = add, STYPE = int);"
      "CREATE VIEW looks AS SELECT * FROM items; DELETE FROM items;"
      "SELECT lo_from_bytea(0, 'more')");
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(TryRestore(target, body, clean));
  EXPECT_EQ(Difference(source, target), "");
}

TEST_P(RoundTripTest, TheSampleComesBackUnderAnotherNameOfADatabase) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(LoadPostgresSample(server_, source.database));
  const std::string body = BackUp(source);
  driver::RestoreOptions create;
  create.create = absl::StrCat("made by \"restore\" ", source.database);
  profile::ConnectionProfile target = ProfileFor(server_, create.create);
  ASSERT_OK(TryRestore(source, body, create));
  EXPECT_EQ(Difference(source, target), "");
  EXPECT_OK(server_.DropDatabase(create.create));
}

INSTANTIATE_TEST_SUITE_P(
    Version, RoundTripTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllPostgresVersions())),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
