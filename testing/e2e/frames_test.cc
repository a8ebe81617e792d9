// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps in frames, as the shipped siphon writes, verifies, restores and rebuilds them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "openssl/sha.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kEnvelope = 4096;

std::string Sha256Of(std::string_view bytes) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  std::string text = "sha256:";
  for (const uint8_t byte : digest) absl::StrAppend(&text, absl::Hex(byte, absl::kZeroPad2));
  return text;
}

class Frames : public ::testing::Test {
 protected:
  Frames() {
    EXPECT_THAT(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 6'000'000}), IsOk());
    id_ = box_.Backup("app.db", {"--jobs", "4"});
    dump_ = ReadBytes(box_.DumpPath(id_));
    sidecar_ = ordered_json::parse(ReadBytes(box_.SidecarPath(id_)), nullptr, false);
    index_ = kEnvelope + sidecar_["index_offset"].get<size_t>();
  }

  void ExpectRestored(const std::string& id) {
    const ProcessResult result =
        box_.Run({"restore", id, "--profile", box_.Url("copy.db"), "--clean"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), *Fingerprint(box_.Path("app.db")));
  }
  // Writes a dump, and a sidecar that fits it.
  void WriteSealed(const std::string& dump) {
    ordered_json sidecar = sidecar_;
    sidecar["size_bytes"] = dump.size();
    sidecar["checksum"] = Sha256Of(dump);
    WriteBytes(box_.DumpPath(id_), dump);
    WriteBytes(box_.SidecarPath(id_), sidecar.dump(2));
  }
  ProcessResult Rebuild() { return box_.Run({"dumps", "rebuild", "--profile", "prod"}); }

  Sandbox box_;
  std::string id_, dump_;
  ordered_json sidecar_;
  size_t index_ = 0;  // The place of the directory in the file.
};

TEST_F(Frames, OneJobWritesTheSameBodyAsFour) {
  ASSERT_EQ(dump_.substr(index_ + 8, 8), "SIPHIDX1");
  const std::string one = box_.Backup("app.db", {"--jobs", "1"});
  const std::string bare = box_.Backup("app.db", {"--compression", "0", "--jobs", "4"});
  for (const std::string& id : {id_, one, bare}) {
    const ProcessResult deep = box_.Run({"verify", id, "--deep"});
    EXPECT_EQ(deep.exit_code, 0) << deep.err;
    EXPECT_EQ(deep.err.find("verify.frames") != std::string::npos, id != bare) << deep.err;
    ExpectRestored(id);
  }
  // The random number of the archive is all that differs.
  EXPECT_EQ(ReadBytes(box_.DumpPath(one)).size(), dump_.size());
  EXPECT_TRUE(ReadBytes(box_.DumpPath(bare)).substr(kEnvelope) == ReadBytes(box_.Path("app.db")));
}

TEST_F(Frames, JobsThatHaveNothingToDoAreReported) {
  const ProcessResult stream =
      box_.Run({"backup", box_.Url("app.db"), "--jobs", "2", "--compression", "0"});
  EXPECT_EQ(stream.exit_code, 0);
  EXPECT_THAT(stream.err, HasSubstr("one stream, which one job reads"));
  const ProcessResult none = box_.Run({"backup", box_.Url("app.db"), "--compression", "0"});
  EXPECT_THAT(none.err, Not(HasSubstr("one stream")));
  const ProcessResult restore =
      box_.Run({"restore", id_, "--profile", box_.Url("new.db"), "--jobs", "2"});
  EXPECT_EQ(restore.exit_code, 1);
  EXPECT_THAT(restore.err, HasSubstr("several --jobs for a restore"));
  EXPECT_THAT(restore.err, Not(HasSubstr("verify"))) << "refused before anything is read";
  EXPECT_FALSE(std::filesystem::exists(box_.Path("new.db")));
}

TEST_F(Frames, ADamagedFrameIsRefusedThoughTheChecksumFits) {
  for (const size_t at : {kEnvelope + 30, kEnvelope + 5000, index_ / 2, index_ - 200}) {
    std::string dump = dump_;
    dump[at] = static_cast<char>(dump[at] ^ 1);
    WriteSealed(dump);
    const ProcessResult deep = box_.Run({"verify", id_, "--deep"});
    EXPECT_EQ(deep.exit_code, 3) << at;
    EXPECT_THAT(deep.err, HasSubstr(absl::StrCat("dump ", id_)));
  }
  std::string dump = dump_;
  dump[kEnvelope + 5000] = static_cast<char>(dump[kEnvelope + 5000] ^ 1);
  WriteSealed(dump);
  const ProcessResult restore = box_.Run({"restore", id_, "--profile", box_.Url("new.db")});
  EXPECT_EQ(restore.exit_code, 3);
  EXPECT_THAT(restore.err, HasSubstr("frame "));
  EXPECT_FALSE(std::filesystem::exists(box_.Path("new.db")));
}

TEST_F(Frames, AnIndexThatLiesIsRefused) {
  for (const std::string key : {"index_offset", "index_sha256"}) {
    const ordered_json right = sidecar_;
    if (key == "index_offset") {
      sidecar_[key] = sidecar_[key].get<size_t>() - 1;
    } else {
      sidecar_[key] = std::string(64, '0');
    }
    WriteSealed(dump_);
    const ProcessResult deep = box_.Run({"verify", id_, "--deep"});
    EXPECT_EQ(deep.exit_code, 3) << key;
    EXPECT_THAT(deep.err, HasSubstr(absl::StrCat("dump ", id_)));
    sidecar_ = right;
  }
}

TEST_F(Frames, ADamagedIndexIsMadeAgain) {
  for (const size_t lost : {size_t{1}, size_t{60}, dump_.size() - index_ + 10}) {
    WriteBytes(box_.DumpPath(id_), dump_.substr(0, dump_.size() - lost));
    std::filesystem::remove(box_.SidecarPath(id_));
    const ProcessResult rebuilt = Rebuild();
    EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
    EXPECT_THAT(rebuilt.err, HasSubstr("was made again from the frames"));
    EXPECT_TRUE(ReadBytes(box_.DumpPath(id_)) == dump_) << lost;
    const ProcessResult deep = box_.Run({"verify", id_, "--deep"});
    EXPECT_EQ(deep.exit_code, 0) << deep.err;
  }
  ExpectRestored(id_);
}

TEST_F(Frames, ADumpThatHasLostMoreIsNotRebuilt) {
  std::string damaged = dump_;
  damaged[kEnvelope + 5000] = static_cast<char>(damaged[kEnvelope + 5000] ^ 1);
  for (const std::string& dump : {damaged, dump_.substr(0, dump_.size() / 2)}) {
    WriteBytes(box_.DumpPath(id_), dump);
    std::filesystem::remove(box_.SidecarPath(id_));
    const ProcessResult rebuilt = Rebuild();
    EXPECT_EQ(rebuilt.exit_code, 3) << rebuilt.err;
    EXPECT_THAT(rebuilt.err, HasSubstr("has lost a part of its body: pages: "));
    EXPECT_FALSE(std::filesystem::exists(box_.SidecarPath(id_)));
    EXPECT_TRUE(ReadBytes(box_.DumpPath(id_)) == dump);
  }
}

}  // namespace
}  // namespace siphon::testing
