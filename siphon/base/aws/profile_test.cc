// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/aws/profile.h"

#include <stdlib.h>

#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "testing/status_matchers.h"

namespace siphon::aws {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

TEST(ParseProfilesTest, ReadsSectionsAndSettings) {
  EXPECT_THAT(ParseProfiles("# comment\r\n[default]\r\nRegion = eu-central-1\r\n\n; more\n"
                            "[profile dev]\naws_secret_access_key=a=b/c+\ns3 =\n"
                            "  max_concurrent_requests = 20\nlast=\n"),
              IsOkAndHolds(ElementsAre(
                  Pair("default", ElementsAre(Pair("region", "eu-central-1"))),
                  Pair("profile dev", ElementsAre(Pair("aws_secret_access_key", "a=b/c+"),
                                                  Pair("last", ""), Pair("s3", ""))))));
  EXPECT_THAT(ParseProfiles(""), IsOkAndHolds(IsEmpty()));
}

TEST(ParseProfilesTest, NamesTheLineThatItCannotReadAndNotItsText) {
  for (const char* const text :
       {"[a]\nhidden\n", "[a]\n= hidden\n", "\nhidden = 1\n", "[a]\n[hidden\n", "[a]\n[ ]hidden\n",
        "[a]\na = hid\x01"
        "den\n"}) {
    EXPECT_THAT(ParseProfiles(text),
                StatusIs(errs::kConfigInvalid, AllOf(HasSubstr("line 2"), Not(HasSubstr("hid")))))
        << text;
  }
}

class FindTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/aws-XXXXXX";
    home_ = ::mkdtemp(pattern.data());
    Write("config",
          "[default]\nregion = eu-west-1\n[profile dev]\nregion = eu-north-1\n"
          "[profile process]\ncredential_process = /bin/true\n[profile bare]\noutput = json\n");
    Write("credentials",
          "[default]\naws_access_key_id = id1\naws_secret_access_key = hidden1\n"
          "[dev]\naws_access_key_id = id2\naws_secret_access_key = hidden2\n"
          "aws_session_token = token2\n");
  }
  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(home_ + "/" + name) << text;
  }
  // The environment with these files.
  base::Environment With(std::map<std::string, std::string, std::less<>> more = {}) const {
    more.emplace("AWS_CONFIG_FILE", home_ + "/config");
    more.emplace("AWS_SHARED_CREDENTIALS_FILE", home_ + "/credentials");
    return base::Environment(std::move(more));
  }

  std::string home_;
};

TEST_F(FindTest, TakesTheEnvironmentFirst) {
  ASSERT_OK_AND_ASSIGN(const Credentials credentials,
                       FindCredentials(With({{"AWS_ACCESS_KEY_ID", "id0"},
                                             {"AWS_SECRET_ACCESS_KEY", "hidden0"},
                                             {"AWS_SESSION_TOKEN", "token0"}}),
                                       ""));
  EXPECT_EQ(credentials.access_key, "id0");
  EXPECT_EQ(credentials.secret_key, "hidden0");
  EXPECT_EQ(credentials.session_token, "token0");
  EXPECT_THAT(credentials.origin, HasSubstr("environment"));
}

TEST_F(FindTest, TakesTheProfileThatIsNamed) {
  const base::Environment environment =
      With({{"AWS_ACCESS_KEY_ID", "id0"}, {"AWS_SECRET_ACCESS_KEY", "hidden0"}});
  ASSERT_OK_AND_ASSIGN(Credentials credentials, FindCredentials(environment, "dev"));
  EXPECT_EQ(credentials.access_key, "id2");
  EXPECT_EQ(credentials.session_token, "token2");
  EXPECT_THAT(credentials.origin, HasSubstr("profile dev"));
  ASSERT_OK_AND_ASSIGN(credentials, FindCredentials(With({{"AWS_PROFILE", "dev"}}), ""));
  EXPECT_EQ(credentials.access_key, "id2");
  ASSERT_OK_AND_ASSIGN(credentials, FindCredentials(With(), ""));
  EXPECT_EQ(credentials.access_key, "id1");
}

TEST_F(FindTest, SaysWhyThereAreNone) {
  EXPECT_THAT(FindCredentials(With(), "process"),
              StatusIs(errs::kSecretUnavailable, HasSubstr("credential_process")));
  EXPECT_THAT(FindCredentials(With(), "bare"),
              StatusIs(errs::kSecretUnavailable, HasSubstr("has no key")));
  EXPECT_THAT(FindCredentials(With(), "other"),
              StatusIs(errs::kSecretUnavailable, HasSubstr("no profile other")));
  EXPECT_THAT(FindCredentials(base::Environment(), ""), StatusIs(errs::kSecretUnavailable));
  EXPECT_THAT(FindCredentials(With({{"AWS_ACCESS_KEY_ID", "id0"}}), ""),
              StatusIs(errs::kSecretUnavailable, HasSubstr("only one is set")));
}

TEST_F(FindTest, NamesTheFileThatCannotBeRead) {
  Write("credentials", "hidden\n");
  EXPECT_THAT(FindCredentials(With(), ""),
              StatusIs(errs::kConfigInvalid,
                       AllOf(HasSubstr("/credentials: line 1"), Not(HasSubstr("hidden")))));
}

TEST_F(FindTest, FindsTheRegion) {
  EXPECT_THAT(FindRegion(With({{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}}), ""),
              IsOkAndHolds("a"));
  EXPECT_THAT(FindRegion(With({{"AWS_DEFAULT_REGION", "b"}}), "dev"), IsOkAndHolds("b"));
  EXPECT_THAT(FindRegion(With(), "dev"), IsOkAndHolds("eu-north-1"));
  EXPECT_THAT(FindRegion(With(), ""), IsOkAndHolds("eu-west-1"));
  EXPECT_THAT(FindRegion(base::Environment(), ""), IsOkAndHolds(""));
}

}  // namespace
}  // namespace siphon::aws
