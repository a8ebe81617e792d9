// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/driver.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/driver/registry.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "capabilities";

const CapabilityInfo* FindInfo(bool Capabilities::*flag) {
  for (const CapabilityInfo& info : kCapabilities) {
    if (info.flag == flag) return &info;
  }
  return nullptr;
}

// The checks that both kinds of options need.
template <typename Options>
absl::Status RequireCommon(const Driver& driver, const Options& options) {
  if (options.schema_only && options.data_only) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           "schema-only and data-only contradict each other",
                           "leave both out to get definitions and rows");
  }
  if (options.jobs < 1) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("the number of jobs is ", options.jobs),
                           "give a number of 1 or more");
  }
  if (options.schema_only) RETURN_IF_ERROR(RequireCapability(driver, &Capabilities::schema_only));
  if (options.data_only) RETURN_IF_ERROR(RequireCapability(driver, &Capabilities::data_only));
  if (options.jobs > 1) RETURN_IF_ERROR(RequireCapability(driver, &Capabilities::parallel));
  if (!options.tables.empty() || !options.exclude_tables.empty()) {
    RETURN_IF_ERROR(RequireCapability(driver, &Capabilities::per_table));
  }
  return absl::OkStatus();
}

// The checks of ownership, definer and globals that both kinds of options need.
template <typename Options>
absl::Status RequireOwnership(const Driver& driver, const Options& options) {
  RETURN_IF_ERROR(RequireFeature(driver, options.no_owner, &Features::ownership, "--no-owner"));
  RETURN_IF_ERROR(RequireFeature(driver, options.no_acl, &Features::ownership, "--no-acl"));
  const bool definer = options.definer != verbs::Definer::kKeep;
  RETURN_IF_ERROR(RequireFeature(driver, definer, &Features::definer, "--definer"));
  return RequireFeature(driver, options.with_globals, &Features::globals, "--with-globals");
}

}  // namespace

absl::StatusOr<Crossing> Connection::CheckCrossing(const base::Context&, Connection&,
                                                   const BackupOptions&) {
  return errs::InternalError(kOp, "this engine cannot copy the database of another engine");
}

absl::Status RequireCapability(const Driver& driver, bool Capabilities::*flag) {
  if (driver.capabilities().*flag) return absl::OkStatus();
  const CapabilityInfo* info = FindInfo(flag);
  if (info == nullptr) return errs::InternalError(kOp, "a capability without a name");
  std::vector<std::string_view> able;
  for (const Driver* other : All()) {
    if (other->capabilities().*flag) able.push_back(other->name());
  }
  const std::string hint =
      able.empty() ? "no engine of this build supports it; leave the option out"
                   : absl::StrCat("engines that support it: ", absl::StrJoin(able, ", "));
  return errs::UserError(
      kOp, errs::kDriverUnsupported,
      absl::StrCat(driver.name(), " does not support ", info->name, " (", info->summary, ")"),
      hint);
}

absl::Status RequireFor(const Driver& driver, const BackupOptions& options) {
  RETURN_IF_ERROR(RequireCommon(driver, options));
  RETURN_IF_ERROR(RequireOwnership(driver, options));
  RETURN_IF_ERROR(RequireFeature(driver, options.checksums, &Features::checksums, "--checksums"));
  if (!options.exclude_data.empty()) {
    RETURN_IF_ERROR(RequireCapability(driver, &Capabilities::per_table));
  }
  return absl::OkStatus();
}

absl::Status RequireFeature(const Driver& driver, bool wanted, bool Features::*flag,
                            std::string_view option) {
  if (!wanted || driver.features().*flag) return absl::OkStatus();
  std::vector<std::string_view> able;
  for (const Driver* other : All()) {
    if (other->features().*flag) able.push_back(other->name());
  }
  return errs::UserError(
      kOp, errs::kDriverUnsupported, absl::StrCat(driver.name(), " does not support ", option),
      able.empty()
          ? "leave it out"
          : absl::StrCat("leave it out; engines that support it: ", absl::StrJoin(able, ", ")));
}

absl::Status RequireFor(const Driver& driver, const RestoreOptions& options) {
  if (!options.create.empty() && options.clean) {
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("--clean has no effect in a new database (--create ", options.create, ")"),
        "leave out one of the two options");
  }
  if (options.jobs > 1 && options.single_transaction.value_or(false)) {
    return errs::UserError(kOp, errs::kInvalidArgument, "several jobs cannot share one transaction",
                           "leave out --jobs or --single-transaction");
  }
  RETURN_IF_ERROR(RequireCommon(driver, options));
  RETURN_IF_ERROR(RequireOwnership(driver, options));
  RETURN_IF_ERROR(RequireFeature(driver, !options.create.empty(), &Features::create, "--create"));
  RETURN_IF_ERROR(RequireFeature(driver, options.in_place, &Features::in_place, "--in-place"));
  RETURN_IF_ERROR(RequireFeature(driver, options.trust, &Features::trust, "--trust"));
  RETURN_IF_ERROR(RequireFeature(driver, !options.exclude_objects.empty(),
                                 &Features::exclude_objects, "--exclude-object"));
  RETURN_IF_ERROR(RequireFeature(driver, !options.search_path.empty(), &Features::search_path,
                                 "--search-path"));
  RETURN_IF_ERROR(RequireFeature(driver, options.jobs > 1, &Features::restore_jobs,
                                 "several --jobs for a restore"));
  return RequireFeature(driver, options.single_transaction.has_value(),
                        &Features::single_transaction, "--single-transaction");
}

}  // namespace siphon::driver
