// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_STORE_CONTRACT_H_
#define SIPHON_DOMAIN_STORAGE_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"

namespace siphon::testing {

// An empty place for objects, which goes away with the fixture.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  // A store on the place; called again, another one on the same place, as another process has it.
  virtual std::unique_ptr<storage::Store> Connect() = 0;
};

// One store of the suite: its name in the tests' names, and how to get an empty place.
struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreFixture>()> make;
  bool random_access = true;  // Store::OpenAt() returns no null.
  // An open object is read to its end after it was replaced or deleted; else that is an error.
  bool keeps_opened = true;
};
void PrintTo(const StoreFactory& factory, std::ostream* os);

// The contract of every store (siphon/domain/storage/store.h, docs/contracts.md#store-suite).
// Usage:
//   INSTANTIATE_TEST_SUITE_P(Local, StoreContract, Values(StoreFactory{...}), StoreName);
class StoreContract : public ::testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override;

  // Writes and commits one object.
  absl::Status Put(std::string_view key, std::string_view data);
  // Reads a whole object.
  absl::StatusOr<std::string> Get(std::string_view key);

  base::Context context_;
  std::unique_ptr<StoreFixture> fixture_;
  std::unique_ptr<storage::Store> store_;
};

std::string StoreName(const ::testing::TestParamInfo<StoreFactory>& info);

}  // namespace siphon::testing

#endif  // SIPHON_DOMAIN_STORAGE_STORE_CONTRACT_H_
