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

// What a verb of migrations does with the database.
enum class MigrationAccess {
  kRead,    // Looks at version and history.
  kWrite,   // Changes them; the database is there.
  kCreate,  // The same; a file that is not there is made.
};

// An engine whose databases take migrations. Stateless.
class MigrationDriver {
 public:
  virtual ~MigrationDriver() = default;
  // The schemes of its URLs, golang-migrate's among them: "postgres", "pgx5", ... The first is the
  // name that profiles have for the engine.
  virtual std::vector<std::string_view> schemes() const = 0;
  // Connects. Parameters of `profile` that begin with "x-" configure the migrations
  // (docs/contracts.md#migration-urls). Only the engine's client library reads the environment.
  virtual absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const base::Context& context, const profile::ConnectionProfile& profile,
      MigrationAccess access) = 0;
  // Takes out of `profile` what only migrations know, so that the engine's driver::Driver takes it:
  // by default the parameters that begin with "x-". errs::kInvalidArgument as for Open().
  virtual absl::Status ForgetMigrations(profile::ConnectionProfile& profile) const;
};

// Puts `driver` into the process-wide registry under each of its schemes. A scheme that is there
// already ends the process with a message that holds it.
void RegisterMigrations(std::unique_ptr<MigrationDriver> driver);
// errs::kDriverUnsupported with the known schemes as the hint.
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

// What `url` says, with its scheme taken for the engine's own: "pgx5://..." is a profile of
// "postgres". errs::kDriverUnsupported, errs::kInvalidArgument.
absl::StatusOr<profile::Profile> ParseMigrationUrl(std::string_view url);

// The URL for backups and restores of the database that `url` migrates: with the engine's own
// scheme and without what is for migrations only. errs::kDriverUnsupported, errs::kInvalidArgument.
absl::StatusOr<std::string> WithoutMigrations(std::string_view url);

// The contract's Open(url), for those who use siphon as a library: the password is the URL's own.
absl::StatusOr<std::unique_ptr<migrate::Database>> OpenMigrations(const base::Context& context,
                                                                  std::string_view url,
                                                                  MigrationAccess access);

// Takes the parameters that begin with "x-" out of `profile`. errs::kInvalidArgument for one that
// is not among `known`.
absl::StatusOr<std::map<std::string, std::string>> TakeMigrationParameters(
    profile::ConnectionProfile& profile, const std::vector<std::string_view>& known);
// The value of a parameter as strconv.ParseBool of Go reads it; `fallback` when it is not there.
absl::StatusOr<bool> BoolParameter(const std::map<std::string, std::string>& parameters,
                                   const std::string& name, bool fallback);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_MIGRATIONS_H_
