// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/sql_error.h"

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::HasSubstr;

// Connector/C has one number for sockets and addresses that do not answer.
constexpr unsigned int kNoConnection = 2002;

TEST(ClassifyConnectFailureTest, TellsASocketFromAnAddress) {
  EXPECT_THAT(ClassifyConnectFailure(
                  {kNoConnection, "Can't connect to local server through socket '/x' (2)"})
                  .what,
              HasSubstr("socket"));
  const ConnectFailure address =
      ClassifyConnectFailure({kNoConnection, "Can't connect to server on '127.0.0.1' (115)"});
  EXPECT_EQ(address.what, "no connection to the server");
  EXPECT_THAT(address.advice, HasSubstr("port"));
}

TEST(ClassifyConnectFailureTest, TellsAServerThatIsSilentFromOneThatHangsUp) {
  constexpr unsigned int kLost = 2013;
  constexpr char kAt[] = "Lost connection to server at 'handshake: reading initial communication";
  EXPECT_THAT(
      ClassifyConnectFailure({kLost, absl::StrCat(kAt, " packet', system error: 110")}).what,
      HasSubstr("did not answer in time"));
  EXPECT_THAT(
      ClassifyConnectFailure({kLost, absl::StrCat(kAt, " packet', system error: 104")}).what,
      HasSubstr("ended the connection"));
}

TEST(IsSqlErrorTest, LooksAtTheNumberAndNotAtTheText) {
  constexpr unsigned int kNoSuchTable = 1146, kUnknownDatabase = 1049;
  const absl::Status error = SqlError({kNoSuchTable, "Table 'a (1064)' doesn't exist"}, "a view");
  EXPECT_TRUE(IsSqlError(error, {1064, kNoSuchTable}));
  EXPECT_TRUE(IsSqlError(errs::WithHint(error, "a hint"), {kNoSuchTable}));
  EXPECT_FALSE(IsSqlError(error, {1064}));
  EXPECT_FALSE(IsSqlError(errs::SystemError("x", errs::kDatabase, "text (1146)"), {kNoSuchTable}));
  EXPECT_FALSE(IsSqlError(absl::OkStatus(), {kNoSuchTable}));

  EXPECT_TRUE(IsUnknownDatabase(ConnectError("a", {kUnknownDatabase, "Unknown database"})));
  EXPECT_FALSE(IsUnknownDatabase(ConnectError("a", {1045, "the database does not exist"})));
  EXPECT_FALSE(IsUnknownDatabase(SqlError({kUnknownDatabase, "Unknown database"})));
}

}  // namespace
}  // namespace siphon::mysqlcommon
