// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_counter.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::string_view kScript =
    "SET x = 1;\n"
    "COPY public.other (a) FROM stdin;\n"
    "COPY public.t (a) FROM stdin;\n"
    "1\nCOPY public.u (\"a\nb\") FROM stdin;\n3\n\\\\.\n\\.\n\n"
    "COPY public.u (\"a\nb\") FROM stdin;\n"
    "\\.\n";

Archive TwoTables() {
  Archive archive;
  ArchiveEntry t, u;
  t.has_data = u.has_data = true;
  t.oid = "1";
  t.copy_statement = "COPY public.t (a) FROM stdin;\n";
  u.oid = "2";
  u.copy_statement = "COPY public.u (\"a\nb\") FROM stdin;\n";
  archive.entries = {t, u};
  return archive;
}

TEST(CopyCounterTest, CountsTheLinesOfEachTableHoweverTheScriptIsCut) {
  const Archive archive = TwoTables();
  for (size_t size = 1; size <= kScript.size(); ++size) {
    CopyCounter counter(archive);
    for (std::string_view rest = kScript; !rest.empty();) {
      counter.Feed(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    EXPECT_THAT(counter.rows(), ElementsAre(Pair("1", 5), Pair("2", 0))) << size;
    EXPECT_EQ(counter.missing(), nullptr);
  }
}

TEST(CopyCounterTest, NamesTheTableWhoseRowsDoNotEnd) {
  const Archive archive = TwoTables();
  CopyCounter counter(archive);
  EXPECT_EQ(counter.missing(), &archive.entries[0]);
  counter.Feed("COPY public.t (a) FROM stdin;\n1\n\\.\nCOPY public.u (\"a\nb\") FROM stdin;\n1\n");
  EXPECT_EQ(counter.missing(), &archive.entries[1]);
}

}  // namespace
}  // namespace siphon::postgres
