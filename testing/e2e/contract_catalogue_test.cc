// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Compares the dump format with its description (docs/dumps.md), not with siphon's own code: what
// siphon writes is compared byte by byte, and what siphon reads is constructed here.

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
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
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr size_t kEnvelope = 4096;
constexpr std::string_view kUlid = "[0-9A-HJKMNP-TV-Z]{26}";

std::string Sha256Of(std::string_view bytes) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  std::string text = "sha256:";
  for (const uint8_t byte : digest) absl::StrAppend(&text, absl::Hex(byte, absl::kZeroPad2));
  return text;
}

std::vector<std::string> Keys(const ordered_json& json) {
  std::vector<std::string> keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  return keys;
}

std::string EnvelopeOf(std::string_view json) {
  std::string envelope = absl::StrCat("SIPH", json);
  envelope.resize(kEnvelope - 1, ' ');
  return envelope + "\n";
}

class WrittenDump : public ::testing::Test {
 protected:
  WrittenDump() {
    // Local time has an offset that no other zone of the test has, and needs no zone files.
    box_.environment["TZ"] = "Fixed/UTC+05:30:00";
    EXPECT_THAT(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 500000}), IsOk());
    id_ = box_.Backup("app.db", {"--compression", "0"});
    dump_ = ReadBytes(box_.DumpPath(id_));
    sidecar_ = ReadBytes(box_.SidecarPath(id_));
    // The JSON of the envelope, without the padding.
    text_ = dump_.substr(4, kEnvelope - 5);
    text_.erase(text_.find_last_not_of(' ') + 1);
  }

  Sandbox box_;
  std::string id_, dump_, sidecar_, text_;
};

TEST_F(WrittenDump, HasAnEnvelopeOf4096BytesThenTheBareDatabase) {
  EXPECT_THAT(id_, MatchesRegex(std::string(kUlid)));
  ASSERT_GT(dump_.size(), kEnvelope);
  EXPECT_EQ(dump_.substr(0, 4), "\x53\x49\x50\x48");
  EXPECT_EQ(dump_[kEnvelope - 1], '\x0a');
  ASSERT_LE(text_.size(), 4091U);
  EXPECT_EQ(dump_.substr(4 + text_.size(), kEnvelope - 5 - text_.size()),
            std::string(kEnvelope - 5 - text_.size(), ' '));
  const std::string body = dump_.substr(kEnvelope);
  EXPECT_TRUE(absl::StartsWith(body, std::string("SQLite format 3\0", 16)));
  WriteBytes(box_.Path("body.db"), body);
  EXPECT_EQ(*Fingerprint(box_.Path("body.db")), *Fingerprint(box_.Path("app.db")));
}

TEST_F(WrittenDump, NamesTheEnvelopesKeysInTheContractsOrder) {
  const ordered_json envelope = ordered_json::parse(text_, nullptr, false);
  ASSERT_TRUE(envelope.is_object()) << text_;
  const std::vector<std::string> order = {
      "siphon",     "type",      "driver",  "engine_version", "base_id",
      "parent_id",  "wal_start", "wal_end", "binlog_file",    "binlog_start",
      "binlog_end", "checksum",  "tables",  "created"};
  std::vector<std::string> known = Keys(envelope);
  // siphon's own keys come last; of a bare body this is the kind alone.
  std::vector<std::string> expected;
  std::copy_if(order.begin(), order.end(), std::back_inserter(expected),
               [&](const std::string& key) { return envelope.contains(key); });
  expected.push_back("kind");
  EXPECT_EQ(known, expected) << text_;
  EXPECT_EQ(envelope["siphon"], "1.0");
  EXPECT_EQ(envelope["type"], "base");
  EXPECT_EQ(envelope["driver"], "sqlite");
  EXPECT_EQ(envelope["kind"], "full");
  EXPECT_THAT(envelope["created"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z"));
  for (const std::string key : {"base_id", "parent_id", "wal_start", "wal_end", "binlog_file",
                                "binlog_start", "binlog_end", "checksum"}) {
    EXPECT_FALSE(envelope.contains(key)) << key << " is empty and left out";
  }
  // The JSON is compact: parsing and writing it again gives the same bytes.
  EXPECT_EQ(text_, envelope.dump());
  EXPECT_EQ(dump_.substr(0, kEnvelope), EnvelopeOf(envelope.dump()));
}

TEST_F(WrittenDump, HasASidecarByteByByteAsTheContractSays) {
  const ordered_json json = ordered_json::parse(sidecar_, nullptr, false);
  ASSERT_TRUE(json.is_object()) << sidecar_;
  EXPECT_THAT(Keys(json),
              ElementsAre("id", "profile", "driver", "engine_version", "dump_format", "size_bytes",
                          "checksum", "created", "tables", "kind", "took_ms"));
  EXPECT_THAT(json["took_ms"].get<int>(), ::testing::Gt(0));
  EXPECT_THAT(json["created"].get<std::string>(), ::testing::EndsWith("+05:30"));
  std::string tables = "null";
  if (json["tables"].is_array()) {
    std::vector<std::string> entries;
    for (const auto& table : json["tables"]) {
      EXPECT_THAT(Keys(table), ElementsAre("name", "rows", "size_bytes"));
      entries.push_back(absl::StrCat("    {\n      \"name\": ", table["name"].dump(),
                                     ",\n      \"rows\": ", table["rows"].dump(),
                                     ",\n      \"size_bytes\": ", table["size_bytes"].dump(),
                                     "\n    }"));
    }
    tables = absl::StrCat("[\n", absl::StrJoin(entries, ",\n"), "\n  ]");
  }
  const std::string expected = absl::StrCat(
      "{\n  \"id\": \"", id_, "\",\n  \"profile\": ", json["profile"].dump(),
      ",\n  \"driver\": \"sqlite\",\n  \"engine_version\": ", json["engine_version"].dump(),
      ",\n  \"dump_format\": \"custom\",\n  \"size_bytes\": ", dump_.size(),
      ",\n  \"checksum\": \"", Sha256Of(dump_), "\",\n  \"created\": ", json["created"].dump(),
      ",\n  \"tables\": ", tables,
      ",\n  \"kind\": \"full\",\n  \"took_ms\": ", json["took_ms"].dump(), "\n}");
  // A newline at the end is optional; siphon (Go) writes none.
  EXPECT_EQ(sidecar_, expected);
}

TEST_F(WrittenDump, DiffersFromACompressedOneInBodyAndOwnKeysAlone) {
  const auto envelope_of = [](const std::string& dump) {
    return ordered_json::parse(dump.substr(4, kEnvelope - 5), nullptr, false);
  };
  const std::vector<std::string> bare = Keys(envelope_of(dump_));
  const std::string script = ReadBytes(box_.DumpPath(box_.Backup("app.db", {"--format", "sql"})));
  // siphon's own keys begin with these.
  std::vector<std::string> expected = bare;
  expected.insert(std::find(expected.begin(), expected.end(), "kind"), "compression");
  EXPECT_THAT(Keys(envelope_of(script)), ElementsAreArray(expected));
  EXPECT_EQ(envelope_of(script)["compression"], "zstd");
  EXPECT_EQ(script.substr(kEnvelope, 4), "\x28\xb5\x2f\xfd") << "a zstd frame";

  const std::string id = box_.Backup("app.db");
  const std::string image = ReadBytes(box_.DumpPath(id));
  expected.insert(std::find(expected.begin(), expected.end(), "kind"), "layout");
  EXPECT_THAT(Keys(envelope_of(image)), ElementsAreArray(expected));
  EXPECT_EQ(envelope_of(image)["compression"], "zstd");
  EXPECT_EQ(envelope_of(image)["layout"], "frames/1");
  EXPECT_EQ(image.substr(kEnvelope, 4), "\x5d\x2a\x4d\x18") << "a skippable frame";
  // siphon (Go) verifies size and checksum of the file.
  const ordered_json sidecar = ordered_json::parse(ReadBytes(box_.SidecarPath(id)), nullptr, false);
  EXPECT_THAT(Keys(sidecar), ElementsAre("id", "profile", "driver", "engine_version", "dump_format",
                                         "size_bytes", "checksum", "created", "tables", "kind",
                                         "took_ms", "index_offset", "index_sha256"));
  EXPECT_EQ(sidecar["size_bytes"], image.size());
  EXPECT_EQ(sidecar["checksum"], Sha256Of(image));
}

TEST_F(WrittenDump, OfSomeTablesRecordsItsFilters) {
  const std::string other =
      box_.Backup("app.db", {"--compression", "0", "--table", "documents", "--tag", "weekly"});
  const std::string dump = ReadBytes(box_.DumpPath(other));
  const ordered_json envelope = ordered_json::parse(dump.substr(4, kEnvelope - 5), nullptr, false);
  ASSERT_TRUE(envelope.is_object());
  EXPECT_EQ(envelope["kind"], "partial");
  EXPECT_EQ(envelope["filters"], ordered_json::object({{"table", 1}}));
  EXPECT_EQ(Keys(envelope).back(), "filters");
  const ordered_json sidecar =
      ordered_json::parse(ReadBytes(box_.SidecarPath(other)), nullptr, false);
  ASSERT_TRUE(sidecar.is_object());
  EXPECT_EQ(sidecar["kind"], "partial");
  EXPECT_EQ(sidecar["filters"], ordered_json::array({"table=documents"}));
  // Tags change later, so they are in a file of their own.
  EXPECT_THAT(Keys(sidecar),
              ElementsAre("id", "profile", "driver", "engine_version", "dump_format", "size_bytes",
                          "checksum", "created", "tables", "kind", "filters", "took_ms"));
}

// A dump constructed by the test.
class HandMade : public ::testing::Test {
 protected:
  HandMade() {
    std::filesystem::create_directories(box_.DumpDirectory());
    EXPECT_THAT(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 500000}), IsOk());
  }

  // A full dump and its sidecar, in the form that siphon (Go) writes.
  void PutFull(const std::string& id, const std::string& driver, const std::string& position,
               std::string_view body, const std::string& created) {
    const std::string dump =
        absl::StrCat(EnvelopeOf(absl::StrCat(R"({"siphon":"1.0","type":"base","driver":")", driver,
                                             R"(",)", position, R"("created":")", created, "\"}")),
                     body);
    WriteBytes(box_.DumpPath(id), dump);
    WriteBytes(
        box_.SidecarPath(id),
        absl::StrCat("{\n  \"id\": \"", id, "\",\n  \"profile\": \"prod\",\n  \"driver\": \"",
                     driver, "\",\n  \"engine_version\": \"\",\n",
                     "  \"dump_format\": \"custom\",\n  \"size_bytes\": ", dump.size(),
                     ",\n  \"checksum\": \"", Sha256Of(dump), "\",\n  \"created\": \"", created,
                     "\",\n  \"tables\": null\n}"));
  }

  void PutIncremental(const std::string& id, const std::string& base, const std::string& parent,
                      const std::string& created) {
    const std::string dump = absl::StrCat(
        EnvelopeOf(absl::StrCat(R"({"siphon":"1.0","type":"incremental","driver":"postgres",)",
                                R"("base_id":")", base, R"(","parent_id":")", parent,
                                R"(","wal_end":"0/16B3748","created":")", created, "\"}")),
        "{\"op\":\"insert\",\"table\":\"t\",\"values\":{\"id\":1}}\n");
    WriteBytes(box_.DumpPath(id), dump);
    WriteBytes(
        box_.SidecarPath(id),
        absl::StrCat("{\n  \"id\": \"", id, "\",\n  \"profile\": \"prod\",\n",
                     "  \"driver\": \"postgres\",\n  \"engine_version\": \"\",\n",
                     "  \"dump_format\": \"jsonl-changes\",\n  \"size_bytes\": ", dump.size(),
                     ",\n  \"checksum\": \"", Sha256Of(dump), "\",\n  \"created\": \"", created,
                     "\",\n  \"tables\": null,\n  \"annotations\": {\n    \"why\": \"nightly\"\n",
                     "  },\n  \"base_id\": \"", base, "\",\n  \"parent_id\": \"", parent, "\"\n}"));
  }

  Sandbox box_;
};

constexpr char kOld[] = "01JD8ZK3X4Q2W5R6T7Y8V9B0NM";
constexpr char kNew[] = "01JD8ZM3X4Q2W5R6T7Y8V9B0NM";
constexpr char kPostgres[] = "01JD8ZN3X4Q2W5R6T7Y8V9B0NM";
constexpr char kIncrement[] = "01JD8ZP3X4Q2W5R6T7Y8V9B0NM";

TEST_F(HandMade, CatalogueIsListedInspectedVerifiedAndRestored) {
  PutFull(kOld, "sqlite", "", ReadBytes(box_.Path("app.db")), "2025-11-20T10:00:00.123456789Z");
  PutFull(kNew, "sqlite", "", ReadBytes(box_.Path("app.db")), "2025-11-21T10:00:00.5+02:00");
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(kNew, kOld)) << "newest first";
  const ProcessResult list = box_.Run({"dumps", "list"});
  EXPECT_THAT(list.out, AllOf(HasSubstr(kOld), HasSubstr("prod"), HasSubstr("sqlite")));

  const ProcessResult inspect = box_.Run({"dumps", "inspect", kNew, "--json"});
  ASSERT_EQ(inspect.exit_code, 0) << inspect.err;
  const auto json = nlohmann::json::parse(inspect.out, nullptr, false);
  EXPECT_EQ(json["type"], "base");
  EXPECT_EQ(json["created"], "2025-11-21T08:00:00.5Z");
  EXPECT_EQ(json["compression"], "none");

  for (const std::string id : {kOld, kNew}) {
    const ProcessResult verify = box_.Run({"verify", id});
    EXPECT_EQ(verify.exit_code, 0) << verify.err;
    const ProcessResult deep = box_.Run({"verify", id, "--deep"});
    EXPECT_EQ(deep.exit_code, 0) << deep.err;
    const std::string target = absl::StrCat(id, ".db");
    const ProcessResult restore = box_.Run({"restore", id, "--profile", box_.Url(target)});
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    EXPECT_EQ(*Fingerprint(box_.Path(target)), *Fingerprint(box_.Path("app.db")));
  }
}

TEST_F(HandMade, CatalogueOfAnEngineThatIsNotCarriedIsListedAndVerified) {
  PutFull(kPostgres, "postgres", R"("wal_end":"0/16B3740",)", "PGDMP\x01\x0e\x00 as pg_dump -Fc",
          "2025-11-20T10:00:00Z");
  PutIncremental(kIncrement, kPostgres, kPostgres, "2025-11-21T10:00:00Z");
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(kIncrement, kPostgres));
  for (const std::string id : {kPostgres, kIncrement}) {
    const ProcessResult verify = box_.Run({"verify", id});
    EXPECT_EQ(verify.exit_code, 0) << verify.err;
    const ProcessResult inspect = box_.Run({"dumps", "inspect", id});
    EXPECT_EQ(inspect.exit_code, 0) << inspect.err;
    const ProcessResult restore = box_.Run({"restore", id, "--profile", box_.Url("new.db")});
    EXPECT_EQ(restore.exit_code, 1) << "not of the target's engine: " << restore.err;
    EXPECT_THAT(restore.err, HasSubstr("postgres"));
  }
  EXPECT_THAT(Names(box_.root()), ::testing::Not(::testing::Contains("new.db")));
  const ProcessResult rm = box_.Run({"dumps", "rm", kPostgres, "--yes"});
  EXPECT_EQ(rm.exit_code, 1) << "an increment stands on it";
  EXPECT_THAT(rm.err, HasSubstr(kIncrement));
  EXPECT_EQ(box_.Run({"dumps", "rm", kIncrement, "--yes"}).exit_code, 0);
  EXPECT_EQ(box_.Run({"dumps", "rm", kPostgres, "--yes"}).exit_code, 0);
  EXPECT_THAT(Names(box_.DumpDirectory()), ::testing::IsEmpty());
}

TEST_F(HandMade, DumpsGetTheirSidecarsAgain) {
  PutFull(kOld, "sqlite", "", ReadBytes(box_.Path("app.db")), "2025-11-20T10:00:00.123456789Z");
  const std::string written = ReadBytes(box_.SidecarPath(kOld));
  std::filesystem::remove(box_.SidecarPath(kOld));
  EXPECT_THAT(box_.ListedDumps(), ::testing::IsEmpty());
  const ProcessResult rebuild = box_.Run({"dumps", "rebuild", "--profile", "prod"});
  EXPECT_EQ(rebuild.exit_code, 0) << rebuild.err;
  const std::string rebuilt = ReadBytes(box_.SidecarPath(kOld));
  // The envelope names no table and no engine version, so that only the form can differ.
  EXPECT_EQ(rebuilt, written);
  EXPECT_EQ(box_.Run({"verify", kOld}).exit_code, 0);
}

TEST_F(HandMade, DirectoryKeepsFilesThatAreNotSiphons) {
  PutFull(kOld, "sqlite", "", ReadBytes(box_.Path("app.db")), "2025-11-20T10:00:00Z");
  WriteBytes(box_.DumpDirectory() + "/README", "mine");
  WriteBytes(box_.DumpDirectory() + "/.hidden", "mine");
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(kOld));
  box_.Backup("app.db");
  EXPECT_EQ(ReadBytes(box_.DumpDirectory() + "/README"), "mine");
  EXPECT_EQ(ReadBytes(box_.DumpDirectory() + "/.hidden"), "mine");
}

}  // namespace
}  // namespace siphon::testing
