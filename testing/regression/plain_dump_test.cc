// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/plain_dump.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kHead =
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict key\n\nSET row_security = off;\n\n";
constexpr std::string_view kEnd =
    "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict key\n";

std::string Entry(std::string_view name, std::string_view type, std::string_view text) {
  return absl::StrCat("--\n-- ", type == "TABLE DATA" ? "Data for " : "", "Name: ", name,
                      "; Type: ", type, "; Schema: public; Owner: postgres\n--\n\n", text, "\n\n");
}

const std::string& Items() {
  static const auto* const text = new std::string(
      Entry("items", "TABLE", "CREATE TABLE public.items (\n    id integer,\n    name text\n);\n"));
  return *text;
}
const std::string& ItemRows() {
  // A row that looks like an entry does not end the COPY.
  static const auto* const text =
      new std::string(Entry("items", "TABLE DATA",
                            "COPY public.items (id, name) FROM stdin;\n1\tone\n2\ttwo\n"
                            "--\n-- Name: x; Type: y; Schema: z\n--\n\\.\n"));
  return *text;
}

std::string Dump(const std::vector<std::string>& parts) {
  std::string text(kHead);
  for (const std::string& part : parts) text += part;
  return text + std::string(kEnd);
}

// The result of CompareDumps() for two dumps.
std::string Differences(const std::string& one, const std::string& other) {
  const auto a = SortedDump(one), b = SortedDump(other);
  EXPECT_OK(a);
  EXPECT_OK(b);
  return a.ok() && b.ok() ? CompareDumps(*a, *b) : "";
}

TEST(SortedDump, IsTheSameInAnyOrderOfObjects) {
  const std::string view = Entry("v", "VIEW", "CREATE VIEW public.v AS\n SELECT 1;\n");
  EXPECT_THAT(Differences(Dump({Items(), view, ItemRows()}), Dump({view, ItemRows(), Items()})),
              IsEmpty());
  const auto sorted = SortedDump(Dump({Items(), view, ItemRows()}));
  ASSERT_OK(sorted);
  EXPECT_EQ(sorted->size(), 4u);
}

TEST(SortedDump, DiffersWhenAnythingElseDoes) {
  const std::string dump = Dump({Items(), ItemRows()});
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"1\tone\n2\ttwo\n", "2\ttwo\n1\tone\n"},  // The order of rows.
           {"2\ttwo", "2\ttwi"},
           {"2\ttwo\n", ""},
           {"    id integer,\n    name text", "    name text,\n    id integer"},
           {"Owner: postgres\n--\n\nCREATE", "Owner: alice\n--\n\nCREATE"},
           {"row_security = off", "row_security = on"}}) {
    const std::string changed = absl::StrReplaceAll(dump, {{from, to}});
    ASSERT_NE(changed, dump) << from;
    EXPECT_THAT(Differences(dump, changed), Not(IsEmpty())) << from;
  }
  EXPECT_THAT(Differences(dump, Dump({Items()})),
              AllOf(HasSubstr("only the first has:\n--\n-- Data for Name: items"),
                    Not(HasSubstr("second"))));
}

TEST(SortedDump, GivesEachEntryTheDefaultsThatCountForIt) {
  const std::string heap = "SET default_table_access_method = heap;\n\n";
  const std::string other = "SET default_table_access_method = heap2;\n\n";
  const std::string more =
      Entry("more", "TABLE", "CREATE TABLE public.more (\n    id integer\n);\n");
  const std::string function = Entry("f()", "FUNCTION", "CREATE FUNCTION f() ...;\n");
  const std::string one = Dump({heap, Items(), function, other, more});
  EXPECT_THAT(Differences(one, Dump({other, more, function, heap, Items()})), IsEmpty());
  EXPECT_THAT(Differences(one, Dump({heap, Items(), function, more})), Not(IsEmpty()));
}

TEST(SortedDump, SortsTheColumnsOfTablesThatInherit) {
  const auto dump = [](std::string_view columns, std::string_view names, std::string_view row) {
    return Dump({Entry("heir", "TABLE",
                       absl::StrCat("CREATE TABLE public.\"the, heir\" (\n    ", columns,
                                    "\n)\nINHERITS (public.items);\n")),
                 Entry("the, heir", "TABLE DATA",
                       absl::StrCat("COPY public.\"the, heir\" (", names, ") FROM stdin;\n", row,
                                    "\n\\.\n"))});
  };
  const std::string one =
      dump("b integer,\n    c text DEFAULT 'x, y'::text", "a, b, c, \"d, e\"", "1\t\\N\tx\t");
  EXPECT_THAT(Differences(one, dump("c text DEFAULT 'x, y'::text,\n    b integer",
                                    "\"d, e\", c, a, b", "\tx\t1\t\\N")),
              IsEmpty());
  EXPECT_THAT(Differences(one, dump("b integer,\n    c text DEFAULT 'x, y'::text",
                                    "a, b, c, \"d, e\"", "\\N\t1\tx\t")),
              Not(IsEmpty()));
  EXPECT_THAT(SortedDump(dump("b integer", "a, b", "1")).status().message(),
              HasSubstr("1 fields for 2 columns"));
}

TEST(SortedDump, RefusesADumpThatIsCutOff) {
  const std::string dump = Dump({Items(), ItemRows()});
  EXPECT_THAT(
      SortedDump(std::string_view(dump).substr(0, dump.size() - kEnd.size())).status().message(),
      HasSubstr("does not have the end"));
  EXPECT_THAT(SortedDump(absl::StrReplaceAll(dump, {{"\\.\n", ""}})).status().message(),
              HasSubstr("COPY"));
}

}  // namespace
}  // namespace siphon::testing
