// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/members.h"

#include <string_view>

#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

TEST(MembersTest, AreComparedWithoutTheServerWhereverPossible) {
  struct Case {
    std::string_view type, collation;
    Members members;
  };
  for (const Case& c : {
           Case{"enum('a','b')", "utf8mb4_general_ci", Members::kDistinct},
           Case{"enum('new','paid','it''s, (1)')", "latin1_swedish_ci", Members::kDistinct},
           Case{"enum('''','a')", "utf8mb4_0900_ai_ci", Members::kDistinct},
           Case{"enum('a','A')", "latin1_swedish_ci", Members::kForTheServer},
           Case{"enum('a','A')", "latin1_bin", Members::kDistinct},
           Case{"enum('a','A')", "binary", Members::kDistinct},
           Case{"set('v','x','w')", "utf8mb4_swedish_ci", Members::kForTheServer},
           Case{"set('i','J')", "utf8mb4_roman_ci", Members::kForTheServer},
           Case{"set('a','a\\n')", "utf8mb4_0900_ai_ci", Members::kForTheServer},
           Case{"set('a','\xc3\xa4')", "utf8mb4_0900_ai_ci", Members::kForTheServer},
           Case{"set('a','\xc3\xa4')", "utf8mb4_0900_bin", Members::kDistinct},
           Case{"enum('','a')", "utf8mb4_0900_bin", Members::kAmbiguous},
           Case{"set('a','')", "utf8mb4_0900_ai_ci", Members::kAmbiguous},
       }) {
    EXPECT_EQ(CompareMembers(c.type, c.collation), c.members) << c.type << " " << c.collation;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
