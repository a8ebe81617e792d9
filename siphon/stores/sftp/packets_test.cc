// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/packets.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::sftp {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;

constexpr Attributes kFile{.size = 7,
                           .permissions = 0100600,
                           .times = Attributes::Times{.accessed = 1, .modified = 4'000'000'000}};

// The packet without its length.
std::string Body(PacketBuilder packet) { return std::move(packet).Take().substr(4); }

TEST(PacketsTest, ARequestHasTheBytesOfTheDraft) {
  PacketBuilder packet(PacketType::kRead);
  packet.Text("h").LongNumber(0x0102030405060708).Number(9);
  packet.SetId(0x01020304);
  EXPECT_EQ(std::move(packet).Take(), std::string("\0\0\0\x16\x05\1\2\3\4\0\0\0\1h"
                                                  "\1\2\3\4\5\6\7\x08\0\0\0\x09",
                                                  26));
  EXPECT_EQ(std::move(PacketBuilder::WithoutId(PacketType::kInit).Number(3)).Take(),
            std::string("\0\0\0\5\1\0\0\0\3", 9));
}

TEST(PacketsTest, ReadsEveryAnswer) {
  ASSERT_OK_AND_ASSIGN(
      Answer answer,
      ParseAnswer(
          Body(PacketBuilder(PacketType::kStatus, 5).Number(kFailure).Text("Failure").Text("en"))));
  EXPECT_EQ(answer.id, 5u);
  EXPECT_TRUE(answer.IsStatus(kFailure));
  EXPECT_EQ(answer.bytes, "Failure");
  ASSERT_OK_AND_ASSIGN(answer, ParseAnswer(Body(PacketBuilder(PacketType::kStatus, 6).Number(1))));
  EXPECT_TRUE(answer.IsStatus(kEof));
  ASSERT_OK_AND_ASSIGN(answer, ParseAnswer(Body(PacketBuilder(PacketType::kHandle, 7).Text("h"))));
  EXPECT_EQ(answer.bytes, "h");
  const std::string data("\0\xff\n", 3);
  ASSERT_OK_AND_ASSIGN(answer, ParseAnswer(Body(PacketBuilder(PacketType::kData, 8).Text(data))));
  EXPECT_EQ(answer.bytes, data);
  ASSERT_OK_AND_ASSIGN(answer,
                       ParseAnswer(Body(PacketBuilder(PacketType::kAttrs, 9).Attrs(kFile))));
  EXPECT_EQ(answer.attributes, kFile);
  EXPECT_TRUE(answer.attributes.IsRegular());
  ASSERT_OK_AND_ASSIGN(answer, ParseAnswer(Body(PacketBuilder(PacketType::kName, 10)
                                                    .Number(2)
                                                    .Text("a")
                                                    .Text("-rw")
                                                    .Attrs(kFile)
                                                    .Text("b")
                                                    .Text("")
                                                    .Attrs({}))));
  EXPECT_THAT(answer.names, ElementsAre(NamedFile{"a", kFile}, NamedFile{"b", {}}));
  EXPECT_FALSE(answer.names[1].attributes.IsRegular());
  ASSERT_OK_AND_ASSIGN(
      answer, ParseAnswer(Body(PacketBuilder(PacketType::kExtendedReply, 11).LongNumber(1))));
  EXPECT_EQ(answer.bytes.size(), 8u);
}

TEST(PacketsTest, SkipsOwnersAndExtensionsOfAttributes) {
  PacketBuilder packet(PacketType::kAttrs, 1);
  packet.Number(0x80000000u | 2 | 1).LongNumber(12).Number(1000).Number(1000);
  packet.Number(1).Text("acl@example.org").Text("x");
  ASSERT_OK_AND_ASSIGN(const Answer answer, ParseAnswer(Body(std::move(packet))));
  EXPECT_THAT(answer.attributes, Eq(Attributes{.size = 12}));
}

TEST(PacketsTest, RefusesEveryCutAnswer) {
  const std::vector<std::string> answers = {
      Body(PacketBuilder(PacketType::kHandle, 1).Text("handle")),
      Body(PacketBuilder(PacketType::kData, 1).Text("data")),
      Body(PacketBuilder(PacketType::kAttrs, 1).Attrs(kFile)),
      Body(PacketBuilder(PacketType::kName, 1).Number(1).Text("a").Text("l").Attrs(kFile))};
  for (const std::string& answer : answers) {
    EXPECT_OK(ParseAnswer(answer));
    for (size_t size = 0; size < answer.size(); ++size) {
      EXPECT_THAT(ParseAnswer(answer.substr(0, size)), StatusIs(errs::kIo)) << size;
    }
    EXPECT_THAT(ParseAnswer(answer + "x"), StatusIs(errs::kIo, HasSubstr("follow")));
  }
}

TEST(PacketsTest, RefusesAnswersThatLie) {
  const std::vector<PacketBuilder> lies = {
      // Lengths and numbers of entries beyond the packet.
      PacketBuilder(PacketType::kData, 1).Number(0xFFFFFFFF),
      PacketBuilder(PacketType::kName, 1).Number(0xFFFFFFFF),
      PacketBuilder(PacketType::kName, 1).Number(2).Text("a").Text("").Attrs({}),
      PacketBuilder(PacketType::kAttrs, 1).Number(0x80000000u).Number(0xFFFFFFFF),
      // A flag of attributes that version 3 does not have, and too long a handle.
      PacketBuilder(PacketType::kAttrs, 1).Number(0x10).LongNumber(0),
      PacketBuilder(PacketType::kHandle, 1).Text(std::string(257, 'h')),
      // No answer.
      PacketBuilder(PacketType::kOpen, 1).Text("a"),
      PacketBuilder(static_cast<PacketType>(255), 1)};
  for (const PacketBuilder& lie : lies) EXPECT_THAT(ParseAnswer(Body(lie)), StatusIs(errs::kIo));
}

TEST(PacketsTest, ReadsTheVersionAndItsExtensions) {
  ASSERT_OK_AND_ASSIGN(const ServerVersion version,
                       ParseVersion(Body(PacketBuilder::WithoutId(PacketType::kVersion)
                                             .Number(3)
                                             .Text("posix-rename@openssh.com")
                                             .Text("1"))));
  EXPECT_TRUE(version.Has("posix-rename@openssh.com", "1"));
  EXPECT_FALSE(version.Has("posix-rename@openssh.com", "2"));
  EXPECT_FALSE(version.Has("fsync@openssh.com", "1"));
  EXPECT_THAT(ParseVersion(Body(PacketBuilder::WithoutId(PacketType::kVersion).Number(2))),
              StatusIs(errs::kIo, HasSubstr("version 2")));
  EXPECT_THAT(
      ParseVersion(Body(PacketBuilder::WithoutId(PacketType::kVersion).Number(3).Text("a"))),
      StatusIs(errs::kIo, HasSubstr("cut")));
  EXPECT_THAT(ParseVersion("Welcome!"), StatusIs(errs::kIo, HasSubstr("not its version")));
  EXPECT_THAT(ParseVersion(""), StatusIs(errs::kIo));
}

}  // namespace
}  // namespace siphon::sftp
