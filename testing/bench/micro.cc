// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/base/zstd.h"

namespace siphon {
namespace {

constexpr size_t kBytes = size_t{16} << 20;

// Repetitive text and noise in alternating blocks of 4 KiB.
const std::string& Data() {
  static const std::string data = [] {
    std::string text;
    uint64_t state = 1;
    while (text.size() < kBytes) {
      const bool noise = text.size() / 4096 % 2 == 0;
      state = state * 6364136223846793005 + 1442695040888963407;
      const uint64_t value = noise ? state >> 8 : state >> 61;
      text.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    return text;
  }();
  return data;
}

class NullWriter : public base::Writer {
 public:
  absl::Status Write(std::string_view data) override {
    bytes_ += data.size();
    return absl::OkStatus();
  }
  absl::Status Finish() override { return absl::OkStatus(); }
  uint64_t bytes() const { return bytes_; }

 private:
  uint64_t bytes_ = 0;
};

absl::Status Compress(int level, base::Writer& out) {
  auto writer = base::ZstdWriter::Create(level, 0, &out);
  if (!writer.ok()) return writer.status();
  for (size_t at = 0; at < Data().size(); at += base::kCopyBufferSize) {
    const absl::Status status =
        (*writer)->Write(std::string_view(Data()).substr(at, base::kCopyBufferSize));
    if (!status.ok()) return status;
  }
  return (*writer)->Finish();
}

void Sha256(benchmark::State& state) {
  for (auto _ : state) {
    base::Sha256 hash;
    hash.Update(Data());
    benchmark::DoNotOptimize(hash.Digest());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
}
BENCHMARK(Sha256);

void ZstdCompress(benchmark::State& state) {
  uint64_t compressed = 0;
  for (auto _ : state) {
    NullWriter out;
    if (!Compress(static_cast<int>(state.range(0)), out).ok()) state.SkipWithError("zstd");
    compressed = out.bytes();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
  state.counters["ratio"] = static_cast<double>(compressed) / kBytes;
}
BENCHMARK(ZstdCompress)->Arg(1)->Arg(3)->Arg(9);

void ZstdDecompress(benchmark::State& state) {
  base::StringWriter compressed;
  if (!Compress(1, compressed).ok()) state.SkipWithError("zstd");
  std::vector<char> buffer(base::kCopyBufferSize);
  for (auto _ : state) {
    base::StringReader in(compressed.data());
    auto reader = base::ZstdReader::Create(&in);
    if (!reader.ok()) {
      state.SkipWithError("zstd");
      break;
    }
    auto got = (*reader)->Read(absl::MakeSpan(buffer));
    while (got.ok() && *got > 0) got = (*reader)->Read(absl::MakeSpan(buffer));
    if (!got.ok()) state.SkipWithError("zstd");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
}
BENCHMARK(ZstdDecompress);

}  // namespace
}  // namespace siphon

BENCHMARK_MAIN();
