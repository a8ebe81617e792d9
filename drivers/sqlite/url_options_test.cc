// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/url_options.h"

#include <chrono>
#include <map>
#include <string>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Parameters = std::map<std::string, std::string>;

TEST(UrlOptionsTest, TakesThoseOfGoSqlite3) {
  const auto options = ParseUrlOptions({{"_busy_timeout", "1500"},
                                        {"_fk", "true"},
                                        {"_journal", "WAL"},
                                        {"_cache_size", "-2000"},
                                        {"_loc", "auto"},
                                        {"_txlock", "immediate"},
                                        {"cache", "shared"},
                                        {"mode", "rwc"}});
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->busy_timeout, std::chrono::milliseconds(1500));
  EXPECT_TRUE(options->foreign_keys);
  EXPECT_FALSE(options->read_only);
  EXPECT_THAT(options->pragmas,
              ElementsAre("PRAGMA cache_size = -2000", "PRAGMA foreign_keys = true",
                          "PRAGMA journal_mode = WAL"));
}

TEST(UrlOptionsTest, TakesThoseOfModerncSqlite) {
  const auto options = ParseUrlOptions(
      {{"_pragma", "busy_timeout(5000);foreign_keys = ON; journal_mode('wal') ;optimize"},
       {"_time_format", "sqlite"}});
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->busy_timeout, std::chrono::seconds(5));
  EXPECT_TRUE(options->foreign_keys);
  EXPECT_THAT(options->pragmas, ElementsAre("PRAGMA foreign_keys = ON",
                                            "PRAGMA journal_mode = 'wal'", "PRAGMA optimize"));
  const auto none =
      ParseUrlOptions({{"busy_timeout", "2s"}, {"_foreign_keys", "0"}, {"mode", "ro"}});
  ASSERT_THAT(none, IsOk());
  EXPECT_EQ(none->busy_timeout, std::chrono::seconds(2));
  EXPECT_FALSE(none->foreign_keys);
  EXPECT_TRUE(none->read_only);
}

TEST(UrlOptionsTest, RefusesWhatItCannotDo) {
  for (const auto& [parameters, what] : std::map<Parameters, std::string>{
           {{{"_auth", ""}}, "_auth"},
           {{{"_pragma_key", "secret"}}, "unknown parameter"},
           {{{"_pragma", "key('secret')"}}, "encrypted"},
           {{{"_pragma", "cipher_page_size(4096)"}}, "encrypted"},
           {{{"_pragma", "foreign_keys(1"}}, "parenthesis"},
           {{{"_pragma", "foreign_keys(1) DROP TABLE t"}}, "parenthesis"},
           {{{"_pragma", "foreign_keys=1 2"}}, "safe"},
           {{{"_pragma", "temp_store_directory('/tmp')"}}, "safe"},
           {{{"_foreign_keys", ""}}, "no value"},
           {{{"_foreign_keys", "1; DROP TABLE t"}}, "safe"},
           {{{"_busy_timeout", "soon"}}, "milliseconds"},
           {{{"_busy_timeout", "-1"}}, "-1"},
           {{{"mode", "memory"}}, "memory"},
           {{{"vfs", "unix-none"}}, "vfs"},
           {{{"", "1"}}, "unknown"}}) {
    const auto options = ParseUrlOptions(parameters);
    ASSERT_TRUE(errs::Is(options.status(), errs::kInvalidArgument)) << what;
    EXPECT_THAT(errs::Render(options.status()), HasSubstr(what));
    EXPECT_THAT(errs::Render(options.status()), ::testing::Not(HasSubstr("secret")));
  }
  EXPECT_THAT(ParseUrlOptions({})->pragmas, IsEmpty());
}

}  // namespace
}  // namespace siphon::sqlite
