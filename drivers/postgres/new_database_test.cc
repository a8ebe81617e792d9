// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/new_database.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

Archive ArchiveOf(std::string_view definition) {
  Archive archive;
  ArchiveEntry entry;
  entry.kind = "DATABASE";
  entry.definition = definition;
  archive.entries.push_back(entry);
  return archive;
}

TEST(NewDatabaseTest, ReadsWhatPgDumpRecords) {
  EXPECT_THAT(ParseDatabaseOptions("CREATE DATABASE \"a b\" WITH TEMPLATE = template0 ENCODING = "
                                   "'UTF8' LOCALE_PROVIDER = libc LOCALE = 'it''s';\n\n"),
              ElementsAre(Pair("ENCODING", "UTF8"), Pair("LOCALE", "it's"),
                          Pair("LOCALE_PROVIDER", "libc"), Pair("TEMPLATE", "template0")));
  EXPECT_THAT(ParseDatabaseOptions("DROP DATABASE x;"), IsEmpty());
  EXPECT_THAT(ParseDatabaseOptions("CREATE DATABASE x WITH ENCODING"), IsEmpty());
}

TEST(NewDatabaseTest, TakesOverEncodingAndLocaleAndNothingElse) {
  const Archive archive = ArchiveOf(
      "CREATE DATABASE old WITH TEMPLATE = other ENCODING = 'LATIN1' LOCALE_PROVIDER = libc "
      "LOCALE = 'C' TABLESPACE = fast;");
  EXPECT_EQ(CreateDatabaseSql("new \"one\"", &archive, 17),
            "CREATE DATABASE \"new \"\"one\"\"\" TEMPLATE = template0 ENCODING = 'LATIN1' "
            "LOCALE_PROVIDER = libc LOCALE = 'C'");
  EXPECT_EQ(CreateDatabaseSql("x", nullptr, 17), "CREATE DATABASE \"x\" TEMPLATE = template0");
}

TEST(NewDatabaseTest, AServerWithoutTheProviderGetsItsOwnLocale) {
  const Archive icu = ArchiveOf(
      "CREATE DATABASE old WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu "
      "LOCALE "
      "= 'C' ICU_LOCALE = 'de';");
  EXPECT_THAT(CreateDatabaseSql("x", &icu, 14), Not(HasSubstr("LOCALE")));
  EXPECT_THAT(CreateDatabaseSql("x", &icu, 15), HasSubstr("LOCALE_PROVIDER = icu"));
  const Archive hostile = ArchiveOf(
      "CREATE DATABASE old WITH LOCALE_PROVIDER = 'libc; DROP DATABASE y' ENCODING = 'UTF8';");
  EXPECT_THAT(CreateDatabaseSql("x", &hostile, 17), Not(HasSubstr("DROP")));
}

}  // namespace
}  // namespace siphon::postgres
