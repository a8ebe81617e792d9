// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/random_access.h"

#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/workers.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::HasSubstr;

// The bytes at a place, or the error.
absl::StatusOr<std::string> At(const RandomAccess& source, uint64_t offset, size_t size) {
  std::string out(size, '?');
  if (absl::Status status = source.ReadAt(offset, absl::MakeSpan(out)); !status.ok()) return status;
  return out;
}

std::string NewFile(std::string_view data) {
  std::string path = JoinPath(::testing::TempDir(), "random_access");
  EXPECT_OK(WriteFileAtomically(path, data, 0600));
  return path;
}

void ExpectTheDigits(const RandomAccess& source) {
  EXPECT_EQ(source.size(), 10u);
  EXPECT_THAT(At(source, 0, 10), IsOkAndHolds("0123456789"));
  EXPECT_THAT(At(source, 7, 3), IsOkAndHolds("789"));
  EXPECT_THAT(At(source, 3, 1), IsOkAndHolds("3"));
  EXPECT_THAT(At(source, 10, 0), IsOkAndHolds(""));
  EXPECT_THAT(At(source, 8, 3), StatusIs(errs::kIntegrity, HasSubstr("3 bytes at offset 8 do not "
                                                                     "lie within the size of 10")));
  EXPECT_THAT(At(source, 11, 0), StatusIs(errs::kIntegrity));
  EXPECT_THAT(At(source, std::numeric_limits<uint64_t>::max(), 2), StatusIs(errs::kIntegrity));
}

TEST(RandomAccessTest, AStringIsReadAtAnyPlaceAndNotBeyondItsEnd) {
  ExpectTheDigits(RandomAccessString("0123456789"));
}

TEST(RandomAccessTest, AFileIsReadAtAnyPlaceAndNotBeyondItsEnd) {
  ASSERT_OK_AND_ASSIGN(const RandomAccessFile file, RandomAccessFile::Open(NewFile("0123456789")));
  ExpectTheDigits(file);
}

TEST(RandomAccessTest, ATailBeginsAtItsOffset) {
  const RandomAccessString whole("envelope0123456789");
  ExpectTheDigits(RandomAccessTail(&whole, 8));
  EXPECT_EQ(RandomAccessTail(&whole, 18).size(), 0u);
  EXPECT_EQ(RandomAccessTail(&whole, 19).size(), 0u);
  EXPECT_THAT(At(RandomAccessTail(&whole, 19), 0, 1), StatusIs(errs::kIntegrity));
}

TEST(RandomAccessTest, AFileThatWasCutSinceIsAnIntegrityError) {
  const std::string path = NewFile("0123456789");
  ASSERT_OK_AND_ASSIGN(const RandomAccessFile file, RandomAccessFile::Open(path));
  ASSERT_EQ(truncate(path.c_str(), 4), 0);
  EXPECT_THAT(At(file, 2, 8), StatusIs(errs::kIntegrity, HasSubstr("at offset 4 instead of 10")));
}

TEST(RandomAccessTest, AMissingFileAndWhatIsNoFileAreRefused) {
  EXPECT_THAT(RandomAccessFile::Open("/nowhere/at/all"), StatusIs(errs::kNotFound));
  EXPECT_THAT(RandomAccessFile::Open("/dev/zero"),
              StatusIs(errs::kInvalidArgument, HasSubstr("/dev/zero is not a regular file")));
}

TEST(RandomAccessTest, SeveralThreadsReadAtOnce) {
  std::string data;
  for (int i = 0; i < 100'000; ++i) data += static_cast<char>(i * 31 % 251);
  ASSERT_OK_AND_ASSIGN(const RandomAccessFile file, RandomAccessFile::Open(NewFile(data)));
  EXPECT_OK(RunWorkers(Context(), 4, [&](const Context&, int worker) {
    for (size_t at = static_cast<size_t>(worker); at + 1000 < data.size(); at += 777) {
      EXPECT_THAT(At(file, at, 1000), IsOkAndHolds(data.substr(at, 1000)));
    }
    return absl::OkStatus();
  }));
}

}  // namespace
}  // namespace siphon::base
