// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_target.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive.h"
#include "errs/error.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

absl::StatusOr<std::string> Sql(std::string_view statement) {
  ArchiveEntry entry;
  entry.tag = "t";
  entry.copy_statement = statement;
  const absl::StatusOr<CopyTarget> target = ParseCopyTarget(entry);
  if (!target.ok()) return target.status();
  return CopyInSql(*target);
}

TEST(CopyTargetTest, TheStatementOfPgDumpIsWrittenAgainWithQuotes) {
  EXPECT_THAT(Sql("COPY public.items (id, name_2) FROM stdin;\n"),
              IsOkAndHolds("COPY \"public\".\"items\" (\"id\", \"name_2\") FROM STDIN"));
  EXPECT_THAT(Sql("COPY \"a.b\".\"c \"\" (d\" (\"e) FROM stdin;\", \"\"\"\") FROM stdin;\n"),
              IsOkAndHolds("COPY \"a.b\".\"c \"\" (d\" (\"e) FROM stdin;\", \"\"\"\") FROM STDIN"));
  EXPECT_THAT(Sql("COPY public.none  FROM stdin;\n"),
              IsOkAndHolds("COPY \"public\".\"none\" FROM STDIN"));
}

TEST(CopyTargetTest, AnotherStatementIsRefused) {
  for (const std::string_view statement :
       {"", "COPY", "COPY public.t (a) FROM stdin;", "COPY t (a) FROM stdin;\n",
        "COPY public.t () FROM stdin;\n", "COPY public.t (a FROM stdin;\n",
        "COPY public.t (a,b) FROM stdin;\n", "COPY public.t (A) FROM stdin;\n",
        "COPY public.t (a) FROM PROGRAM 'sh' (b) FROM stdin;\n",
        "COPY public.t FROM '/etc/passwd'; COPY public.t FROM stdin;\n",
        "COPY public.t (a) FROM '/etc/passwd' --) FROM stdin;\n", "COPY public.\"\" FROM stdin;\n",
        "COPY public.\"t (a) FROM stdin;\n", "COPY public.1t (a) FROM stdin;\n",
        "INSERT INTO t VALUES (1) FROM stdin;\n"}) {
    EXPECT_THAT(Sql(statement), StatusIs(errs::kIntegrity)) << statement;
  }
}

// Gives at most so many bytes at once.
class SlowReader : public base::Reader {
 public:
  SlowReader(std::string_view data, size_t most) : data_(data), most_(most) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t count = std::min({out.size(), most_, data_.size()});
    data_.copy(out.data(), count);
    data_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view data_;
  size_t most_;
};

absl::StatusOr<std::string> RowsOf(std::string_view part, bool last, size_t most) {
  SlowReader reader(part, most);
  PartRows rows(&reader, last);
  std::string all;
  while (true) {
    const absl::StatusOr<std::string_view> next = rows.Next();
    if (!next.ok()) return next.status();
    if (next->empty()) return all;
    absl::StrAppend(&all, *next);
  }
}

TEST(CopyTargetTest, TheEndOfAnArchivesRowsIsNoRow) {
  const std::string rows = "1\ta\n2\t\\N\n";
  const std::string many(600'000, 'x');
  for (const size_t most : {size_t{1}, size_t{5}, size_t{7}, size_t{1} << 20}) {
    EXPECT_THAT(RowsOf(rows, /*last=*/false, most), IsOkAndHolds(rows));
    EXPECT_THAT(RowsOf(absl::StrCat(rows, "\\.\n\n\n"), /*last=*/true, most), IsOkAndHolds(rows));
    EXPECT_THAT(RowsOf("\\.\n\n\n", /*last=*/true, most), IsOkAndHolds(""));
    EXPECT_THAT(RowsOf(absl::StrCat(many, "\\.\n\n\n"), /*last=*/true, most), IsOkAndHolds(many));
    EXPECT_THAT(RowsOf("", /*last=*/false, most), IsOkAndHolds(""));
    for (const std::string_view cut :
         {"", "1\ta\n", "\\.\n\n", "1\ta\n\\.\n", "1\ta\n\\.\n\n\n\n"}) {
      EXPECT_THAT(RowsOf(cut, /*last=*/true, most), StatusIs(errs::kIntegrity)) << cut;
    }
  }
}

}  // namespace
}  // namespace siphon::postgres
