// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/url.h"

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/profile.h"
#include "testing/status_matchers.h"

namespace siphon::profile {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

TEST(LooksLikeUrlTest, NeedsALowerCaseSchemeAndTwoSlashes) {
  for (std::string_view text : {"sqlite://x", "a://", "x+y.z-1://", "unknown://x"}) {
    EXPECT_TRUE(LooksLikeUrl(text)) << text;
  }
  for (std::string_view text : {"", "prod", "://x", "sqlite:/x", "sqlite:x", "SQLite://x", "1a://x",
                                "a b://x", "/a://b", "-a://b"}) {
    EXPECT_FALSE(LooksLikeUrl(text)) << text;
  }
}

TEST(SqliteUrlTest, JoinsAuthorityAndPathToTheFilesName) {
  struct {
    std::string_view url;
    std::string_view database;
  } const kCases[] = {
      {"sqlite:///abs/app.db", "/abs/app.db"},
      {"sqlite3:///abs/app.db", "/abs/app.db"},
      {"sqlite://rel/app.db", "rel/app.db"},
      {"sqlite://app.db", "app.db"},
      {"sqlite://./app.db", "./app.db"},
      {"sqlite://../up/app.db", "../up/app.db"},
      {"sqlite:///with space/app.db", "/with space/app.db"},
      {"sqlite:///with%20space/app.db", "/with space/app.db"},
      {"sqlite:///größe/データ.db", "/größe/データ.db"},
      {"sqlite:///gr%C3%B6%C3%9Fe.db", "/größe.db"},
      {"sqlite:///what%3F%23.db", "/what?#.db"},
      {"sqlite:///100%25.db", "/100%.db"},
      {"sqlite:///a+b.db", "/a+b.db"},
      {"sqlite:///home/me@work/a:b.db", "/home/me@work/a:b.db"},
      {"sqlite:///etc/%2e%2e/x.db", "/etc/../x.db"},
      {"sqlite://file%3Awith.db", "file:with.db"},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.url);
    const absl::StatusOr<Profile> profile = ParseUrl(test.url);
    ASSERT_OK(profile);
    EXPECT_EQ(profile->driver, "sqlite");
    EXPECT_EQ(profile->database, test.database);
    EXPECT_EQ(profile->name, test.url);
    EXPECT_EQ(profile->host, "");
    EXPECT_EQ(profile->user, "");
  }
}

TEST(SqliteUrlTest, KeepsParameters) {
  ASSERT_OK_AND_ASSIGN(const Profile profile,
                       ParseUrl("sqlite:///a.db?mode=ro&x-migrations-table=m%20m&empty="));
  EXPECT_THAT(profile.parameters, ElementsAre(Pair("empty", ""), Pair("mode", "ro"),
                                              Pair("x-migrations-table", "m m")));
}

TEST(SqliteUrlTest, RefusesWhatIsNoFile) {
  struct {
    std::string_view url;
    std::string_view reason;
  } const kCases[] = {
      {"sqlite://", "path is missing"},
      {"sqlite://?mode=ro", "path is missing"},
      {"sqlite:///", "directory"},
      {"sqlite:///dir/", "directory"},
      {"sqlite://:memory:", "inside one process"},
      {"sqlite:///:memory:", "inside one process"},
      {"sqlite://%3Amemory%3A", "inside one process"},
      {"sqlite://user@/a.db", "no user"},
      {"sqlite://user:pw@host/a.db", "no user"},
      {"sqlite://host:80/a.db", "no port"},
      {"sqlite:///a%00.db", "NUL"},
      {"sqlite:///a%ff.db", "UTF-8"},
      {"sqlite:///a%2", "hexadecimal"},
      {"sqlite:///a%", "hexadecimal"},
      {"sqlite:///a%zz", "hexadecimal"},
      {"sqlite:///a#b", "%23"},
      {"sqlite:///a\nb", "control"},
      {"sqlite:///a?mode", "key=value"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(ParseUrl(test.url),
                AllOf(StatusIs(errs::kInvalidArgument, HasSubstr(test.reason)),
                      HasExitCode(errs::Code::kUser), HasHint(HasSubstr("sqlite:///"))))
        << test.url;
  }
}

TEST(NetworkUrlTest, TakesEveryPartApart) {
  ASSERT_OK_AND_ASSIGN(
      const Profile profile,
      ParseUrl("postgres://us%40er:p%40s%3As%2F@db.example.com:5433/my%2Fdb?sslmode=verify-full"
               "&connect_timeout=5"));
  EXPECT_EQ(profile.name,
            "postgres://us%40er:***@db.example.com:5433/my%2Fdb?sslmode=verify-full"
            "&connect_timeout=5");
  EXPECT_EQ(profile.driver, "postgres");
  EXPECT_EQ(profile.user, "us@er");
  EXPECT_EQ(profile.password, "p@s:s/");
  EXPECT_EQ(profile.host, "db.example.com");
  EXPECT_EQ(profile.port, 5433);
  EXPECT_EQ(profile.database, "my/db");
  EXPECT_EQ(profile.sslmode, "verify-full");
  EXPECT_THAT(profile.parameters, ElementsAre(Pair("connect_timeout", "5")));
  EXPECT_EQ(profile.group, "");
}

TEST(NetworkUrlTest, KnowsTheSchemes) {
  EXPECT_THAT(ParseUrl("postgresql://h/d"), IsOkAndHolds(Field(&Profile::driver, "postgres")));
  EXPECT_THAT(ParseUrl("mysql://h/d"), IsOkAndHolds(Field(&Profile::driver, "mysql")));
  EXPECT_THAT(ParseUrl("mariadb://h/d"), IsOkAndHolds(Field(&Profile::driver, "mariadb")));
  EXPECT_THAT(ParseUrl("oracle://u:secret@h/d"),
              StatusIs(errs::kInvalidArgument,
                       AllOf(HasSubstr("sqlite, postgres, mysql, mariadb"),
                             HasSubstr("oracle://u:***@h/d"), Not(HasSubstr("secret")))));
  EXPECT_THAT(ParseUrl("prod"), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(ParseUrl(""), StatusIs(errs::kInvalidArgument));
}

TEST(NetworkUrlTest, LeavesOutWhatIsNotGiven) {
  ASSERT_OK_AND_ASSIGN(const Profile profile, ParseUrl("mysql://h"));
  EXPECT_EQ(profile.host, "h");
  EXPECT_EQ(profile.port, 0);
  EXPECT_EQ(profile.user, "");
  EXPECT_EQ(profile.password, "");
  EXPECT_EQ(profile.database, "");
  EXPECT_THAT(profile.parameters, IsEmpty());
  EXPECT_THAT(ParseUrl("postgres://"), IsOkAndHolds(Field(&Profile::host, "")));
  EXPECT_THAT(ParseUrl("postgres:///db"), IsOkAndHolds(Field(&Profile::database, "db")));
  EXPECT_THAT(ParseUrl("postgres://u:@h/db"), IsOkAndHolds(Field(&Profile::password, "")));
}

TEST(NetworkUrlTest, TakesHostsOfAllKinds) {
  struct {
    std::string_view url;
    std::string_view host;
    int port;
  } const kCases[] = {
      {"postgres://[::1]/d", "::1", 0},
      {"postgres://[::1]:5432/d", "::1", 5432},
      {"postgres://u:p@[2001:db8::7]:1/d", "2001:db8::7", 1},
      {"postgres://[fe80::1%25eth0]:5432/d", "fe80::1%eth0", 5432},
      {"postgres://127.0.0.1:65535/d", "127.0.0.1", 65535},
      {"postgres://my_host-1.local/d", "my_host-1.local", 0},
      {"postgres://%2Fvar%2Frun%2Fpostgresql/d", "/var/run/postgresql", 0},
      {"postgres://%2Ftmp:5433/d", "/tmp", 5433},
      {"postgres:///d?host=/var/run/postgresql", "/var/run/postgresql", 0},
      {"postgres:///d?host=%2Ftmp&port=5433", "/tmp", 5433},
      {"postgres:///d?host=::1", "::1", 0},
      {"postgres://h1:1,h2:2/d", "h1:1,h2:2", 0},
      {"postgres://h1,[::1]:7,h3/d", "h1,[::1]:7,h3", 0},
      {"mysql://u:p@tcp(127.0.0.1:3306)/d", "127.0.0.1", 3306},
      {"mysql://tcp(h)/d", "h", 0},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.url);
    const absl::StatusOr<Profile> profile = ParseUrl(test.url);
    ASSERT_OK(profile);
    EXPECT_EQ(profile->host, test.host);
    EXPECT_EQ(profile->port, test.port);
    EXPECT_EQ(profile->database, "d");
    EXPECT_THAT(profile->parameters, IsEmpty());
  }
}

TEST(NetworkUrlTest, TakesASocketAsGoSqlDriverWritesIt) {
  ASSERT_OK_AND_ASSIGN(const Profile profile,
                       ParseUrl("mysql://me:pw%2F@unix(/run/mysqld/a.sock)/d?x-no-lock=1"));
  EXPECT_EQ(profile.password, "pw/");
  EXPECT_EQ(profile.host, "");
  EXPECT_EQ(profile.port, 0);
  EXPECT_EQ(profile.database, "d");
  EXPECT_EQ(profile.parameters.at("socket"), "/run/mysqld/a.sock");
  EXPECT_EQ(profile.name, "mysql://me:***@unix(/run/mysqld/a.sock)/d?x-no-lock=1");
  ASSERT_OK_AND_ASSIGN(const Profile bare, ParseUrl("mysql://unix(/s)"));
  EXPECT_EQ(bare.parameters.at("socket"), "/s");
  EXPECT_EQ(bare.database, "");
}

TEST(NetworkUrlTest, TakesLibpqsParametersForPostgres) {
  ASSERT_OK_AND_ASSIGN(const Profile profile,
                       ParseUrl("postgres://h?user=me&password=env:PW&dbname=d&sslmode=disable"));
  EXPECT_EQ(profile.user, "me");
  EXPECT_EQ(profile.password, "env:PW");
  EXPECT_EQ(profile.database, "d");
  EXPECT_EQ(profile.sslmode, "disable");
  EXPECT_THAT(profile.parameters, IsEmpty());
  EXPECT_EQ(profile.name, "postgres://h?user=me&password=***&dbname=d&sslmode=disable");
}

TEST(NetworkUrlTest, RefusesWhatIsNoUrl) {
  struct {
    std::string_view url;
    std::string_view reason;
  } const kCases[] = {
      {"postgres://h:0/d", "1 to 65535"},
      {"postgres://h:65536/d", "1 to 65535"},
      {"postgres://h:99999999999/d", "1 to 65535"},
      {"postgres://h:/d", "1 to 65535"},
      {"postgres://h:+1/d", "1 to 65535"},
      {"postgres://h:abc/d", "1 to 65535"},
      {"postgres://h1:1,h2:0/d", "1 to 65535"},
      {"postgres://h1:1,,h2:2/d", "host's name is missing"},
      {"postgres://h1,h%41/d", "percent-escapes"},
      {"mysql://h1,h2/d", "several hosts"},
      {"postgres://[::1/d", "']'"},
      {"postgres://[::1]x/d", "']'"},
      {"postgres://[nonsense]/d", "IPv6"},
      {"postgres://[]/d", "IPv6"},
      {"postgres://[::1%25]/d", "zone"},
      {"postgres://[::1%25a/b]/d", "']'"},
      {"postgres://::1/d", "1 to 65535"},
      {"postgres://h%20st/d", "host's name"},
      {"postgres://h%0Ast/d", "host's name"},
      {"postgres://hóst/d", "host's name"},
      {"mysql://unix(tmp/my.sock)/d", "absolute path"},
      {"mysql://unix()/d", "absolute path"},
      {"mysql://u:p@unix(/tmp/a@b)/d", "absolute path"},
      {"mysql://u:p@unix(/tmp/my.sock/d", "without ')'"},
      {"mysql://unix(/tmp/my.sock):1/d", "only '/'"},
      {"mysql://unix(/tmp/my.sock)/d?socket=/s", "twice"},
      {"mysql://a@b@unix(/tmp/my.sock)/d", "%40"},
      {"postgres://unix(/tmp/my.sock)/d", "host's name"},
      {"mysql://%2Ftmp%2Fmy.sock/d", "postgres only"},
      {"postgres://h/d/e", "%2F"},
      {"postgres://h/my db", "%20"},
      {"postgres://u:p@q@h/d", "%40"},
      {"postgres://u:p/q@h/d", "%2F"},
      {"postgres://u:p?q@h/d", "%3F"},
      {"postgres://u:p#q@h/d", "%23"},
      {"postgres://h/d?user=a@b", "%40"},
      {"postgres://u:%zz@h/d", "the password"},
      {"postgres://u:%00@h/d", "NUL"},
      {"postgres://u%ff:p@h/d", "UTF-8"},
      {"postgres://h/d?a=1&a=2", "twice"},
      {"postgres://h/d?a=1&%61=2", "twice"},
      {"postgres://h/d?a=1&&b=2", "key=value"},
      {"postgres://h/d?=1", "key=value"},
      {"postgres://h/d?a", "key=value"},
      {"postgres://h/d?host=h2", "repeats"},
      {"postgres://h:1/d?port=2", "repeats"},
      {"postgres://u@h/d?user=v", "repeats"},
      {"postgres://h/d?dbname=e", "repeats"},
      {"postgres://h/d?port=x", "1 to 65535"},
      {"postgres:///d?host=a%20b", "host's name"},
      {"mysql://h/d?password=x", "before the host"},
      {"postgres://h/d\x7f", "control"},
      {"postgres://h/d\xff", "UTF-8"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(ParseUrl(test.url), AllOf(StatusIs(errs::kInvalidArgument, HasSubstr(test.reason)),
                                          HasExitCode(errs::Code::kUser)))
        << test.url;
  }
  EXPECT_THAT(ParseUrl(absl::StrCat("postgres://", std::string(70000, 'h'))),
              StatusIs(errs::kInvalidArgument, HasSubstr("64 KiB")));
}

TEST(NetworkUrlTest, AnErrorNeverShowsThePassword) {
  for (std::string_view password :
       {"hunter2", "hunter2@", "hun/hunter2", "1/hunter2", "?hunter2", "1?hunter2=", "#hunter2",
        "hunter2%zz", "hunter2%00", "[hunter2", "a b hunter2", "1:hunter2", "hunter2\n",
        "1,hunter2:2", "x@hunter2/"}) {
    for (std::string_view scheme : {"postgres", "mysql", "sqlite", "unknown"}) {
      for (std::string_view rest : {"@h/d", "@h:0/d", "@h/d/e", "@h/d?x"}) {
        const std::string url = absl::StrCat(scheme, "://user:", password, rest);
        const absl::StatusOr<Profile> profile = ParseUrl(url);
        if (profile.ok()) {
          EXPECT_THAT(profile->name, Not(HasSubstr("hunter2"))) << url;
        } else {
          EXPECT_THAT(errs::Render(profile.status()), Not(HasSubstr("hunter2"))) << url;
        }
      }
    }
  }
}

}  // namespace
}  // namespace siphon::profile
