// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/registry.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::storage {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EmptyKind : public StoreKind {
 public:
  explicit EmptyKind(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  absl::StatusOr<Place> Open(const Settings&) const override { return Place(); }

 private:
  std::string name_;
};

TEST(RegistryTest, FindsKindsByTheirNames) {
  RegisterStoreKind(std::make_unique<EmptyKind>("near"));
  const StoreRegistration far(std::make_unique<EmptyKind>("far"));
  EXPECT_THAT(StoreKinds(), ElementsAre("far", "near"));
  ASSERT_OK_AND_ASSIGN(const StoreKind* const kind, GetStoreKind("near"));
  EXPECT_EQ(kind->name(), "near");
  EXPECT_THAT(GetStoreKind("ftp"), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("\"ftp\"")),
                                         HasHint(HasSubstr("far, near"))));
  EXPECT_DEATH(RegisterStoreKind(std::make_unique<EmptyKind>("far")),
               "\"far\" is registered twice");
}

TEST(SettingsTest, AMissingValueIsEmpty) {
  Settings settings;
  settings.values["bucket"] = "b";
  EXPECT_EQ(settings.Value("bucket"), "b");
  EXPECT_EQ(settings.Value("region"), "");
}

}  // namespace
}  // namespace siphon::storage
