// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_STATUS_MATCHERS_H_
#define TESTING_STATUS_MATCHERS_H_

#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon {
namespace status_matchers_internal {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& status) {
  return status.status();
}

template <typename T>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(T inner) : inner_(std::move(inner)) {}

  template <typename StatusOrType>
  operator ::testing::Matcher<StatusOrType>() const {  // NOLINT: matchers convert.
    return ::testing::Matcher<StatusOrType>(new Impl<StatusOrType>(inner_));
  }

 private:
  template <typename StatusOrType>
  class Impl : public ::testing::MatcherInterface<StatusOrType> {
   public:
    using Value = typename std::remove_reference_t<StatusOrType>::value_type;
    explicit Impl(const T& inner) : inner_(::testing::SafeMatcherCast<const Value&>(inner)) {}
    void DescribeTo(std::ostream* os) const override {
      *os << "is OK and holds a value that ";
      inner_.DescribeTo(os);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "is not OK or holds a value that ";
      inner_.DescribeNegationTo(os);
    }
    bool MatchAndExplain(StatusOrType actual,
                         ::testing::MatchResultListener* listener) const override {
      if (!actual.ok()) {
        *listener << "which is " << actual.status().ToString();
        return false;
      }
      *listener << "which holds " << ::testing::PrintToString(*actual) << " ";
      return inner_.MatchAndExplain(*actual, listener);
    }

   private:
    const ::testing::Matcher<const Value&> inner_;
  };
  const T inner_;
};

}  // namespace status_matchers_internal

// Matches an OK absl::Status or absl::StatusOr.
MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  const absl::Status& status = status_matchers_internal::GetStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.ok();
}

// Matches a status that carries `cause` (errs::Is), and whose message matches `message`.
MATCHER_P2(StatusIs, cause, message, "") {
  const absl::Status& status = status_matchers_internal::GetStatus(arg);
  *result_listener << "which is " << status.ToString();
  return errs::Is(status, cause) &&
         ::testing::ExplainMatchResult(message, std::string(status.message()), result_listener);
}
inline auto StatusIs(const errs::Cause& cause) {
  return StatusIs(cause, ::testing::A<const std::string&>());
}

// Matches a status by the exit code that it maps to.
MATCHER_P(HasExitCode, code, "") {
  const absl::Status& status = status_matchers_internal::GetStatus(arg);
  *result_listener << "whose exit code is " << errs::ExitCode(status) << ": " << status.ToString();
  return errs::ExitCode(status) == static_cast<int>(code);
}

// Matches a status whose hint matches `hint`.
MATCHER_P(HasHint, hint, "") {
  const std::optional<errs::Error> error = errs::GetError(status_matchers_internal::GetStatus(arg));
  if (!error.has_value()) {
    *result_listener << "which carries no error";
    return false;
  }
  return ::testing::ExplainMatchResult(hint, error->hint, result_listener);
}

// Matches an OK absl::StatusOr whose value matches `inner`.
template <typename T>
auto IsOkAndHolds(T inner) {
  return status_matchers_internal::IsOkAndHoldsMatcher<T>(std::move(inner));
}

}  // namespace siphon

namespace siphon::errs {
// So that a failed expectation shows the id.
inline void PrintTo(const Cause& cause, std::ostream* os) { *os << cause.id; }
}  // namespace siphon::errs

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::siphon::IsOk())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::siphon::IsOk())

#define SIPHON_TEST_CONCAT_INNER_(a, b) a##b
#define SIPHON_TEST_CONCAT_(a, b) SIPHON_TEST_CONCAT_INNER_(a, b)

// Assigns the value of `expr` (an absl::StatusOr) to `lhs`, or fails the test and returns.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  SIPHON_ASSERT_OK_AND_ASSIGN_(SIPHON_TEST_CONCAT_(siphon_test_value_, __LINE__), lhs, expr)
#define SIPHON_ASSERT_OK_AND_ASSIGN_(tmp, lhs, expr) \
  auto tmp = (expr);                                 \
  ASSERT_THAT(tmp, ::siphon::IsOk());                \
  lhs = *std::move(tmp)

#endif  // TESTING_STATUS_MATCHERS_H_
