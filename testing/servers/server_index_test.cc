// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_index.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ServerIndex, NamesTheProgramsOfAServer) {
  ASSERT_OK_AND_ASSIGN(
      const InstalledServer server,
      FindServerIn(R"({"database-1": {"version": "1.2", "bin": "/usr"}})", "database-1"));
  EXPECT_EQ(server.version, "1.2");
  EXPECT_EQ(server.Program("run"), "/usr/run");
}

TEST(ServerIndex, SaysWhatToRunForAServerThatIsNotThere) {
  for (const char* index :
       {"{}", "", "[]", R"({"database-1": {"version": "1.2", "bin": "/no/such/folder"}})"}) {
    EXPECT_THAT(FindServerIn(index, "database-1").status().message(),
                AllOf(HasSubstr("database-1"), HasSubstr("run ./tools/servers")))
        << index;
  }
}

}  // namespace
}  // namespace siphon::testing
