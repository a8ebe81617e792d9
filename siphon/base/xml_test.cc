// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/xml.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST(ParseXmlTest, ReadsAnAnswerOfAService) {
  ASSERT_OK_AND_ASSIGN(
      const XmlElement root,
      ParseXml("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a > b -->\n"
               "<s3:List xmlns:s3='http://example.org/doc' a=\"1>2\">\n"
               "  <Name>a &lt;b&gt; &amp;&quot;&apos;&#x41;&#66;&#xfc;&#x1f600;</Name>"
               "<Empty/><Item><Key>1</Key></Item><Item ><Key><![CDATA[<2>&amp;]]></Key></Item >"
               "</s3:List>\n<?end?>\n"));
  EXPECT_EQ(root.name, "List");
  EXPECT_EQ(root.Text("Name"), "a <b> &\"'AB\xc3\xbc\xf0\x9f\x98\x80");
  EXPECT_EQ(root.Text("Empty"), "");
  EXPECT_NE(root.Child("Empty"), nullptr);
  EXPECT_EQ(root.Child("Missing"), nullptr);
  EXPECT_EQ(root.Text("Missing"), "");
  ASSERT_THAT(root.children, SizeIs(4));
  EXPECT_EQ(root.children[2].Text("Key"), "1");
  EXPECT_EQ(root.children[3].Text("Key"), "<2>&amp;");
}

TEST(ParseXmlTest, RefusesWhatIsNotWellFormed) {
  for (const char* const text : {"",
                                 " ",
                                 "hidden",
                                 "<a>",
                                 "<a",
                                 "<a>hidden",
                                 "<a></b>",
                                 "<a/><b/>",
                                 "<a/>hidden",
                                 "<>",
                                 "<1/>",
                                 "</a>",
                                 "<a b/>",
                                 "<a b=c/>",
                                 "<a b='c/>",
                                 "<a b='1'c='2'/>",
                                 "<a b='<'/>",
                                 "<a>&hidden;</a>",
                                 "<a>&</a>",
                                 "<a>&#0;</a>",
                                 "<a>&#xd800;</a>",
                                 "<a>&#x110000;</a>",
                                 "<a>&#;</a>",
                                 "<a>&#x;</a>",
                                 "<a>&#4294967361;</a>",
                                 "<a>&#x0x41;</a>",
                                 "<a>&#+65;</a>",
                                 "<a><![CDATA[hidden</a>",
                                 "<!-- <a/>",
                                 "<a>\xff</a>",
                                 "<a>\x01</a>",
                                 "<a/",
                                 "<a></a",
                                 "<a></a "}) {
    EXPECT_THAT(ParseXml(text),
                StatusIs(errs::kIo, AllOf(HasSubstr("the XML text"), Not(HasSubstr("hidden")))))
        << text;
  }
}

TEST(ParseXmlTest, RefusesDocumentTypes) {
  EXPECT_THAT(ParseXml("<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><a>&b;</a>"),
              StatusIs(errs::kIo, HasSubstr("document type")));
  EXPECT_THAT(ParseXml("<a><!ENTITY b 'c'></a>"), StatusIs(errs::kIo, HasSubstr("document type")));
}

TEST(ParseXmlTest, BoundsLevelsAndElements) {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) absl::StrAppend(&text, "<a>");
    for (int i = 0; i < levels; ++i) absl::StrAppend(&text, "</a>");
    return text;
  };
  EXPECT_OK(ParseXml(nested(4), {.max_depth = 4}));
  EXPECT_THAT(ParseXml(nested(5), {.max_depth = 4}), StatusIs(errs::kIo, HasSubstr("levels")));
  EXPECT_THAT(ParseXml(nested(1'000'000)), StatusIs(errs::kIo, HasSubstr("levels")));
  EXPECT_OK(ParseXml("<a><b/><b/></a>", {.max_elements = 3}));
  EXPECT_THAT(ParseXml("<a><b/><b/></a>", {.max_elements = 2}),
              StatusIs(errs::kIo, HasSubstr("elements")));
}

TEST(EscapeXmlTest, IsTheReverse) {
  const std::string text = "a <b> & \"c\" ]]> &amp;";
  ASSERT_OK_AND_ASSIGN(const XmlElement root,
                       ParseXml(absl::StrCat("<a>", EscapeXml(text), "</a>")));
  EXPECT_EQ(root.text, text);
}

}  // namespace
}  // namespace siphon::base
