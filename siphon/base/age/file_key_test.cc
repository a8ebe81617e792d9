// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/file_key.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/header.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/age/text_encoding.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;

std::string Bytes(int first, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

// The identity of the specification's examples.
std::vector<Identity> Example() {
  std::vector<Identity> identities;
  identities.emplace_back(Secret(std::string(32, '\x42')));
  return identities;
}

// A stanza of arguments, and a body in base64.
Stanza MakeStanza(std::vector<std::string> arguments, std::string_view body) {
  return Stanza{std::move(arguments), DecodeBase64(body).value()};
}

// C2SP age, "X25519 recipient stanza", encrypted to the identity above it.
Stanza SpecificationStanza() {
  return MakeStanza({"X25519", "O6DLx/wDIawpUC978NSPjYvrfDtJVnZApXKp4FMPHCY"},
                    "3aKjozt9agh7jGmvOKvR4iax41Wl4zj95MKK4X9JuWc");
}

Secret SpecificationFileKey() {
  std::string key;
  EXPECT_TRUE(absl::HexStringToBytes("6505da236915145fea6f7f0e451b0b92", &key));
  return Secret(key);
}

TEST(FileKeyTest, UnwrapsTheStanzaOfTheSpecification) {
  const Header header = SealHeader({SpecificationStanza()}, SpecificationFileKey());
  ASSERT_OK_AND_ASSIGN(const Secret file_key, UnwrapFileKey(header, Example()));
  EXPECT_EQ(file_key.view(), SpecificationFileKey().view());
}

// The values are those of make_vectors.py, an implementation of its own.
TEST(FileKeyTest, WrapsAsTheSpecificationSays) {
  const Secret file_key(Bytes(0, 16));
  const std::vector<Identity> identities = Example();
  EXPECT_THAT(WrapForRecipient(file_key, identities[0].recipient(), Secret(Bytes(32, 32))),
              IsOkAndHolds(MakeStanza({"X25519", "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlQ"},
                                      "gKLwpV21EmKfZij1xpjE5Jn1hGnIqKy6LhyV5gy64aM")));
  EXPECT_THAT(WrapWithPassphrase(file_key, "password", Bytes(0, 16), 10),
              IsOkAndHolds(MakeStanza({"scrypt", "AAECAwQFBgcICQoLDA0ODw", "10"},
                                      "l7qqRm4z2PUXNRUwlOh+kQTCBRpe4HexHgSpGBZiVsg")));
}

TEST(FileKeyTest, FindsItsStanzaAmongOthers) {
  const Identity other = Identity::Generate();
  const Secret file_key = NewFileKey();
  ASSERT_OK_AND_ASSIGN(const Stanza for_other,
                       WrapForRecipient(file_key, other.recipient(), Secret(Bytes(1, 32))));
  ASSERT_OK_AND_ASSIGN(const Stanza for_us,
                       WrapForRecipient(file_key, Example()[0].recipient(), Secret(Bytes(2, 32))));
  const Header header =
      SealHeader({Stanza{{"ssh-ed25519", "x"}, "body"}, for_other, for_us}, file_key);
  ASSERT_OK_AND_ASSIGN(const Secret unwrapped, UnwrapFileKey(header, Example()));
  EXPECT_EQ(unwrapped.view(), file_key.view());
  EXPECT_THAT(UnwrapFileKey(SealHeader({for_other}, file_key), Example()),
              StatusIs(errs::kSecretUnavailable, HasSubstr("none of 1 identities")));
}

TEST(FileKeyTest, RefusesAChangedHeader) {
  const Header right = SealHeader({SpecificationStanza()}, SpecificationFileKey());
  Header more = right;
  more.stanzas.push_back(Stanza{{"unknown"}, ""});
  EXPECT_THAT(UnwrapFileKey(more, Example()),
              StatusIs(errs::kIntegrity, HasSubstr("authentication code is wrong")));
  Header mac = right;
  mac.mac[0] ^= 1;
  EXPECT_THAT(UnwrapFileKey(mac, Example()), StatusIs(errs::kIntegrity));
}

TEST(FileKeyTest, RefusesMalformedStanzas) {
  const Stanza right = SpecificationStanza();
  std::vector<Stanza> wrong(7, right);
  wrong[0].arguments.pop_back();
  wrong[1].arguments.push_back("more");
  wrong[2].arguments[1].pop_back();
  wrong[3].arguments[1].back() = 'Z';  // Not canonical.
  wrong[4].body.push_back('x');
  wrong[5].body.pop_back();
  wrong[6].arguments[1] = EncodeBase64(std::string(32, '\0'));  // Leaves no shared secret.
  for (size_t i = 0; i < wrong.size(); ++i) {
    const Header header = SealHeader({right, wrong[i]}, SpecificationFileKey());
    // Only the last one must be tried to be found out.
    std::vector<Identity> identities = Example();
    if (i == 6) identities.insert(identities.begin(), Identity::Generate());
    EXPECT_THAT(UnwrapFileKey(header, identities), StatusIs(errs::kIntegrity)) << i;
  }
}

TEST(FileKeyTest, APassphraseIsTheOnlyRecipient) {
  const Secret file_key = NewFileKey();
  ASSERT_OK_AND_ASSIGN(const Stanza stanza,
                       WrapWithPassphrase(file_key, "password", Bytes(0, 16), 1));
  ASSERT_OK_AND_ASSIGN(const Secret unwrapped,
                       UnwrapFileKey(SealHeader({stanza}, file_key), "password"));
  EXPECT_EQ(unwrapped.view(), file_key.view());
  EXPECT_THAT(UnwrapFileKey(SealHeader({stanza}, file_key), "Password"),
              StatusIs(errs::kSecretUnavailable, HasSubstr("passphrase is wrong")));
  EXPECT_THAT(UnwrapFileKey(SealHeader({stanza}, file_key), Example()),
              StatusIs(errs::kSecretUnavailable, HasSubstr("with a passphrase")));
  EXPECT_THAT(UnwrapFileKey(SealHeader({SpecificationStanza()}, file_key), "password"),
              StatusIs(errs::kSecretUnavailable, HasSubstr("to a key")));
  for (const Stanza& second : {stanza, Stanza{{"unknown"}, ""}, SpecificationStanza()}) {
    const Header header = SealHeader({second, stanza}, file_key);
    EXPECT_THAT(UnwrapFileKey(header, "password"), StatusIs(errs::kIntegrity));
    EXPECT_THAT(UnwrapFileKey(header, Example()), StatusIs(errs::kIntegrity));
  }
}

TEST(FileKeyTest, RefusesMalformedPassphraseStanzas) {
  const Secret file_key = NewFileKey();
  ASSERT_OK_AND_ASSIGN(const Stanza right,
                       WrapWithPassphrase(file_key, "password", Bytes(0, 16), 1));
  for (const std::string_view factor : {"0", "01", "+1", "-1", "1 ", "", "1x", "0x1"}) {
    Stanza wrong = right;
    wrong.arguments[2] = std::string(factor);
    EXPECT_THAT(UnwrapFileKey(SealHeader({wrong}, file_key), "password"),
                StatusIs(errs::kIntegrity, HasSubstr("decimal")))
        << factor;
  }
  for (const std::string_view factor :
       {"21", "64", "99", "100", "4294967297", "99999999999999999999999999"}) {
    Stanza wrong = right;
    wrong.arguments[2] = std::string(factor);
    EXPECT_THAT(UnwrapFileKey(SealHeader({wrong}, file_key), "password"),
                StatusIs(errs::kInvalidArgument, HasSubstr("above the limit of 20")))
        << factor;
  }
  std::vector<Stanza> wrong(4, right);
  wrong[0].arguments.pop_back();
  wrong[1].arguments.push_back("more");
  wrong[2].arguments[1] = EncodeBase64(Bytes(0, 15));
  wrong[3].body.push_back('x');
  for (const Stanza& stanza : wrong) {
    EXPECT_THAT(UnwrapFileKey(SealHeader({stanza}, file_key), "password"),
                StatusIs(errs::kIntegrity));
  }
}

TEST(FileKeyTest, RefusesARecipientOfSmallOrder) {
  EXPECT_THAT(
      WrapForRecipient(NewFileKey(), Recipient(std::string(32, '\0')), Secret(Bytes(1, 32))),
      StatusIs(errs::kInvalidArgument, HasSubstr("no usable key")));
}

}  // namespace
}  // namespace siphon::age
