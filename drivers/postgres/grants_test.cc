// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/grants.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GrantsTest, NamesWhoGetsAndWhoLosesSomething) {
  EXPECT_THAT(ParseGrantedRoles("GRANT SELECT ON TABLE public.items TO reader;\n"
                                "REVOKE ALL ON TABLE public.items FROM writer;\n"),
              ElementsAre("reader", "writer"));
}

TEST(GrantsTest, ReadsQuotedNames) {
  EXPECT_THAT(ParseGrantedRoles("GRANT ALL ON TABLE public.\"to\" TO \"Odd \"\"one\" WITH GRANT "
                                "OPTION;"),
              ElementsAre("Odd \"one"));
}

TEST(GrantsTest, KnowsWhatIsNoRole) {
  EXPECT_THAT(ParseGrantedRoles("REVOKE ALL ON FUNCTION f(a text) FROM PUBLIC;"), IsEmpty());
}

TEST(GrantsTest, NamesWhoseDefaultsTheyAre) {
  EXPECT_THAT(ParseGrantedRoles("ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA s "
                                "GRANT SELECT ON TABLES TO reader;"),
              ElementsAre("boss", "reader"));
}

TEST(GrantsTest, NamesWhoGrants) {
  EXPECT_THAT(ParseGrantedRoles("SET SESSION AUTHORIZATION boss;\nGRANT SELECT ON TABLE t TO "
                                "reader;\nRESET SESSION AUTHORIZATION;\n"),
              ElementsAre("boss", "reader"));
}

TEST(GrantsTest, APolicysConditionNamesNoRoles) {
  EXPECT_THAT(ParseGrantedRoles("CREATE POLICY p ON t TO bob, \"Al\" USING ((x IN ( SELECT a FROM "
                                "others))) WITH CHECK ((y > ( SELECT b FROM more)));"),
              ElementsAre("Al", "bob"));
}

}  // namespace
}  // namespace siphon::postgres
