// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/same_database.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"

namespace siphon::profile {
namespace {

bool Same(std::string_view a, std::string_view b) {
  const auto one = ParseUrl(a), other = ParseUrl(b);
  EXPECT_TRUE(one.ok()) << a;
  EXPECT_TRUE(other.ok()) << b;
  return one.ok() && other.ok() && IsSameDatabase(*one, *other) && IsSameDatabase(*other, *one);
}

TEST(IsSameDatabaseTest, ComparesEngineHostPortAndDatabase) {
  EXPECT_TRUE(Same("postgres://db/shop", "postgres://app:pw@DB:5432/shop?sslmode=require"));
  EXPECT_TRUE(Same("mysql://db/shop", "mariadb://db:3306/shop"));
  EXPECT_TRUE(Same("postgres://shop@db", "postgres://db/shop"));
  EXPECT_FALSE(Same("postgres://db/shop", "postgres://db/other"));
  EXPECT_FALSE(Same("postgres://db/shop", "postgres://db2/shop"));
  EXPECT_FALSE(Same("postgres://db/shop", "postgres://db:5433/shop"));
  EXPECT_FALSE(Same("postgres://db/shop", "mysql://db/shop"));
}

TEST(IsSameDatabaseTest, KnowsTheNamesOfThisMachine) {
  for (const char* other : {"postgres://127.0.0.1/shop", "postgres://[::1]/shop",
                            "postgres:///shop", "postgres:///shop?host=/run/postgresql"}) {
    EXPECT_TRUE(Same("postgres://localhost/shop", other)) << other;
  }
  EXPECT_TRUE(Same("mysql://localhost/shop", "mysql://app@unix(/run/mysqld/mysqld.sock)/shop"));
}

TEST(IsSameDatabaseTest, ComparesFilesByTheirPlace) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/same");
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder + "/link");
  std::filesystem::create_symlink(".", folder + "/link");
  const std::string app = absl::StrCat("sqlite://", folder, "/app.db");
  EXPECT_TRUE(Same(app, absl::StrCat("sqlite://", folder, "/link/../same/./app.db")));
  EXPECT_TRUE(Same(app, absl::StrCat("sqlite://", folder, "/link/app.db")));
  EXPECT_TRUE(Same("sqlite://app.db", "sqlite://./x/../app.db"));
  EXPECT_FALSE(Same(app, "sqlite:///other.db"));
}

}  // namespace
}  // namespace siphon::profile
