// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/ulid.h"

#include <set>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

TEST(NewUlidTest, Is26CharactersOfCrockfordsBase32) {
  EXPECT_THAT(NewUlid(absl::FromUnixSeconds(1772000000)),
              AllOf(SizeIs(26), MatchesRegex("[0-9A-HJKMNP-TV-Z]+")));
}

TEST(NewUlidTest, BeginsWithTheMilliseconds) {
  // The example of github.com/ulid/spec: 1469918176385 is 01ARYZ6S41.
  EXPECT_EQ(NewUlid(absl::FromUnixMillis(1469918176385)).substr(0, 10), "01ARYZ6S41");
  EXPECT_EQ(NewUlid(absl::UnixEpoch()).substr(0, 10), "0000000000");
  EXPECT_EQ(NewUlid(absl::FromUnixMillis((int64_t{1} << 48) - 1)).substr(0, 10), "7ZZZZZZZZZ");
}

TEST(NewUlidTest, KeepsToItsDigitsForTimesThatDoNotFit) {
  EXPECT_EQ(NewUlid(absl::InfiniteFuture()).substr(0, 10), "7ZZZZZZZZZ");
  EXPECT_EQ(NewUlid(absl::InfinitePast()).substr(0, 10), "0000000000");
}

TEST(NewUlidTest, SortsByTime) {
  std::string previous;
  for (int64_t milliseconds = 1; milliseconds < (int64_t{1} << 47); milliseconds *= 3) {
    const std::string next = NewUlid(absl::FromUnixMillis(milliseconds));
    EXPECT_LT(previous, next);
    previous = next;
  }
}

TEST(NewUlidTest, DiffersWithinAMillisecond) {
  std::set<std::string> ulids;
  for (int i = 0; i < 1000; ++i) ulids.insert(NewUlid(absl::FromUnixSeconds(1)));
  EXPECT_THAT(ulids, SizeIs(1000));
}

TEST(ValidateIdTest, AcceptsUlidsAndNamesThatPeopleGive) {
  for (const std::string_view id :
       {"01ARYZ6S41TSV4RRFFQ69G5FAV", "mydump", "my.dump-2026_01", "with space", "-x", "ü"}) {
    EXPECT_THAT(ValidateId(id), IsOk()) << id;
  }
  EXPECT_THAT(ValidateId(NewUlid(absl::FromUnixSeconds(1))), IsOk());
}

TEST(ValidateIdTest, RefusesWhatNoFileMayHave) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view id : {""sv, "."sv, ".."sv, "a/b"sv, "../x"sv, "a\\b"sv, "a..b"sv,
                                    "a\0b"sv, "a\nb"sv, "\x7f"sv, ".tmp-a"sv}) {
    EXPECT_THAT(ValidateId(id), StatusIs(errs::kInvalidArgument, HasSubstr("dump id")));
  }
  EXPECT_THAT(ValidateId(std::string(245, 'x')), IsOk());
  EXPECT_THAT(ValidateId(std::string(246, 'x')),
              StatusIs(errs::kInvalidArgument, HasSubstr("has 246 bytes")));
}

TEST(ValidateIdTest, ShowsNothingOfAUrlWhichMayHoldAPassword) {
  EXPECT_THAT(ValidateId("postgres://app:hunter2@host/db"),
              StatusIs(errs::kInvalidArgument,
                       AllOf(HasSubstr("a database URL"), Not(HasSubstr("hunter2")))));
}

TEST(ValidateIdTest, ShowsALongOrBinaryIdShortened) {
  const absl::Status status = ValidateId(std::string(100'000, 'x') + "\x1b");
  EXPECT_LT(status.message().size(), 200u);
  EXPECT_THAT(std::string(ValidateId("\x1b[2J").message()),
              AllOf(HasSubstr("\\x1b"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace siphon::dumps
