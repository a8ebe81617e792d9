// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace siphon::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kId[] = "01M8K0T7ADQ3BX8W9HR5P6EBN6";
constexpr char kLongName[] = "the-main-database-of-the-northern-region";  // 40 characters.

std::string Dumps(int width) {
  return FormatTable({{.title = "ID"},
                      {.title = "PROFILE", .fit = Fit::kCut},
                      {.title = "DRIVER", .leave_out = 4},
                      {.title = "CREATED", .leave_out = 3},
                      {.title = "SIZE", .right = true, .leave_out = 1}},
                     {{kId, kLongName, "postgres", "2026-03-01T11:22:02Z", "1.5 GiB"},
                      {kId, "app", "sqlite", "2026-03-01T11:22:02Z", "4 KiB"}},
                     width);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

TEST(FormatTableTest, AlignsColumns) {
  EXPECT_EQ(FormatTable({{.title = "ID"}, {.title = "SIZE", .right = true}},
                        {{"a", "10"}, {"bcd", "5"}}, 0),
            "ID   SIZE\n"
            "a      10\n"
            "bcd     5\n");
}

TEST(FormatTableTest, HasNoLineOfTitlesWithoutTitles) {
  EXPECT_EQ(FormatTable({{}, {}}, {{"id", "a"}, {"profile", "app"}}, 0),
            "id       a\n"
            "profile  app\n");
}

TEST(FormatTableTest, WithoutATerminalNothingIsCutOrLeftOut) {
  EXPECT_EQ(Dumps(0),
            "ID                          PROFILE                                   DRIVER    "
            "CREATED                  SIZE\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  the-main-database-of-the-northern-region  postgres  "
            "2026-03-01T11:22:02Z  1.5 GiB\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  app                                       sqlite    "
            "2026-03-01T11:22:02Z    4 KiB\n");
}

TEST(FormatTableTest, AWideTerminalShowsTheSameAsAPipe) { EXPECT_EQ(Dumps(200), Dumps(0)); }

TEST(FormatTableTest, CutsNamesInTheMiddleFirst) {
  EXPECT_EQ(Dumps(100),
            "ID                          PROFILE                          DRIVER    "
            "CREATED                  SIZE\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  the-main-databa…northern-region  postgres  "
            "2026-03-01T11:22:02Z  1.5 GiB\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  app                              sqlite    "
            "2026-03-01T11:22:02Z    4 KiB\n");
}

TEST(FormatTableTest, LeavesOutTheLeastImportantColumnsAndNamesThem) {
  EXPECT_EQ(Dumps(60),
            "ID                          PROFILE                     SIZE\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  the-main-da…hern-region  1.5 GiB\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6  app                        4 KiB\n"
            "left out to fit the terminal: DRIVER, CREATED; a pipe or\n"
            "  --json shows them\n");
}

TEST(FormatTableTest, NeverShortensIdsAndNumbers) {
  EXPECT_THAT(LinesOf(Dumps(20)), Contains(HasSubstr(kId)).Times(2));
}

TEST(FormatTableTest, ACellIsNeverWiderThanTheTerminalAllows) {
  for (int width = 48; width < 140; ++width) {
    for (const std::string& line : LinesOf(Dumps(width))) {
      // The ellipsis has three bytes.
      const size_t extra = line.find("…") == std::string::npos ? 0 : 2;
      EXPECT_LE(line.size() - extra, static_cast<size_t>(width)) << line;
    }
  }
}

TEST(FormatTableTest, DoesNotCutWithinACharacter) {
  EXPECT_EQ(FormatTable({{.title = "N", .fit = Fit::kCut}}, {{"äöüäöüäöüäöüäöüäöüäöü"}}, 17),
            "N\n"
            "äöüäöüäö…öüäöüäöü\n");
}

TEST(FormatTableTest, SentencesAreBrokenBetweenWords) {
  const std::vector<Column> columns = {{.title = "PROFILE", .fit = Fit::kCut},
                                       {.title = "REASON", .fit = Fit::kWrap}};
  EXPECT_EQ(
      FormatTable(columns, {{"app", "the last full dump is older than 26 hours"}, {"b", ""}}, 40),
      "PROFILE  REASON\n"
      "app      the last full dump is older\n"
      "         than 26 hours\n"
      "b\n");
}

TEST(FormatTableTest, ASentenceWithoutAPlaceFollowsBelowItsRow) {
  const std::vector<Column> columns = {{.title = "ID"},
                                       {.title = "REASON", .fit = Fit::kWrap},
                                       {.title = "SIZE", .right = true, .leave_out = 1}};
  EXPECT_EQ(
      FormatTable(columns, {{kId, "the newest full dump of the profile, always kept", "5"}}, 40),
      "ID                          SIZE\n"
      "01M8K0T7ADQ3BX8W9HR5P6EBN6     5\n"
      "    the newest full dump of the profile,\n"
      "    always kept\n");
}

TEST(FormatTableTest, AColumnWithoutValuesIsLeftOutSilently) {
  const std::vector<Column> columns = {{.title = "ID"}, {.title = "APPLIED", .leave_out = 1}};
  EXPECT_EQ(FormatTable(columns, {{kId, ""}}, 30),
            "ID\n"
            "01M8K0T7ADQ3BX8W9HR5P6EBN6\n");
}

TEST(FormatTableTest, MissingValuesAreEmpty) {
  EXPECT_EQ(FormatTable({{.title = "A"}, {.title = "B"}}, {{"1"}}, 0), "A  B\n1\n");
}

TEST(FormatTableTest, ControlCharactersAreEscaped) {
  EXPECT_THAT(FormatTable({{.title = "N"}}, {{"a\x1b[2Jb"}}, 0), Not(HasSubstr("\x1b")));
}

TEST(WrapLineTest, BreaksBetweenWords) {
  EXPECT_EQ(WrapLine("one two three", 0, 2), "one two three\n");
  EXPECT_EQ(WrapLine("one two three", 13, 2), "one two three\n");
  EXPECT_EQ(WrapLine("one two three", 10, 2), "one two\n  three\n");
  EXPECT_EQ(WrapLine("a/long/path/without/blanks: no", 10, 2),
            "a/long/path/without/blanks:\n  no\n");
}

}  // namespace
}  // namespace siphon::cli
