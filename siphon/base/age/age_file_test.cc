// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/age_file.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/file_key.h"
#include "siphon/base/age/header.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/payload.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/base/sha256.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;

// The identity of the specification's examples, and another one.
constexpr std::string_view kIdentity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr std::string_view kOther =
    "AGE-SECRET-KEY-1SZQC9QUYSKRG0ZYF329CERVW37GFRY5NJJ2ED9UCNXDFH8YAN60SS4NW9U";

// Vectors in base64, of make_vectors.py, an implementation of its own. The file key is 00 01 ...
// 0f, the payload nonce "@ABCDEFGHIJKLMNO"; the program age 1.1.1 decrypts the files. "The quick
// brown fox\n", for kOther and kIdentity:
constexpr std::string_view kTwoRecipients =
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBaMTNWZE8xM2lURUxQUzUyZ2ZONUMwWnNkenNWSWY3UE5sZD"
    "VXRGNlcFM4CmtLSVNKMzIxRmVJeFMvNk80RUM0QWFyeG1GOEZTc3FYVVZFVG42b1M0ZGMKLT4gWDI1NTE5IE5ZQnkx"
    "alpZZ05HdTZqS2EzNUVoT0RoUjdTR2lqanQxNldYUTBzMFdZbFEKZ0tMd3BWMjFFbUtmWmlqMXhwakU1Sm4xaEduSX"
    "FLeTZMaHlWNWd5NjRhTQotLS0gMlJLU1ZpcG1kN2RiQWtHM0hpcnFwWk9PallRR3Y5blZLK3dqRW55OFc1dwpAQUJD"
    "REVGR0hJSktMTU5PGb4Kuy18l86RPVDa42NwBs29tmQQ5JegAdnQjW4hCtaEco0S";
// "secret\n", with the passphrase "password":
constexpr std::string_view kPassphrase =
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBBQUVDQXdRRkJnY0lDUW9MREEwT0R3IDEwCmw3cXFSbTR6Ml"
    "BVWE5SVXdsT2gra1FUQ0JScGU0SGV4SGdTcEdCWmlWc2cKLS0tIHhvL3E3S3ZhM0YvWGEwaUZlRGVhL3FHWlMxeWlm"
    "V3F0c1RvSDdJdjE1VHcKQEFCQ0RFRkdISUpLTE1OTz6zDOk5ffTuYKZGl+G2cFsPByBpCLsd";

std::string Unbase64(std::string_view text) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(text, &bytes));
  return bytes;
}

std::vector<Identity> Identities(std::string_view text) {
  std::vector<Identity> identities;
  identities.push_back(ParseIdentity(text).value());
  return identities;
}

std::vector<Recipient> Recipients(std::string_view text) {
  return {ParseIdentity(text).value().recipient()};
}

// The plaintext by a stream.
absl::StatusOr<std::string> Streamed(std::string_view file, absl::Span<const Identity> identities) {
  base::StringReader in(file);
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> reader, MakeDecryptor(&in, identities));
  return base::ReadAll(*reader, file.size());
}

// The plaintext by random access.
absl::StatusOr<std::string> Accessed(std::string_view file, absl::Span<const Identity> identities) {
  const base::RandomAccessString bytes(file);
  ASSIGN_OR_RETURN(const std::unique_ptr<base::RandomAccess> access,
                   OpenEncrypted(&bytes, identities));
  std::string text(access->size(), '\0');
  RETURN_IF_ERROR(access->ReadAt(0, absl::MakeSpan(text)));
  return text;
}

std::string VectorText(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * i) >> 3);
  return text;
}

TEST(AgeFileTest, DecryptsTheVectors) {
  const std::string file = Unbase64(kTwoRecipients);
  for (const std::string_view identity : {kIdentity, kOther}) {
    ASSERT_OK_AND_ASSIGN(const Secret text, Decrypt(file, Identities(identity)));
    EXPECT_EQ(text.view(), "The quick brown fox\n");
    EXPECT_THAT(Streamed(file, Identities(identity)),
                IsOkAndHolds(std::string("The quick brown fox\n")));
    EXPECT_THAT(Accessed(file, Identities(identity)),
                IsOkAndHolds(std::string("The quick brown fox\n")));
  }
  ASSERT_OK_AND_ASSIGN(const Secret text, DecryptWithPassphrase(Unbase64(kPassphrase), "password"));
  EXPECT_EQ(text.view(), "secret\n");
}

// Whole files of several chunks, by their digests.
TEST(AgeFileTest, WritesTheVectors) {
  std::string file_key, ephemeral;
  for (int i = 0; i < 16; ++i) file_key.push_back(static_cast<char>(i));
  for (int i = 32; i < 64; ++i) ephemeral.push_back(static_cast<char>(i));
  const Secret key(file_key);
  constexpr std::string_view kNonce = "@ABCDEFGHIJKLMNO";
  ASSERT_OK_AND_ASSIGN(const Stanza stanza,
                       WrapForRecipient(key, Recipients(kIdentity)[0], Secret(ephemeral)));
  const struct {
    size_t size;
    std::string_view sha256;
  } kCases[] = {
      {0, "sha256:7cedfccb59c54a0389e186f0b6c9d33e917eed171294eca5479defe43836cd64"},
      {65536, "sha256:8519cf301da64d29ce5c401261c41836e7a6822c09e49d8d4f68d8a4e5abfddb"},
      {131072, "sha256:637d090dc0f5bd7ca9d3509b851dae70f9c69135cfb7b4481c6bb3e9bcfd3f06"},
      {131077, "sha256:11ffeadfa19c0fc15ae35c76276a26dbb2a7813b2b9d43a668b0671d470e6fa3"},
  };
  for (const auto& [size, sha256] : kCases) {
    base::StringWriter out;
    ASSERT_OK(out.Write(absl::StrCat(EncodeHeader(SealHeader({stanza}, key)), kNonce)));
    PayloadWriter writer(&out, PayloadKey(key, kNonce));
    ASSERT_OK(writer.Write(VectorText(size)));
    ASSERT_OK(writer.Finish());
    base::Sha256 hash;
    hash.Update(out.data());
    EXPECT_EQ(hash.Digest(), sha256) << size;
    EXPECT_TRUE(Streamed(out.data(), Identities(kIdentity)).value() == VectorText(size));
  }
}

TEST(AgeFileTest, EveryRecipientReadsWhatWasWritten) {
  std::vector<Identity> identities;
  std::vector<Recipient> recipients;
  for (int i = 0; i < 5; ++i) {
    identities.push_back(Identity::Generate());
    recipients.push_back(identities.back().recipient());
  }
  const std::string text = VectorText(3 * kChunkSize + 1);
  base::StringWriter file;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<base::Writer> writer,
                       MakeEncryptor(&file, recipients));
  ASSERT_OK(writer->Write(text));
  ASSERT_OK(writer->Finish());
  for (const Identity& identity : identities) {
    EXPECT_TRUE(Streamed(file.data(), absl::MakeSpan(&identity, 1)).value() == text);
    EXPECT_TRUE(Accessed(file.data(), absl::MakeSpan(&identity, 1)).value() == text);
  }
  EXPECT_THAT(Streamed(file.data(), Identities(kIdentity)), StatusIs(errs::kSecretUnavailable));
  EXPECT_THAT(Streamed(file.data(), {}), StatusIs(errs::kSecretUnavailable));
}

TEST(AgeFileTest, TwoFilesOfOneTextHaveNothingInCommon) {
  ASSERT_OK_AND_ASSIGN(const std::string one, Encrypt("same", Recipients(kIdentity)));
  ASSERT_OK_AND_ASSIGN(const std::string two, Encrypt("same", Recipients(kIdentity)));
  EXPECT_EQ(one.size(), two.size());
  EXPECT_NE(one.substr(40, 30), two.substr(40, 30));
  EXPECT_NE(one.substr(one.size() - 20), two.substr(two.size() - 20));
}

TEST(AgeFileTest, RefusesTooManyRecipientsAndNone) {
  EXPECT_THAT(Encrypt("text", {}), StatusIs(errs::kInvalidArgument, HasSubstr("not 0")));
  const std::vector<Recipient> most(kMaxRecipients, Recipients(kIdentity)[0]);
  ASSERT_OK_AND_ASSIGN(const std::string file, Encrypt("text", most));
  EXPECT_THAT(Streamed(file, Identities(kIdentity)), IsOkAndHolds(std::string("text")));
  const std::vector<Recipient> more(kMaxRecipients + 1, Recipients(kIdentity)[0]);
  EXPECT_THAT(Encrypt("text", more), StatusIs(errs::kInvalidArgument));
}

TEST(AgeFileTest, APassphraseOpensWhatItEncrypted) {
  ASSERT_OK_AND_ASSIGN(const std::string file, EncryptWithPassphrase("text", "word", 2));
  ASSERT_OK_AND_ASSIGN(const Secret text, DecryptWithPassphrase(file, "word"));
  EXPECT_EQ(text.view(), "text");
  EXPECT_THAT(DecryptWithPassphrase(file, "Word"), StatusIs(errs::kSecretUnavailable));
}

TEST(AgeFileTest, RefusesEveryCutFile) {
  const std::string file = Unbase64(kTwoRecipients);
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_THAT(Streamed(file.substr(0, size), Identities(kIdentity)), StatusIs(errs::kIntegrity));
    EXPECT_THAT(Accessed(file.substr(0, size), Identities(kIdentity)), StatusIs(errs::kIntegrity));
  }
}

// Every bit of a small file, and 1,000 other changes of a larger one: no change is ever read as the
// text, and no more than whole true chunks are returned before the error.
TEST(AgeFileTest, RefusesEveryChangedBit) {
  const std::string right = Unbase64(kTwoRecipients);
  for (size_t bit = 0; bit < right.size() * 8; ++bit) {
    std::string wrong = right;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Streamed(wrong, Identities(kIdentity)).ok()) << bit;
    EXPECT_FALSE(Accessed(wrong, Identities(kIdentity)).ok()) << bit;
  }
}

// A change of one kind at a place that `random` chooses.
std::string Mutated(std::string_view right, std::mt19937& random) {
  const auto place = [&] { return random() % right.size(); };
  std::string wrong(right);
  switch (random() % 6) {
    case 0:
      wrong[place()] ^= static_cast<char>(1 + random() % 255);
      break;
    case 1:
      wrong.erase(place(), 1 + random() % 100);
      break;
    case 2:
      wrong.insert(place(), 1 + random() % 100, static_cast<char>(random()));
      break;
    case 3:
      wrong.append(1 + random() % 100, static_cast<char>(random()));
      break;
    case 4: {
      const std::string part = wrong.substr(place(), 1 + random() % 1000);
      wrong.replace(random() % (wrong.size() - part.size() + 1), part.size(), part);
      break;
    }
    default:
      wrong.resize(place());
  }
  return wrong;
}

TEST(AgeFileTest, RefusesAThousandMutations) {
  const std::string text = VectorText(2 * kChunkSize + 100);
  ASSERT_OK_AND_ASSIGN(const std::string right, Encrypt(text, Recipients(kIdentity)));
  std::mt19937 random(19);
  int refused = 0;
  while (refused < 1000) {
    const std::string wrong = Mutated(right, random);
    if (wrong == right) continue;
    ++refused;
    ASSERT_FALSE(Streamed(wrong, Identities(kIdentity)).ok()) << refused;
    ASSERT_FALSE(Accessed(wrong, Identities(kIdentity)).ok()) << refused;

    base::StringReader in(wrong);
    const auto reader = MakeDecryptor(&in, Identities(kIdentity));
    if (!reader.ok()) continue;
    std::string read(text.size() + 1000, '\0');
    size_t size = 0;
    while (true) {
      const auto count = (*reader)->Read(absl::MakeSpan(read).subspan(size));
      if (!count.ok()) break;
      ASSERT_GT(*count, 0u);
      size += *count;
    }
    ASSERT_EQ(size % kChunkSize, 0u);
    ASSERT_TRUE(read.substr(0, size) == text.substr(0, size)) << refused;
  }
}

// One byte at a time, from a source that gives one byte at a time.
class SlowReader : public base::Reader {
 public:
  explicit SlowReader(std::string_view data) : data_(data) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    return data_.Read(out.subspan(0, 1));
  }

 private:
  base::StringReader data_;
};

TEST(AgeFileTest, ReadsFromASlowSource) {
  ASSERT_OK_AND_ASSIGN(const std::string file,
                       Encrypt(VectorText(kChunkSize + 3), Recipients(kIdentity)));
  SlowReader slow(file);
  const std::vector<Identity> identities = Identities(kIdentity);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<base::Reader> reader,
                       MakeDecryptor(&slow, identities));
  ASSERT_OK_AND_ASSIGN(const std::string text, base::ReadAll(*reader, file.size()));
  EXPECT_TRUE(text == VectorText(kChunkSize + 3));
}

}  // namespace
}  // namespace siphon::age
