// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_MIGRATIONS_H_
#define SIPHON_DRIVER_MIGRATIONS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::driver {

// The purpose of a connection for migrations.
enum class MigrationAccess {
  kRead,    // Read the version and the history.
  kWrite,   // Migrate an existing database.
  kCreate,  // Migrate; create a missing database file.
};

// An engine with migrations. Stateless.
class MigrationDriver {
 public:
  virtual ~MigrationDriver() = default;
  // The schemes of its URLs, including those of golang-migrate: "postgres", "pgx5", ... The first
  // is the name of the engine in profiles.
  virtual std::vector<std::string_view> schemes() const = 0;
  // Connects. Parameters of `profile` that begin with "x-" configure the migrations
  // (docs/contracts.md#migration-urls). Only the engine's client library reads the environment.
  virtual absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const base::Context& context, const profile::ConnectionProfile& profile,
      MigrationAccess access) = 0;
  // Removes the settings for migrations from `profile`, so that the engine's driver::Driver accepts
  // it; by default the parameters that begin with "x-". errs::kInvalidArgument as for Open().
  virtual absl::Status ForgetMigrations(profile::ConnectionProfile& profile) const;
};

// Adds `driver` to the process-wide registry with each of its schemes. A scheme that exists already
// is a fault of the build: the process ends with a message that names it.
void RegisterMigrations(std::unique_ptr<MigrationDriver> driver);
// The driver for a scheme; errs::kDriverUnsupported with the known schemes as the hint.
absl::StatusOr<MigrationDriver*> GetMigrations(std::string_view scheme);
// All schemes, sorted.
std::vector<std::string> MigrationSchemes();

// A static object of this type in drivers/<engine>/register.cc registers the engine.
class MigrationRegistration {
 public:
  explicit MigrationRegistration(std::unique_ptr<MigrationDriver> driver) {
    RegisterMigrations(std::move(driver));
  }
};

// Parses a URL with any scheme of an engine: "pgx5://..." is a profile of "postgres".
// errs::kDriverUnsupported, errs::kInvalidArgument.
absl::StatusOr<profile::Profile> ParseMigrationUrl(std::string_view url);

// Converts a URL for migrations to one for backups and restores: with the scheme of the engine and
// without the parameters for migrations. errs::kDriverUnsupported, errs::kInvalidArgument.
absl::StatusOr<std::string> WithoutMigrations(std::string_view url);

// Opens a database by its URL, which contains the password: the Open(url) of
// docs/contracts.md#migration-driver, for programs that use siphon as a library.
absl::StatusOr<std::unique_ptr<migrate::Database>> OpenMigrations(const base::Context& context,
                                                                  std::string_view url,
                                                                  MigrationAccess access);

// Removes the parameters that begin with "x-" from `profile` and returns them.
// errs::kInvalidArgument for one that is not in `known`.
absl::StatusOr<std::map<std::string, std::string>> TakeMigrationParameters(
    profile::ConnectionProfile& profile, const std::vector<std::string_view>& known);
// The value of a boolean parameter, parsed as Go's strconv.ParseBool does; `fallback` if it is not
// given.
absl::StatusOr<bool> BoolParameter(const std::map<std::string, std::string>& parameters,
                                   const std::string& name, bool fallback);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_MIGRATIONS_H_
