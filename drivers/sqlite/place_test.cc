// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/place.h"

#include <filesystem>
#include <string>

#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

namespace fs = std::filesystem;

// LookAt() gets a path without links. Meanwhile somebody exchanges one of its folders for a link.
TEST(LookAtTest, RefusesAPathWhoseFoldersHaveBecomeLinks) {
  const TempFolder folder;
  const std::string root = fs::canonical(folder.path()).string();
  fs::create_directories(root + "/hers/app");
  fs::create_directories(root + "/private/app");
  ASSERT_OK_AND_ASSIGN(const Place place, LookAt("test", root + "/hers/app/new.db"));
  EXPECT_FALSE(place.exists);
  fs::rename(root + "/hers", root + "/moved");
  fs::create_directory_symlink("private", root + "/hers");
  EXPECT_THAT(LookAt("test", root + "/hers/app/new.db"), StatusIs(errs::kIo));
  fs::create_directory_symlink("private/app", root + "/last");
  EXPECT_THAT(LookAt("test", root + "/last/new.db"), StatusIs(errs::kIo));
}

}  // namespace
}  // namespace siphon::sqlite
