// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/store.h"

#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::storage {
namespace {

using ::testing::HasSubstr;

TEST(ValidateKeyTest, AcceptsFlatNames) {
  for (const std::string_view key : {"01HZX3V8Q0J5M6N7P8R9S0T1V2.dump", "a.meta.json", "my dump",
                                     "-", ".hidden", "a.b.c", "ü"}) {
    EXPECT_THAT(ValidateKey(key), IsOk()) << key;
  }
}

TEST(ValidateKeyTest, RefusesWhatCouldLeaveTheStoreOrHideInIt) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view key : {""sv, "."sv, ".."sv, "a/b"sv, "a\\b"sv, "a..b"sv, ".tmp-x"sv,
                                     "a\0b"sv, "a\tb"sv, "\x7f"sv}) {
    EXPECT_THAT(ValidateKey(key), StatusIs(errs::kInvalidArgument, HasSubstr("object key")));
  }
}

TEST(ValidateKeyTest, ShowsControlCharactersEscaped) {
  EXPECT_THAT(ValidateKey("a\x1b[2J"), StatusIs(errs::kInvalidArgument, HasSubstr("a\\x1b[2J")));
}

}  // namespace
}  // namespace siphon::storage
