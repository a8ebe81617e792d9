// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// verify and restore refuse a changed dump with exit code 3, and the database that restore would
// replace keeps every byte.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

const int kChanges = kSanitized ? 50 : Rounds(1000, 200);
const int kTruncations = kSanitized ? 10 : Rounds(100, 30);
constexpr size_t kEnvelope = 4096;
constexpr int kIntegrity = 3;

// The content and modification time of all files in a folder.
using Snapshot = std::map<std::string, std::pair<std::string, std::filesystem::file_time_type>>;

Snapshot Look(const std::string& directory) {
  Snapshot snapshot;
  for (const auto& [name, bytes] : Contents(directory)) {
    snapshot[name] = {bytes, std::filesystem::last_write_time(absl::StrCat(directory, "/", name))};
  }
  return snapshot;
}

// A fixture with a dump of a sample database and two databases to restore it over.
class Mutation : public ::testing::Test {
 protected:
  void Prepare(const std::string& compression) {
    ASSERT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = 1 << 20, .seed = 3}), IsOk());
    id_ = box_.Backup("source.db", {"--compression", compression});
    ASSERT_THAT(Names(box_.DumpDirectory()),
                ::testing::ElementsAre(id_ + ".dump", id_ + ".meta.json"));
    dump_ = ReadBytes(box_.DumpPath(id_));
    sidecar_ = ReadBytes(box_.SidecarPath(id_));
    ASSERT_GT(dump_.size(), kEnvelope + 100000);

    Clear(box_.Path("rollback"));
    ASSERT_THAT(MakeSampleDatabase(box_.Path("rollback/target.db"), {.bytes = 100000, .seed = 4}),
                IsOk());
    Clear(box_.Path("wal"));
    ASSERT_THAT(
        MakeSampleDatabaseWithAWal(box_.Path("wal/target.db"), {.bytes = 100000, .seed = 5}),
        IsOk());
    rollback_ = Look(box_.Path("rollback"));
    wal_ = Look(box_.Path("wal"));
    ASSERT_EQ(wal_.size(), 3U) << "target.db, -wal and -shm";
  }

  // Expects that verify and restore exit with 3 and leave the targets unchanged.
  void ExpectRefused(const std::string& what) {
    const ProcessResult verify = box_.Run({"verify", id_});
    EXPECT_EQ(verify.exit_code, kIntegrity) << what << ": verify: " << verify.err;
    const bool wal = ++refused_ % 2 == 0;
    const std::string target = wal ? "wal" : "rollback";
    const ProcessResult restore =
        box_.Run({"restore", id_, "--profile", box_.Url(target + "/target.db"), "--clean"});
    EXPECT_EQ(restore.exit_code, kIntegrity) << what << ": restore: " << restore.err;
    EXPECT_TRUE(Look(box_.Path(target)) == (wal ? wal_ : rollback_))
        << what << ": the target was touched";
    if (refused_ % 16 == 0) {
      const ProcessResult fresh = box_.Run({"restore", id_, "--profile", box_.Url("fresh/new.db")});
      EXPECT_EQ(fresh.exit_code, kIntegrity) << what << ": " << fresh.err;
      EXPECT_THAT(Names(box_.Path("fresh")), ::testing::IsEmpty()) << what;
    }
  }

  void PutByte(size_t position, char byte) const {
    FILE* file = fopen(box_.DumpPath(id_).c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    fseek(file, static_cast<long>(position), SEEK_SET);
    fputc(static_cast<unsigned char>(byte), file);
    ASSERT_EQ(fclose(file), 0);
  }

  // Expects that the original dump is accepted, so that a refusal was caused by the change.
  void ExpectAcceptedAsWritten() {
    WriteBytes(box_.DumpPath(id_), dump_);
    WriteBytes(box_.SidecarPath(id_), sidecar_);
    EXPECT_EQ(box_.Run({"verify", id_}).exit_code, 0);
    EXPECT_EQ(box_.Run({"verify", id_, "--deep"}).exit_code, 0);
    const ProcessResult restore =
        box_.Run({"restore", id_, "--profile", box_.Url("rollback/target.db"), "--clean"});
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    EXPECT_EQ(*Fingerprint(box_.Path("rollback/target.db")), *Fingerprint(box_.Path("source.db")));
  }

  Sandbox box_;
  std::string id_, dump_, sidecar_;
  Snapshot rollback_, wal_;
  int refused_ = 0;
};

// The parameters are the compression and the part of the changes, so that shards run in parallel.
class RandomChange : public Mutation,
                     public ::testing::WithParamInterface<std::tuple<const char*, int>> {
 protected:
  static constexpr int kParts = 2;
  std::string Compression() const { return std::get<0>(GetParam()); }
  unsigned Seed(unsigned base) const {
    const unsigned seed = base + static_cast<unsigned>(std::get<1>(GetParam()));
    std::cout << "seed " << seed << "\n";
    return seed;
  }
};

TEST_P(RandomChange, OfASingleByteIsRefusedAndTheTargetStaysUntouched) {
  Prepare(Compression());
  std::mt19937_64 random(Seed(20260101));
  int in_envelope = 0;
  for (int i = 0; i < kChanges / kParts && !HasFailure(); ++i) {
    // One change in three is in the envelope, which is a small part of the file.
    const bool envelope = i % 3 == 0;
    in_envelope += envelope ? 1 : 0;
    const size_t position =
        envelope ? random() % kEnvelope : kEnvelope + random() % (dump_.size() - kEnvelope);
    const char change = static_cast<char>(1 + random() % 255);
    const char byte = static_cast<char>(dump_[position] ^ change);
    PutByte(position, byte);
    ExpectRefused(absl::StrCat("change ", i, ": byte ", position, " of ", dump_.size(), ", ",
                               static_cast<unsigned char>(dump_[position]), " made ",
                               static_cast<unsigned char>(byte)));
    PutByte(position, dump_[position]);
  }
  std::cout << refused_ << " changes refused, " << in_envelope << " of them in the envelope\n";
  ExpectAcceptedAsWritten();
}

TEST_P(RandomChange, OfTheLengthIsRefusedAndTheTargetStaysUntouched) {
  Prepare(Compression());
  std::mt19937_64 random(Seed(20260201));
  std::vector<size_t> lengths = {0, 1, kEnvelope - 1, kEnvelope, kEnvelope + 1, dump_.size() - 1};
  while (lengths.size() < static_cast<size_t>(kTruncations / kParts)) {
    lengths.push_back(random() % dump_.size());
  }
  // From long to short, so that truncating the file suffices.
  std::sort(lengths.begin(), lengths.end(), std::greater<>());
  for (const size_t length : lengths) {
    ASSERT_EQ(truncate(box_.DumpPath(id_).c_str(), static_cast<off_t>(length)), 0);
    ExpectRefused(absl::StrCat("cut to ", length, " of ", dump_.size(), " bytes"));
    if (HasFailure()) break;
  }
  std::cout << refused_ << " truncations refused\n";
  for (const std::string& more :
       {std::string(1, '\0'), std::string("x"), std::string(4096, ' '), dump_}) {
    WriteBytes(box_.DumpPath(id_), dump_ + more);
    ExpectRefused(absl::StrCat(more.size(), " trailing bytes"));
  }
  ExpectAcceptedAsWritten();
}

INSTANTIATE_TEST_SUITE_P(Dump, RandomChange,
                         ::testing::Combine(::testing::Values("1", "0"), ::testing::Range(0, 2)),
                         [](const auto& info) {
                           return absl::StrCat("compression", std::get<0>(info.param), "_part",
                                               std::get<1>(info.param));
                         });

// A sidecar with one key changed.
struct SidecarChange {
  std::string name;
  std::function<void(nlohmann::ordered_json&)> apply;

  friend void PrintTo(const SidecarChange& change, std::ostream* out) { *out << change.name; }
};

class Sidecar : public Mutation, public ::testing::WithParamInterface<SidecarChange> {};

TEST_P(Sidecar, ThatIsNotTheDumpsOwnIsRefusedAndTheTargetStaysUntouched) {
  Prepare("1");
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(sidecar_, nullptr, false);
  ASSERT_TRUE(json.is_object());
  GetParam().apply(json);
  WriteBytes(box_.SidecarPath(id_), json.dump(2));
  ExpectRefused(GetParam().name);
  ExpectRefused(GetParam().name);
  ExpectAcceptedAsWritten();
}

INSTANTIATE_TEST_SUITE_P(
    Dump, Sidecar,
    ::testing::Values(
        SidecarChange{"NoChecksum", [](auto& json) { json.erase("checksum"); }},
        SidecarChange{"EmptyChecksum", [](auto& json) { json["checksum"] = ""; }},
        SidecarChange{"NullChecksum", [](auto& json) { json["checksum"] = nullptr; }},
        SidecarChange{"AlgorithmAlone", [](auto& json) { json["checksum"] = "sha256:"; }},
        SidecarChange{
            "OtherAlgorithm",
            [](auto& json) { json["checksum"] = "md5:d41d8cd98f00b204e9800998ecf8427e"; }},
        SidecarChange{"OtherChecksum",
                      [](auto& json) { json["checksum"] = "sha256:" + std::string(64, '0'); }},
        SidecarChange{"ShortChecksum",
                      [](auto& json) {
                        const std::string whole = json["checksum"];
                        json["checksum"] = whole.substr(0, whole.size() - 2);
                      }},
        SidecarChange{"OtherDriver", [](auto& json) { json["driver"] = "postgres"; }},
        SidecarChange{"OtherId", [](auto& json) { json["id"] = "01JD8ZK3X4Q2W5R6T7Y8V9B0NM"; }},
        SidecarChange{"SizeOneLess",
                      [](auto& json) {
                        json["size_bytes"] = json["size_bytes"].template get<uint64_t>() - 1;
                      }},
        SidecarChange{"SizeOneMore",
                      [](auto& json) {
                        json["size_bytes"] = json["size_bytes"].template get<uint64_t>() + 1;
                      }},
        SidecarChange{"NoSize", [](auto& json) { json.erase("size_bytes"); }},
        SidecarChange{"Incremental",
                      [](auto& json) {
                        json["base_id"] = "01JD8ZK3X4Q2W5R6T7Y8V9B0NM";
                        json["parent_id"] = "01JD8ZK3X4Q2W5R6T7Y8V9B0NM";
                      }},
        SidecarChange{"ChangesFormat", [](auto& json) { json["dump_format"] = "jsonl-changes"; }}),
    [](const auto& info) { return info.param.name; });

TEST_F(Mutation, OfTheSidecarsTextIsRefusedOrHarmlessButNeverACrash) {
  Prepare("1");
  constexpr unsigned kSeed = 20260301;
  std::cout << "seed " << kSeed << "\n";
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < kTruncations; ++i) {
    std::string text = sidecar_;
    if (i % 2 == 0) {
      text[random() % text.size()] ^= static_cast<char>(1 + random() % 255);
    } else {
      text.resize(random() % text.size());
    }
    WriteBytes(box_.SidecarPath(id_), text);
    const ProcessResult verify = box_.Run({"verify", id_});
    // A change of the profile name, for example, is harmless.
    EXPECT_THAT(verify, AllOf(Field(&ProcessResult::signal, 0),
                              Field(&ProcessResult::exit_code, AnyOf(0, kIntegrity))))
        << verify.err << "\n"
        << text;
  }
  ExpectAcceptedAsWritten();
}

TEST_F(Mutation, ThatTakesTheDumpAwayIsRefused) {
  Prepare("1");
  ASSERT_EQ(unlink(box_.DumpPath(id_).c_str()), 0);
  ExpectRefused("no dump");
  ExpectRefused("no dump");
  ExpectAcceptedAsWritten();
}

TEST_F(Mutation, ThatPutsAnotherDumpUnderTheNameIsRefused) {
  Prepare("1");
  ASSERT_THAT(MakeSampleDatabase(box_.Path("other.db"), {.bytes = 1 << 20, .seed = 9}), IsOk());
  const std::string other = box_.Backup("other.db");
  CopyBytes(box_.DumpPath(other), box_.DumpPath(id_));
  ExpectRefused("another dump");
  ExpectRefused("another dump");
  ExpectAcceptedAsWritten();
}

TEST_F(Mutation, IsNamedWithWhatToDo) {
  Prepare("1");
  PutByte(kEnvelope + 5000, static_cast<char>(dump_[kEnvelope + 5000] ^ 1));
  const ProcessResult verify = box_.Run({"verify", id_});
  EXPECT_THAT(verify.err, AllOf(HasSubstr(id_), HasSubstr("integrity check failed")));
  const ProcessResult json = box_.Run({"verify", id_, "--json"});
  const auto parsed = nlohmann::json::parse(json.out, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << json.out;
  EXPECT_EQ(parsed["error"]["code"], kIntegrity);
  EXPECT_THAT(parsed["error"]["hint"].get<std::string>(), Not(""));
}

}  // namespace
}  // namespace siphon::testing
