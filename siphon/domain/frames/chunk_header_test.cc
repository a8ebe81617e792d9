// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/chunk_header.h"

#include <zstd.h>

#include <string>
#include <string_view>

#include "absl/crc/crc32c.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/frames/frame.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ChunkHeader Sample() {
  ChunkHeader header;
  header.archive = 0x1122334455667788;
  header.name = "public.items";
  header.frame.item = 0x01020304;
  header.frame.part = 5;
  header.frame.number = 6;
  header.frame.rows = 7;
  header.frame.raw = 1000;
  header.frame.packed = 300;
  header.frame.sha256 = DigestOf("abc");
  header.frame.ends_part = header.frame.ends_item = true;
  header.frame.range = "(0,0)-(8,0)";
  return header;
}

std::string Encoded(const ChunkHeader& header) {
  const absl::StatusOr<std::string> bytes = EncodeChunkHeader(header);
  EXPECT_OK(bytes);
  return bytes.value_or("");
}

// The same with the right checksum at its end.
std::string WithCrc(std::string bytes) {
  const auto crc = static_cast<uint32_t>(
      absl::ComputeCrc32c(std::string_view(bytes).substr(0, bytes.size() - 4)));
  for (size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>(crc >> (8 * i));
  return bytes;
}

absl::StatusOr<ChunkHeader> Decode(std::string_view bytes) {
  size_t size = 0;
  return DecodeChunkHeader(bytes, 4242, size);
}

// docs/dumps.md#frames describes these bytes.
TEST(ChunkHeaderTest, HasTheDocumentedBytes) {
  EXPECT_EQ(absl::BytesToHexString(Encoded(Sample())),
            absl::StrCat("5d2a4d18", "7d000000", "5349504846524d31", "72", "03", "0c00", "0b00",
                         "04030201", "0500000000000000", "0600000000000000", "0700000000000000",
                         "e803000000000000", "2c01000000000000",
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                         "8877665544332211", absl::BytesToHexString("public.items(0,0)-(8,0)"),
                         "6b68f124"));
}

TEST(ChunkHeaderTest, ComesBackAndTellsItsSize) {
  const std::string bytes = Encoded(Sample());
  EXPECT_EQ(bytes.size(), kChunkHeaderMin + 23);
  size_t size = 0;
  EXPECT_THAT(DecodeChunkHeader(bytes + "a zstd frame", 0, size), IsOkAndHolds(Sample()));
  EXPECT_EQ(size, bytes.size());

  ChunkHeader other = Sample();
  other.name = "";
  other.frame.range = "";
  other.frame.content = Content::kObjects;
  other.frame.ends_part = other.frame.ends_item = false;
  other.frame.splits_row = true;
  EXPECT_EQ(Encoded(other).size(), kChunkHeaderMin);
  EXPECT_THAT(Decode(Encoded(other)), IsOkAndHolds(other));
}

TEST(ChunkHeaderTest, HasAtMost4096Bytes) {
  ChunkHeader header = Sample();
  header.name = std::string(3000, 'n');
  header.frame.range = std::string(kNameAndRangeLimit - 3000, '\0');
  const std::string bytes = Encoded(header);
  EXPECT_EQ(bytes.size(), 4096u);
  EXPECT_THAT(Decode(bytes), IsOkAndHolds(header));
  header.name += "n";
  EXPECT_THAT(EncodeChunkHeader(header),
              StatusIs(errs::kInternal, HasSubstr("name and range have 3987 bytes")));
}

TEST(ChunkHeaderTest, FactsThatContradictOneAnotherAreNotWritten) {
  ChunkHeader header = Sample();
  header.frame.rows = 1001;
  EXPECT_THAT(EncodeChunkHeader(header), StatusIs(errs::kInternal, HasSubstr("1001 rows")));
  header = Sample();
  header.frame.stored = true;
  header.frame.packed = header.frame.raw;
  EXPECT_THAT(EncodeChunkHeader(header), StatusIs(errs::kInternal));
}

TEST(ChunkHeaderTest, ZstdSkipsIt) {
  const std::string bytes = Encoded(Sample());
  EXPECT_EQ(ZSTD_findFrameCompressedSize(bytes.data(), bytes.size()), bytes.size());
  char out = 0;
  EXPECT_EQ(ZSTD_decompress(&out, 1, bytes.data(), bytes.size()), 0u);
}

TEST(ChunkHeaderTest, EveryTruncationIsRefused) {
  const std::string bytes = Encoded(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Decode(bytes.substr(0, size)),
                StatusIs(errs::kIntegrity, AllOf(HasSubstr("4242"), HasSubstr("cut off after"))))
        << size;
  }
}

TEST(ChunkHeaderTest, EveryChangedBitIsRefused) {
  const std::string bytes = Encoded(Sample());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(Decode(changed), StatusIs(errs::kIntegrity, HasSubstr("4242"))) << bit;
  }
}

TEST(ChunkHeaderTest, TheErrorSaysWhatIsWrong) {
  const std::string bytes = Encoded(Sample());
  const auto change = [&](size_t at, std::string_view to) {
    std::string changed = bytes;
    changed.replace(at, to.size(), to);
    return WithCrc(changed);
  };
  EXPECT_THAT(Decode(change(0, "\x28\xB5\x2F\xFD")),
              StatusIs(errs::kIntegrity, HasSubstr("begins with 28b52ffd instead of 5d2a4d18")));
  EXPECT_THAT(Decode(change(8, "OTHERS01")),
              StatusIs(errs::kIntegrity, HasSubstr("unknown kind \"OTHERS01\"")));
  EXPECT_THAT(Decode(change(8, kPageKind)),
              StatusIs(errs::kIntegrity, HasSubstr("found \"SIPHPAG1\" instead")));
  EXPECT_THAT(Decode(change(16, "z")),
              StatusIs(errs::kIntegrity, HasSubstr("unknown content 122")));
  EXPECT_THAT(Decode(change(17, "\x40")),
              StatusIs(errs::kIntegrity, HasSubstr("unknown flags 64")));
  EXPECT_THAT(Decode(change(17, "\x08")), StatusIs(errs::kIntegrity, HasSubstr("unknown flags 8")));
  EXPECT_THAT(Decode(change(18, "\xFF")), StatusIs(errs::kIntegrity, HasSubstr("a name of 255")));
  EXPECT_THAT(Decode(change(20, "\x01")), StatusIs(errs::kIntegrity, HasSubstr("a range of 1")));
  EXPECT_THAT(Decode(change(42, "\xFF\xFF")), StatusIs(errs::kIntegrity, HasSubstr("65535 rows")));
  EXPECT_THAT(Decode(change(4, "\xFF\xFF\xFF\xFF")),
              StatusIs(errs::kIntegrity, HasSubstr("a size of 4294967303 bytes")));
  std::string crc = bytes;
  crc.back() = static_cast<char>(crc.back() ^ 1);
  EXPECT_THAT(Decode(crc), StatusIs(errs::kIntegrity,
                                    HasSubstr("chunk header at offset 4242: its CRC32C differs")));
}

TEST(SkippableTest, OnlyKindsOfSiphonAreDecoded) {
  const std::string page = EncodeSkippable("SIPHPAG1 and more");
  const std::string longer = page + "rest";
  ASSERT_OK_AND_ASSIGN(const Skippable skippable, DecodeSkippable(longer, 7));
  EXPECT_EQ(skippable.kind, kPageKind);
  EXPECT_EQ(skippable.payload, "SIPHPAG1 and more");
  EXPECT_EQ(skippable.size, page.size());
  EXPECT_THAT(DecodeSkippableHead(page, 7), IsOkAndHolds(page.size()));
  EXPECT_THAT(DecodeSkippable(EncodeSkippable("zstd:chunked"), 7),
              StatusIs(errs::kIntegrity, HasSubstr("skippable frame at offset 7: unknown kind")));
  EXPECT_THAT(DecodeSkippable(EncodeSkippable("short"), 7), StatusIs(errs::kIntegrity));
}

}  // namespace
}  // namespace siphon::frames
