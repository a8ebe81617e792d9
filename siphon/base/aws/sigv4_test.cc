// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/aws/sigv4.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::aws {
namespace {

using ::testing::EndsWith;
using ::testing::Eq;
using ::testing::HasSubstr;

constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

absl::Time Utc(absl::CivilSecond second) { return absl::FromCivil(second, absl::UTCTimeZone()); }

// The examples of "Signature Calculations for the Authorization Header: Transferring Payload in a
// Single Chunk" in the API reference of S3.
class S3ExampleTest : public ::testing::Test {
 protected:
  std::string Sign(std::string_view method, std::string_view path, Pairs query, Pairs headers,
                   std::string_view payload) {
    SigningInput input;
    input.method = std::string(method);
    input.path = std::string(path);
    input.query = std::move(query);
    input.headers = std::move(headers);
    input.payload_hash = HexSha256(payload);
    input.headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
    input.headers.emplace_back("x-amz-content-sha256", input.payload_hash);
    input.headers.emplace_back("x-amz-date", FormatAmzDate(time_));
    return Authorization(input, credentials_, {"us-east-1", "s3"}, time_);
  }

  const absl::Time time_ = Utc(absl::CivilSecond(2013, 5, 24));
  const Credentials credentials_{.access_key = "AKIAIOSFODNN7EXAMPLE",
                                 .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
};

TEST_F(S3ExampleTest, GetsTheBeginningOfAnObject) {
  EXPECT_EQ(Sign("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}, ""),
            "AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3ExampleTest, PutsAnObject) {
  EXPECT_THAT(
      Sign("PUT", absl::StrCat("/", UriEncode("test$file.text", true)), {},
           {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
            {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
           "Welcome to Amazon S3."),
      EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_F(S3ExampleTest, GetsAParameterWithoutAValue) {
  EXPECT_THAT(
      Sign("GET", "/", {{"lifecycle", ""}}, {}, ""),
      EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST_F(S3ExampleTest, ListsObjects) {
  EXPECT_THAT(
      Sign("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, ""),
      EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

// Cases of the "Signature Version 4 Test Suite" of AWS.
class SuiteTest : public ::testing::Test {
 protected:
  SigningInput Input(std::string_view method, Pairs query, Pairs headers = {}) {
    SigningInput input;
    input.method = std::string(method);
    input.path = "/";
    input.query = std::move(query);
    input.headers = std::move(headers);
    input.headers.emplace_back("Host", "example.amazonaws.com");
    input.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
    input.payload_hash = std::string(kEmptyHash);
    return input;
  }
  std::string Sign(const SigningInput& input) {
    return Authorization(input, credentials_, {"us-east-1", "service"},
                         Utc(absl::CivilSecond(2015, 8, 30, 12, 36, 0)));
  }

  const Credentials credentials_{.access_key = "AKIDEXAMPLE",
                                 .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
};

TEST_F(SuiteTest, GetVanilla) {
  const SigningInput input = Input("GET", {});
  EXPECT_EQ(CanonicalRequest(input),
            absl::StrCat("GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
                         "host;x-amz-date\n",
                         kEmptyHash));
  EXPECT_THAT(
      Sign(input),
      EndsWith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
}

TEST_F(SuiteTest, GetVanillaQueryOrderKeyCase) {
  EXPECT_THAT(
      Sign(Input("GET", {{"Param2", "value2"}, {"Param1", "value1"}})),
      EndsWith("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST_F(SuiteTest, GetVanillaUtf8Query) {
  EXPECT_THAT(
      Sign(Input("GET", {{"\xe1\x88\xb4", "bar"}})),
      EndsWith("Signature=2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"));
}

TEST_F(SuiteTest, PostVanilla) {
  EXPECT_THAT(
      Sign(Input("POST", {})),
      EndsWith("Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
}

TEST_F(SuiteTest, GetHeaderValueTrim) {
  EXPECT_THAT(
      Sign(Input("GET", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}})),
      EndsWith("Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
}

TEST(UriEncodeTest, KeepsUnreservedCharactersOnly) {
  EXPECT_EQ(UriEncode("aZ09-._~", false), "aZ09-._~");
  EXPECT_EQ(UriEncode("a/b c+\xc3\xbc%", false), "a%2Fb%20c%2B%C3%BC%25");
  EXPECT_EQ(UriEncode("a/b", true), "a/b");
}

TEST(EncodeQueryTest, SortsByTheEncodedNames) {
  EXPECT_EQ(EncodeQuery({}), "");
  EXPECT_EQ(EncodeQuery({{"b", "2"}, {"a", "x y"}, {"a", ""}, {"uploads", ""}}),
            "a=&a=x%20y&b=2&uploads=");
}

TEST(AuthorizationTest, ShowsTheKeysIdAndNotTheSecret) {
  const Credentials credentials{.access_key = "id", .secret_key = "hidden"};
  SigningInput input{.method = "GET", .path = "/", .query = {}, .headers = {}, .payload_hash = ""};
  const std::string text = Authorization(input, credentials, {"r", "s3"}, absl::UnixEpoch());
  EXPECT_THAT(text, HasSubstr("Credential=id/19700101/r/s3/aws4_request"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace siphon::aws
