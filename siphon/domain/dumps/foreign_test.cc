// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/foreign.h"

#include <string>
#include <string_view>

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
          CheckForeign(driver, head),
          AllOf(StatusIs(errs::kInvalidArgument, HasSubstr(absl::StrCat("compressed with ", name))),
                HasExitCode(errs::Code::kUser), HasHint(HasSubstr(command))))
          << driver;
      // A shorter file than its magic is not recognized, and is read as what it is.
      EXPECT_OK(CheckForeign(driver, head.substr(0, 1)));
    }
    EXPECT_OK(CheckForeign(driver, ""));
  }
}

TEST(CheckForeignTest, RefusesDumpsOfSiphon) {
  EXPECT_THAT(CheckForeign("sqlite", "SIPH{\"siphon\":\"1.0\""),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("a dump of siphon")),
                    HasHint(HasSubstr("siphon restore ./FILE"))));
}

TEST(CheckForeignTest, RefusesWhatPgRestoreDoesNotTakeAsAnArchive) {
  const std::string plain = "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n";
  EXPECT_THAT(CheckForeign("postgres", plain),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("plain SQL")),
                    HasHint(HasSubstr("pg_dump --format=custom"))));
  EXPECT_THAT(CheckForeign("postgres", "--\n-- PostgreSQL database cluster dump\n--\n"),
              StatusIs(errs::kInvalidArgument, HasSubstr("several databases")));
  std::string tar = "toc.dat";
  tar.resize(257);
  tar += "ustar  ";
  EXPECT_THAT(CheckForeign("postgres", tar),
              StatusIs(errs::kInvalidArgument, HasSubstr("a tar archive")));
  EXPECT_OK(CheckForeign("postgres", "PGDMP\x01"));
  EXPECT_OK(CheckForeign("mysql", plain)) << "a comment of another program";
}

}  // namespace
}  // namespace siphon::dumps
