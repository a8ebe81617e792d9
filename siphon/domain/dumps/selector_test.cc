// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/selector.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/notes.h"
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

Notes Damaged() {
  Notes notes;
  notes.Add({absl::UnixEpoch(), Depth::kChecksum, "it differs"});
  return notes;
}

TEST(SelectLatestTest, TakesTheNewestFullDump) {
  const std::vector<Sidecar> dumps = {Dump("05", "b", Kind::kFull), Dump("04", "a", Kind::kPartial),
                                      Dump("03", "a", Kind::kFull), Dump("02", "a", Kind::kFull)};
  ASSERT_OK_AND_ASSIGN(const Sidecar any, SelectLatest(dumps, {}, {.text = "latest"}));
  EXPECT_EQ(any.id, "05");
  ASSERT_OK_AND_ASSIGN(const Sidecar of_profile, SelectLatest(dumps, {}, {.text = "latest:a"}));
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
    const auto none = SelectLatest(dumps, {}, {.text = "latest:a"});
    EXPECT_THAT(none, StatusIs(errs::kNotFound, HasSubstr("no full dump of profile a")));
    EXPECT_THAT(none, HasHint(AllOf(HasSubstr("09"), HasSubstr(reason))));
    dumps.push_back(Dump("01", "a", Kind::kFull));
    ASSERT_OK_AND_ASSIGN(const Sidecar older, SelectLatest(dumps, {}, {.text = "latest:a"}));
    EXPECT_EQ(older.id, "01");
  }
}

TEST(SelectLatestTest, TakesAnIncrementWithAWholeChain) {
  Sidecar first = Dump("08", "a", Kind::kFull), second = Dump("09", "a", Kind::kFull);
  first.base_id = second.base_id = first.parent_id = "01";
  second.parent_id = "08";
  first.dump_format = second.dump_format = "sqlite-pages-1";
  const Sidecar base = Dump("01", "a", Kind::kFull);
  ASSERT_OK_AND_ASSIGN(const Sidecar newest,
                       SelectLatest({second, first, base}, {}, {.text = "latest:a"}));
  EXPECT_EQ(newest.id, "09");
  // Without the link between them, the full dump is left.
  ASSERT_OK_AND_ASSIGN(const Sidecar left, SelectLatest({second, base}, {}, {.text = "latest:a"}));
  EXPECT_EQ(left.id, "01");
  EXPECT_THAT(SelectLatest({second}, {}, {.text = "latest:a"}),
              HasHint(HasSubstr("09, stands on 08, which is missing")));
  // A dump of the chain is damaged.
  ASSERT_OK_AND_ASSIGN(
      const Sidecar before,
      SelectLatest({second, first, base}, {{"08", Damaged()}}, {.text = "latest:a"}));
  EXPECT_EQ(before.id, "01");
}

TEST(SelectLatestTest, PassesOverADumpThatDidNotPassItsLastVerification) {
  const std::vector<Sidecar> dumps = {Dump("02", "a", Kind::kFull), Dump("01", "a", Kind::kFull)};
  std::map<std::string, Notes> notes = {{"02", Damaged()}};
  ASSERT_OK_AND_ASSIGN(const Sidecar good, SelectLatest(dumps, notes, {.text = "latest"}));
  EXPECT_EQ(good.id, "01");
  notes["01"] = Damaged();
  EXPECT_THAT(SelectLatest(dumps, notes, {.text = "latest"}),
              HasHint(HasSubstr("02, did not pass its last verification")));
}

TEST(SelectLatestTest, WithoutDumpsThereIsNone) {
  std::vector<Sidecar> dumps;
  EXPECT_THAT(SelectLatest(dumps, {}, {.text = "latest"}),
              StatusIs(errs::kNotFound, HasSubstr("there is no dump")));
  dumps = {Dump("01", "a", Kind::kFull)};
  EXPECT_THAT(SelectLatest(dumps, {}, {.text = "latest:b"}),
              StatusIs(errs::kNotFound, HasSubstr("there is no dump of profile b")));
}

TEST(SelectLatestTest, TakesAnotherKindOnlyIfAsked) {
  const std::vector<Sidecar> dumps = {
      Dump("04", "a", Kind::kUnknown), Dump("03", "a", Kind::kImported),
      Dump("02", "a", Kind::kPartial), Dump("01", "a", Kind::kFull)};
  const auto id = [&](const Selector& selector) {
    const auto dump = SelectLatest(dumps, {}, selector);
    return dump.ok() ? dump->id : std::string(dump.status().message());
  };
  EXPECT_EQ(id({.text = "latest"}), "01");
  EXPECT_EQ(id({.text = "latest", .kind = Kind::kFull}), "01");
  EXPECT_EQ(id({.text = "latest", .kind = Kind::kPartial}), "02");
  EXPECT_EQ(id({.text = "", .kind = Kind::kImported}), "03");
  EXPECT_EQ(id({.text = "latest:a", .any_kind = true}), "04");
  const std::vector<Sidecar> full = {Dump("01", "a", Kind::kFull)};
  EXPECT_THAT(SelectLatest(full, {}, {.text = "", .kind = Kind::kPartial}),
              AllOf(StatusIs(errs::kNotFound, HasSubstr("there is no partial dump")),
                    HasHint(HasSubstr("01, is not partial"))));
}

TEST(SelectLatestTest, TakesADumpFromBeforeATime) {
  std::vector<Sidecar> dumps = {Dump("03", "a", Kind::kFull), Dump("02", "a", Kind::kFull)};
  const absl::Time noon = absl::FromCivil(absl::CivilHour(2026, 3, 1, 12), absl::UTCTimeZone());
  dumps[0].created = noon;
  dumps[1].created = noon - absl::Nanoseconds(1);
  ASSERT_OK_AND_ASSIGN(const Sidecar older,
                       SelectLatest(dumps, {}, {.text = "latest", .before = noon}));
  EXPECT_EQ(older.id, "02");
  EXPECT_THAT(SelectLatest(dumps, {}, {.text = "latest:a", .before = noon - absl::Hours(1)}),
              StatusIs(errs::kNotFound,
                       HasSubstr("no dump of profile a, from before 2026-03-01T11:00:00Z")));
}

TEST(SelectLatestTest, TakesADumpWithAllTags) {
  const std::vector<Sidecar> dumps = {Dump("03", "a", Kind::kFull), Dump("02", "a", Kind::kPartial),
                                      Dump("01", "a", Kind::kFull)};
  std::map<std::string, Notes> notes;
  notes["03"].tags = {"weekly"};
  notes["02"].tags = {"release", "weekly"};
  notes["01"].tags = {"release", "weekly", "x"};
  ASSERT_OK_AND_ASSIGN(const Sidecar both,
                       SelectLatest(dumps, notes, {.text = "", .tags = {"weekly", "release"}}));
  EXPECT_EQ(both.id, "01") << "a tag does not ask for a partial dump";
  EXPECT_THAT(SelectLatest(dumps, notes, {.text = "latest", .tags = {"none"}}),
              StatusIs(errs::kNotFound, HasSubstr("there is no dump with the tag none")));
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
