// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_sample.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/process.h"
#include "testing/rounds.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

class PostgresSample : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server =
        PostgresServer::Start({.version = GetParam()});
    ASSERT_OK(server);
    server_ = *std::move(server);
    ASSERT_OK(server_->CreateDatabase("one"));
    ASSERT_OK(LoadPostgresSample(*server_, "one"));
  }

  std::string Describe(std::string_view database) {
    const absl::StatusOr<std::string> text = DescribePostgres(*server_, database);
    EXPECT_OK(text);
    return text.value_or("");
  }

  std::unique_ptr<PostgresServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Version, PostgresSample,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(PostgresSample, LoadsTwiceWithTheSameContent) {
  ASSERT_OK(server_->CreateDatabase("two"));
  ASSERT_OK(LoadPostgresSample(*server_, "two"));
  const std::string one = Describe("one");
  EXPECT_EQ(CompareDescriptions(one, Describe("two")), "");
  EXPECT_GT(std::vector<std::string>(absl::StrSplit(one, '\n')).size(), 450u);
  EXPECT_THAT(one, HasSubstr("rows\taccounts\t1000\t"));
  EXPECT_THAT(one, HasSubstr("rows\titems\t3000\t"));
}

// One version suffices, as the query is the same for all versions.
class PostgresDescription : public PostgresSample {};

INSTANTIATE_TEST_SUITE_P(Version, PostgresDescription, ::testing::Values(kNewestPostgres),
                         ::testing::PrintToStringParamName());

TEST_P(PostgresDescription, NoticesEachChange) {
  std::string before = Describe("one");
  for (const std::string_view change : {
           "UPDATE accounts SET amount = 999 WHERE id = 77",
           "DELETE FROM shop.orders WHERE number = (SELECT max(number) FROM shop.orders)",
           "SELECT nextval('shop.order_numbers') FROM generate_series(1, 9)",
           "ALTER TABLE items ALTER COLUMN price SET DEFAULT 7",
           "ALTER TABLE shop.customers RENAME CONSTRAINT has_a_name TO is_named",
           "REVOKE SELECT ON shop.customers FROM sample_reader",
           "ALTER TABLE shop.customers OWNER TO sample_owner",
           "COMMENT ON TABLE shop.customers IS NULL",
           "DROP POLICY own ON shop.secrets",
           "ALTER TABLE shop.customers DISABLE TRIGGER counted",
           "CREATE OR REPLACE FUNCTION code.add_one(integer) RETURNS integer LANGUAGE sql AS "
           "'SELECT 1'",
           "ALTER TYPE types.mood ADD VALUE 'worse' BEFORE 'sad'",
           "SELECT lo_put(700001, 5, 'x')",
           "REFRESH MATERIALIZED VIEW shop.never_filled",
           "DROP INDEX shop.customers_recent",
           "ALTER PUBLICATION some_tables DROP TABLE shop.customers",
           "ALTER DEFAULT PRIVILEGES FOR ROLE sample_owner IN SCHEMA shop REVOKE SELECT ON TABLES "
           "FROM sample_reader",
           "CREATE EXTENSION cube",
       }) {
    ASSERT_OK(server_->RunSql(change, "one")) << change;
    std::string after = Describe("one");
    EXPECT_FALSE(CompareDescriptions(before, after).empty()) << change;
    before = std::move(after);
  }
}

TEST(PostgresBulk, IsAsLargeAsAskedFor) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  ASSERT_OK(LoadPostgresBulk(*server, "postgres", 8, 2));
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       server->Value("SELECT sum(pg_table_size(c.oid)) FROM pg_class c WHERE "
                                     "relname LIKE 'bulk\\__'"));
  EXPECT_NEAR(std::strtod(bytes.c_str(), nullptr), 8e6, 2.5e6);
  EXPECT_THAT(server->Value("SELECT count(*) FROM bulk_2"), IsOkAndHolds("4000"));
}

// PostgreSQL's own tools (Debian's version 15) copy everything that the sample contains and the
// description shows.
TEST(PostgresSampleAndTools, ADumpOfTheSampleRestoresToTheSameDescription) {
  ASSERT_OK_AND_ASSIGN(const InstalledServer debian, FindServer("postgresql-15"));
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start({.version = 15}));
  ASSERT_OK(server->CreateDatabase("source"));
  ASSERT_OK(server->CreateDatabase("target"));
  ASSERT_OK(LoadPostgresSample(*server, "source"));
  const std::string dump = ::testing::TempDir() + "/sample.dump";
  const std::vector<std::string> environment = {
      absl::StrCat("PGHOST=", server->socket_directory()), absl::StrCat("PGPORT=", server->port()),
      absl::StrCat("PGPASSWORD=", server->password()), "PGUSER=postgres"};
  for (const std::vector<std::string>& argv :
       {std::vector<std::string>{debian.Program("pg_dump"), "-Fc", "-f", dump, "source"},
        std::vector<std::string>{debian.Program("pg_restore"), "-1", "-e", "-d", "target", dump}}) {
    ASSERT_OK_AND_ASSIGN(const ProcessResult result,
                         RunProcess({.argv = argv, .environment = environment}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  ASSERT_OK_AND_ASSIGN(const std::string source, DescribePostgres(*server, "source"));
  ASSERT_OK_AND_ASSIGN(const std::string target, DescribePostgres(*server, "target"));
  EXPECT_EQ(CompareDescriptions(source, target), "");
}

}  // namespace
}  // namespace siphon::testing
