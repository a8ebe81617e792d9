// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/yaml_tree.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST(YamlTreeTest, SaysWhereNodesAre) {
  ASSERT_OK_AND_ASSIGN(const YamlTree tree, YamlTree::Parse("# c\na: 1\nb:\n  'c': \"d\n\n  e\"\n"
                                                            "  f: [x, {y: z}]\n",
                                                            "c.yaml"));
  const YamlNode& root = tree.root();
  ASSERT_EQ(root.kind, YamlNode::Kind::kMap);
  ASSERT_THAT(root.entries, SizeIs(2));
  EXPECT_FALSE(root.flow);
  EXPECT_EQ(root.line, 2);
  EXPECT_EQ(root.entries[0].key->value, "a");
  EXPECT_TRUE(root.entries[0].value->plain);
  const YamlNode& b = *root.entries[1].value;
  ASSERT_THAT(b.entries, SizeIs(2));
  EXPECT_EQ(b.entries[0].key->line, 4);
  EXPECT_EQ(b.entries[0].key->column, 2);
  EXPECT_FALSE(b.entries[0].value->plain);
  EXPECT_EQ(b.entries[0].value->end_line, 6);
  EXPECT_EQ(b.end_line, 7);
  EXPECT_TRUE(b.entries[1].value->flow);
  EXPECT_THAT(b.entries[1].value->items, SizeIs(2));
}

TEST(YamlTreeTest, CountsColumnsInBytesAndLinesWithCrLf) {
  ASSERT_OK_AND_ASSIGN(const YamlTree tree,
                       YamlTree::Parse("\xEF\xBB\xBFä: 1\r\nb: {ö: 2, c: 3}\r\n", "c.yaml"));
  const YamlNode& root = tree.root();
  EXPECT_EQ(root.entries[0].key->value, "ä");
  EXPECT_EQ(root.entries[1].key->line, 2);
  EXPECT_EQ(root.entries[1].value->entries[1].key->column, 11);
}

TEST(YamlTreeTest, TakesEmptyTextForNull) {
  for (std::string_view text : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF", "~"}) {
    ASSERT_OK_AND_ASSIGN(const YamlTree tree, YamlTree::Parse(text, "c.yaml"));
    EXPECT_EQ(tree.root().kind, YamlNode::Kind::kNull) << text;
  }
}

TEST(YamlTreeTest, SharesWhatAnAliasNames) {
  ASSERT_OK_AND_ASSIGN(const YamlTree tree, YamlTree::Parse("a: &x {k: v}\nb: *x\n", "c.yaml"));
  EXPECT_EQ(tree.root().entries[0].value, tree.root().entries[1].value);
  EXPECT_FALSE(tree.root().entries[0].alias);
  EXPECT_TRUE(tree.root().entries[1].alias);
}

TEST(YamlTreeTest, NamesFileAndLineOfWhatIsNotYaml) {
  struct {
    std::string_view text;
    std::string_view reason;
  } const kCases[] = {
      {"a: 1\nb: [1\n", "c.yaml:3: "},
      {"a: 1\nb: \"open\n", "c.yaml:2: a text in quotes that does not end"},
      {"a: 1\nb: &x !!str 'it''s open\n", "c.yaml:2: a text in quotes that does not end"},
      {"a: 1\nb: \"open", "c.yaml:2: "},
      {"a: 1\n  b: 2\n", "c.yaml:2: "},
      {"a: 1\na: 2\n", "c.yaml:2: the key \"a\" is given twice, first on line 1"},
      {"p:\n  x: 1\n  y: 2\n  'x': 3\n", "c.yaml:4: the key \"x\" is given twice, first on line 2"},
      {"u: {k: 1, k: 2}\n", "c.yaml:1: the key \"k\" is given twice"},
      {"? [1]\n: 2\n", "c.yaml:1: a key must be text"},
      {"{}: 2\n", "a key must be text"},
      {"~: 2\n", "a key must be text"},
      {"a: &x 1\n*x : 2\n", "c.yaml:2: a key must be text"},
      {"a: 1\n---\nb: 2\n", "c.yaml:2: more than one YAML document"},
      {"a: 1\n...\nb: 2\n", "c.yaml:3: more than one YAML document"},
      {"a: *nothing\n", "c.yaml:1: an alias (*name) without its anchor"},
      {"a: 1\r", "c.yaml:1: a carriage return"},
      {"a: 1\n\tb: 2\x01\n", "c.yaml:2: a control character"},
      {"a: \x7f\n", "control character"},
      {"a: 1\nb: \xff\n", "c.yaml:2: the text is not valid UTF-8"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(YamlTree::Parse(test.text, "c.yaml"),
                AllOf(StatusIs(errs::kConfigInvalid, HasSubstr(test.reason)),
                      HasExitCode(errs::Code::kUser)))
        << test.text;
  }
  EXPECT_THAT(YamlTree::Parse(std::string_view("a: \0", 4), "c.yaml"),
              StatusIs(errs::kConfigInvalid, HasSubstr("control character")));
}

TEST(YamlTreeTest, RepeatsNoTextOfTheFileInAnError) {
  for (std::string_view text :
       {"password: *hunter2\n", "password: \"\\hunter2\"\n", "password: @hunter2\n",
        "password: %hunter2\n", "password: `hunter2\n", "password: &hunter2 &hunter2 x\n",
        "password: !<hunter2\n", "password: [hunter2\n", "password: x: hunter2\n",
        "password: \"\\xhunter2\"\n", "%YAML hunter2\n---\n"}) {
    const auto tree = YamlTree::Parse(text, "c.yaml");
    if (tree.ok()) continue;
    EXPECT_THAT(tree, StatusIs(errs::kConfigInvalid, Not(HasSubstr("hunter2")))) << text;
  }
}

TEST(YamlTreeTest, LimitsWhatAHostileTextCosts) {
  struct {
    std::string text;
    std::string_view reason;
  } const kCases[] = {
      {std::string((size_t{1} << 20) + 1, '#'), "larger than 1 MiB"},
      {std::string(100000, '['), "too many brackets"},
      {std::string(2000, '['), "c.yaml:1: nested too deep"},
      {std::string(2000, '{'), "c.yaml:1: nested too deep"},
      {[] {
         std::string text;
         for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "- ");
         return text;
       }(),
       "nested too deep"},
      {[] {
         std::string text;
         for (int i = 0; i < 100; ++i) absl::StrAppend(&text, std::string(i, ' '), "a:\n");
         return text;
       }(),
       "nested too deep"},
      {[] {
         std::string text;
         for (int i = 0; i < 21000; ++i) absl::StrAppend(&text, "- 1\n");
         return text;
       }(),
       "too many values"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(YamlTree::Parse(test.text, "c.yaml"),
                StatusIs(errs::kConfigInvalid, HasSubstr(test.reason)));
  }
}

TEST(ShownTextTest, CutsAndEscapes) {
  EXPECT_EQ(ShownText("größe"), "größe");
  EXPECT_EQ(ShownText("a\"b\n\x1b"), "a\\\"b\\n\\x1b");
  EXPECT_EQ(ShownText(std::string(100, 'x')), std::string(64, 'x') + "...");
}

}  // namespace
}  // namespace siphon::config
