// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/home.h"

#include <string_view>

#include "gtest/gtest.h"
#include "siphon/base/environment.h"

namespace siphon::base {
namespace {

TEST(HomeInPasswdTest, IsTheSixthFieldOfTheUsersLine) {
  constexpr std::string_view kPasswd =
      "root:x:0:0:root:/root:/bin/bash\n"
      "# a comment\n"
      "broken:x:7\n"
      "ada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n"
      "late:x:1000:1000::/home/late:/bin/sh\n"
      "none:x:1001:1001:::/bin/false\n"
      "relative:x:1002:1002::home:/bin/false\n"
      "last:x:1003:1003::/home/last:";
  EXPECT_EQ(HomeInPasswd(kPasswd, 0), "/root");
  EXPECT_EQ(HomeInPasswd(kPasswd, 1000), "/home/ada");
  EXPECT_EQ(HomeInPasswd(kPasswd, 1003), "/home/last");
  for (const uid_t user : {7, 1001, 1002, 4711}) EXPECT_EQ(HomeInPasswd(kPasswd, user), "") << user;
  EXPECT_EQ(HomeInPasswd("", 0), "");
}

TEST(WithHomeTest, KeepsAHomeThatIsSet) {
  const Environment environment({{"HOME", "/home/me"}, {"PATH", "/bin"}});
  EXPECT_EQ(WithHome(environment).values(), environment.values());
}

}  // namespace
}  // namespace siphon::base
