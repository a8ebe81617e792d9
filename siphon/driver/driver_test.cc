// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/driver.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/driver/registry.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;

class FakeDriver : public Driver {
 public:
  explicit FakeDriver(std::string name, Capabilities capabilities = {})
      : name_(std::move(name)), capabilities_(capabilities) {}
  std::string_view name() const override { return name_; }
  Capabilities capabilities() const override { return capabilities_; }
  Features features() const override { return features_; }
  void SetFeatures(const Features& features) { features_ = features; }
  std::string version() const override { return "1"; }
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const base::Context&,
                                                      const profile::ConnectionProfile&,
                                                      Access) override {
    return absl::UnimplementedError("fake");
  }
  absl::StatusOr<std::unique_ptr<Connection>> OpenScratchOn(
      const base::Context&, const profile::ConnectionProfile&) override {
    return absl::UnimplementedError("fake");
  }
  absl::StatusOr<DeepReport> VerifyDeep(const base::Context&, const DeepVerifyOptions&,
                                        base::Reader&) override {
    return absl::UnimplementedError("fake");
  }
  absl::StatusOr<VerifyReport> VerifyBody(const base::Context&, base::Reader&) override {
    return absl::UnimplementedError("fake");
  }
  absl::Status CheckBackupOptions(const BackupOptions&) override { return absl::OkStatus(); }

 private:
  std::string name_;
  Capabilities capabilities_;
  Features features_;
};

std::unique_ptr<Driver> Fake(std::string name, Capabilities capabilities = {}) {
  return std::make_unique<FakeDriver>(std::move(name), capabilities);
}

std::optional<errs::Error> ErrorOf(const absl::Status& status) { return errs::GetError(status); }

TEST(CapabilitiesTest, HasAllThirteenInTheContractsOrder) {
  std::vector<std::string_view> names;
  for (const CapabilityInfo& info : kCapabilities) names.push_back(info.name);
  EXPECT_THAT(names, ElementsAre("Incremental", "NativeStream", "PerTable", "SchemaOnly",
                                 "DataOnly", "Parallel", "Compression", "BinaryFormat",
                                 "CrossEngineSource", "CrossEngineTarget", "CDC",
                                 "NativeBackpressure", "CrossVersionIncremental"));
}

TEST(CapabilitiesTest, EveryFlagIsNamedOnce) {
  for (const CapabilityInfo& info : kCapabilities) {
    Capabilities one;
    one.*(info.flag) = true;
    int set = 0;
    for (const CapabilityInfo& other : kCapabilities) set += one.*(other.flag) ? 1 : 0;
    EXPECT_EQ(set, 1) << info.name;
  }
}

TEST(RegistryTest, FindsADriverByNameAndListsThemSorted) {
  ScopedOverride b(Fake("b"));
  ScopedOverride a(Fake("a"));
  ASSERT_THAT(Get("a"), IsOk());
  EXPECT_EQ((*Get("a"))->name(), "a");
  std::vector<std::string_view> names;
  for (const Driver* driver : All()) names.push_back(driver->name());
  EXPECT_THAT(names, ElementsAre("a", "b"));
}

TEST(RegistryTest, NamesTheKnownEnginesWhenOneIsUnknown) {
  ScopedOverride a(Fake("a"));
  ScopedOverride b(Fake("b"));
  const absl::Status status = Get("oracle").status();
  EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported, HasSubstr("\"oracle\"")));
  EXPECT_THAT(ErrorOf(status), Optional(Field(&errs::Error::hint, HasSubstr("a, b"))));
  EXPECT_EQ(errs::ExitCode(status), 1);
}

TEST(RegistryTest, AnOverrideEndsWithItsScope) {
  ScopedOverride outer(Fake("a"));
  Driver* const before = *Get("a");
  {
    ScopedOverride inner(Fake("a"));
    EXPECT_NE(*Get("a"), before);
  }
  EXPECT_EQ(*Get("a"), before);
}

TEST(RegistryDeathTest, RegisteringANameTwiceEndsTheProcessWithTheName) {
  EXPECT_DEATH(
      {
        Register(Fake("twice"));
        Register(Fake("twice"));
      },
      "\"twice\" is registered twice");
}

TEST(RequireCapabilityTest, RefusesWhatIsNotClaimedAndNamesTheEnginesThatCan) {
  Capabilities able;
  able.cdc = true;
  ScopedOverride a(Fake("able", able));
  FakeDriver unable("unable");
  const absl::Status status = RequireCapability(unable, &Capabilities::cdc);
  EXPECT_THAT(status,
              StatusIs(errs::kDriverUnsupported, AllOf(HasSubstr("unable"), HasSubstr("CDC"))));
  EXPECT_THAT(ErrorOf(status), Optional(Field(&errs::Error::hint, HasSubstr("able"))));
  EXPECT_EQ(errs::ExitCode(status), 1);
  EXPECT_THAT(RequireCapability(FakeDriver("x", able), &Capabilities::cdc), IsOk());
}

template <typename Options>
struct OptionCase {
  std::string name;
  std::function<void(Options&)> set;
  bool Capabilities::*flag;
};

// Each option is refused without its capability and passes with it.
template <typename Options>
void CheckCases(const std::vector<OptionCase<Options>>& cases) {
  for (const OptionCase<Options>& c : cases) {
    SCOPED_TRACE(c.name);
    Options options;
    c.set(options);
    EXPECT_THAT(RequireFor(FakeDriver("none"), options), StatusIs(errs::kDriverUnsupported));
    Capabilities claimed;
    claimed.*(c.flag) = true;
    EXPECT_THAT(RequireFor(FakeDriver("one", claimed), options), IsOk());
  }
}

TEST(RequireForTest, EveryBackupOptionNeedsItsCapability) {
  CheckCases<BackupOptions>({
      {"tables", [](auto& o) { o.tables = {"t"}; }, &Capabilities::per_table},
      {"exclude_tables", [](auto& o) { o.exclude_tables = {"t"}; }, &Capabilities::per_table},
      {"exclude_data", [](auto& o) { o.exclude_data = {"t"}; }, &Capabilities::per_table},
      {"schema_only", [](auto& o) { o.schema_only = true; }, &Capabilities::schema_only},
      {"data_only", [](auto& o) { o.data_only = true; }, &Capabilities::data_only},
      {"jobs", [](auto& o) { o.jobs = 2; }, &Capabilities::parallel},
  });
  EXPECT_THAT(RequireFor(FakeDriver("none"), BackupOptions()), IsOk());
}

TEST(RequireForTest, EveryRestoreOptionNeedsItsCapability) {
  CheckCases<RestoreOptions>({
      {"tables", [](auto& o) { o.tables = {"t"}; }, &Capabilities::per_table},
      {"schema_only", [](auto& o) { o.schema_only = true; }, &Capabilities::schema_only},
      {"data_only", [](auto& o) { o.data_only = true; }, &Capabilities::data_only},
  });
  RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(RequireFor(FakeDriver("none"), clean), IsOk());
}

// Each is refused without its feature, with a hint that names an engine that has it.
template <typename Options>
void CheckFeature(std::string_view name, std::function<void(Options&)> set, bool Features::*flag) {
  SCOPED_TRACE(name);
  Features with;
  with.*flag = true;
  auto able = std::make_unique<FakeDriver>("able");
  able->SetFeatures(with);
  FakeDriver also("also");
  also.SetFeatures(with);
  ScopedOverride registered(std::move(able));
  Options options;
  set(options);
  const absl::Status status = RequireFor(FakeDriver("none"), options);
  EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported,
                               AllOf(HasSubstr("none"), HasSubstr(std::string(name)))));
  EXPECT_THAT(ErrorOf(status), Optional(Field(&errs::Error::hint, HasSubstr("able"))));
  EXPECT_THAT(RequireFor(also, options), IsOk());
}

TEST(RequireForTest, WhatOnlySomeEnginesKnowNeedsTheirFeature) {
  CheckFeature<BackupOptions>(
      "--no-owner", [](auto& o) { o.no_owner = true; }, &Features::ownership);
  CheckFeature<BackupOptions>(
      "--no-acl", [](auto& o) { o.no_acl = true; }, &Features::ownership);
  CheckFeature<BackupOptions>(
      "--with-globals", [](auto& o) { o.with_globals = true; }, &Features::globals);
  CheckFeature<BackupOptions>(
      "--checksums", [](auto& o) { o.checksums = true; }, &Features::checksums);
  CheckFeature<RestoreOptions>(
      "--no-owner", [](auto& o) { o.no_owner = true; }, &Features::ownership);
  CheckFeature<RestoreOptions>(
      "--no-acl", [](auto& o) { o.no_acl = true; }, &Features::ownership);
  CheckFeature<RestoreOptions>(
      "--with-globals", [](auto& o) { o.with_globals = true; }, &Features::globals);
  CheckFeature<RestoreOptions>(
      "--create", [](auto& o) { o.create = "new"; }, &Features::create);
  CheckFeature<RestoreOptions>(
      "--in-place", [](auto& o) { o.in_place = true; }, &Features::in_place);
  CheckFeature<RestoreOptions>(
      "--trust", [](auto& o) { o.trust = true; }, &Features::trust);
  CheckFeature<RestoreOptions>(
      "--exclude-object", [](auto& o) { o.exclude_objects = {"index:i"}; },
      &Features::exclude_objects);
  CheckFeature<RestoreOptions>(
      "--search-path", [](auto& o) { o.search_path = {"s"}; }, &Features::search_path);
  for (const verbs::Definer value : {verbs::Definer::kStrip, verbs::Definer::kCurrent}) {
    CheckFeature<BackupOptions>(
        "--definer", [value](auto& o) { o.definer = value; }, &Features::definer);
    CheckFeature<RestoreOptions>(
        "--definer", [value](auto& o) { o.definer = value; }, &Features::definer);
  }
  for (const bool value : {true, false}) {
    CheckFeature<RestoreOptions>(
        "--single-transaction", [value](auto& o) { o.single_transaction = value; },
        &Features::single_transaction);
  }
}

TEST(RequireForTest, SeveralJobsOfARestoreNeedTheCapabilityAndTheFeature) {
  RestoreOptions options;
  options.jobs = 2;
  FakeDriver backs_up("backs_up", {.parallel = true});
  EXPECT_THAT(RequireFor(backs_up, options),
              StatusIs(errs::kDriverUnsupported, HasSubstr("several --jobs for a restore")));
  BackupOptions backup;
  backup.jobs = 2;
  EXPECT_THAT(RequireFor(backs_up, backup), IsOk());
  backs_up.SetFeatures({.restore_jobs = true});
  EXPECT_THAT(RequireFor(backs_up, options), IsOk());
  FakeDriver neither("neither");
  neither.SetFeatures({.restore_jobs = true});
  EXPECT_THAT(RequireFor(neither, options), StatusIs(errs::kDriverUnsupported));
}

TEST(RequireFeatureTest, LooksOnlyWhereItIsWanted) {
  FakeDriver driver("fake");
  const auto require = [&](bool wanted) {
    return RequireFeature(driver, wanted, &Features::tools, "--tools");
  };
  EXPECT_THAT(require(false), IsOk());
  EXPECT_THAT(require(true), StatusIs(errs::kDriverUnsupported, HasSubstr("--tools")));
  driver.SetFeatures({.tools = true});
  EXPECT_THAT(require(true), IsOk());
}

TEST(RequireForTest, RefusesContradictions) {
  Capabilities all;
  for (const CapabilityInfo& info : kCapabilities) all.*(info.flag) = true;
  const FakeDriver driver("all", all);
  BackupOptions backup;
  backup.schema_only = backup.data_only = true;
  EXPECT_THAT(RequireFor(driver, backup), StatusIs(errs::kInvalidArgument));
  RestoreOptions restore;
  restore.schema_only = restore.data_only = true;
  EXPECT_THAT(RequireFor(driver, restore), StatusIs(errs::kInvalidArgument));
  restore = RestoreOptions();
  restore.create = "new";
  restore.clean = true;
  EXPECT_THAT(RequireFor(driver, restore), StatusIs(errs::kInvalidArgument, HasSubstr("new")));
  restore = RestoreOptions();
  restore.jobs = 2;
  restore.single_transaction = true;
  EXPECT_THAT(RequireFor(driver, restore), StatusIs(errs::kInvalidArgument));
  BackupOptions none;
  none.jobs = 0;
  EXPECT_THAT(RequireFor(driver, none), StatusIs(errs::kInvalidArgument));
}

}  // namespace
}  // namespace siphon::driver
