// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "errs/error.h"

#include <cerrno>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::errs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

TEST(ErrorTest, StatusCarriesEveryField) {
  const std::string odd("a:b\n3:\0\xff", 8);
  const absl::Status status = MakeStatus(
      {.op = odd, .code = Code::kPartial, .cause = kBusy, .detail = odd + "d", .hint = odd + "h"});
  const std::optional<Error> error = GetError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->op, odd);
  EXPECT_EQ(error->code, Code::kPartial);
  EXPECT_EQ(error->cause, kBusy);
  EXPECT_EQ(error->cause.text, kBusy.text);
  EXPECT_EQ(error->detail, odd + "d");
  EXPECT_EQ(error->hint, odd + "h");
}

TEST(ErrorTest, MessageIsCauseTextAndDetail) {
  EXPECT_EQ(UserError("op", kNotFound, "profile prod").message(), "not found: profile prod");
  EXPECT_EQ(UserError("op", kNotFound, "").message(), "not found");
}

TEST(ErrorTest, EveryCauseIsFoundAgainAndHasAStatusCode) {
  for (const Cause& cause :
       {kInvalidArgument, kNotFound, kAlreadyExists, kConfigInvalid, kSecretUnavailable,
        kConnectionFailed, kDriverUnsupported, kTargetNotEmpty, kBusy, kIntegrity, kIo, kDatabase,
        kConfirmationRefused, kCancelled, kTerminated, kInternal}) {
    const absl::Status status = SystemError("op", cause, "detail");
    EXPECT_THAT(status, StatusIs(cause)) << cause.id;
    EXPECT_EQ(status.code() == absl::StatusCode::kInternal, cause == kInternal) << cause.id;
  }
}

TEST(ErrorTest, UnknownCauseKeepsItsTextAndCountsAsInternal) {
  const absl::Status status = UserError("op", Cause{"of_tomorrow", "a new failure"}, "here");
  EXPECT_EQ(status.message(), "a new failure: here");
  EXPECT_THAT(status, StatusIs(kInternal));
  EXPECT_THAT(status, HasExitCode(Code::kUser));
}

TEST(ErrorTest, IsTellsCausesApart) {
  const absl::Status status = UserError("op", kNotFound, "x");
  EXPECT_TRUE(Is(status, kNotFound));
  EXPECT_FALSE(Is(status, kBusy));
  EXPECT_FALSE(Is(absl::OkStatus(), kNotFound));
  EXPECT_FALSE(Is(absl::NotFoundError("made elsewhere"), kNotFound));
}

TEST(ErrorTest, ExitCodesFollowTheContract) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCode(UserError("op", kNotFound, "")), 1);
  EXPECT_EQ(ExitCode(SystemError("op", kIo, "")), 2);
  EXPECT_EQ(ExitCode(IntegrityError("op", "")), 3);
  EXPECT_EQ(ExitCode(InternalError("op", "")), 2);
  EXPECT_EQ(ExitCode(MakeStatus({"op", Code::kPartial, kDatabase, "", ""})), 4);
  EXPECT_EQ(ExitCode(MakeStatus({"op", Code::kCancelled, kCancelled, "", ""})), 130);
  EXPECT_EQ(ExitCode(MakeStatus({"op", Code::kTerminated, kTerminated, "", ""})), 143);
  EXPECT_EQ(ExitCode(absl::CancelledError("bare")), 130);
  EXPECT_EQ(ExitCode(absl::NotFoundError("bare")), 1);
  EXPECT_EQ(ExitCode(absl::InternalError("bare")), 1);
}

TEST(ErrorTest, FailureWithTheOkCodeStillExitsNonZero) {
  EXPECT_THAT(MakeStatus({"op", Code::kOk, kIo, "", ""}), HasExitCode(Code::kSystem));
}

TEST(ErrorTest, ErrnoErrorNamesInputAndReason) {
  const absl::Status missing = ErrnoError("file.open", "cannot open /x", ENOENT);
  EXPECT_THAT(missing, StatusIs(kNotFound, HasSubstr("cannot open /x: No such file")));
  EXPECT_THAT(missing, HasHint(Not(IsEmpty())));
  EXPECT_THAT(ErrnoError("op", "w", EACCES), StatusIs(kIo, HasSubstr("Permission denied")));
  EXPECT_THAT(ErrnoError("op", "w", EACCES), HasHint(HasSubstr("permissions")));
  EXPECT_THAT(ErrnoError("op", "w", ENOSPC), StatusIs(kIo, HasSubstr("No space left")));
  EXPECT_THAT(ErrnoError("op", "w", ENOSPC), HasHint(HasSubstr("free some space")));
  EXPECT_THAT(ErrnoError("op", "w", EEXIST), StatusIs(kAlreadyExists));
  EXPECT_THAT(ErrnoError("op", "w", EIO), HasExitCode(Code::kSystem));
}

TEST(ErrorTest, WithOpAndWithHintReplaceOneFieldAndKeepTheMessage) {
  const absl::Status status = UserError("old", kBusy, "detail", "old hint");
  const absl::Status other_op = WithOp(status, "new");
  EXPECT_EQ(GetError(other_op)->op, "new");
  EXPECT_EQ(GetError(other_op)->hint, "old hint");
  EXPECT_EQ(other_op.message(), status.message());
  EXPECT_THAT(other_op, StatusIs(kBusy));
  const absl::Status other_hint = WithHint(status, "new hint");
  EXPECT_EQ(GetError(other_hint)->op, "old");
  EXPECT_EQ(GetError(other_hint)->hint, "new hint");
  EXPECT_EQ(other_hint.message(), status.message());
  EXPECT_EQ(WithHint(status, ""), status);
  EXPECT_OK(WithOp(absl::OkStatus(), "op"));
  EXPECT_OK(WithHint(absl::OkStatus(), "hint"));
}

TEST(ErrorTest, WithOpOnAStatusMadeElsewhereKeepsItsExitCode) {
  const absl::Status status = WithOp(absl::UnavailableError("no route"), "s3.get");
  EXPECT_EQ(Render(status), "s3.get failed: no route");
  EXPECT_EQ(ExitCode(status), 1);
  EXPECT_THAT(status, StatusIs(kInternal));
  EXPECT_THAT(WithOp(absl::CancelledError("stop"), "op"), StatusIs(kCancelled));
  EXPECT_EQ(ExitCode(WithOp(absl::CancelledError("stop"), "op")), 130);
}

TEST(ErrorTest, RenderReadsAsOneSentence) {
  EXPECT_EQ(Render(UserError("restore", kTargetNotEmpty, "app.db", "use --clean")),
            "restore failed: target is not empty: app.db (use --clean)");
  EXPECT_EQ(Render(UserError("restore", kTargetNotEmpty, "app.db")),
            "restore failed: target is not empty: app.db");
  EXPECT_EQ(Render(UserError("", kNotFound, "x", "look")), "not found: x (look)");
  EXPECT_EQ(Render(absl::NotFoundError("bare")), "bare");
  EXPECT_EQ(Render(absl::OkStatus()), "");
}

TEST(ErrorTest, DamagedPayloadIsNoError) {
  for (const char* payload : {"", "1", "1:", "x:1", "2:10", "99999999999999999999:1", "-1:1",
                              "1:12:io0:0:", "1:x2:io0:0:0:"}) {
    absl::Status status = absl::InternalError("m");
    status.SetPayload("siphon.dev/errs.Error", absl::Cord(payload));
    EXPECT_EQ(GetError(status), std::nullopt) << payload;
    EXPECT_EQ(ExitCode(status), 1);
  }
}

absl::StatusOr<std::unique_ptr<int>> Make(bool good) {
  if (!good) return UserError("make", kBusy, "");
  return std::make_unique<int>(7);
}

absl::StatusOr<int> Use(bool good) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> value, Make(good));
  RETURN_IF_ERROR(absl::OkStatus());
  return *value;
}

absl::Status Fail() {
  RETURN_IF_ERROR(UserError("make", kBusy, ""));
  return absl::OkStatus();
}

TEST(StatusMacrosTest, PassOnFailuresAndMoveValues) {
  EXPECT_THAT(Use(true), IsOkAndHolds(7));
  EXPECT_THAT(Use(false), StatusIs(kBusy));
  EXPECT_THAT(Fail(), StatusIs(kBusy));
  EXPECT_THAT(Fail(), Not(IsOk()));
  EXPECT_THAT(Use(false), Not(IsOkAndHolds(7)));
}

}  // namespace
}  // namespace siphon::errs
