// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_connection.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Connection : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Version, Connection,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(Connection, RunsStatementsInATransactionAndHandsOutValues) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start({.version = GetParam()}));
  ASSERT_OK_AND_ASSIGN(const auto connection, PostgresConnection::Open(server->Conninfo()));
  EXPECT_THAT(server->Sessions(), IsOkAndHolds(SizeIs(1)));
  ASSERT_OK(connection->Run("CREATE TABLE t (a int)"));
  EXPECT_THAT(connection->Run("INSERT INTO t VALUES (1); SELECT 1 / 0").message(),
              HasSubstr("division by zero"));
  EXPECT_THAT(connection->Value("SELECT count(*) FROM t"), IsOkAndHolds("0"));
  EXPECT_THAT(connection->Value("SELECT 1 WHERE false").status().message(), HasSubstr("no row"));
  server->Kill();
  EXPECT_FALSE(connection->Run("SELECT 1").ok());
  EXPECT_FALSE(PostgresConnection::Open(server->Conninfo()).ok());
}

}  // namespace
}  // namespace siphon::testing
