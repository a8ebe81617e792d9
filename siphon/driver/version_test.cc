// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/version.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::driver {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(VersionTest, ReadsWhatToolsAndServersSay) {
  EXPECT_THAT(ParseVersion("pg_dump (PostgreSQL) 17.11"), Optional(Eq(Version{17, 11, 0})));
  EXPECT_THAT(ParseVersion("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
              Optional(Eq(Version{15, 18, 0})));
  EXPECT_THAT(ParseVersion("pg_restore (PostgreSQL) 18beta1"), Optional(Eq(Version{18, 0, 0})));
  EXPECT_THAT(ParseVersion("pg_dump (PostgreSQL) 19devel"), Optional(Eq(Version{19, 0, 0})));
  EXPECT_THAT(ParseVersion("9.6.24"), Optional(Eq(Version{9, 6, 24})));
  EXPECT_THAT(ParseVersion("mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL)"),
              Optional(Eq(Version{8, 0, 36})));
  EXPECT_THAT(ParseVersion("10.11.18-MariaDB-0+deb12u1"), Optional(Eq(Version{10, 11, 18})));
  EXPECT_THAT(ParseVersion("14."), Optional(Eq(Version{14, 0, 0})));
  EXPECT_THAT(ParseVersion("1.2.3.4"), Optional(Eq(Version{1, 2, 3})));
}

TEST(VersionTest, FindsNoneWhereThereIsNone) {
  for (const char* const text :
       {"", "pg_dump", "v17", "x86_64", "-17", ".5", "99999999999999.1", "17.99999999999999"}) {
    EXPECT_EQ(ParseVersion(text), std::nullopt) << text;
  }
}

TEST(VersionTest, IsWrittenAsItIsRead) {
  EXPECT_EQ(VersionText({17, 11, 0}), "17.11");
  EXPECT_EQ(VersionText({8, 0, 36}), "8.0.36");
  EXPECT_LT((Version{9, 6, 24}), (Version{10, 0, 0}));
  EXPECT_LT((Version{17, 2, 0}), (Version{17, 11, 0}));
}

}  // namespace
}  // namespace siphon::driver
