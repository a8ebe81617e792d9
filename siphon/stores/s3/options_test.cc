// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/options.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/s3/s3_store.h"
#include "testing/status_matchers.h"

namespace siphon::s3 {
namespace {

using ::testing::HasSubstr;

class OptionsTest : public ::testing::Test {
 protected:
  storage::Settings Settings() {
    storage::Settings settings;
    settings.values = {{"bucket", "dumps"}, {"prefix", "a/b/"}};
    settings.environment = &environment_;
    settings.clock = &base::Clock::System();
    settings.resolve_secret = [](std::string_view reference,
                                 std::string_view subject) -> absl::StatusOr<std::string> {
      return absl::StrCat(subject, " from ", reference);
    };
    return settings;
  }

  base::Environment environment_ = base::Environment({{"AWS_ACCESS_KEY_ID", "id"},
                                                      {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                      {"AWS_REGION", "eu-north-1"},
                                                      {"SSL_CERT_FILE", "/ca.pem"},
                                                      {"SSL_CERT_DIR", "/cas"}});
};

TEST_F(OptionsTest, TakeWhatTheConfigurationDoesNotSayFromTheEnvironment) {
  ASSERT_OK_AND_ASSIGN(const StoreOptions options, OptionsOf(Settings()));
  EXPECT_EQ(options.address.bucket, "dumps");
  EXPECT_EQ(options.address.region, "eu-north-1");
  EXPECT_EQ(options.address.path_style, std::nullopt);
  EXPECT_EQ(options.prefix, "a/b");
  EXPECT_EQ(options.http.ca_file, "/ca.pem");
  EXPECT_EQ(options.parts.size, size_t{16} << 20);
  EXPECT_FALSE(options.parts.equal);
  ASSERT_OK_AND_ASSIGN(const aws::Credentials credentials, options.credentials());
  EXPECT_EQ(credentials.access_key, "id");
}

TEST_F(OptionsTest, TakeWhatTheConfigurationSays) {
  storage::Settings settings = Settings();
  settings.values = {{"bucket", "b"},
                     {"region", "auto"},
                     {"path_style", "false"},
                     {"part_size", "64MiB"},
                     {"ca_file", "/own.pem"},
                     {"access_key", "env:ID"},
                     {"secret_key", "env:KEY"},
                     {"session_token", "file:/t"},
                     {"endpoint", "https://x.r2.cloudflarestorage.com"}};
  ASSERT_OK_AND_ASSIGN(const StoreOptions options, OptionsOf(settings));
  EXPECT_EQ(options.address.region, "auto");
  EXPECT_EQ(options.address.path_style, false);
  EXPECT_EQ(options.parts.size, size_t{64} << 20);
  EXPECT_TRUE(options.parts.equal);
  EXPECT_EQ(options.http.ca_file, "/own.pem");
  EXPECT_EQ(options.http.ca_directory, "");
  ASSERT_OK_AND_ASSIGN(const aws::Credentials credentials, options.credentials());
  EXPECT_EQ(credentials.access_key, "storage.access_key from env:ID");
  EXPECT_EQ(credentials.secret_key, "storage.secret_key from env:KEY");
  EXPECT_EQ(credentials.session_token, "storage.session_token from file:/t");
}

TEST_F(OptionsTest, RefuseWhatCannotBe) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"path_style", "yes"}, {"part_size", "4MiB"},  {"part_size", "2GiB"}, {"part_size", "much"},
      {"prefix", "a\nb"},    {"access_key", "only"}, {"secret_key", "only"}};
  for (const auto& [key, value] : wrong) {
    storage::Settings settings = Settings();
    settings.values[key] = value;
    EXPECT_THAT(OptionsOf(settings), StatusIs(errs::kConfigInvalid, HasSubstr(key))) << value;
  }
}

}  // namespace
}  // namespace siphon::s3
