// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/primitives.h"

#include <set>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/secret.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(bytes); }
std::string Bytes(std::string_view hex) {
  std::string bytes;
  EXPECT_TRUE(absl::HexStringToBytes(hex, &bytes));
  return bytes;
}

// `count` bytes from `first` on.
std::string Range(int first, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

// The first 32 bytes of those in RFC 5869, appendix A.1 and A.3.
TEST(PrimitivesTest, HkdfGivesTheKeysOfRfc5869) {
  const std::string material(22, '\x0b');
  EXPECT_EQ(Hex(Hkdf(material, Range(0, 13), Range(0xf0, 10)).view()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  EXPECT_EQ(Hex(Hkdf(material, "", "").view()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

// RFC 4231, section 4.3.
TEST(PrimitivesTest, HmacGivesTheCodeOfRfc4231) {
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(PrimitivesTest, IsSameComparesAllBytes) {
  EXPECT_TRUE(IsSame("", ""));
  EXPECT_TRUE(IsSame("abc", "abc"));
  EXPECT_FALSE(IsSame("abc", "abd"));
  EXPECT_FALSE(IsSame("abc", "ab"));
}

// RFC 7748, section 6.1.
TEST(PrimitivesTest, X25519AgreesAsInRfc7748) {
  const std::string alice =
      Bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const std::string bob = Bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  const std::string alice_public = X25519PublicValue(alice);
  const std::string bob_public = X25519PublicValue(bob);
  EXPECT_EQ(Hex(alice_public), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(Hex(bob_public), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  constexpr std::string_view kShared =
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  EXPECT_EQ(Hex(X25519SharedSecret(alice, bob_public).view()), kShared);
  EXPECT_EQ(Hex(X25519SharedSecret(bob, alice_public).view()), kShared);
}

// Points of small order, RFC 7748, section 6.1: "check whether K is the all-zero value".
TEST(PrimitivesTest, X25519LeavesNothingOfAPointOfSmallOrder) {
  const std::string key = Range(1, 32);
  for (const std::string_view point :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_TRUE(X25519SharedSecret(key, Bytes(point)).empty()) << point;
  }
}

// RFC 7914, section 12, the first 32 bytes.
TEST(PrimitivesTest, ScryptGivesTheKeyOfRfc7914) {
  ASSERT_OK_AND_ASSIGN(const Secret key, Scrypt("pleaseletmein", "SodiumChloride", 14));
  EXPECT_EQ(Hex(key.view()), "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

// RFC 8439, section 2.8.2. The tag differs, because age has no associated data.
TEST(PrimitivesTest, AeadEncryptsAsInRfc8439) {
  constexpr std::string_view kText =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.";
  const Nonce nonce = {0x07, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47};
  const Aead aead(Range(0x80, 32));
  std::string sealed(kText.size() + kTagSize, '\0');
  aead.Seal(nonce, kText, sealed.data());
  EXPECT_EQ(Hex(sealed),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
            "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            "3ff4def08e4b7a9de576d26586cec64b6116"
            "6a23a4681fd59456aea1d29f82477216");
  std::string opened(kText.size(), '\0');
  EXPECT_TRUE(aead.Open(nonce, sealed, opened.data()));
  EXPECT_EQ(opened, kText);

  Nonce other = nonce;
  other[11] ^= 1;
  EXPECT_FALSE(aead.Open(other, sealed, opened.data()));
  EXPECT_EQ(opened, std::string(kText.size(), '\0'));
  sealed[3] ^= 1;
  EXPECT_FALSE(aead.Open(nonce, sealed, opened.data()));
  EXPECT_FALSE(aead.Open(nonce, "fifteen bytes..", opened.data()));
}

TEST(PrimitivesTest, RandomBytesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(seen.insert(std::string(RandomSecret(kFileKeySize).view())).second);
  }
}

}  // namespace
}  // namespace siphon::age
