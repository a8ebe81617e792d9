// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/sidecar.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/scope.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kChecksum =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Sidecar FullDump() {
  Sidecar sidecar;
  sidecar.id = "01ARYZ6S41TSV4RRFFQ69G5FAV";
  sidecar.profile = "prod";
  sidecar.driver = "mysql";
  sidecar.size_bytes = 4321;
  sidecar.checksum = std::string(kChecksum);
  sidecar.created =
      absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, 33), absl::UTCTimeZone()) +
      absl::Milliseconds(120);
  return sidecar;
}

// The sidecar of a full dump by siphon (Go), written from docs/contracts.md#sidecar.
constexpr std::string_view kFullDump = R"({
  "id": "01ARYZ6S41TSV4RRFFQ69G5FAV",
  "profile": "prod",
  "driver": "mysql",
  "engine_version": "",
  "dump_format": "custom",
  "size_bytes": 4321,
  "checksum": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "created": "2026-03-01T13:22:33.12+02:00",
  "tables": null
})";

TEST(EncodeSidecarTest, WritesTheBytesOfAFullDumpOfSiphonInGo) {
  EXPECT_EQ(EncodeSidecar(FullDump(), absl::FixedTimeZone(2 * 60 * 60)), kFullDump);
}

TEST(EncodeSidecarTest, WritesEveryKeyInTheContractsOrder) {
  Sidecar sidecar = FullDump();
  sidecar.profile = "a&b";
  sidecar.engine_version = "8.4";
  sidecar.dump_format = "jsonl-changes";
  sidecar.tables = {{"t", 1, 2}, {"u", 0, 0, "MySQL 9.7:3408350374"}};
  sidecar.annotations = {{"why", "before \"2.0\""}, {"by", "me"}};
  sidecar.scope = {Kind::kPartial, {"table=a", "schema-only"}, "12"};
  sidecar.took = absl::Milliseconds(4711);
  sidecar.base_id = "B";
  sidecar.parent_id = "P";
  sidecar.index = IndexRecord{4096, std::string(64, '0')};
  EXPECT_EQ(EncodeSidecar(sidecar, absl::UTCTimeZone()), R"({
  "id": "01ARYZ6S41TSV4RRFFQ69G5FAV",
  "profile": "a\u0026b",
  "driver": "mysql",
  "engine_version": "8.4",
  "dump_format": "jsonl-changes",
  "size_bytes": 4321,
  "checksum": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "created": "2026-03-01T11:22:33.12Z",
  "tables": [
    {
      "name": "t",
      "rows": 1,
      "size_bytes": 2
    },
    {
      "name": "u",
      "rows": 0,
      "size_bytes": 0,
      "checksum": "MySQL 9.7:3408350374"
    }
  ],
  "annotations": {
    "by": "me",
    "why": "before \"2.0\""
  },
  "kind": "partial",
  "filters": [
    "table=a",
    "schema-only"
  ],
  "before_migration": "12",
  "took_ms": 4711,
  "base_id": "B",
  "parent_id": "P",
  "index_offset": 4096,
  "index_sha256": "0000000000000000000000000000000000000000000000000000000000000000"
})");
}

TEST(DecodeSidecarTest, ReadsWhatSiphonInGoWrites) {
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, DecodeSidecar(kFullDump));
  const Sidecar expected = FullDump();
  EXPECT_EQ(sidecar.id, expected.id);
  EXPECT_EQ(sidecar.profile, "prod");
  EXPECT_EQ(sidecar.driver, "mysql");
  EXPECT_EQ(sidecar.dump_format, "custom");
  EXPECT_EQ(sidecar.size_bytes, 4321u);
  EXPECT_EQ(sidecar.checksum, kChecksum);
  EXPECT_EQ(sidecar.index, std::nullopt);
  EXPECT_EQ(sidecar.created, expected.created);
  EXPECT_THAT(sidecar.tables, IsEmpty());
  EXPECT_THAT(sidecar.annotations, IsEmpty());
  EXPECT_EQ(sidecar.scope, Scope());
  EXPECT_EQ(sidecar.took, absl::ZeroDuration());
}

TEST(DecodeSidecarTest, ReadsWhatEncodeWrites) {
  Sidecar sidecar = FullDump();
  sidecar.tables = {{"<ü>", 1, 2}};
  sidecar.annotations = {{"", "x"}, {"k", ""}};
  sidecar.scope = {Kind::kPartial, {"table=\"ü\"", ""}, "7"};
  sidecar.took = absl::Milliseconds(1);
  sidecar.base_id = "B";
  sidecar.parent_id = "P";
  sidecar.index = IndexRecord{0, std::string(64, 'f')};
  const std::string json = EncodeSidecar(sidecar, absl::FixedTimeZone(-5 * 60 * 60));
  ASSERT_OK_AND_ASSIGN(const Sidecar decoded, DecodeSidecar(json));
  EXPECT_EQ(decoded.index, sidecar.index);
  EXPECT_THAT(decoded.tables, ElementsAre(TableInfo{"<ü>", 1, 2}));
  EXPECT_THAT(decoded.annotations, ElementsAre(Pair("", "x"), Pair("k", "")));
  EXPECT_EQ(decoded.scope, sidecar.scope);
  EXPECT_EQ(decoded.took, sidecar.took);
  EXPECT_EQ(EncodeSidecar(decoded, absl::FixedTimeZone(-5 * 60 * 60)), json);
}

TEST(DecodeSidecarTest, TheKindOfANewerVersionIsUnknown) {
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar,
                       DecodeSidecar(absl::StrReplaceAll(
                           kFullDump, {{"\"tables\"", "\"kind\": \"Full\",\n\"tables\""}})));
  EXPECT_EQ(sidecar.scope.kind, Kind::kUnknown);
  EXPECT_THAT(DecodeSidecar(absl::StrReplaceAll(kFullDump,
                                                {{"\"tables\"", "\"filters\": [1],\n\"tables\""}})),
              StatusIs(errs::kIntegrity, HasSubstr("an array of strings")));
}

TEST(DecodeSidecarTest, AMissingChecksumIsAnEmptyOne) {
  const std::string json =
      absl::StrReplaceAll(kFullDump, {{"\"checksum\"", "\"checksum_of_old\""}});
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, DecodeSidecar(json));
  EXPECT_EQ(sidecar.checksum, "");
}

TEST(DecodeSidecarTest, RefusesWhatIsNoSidecar) {
  EXPECT_THAT(DecodeSidecar(""), StatusIs(errs::kIntegrity, HasSubstr("invalid sidecar")));
  EXPECT_THAT(DecodeSidecar("null"), StatusIs(errs::kIntegrity, HasSubstr("not null")));
  EXPECT_THAT(DecodeSidecar(kFullDump.substr(0, kFullDump.size() - 1)),
              StatusIs(errs::kIntegrity, HasSubstr("parse error at line 11")));
  for (const std::string_view key : {"id", "driver", "dump_format", "size_bytes", "created"}) {
    const std::string quoted = absl::StrCat("\"", key, "\": ");
    EXPECT_THAT(
        DecodeSidecar(absl::StrReplaceAll(kFullDump, {{quoted, "\"x\": "}})),
        AllOf(StatusIs(errs::kIntegrity, HasSubstr(absl::StrCat("key \"", key, "\" is missing"))),
              HasExitCode(errs::Code::kIntegrity)));
    EXPECT_THAT(
        DecodeSidecar(absl::StrReplaceAll(kFullDump, {{quoted, absl::StrCat(quoted, "[], ")}})),
        StatusIs(errs::kIntegrity));
  }
}

TEST(DecodeSidecarTest, RefusesNumbersThatNoDumpCanHave) {
  for (const char* size :
       {"-1", "1.5", "9223372036854775808", "1e100", "\"1\"", "99999999999999999999"}) {
    EXPECT_THAT(DecodeSidecar(absl::StrReplaceAll(kFullDump, {{"4321", size}})),
                StatusIs(errs::kIntegrity, HasSubstr("size_bytes")))
        << size;
  }
}

TEST(DecodeSidecarTest, RefusesHalfAnIndexAndWrongHashes) {
  const auto with = [](std::string_view keys) {
    return DecodeSidecar(absl::StrReplaceAll(kFullDump, {{"\"tables\": null", keys}}));
  };
  const std::string hash(64, 'a');
  EXPECT_THAT(with(absl::StrCat(R"("index_offset": 1, "index_sha256": ")", hash, "\"")), IsOk());
  EXPECT_THAT(with(R"("index_offset": null, "index_sha256": null)"), IsOk());
  EXPECT_THAT(with(R"("index_offset": 1)"),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("\"index_sha256\" is missing")),
                    HasExitCode(errs::Code::kIntegrity)));
  EXPECT_THAT(with(absl::StrCat(R"("index_sha256": ")", hash, "\"")),
              StatusIs(errs::kIntegrity, HasSubstr("\"index_offset\" is missing")));
  EXPECT_THAT(with(absl::StrCat(R"("index_offset": -1, "index_sha256": ")", hash, "\"")),
              StatusIs(errs::kIntegrity, HasSubstr("index_offset")));
  for (const std::string& wrong :
       {std::string(), hash + "a", hash.substr(1), "A" + hash.substr(1), "g" + hash.substr(1)}) {
    EXPECT_THAT(with(absl::StrCat(R"("index_offset": 1, "index_sha256": ")", wrong, "\"")),
                StatusIs(errs::kIntegrity, HasSubstr("index_sha256 does not have 64 hex digits")))
        << wrong;
  }
}

TEST(DecodeSidecarTest, RefusesIdsThatLeadElsewhere) {
  const auto with = [](std::string_view from, std::string_view to) {
    return DecodeSidecar(absl::StrReplaceAll(kFullDump, {{from, to}}));
  };
  EXPECT_THAT(with("01ARYZ6S41TSV4RRFFQ69G5FAV", "../../etc/passwd"),
              StatusIs(errs::kIntegrity, HasSubstr("dump id")));
  EXPECT_THAT(with("\"tables\": null", "\"parent_id\": \"a/b\""),
              StatusIs(errs::kIntegrity, HasSubstr("dump id")));
  EXPECT_THAT(with("\"tables\": null", "\"base_id\": \"\""), IsOk());
}

}  // namespace
}  // namespace siphon::dumps
