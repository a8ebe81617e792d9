// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/expand.h"

#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

base::Environment TestEnvironment() {
  return base::Environment({{"HOST", "db1"}, {"_x9", "under"}, {"EMPTY", ""}, {"LOOP", "$HOST"}});
}

TEST(ExpandTest, PutsVariablesIn) {
  struct {
    std::string_view text;
    std::string_view expanded;
    bool has_reference;
  } const kCases[] = {
      {"", "", false},
      {"plain", "plain", false},
      {"$HOST", "db1", true},
      {"${HOST}", "db1", true},
      {"a${HOST}b$HOST.c", "adb1bdb1.c", true},
      {"$_x9-", "under-", true},
      {"[${EMPTY}]", "[]", true},
      {"$LOOP", "$HOST", true},  // The value is not expanded again.
      {"$$", "$", false},
      {"$$HOST", "$HOST", false},
      {"$${HOST}", "${HOST}", false},
      {"$$$HOST", "$db1", true},
      {"a$", "a$", false},
      {"$ $1 $- $}", "$ $1 $- $}", false},
      {"pa$$word", "pa$word", false},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.text);
    ASSERT_OK_AND_ASSIGN(const Expansion expansion, Expand(test.text, TestEnvironment()));
    EXPECT_EQ(expansion.text, test.expanded);
    EXPECT_EQ(expansion.has_reference, test.has_reference);
  }
}

TEST(ExpandTest, NamesTheVariableThatIsNotSet) {
  for (std::string_view text : {"$MISSING", "${MISSING}", "a $HOST ${MISSING}"}) {
    EXPECT_THAT(Expand(text, TestEnvironment()),
                AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("MISSING is not set")),
                      HasHint(HasSubstr("$$"))));
  }
}

TEST(ExpandTest, RefusesBracesWithoutAName) {
  for (std::string_view text : {"${", "${}", "${HOST", "${1}", "${HOST:-x}", "${HO ST}", "${$}"}) {
    EXPECT_THAT(Expand(text, TestEnvironment()), StatusIs(errs::kConfigInvalid)) << text;
  }
}

TEST(ExpandTest, GivesEscapedTextBack) {
  for (std::string_view text : {"", "$", "$$", "${HOST}", "$MISSING", "a$b$", "${"}) {
    ASSERT_OK_AND_ASSIGN(const Expansion expansion, Expand(EscapeDollars(text), TestEnvironment()));
    EXPECT_EQ(expansion.text, text);
    EXPECT_FALSE(expansion.has_reference);
  }
}

TEST(ExpandTest, KnowsAVariableReference) {
  EXPECT_TRUE(IsVariableReference("${DB_PASS}"));
  EXPECT_TRUE(IsVariableReference("${_}"));
  for (std::string_view text :
       {"", "${}", "${", "$X", "${1}", "${A}b", "a${A}", "${A}}", "${A B}"}) {
    EXPECT_FALSE(IsVariableReference(text)) << text;
  }
}

}  // namespace
}  // namespace siphon::config
