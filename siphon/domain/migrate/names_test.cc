// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/names.h"

#include <optional>
#include <string>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/lock_id.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;

TEST(FileNameTest, TakesWhatGolangMigrateTakes) {
  struct Case {
    std::string name;
    FileName parsed;
  };
  const Case cases[] = {
      {"1_foobar.up.sql", {1, "foobar", Direction::kUp, "sql"}},
      {"1_foobar.down.sql", {1, "foobar", Direction::kDown, "sql"}},
      {"1_f-o_ob+ar.up.sql", {1, "f-o_ob+ar", Direction::kUp, "sql"}},
      {"1485385885_foobar.up.sql", {1485385885, "foobar", Direction::kUp, "sql"}},
      {"20170412214116_date_foobar.up.sql", {20170412214116, "date_foobar", Direction::kUp, "sql"}},
      {"000007_.up.", {7, "", Direction::kUp, ""}},
      {"1_a.up.sql.bak", {1, "a", Direction::kUp, "sql.bak"}},
      {"1_a.up.b.down.sql", {1, "a.up.b", Direction::kDown, "sql"}},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(ParseFileName(c.name), IsOkAndHolds(Eq(std::optional(c.parsed)))) << c.name;
  }
}

TEST(FileNameTest, TellsWhatIsMisnamed) {
  for (const std::string name :
       {"-1_foobar.up.sql", "foobar.up.sql", "1.up.sql", "1_foobar.sql", "1_foobar.up",
        "1_foobar.down", "1_a.UP.sql", "2_a.up", "9223372036854775808_a.up.sql"}) {
    const auto parsed = ParseFileName(name);
    EXPECT_TRUE(errs::Is(parsed.status(), errs::kInvalidArgument)) << name;
    EXPECT_THAT(parsed.status().message(), HasSubstr(name));
  }
}

TEST(FileNameTest, PassesOverWhatIsNotMeant) {
  for (const std::string name : {"README.md", ".gitkeep", ".1_a.up.sql.swp", "Makefile", "", "1"}) {
    EXPECT_THAT(ParseFileName(name), IsOkAndHolds(Eq(std::nullopt))) << name;
  }
}

TEST(LockIdTest, IsGolangMigrates) {
  EXPECT_EQ(LockId("database_name"), 1764327054u);
  EXPECT_EQ(LockId("database_name", {"schema_name_1"}), 2453313553u);
  EXPECT_EQ(LockId("database_name", {"schema_name_2"}), 235207038u);
  EXPECT_EQ(LockId("database_name", {"schema_name_1", "schema_name_2"}), 3743845847u);
  EXPECT_EQ(LockId("/postgres", {"public", "schema_migrations"}), 3280485947u);
  EXPECT_EQ(LockId("postgres", {"public", "schema_migrations"}), 143310882u);
  EXPECT_EQ(LockId("test:schema_migrations"), 874159513u);
  EXPECT_EQ(LockId("public:schema_migrations"), 2667365379u);
}

}  // namespace
}  // namespace siphon::migrate
