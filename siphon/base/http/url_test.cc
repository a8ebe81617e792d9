// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/http/url.h"

#include <string>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(UrlTest, AcceptsHttpAndHttps) {
  for (const char* const url :
       {"http://localhost", "https://hc-ping.com/8f3c", "HTTPS://example.org:8443/?a=b",
        "http://[::1]:80/x", "https://user:secret@example.org/", "http://10.0.0.1/%20",
        "http://host_name/"}) {
    EXPECT_OK(CheckUrl(url)) << url;
  }
}

TEST(UrlTest, RefusesOthersWithoutQuotingThem) {
  for (const char* const url : {"",
                                "secret",
                                "ftp://secret/",
                                "https://",
                                "https:///secret",
                                "https://se cret/",
                                "https://example.org/secret#part",
                                "https://example.org/se\ncret",
                                "https://h:0/secret",
                                "https://h:70000/secret",
                                "https://h:8x/secret",
                                "https://[::1/secret",
                                "https://[]/secret",
                                "https://[::1]x/secret",
                                "https://h\\secret/",
                                "https://h/{secret}",
                                "https://h%41/secret",
                                "https://ü/secret",
                                "file:///secret",
                                "https://user:secret@"}) {
    EXPECT_THAT(CheckUrl(url), StatusIs(errs::kInvalidArgument, Not(HasSubstr("secret")))) << url;
    EXPECT_EQ(ShownUrl(url), "a URL") << url;
  }
}

TEST(UrlTest, ShowsNothingThatMayBeSecret) {
  EXPECT_EQ(ShownUrl("https://hc-ping.com/8f3c/start?rid=1"), "https://hc-ping.com/…");
  EXPECT_EQ(ShownUrl("https://user:secret@example.org:8443?token=x"), "https://example.org:8443/…");
  EXPECT_EQ(ShownUrl("http://[::1]:80/"), "http://[::1]:80");
  EXPECT_EQ(ShownUrl("HTTP://Example.org"), "http://Example.org");
}

TEST(UrlTest, KnowsHttps) {
  EXPECT_TRUE(IsHttps("HTTPS://x"));
  EXPECT_FALSE(IsHttps("http://x"));
}

}  // namespace
}  // namespace siphon::http
