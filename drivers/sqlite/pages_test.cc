// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/pages.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/frames/frame.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr uint32_t kPageSize = 512;

std::string PageOf(char c, size_t size = kPageSize) { return std::string(size, c); }

FileState StateOf(std::string_view pages, uint32_t page_size = kPageSize) {
  StateHash hash(page_size);
  for (const char c : pages) hash.Add(frames::DigestOf(PageOf(c, page_size)));
  return hash.Finish();
}

PagesHeader Header() {
  return {.page_size = kPageSize, .pages = 3, .base_id = "BASE", .parent_id = "PARENT"};
}

// An increment from "ab" to "aXc".
std::string Sample() {
  base::StringWriter out;
  PagesWriter writer(&out);
  EXPECT_OK(writer.Begin(Header()));
  EXPECT_OK(writer.Add(2, PageOf('X')));
  EXPECT_OK(writer.Add(3, PageOf('c')));
  EXPECT_OK(writer.Finish(StateOf("ab"), StateOf("aXc")));
  return out.data();
}

struct Increment {
  PagesHeader header;
  std::map<uint32_t, std::string> pages;
  PagesReader::Trailer trailer;
};

absl::StatusOr<Increment> Read(std::string_view bytes) {
  base::StringReader body(bytes);
  ASSIGN_OR_RETURN(const std::unique_ptr<PagesReader> reader, PagesReader::Open(&body));
  Increment increment{.header = reader->header(), .pages = {}, .trailer = {}};
  while (reader->next() != 0) {
    const uint32_t number = reader->next();
    ASSIGN_OR_RETURN(const std::string_view page, reader->ReadPage());
    increment.pages[number] = std::string(page);
  }
  ASSIGN_OR_RETURN(increment.trailer, reader->Finish());
  return increment;
}

TEST(PagesTest, WhatIsWrittenIsRead) {
  ASSERT_OK_AND_ASSIGN(const Increment increment, Read(Sample()));
  EXPECT_EQ(increment.header, Header());
  EXPECT_THAT(increment.pages, ElementsAre(Pair(2, PageOf('X')), Pair(3, PageOf('c'))));
  EXPECT_EQ(increment.trailer.parent, StateOf("ab"));
  EXPECT_EQ(increment.trailer.result, StateOf("aXc"));
}

// docs/changes.md describes these bytes.
TEST(PagesTest, TheFormatHasTheDocumentedBytes) {
  base::StringWriter out;
  PagesWriter writer(&out);
  ASSERT_OK(writer.Begin(Header()));
  ASSERT_OK(writer.Add(2, PageOf('X')));
  ASSERT_OK(writer.Finish(StateOf("abc"), StateOf("aXc")));
  const auto raw = [](const frames::Digest& digest) {
    return std::string(digest.data(), digest.size());
  };
  const std::string before = absl::StrCat(
      "SIPHPGS1", std::string("\0\2\0\0", 4), std::string("\3\0\0\0", 4), "\4", "BASE", "\6",
      "PARENT", std::string("\2\0\0\0", 4), PageOf('X'), std::string(4, '\0'),
      std::string("\1\0\0\0", 4), std::string("\0\2\0\0", 4), std::string("\3\0\0\0", 4),
      raw(StateOf("abc").digest), raw(StateOf("aXc").digest));
  EXPECT_EQ(absl::BytesToHexString(out.data()),
            absl::BytesToHexString(before + raw(frames::DigestOf(before))));
  base::Sha256 hash;
  hash.Update(std::string("\0\2\0\0", 4));
  for (const char c : std::string("aXc")) hash.Update(raw(frames::DigestOf(PageOf(c))));
  EXPECT_EQ(hash.Digest(), "sha256:" + frames::ToHex(StateOf("aXc").digest));
}

TEST(PagesTest, EveryCutIsNoticed) {
  const std::string whole = Sample();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Read(std::string_view(whole).substr(0, size)),
                StatusIs(errs::kIntegrity, HasSubstr("the increment")))
        << size;
  }
  EXPECT_THAT(Read(whole + "x"), StatusIs(errs::kIntegrity, HasSubstr("more bytes")));
}

TEST(PagesTest, EveryChangedByteIsNoticed) {
  const std::string whole = Sample();
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x21);
    EXPECT_THAT(Read(changed), StatusIs(errs::kIntegrity, HasSubstr("the increment"))) << i;
  }
}

TEST(PagesTest, ReadsLargePagesAndManyOfThem) {
  constexpr uint32_t kLarge = 65536;
  base::StringWriter out;
  PagesWriter writer(&out);
  StateHash hash(kLarge);
  ASSERT_OK(writer.Begin({.page_size = kLarge, .pages = 20, .base_id = "B", .parent_id = "B"}));
  for (uint32_t page = 1; page <= 20; ++page) {
    const std::string bytes = PageOf(static_cast<char>('a' + page), kLarge);
    hash.Add(frames::DigestOf(bytes));
    ASSERT_OK(writer.Add(page, bytes));
  }
  ASSERT_OK(writer.Finish(StateOf("a"), hash.Finish()));
  ASSERT_OK_AND_ASSIGN(const Increment increment, Read(out.data()));
  ASSERT_EQ(increment.pages.size(), 20u);
  EXPECT_TRUE(increment.pages.at(20) == PageOf('u', kLarge));
  EXPECT_EQ(increment.trailer.result, hash.Finish());
}

TEST(PagesTest, RefusesPagesInAnotherOrderAndBeyondTheEnd) {
  const auto with = [](uint32_t first, uint32_t second) {
    base::StringWriter out;
    PagesWriter writer(&out);
    EXPECT_OK(writer.Begin(Header()));
    EXPECT_OK(writer.Add(first, PageOf('a')));
    EXPECT_OK(writer.Add(second, PageOf('b')));
    EXPECT_OK(writer.Finish(StateOf("abc"), StateOf("abc")));
    return out.data();
  };
  EXPECT_OK(Read(with(1, 3)));
  EXPECT_THAT(Read(with(2, 1)), StatusIs(errs::kIntegrity, HasSubstr("page 1 after page 2")));
  EXPECT_THAT(Read(with(2, 2)), StatusIs(errs::kIntegrity, HasSubstr("page 2 after page 2")));
  EXPECT_THAT(Read(with(1, 4)), StatusIs(errs::kIntegrity, HasSubstr("page 4 of 3")));
}

TEST(PagesTest, AChangeOfThePageSizeNeedsAllPages) {
  base::StringWriter out;
  PagesWriter writer(&out);
  ASSERT_OK(writer.Begin(Header()));
  ASSERT_OK(writer.Add(1, PageOf('a')));
  ASSERT_OK(writer.Finish(StateOf("ab", 1024), StateOf("aXc")));
  EXPECT_THAT(Read(out.data()), StatusIs(errs::kIntegrity, HasSubstr("changes the page size")));
}

}  // namespace
}  // namespace siphon::sqlite
