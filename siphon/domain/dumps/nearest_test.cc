// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/nearest.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kIds = {"01ARYZ6S41TSV4RRFFQ69G5FAV", "01ARYZ6S42AAAAAAAAAAAAAAAA",
                                       "01BX5ZZKBKACTAV9WEVGEMMVRZ", "mydump"};

TEST(NearestIdsTest, FindsAnIdInAnotherCase) {
  EXPECT_THAT(NearestIds("01aryz6s41tsv4rrffq69g5fav", kIds), ElementsAre(kIds[0]));
}

TEST(NearestIdsTest, FindsAnIdByItsBeginning) {
  EXPECT_THAT(NearestIds("01ARYZ", kIds), ElementsAre(kIds[0], kIds[1]));
  EXPECT_THAT(NearestIds("01b", kIds), IsEmpty());
}

TEST(NearestIdsTest, FindsAnIdWithTypingErrors) {
  EXPECT_THAT(NearestIds("01ARYZ6S41TSV4RFFQ69G5FVA", kIds), ElementsAre(kIds[0]));
  EXPECT_THAT(NearestIds("mydunp", kIds), ElementsAre("mydump"));
}

TEST(NearestIdsTest, FindsNothingFarAway) {
  EXPECT_THAT(NearestIds("x", kIds), IsEmpty());
  EXPECT_THAT(NearestIds("", kIds), IsEmpty());
  EXPECT_THAT(NearestIds("production", kIds), IsEmpty());
  EXPECT_THAT(NearestIds(std::string(100'000, 'm'), kIds), IsEmpty());
}

TEST(NearestIdsTest, NamesThreeAtMost) {
  EXPECT_THAT(NearestIds("dump", {"dump1", "dump2", "dump3", "dump4"}),
              ElementsAre("dump1", "dump2", "dump3"));
}

}  // namespace
}  // namespace siphon::dumps
