// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/golang_migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace siphon::cli {
namespace {

std::string Changed(const std::string& line) {
  return absl::StrJoin(WithTwoDashes(absl::StrSplit(line, ' ')), " ");
}

TEST(WithTwoDashesTest, ChangesTheOptionsOfGolangMigrate) {
  EXPECT_EQ(Changed("migrate -path db -database u -verbose up 2"),
            "migrate --path db --database u --verbose up 2");
  EXPECT_EQ(Changed("migrate -source=file://db -lock-timeout=20 -prefetch 5 version"),
            "migrate --source=file://db --lock-timeout=20 --prefetch 5 version");
  EXPECT_EQ(Changed("migrate create -ext sql -dir db -seq -digits 4 users"),
            "migrate create --ext sql --dir db --seq --digits 4 users");
  EXPECT_EQ(Changed("migrate create -format unix -tz UTC users"),
            "migrate create --format unix --tz UTC users");
  EXPECT_EQ(Changed("migrate down -all"), "migrate down --all");
  EXPECT_EQ(Changed("--json --config migrate migrate -help"),
            "--json --config migrate migrate --help");
}

TEST(WithTwoDashesTest, LeavesTheRestAsItIs) {
  for (const char* const line :
       {"migrate --path db up", "migrate force -1", "migrate drop -f", "migrate -pathology up",
        "migrate - up", "migrate create -- -path", "backup -path", "--config migrate backup -path",
        "-path migrate"}) {
    EXPECT_EQ(Changed(line), line);
  }
  EXPECT_THAT(WithTwoDashes({}), ::testing::IsEmpty());
  EXPECT_THAT(WithTwoDashes({"migrate"}), ::testing::ElementsAre("migrate"));
  EXPECT_THAT(WithTwoDashes({"--config"}), ::testing::ElementsAre("--config"));
}

}  // namespace
}  // namespace siphon::cli
