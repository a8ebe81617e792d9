// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/identity.h"

#include "gtest/gtest.h"

namespace siphon::driver {
namespace {

TEST(IdentityTest, OneServerHoldsADatabaseOnce) {
  EXPECT_TRUE(IsSameDatabase({.database = "1", .server = "a"}, {.database = "1", .server = "a"}));
  EXPECT_FALSE(IsSameDatabase({.database = "1", .server = "a"}, {.database = "2", .server = "a"}));
  EXPECT_FALSE(IsSameDatabase({.database = "1", .server = "a"}, {.database = "1", .server = "b"}));
  EXPECT_TRUE(IsSameDatabase({.database = "file"}, {.database = "file"}));
}

// One session may read the lineage, and the other may not.
TEST(IdentityTest, WhatOnlyOneSessionMayReadDecidesNothing) {
  EXPECT_TRUE(IsSameDatabase({.database = "1", .server = "a", .lineage = "l"},
                             {.database = "1", .server = "a"}));
  EXPECT_FALSE(IsSameDatabase({.database = "1", .server = "a", .replica = true},
                              {.database = "1", .server = "b"}));
}

TEST(IdentityTest, AReplicaHoldsTheDatabaseOfItsLineage) {
  const Identity primary = {.database = "1", .server = "a", .lineage = "l"};
  Identity other = {.database = "1", .server = "b", .lineage = "l", .replica = true};
  EXPECT_TRUE(IsSameDatabase(primary, other));
  EXPECT_TRUE(IsSameDatabase(other, primary));
  // A server that was begun on a copy of the files goes its own way.
  other.replica = false;
  EXPECT_FALSE(IsSameDatabase(primary, other));
  other.replica = true;
  other.lineage = "m";
  EXPECT_FALSE(IsSameDatabase(primary, other));
}

}  // namespace
}  // namespace siphon::driver
