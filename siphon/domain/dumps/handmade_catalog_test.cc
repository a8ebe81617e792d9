// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A catalogue written by hand from docs/contracts.md#dump-file and docs/contracts.md#sidecar: the
// test contains every byte, and the checksums come from sha256sum, so that siphon's code does not
// check itself.

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kBaseId[] = "01KG9B5ZT0AAAAAAAAAAAAAAAA";
constexpr char kIncrementalId[] = "01KGAD7S80BBBBBBBBBBBBBBBB";

constexpr std::string_view kBaseBody = "-- MariaDB dump\nCREATE TABLE t (i int);\n";
constexpr std::string_view kIncrementalBody =
    "{\"op\":\"insert\",\"table\":\"t\",\"values\":{\"i\":1}}\n";
constexpr std::string_view kMineBody("\0\x01SQLite\xff", 9);

class HandMadeCatalogTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    WriteRaw("01KG9B5ZT0AAAAAAAAAAAAAAAA.dump",
             HandMadeDump(R"({"siphon":"1.0","type":"base","driver":"mysql",)"
                          R"("binlog_file":"binlog.000007","binlog_end":4711,)"
                          R"("created":"2026-01-31T22:10:00.000000001Z"})",
                          kBaseBody));
    WriteRaw("01KG9B5ZT0AAAAAAAAAAAAAAAA.meta.json", R"({
  "id": "01KG9B5ZT0AAAAAAAAAAAAAAAA",
  "profile": "shop",
  "driver": "mysql",
  "engine_version": "",
  "dump_format": "custom",
  "size_bytes": 4136,
  "checksum": "sha256:6c67dd97e7d53bd0f6f961724fa41ee510fe44066d28d72ead1c786629c6b16f",
  "created": "2026-01-31T23:10:00.000000001+01:00",
  "tables": null
})");
    WriteRaw("01KGAD7S80BBBBBBBBBBBBBBBB.dump",
             HandMadeDump(R"({"siphon":"1.0","type":"incremental","driver":"mysql",)"
                          R"("base_id":"01KG9B5ZT0AAAAAAAAAAAAAAAA",)"
                          R"("parent_id":"01KG9B5ZT0AAAAAAAAAAAAAAAA",)"
                          R"("binlog_file":"binlog.000007","binlog_end":5000,)"
                          R"("created":"2026-02-01T08:00:00Z"})",
                          kIncrementalBody));
    WriteRaw("01KGAD7S80BBBBBBBBBBBBBBBB.meta.json", R"({
  "id": "01KGAD7S80BBBBBBBBBBBBBBBB",
  "profile": "shop",
  "driver": "mysql",
  "engine_version": "",
  "dump_format": "jsonl-changes",
  "size_bytes": 4141,
  "checksum": "sha256:9f2e7fa82f81e0d61188dcf2ec42baa3a74e597d5b5a5794c37026cad4065360",
  "created": "2026-02-01T13:30:00+05:30",
  "tables": null,
  "base_id": "01KG9B5ZT0AAAAAAAAAAAAAAAA",
  "parent_id": "01KG9B5ZT0AAAAAAAAAAAAAAAA"
}
)");
    // Different from siphon's output, but allowed: another kind of id, spaces, another order of
    // keys, unknown keys.
    WriteRaw("mydump.dump",
             HandMadeDump(R"({ "siphon" : "1.0", "type": "base", "driver": "sqlite", )"
                          R"("created": "2026-02-01T00:30:00+14:00", )"
                          R"("note": ["mine", {"x": 1.5e3}] })",
                          kMineBody));
    WriteRaw(
        "mydump.meta.json",
        R"({"created":"2026-01-31T10:30:00.5Z","note":{"by":["hand"]},"tables":)"
        R"([{"rows":2,"size_bytes":8192,"name":"t","engine":"x"}],"annotations":{"why":"test"},)"
        "\n\t"
        R"("checksum":"sha256:74491dbbd59e5ef92c54a7b56524926ca059c3778a80a2fd2797ec87889ff55b",)"
        R"("size_bytes":4105,"dump_format":"custom","engine_version":"3.46.1",)"
        R"("driver":"sqlite","profile":"","id":"mydump"})");
  }
};

TEST_F(HandMadeCatalogTest, IsListed) {
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs(kIncrementalId), IdIs(kBaseId), IdIs("mydump")));
  EXPECT_THAT(listing.corrupt, IsEmpty());
  EXPECT_THAT(listing.orphans, IsEmpty());
  EXPECT_EQ(listing.dumps[0].created,
            absl::FromCivil(absl::CivilSecond(2026, 2, 1, 8, 0, 0), absl::UTCTimeZone()));
  const Sidecar& mine = listing.dumps[2];
  EXPECT_EQ(mine.engine_version, "3.46.1");
  EXPECT_THAT(mine.tables, ElementsAre(TableInfo{"t", 2, 8192}));
  EXPECT_THAT(mine.annotations, ElementsAre(Pair("why", "test")));
}

TEST_F(HandMadeCatalogTest, IsVerified) {
  for (const char* id : {kBaseId, kIncrementalId, "mydump"}) {
    EXPECT_THAT(catalog_->Verify(context_, id), IsOk()) << id;
  }
}

TEST_F(HandMadeCatalogTest, IsOpened) {
  EXPECT_THAT(ReadBody(kBaseId), IsOkAndHolds(Eq(kBaseBody)));
  EXPECT_THAT(ReadBody(kIncrementalId), IsOkAndHolds(Eq(kIncrementalBody)));
  EXPECT_THAT(ReadBody("mydump"), IsOkAndHolds(Eq(kMineBody)));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, kBaseId));
  EXPECT_EQ(dump.envelope.binlog_file, "binlog.000007");
  EXPECT_EQ(dump.envelope.binlog_end, 4711u);
}

TEST_F(HandMadeCatalogTest, HasAChain) {
  EXPECT_THAT(catalog_->Chain(context_, kIncrementalId),
              IsOkAndHolds(ElementsAre(IdIs(kBaseId), IdIs(kIncrementalId))));
  EXPECT_THAT(catalog_->Remove(context_, kBaseId),
              StatusIs(errs::kInvalidArgument, HasSubstr(kIncrementalId)));
}

TEST_F(HandMadeCatalogTest, GetsTheSameSidecarsFromARebuild) {
  const std::string base = ReadRaw("01KG9B5ZT0AAAAAAAAAAAAAAAA.meta.json");
  clock_.zone = absl::FixedTimeZone(60 * 60);
  RemoveRaw("01KG9B5ZT0AAAAAAAAAAAAAAAA.meta.json");
  RemoveRaw("01KGAD7S80BBBBBBBBBBBBBBBB.meta.json");
  ASSERT_OK_AND_ASSIGN(
      const RebuildResult result,
      catalog_->Rebuild(context_, "shop", false,
                        [](const Envelope&, base::Reader&) { return std::vector<TableInfo>(); }));
  EXPECT_THAT(result.rebuilt, ElementsAre(kBaseId, kIncrementalId));
  EXPECT_EQ(ReadRaw("01KG9B5ZT0AAAAAAAAAAAAAAAA.meta.json"), base);
  EXPECT_THAT(catalog_->Verify(context_, kIncrementalId), IsOk());
  EXPECT_THAT(catalog_->Chain(context_, kIncrementalId),
              IsOkAndHolds(ElementsAre(IdIs(kBaseId), IdIs(kIncrementalId))));
}

}  // namespace
}  // namespace siphon::dumps
