// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/script.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "BEGIN: a | b" for a group with a transaction, "a" for one without.
std::vector<std::string> Groups(const std::string& body, ScriptOptions options = {}) {
  const auto script = ParseScript("1_a.up.sql", body, options);
  if (!script.ok()) return {std::string(script.status().message())};
  std::vector<std::string> groups;
  for (const Script::Group& group : (*script)->groups) {
    std::string text = group.begin.empty() ? "" : absl::StrCat(group.begin, ":");
    for (size_t i = 0; i < group.count; ++i) {
      absl::StrAppend(&text, text.empty() ? "" : " ", (*script)->statements[group.first + i].text);
    }
    groups.push_back(text);
  }
  return groups;
}

TEST(ScriptTest, PutsAllOfItIntoOneTransaction) {
  EXPECT_THAT(Groups("a;\nb;"), ElementsAre("BEGIN: a b"));
  EXPECT_THAT(Groups("-- nothing\n"), IsEmpty());
  EXPECT_THAT(Groups("BEGIN; a; b; COMMIT;"), ElementsAre("BEGIN: a b"));
  EXPECT_THAT(Groups("begin isolation level serializable; a; END"),
              ElementsAre("begin isolation level serializable: a"));
}

TEST(ScriptTest, LetsAloneWhatNoTransactionTakes) {
  EXPECT_THAT(
      Groups("a; b; CREATE INDEX CONCURRENTLY i ON t (a); c; VACUUM"),
      ElementsAre("BEGIN: a b", "CREATE INDEX CONCURRENTLY i ON t (a)", "BEGIN: c", "VACUUM"));
  EXPECT_THAT(Groups("a; BEGIN; b; c; COMMIT; d"),
              ElementsAre("BEGIN: a", "BEGIN: b c", "BEGIN: d"));
  EXPECT_THAT(Groups("-- siphon: no-transaction\na; BEGIN; b; c; COMMIT; d"),
              ElementsAre("a", "BEGIN: b c", "d"));
  ScriptOptions options;
  options.wrap = false;
  EXPECT_THAT(Groups("a; b", options), ElementsAre("a", "b"));
}

TEST(ScriptTest, RefusesWhatWouldLeaveATransactionOpen) {
  EXPECT_THAT(Groups("a;\nBEGIN;\nb"), ElementsAre(HasSubstr("1_a.up.sql: line 2: BEGIN without")));
  EXPECT_THAT(Groups("BEGIN;\nBEGIN; COMMIT"), ElementsAre(HasSubstr("line 2: BEGIN within")));
  EXPECT_THAT(Groups("a;\nROLLBACK"), ElementsAre(HasSubstr("line 2: ROLLBACK")));
  EXPECT_THAT(Groups("a;\n'b"), ElementsAre(HasSubstr("1_a.up.sql: the string that begins in")));
}

TEST(ScriptTest, KnowsPlacesAndDigests) {
  const auto script = ParseScript("1_a.up.sql", "-- x\nab;\n  cd;\n", {});
  ASSERT_THAT(script, IsOk());
  ASSERT_EQ((*script)->statements.size(), 2u);
  EXPECT_EQ((*script)->statements[1].text, "cd");
  EXPECT_EQ((*script)->statements[1].line, 3u);
  EXPECT_EQ((*script)->statements[1].offset, 11u);
  EXPECT_TRUE((*script)->atomic());
  EXPECT_EQ((*script)->sha256, (*script)->DigestBefore(2));
  // What comes behind the first may change without it.
  const auto other = ParseScript("1_a.up.sql", "-- x\nab;\n  ef;\n", {});
  EXPECT_EQ((*script)->DigestBefore(1), (*other)->DigestBefore(1));
  EXPECT_NE((*script)->DigestBefore(2), (*other)->DigestBefore(2));
}

}  // namespace
}  // namespace siphon::migrate
