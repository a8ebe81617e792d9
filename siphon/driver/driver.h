// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_DRIVER_H_
#define SIPHON_DRIVER_DRIVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/capabilities.h"

namespace siphon::driver {

using verbs::BackupOptions;
using verbs::InspectOptions;
using verbs::RestoreOptions;
using verbs::Schema;
using verbs::TableSchema;
using verbs::VerifyReport;

// Where a backup's bytes go.
class BackupTarget {
 public:
  virtual ~BackupTarget() = default;
  // Called when the snapshot stands, before the first byte. Returns the writer for the body, owned
  // by the target; the driver does not Finish() it. A driver whose snapshot was lost may call it
  // again: what was written is dropped. A target that cannot start anew returns an error then.
  virtual absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) = 0;
  // What the backup turned out to hold, with exact rows; after the last byte, by a driver that gave
  // estimates to Begin(). A target that keeps no record passes over it.
  virtual void SetTables(std::vector<dumps::TableInfo> /*tables*/) {}
};

// What a copy between two engines of one family makes of a database (Connection::CheckCrossing).
// Each line is for people and begins with the object: "table t: ...".
struct Crossing {
  std::vector<std::string> changes;  // Goes over in other words that hold the same.
  std::vector<std::string> losses;   // Goes over as less than it was, or not at all.
  // The objects that must be left out, as RestoreOptions::leave_out takes them.
  std::vector<std::string> leave_out;
};

// An open connection and the verbs on it. Used by one thread at a time; it is the unit of
// cancellation: when the context stops, a verb ends promptly with the context's status, its work
// undone and no child process or lock left.
class Connection {
 public:
  virtual ~Connection() = default;

  // The same text for the same database, however the profile spelled it; nothing about its content.
  virtual absl::StatusOr<std::string> Identity(const base::Context& context) = 0;
  virtual absl::StatusOr<Schema> Inspect(const base::Context& context,
                                         const InspectOptions& options) = 0;
  // Writes one consistent state of the database.
  virtual absl::Status Backup(const base::Context& context, const BackupOptions& options,
                              BackupTarget& target) = 0;
  // Refuses what Restore() with these options can refuse before a byte of a body is read: a target
  // that is not empty (errs::kTargetNotEmpty), a database to create that exists, a privilege that
  // is missing. Changes nothing. Restore() looks again.
  virtual absl::Status CheckTarget(const base::Context& context, const RestoreOptions& options) = 0;
  // Reads a body to its end. The database is the old or the new one, whole, whatever happens;
  // nothing of it changes before `body` has returned its end (0) without an error; unless `options`
  // ask for less (in_place, several jobs, no single transaction).
  virtual absl::Status Restore(const base::Context& context, const RestoreOptions& options,
                               base::Reader& body) = 0;
  // What of `source`, an open database of an engine that Driver::Crosses() names, can't come over
  // here as it is. Touches neither database.
  virtual absl::StatusOr<Crossing> CheckCrossing(const base::Context& context, Connection& source,
                                                 const BackupOptions& options);
  // The engine's own check of the open database ("PRAGMA integrity_check"); errs::kIntegrity.
  virtual absl::Status CheckIntegrity(const base::Context& context) = 0;
  // Releases the connection; the destructor does it too, without a word of what failed.
  virtual absl::Status Close() = 0;
};

// What Driver::VerifyDeep() works with.
struct DeepVerifyOptions {
  std::string directory;  // A place for files of the dumps' size; nothing is left there.
  profile::Tools tools = profile::Tools::kAuto;
  base::Environment environment;  // As in profile::ConnectionProfile.
};

// What a body turned out to hold.
struct DeepReport {
  std::vector<dumps::TableInfo> tables;  // Sorted by name, with exact rows.
  std::string format;                    // "image", "custom", ...
  uint64_t bytes = 0;                    // Of the body.
  // What was done, for people: "restored into a scratch database: engine check passed".
  std::string summary;
};

// What is true of some engines only, beside the 13 capabilities: most are options that mean
// something to these.
struct Features {
  bool connects_without_trace = false;  // Connecting leaves the database's own files as they are.
  bool ownership = false;               // no_owner, no_acl
  bool globals = false;                 // with_globals
  bool create = false;                  // RestoreOptions::create
  bool single_transaction = false;      // RestoreOptions::single_transaction, either way
  bool tools = false;                   // profile::Tools
  bool scratch = false;                 // Driver::OpenScratchOn()
  bool checksums = false;               // BackupOptions::checksums, InspectOptions::checksums
  bool in_place = false;                // RestoreOptions::in_place
  bool definer = false;                 // BackupOptions::definer, RestoreOptions::definer
};

// One database engine. Stateless.
class Driver {
 public:
  virtual ~Driver() = default;
  // The lower-case name that profiles use: "sqlite".
  virtual std::string_view name() const = 0;
  virtual Capabilities capabilities() const = 0;
  virtual Features features() const { return {}; }
  // True when a body that driver `other` writes for this one (BackupOptions::crossing_to) can be
  // restored here.
  virtual bool Crosses(std::string_view /*other*/) const { return false; }
  // The client library's or built-in tool's version, for `siphon --version`.
  virtual std::string version() const = 0;

  // How Connect() treats a database that does not exist yet.
  enum class Access { kRead, kWrite, kCreate };
  // errs::kConnectionFailed with the cause as the detail.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(
      const base::Context& context, const profile::ConnectionProfile& profile, Access access) = 0;
  // A new, empty database on the server that `profile` names, dropped by Close() or the destructor,
  // for `verify --restore`. errs::kDriverUnsupported where an engine has no servers.
  virtual absl::StatusOr<std::unique_ptr<Connection>> OpenScratchOn(
      const base::Context& context, const profile::ConnectionProfile& profile) = 0;
  // Reads a body to its end as its engine would, without a database of the user's: every row and
  // block of it. errs::kIntegrity for a body that does not hold what it should.
  virtual absl::StatusOr<DeepReport> VerifyDeep(const base::Context& context,
                                                const DeepVerifyOptions& options,
                                                base::Reader& body) = 0;
  // Reads a body to its end and checks its structure, without a database. errs::kIntegrity.
  virtual absl::StatusOr<VerifyReport> VerifyBody(const base::Context& context,
                                                  base::Reader& body) = 0;
  // Refuses backup options that the driver cannot honour, with a hint, before anything starts.
  // Includes RequireFor(): the application calls only this.
  virtual absl::Status CheckBackupOptions(const BackupOptions& options) = 0;
};

// errs::kDriverUnsupported (exit 1) with a hint that names the engines that can, unless `driver`
// has the capability.
absl::Status RequireCapability(const Driver& driver, bool Capabilities::*flag);

// What `options` need of `driver` (tables → per_table, schema_only, ...), by RequireCapability and
// by its features, and what contradicts itself (schema_only with data_only).
absl::Status RequireFor(const Driver& driver, const BackupOptions& options);
absl::Status RequireFor(const Driver& driver, const RestoreOptions& options);
// The same for one of the features, where it is `wanted`; `option` is its name on the command line.
absl::Status RequireFeature(const Driver& driver, bool wanted, bool Features::*flag,
                            std::string_view option);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_DRIVER_H_
