// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/secrets/secrets.h"

#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "testing/status_matchers.h"

namespace siphon::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Resolver::Prompter kNoPrompter = nullptr;

std::string WriteTemporary(std::string_view name, std::string_view content) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(ParseReferenceTest, TellsTheKindsApart) {
  struct {
    std::string_view text;
    Reference::Kind kind;
    std::string_view value;
  } const kCases[] = {
      {"env:DB_PASSWORD", Reference::Kind::kEnvironment, "DB_PASSWORD"},
      {"file:/run/secrets/db", Reference::Kind::kFile, "/run/secrets/db"},
      {"file:///run/secrets/db", Reference::Kind::kFile, "/run/secrets/db"},
      {"file:/with space:and colon", Reference::Kind::kFile, "/with space:and colon"},
      {"prompt:", Reference::Kind::kPrompt, ""},
      {"prompt:Password of prod", Reference::Kind::kPrompt, "Password of prod"},
      {"literal:env:X", Reference::Kind::kLiteral, "env:X"},
      {"literal:", Reference::Kind::kLiteral, ""},
      {"", Reference::Kind::kLiteral, ""},
      {"hunter2", Reference::Kind::kLiteral, "hunter2"},
      {":colon first", Reference::Kind::kLiteral, ":colon first"},
      {"Upper:case", Reference::Kind::kLiteral, "Upper:case"},
      {"1digit:first", Reference::Kind::kLiteral, "1digit:first"},
      {"pa$$:word", Reference::Kind::kLiteral, "pa$$:word"},
      {"with space:colon", Reference::Kind::kLiteral, "with space:colon"},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.text);
    const absl::StatusOr<Reference> reference = ParseReference(test.text);
    ASSERT_OK(reference);
    EXPECT_EQ(reference->kind, test.kind);
    EXPECT_EQ(reference->value, test.value);
  }
}

TEST(ParseReferenceTest, RefusesAnUnknownSchemeByItsNameOnly) {
  EXPECT_THAT(ParseReference("vault://kv/prod#pw"),
              AllOf(StatusIs(errs::kSecretUnavailable,
                             AllOf(HasSubstr("\"vault:\""), Not(HasSubstr("prod")))),
                    HasExitCode(errs::Code::kUser), HasHint(HasSubstr("env:NAME"))));
  EXPECT_THAT(ParseReference("evn:DB_PASSWORD"),
              StatusIs(errs::kSecretUnavailable,
                       AllOf(HasSubstr("\"evn:\""), Not(HasSubstr("DB_PASSWORD")))));
  EXPECT_THAT(ParseReference("flie:/run/x"), StatusIs(errs::kSecretUnavailable));
}

TEST(ParseReferenceTest, ShowsNothingOfAPasswordThatLooksLikeAScheme) {
  EXPECT_THAT(ParseReference("hunter2:hunter3"),
              AllOf(StatusIs(errs::kSecretUnavailable, Not(HasSubstr("hunter"))),
                    HasHint(HasSubstr("literal:"))));
}

TEST(ParseReferenceTest, SaysThatSchemesOfTheGoProgramAreNotThere) {
  for (std::string_view text : {"keychain://prod", "awssm://id#password", "keychain:prod"}) {
    EXPECT_THAT(ParseReference(text),
                AllOf(StatusIs(errs::kSecretUnavailable, HasSubstr("this version")),
                      HasHint(AllOf(HasSubstr("env:NAME"), HasSubstr("file:/path")))))
        << text;
  }
}

TEST(ParseReferenceTest, RefusesReferencesWithoutAUsableValue) {
  for (std::string_view text :
       {std::string_view("env:"), std::string_view("env:A=B"), std::string_view("env:A\nB"),
        std::string_view("file:"), std::string_view("file:relative/path"),
        std::string_view("file://host/path"), std::string_view("file:/a\0b", 9),
        std::string_view("prompt:a\x1b[2J")}) {
    EXPECT_THAT(ParseReference(text), StatusIs(errs::kSecretUnavailable)) << text;
  }
}

TEST(DescribeTest, ShowsReferencesAndHidesLiterals) {
  EXPECT_EQ(Describe(""), "");
  EXPECT_EQ(Describe("env:DB_PASSWORD"), "env:DB_PASSWORD");
  EXPECT_EQ(Describe("file:///run/x"), "file:/run/x");
  EXPECT_EQ(Describe("prompt:Password of prod"), "prompt:");
  EXPECT_EQ(Describe("hunter2"), "********");
  EXPECT_EQ(Describe("literal:hunter2"), "********");
  EXPECT_EQ(Describe("vault://kv/prod"), "vault:********");
  EXPECT_EQ(Describe("hunter2:hunter3"), "********");
}

TEST(IsLiteralTest, IsTrueForPasswordsInClear) {
  for (std::string_view text : {"hunter2", "literal:x", "Upper:case", "s3cret:42"}) {
    EXPECT_TRUE(IsLiteral(text)) << text;
  }
  for (std::string_view text :
       {"", "literal:", "env:X", "file:/x", "prompt:", "vault://x", "keychain:x"}) {
    EXPECT_FALSE(IsLiteral(text)) << text;
  }
}

TEST(ResolverTest, GivesLiteralsAndVariables) {
  const base::Environment environment({{"DB_PASSWORD", "from env"}, {"EMPTY", ""}});
  const Resolver resolver(&environment, kNoPrompter);
  EXPECT_THAT(resolver.Resolve("hunter2", "profile prod"), IsOkAndHolds(std::string("hunter2")));
  EXPECT_THAT(resolver.Resolve("literal:env:X", "profile prod"),
              IsOkAndHolds(std::string("env:X")));
  EXPECT_THAT(resolver.Resolve("", "profile prod"), IsOkAndHolds(std::string("")));
  EXPECT_THAT(resolver.Resolve("env:DB_PASSWORD", "profile prod"),
              IsOkAndHolds(std::string("from env")));
  EXPECT_THAT(resolver.Resolve("env:EMPTY", "profile prod"), IsOkAndHolds(std::string("")));
}

TEST(ResolverTest, NamesTheVariableThatIsNotSetAndWhoNeedsIt) {
  const base::Environment environment;
  const Resolver resolver(&environment, kNoPrompter);
  EXPECT_THAT(resolver.Resolve("env:DB_PASSWORD", "profile prod"),
              AllOf(StatusIs(errs::kSecretUnavailable,
                             AllOf(HasSubstr("DB_PASSWORD"), HasSubstr("profile prod"))),
                    HasExitCode(errs::Code::kUser), HasHint(HasSubstr("set DB_PASSWORD"))));
}

TEST(ResolverTest, DropsOneLineEndOfAFile) {
  const base::Environment environment;
  const Resolver resolver(&environment, kNoPrompter);
  struct {
    std::string_view content;
    std::string_view secret;
  } const kCases[] = {{"pw", "pw"},     {"pw\n", "pw"},     {"pw\n\n", "pw\n"},
                      {"pw\r\n", "pw"}, {"pw\r", "pw\r"},   {"", ""},
                      {"\n", ""},       {" p w ", " p w "}, {"two\nlines\n", "two\nlines"}};
  for (const auto& test : kCases) {
    const std::string path = WriteTemporary("secret", test.content);
    EXPECT_THAT(resolver.Resolve("file:" + path, "profile prod"),
                IsOkAndHolds(std::string(test.secret)));
  }
}

TEST(ResolverTest, RefusesAFileThatIsMissingTooLargeOrNotText) {
  const base::Environment environment;
  const Resolver resolver(&environment, kNoPrompter);
  EXPECT_THAT(resolver.Resolve("file:/does/not/exist", "profile prod"),
              StatusIs(errs::kSecretUnavailable,
                       AllOf(HasSubstr("/does/not/exist"), HasSubstr("profile prod"))));
  const std::string fits = WriteTemporary("fits", std::string(64 * 1024, 'x'));
  EXPECT_THAT(resolver.Resolve("file:" + fits, "profile prod"), IsOk());
  const std::string large = WriteTemporary("large", std::string(64 * 1024 + 1, 'x'));
  EXPECT_THAT(resolver.Resolve("file:" + large, "profile prod"),
              AllOf(StatusIs(errs::kSecretUnavailable, Not(HasSubstr("xxx"))),
                    HasExitCode(errs::Code::kUser), HasHint(HasSubstr("64 KiB"))));
  const std::string nul = WriteTemporary("nul", std::string_view("a\0hunter2", 9));
  EXPECT_THAT(
      resolver.Resolve("file:" + nul, "profile prod"),
      StatusIs(errs::kSecretUnavailable, AllOf(HasSubstr("NUL"), Not(HasSubstr("hunter2")))));
}

TEST(ResolverTest, AsksThePrompterWithItsTextOrTheSubject) {
  const base::Environment environment;
  std::string asked;
  const Resolver resolver(&environment, [&](std::string_view what) -> absl::StatusOr<std::string> {
    asked = std::string(what);
    return "typed";
  });
  EXPECT_THAT(resolver.Resolve("prompt:", "profile prod"), IsOkAndHolds(std::string("typed")));
  EXPECT_EQ(asked, "Password for profile prod");
  EXPECT_THAT(resolver.Resolve("prompt:Root's word", "profile prod"),
              IsOkAndHolds(std::string("typed")));
  EXPECT_EQ(asked, "Root's word");
}

TEST(ResolverTest, RefusesAPromptWithoutATerminal) {
  const base::Environment environment;
  const Resolver resolver(&environment, kNoPrompter);
  EXPECT_THAT(resolver.Resolve("prompt:", "profile prod"),
              AllOf(StatusIs(errs::kSecretUnavailable, HasSubstr("profile prod")),
                    HasHint(HasSubstr("env:NAME"))));
}

TEST(ResolverTest, HandsOnThePromptersError) {
  const base::Environment environment;
  const Resolver resolver(&environment, [](std::string_view) -> absl::StatusOr<std::string> {
    return errs::UserError("prompt", errs::kCancelled, "interrupted");
  });
  EXPECT_THAT(resolver.Resolve("prompt:", "profile prod"), StatusIs(errs::kCancelled));
}

TEST(ResolverTest, RefusesAnUnknownSchemeInsteadOfSendingItAsPassword) {
  const base::Environment environment;
  const Resolver resolver(&environment, kNoPrompter);
  EXPECT_THAT(
      resolver.Resolve("vault://kv/prod", "profile prod"),
      StatusIs(errs::kSecretUnavailable,
               AllOf(HasSubstr("profile prod"), HasSubstr("\"vault:\""), Not(HasSubstr("kv")))));
}

}  // namespace
}  // namespace siphon::secrets
