// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"
#include "testing/status_matchers.h"

namespace siphon::profile {
namespace {

TEST(RedactUrlTest, HidesThePasswordAndNothingElseOfAUrl) {
  struct {
    std::string_view url;
    std::string_view shown;
  } const kCases[] = {
      {"postgres://u:secret@h:5432/d?a=b", "postgres://u:***@h:5432/d?a=b"},
      {"postgres://u:se%40cret:x@h/d", "postgres://u:***@h/d"},
      {"postgres://:secret@h/d", "postgres://:***@h/d"},
      {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
      {"postgres://u:@h/d", "postgres://u:@h/d"},
      {"postgres://h:5432/d", "postgres://h:5432/d"},
      {"postgres://[::1]:5432/d", "postgres://[::1]:5432/d"},
      {"postgres://u:secret@h1:1,h2:2/d", "postgres://u:***@h1:1,h2:2/d"},
      {"mysql://u:secret@tcp(h:3306)/d", "mysql://u:***@tcp(h:3306)/d"},
      {"sqlite:///home/me@work/a:b.db", "sqlite:///home/me@work/a:b.db"},
      {"sqlite:///a.db?key=v", "sqlite:///a.db?key=v"},
      {"prod", "prod"},
      {"", ""},
  };
  for (const auto& test : kCases) EXPECT_EQ(RedactUrl(test.url), test.shown);
}

TEST(RedactUrlTest, HidesSecretParameters) {
  struct {
    std::string_view url;
    std::string_view shown;
  } const kCases[] = {
      {"postgres://h/d?password=secret&a=b", "postgres://h/d?password=***&a=b"},
      {"postgres://h/d?a=b&sslpassword=secret", "postgres://h/d?a=b&sslpassword=***"},
      {"postgres://h/d?Auth_Token=secret", "postgres://h/d?Auth_Token=***"},
      {"postgres://h/d?client-secret=secret", "postgres://h/d?client-secret=***"},
      {"postgres://h/d?p%61ssword=secret", "postgres://h/d?p%61ssword=***"},
      {"postgres://h/d?password=", "postgres://h/d?password="},
      {"postgres://u:one@h/d?password=two&x=1", "postgres://u:***@h/d?password=***&x=1"},
      {"sqlite:///a.db?passphrase=secret", "sqlite:///a.db?passphrase=***"},
      // Refused, and still redacted.
      {"postgres://h/d/e?password=secret&a", "postgres://h/d/e?password=***&a"},
      {"postgres://h/d?x&p%61ssword=secret", "postgres://h/d?x&p%61ssword=***"},
      {"host=h password=secret", "host=h password=***"},
      {"postgres://h/d?password=se=cret&x", "postgres://h/d?password=***&x"},
      {"postgres://h/d?password=a@secret", "postgres://h/d?password=***"},
  };
  for (const auto& test : kCases) EXPECT_EQ(RedactUrl(test.url), test.shown);
}

TEST(RedactUrlTest, HidesWhatMayBeAPasswordInARefusedUrl) {
  struct {
    std::string_view url;
    std::string_view shown;
  } const kCases[] = {
      {"postgres://u:a@secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:a/secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:a?secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:a#secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:12/secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:12?a=secret@h/d", "postgres://u:***@h/d"},
      {"postgres://u:secret", "postgres://u:***"},
      {"postgres://u:secret#h/d", "postgres://u:***"},
      {"postgres://u:sec/ret", "postgres://u:***"},
      {"postgres://h1:1,u:secret", "postgres://h1:1,u:***"},
      {"SQLITE://u:secret@h", "SQLITE://u:***@h"},
      {"u:secret@h/d", "u:***@h/d"},
      {"sqlite://u:secret@h/d", "sqlite://u:***@h/d"},
      {"sqlite://:memory:", "sqlite://:memory:"},
  };
  for (const auto& test : kCases) EXPECT_EQ(RedactUrl(test.url), test.shown);
}

TEST(RedactUrlTest, ShowsControlCharactersAsEscapes) {
  EXPECT_EQ(RedactUrl("sqlite:///a\x1b[2J\n"), "sqlite:///a\\x1b[2J\\x0a");
  EXPECT_EQ(RedactUrl("a\xff"
                      "b"),
            "a\\xffb");
  EXPECT_EQ(RedactUrl("a\xc2\x9b"
                      "b"),
            "a\\xc2\\x9bb");
  EXPECT_EQ(RedactUrl("größe"), "größe");
}

TEST(RedactUrlTest, HidesEveryPasswordBetweenUserAndHost) {
  // Every pair of bytes, to include all delimiters.
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string password = {static_cast<char>(first), static_cast<char>(second), 'Z'};
      EXPECT_EQ(RedactUrl(absl::StrCat("postgres://user:", password, "@host/db")),
                "postgres://user:***@host/db");
    }
  }
}

TEST(IsSecretParameterTest, KnowsTheNames) {
  for (std::string_view name : {"password", "sslpassword", "PASSWD", "token", "access_token",
                                "secret", "aws_secret_key", "passphrase"}) {
    EXPECT_TRUE(IsSecretParameter(name)) << name;
  }
  for (std::string_view name : {"", "mode", "sslmode", "sslkey", "user", "pass"}) {
    EXPECT_FALSE(IsSecretParameter(name)) << name;
  }
}

}  // namespace
}  // namespace siphon::profile
