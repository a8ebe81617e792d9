// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/exclude.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/sample_archive.h"
#include "drivers/postgres/statistics.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/verbs/verbs.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// The table of contents of a sample, which testdata/README.md describes.
class ExcludeTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    absl::StatusOr<RestorePlan> plan = PlanRestore(archive_, {});
    ASSERT_OK(plan);
    plan_ = *std::move(plan);
  }

  absl::StatusOr<std::vector<std::string>> LeaveOut(const std::vector<std::string>& objects,
                                                    const std::set<std::string>& extensions = {}) {
    verbs::RestoreOptions options;
    options.exclude_objects = objects;
    TargetObjects target;
    target.extensions = extensions;
    const absl::StatusOr<std::vector<verbs::LeftOut>> left_out =
        postgres::LeaveOut(archive_, options, target, plan_);
    if (!left_out.ok()) return left_out.status();
    std::vector<std::string> names;
    for (const verbs::LeftOut& one : *left_out) names.push_back(one.object);
    return names;
  }

  // What the plan lacks, without statistics: "INDEX items_price".
  std::vector<std::string> Missing() const {
    const std::set<const ArchiveEntry*> there(plan_.entries.begin(), plan_.entries.end());
    std::vector<std::string> names;
    for (const ArchiveEntry& entry : archive_.entries) {
      if (there.contains(&entry) || entry.kind == kStatisticsKind) continue;
      names.push_back(absl::StrCat(entry.kind, " ", entry.tag));
    }
    return names;
  }

  const Archive archive_ = OpenSample(GetParam());
  RestorePlan plan_;
};

TEST_P(ExcludeTest, AnIndexGoesWithThoseOfThePartitions) {
  EXPECT_THAT(LeaveOut({"index:sales.orders_at_idx"}),
              IsOkAndHolds(ElementsAre("index sales.orders_at_idx")));
  EXPECT_THAT(Missing(),
              UnorderedElementsAre("INDEX orders_at_idx", "INDEX orders_2023_at_idx",
                                   "INDEX orders_2024_at_idx", "INDEX ATTACH orders_2023_at_idx",
                                   "INDEX ATTACH orders_2024_at_idx"));
}

TEST_P(ExcludeTest, AnIndexIsFoundWithoutItsSchema) {
  EXPECT_OK(LeaveOut({"index:orders_2023_at_idx"}));
  EXPECT_THAT(Missing(),
              UnorderedElementsAre("INDEX orders_2023_at_idx", "INDEX ATTACH orders_2023_at_idx"));
}

TEST_P(ExcludeTest, APartOfATableIsFoundByItsTable) {
  EXPECT_THAT(
      LeaveOut({"trigger:items.items_touch", "policy:own", "fk-constraint:public.items.*"}),
      IsOkAndHolds(ElementsAre("trigger public.items.items_touch", "policy public.accounts.own",
                               "constraint public.items.items_account_fkey")));
  EXPECT_THAT(Missing(), UnorderedElementsAre("TRIGGER items items_touch", "POLICY accounts own",
                                              "FK CONSTRAINT items items_account_fkey"));
}

TEST_P(ExcludeTest, APartOfATableIsFoundByItsSchema) {
  EXPECT_THAT(LeaveOut({"trigger:public.items_touch"}),
              IsOkAndHolds(ElementsAre("trigger public.items.items_touch")));
  EXPECT_THAT(LeaveOut({"trigger:sales.items_touch"}), StatusIs(errs::kNotFound));
}

TEST_P(ExcludeTest, NamesWithSpacesAreNames) {
  EXPECT_THAT(LeaveOut({"rule:\"Mixed Case\".nothing"}),
              IsOkAndHolds(ElementsAre("rule sales.\"Mixed Case\".nothing")));
  EXPECT_THAT(Missing(), ElementsAre("RULE Mixed Case nothing"));
}

TEST_P(ExcludeTest, ATableGoesWithItsParts) {
  EXPECT_THAT(LeaveOut({"table:sales.orders"}), IsOkAndHolds(ElementsAre("table sales.orders")));
  EXPECT_THAT(Missing(),
              UnorderedElementsAre(
                  "TABLE orders", "TABLE orders_2023", "TABLE orders_2024",
                  "SEQUENCE orders_id_seq", "TABLE ATTACH orders_2023", "TABLE ATTACH orders_2024",
                  "TABLE DATA orders_2023", "TABLE DATA orders_2024", "SEQUENCE SET orders_id_seq",
                  "INDEX orders_at_idx", "INDEX orders_2023_at_idx", "INDEX orders_2024_at_idx",
                  "INDEX ATTACH orders_2023_at_idx", "INDEX ATTACH orders_2024_at_idx"));
}

TEST_P(ExcludeTest, WhatNeedsALeftOutObjectIsNamed) {
  EXPECT_THAT(LeaveOut({"table:accounts"}),
              StatusIs(errs::kInvalidArgument,
                       AllOf(HasSubstr("constraint public.items.items_account_fkey"),
                             HasSubstr("table public.accounts"))));
  EXPECT_THAT(Missing(), IsEmpty());
}

TEST_P(ExcludeTest, ErrorsNameWhatThereIs) {
  const absl::Status unknown = LeaveOut({"indexes:a"}).status();
  EXPECT_THAT(unknown, StatusIs(errs::kInvalidArgument, HasSubstr("indexes:a")));
  EXPECT_THAT(errs::Render(unknown), HasSubstr("fk-constraint, foreign-data-wrapper"));
  EXPECT_THAT(CheckExclusions({"index:"}), StatusIs(errs::kInvalidArgument, HasSubstr("no name")));
  EXPECT_THAT(CheckExclusions({"index"}), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(CheckExclusions({"index:a.b.c"}), StatusIs(errs::kInvalidArgument));
  const absl::Status nothing = LeaveOut({"index:missing"}).status();
  EXPECT_THAT(nothing, StatusIs(errs::kNotFound, HasSubstr("index:missing")));
  EXPECT_THAT(errs::Render(nothing), HasSubstr("index:sales.orders_at_idx"));
  const absl::Status none = LeaveOut({"event-trigger:e"}).status();
  EXPECT_THAT(none, StatusIs(errs::kNotFound));
  EXPECT_THAT(errs::Render(none), HasSubstr("materialized-view"));
}

TEST_P(ExcludeTest, RowsAloneCanBeLeftOut) {
  EXPECT_THAT(
      LeaveOut({"table-data:items", "materialized-view-data:sums"}),
      IsOkAndHolds(ElementsAre("table data public.items", "materialized view data public.sums")));
  EXPECT_THAT(Missing(), UnorderedElementsAre("TABLE DATA items", "MATERIALIZED VIEW DATA sums"));
  for (const ArchiveEntry* entry : plan_.entries) {
    EXPECT_FALSE(entry->kind == kStatisticsKind && entry->tag == "items");
  }
}

TEST_P(ExcludeTest, ASchemaGoesWithItsContent) {
  ASSERT_OK(LeaveOut({"schema:sales"}));
  for (const ArchiveEntry* entry : plan_.entries) EXPECT_NE(entry->schema, "sales");
}

TEST_P(ExcludeTest, ACommentIsATextOfThreeWords) {
  EXPECT_THAT(LeaveOut({"comment:COLUMN items.name"}),
              IsOkAndHolds(ElementsAre("comment COLUMN items.name")));
  EXPECT_THAT(Missing(), ElementsAre("COMMENT COLUMN items.name"));
}

TEST_P(ExcludeTest, LargeObjectsAreFoundByTheirOids) {
  EXPECT_THAT(LeaveOut({"large-object:16495"}), IsOkAndHolds(ElementsAre("large object 16495")));
  EXPECT_THAT(plan_.LargeObjects(), ElementsAre("16496"));
  EXPECT_THAT(LeaveOut({"large-object:1649?"}), IsOkAndHolds(ElementsAre("2 large objects")));
  EXPECT_THAT(plan_.LargeObjects(), IsEmpty());
  for (const ArchiveEntry* entry : plan_.entries) EXPECT_THAT(entry->kind, Not(StartsWith("BLOB")));
}

TEST_P(ExcludeTest, AMissingLargeObjectIsAnErrorThatListsTheOthers) {
  const absl::Status nothing = LeaveOut({"large-object:7"}).status();
  EXPECT_THAT(nothing, AllOf(StatusIs(errs::kNotFound, HasSubstr("large-object:7")),
                             HasHint(HasSubstr("large-object:16495, large-object:16496"))));
  // Nothing is left out where another object stops the restore.
  EXPECT_THAT(LeaveOut({"large-object:*", "table:accounts"}), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(plan_.LargeObjects(), ElementsAre("16495", "16496"));
}

INSTANTIATE_TEST_SUITE_P(Samples, ExcludeTest,
                         ::testing::Values("sample-1.14-gzip.dump", "sample-1.16-zstd.dump",
                                           "sample-1.16-statistics.dump"),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace siphon::postgres
