// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/operation.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

std::string Op(const Fork& fork, std::string_view op) {
  const absl::Status status = errs::SystemError(op, errs::kBusy, "table t", "wait");
  return errs::GetError(NameOperation(fork, status)).value_or(errs::Error{}).op;
}

TEST(NameOperation, HasTheEngineOfTheProfile) {
  EXPECT_EQ(Op(kMariadb, "mysql"), "mariadb");
  EXPECT_EQ(Op(kMariadb, "mysql.restore"), "mariadb.restore");
  EXPECT_EQ(Op(kMysql, "mysql.restore"), "mysql.restore");
  EXPECT_EQ(Op(kMariadb, "mysqld.restore"), "mysqld.restore") << "another word";
  EXPECT_EQ(Op(kMariadb, "migrate"), "migrate");
}

TEST(NameOperation, ChangesNothingElse) {
  const absl::Status status = errs::UserError("mysql.backup", errs::kNotFound, "no table", "look");
  const std::optional<errs::Error> error = errs::GetError(NameOperation(kMariadb, status));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, errs::Code::kUser);
  EXPECT_EQ(error->cause, errs::kNotFound);
  EXPECT_EQ(error->detail, "no table");
  EXPECT_EQ(error->hint, "look");
  EXPECT_EQ(NameOperation(kMariadb, status).message(), status.message());
  EXPECT_OK(NameOperation(kMariadb, absl::OkStatus()));
  EXPECT_EQ(NameOperation(kMariadb, absl::InternalError("x")), absl::InternalError("x"));
}

TEST(NameOperation, OfAResult) {
  EXPECT_THAT(NameOperation(kMariadb, absl::StatusOr<int>(7)), IsOkAndHolds(7));
  const absl::StatusOr<int> failed =
      NameOperation(kMariadb, absl::StatusOr<int>(errs::InternalError("mysql.read", "x")));
  EXPECT_EQ(errs::GetError(failed.status()).value_or(errs::Error{}).op, "mariadb.read");
}

}  // namespace
}  // namespace siphon::mysqlcommon
