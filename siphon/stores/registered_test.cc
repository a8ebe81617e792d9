// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "siphon/domain/storage/registry.h"

namespace siphon::storage {
namespace {

TEST(RegisteredStoresTest, AreThoseOfTheList) {
  EXPECT_EQ(absl::StrJoin(StoreKinds(), ","), SIPHON_STORES);
}

}  // namespace
}  // namespace siphon::storage
