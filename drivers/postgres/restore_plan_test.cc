// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore_plan.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/sample_archive.h"
#include "drivers/postgres/statistics.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// The table of contents of a sample, which testdata/README.md describes.
class RestorePlanTest : public ::testing::TestWithParam<std::string> {
 protected:
  RestorePlan Plan(const verbs::RestoreOptions& options) {
    absl::StatusOr<RestorePlan> plan = PlanRestore(archive_, options);
    EXPECT_OK(plan);
    return plan.ok() ? *std::move(plan) : RestorePlan();
  }

  const Archive archive_ = OpenSample(GetParam());
};

// "TABLE items" of each entry, without what every plan has, and without statistics.
std::vector<std::string> Names(const RestorePlan& plan) {
  std::vector<std::string> names;
  for (const ArchiveEntry* entry : plan.entries) {
    if (entry->kind == "ENCODING" || entry->kind == "STDSTRINGS" || entry->kind == "SEARCHPATH" ||
        entry->kind == kStatisticsKind) {
      continue;
    }
    names.push_back(absl::StrCat(entry->kind, " ", entry->tag));
  }
  return names;
}

verbs::RestoreOptions Tables(const std::vector<std::string>& tables) {
  verbs::RestoreOptions options;
  options.tables = tables;
  return options;
}

TEST_P(RestorePlanTest, WithoutAChoiceEverythingIsRestored) {
  const RestorePlan plan = Plan({});
  EXPECT_EQ(plan.entries.size(), archive_.entries.size());
  EXPECT_THAT(plan.remarks, IsEmpty());
  EXPECT_THAT(plan.chosen, IsEmpty());
  // It was not made by siphon.
  EXPECT_FALSE(plan.whole);
}

TEST_P(RestorePlanTest, AChosenTableBringsAlongWhatBelongsToIt) {
  EXPECT_THAT(
      Names(Plan(Tables({"items"}))),
      UnorderedElementsAre("TABLE items", "COMMENT TABLE items", "COMMENT COLUMN items.name",
                           "ACL COLUMN items.name", "TABLE DATA items",
                           "CONSTRAINT items items_pkey", "STATISTICS items_stat",
                           "TRIGGER items items_touch", "FK CONSTRAINT items items_account_fkey"));
  EXPECT_THAT(Names(Plan(Tables({"accounts"}))),
              UnorderedElementsAre(
                  "TABLE accounts", "ACL TABLE accounts", "SEQUENCE accounts_id_seq",
                  "SEQUENCE OWNED BY accounts_id_seq", "DEFAULT accounts id", "TABLE DATA accounts",
                  "SEQUENCE SET accounts_id_seq", "CONSTRAINT accounts accounts_pkey",
                  "ROW SECURITY accounts", "POLICY accounts own"));
}

TEST_P(RestorePlanTest, APartitionedTableBringsItsPartitions) {
  EXPECT_THAT(Names(Plan(Tables({"sales.orders"}))),
              UnorderedElementsAre(
                  "TABLE orders", "TABLE orders_2023", "TABLE orders_2024",
                  "SEQUENCE orders_id_seq", "TABLE ATTACH orders_2023", "TABLE ATTACH orders_2024",
                  "TABLE DATA orders_2023", "TABLE DATA orders_2024", "SEQUENCE SET orders_id_seq",
                  "INDEX orders_at_idx", "INDEX orders_2023_at_idx", "INDEX orders_2024_at_idx",
                  "INDEX ATTACH orders_2023_at_idx", "INDEX ATTACH orders_2024_at_idx"));
}

TEST_P(RestorePlanTest, APartitionAloneIsATableOfItsOwnAndThatIsSaid) {
  const RestorePlan plan = Plan(Tables({"sales.orders_2023"}));
  EXPECT_THAT(Names(plan), UnorderedElementsAre("TABLE orders_2023", "TABLE DATA orders_2023",
                                                "INDEX orders_2023_at_idx"));
  EXPECT_THAT(plan.remarks, ::testing::ElementsAre(HasSubstr("sales.orders_2023")));
}

TEST_P(RestorePlanTest, PatternsChooseSeveral) {
  const RestorePlan plan = Plan(Tables({"sales.*"}));
  std::set<std::string> chosen;
  for (const ArchiveEntry* entry : plan.chosen) chosen.insert(EntryName(archive_, *entry));
  EXPECT_THAT(chosen, UnorderedElementsAre("sales.orders", "sales.orders_2023", "sales.orders_2024",
                                           "sales.orders_id_seq", "sales.\"Mixed Case\""));
  EXPECT_THAT(Names(plan), Contains("RULE Mixed Case nothing"));
}

TEST_P(RestorePlanTest, AMaterializedViewIsFilled) {
  EXPECT_THAT(Names(Plan(Tables({"sums"}))),
              UnorderedElementsAre("MATERIALIZED VIEW sums", "MATERIALIZED VIEW DATA sums"));
}

TEST_P(RestorePlanTest, ANameThatIsNotThereIsRefusedAndNamed) {
  const absl::Status status = PlanRestore(archive_, Tables({"items", "orders"})).status();
  EXPECT_THAT(status, StatusIs(errs::kNotFound, HasSubstr("\"orders\"")));
  EXPECT_THAT(errs::Render(status), HasSubstr("sales.orders"));
}

TEST_P(RestorePlanTest, DefinitionsAloneHaveNoRows) {
  verbs::RestoreOptions options;
  options.schema_only = true;
  const std::vector<std::string> names = Names(Plan(options));
  EXPECT_THAT(names, IsSupersetOf({"TABLE items", "MATERIALIZED VIEW sums", "PUBLICATION pub"}));
  for (const std::string_view kind :
       {"TABLE DATA", "SEQUENCE SET", "BLOB", "MATERIALIZED VIEW DATA"}) {
    EXPECT_THAT(names, Each(Not(StartsWith(std::string(kind))))) << kind;
  }
}

TEST_P(RestorePlanTest, RowsAloneHaveNoDefinitions) {
  verbs::RestoreOptions options;
  options.data_only = true;
  const RestorePlan plan = Plan(options);
  const std::vector<std::string> names = Names(plan);
  EXPECT_THAT(names, IsSupersetOf({"TABLE DATA items", "SEQUENCE SET accounts_id_seq",
                                   "MATERIALIZED VIEW DATA sums"}));
  EXPECT_THAT(names, Contains(StartsWith("BLOBS ")));
  EXPECT_THAT(names, Each(Not(StartsWith("TABLE items"))));
  EXPECT_EQ(plan.TablesWithData().size(), 5u);
  EXPECT_EQ(plan.LargeObjects().size(), 2u);
}

TEST_P(RestorePlanTest, AScratchDatabaseNeedsNoRolesAndActsOnNoOther) {
  RestorePlan plan = Plan({});
  KeepToTheDatabase(archive_, plan);
  const std::vector<std::string> names = Names(plan);
  for (const std::string_view kind : {"ACL", "DEFAULT ACL", "POLICY", "PUBLICATION"}) {
    EXPECT_THAT(names, Each(Not(StartsWith(absl::StrCat(kind, " "))))) << kind;
  }
  EXPECT_THAT(names, IsSupersetOf({"TABLE items", "TABLE DATA items", "COMMENT TABLE items"}));
}

INSTANTIATE_TEST_SUITE_P(Samples, RestorePlanTest,
                         ::testing::Values("sample-1.14-gzip.dump", "sample-1.16-zstd.dump",
                                           "sample-1.16-statistics.dump"),
                         [](const auto& info) { return std::to_string(info.index); });

class StatisticsInPlanTest : public RestorePlanTest {
 protected:
  // The relations whose statistics are restored.
  std::vector<std::string> Statistics(const verbs::RestoreOptions& options) {
    std::vector<std::string> names;
    for (const ArchiveEntry* entry : Plan(options).entries) {
      if (entry->kind == kStatisticsKind) names.emplace_back(entry->tag);
    }
    return names;
  }
  // The relations whose statistics describe rows that the archive lacks.
  std::vector<std::string> WithoutRows(const std::set<std::string>& parents) {
    const EntryIds ids = StatisticsWithoutRows(archive_, parents);
    std::vector<std::string> names;
    for (const ArchiveEntry& entry : archive_.entries) {
      if (ids.contains(entry.id)) names.emplace_back(entry.tag);
    }
    return names;
  }
};

TEST_P(StatisticsInPlanTest, BelongToTheirTable) {
  EXPECT_THAT(Statistics({}), ::testing::SizeIs(12));
  EXPECT_THAT(Statistics(Tables({"items"})), UnorderedElementsAre("items", "items_pkey"));
  EXPECT_THAT(Statistics(Tables({"sums"})), UnorderedElementsAre("sums"));
  EXPECT_THAT(Statistics(Tables({"sales.orders_2023"})),
              UnorderedElementsAre("orders_2023", "orders_2023_at_idx"));
}

TEST_P(StatisticsInPlanTest, ComeNeitherWithDefinitionsAloneNorWithRowsAlone) {
  verbs::RestoreOptions definitions, rows;
  definitions.schema_only = rows.data_only = true;
  EXPECT_THAT(Statistics(definitions), IsEmpty());
  EXPECT_THAT(Statistics(rows), IsEmpty());
}

TEST_P(StatisticsInPlanTest, OfRowsElsewhereAreFound) {
  EXPECT_THAT(WithoutRows({}), UnorderedElementsAre("orders", "orders_at_idx", "sums"));
  std::string accounts;
  for (const ArchiveEntry& entry : archive_.entries) {
    if (entry.kind == "TABLE" && entry.tag == "accounts") accounts = std::string(entry.oid);
  }
  EXPECT_THAT(WithoutRows({accounts}),
              UnorderedElementsAre("accounts", "accounts_pkey", "orders", "orders_at_idx", "sums"));
}

INSTANTIATE_TEST_SUITE_P(Samples, StatisticsInPlanTest,
                         ::testing::Values("sample-1.16-statistics.dump"));

TEST(ArchiveContentsTest, TellsAWholeDatabaseByItsMark) {
  Archive archive;
  EXPECT_FALSE(HoldsWholeDatabase(archive));
  archive.header.version = kNewestArchive;
  const std::string mark = FormatWholeDatabaseEntry(archive);
  const std::string version("\1\x10\0\4\x8\1\0", 7);
  std::string head = absl::StrCat("PGDMP", version);
  for (int i = 0; i < 7; ++i) absl::StrAppend(&head, EncodeArchiveInt(0));
  for (int i = 0; i < 3; ++i) absl::StrAppend(&head, EncodeArchiveInt(-1));
  absl::StrAppend(&head, EncodeArchiveInt(1), mark);
  const absl::StatusOr<Archive> marked = ParseArchiveHead({head.begin(), head.end()});
  ASSERT_OK(marked);
  EXPECT_TRUE(HoldsWholeDatabase(*marked));
}

}  // namespace
}  // namespace siphon::postgres
