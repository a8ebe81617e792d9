// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/migrations.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NoDriver : public MigrationDriver {
 public:
  explicit NoDriver(std::vector<std::string_view> schemes) : schemes_(std::move(schemes)) {}
  std::vector<std::string_view> schemes() const override { return schemes_; }
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(const base::Context&,
                                                          const profile::ConnectionProfile& profile,
                                                          MigrationAccess) override {
    return errs::UserError("test", errs::kConnectionFailed, profile.name);
  }

 private:
  std::vector<std::string_view> schemes_;
};

TEST(MigrationsTest, FindsAnEngineByScheme) {
  const MigrationRegistration registration(
      std::make_unique<NoDriver>(std::vector<std::string_view>{"postgres", "pgx5"}));
  EXPECT_THAT(MigrationSchemes(), ElementsAre("pgx5", "postgres"));
  const auto profile = ParseMigrationUrl("pgx5://a:b@h/d?x-migrations-table=t");
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->driver, "postgres");
  EXPECT_EQ(profile->parameters.at("x-migrations-table"), "t");
  EXPECT_TRUE(errs::Is(OpenMigrations({}, "pgx5://h/d", MigrationAccess::kRead).status(),
                       errs::kConnectionFailed));
  const absl::Status unknown = ParseMigrationUrl("cassandra://h/d").status();
  EXPECT_TRUE(errs::Is(unknown, errs::kDriverUnsupported));
  EXPECT_THAT(errs::GetError(unknown)->hint, HasSubstr("pgx5, postgres"));
  EXPECT_TRUE(errs::Is(ParseMigrationUrl("prod").status(), errs::kInvalidArgument));
}

TEST(MigrationsTest, NamesTheDatabaseForBackups) {
  const MigrationRegistration registration(
      std::make_unique<NoDriver>(std::vector<std::string_view>{"mysql", "my"}));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"my://u:p%40@h/d?x-a=1&sslmode=disable&b=%20&x-b=2",
       "mysql://u:p%40@h/d?sslmode=disable&b=%20"},
      {"my://h/d?x-a=1", "mysql://h/d"},
      {"my://u@unix(/run/s)/d", "mysql://u@unix(/run/s)/d"},
  };
  for (const auto& [url, expected] : cases) {
    EXPECT_THAT(WithoutMigrations(url), IsOkAndHolds(expected)) << url;
  }
  EXPECT_TRUE(errs::Is(WithoutMigrations("no://h").status(), errs::kDriverUnsupported));
}

TEST(MigrationsDeathTest, DiesOnASchemeThatIsRegisteredTwice) {
  EXPECT_DEATH(
      {
        RegisterMigrations(std::make_unique<NoDriver>(std::vector<std::string_view>{"a", "b"}));
        RegisterMigrations(std::make_unique<NoDriver>(std::vector<std::string_view>{"c", "b"}));
      },
      "\"b\" are registered twice");
}

TEST(MigrationsTest, TakesItsOwnParametersAndGuessesNone) {
  profile::ConnectionProfile profile;
  profile.parameters = {{"x-a", "true"}, {"x-b", "maybe"}, {"sslmode", "disable"}};
  EXPECT_TRUE(errs::Is(TakeMigrationParameters(profile, {"x-a"}).status(), errs::kInvalidArgument));
  profile.parameters["x-a"] = "true";
  const auto taken = TakeMigrationParameters(profile, {"x-a", "x-b"});
  ASSERT_THAT(taken, IsOk());
  EXPECT_EQ(profile.parameters.size(), 1u);
  EXPECT_THAT(BoolParameter(*taken, "x-a", false), IsOkAndHolds(true));
  EXPECT_THAT(BoolParameter(*taken, "x-c", false), IsOkAndHolds(false));
  EXPECT_TRUE(errs::Is(BoolParameter(*taken, "x-b", false).status(), errs::kInvalidArgument));
}

}  // namespace
}  // namespace siphon::driver
