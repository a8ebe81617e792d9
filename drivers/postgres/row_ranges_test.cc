// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/row_ranges.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "errs/error.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

absl::StatusOr<std::string_view> Columns(std::string_view statement) {
  ArchiveEntry entry;
  entry.tag = "t";
  entry.copy_statement = statement;
  return ParseCopyColumns(entry);
}

TEST(RowRangesTest, TheColumnsAreThoseOfPgDumpsStatement) {
  EXPECT_THAT(Columns("COPY public.items (id, name) FROM stdin;\n"), IsOkAndHolds("id, name"));
  EXPECT_THAT(Columns("COPY items (id) FROM stdin;\n"), IsOkAndHolds("id"));
  EXPECT_THAT(Columns("COPY \"a.b\".\"c \"\" (d\" (\"e) FROM stdin;\", \"\"\"\") FROM stdin;\n"),
              IsOkAndHolds("\"e) FROM stdin;\", \"\"\"\""));
  EXPECT_THAT(Columns("COPY public.none  FROM stdin;\n"), IsOkAndHolds(""));
}

TEST(RowRangesTest, AnotherStatementIsRefused) {
  for (const std::string_view statement :
       {"", "COPY", "COPY public.t (a) FROM stdin;", "COPY public.t () FROM stdin;\n",
        "COPY public.t (a FROM stdin;\n", "COPY public.t a) FROM stdin;\n",
        "COPY \"public.t (a) FROM stdin;\n", "COPY . (a) FROM stdin;\n",
        "INSERT INTO t VALUES (1) FROM stdin;\n"}) {
    EXPECT_THAT(Columns(statement), StatusIs(errs::kIntegrity)) << statement;
  }
}

TEST(RowRangesTest, ATableIsReadInOnePieceOrInRangesOfPages) {
  TableRows rows{.entry = nullptr, .table = "\"public\".\"t\"", .columns = "a, b", .condition = ""};
  EXPECT_EQ(CopySql(rows, 0), "COPY \"public\".\"t\" (a, b) TO STDOUT");
  EXPECT_EQ(RangeOf(rows, 0), "");
  rows.parts = 2;
  rows.pages = 2048;
  EXPECT_EQ(CopySql(rows, 0),
            "COPY (SELECT a, b FROM ONLY \"public\".\"t\" WHERE ctid OPERATOR(pg_catalog.>=)"
            " '(0,0)'::pg_catalog.tid AND ctid OPERATOR(pg_catalog.<) '(2048,0)'::pg_catalog.tid)"
            " TO STDOUT");
  EXPECT_EQ(CopySql(rows, 1),
            "COPY (SELECT a, b FROM ONLY \"public\".\"t\" WHERE ctid OPERATOR(pg_catalog.>=)"
            " '(2048,0)'::pg_catalog.tid) TO STDOUT");
  EXPECT_EQ(RangeOf(rows, 0), "(0,0)-(2048,0)");
  EXPECT_EQ(RangeOf(rows, 1), "(2048,0)-");
}

TEST(RowRangesTest, OnlySomeRowsOfAnExtensionsTableAreRead) {
  const TableRows rows{
      .entry = nullptr, .table = "\"s\".\"t\"", .columns = "a", .condition = "WHERE a > 9"};
  EXPECT_EQ(CopySql(rows, 0), "COPY (SELECT a FROM \"s\".\"t\" WHERE a > 9) TO STDOUT");
}

TEST(RowRangesTest, ATableWithoutColumnsIsReadByItsName) {
  const TableRows rows{.entry = nullptr, .table = "\"s\".\"t\"", .columns = "", .condition = ""};
  EXPECT_EQ(CopySql(rows, 0), "COPY \"s\".\"t\" TO STDOUT");
}

}  // namespace
}  // namespace siphon::postgres
