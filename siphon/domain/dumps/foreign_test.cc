// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/foreign.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CheckForeignTest, RefusesCompressedFilesOfEveryEngine) {
  const struct {
    std::string head;
    std::string_view name, command;
  } cases[] = {{"\x1f\x8b\x08 rest", "gzip", "gunzip < FILE |"},
               {"\x28\xb5\x2f\xfd rest", "zstd", "zstd -d < FILE |"},
               {std::string("\xfd"
                            "7zXZ\0 rest",
                            11),
                "xz", "xz -d < FILE |"},
               {"BZh91AY", "bzip2", "bunzip2 < FILE |"},
               {"PK\x03\x04 rest", "zip", "unzip -p FILE |"}};
  for (const std::string_view driver : {"sqlite", "mysql", "mariadb", "postgres"}) {
    for (const auto& [head, name, command] : cases) {
      EXPECT_THAT(
          CheckForeign("x.dump", driver, head),
          AllOf(StatusIs(errs::kInvalidArgument, HasSubstr(absl::StrCat("compressed with ", name))),
                HasExitCode(errs::Code::kUser), HasHint(HasSubstr(command))))
          << driver;
      // A shorter file than its magic is not recognized, and is read as what it is.
      EXPECT_OK(CheckForeign("x.dump", driver, head.substr(0, 1)));
    }
    EXPECT_OK(CheckForeign("x.dump", driver, ""));
  }
}

TEST(CheckForeignTest, RefusesDumpsOfSiphon) {
  EXPECT_THAT(CheckForeign("x.dump", "sqlite", "SIPH{\"siphon\":\"1.0\""),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("a dump of siphon")),
                    HasHint(HasSubstr("siphon restore ./FILE"))));
}

TEST(CheckForeignTest, RefusesWhatPgRestoreDoesNotTakeAsAnArchive) {
  const std::string plain = "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n";
  EXPECT_THAT(CheckForeign("x.dump", "postgres", plain),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("plain SQL")),
                    HasHint(HasSubstr("pg_dump --format=custom"))));
  EXPECT_THAT(CheckForeign("x.dump", "postgres", "--\n-- PostgreSQL database cluster dump\n--\n"),
              StatusIs(errs::kInvalidArgument, HasSubstr("several databases")));
  std::string tar = "toc.dat";
  tar.resize(257);
  tar += "ustar  ";
  EXPECT_THAT(CheckForeign("x.dump", "postgres", tar),
              StatusIs(errs::kInvalidArgument, HasSubstr("a tar archive")));
  EXPECT_OK(CheckForeign("x.dump", "postgres", "PGDMP\x01"));
  EXPECT_OK(CheckForeign("x.dump", "mysql", "SELECT 1;\n" + plain))
      << "a comment of another program";
}

TEST(CheckForeignTest, RefusesTheFilesOfOtherEngines) {
  const struct {
    std::string head;
    std::vector<std::string_view> engines;
    std::string_view what;
  } cases[] = {
      {"PGDMP\x01", {"postgres"}, "an archive of pg_dump"},
      {std::string("SQLite format 3\0", 16), {"sqlite"}, "a database file of SQLite"},
      {"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", {"sqlite"}, "a script of sqlite3"},
      {"-- MySQL dump 10.13  Distrib 8.4.0", {"mysql", "mariadb"}, "a script of mysqldump"},
      {"-- MariaDB dump 10.19", {"mysql", "mariadb"}, "a script of mariadb-dump"},
      {"/*M!999999\\- enable the sandbox mode */", {"mysql", "mariadb"}, "mariadb-dump"}};
  for (const auto& [head, engines, what] : cases) {
    for (const std::string_view driver : {"sqlite", "mysql", "mariadb", "postgres"}) {
      const absl::Status status = CheckForeign("x.dump", driver, head);
      if (std::find(engines.begin(), engines.end(), driver) != engines.end()) {
        EXPECT_OK(status) << driver;
        continue;
      }
      EXPECT_THAT(status, AllOf(StatusIs(errs::kInvalidArgument,
                                         AllOf(HasSubstr("x.dump is "), HasSubstr(what),
                                               HasSubstr(absl::StrCat("is of ", driver)))),
                                HasHint(HasSubstr(engines.front()))))
          << driver << " " << what;
    }
  }
}

}  // namespace
}  // namespace siphon::dumps
