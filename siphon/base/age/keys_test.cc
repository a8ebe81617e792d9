// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/keys.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/age/text_encoding.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// C2SP age, "The X25519 recipient type".
constexpr std::string_view kIdentity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr std::string_view kRecipient =
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

TEST(KeysTest, AnIdentityHasTheRecipientOfTheSpecification) {
  ASSERT_OK_AND_ASSIGN(const Identity identity, ParseIdentity(kIdentity));
  EXPECT_EQ(identity.key().view(), std::string(32, '\x42'));
  EXPECT_EQ(identity.Text().view(), kIdentity);
  EXPECT_EQ(identity.recipient().Text(), kRecipient);
  ASSERT_OK_AND_ASSIGN(const Recipient recipient, ParseRecipient(kRecipient));
  EXPECT_EQ(recipient, identity.recipient());
  EXPECT_EQ(recipient.Text(), kRecipient);
}

TEST(KeysTest, NewIdentitiesDifferAndCanBeParsed) {
  const Identity one = Identity::Generate();
  const Identity two = Identity::Generate();
  EXPECT_NE(one.key().view(), two.key().view());
  ASSERT_OK_AND_ASSIGN(const Identity parsed, ParseIdentity(one.Text().view()));
  EXPECT_EQ(parsed.recipient(), one.recipient());
  EXPECT_EQ(one.Clone().recipient(), one.recipient());
}

TEST(KeysTest, RefusesOtherKindsOfKeysWithAReason) {
  EXPECT_THAT(ParseRecipient(kIdentity),
              StatusIs(errs::kInvalidArgument, HasSubstr("a private key in place of")));
  EXPECT_THAT(ParseRecipient(absl::AsciiStrToLower(kIdentity)),
              StatusIs(errs::kInvalidArgument, HasSubstr("a private key in place of")));
  EXPECT_THAT(ParseRecipient("ssh-ed25519 AAAA"),
              StatusIs(errs::kInvalidArgument, HasSubstr("ssh key")));
  EXPECT_THAT(ParseRecipient(EncodeBech32("age1yubikey", std::string(33, 'k')).view()),
              StatusIs(errs::kInvalidArgument, HasSubstr("plugin")));
  EXPECT_THAT(ParseRecipient(EncodeBech32("age", std::string(31, 'k')).view()),
              StatusIs(errs::kInvalidArgument, HasSubstr("not 31")));
  EXPECT_THAT(ParseRecipient(""), StatusIs(errs::kInvalidArgument, HasSubstr("begins with")));
  EXPECT_THAT(ParseRecipient(absl::AsciiStrToUpper(kRecipient)), StatusIs(errs::kInvalidArgument));

  EXPECT_THAT(ParseIdentity(kRecipient),
              StatusIs(errs::kInvalidArgument, HasSubstr("a public key in place of")));
  EXPECT_THAT(ParseIdentity("AGE-PLUGIN-YUBIKEY-1QQQ"),
              StatusIs(errs::kInvalidArgument, HasSubstr("plugin")));
  EXPECT_THAT(ParseIdentity(absl::AsciiStrToLower(kIdentity)), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(ParseIdentity(EncodeBech32("age-secret-key-", std::string(33, 'k')).view()),
              StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(ParseIdentity(""), StatusIs(errs::kInvalidArgument));
}

TEST(KeysTest, AnErrorRepeatsNothingOfAKey) {
  for (const std::string_view text : {kIdentity.substr(0, 60), kIdentity.substr(0, 73)}) {
    const auto identity = ParseIdentity(text);
    EXPECT_THAT(identity, StatusIs(errs::kInvalidArgument, Not(HasSubstr("GFPYY"))));
    const auto recipient = ParseRecipient(text);
    EXPECT_THAT(recipient, StatusIs(errs::kInvalidArgument, Not(HasSubstr("GFPYY"))));
  }
}

}  // namespace
}  // namespace siphon::age
