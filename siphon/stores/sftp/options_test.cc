// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/options.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/sftp/sftp_store.h"
#include "testing/status_matchers.h"

namespace siphon::sftp {
namespace {

using ::testing::HasSubstr;

class SftpOptionsTest : public ::testing::Test {
 protected:
  storage::Settings Settings() {
    storage::Settings settings;
    settings.values = {{"host", "backup"}, {"path", "dumps/prod/"}};
    settings.environment = &environment_;
    settings.clock = &base::Clock::System();
    return settings;
  }

  base::Environment environment_ =
      base::Environment({{"HOME", "/home/me"}, {"PATH", "/nonexistent"}});
};

TEST_F(SftpOptionsTest, DescribeThePlaceAsAnUrlOfSsh) {
  storage::Settings settings = Settings();
  ASSERT_OK_AND_ASSIGN(StoreOptions options, OptionsOf(settings));
  EXPECT_EQ(options.description, "sftp://backup/~/dumps/prod");
  EXPECT_EQ(options.path, "dumps/prod");
  settings.values = {{"host", "backup"}, {"path", "/dumps"}, {"user", "me"}, {"port", "2222"}};
  ASSERT_OK_AND_ASSIGN(options, OptionsOf(settings));
  EXPECT_EQ(options.description, "sftp://me@backup:2222/dumps");
  // ssh is started only now.
  EXPECT_THAT(options.connect("place"), StatusIs(errs::kNotFound));
}

TEST_F(SftpOptionsTest, RefuseWhatCannotBe) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"host", ""},         {"host", "-v"},         {"user", "a b"},
      {"port", "many"},     {"port", "65536"},      {"path", ""},
      {"path", "~/dumps"},  {"path", "a\nb"},       {"path", std::string(4000, 'x')},
      {"known_hosts", "x"}, {"identity_file", "x"}, {"ssh_config", "x"}};
  for (const auto& [key, value] : wrong) {
    storage::Settings settings = Settings();
    settings.values[key] = value;
    EXPECT_THAT(OptionsOf(settings), StatusIs(errs::kConfigInvalid, HasSubstr("storage." + key)))
        << value;
  }
}

}  // namespace
}  // namespace siphon::sftp
