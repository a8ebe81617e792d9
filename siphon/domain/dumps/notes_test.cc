// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/notes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Time At(int second) {
  return absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, second), absl::UTCTimeZone());
}

TEST(NotesTest, WritesTagsAndVerifications) {
  Notes notes;
  notes.tags = {"weekly", "before-upgrade"};
  notes.Add({At(1), Depth::kDeep});
  notes.Add({At(2), Depth::kRestore, "a \"table\" is missing"});
  EXPECT_TRUE(notes.damaged());
  EXPECT_EQ(EncodeNotes(notes), R"({
  "tags": [
    "before-upgrade",
    "weekly"
  ],
  "verifications": [
    {"when": "2026-03-01T11:22:02Z", "depth": "restore", "failure": "a \"table\" is missing"},
    {"when": "2026-03-01T11:22:01Z", "depth": "deep"}
  ]
}
)");
  EXPECT_THAT(DecodeNotes(EncodeNotes(notes)), IsOkAndHolds(notes));
  EXPECT_EQ(EncodeNotes({}), "{\n  \"tags\": [],\n  \"verifications\": []\n}\n");
  EXPECT_THAT(DecodeNotes(EncodeNotes({})), IsOkAndHolds(Notes()));
}

TEST(NotesTest, WritesAPin) {
  Notes notes;
  notes.pin = {.when = At(1)};
  EXPECT_EQ(EncodeNotes(notes),
            "{\n  \"tags\": [],\n  \"verifications\": [],\n"
            "  \"pin\": {\"when\": \"2026-03-01T11:22:01Z\"}\n}\n");
  EXPECT_THAT(DecodeNotes(EncodeNotes(notes)), IsOkAndHolds(notes));
  EXPECT_TRUE(notes.pinned(absl::InfiniteFuture()));
  notes.pin->until = At(5);
  notes.pin->reason = "the \"audit\"";
  EXPECT_THAT(EncodeNotes(notes),
              HasSubstr(R"("until": "2026-03-01T11:22:05Z", "reason": "the \"audit\""})"));
  EXPECT_THAT(DecodeNotes(EncodeNotes(notes)), IsOkAndHolds(notes));
  EXPECT_TRUE(notes.pinned(At(4)));
  EXPECT_FALSE(notes.pinned(At(5)));
  EXPECT_EQ(DescribePin(*notes.pin), "pinned until 2026-03-01T11:22:05Z: the \"audit\"");
  EXPECT_FALSE(Notes().pinned(At(0)));
}

TEST(NotesTest, RefusesWhatIsNoPin) {
  for (const char* const pin :
       {"true", "{}", R"({"when": "today"})", R"({"when": "2026-03-01T11:22:01Z", "until": 5})",
        R"({"when": "2026-03-01T11:22:01Z", "reason": []})"}) {
    EXPECT_THAT(DecodeNotes(absl::StrCat("{\"pin\": ", pin, "}")), StatusIs(errs::kIntegrity))
        << pin;
  }
  EXPECT_THAT(DecodeNotes(absl::StrCat(R"({"pin": {"when": "2026-03-01T11:22:01Z", "reason": ")",
                                       std::string(kMaxPinReason + 1, 'x'), "\"}}")),
              StatusIs(errs::kIntegrity, HasSubstr("too long")));
  EXPECT_THAT(DecodeNotes(R"({"pin": null})"), IsOkAndHolds(Notes()));
}

TEST(NotesTest, KeepsTheNewestVerifications) {
  Notes notes;
  for (int i = 0; i < 20; ++i) notes.Add({At(i), Depth::kChecksum});
  EXPECT_THAT(notes.verifications, SizeIs(kMaxVerifications));
  EXPECT_EQ(notes.verifications.front().when, At(19));
  EXPECT_FALSE(notes.damaged());
}

TEST(NotesTest, ShortensALongFailureBetweenCharacters) {
  Notes notes;
  std::string failure = "x";
  while (failure.size() < 2000) failure += "ü";
  notes.Add({At(1), Depth::kDeep, failure});
  ASSERT_OK_AND_ASSIGN(const Notes decoded, DecodeNotes(EncodeNotes(notes)));
  EXPECT_EQ(decoded.verifications[0].failure, failure.substr(0, 1023));
}

TEST(NotesTest, RefusesWhatIsNoNotes) {
  for (const char* json :
       {"", "[]", "{\"tags\": \"a\"}", "{\"tags\": [\"-a\"]}", "{\"tags\": [1]}",
        "{\"verifications\": {}}", "{\"verifications\": [1]}", "{\"verifications\": [{}]}",
        "{\"verifications\": [{\"when\": \"2026-03-01T11:22:02Z\", \"depth\": \"most\"}]}"}) {
    EXPECT_THAT(DecodeNotes(json), StatusIs(errs::kIntegrity, HasSubstr("invalid notes: ")))
        << json;
  }
  std::string many = "{\"tags\": [\"t0\"";
  for (size_t i = 1; i <= kMaxTags; ++i) absl::StrAppend(&many, ", \"t", i, "\"");
  EXPECT_THAT(DecodeNotes(absl::StrCat(many, "]}")),
              StatusIs(errs::kIntegrity, HasSubstr("too many tags")));
}

TEST(ValidateTagTest, TakesOneWord) {
  EXPECT_OK(ValidateTag("a"));
  EXPECT_OK(ValidateTag("_2026.03-01"));
  EXPECT_OK(ValidateTag(std::string(64, 'x')));
  for (const std::string& tag :
       {std::string(), std::string("-a"), std::string(".a"), std::string("a b"), std::string("a/b"),
        std::string("ü"), std::string("a\n"), std::string(65, 'x')}) {
    EXPECT_THAT(ValidateTag(tag), StatusIs(errs::kInvalidArgument)) << tag;
  }
}

}  // namespace
}  // namespace siphon::dumps
