// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The library siphon/base/age and the program age (tools/third_party/servers.bzl): each decrypts
// what the other encrypted.

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/identity_file.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/random_access.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/process/terminal.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

constexpr size_t kChunk = 65536;
constexpr size_t kSizes[] = {0, 1, kChunk - 1, kChunk, kChunk + 1, 2 * kChunk, 20 * kChunk + 5};

std::string Text(size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class AgeInteropTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto age = FindServer("age-1");
    ASSERT_OK(age.status());
    age_ = age->Program("age");
    keygen_ = age->Program("age-keygen");
  }

  ProcessResult Run(std::vector<std::string> argv) const {
    auto result = RunProcess({.argv = std::move(argv), .environment = {}});
    EXPECT_OK(result.status());
    return *std::move(result);
  }

  // Writes a new identity into a file, and returns the file's path.
  std::string NewKey(const age::Identity& identity, std::string_view name) const {
    std::string path = sandbox_.Path(name);
    WriteBytes(path, age::FormatIdentityFile(identity, "2026-12-01T00:00:00Z").view());
    return path;
  }

  Sandbox sandbox_;
  std::string age_, keygen_;
};

absl::StatusOr<std::string> Accessed(std::string_view file, const age::Identity& identity) {
  const base::RandomAccessString bytes(file);
  ASSIGN_OR_RETURN(const std::unique_ptr<base::RandomAccess> access,
                   age::OpenEncrypted(&bytes, absl::MakeSpan(&identity, 1)));
  std::string text(access->size(), '\0');
  RETURN_IF_ERROR(access->ReadAt(0, absl::MakeSpan(text)));
  return text;
}

TEST_F(AgeInteropTest, AgeDecryptsWhatSiphonEncrypted) {
  const age::Identity one = age::Identity::Generate();
  const age::Identity two = age::Identity::Generate();
  const std::vector<age::Recipient> recipients = {one.recipient(), two.recipient()};
  const std::string keys[] = {NewKey(one, "one.txt"), NewKey(two, "two.txt")};
  for (const size_t size : kSizes) {
    ASSERT_OK_AND_ASSIGN(const std::string file, age::Encrypt(Text(size), recipients));
    WriteBytes(sandbox_.Path("file.age"), file);
    for (const std::string& key : keys) {
      const ProcessResult result = Run({age_, "-d", "-i", key, sandbox_.Path("file.age")});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_TRUE(result.out == Text(size)) << size;
    }
  }
}

TEST_F(AgeInteropTest, SiphonDecryptsWhatAgeEncrypted) {
  const age::Identity one = age::Identity::Generate();
  const age::Identity two = age::Identity::Generate();
  for (const size_t size : kSizes) {
    WriteBytes(sandbox_.Path("text"), Text(size));
    const ProcessResult result = Run(
        {age_, "-r", one.recipient().Text(), "-r", two.recipient().Text(), sandbox_.Path("text")});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const age::Identity* identity : {&one, &two}) {
      ASSERT_OK_AND_ASSIGN(const age::Secret text,
                           age::Decrypt(result.out, absl::MakeSpan(identity, 1)));
      EXPECT_TRUE(text.view() == Text(size)) << size;
      EXPECT_TRUE(Accessed(result.out, *identity).value() == Text(size)) << size;
    }
  }
}

TEST_F(AgeInteropTest, BothReadTheKeysOfTheOther) {
  ASSERT_EQ(Run({keygen_, "-o", sandbox_.Path("theirs.txt")}).exit_code, 0);
  ASSERT_OK_AND_ASSIGN(const std::vector<age::Identity> theirs,
                       age::ParseIdentityFile(ReadBytes(sandbox_.Path("theirs.txt"))));
  ASSERT_EQ(theirs.size(), 1u);
  EXPECT_EQ(Run({keygen_, "-y", sandbox_.Path("theirs.txt")}).out,
            absl::StrCat(theirs[0].recipient().Text(), "\n"));

  const age::Identity ours = age::Identity::Generate();
  EXPECT_EQ(Run({keygen_, "-y", NewKey(ours, "ours.txt")}).out,
            absl::StrCat(ours.recipient().Text(), "\n"));
}

TEST_F(AgeInteropTest, AgeOpensAnIdentityFileThatSiphonEncrypted) {
  const age::Identity identity = age::Identity::Generate();
  const age::Secret key = age::FormatIdentityFile(identity, "2026-12-01T00:00:00Z");
  // Less work than a real passphrase has.
  ASSERT_OK_AND_ASSIGN(const std::string encrypted,
                       age::EncryptWithPassphrase(key.view(), "correct horse", 10));
  WriteBytes(sandbox_.Path("key.age"), age::EncodeArmor(encrypted));
  ASSERT_OK_AND_ASSIGN(const std::string file, age::Encrypt("text", {identity.recipient()}));
  WriteBytes(sandbox_.Path("file.age"), file);
  Terminal terminal({.argv = {age_, "-d", "-i", sandbox_.Path("key.age"), "-o",
                              sandbox_.Path("text"), sandbox_.Path("file.age")},
                     .environment = {"TERM=dumb"}});
  ASSERT_TRUE(terminal.WaitFor("Enter passphrase")) << terminal.shown();
  terminal.Type("correct horse\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.shown();
  EXPECT_EQ(ReadBytes(sandbox_.Path("text")), "text");
}

TEST_F(AgeInteropTest, SiphonOpensAnIdentityFileThatAgeEncrypted) {
  const age::Identity identity = age::Identity::Generate();
  const std::string key = NewKey(identity, "key.txt");
  for (const bool is_armored : {true, false}) {
    const std::string encrypted = sandbox_.Path(is_armored ? "armored.age" : "binary.age");
    std::vector<std::string> argv = {age_, "-p", "-o", encrypted};
    if (is_armored) argv.push_back("-a");
    argv.push_back(key);
    Terminal terminal({.argv = argv, .environment = {"TERM=dumb"}});
    ASSERT_TRUE(terminal.WaitFor("Enter passphrase")) << terminal.shown();
    terminal.Type("correct horse\n");
    ASSERT_TRUE(terminal.WaitFor("Confirm passphrase")) << terminal.shown();
    terminal.Type("correct horse\n");
    ASSERT_EQ(terminal.Wait(std::chrono::seconds(60)), 0) << terminal.shown();

    std::string file = ReadBytes(encrypted);
    EXPECT_TRUE(age::IsEncryptedFile(file));
    EXPECT_EQ(age::IsArmored(file), is_armored);
    if (is_armored) {
      ASSERT_OK_AND_ASSIGN(file, age::DecodeArmor(file));
    }
    ASSERT_OK_AND_ASSIGN(const age::Secret text, age::DecryptWithPassphrase(file, "correct horse"));
    EXPECT_EQ(text.view(), ReadBytes(key));
  }
}

// Two readers of one specification: neither takes a damaged file for whole.
TEST_F(AgeInteropTest, BothRefuseTheSameFiles) {
  const age::Identity identity = age::Identity::Generate();
  const std::string key = NewKey(identity, "key.txt");
  ASSERT_OK_AND_ASSIGN(const std::string right,
                       age::Encrypt(Text(kChunk + 10), {identity.recipient()}));
  std::mt19937 random(19);
  for (int i = 0; i < 100; ++i) {
    std::string wrong = right;
    // Half of the changes lie in the header, which is a small part of the file.
    const size_t at = i % 2 == 0 ? random() % 230 : random() % right.size();
    switch (random() % 3) {
      case 0:
        wrong[at] = static_cast<char>(wrong[at] ^ (1 << (random() % 8)));
        break;
      case 1:
        wrong.erase(at, 1);
        break;
      default:
        wrong.insert(at, 1, static_cast<char>(random()));
    }
    WriteBytes(sandbox_.Path("wrong.age"), wrong);
    const ProcessResult result = Run({age_, "-d", "-i", key, sandbox_.Path("wrong.age")});
    EXPECT_NE(result.exit_code, 0) << i;
    EXPECT_FALSE(age::Decrypt(wrong, absl::MakeSpan(&identity, 1)).ok()) << i;
  }
}

}  // namespace
}  // namespace siphon::testing
