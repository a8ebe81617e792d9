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
#include "siphon/driver/identity.h"

namespace siphon::driver {

using verbs::BackupOptions;
using verbs::InspectOptions;
using verbs::RestoreOptions;
using verbs::Schema;
using verbs::TableSchema;
using verbs::VerifyReport;

// The destination of a backup.
class BackupTarget {
 public:
  virtual ~BackupTarget() = default;
  // The driver calls it when its snapshot is open, before the first byte. Returns the writer for
  // the body, which the target owns; the driver must not Finish() it. A driver that loses its
  // snapshot may call it again: the bytes written so far are dropped, or the target returns an
  // error if it cannot start again.
  virtual absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) = 0;
  // A driver that passed estimates to Begin() calls it after the last byte, with the exact numbers
  // of rows. A target without records ignores it.
  virtual void SetTables(std::vector<dumps::TableInfo> /*tables*/) {}
};

// The effects of copying a database to another engine of the same family. Each line is for people
// and begins with the object: "table t: ...".
struct Crossing {
  std::vector<std::string> changes;  // Written differently, with the same meaning.
  std::vector<std::string> losses;   // Copied incompletely or not at all.
  // The objects to leave out, for RestoreOptions::leave_out.
  std::vector<std::string> leave_out;
};

// An open connection with the verbs of a driver. Not thread-safe. When the context stops, a verb
// ends promptly with the context's status: its work is undone, and no child process or lock is
// left.
class Connection {
 public:
  virtual ~Connection() = default;

  // The same for each way to reach the database.
  virtual absl::StatusOr<driver::Identity> Identity(const base::Context& context) = 0;
  virtual absl::StatusOr<Schema> Inspect(const base::Context& context,
                                         const InspectOptions& options) = 0;
  // Writes one consistent state of the database.
  virtual absl::Status Backup(const base::Context& context, const BackupOptions& options,
                              BackupTarget& target) = 0;
  // Makes the checks of Restore() that need no body: a target that is not empty
  // (errs::kTargetNotEmpty), a database to create that exists, a missing privilege. Changes
  // nothing. Restore() repeats the checks.
  virtual absl::Status CheckTarget(const base::Context& context, const RestoreOptions& options) = 0;
  // Restores a body, which it reads to its end. All or nothing: whatever happens, the database is
  // completely the old or the new one, and it does not change before `body` has returned its end
  // (0) without an error. Options can weaken this: in_place, several jobs, no single transaction.
  virtual absl::Status Restore(const base::Context& context, const RestoreOptions& options,
                               base::Reader& body) = 0;
  // Finds the objects of `source`, a database of an engine for which Driver::Crosses() is true,
  // that cannot be copied here unchanged. Changes neither database.
  virtual absl::StatusOr<Crossing> CheckCrossing(const base::Context& context, Connection& source,
                                                 const BackupOptions& options);
  // What the last successful Restore() left out; see verbs::LeftOut.
  virtual std::vector<verbs::LeftOut> left_out() const { return {}; }
  // Runs the engine's check of the database ("PRAGMA integrity_check"); errs::kIntegrity.
  virtual absl::Status CheckIntegrity(const base::Context& context) = 0;
  // Closes the connection. The destructor does it too, and ignores errors.
  virtual absl::Status Close() = 0;
};

struct DeepVerifyOptions {
  // For temporary files, which may be as large as a dump. They are removed.
  std::string directory;
  profile::Tools tools = profile::Tools::kAuto;
  base::Environment environment;  // As in profile::ConnectionProfile.
};

// The content of a body.
struct DeepReport {
  std::vector<dumps::TableInfo> tables;  // Sorted by name, with exact rows.
  std::string format;                    // "image", "custom", ...
  uint64_t bytes = 0;                    // The size of the body.
  // The checks, for people: "restored into a scratch database: engine check passed".
  std::string summary;
};

// Properties of an engine in addition to the 13 capabilities. Most are options that only some
// engines know.
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
  bool trust = false;                   // RestoreOptions::trust
  bool exclude_objects = false;         // RestoreOptions::exclude_objects
  bool search_path = false;             // RestoreOptions::search_path
  bool restore_jobs = false;            // RestoreOptions::jobs above 1
};

// One database engine. Stateless.
class Driver {
 public:
  virtual ~Driver() = default;
  // The lower-case name that profiles use: "sqlite".
  virtual std::string_view name() const = 0;
  virtual Capabilities capabilities() const = 0;
  virtual Features features() const { return {}; }
  // True if this driver can restore a body of driver `other` (see BackupOptions::crossing_to).
  virtual bool Crosses(std::string_view /*other*/) const { return false; }
  // The version of the client library or the built-in tools, for `siphon --version`.
  virtual std::string version() const = 0;

  // The purpose of a connection. With kCreate the database need not exist.
  enum class Access { kRead, kWrite, kCreate };
  // errs::kConnectionFailed with the cause as the detail.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(
      const base::Context& context, const profile::ConnectionProfile& profile, Access access) = 0;
  // Creates an empty database on the server of `profile`, for `verify --restore`. Close() or the
  // destructor drops it. errs::kDriverUnsupported for an engine without servers.
  virtual absl::StatusOr<std::unique_ptr<Connection>> OpenScratchOn(
      const base::Context& context, const profile::ConnectionProfile& profile) = 0;
  // Reads all rows and blocks of a body as its engine would, without a database of the user.
  // errs::kIntegrity for a damaged body.
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

// errs::kDriverUnsupported (exit code 1) if `driver` does not have the capability; the hint names
// the engines that have it.
absl::Status RequireCapability(const Driver& driver, bool Capabilities::*flag);

// Checks that `driver` has the capabilities and features for `options`, and that the options do not
// contradict each other (schema_only with data_only).
absl::Status RequireFor(const Driver& driver, const BackupOptions& options);
absl::Status RequireFor(const Driver& driver, const RestoreOptions& options);
// errs::kDriverUnsupported if the feature is `wanted` and `driver` does not have it; `option` is
// its name on the command line.
absl::Status RequireFeature(const Driver& driver, bool wanted, bool Features::*flag,
                            std::string_view option);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_DRIVER_H_
