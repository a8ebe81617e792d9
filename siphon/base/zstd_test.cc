// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/zstd.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::HasSubstr;

// Like text: words of a small vocabulary, so that matches reach far back.
std::string Compressible(size_t size) {
  constexpr std::string_view kWords[] = {"insert ", "into ", "orders ",
                                         "values ", "(42, ", "'x')\n"};
  std::string data;
  uint64_t state = 1;
  while (data.size() < size) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    data.append(kWords[(state >> 33) % 6]);
    if ((state >> 40) % 5 == 0) data.append(std::to_string(state));
  }
  data.resize(size);
  return data;
}

std::string Random(size_t size) {
  std::string data(size, '\0');
  uint64_t state = 7;
  for (char& c : data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(state >> 56);
  }
  return data;
}

std::string Compress(std::string_view data, int level = 1, int workers = 0,
                     size_t chunk = kCopyBufferSize) {
  StringWriter out;
  auto writer = ZstdWriter::Create(level, workers, &out);
  EXPECT_OK(writer);
  for (; !data.empty(); data.remove_prefix(std::min(chunk, data.size()))) {
    EXPECT_OK((*writer)->Write(data.substr(0, chunk)));
  }
  EXPECT_OK((*writer)->Finish());
  return out.data();
}

// Counts how often the end was met.
class EndCountingReader : public StringReader {
 public:
  using StringReader::StringReader;
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> count = StringReader::Read(out);
    if (*count == 0) ++ends;
    return count;
  }
  int ends = 0;
};

absl::StatusOr<std::string> Decompress(std::string_view data, size_t chunk = kCopyBufferSize) {
  StringReader source(data);
  auto reader = ZstdReader::Create(&source);
  if (!reader.ok()) return reader.status();
  std::string out, buffer(chunk, '\0');
  while (true) {
    auto count = (*reader)->Read(absl::MakeSpan(buffer));
    if (!count.ok()) return count.status();
    if (*count == 0) return out;
    out.append(buffer, 0, *count);
  }
}

TEST(ZstdTest, RoundTripsEveryShapeAndSize) {
  for (const size_t size : {0, 1, 17, 1000, 131'071, 131'072, 131'073, 1'000'000}) {
    for (const std::string& data : {Compressible(size), Random(size), std::string(size, '\0')}) {
      const std::string frame = Compress(data);
      ASSERT_OK_AND_ASSIGN(const std::string back, Decompress(frame));
      EXPECT_EQ(back == data, true) << size;
    }
  }
}

TEST(ZstdTest, RoundTripsInSmallPieces) {
  const std::string data = Compressible(20'000);
  EXPECT_THAT(Decompress(Compress(data, 3, 0, 1), 1), IsOkAndHolds(data));
  EXPECT_THAT(Decompress(Compress(data, 3, 2, 37), 41), IsOkAndHolds(data));
}

TEST(ZstdTest, RoundTripsWithWorkers) {
  const std::string data = Compressible(4'000'000);  // Several jobs for each worker.
  for (const int level : {1, 6}) {
    const std::string frame = Compress(data, level, 2);
    EXPECT_LT(frame.size(), data.size() / 2);
    ASSERT_OK_AND_ASSIGN(const std::string back, Decompress(frame));
    EXPECT_EQ(back == data, true) << level;
  }
}

TEST(ZstdTest, EveryLevelIsReadAgainAndKeepsItsWindowWithin8MiB) {
  const std::string data = Compressible(10'000);
  for (int level = 1; level <= 19; ++level) {
    for (int workers = 0; workers <= (level < 10 ? 1 : 0); ++workers) {
      const std::string frame = Compress(data, level, workers);
      // RFC 8878, section 3.1.1.1.2: the exponent of the window is in the upper five bits.
      EXPECT_LE(10 + (static_cast<unsigned char>(frame[5]) >> 3), 23) << level;
      EXPECT_THAT(Decompress(frame), IsOkAndHolds(data)) << level;
    }
  }
}

TEST(ZstdTest, LevelsOutsideTheRangeAreRefused) {
  StringWriter out;
  for (const int level : {-1, 0, 20}) {
    EXPECT_THAT(ZstdWriter::Create(level, 0, &out),
                StatusIs(errs::kInvalidArgument, HasSubstr(std::to_string(level))));
  }
}

TEST(ZstdTest, FrameCarriesAContentChecksum) {
  // RFC 8878, section 3.1.1.1.1: the third bit of the frame header's descriptor.
  EXPECT_EQ(Compress("x")[4] & 4, 4);
  EXPECT_EQ(Compress("x", 1, 2)[4] & 4, 4);
}

TEST(ZstdTest, ReaderMeetsTheEndBelowBeforeItsOwn) {
  const std::string frame = Compress(Compressible(300'000));
  EndCountingReader source(frame);
  ASSERT_OK_AND_ASSIGN(const auto reader, ZstdReader::Create(&source));
  EXPECT_OK(ReadAll(*reader, 1'000'000));
  EXPECT_GE(source.ends, 1);
  const int ends = source.ends;
  char buffer[1];
  EXPECT_THAT(reader->Read(absl::MakeSpan(buffer)), IsOkAndHolds(0u));
  EXPECT_EQ(source.ends, ends);
}

TEST(ZstdTest, EveryTruncationIsAnIntegrityError) {
  for (const std::string& data : {Compressible(500), std::string(), std::string("x")}) {
    const std::string frame = Compress(data);
    for (size_t size = 0; size < frame.size(); ++size) {
      EXPECT_THAT(Decompress(std::string_view(frame).substr(0, size)), StatusIs(errs::kIntegrity))
          << size << " of " << frame.size();
    }
  }
}

TEST(ZstdTest, NoFlippedBitEverYieldsOtherData) {
  for (const std::string& data : {Compressible(400), Random(40), std::string(1000, 'z')}) {
    const std::string frame = Compress(data);
    int refused = 0;
    for (size_t at = 0; at < frame.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = frame;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        const absl::StatusOr<std::string> back = Decompress(damaged);
        if (back.ok()) {
          EXPECT_EQ(*back, data) << at << ", bit " << bit;
        } else {
          EXPECT_THAT(back, StatusIs(errs::kIntegrity)) << at << ", bit " << bit;
          ++refused;
        }
      }
    }
    // Only changes without effect may pass: unused bits of the format, a larger window, the code of
    // a symbol that does not occur.
    EXPECT_GT(refused, static_cast<int>(frame.size()) * 8 * 9 / 10);
  }
}

TEST(ZstdTest, ReplacedBytesAreRefusedOrHarmless) {
  const std::string data = Compressible(100);
  const std::string frame = Compress(data);
  for (size_t at = 0; at < frame.size(); ++at) {
    for (int value = static_cast<int>(at % 16); value < 256; value += 16) {
      std::string damaged = frame;
      damaged[at] = static_cast<char>(value);
      const absl::StatusOr<std::string> back = Decompress(damaged);
      if (back.ok()) {
        EXPECT_EQ(*back, data) << at << " = " << value;
      } else {
        EXPECT_THAT(back, StatusIs(errs::kIntegrity)) << at << " = " << value;
      }
    }
  }
}

TEST(ZstdTest, BytesBehindTheFrameAreRefused) {
  const std::string frame = Compress("data");
  for (const std::string& tail : {std::string(1, '\0'), std::string("x"), frame}) {
    EXPECT_THAT(Decompress(frame + tail), StatusIs(errs::kIntegrity, HasSubstr("follow")));
  }
}

TEST(ZstdTest, BytesBehindALongFrameAreRefused) {
  // The frame ends where a read of the input buffer ends, or not.
  const std::string frame = Compress(Random(400'000));
  EXPECT_THAT(Decompress(frame + "x"), StatusIs(errs::kIntegrity, HasSubstr("follow")));
}

TEST(ZstdTest, SkippableFramesAreRefused) {
  // RFC 8878, section 3.1.2.
  const std::string skippable("\x50\x2A\x4D\x18\x04\x00\x00\x00skip", 12);
  EXPECT_THAT(Decompress(skippable), StatusIs(errs::kIntegrity));
  EXPECT_THAT(Decompress(skippable + Compress("data")), StatusIs(errs::kIntegrity));
  EXPECT_THAT(Decompress(Compress("data") + skippable), StatusIs(errs::kIntegrity));
}

TEST(ZstdTest, WindowsOver8MiBAreRefusedBeforeAnythingIsRead) {
  // Magic, descriptor without content size, then the window: 2^(10 + exponent), exponent in the
  // upper five bits; one raw last block of one byte.
  const auto frame = [](int exponent) {
    return std::string("\x28\xB5\x2F\xFD\x00", 5) + static_cast<char>(exponent << 3) +
           std::string("\x09\x00\x00x", 4);
  };
  EXPECT_THAT(Decompress(frame(13)), IsOkAndHolds(std::string("x")));
  EXPECT_THAT(Decompress(frame(14)), StatusIs(errs::kIntegrity, HasSubstr("window")));
  EXPECT_THAT(Decompress(frame(31)), StatusIs(errs::kIntegrity));
}

TEST(ZstdTest, OtherFormatsAreRefused) {
  for (const char* data :
       {"", "x", "SIPH", "\x1f\x8b\x08 gzip, by its first bytes", "plain text"}) {
    EXPECT_THAT(Decompress(data), StatusIs(errs::kIntegrity)) << data;
  }
}

TEST(ZstdTest, ReaderKeepsFailing) {
  StringReader source("no frame at all, but long enough");
  ASSERT_OK_AND_ASSIGN(const auto reader, ZstdReader::Create(&source));
  char buffer[16];
  EXPECT_THAT(reader->Read(absl::MakeSpan(buffer)), StatusIs(errs::kIntegrity));
  EXPECT_THAT(reader->Read(absl::MakeSpan(buffer)), StatusIs(errs::kIntegrity));
}

class FailingWriter : public Writer {
 public:
  absl::Status Write(std::string_view) override {
    return errs::SystemError("test", errs::kIo, "disk full");
  }
  absl::Status Finish() override { return absl::OkStatus(); }
};

TEST(ZstdTest, FailureBelowReachesTheCallerOnceAndForAll) {
  for (const int workers : {0, 2}) {
    FailingWriter broken;
    ASSERT_OK_AND_ASSIGN(const auto writer, ZstdWriter::Create(1, workers, &broken));
    absl::Status status;
    const std::string data = Random(1'000'000);
    for (int i = 0; i < 50 && status.ok(); ++i) status = writer->Write(data);
    EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("disk full")));
    EXPECT_THAT(writer->Write("more"), StatusIs(errs::kInternal));
    EXPECT_THAT(writer->Finish(), StatusIs(errs::kInternal));
  }
}

TEST(ZstdTest, WriterDestroyedWithoutFinishIsFine) {
  StringWriter out;
  ASSERT_OK_AND_ASSIGN(auto writer, ZstdWriter::Create(1, 2, &out));
  EXPECT_OK(writer->Write(Random(5'000'000)));
  writer.reset();
}

class FailingReader : public Reader {
 public:
  absl::StatusOr<size_t> Read(absl::Span<char>) override {
    return errs::SystemError("test", errs::kConnectionFailed, "gone");
  }
};

TEST(ZstdTest, ReadFailureBelowKeepsItsCause) {
  FailingReader broken;
  ASSERT_OK_AND_ASSIGN(const auto reader, ZstdReader::Create(&broken));
  char buffer[1];
  EXPECT_THAT(reader->Read(absl::MakeSpan(buffer)), StatusIs(errs::kConnectionFailed));
}

}  // namespace
}  // namespace siphon::base
