// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What a restore of chosen tables takes, and what it leaves alone.

#include <string>

#include "drivers/postgres/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::kNewestPostgres;
using siphon::testing::PostgresServer;
using ::testing::IsEmpty;

class ReplaceTest : public ::testing::TestWithParam<int> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  PostgresServer& server_ = SharedServer(GetParam());
};

TEST_P(ReplaceTest, NamesOfTablesAreNotPrefixes) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE \"order\"(id int PRIMARY KEY, \"order items\" int);"
      "CREATE TABLE \"order items\"(id int PRIMARY KEY, o int REFERENCES \"order\");"
      "ALTER TABLE \"order\" ADD CONSTRAINT \"items first\" FOREIGN KEY (\"order items\")"
      " REFERENCES \"order items\";"
      "CREATE POLICY \"items ON public.order;\" ON \"order items\" USING (o IN (SELECT id FROM"
      " public.\"order\"));"
      "CREATE RULE \"items r\" AS ON DELETE TO \"order items\" DO ALSO SELECT 1 FROM"
      " public.\"order\"");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE TABLE \"order items\"(id int PRIMARY KEY)");
  driver::RestoreOptions options;
  options.tables = {"\"order\""};
  ASSERT_OK(TryRestore(target, body, options));
  PlainConnection check(target);
  EXPECT_EQ(check.Value("SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint"
                        " WHERE contype = 'f'"),
            "items first");
  EXPECT_EQ(check.Int("SELECT count(*) FROM pg_policy"), 0);
  EXPECT_EQ(check.Int("SELECT count(*) FROM pg_rules WHERE schemaname = 'public'"), 0);
}

INSTANTIATE_TEST_SUITE_P(Versions, ReplaceTest, ::testing::Values(15, kNewestPostgres),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
