// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/name_patterns.h"

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(NamePatterns, NamesTheTableThatWasMeant) {
  NamePatterns patterns({"odrers", "users"});
  EXPECT_FALSE(patterns.Has("orders"));
  EXPECT_FALSE(patterns.Has("orders_archive"));
  EXPECT_TRUE(patterns.Has("users"));
  EXPECT_THAT(patterns.CheckAllUsed("mysql.backup", "the database"),
              AllOf(StatusIs(errs::kNotFound, HasSubstr("no table \"odrers\" in the database")),
                    HasHint(HasSubstr("did you mean orders? names are case-sensitive"))));
}

TEST(NamePatterns, NamesATableInOtherCase) {
  NamePatterns patterns({"Orders"});
  EXPECT_FALSE(patterns.Has("orders"));
  EXPECT_THAT(patterns.CheckAllUsed("mysql.backup", "the database"),
              HasHint(HasSubstr("did you mean orders?")));
}

TEST(NamePatterns, SuggestsNoTableThatWasTakenOrIsDifferent) {
  NamePatterns patterns({"user", "users"});
  EXPECT_TRUE(patterns.Has("users"));
  EXPECT_FALSE(patterns.Has("orders"));
  EXPECT_THAT(patterns.CheckAllUsed("mysql.backup", "the database"),
              HasHint(Not(HasSubstr("did you mean"))));
}

TEST(NamePatterns, AddsWhatAnotherObjectHasSeen) {
  NamePatterns patterns({"odrers"}), other({"odrers"});
  EXPECT_FALSE(other.Has("orders"));
  patterns.Add(other);
  EXPECT_THAT(patterns.CheckAllUsed("mysql.restore", "the dump"),
              HasHint(HasSubstr("did you mean orders?")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
