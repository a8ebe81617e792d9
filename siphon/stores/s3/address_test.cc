// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/address.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::s3 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<std::string> UrlOf(const Address::Options& options, const std::string& key) {
  ASSIGN_OR_RETURN(const Address address, Address::Make(options));
  return address.Url(address.Path(key), {});
}

TEST(AddressTest, NamesTheBucketInTheHostOfAws) {
  EXPECT_THAT(UrlOf({.bucket = "dumps", .region = "eu-central-1"}, "a/b c.dump"),
              IsOkAndHolds("https://dumps.s3.eu-central-1.amazonaws.com/a/b%20c.dump"));
  EXPECT_THAT(UrlOf({.bucket = "dumps"}, ""),
              IsOkAndHolds("https://dumps.s3.us-east-1.amazonaws.com/"));
  EXPECT_THAT(UrlOf({.bucket = "dumps", .region = "cn-north-1"}, "a"),
              IsOkAndHolds("https://dumps.s3.cn-north-1.amazonaws.com.cn/a"));
}

TEST(AddressTest, NamesABucketThatIsNoPartOfAHostInThePath) {
  EXPECT_THAT(UrlOf({.bucket = "my.dumps"}, "a"),
              IsOkAndHolds("https://s3.us-east-1.amazonaws.com/my.dumps/a"));
  EXPECT_THAT(UrlOf({.bucket = "Dumps_1"}, ""),
              IsOkAndHolds("https://s3.us-east-1.amazonaws.com/Dumps_1"));
}

TEST(AddressTest, AnEndpointHasTheBucketInThePathUnlessTold) {
  EXPECT_THAT(UrlOf({.bucket = "b", .endpoint = "http://127.0.0.1:9000/"}, "k"),
              IsOkAndHolds("http://127.0.0.1:9000/b/k"));
  EXPECT_THAT(UrlOf({.bucket = "b", .endpoint = "Example.ORG"}, "k"),
              IsOkAndHolds("https://example.org/b/k"));
  EXPECT_THAT(UrlOf({.bucket = "b", .endpoint = "https://example.org:443/s3"}, "k"),
              IsOkAndHolds("https://example.org/s3/b/k"));
  EXPECT_THAT(UrlOf({.bucket = "b", .endpoint = "https://[::1]:80", .path_style = true}, "k"),
              IsOkAndHolds("https://[::1]:80/b/k"));
  EXPECT_THAT(UrlOf({.bucket = "b", .endpoint = "http://s3.local:80", .path_style = false}, "k"),
              IsOkAndHolds("http://b.s3.local/k"));
}

TEST(AddressTest, EncodesTheQuery) {
  ASSERT_OK_AND_ASSIGN(const Address address,
                       Address::Make({.bucket = "b", .endpoint = "http://h"}));
  EXPECT_EQ(address.Url(address.Path(""), {{"prefix", "a/"}, {"list-type", "2"}}),
            "http://h/b?list-type=2&prefix=a%2F");
  EXPECT_EQ(address.host(), "h");
  EXPECT_EQ(address.region(), "us-east-1");
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* const bucket : {"", "a/b", ".a", "a b", "\xc3\xbc", "a\n"}) {
    EXPECT_THAT(Address::Make({.bucket = bucket}),
                StatusIs(errs::kConfigInvalid, HasSubstr("storage.bucket")));
  }
  EXPECT_THAT(Address::Make({.bucket = std::string(256, 'a')}), StatusIs(errs::kConfigInvalid));
  EXPECT_THAT(Address::Make({.bucket = "b", .region = "eu.west"}),
              StatusIs(errs::kConfigInvalid, HasSubstr("storage.region")));
  for (const char* const endpoint :
       {"ftp://h", "http://", "http://h/?hidden", "http://user:hidden@h", "http://h/ hidden"}) {
    EXPECT_THAT(Address::Make({.bucket = "b", .endpoint = endpoint}),
                StatusIs(errs::kConfigInvalid,
                         AllOf(HasSubstr("storage.endpoint"), Not(HasSubstr("hidden")))))
        << endpoint;
  }
}

}  // namespace
}  // namespace siphon::s3
