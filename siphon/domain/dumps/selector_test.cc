// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/selector.h"

#include <string>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sidecar Dump(std::string id, std::string profile, Kind kind) {
  Sidecar dump;
  dump.id = std::move(id);
  dump.profile = std::move(profile);
  dump.scope.kind = kind;
  return dump;
}

TEST(SelectLatestTest, TakesTheNewestFullDump) {
  const std::vector<Sidecar> dumps = {Dump("05", "b", Kind::kFull), Dump("04", "a", Kind::kPartial),
                                      Dump("03", "a", Kind::kFull), Dump("02", "a", Kind::kFull)};
  ASSERT_OK_AND_ASSIGN(const Sidecar any, SelectLatest(dumps, {}, ""));
  EXPECT_EQ(any.id, "05");
  ASSERT_OK_AND_ASSIGN(const Sidecar of_profile, SelectLatest(dumps, {}, "a"));
  EXPECT_EQ(of_profile.id, "03");
}

TEST(SelectLatestTest, PassesOverEveryOtherKindAndSaysWhy) {
  Sidecar incremental = Dump("09", "a", Kind::kFull);
  incremental.base_id = incremental.parent_id = "01";
  const struct {
    Sidecar dump;
    std::string reason;
  } cases[] = {{Dump("09", "a", Kind::kPartial), "holds a part of the database only"},
               {Dump("09", "a", Kind::kImported), "was imported"},
               {Dump("09", "a", Kind::kUnknown), "does not record"},
               {incremental, "is an incremental"}};
  for (const auto& [dump, reason] : cases) {
    std::vector<Sidecar> dumps = {dump};
    const auto none = SelectLatest(dumps, {}, "a");
    EXPECT_THAT(none, StatusIs(errs::kNotFound, HasSubstr("no full dump of profile a")));
    EXPECT_THAT(none, HasHint(AllOf(HasSubstr("09"), HasSubstr(reason))));
    dumps.push_back(Dump("01", "a", Kind::kFull));
    ASSERT_OK_AND_ASSIGN(const Sidecar older, SelectLatest(dumps, {}, "a"));
    EXPECT_EQ(older.id, "01");
  }
}

TEST(SelectLatestTest, PassesOverADumpThatDidNotPassItsLastVerification) {
  const std::vector<Sidecar> dumps = {Dump("02", "a", Kind::kFull), Dump("01", "a", Kind::kFull)};
  ASSERT_OK_AND_ASSIGN(const Sidecar good, SelectLatest(dumps, {"02"}, ""));
  EXPECT_EQ(good.id, "01");
  EXPECT_THAT(SelectLatest(dumps, {"01", "02"}, ""),
              HasHint(HasSubstr("02, did not pass its last verification")));
}

TEST(SelectLatestTest, WithoutDumpsThereIsNone) {
  std::vector<Sidecar> dumps;
  EXPECT_THAT(SelectLatest(dumps, {}, ""),
              StatusIs(errs::kNotFound, HasSubstr("there is no dump")));
  dumps = {Dump("01", "a", Kind::kFull)};
  EXPECT_THAT(SelectLatest(dumps, {}, "b"),
              StatusIs(errs::kNotFound, HasSubstr("there is no dump of profile b")));
}

TEST(SelectByPrefixTest, FindsTheIdsThatBeginSo) {
  const std::vector<std::string> ids = {"01AAA", "01AAB", "01ABA"};
  EXPECT_THAT(SelectByPrefix(ids, "01AA"), ElementsAre("01AAA", "01AAB"));
  EXPECT_THAT(SelectByPrefix(ids, "01AAA"), ElementsAre("01AAA"));
  EXPECT_THAT(SelectByPrefix(ids, "01aa"), IsEmpty());
}

TEST(SelectByPrefixTest, AShortPrefixSelectsNothing) {
  const std::vector<std::string> ids = {"01AAA"};
  EXPECT_THAT(SelectByPrefix(ids, "01A"), IsEmpty());
  EXPECT_THAT(SelectByPrefix(ids, ""), IsEmpty());
}

TEST(IsLatestTest, NamesAProfileAfterAColon) {
  EXPECT_TRUE(IsLatest("latest"));
  EXPECT_TRUE(IsLatest("latest:prod"));
  EXPECT_FALSE(IsLatest("latestly"));
  EXPECT_FALSE(IsLatest("Latest"));
  EXPECT_EQ(ProfileOfLatest("latest"), "");
  EXPECT_EQ(ProfileOfLatest("latest:sqlite:///a.db"), "sqlite:///a.db");
}

}  // namespace
}  // namespace siphon::dumps
