// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/sha256.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

// FIPS 180-4 examples (csrc.nist.gov, SHA256.pdf) and the digest of the empty message.
constexpr char kEmpty[] = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kMillionA[] =
    "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256Test, MatchesTheStandardsExamples) {
  Sha256 hash;
  EXPECT_EQ(hash.Digest(), kEmpty);
  hash.Update("abc");
  EXPECT_EQ(hash.Digest(), kAbc);
  Sha256 long_hash;
  for (int i = 0; i < 1000; ++i) long_hash.Update(std::string(1000, 'a'));
  EXPECT_EQ(long_hash.Digest(), kMillionA);
}

TEST(Sha256Test, DigestDoesNotEndTheHash) {
  Sha256 hash;
  hash.Update("a");
  hash.Digest();
  hash.Update("bc");
  EXPECT_EQ(hash.Digest(), kAbc);
  Sha256 moved = std::move(hash);
  EXPECT_EQ(moved.Digest(), kAbc);
}

TEST(Sha256Test, WriterHashesWhatPasses) {
  StringWriter end;
  HashingWriter writer(&end);
  ASSERT_OK(writer.Write("a"));
  ASSERT_OK(writer.Write(""));
  ASSERT_OK(writer.Write("bc"));
  ASSERT_OK(writer.Finish());
  EXPECT_EQ(writer.Digest(), kAbc);
  EXPECT_EQ(writer.count(), 3u);
  EXPECT_EQ(end.data(), "abc");
}

TEST(Sha256Test, ReaderHashesWhatPasses) {
  StringReader source("abc");
  HashingReader reader(&source);
  EXPECT_THAT(ReadAll(reader, 100), IsOkAndHolds(std::string("abc")));
  EXPECT_EQ(reader.Digest(), kAbc);
  EXPECT_EQ(reader.count(), 3u);
}

}  // namespace
}  // namespace siphon::base
