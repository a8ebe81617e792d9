// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/payload.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/primitives.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/base/workers.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;

const Secret& Key() {
  static const Secret& key = *new Secret(std::string(32, 'k'));
  return key;
}

// Bytes without a period that a chunk has.
std::string Text(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * i) >> 3);
  return text;
}

std::string Sealed(std::string_view text, size_t step = 1000) {
  base::StringWriter out;
  PayloadWriter writer(&out, Key());
  for (size_t at = 0; at < text.size(); at += step) EXPECT_OK(writer.Write(text.substr(at, step)));
  EXPECT_OK(writer.Finish());
  return out.data();
}

// The plaintext, or the error, which must come again.
absl::StatusOr<std::string> Opened(std::string_view sealed, size_t step = 1000) {
  base::StringReader in(sealed);
  PayloadReader reader(&in, Key());
  std::string text;
  std::string buffer(step, '\0');
  while (true) {
    const absl::StatusOr<size_t> count = reader.Read(absl::MakeSpan(buffer));
    if (!count.ok()) {
      EXPECT_EQ(reader.Read(absl::MakeSpan(buffer)).status(), count.status());
      return count.status();
    }
    if (*count == 0) return text;
    text.append(buffer, 0, *count);
  }
}

// All bytes by random access, or the error.
absl::StatusOr<std::string> OpenedAnywhere(std::string_view sealed) {
  const base::RandomAccessString file(sealed);
  ASSIGN_OR_RETURN(const std::unique_ptr<PayloadAccess> access,
                   PayloadAccess::Open(&file, 0, Key()));
  std::string text(access->size(), '\0');
  RETURN_IF_ERROR(access->ReadAt(0, absl::MakeSpan(text)));
  return text;
}

constexpr size_t kSizes[] = {0,
                             1,
                             kChunkSize - 1,
                             kChunkSize,
                             kChunkSize + 1,
                             2 * kChunkSize - 1,
                             2 * kChunkSize,
                             2 * kChunkSize + 1,
                             20 * kChunkSize + 7};

TEST(PayloadTest, ReadsWhatWasWritten) {
  for (const size_t size : kSizes) {
    const std::string text = Text(size);
    const std::string sealed = Sealed(text);
    EXPECT_THAT(PlaintextSize(sealed.size()), IsOkAndHolds(uint64_t{size}));
    EXPECT_EQ(sealed, Sealed(text, 3 * kChunkSize)) << size;
    EXPECT_TRUE(Opened(sealed).value() == text) << size;
    EXPECT_TRUE(Opened(sealed, 3 * kChunkSize).value() == text) << size;
    EXPECT_TRUE(OpenedAnywhere(sealed).value() == text) << size;
  }
}

TEST(PayloadTest, AChunkHasItsNumberAndTheLastOneAFlag) {
  EXPECT_EQ(ChunkNonce(0, false), Nonce({}));
  EXPECT_EQ(ChunkNonce(0, true), Nonce({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(ChunkNonce(0x0102, false), Nonce({0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0}));
  EXPECT_EQ(ChunkNonce(0xfffefdfcfbfaf9f8, true),
            Nonce({0, 0, 0, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 1}));
}

// Nothing of a payload that lost its end is taken for whole, wherever the cut is.
TEST(PayloadTest, RefusesEveryCut) {
  for (const size_t size : kSizes) {
    const std::string sealed = Sealed(Text(size));
    std::vector<size_t> cuts = {0, 1, 15, 16, 17, sealed.size() - 1};
    for (size_t chunk = kSealedChunkSize; chunk < sealed.size(); chunk += kSealedChunkSize) {
      for (const size_t more : {0, 1, 15, 16, 17}) cuts.push_back(chunk + more);
    }
    for (const size_t cut : cuts) {
      if (cut >= sealed.size()) continue;
      EXPECT_THAT(Opened(sealed.substr(0, cut)), StatusIs(errs::kIntegrity)) << size << " " << cut;
      EXPECT_THAT(OpenedAnywhere(sealed.substr(0, cut)), StatusIs(errs::kIntegrity))
          << size << " " << cut;
    }
  }
}

TEST(PayloadTest, RefusesTrailingBytes) {
  for (const size_t size : kSizes) {
    const std::string sealed = Sealed(Text(size));
    for (const size_t more : {size_t{1}, size_t{16}, size_t{17}, kSealedChunkSize}) {
      const std::string longer = sealed + std::string(more, '\0');
      EXPECT_THAT(Opened(longer), StatusIs(errs::kIntegrity)) << size << " " << more;
      EXPECT_THAT(OpenedAnywhere(longer), StatusIs(errs::kIntegrity)) << size << " " << more;
    }
  }
}

// An attacker knows no key, but can cut, double and exchange chunks.
TEST(PayloadTest, RefusesChunksInAnotherOrder) {
  const std::string sealed = Sealed(Text(3 * kChunkSize + 9));
  const auto chunk = [&](size_t i) {
    return sealed.substr(i * kSealedChunkSize, kSealedChunkSize);
  };
  for (const std::string& wrong :
       {chunk(1) + chunk(0) + chunk(2) + chunk(3), chunk(0) + chunk(2) + chunk(3),
        chunk(0) + chunk(0) + chunk(1) + chunk(2) + chunk(3), chunk(0) + chunk(1) + chunk(2),
        chunk(3), chunk(0) + chunk(1) + chunk(3), sealed + chunk(3)}) {
    EXPECT_THAT(Opened(wrong), StatusIs(errs::kIntegrity));
    EXPECT_THAT(OpenedAnywhere(wrong), StatusIs(errs::kIntegrity));
  }
}

// The holder of the key writes an empty last chunk after full ones, which the format forbids.
TEST(PayloadTest, RefusesAnEmptyLastChunk) {
  std::string wrong(kSealedChunkSize + kTagSize, '\0');
  const Aead aead(Key().view());
  aead.Seal(ChunkNonce(0, false), Text(kChunkSize), wrong.data());
  aead.Seal(ChunkNonce(1, true), "", wrong.data() + kSealedChunkSize);
  EXPECT_THAT(Opened(wrong), StatusIs(errs::kIntegrity, HasSubstr("its end is missing")));
  EXPECT_THAT(OpenedAnywhere(wrong), StatusIs(errs::kIntegrity, HasSubstr("its end is missing")));
}

// The holder of the key marks a chunk in the middle as the last one, or none.
TEST(PayloadTest, RefusesAWrongFlag) {
  const Aead aead(Key().view());
  const std::string text = Text(kChunkSize);
  for (const bool first : {false, true}) {
    std::string wrong(2 * kSealedChunkSize, '\0');
    aead.Seal(ChunkNonce(0, first), text, wrong.data());
    aead.Seal(ChunkNonce(1, first), text, wrong.data() + kSealedChunkSize);
    EXPECT_THAT(Opened(wrong), StatusIs(errs::kIntegrity)) << first;
    EXPECT_THAT(OpenedAnywhere(wrong), StatusIs(errs::kIntegrity)) << first;
  }
}

TEST(PayloadTest, ReturnsNothingOfAChunkThatIsNotAuthentic) {
  std::string sealed = Sealed(Text(2 * kChunkSize));
  sealed[kSealedChunkSize + 5] ^= 1;
  base::StringReader in(sealed);
  PayloadReader reader(&in, Key());
  std::string out(3 * kChunkSize, 'x');
  EXPECT_THAT(reader.Read(absl::MakeSpan(out)), IsOkAndHolds(size_t{kChunkSize}));
  const std::string before = out;
  EXPECT_THAT(reader.Read(absl::MakeSpan(out)), StatusIs(errs::kIntegrity, HasSubstr("chunk 1")));
  EXPECT_EQ(out, before);
}

TEST(PayloadAccessTest, ReadsEveryRange) {
  const std::string text = Text(20 * kChunkSize + 7);
  const std::string sealed = absl::StrCat("before", Sealed(text));
  const base::RandomAccessString file(sealed);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<PayloadAccess> access,
                       PayloadAccess::Open(&file, 6, Key()));
  ASSERT_EQ(access->size(), text.size());
  for (const size_t size : {size_t{1}, size_t{100}, kChunkSize - 1, kChunkSize, kChunkSize + 1,
                            3 * kChunkSize, 18 * kChunkSize}) {
    for (size_t chunk = 0; chunk <= 20; ++chunk) {
      for (const size_t skip : {size_t{0}, size_t{1}, kChunkSize - 1}) {
        const size_t offset = chunk * kChunkSize + skip;
        if (offset >= text.size()) continue;
        const size_t count = std::min(size, text.size() - offset);
        std::string out(count, '?');
        ASSERT_OK(access->ReadAt(offset, absl::MakeSpan(out)));
        ASSERT_TRUE(out == text.substr(offset, count)) << offset << " " << count;
      }
    }
  }
  std::string out(8, '?');
  EXPECT_THAT(access->ReadAt(text.size() - 7, absl::MakeSpan(out)), StatusIs(errs::kIntegrity));
}

TEST(PayloadAccessTest, AFaultSpoilsOnlyItsChunk) {
  const std::string text = Text(3 * kChunkSize);
  std::string sealed = Sealed(text);
  sealed[kSealedChunkSize] ^= 1;
  const base::RandomAccessString file(sealed);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<PayloadAccess> access,
                       PayloadAccess::Open(&file, 0, Key()));
  std::string out(1, '?');
  EXPECT_THAT(access->ReadAt(kChunkSize, absl::MakeSpan(out)),
              StatusIs(errs::kIntegrity, HasSubstr("chunk 1 is not authentic")));
  out.resize(kChunkSize);
  EXPECT_OK(access->ReadAt(0, absl::MakeSpan(out)));
  EXPECT_TRUE(out == text.substr(0, kChunkSize));
  EXPECT_OK(access->ReadAt(2 * kChunkSize, absl::MakeSpan(out)));
  EXPECT_TRUE(out == text.substr(2 * kChunkSize));
}

TEST(PayloadAccessTest, SeveralThreadsReadAtOnce) {
  const std::string text = Text(8 * kChunkSize);
  const std::string sealed = Sealed(text);
  const base::RandomAccessString file(sealed);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<PayloadAccess> access,
                       PayloadAccess::Open(&file, 0, Key()));
  EXPECT_OK(base::RunWorkers(base::Context(), 4, [&](const base::Context&, int worker) {
    std::string out(5000, '?');
    for (size_t i = 0; i < 200; ++i) {
      const size_t offset = (i * 7919 + static_cast<size_t>(worker) * 65521) % (text.size() - 5000);
      RETURN_IF_ERROR(access->ReadAt(offset, absl::MakeSpan(out)));
      if (out != text.substr(offset, out.size())) return errs::InternalError("test", "other bytes");
    }
    return absl::OkStatus();
  }));
}

}  // namespace
}  // namespace siphon::age
