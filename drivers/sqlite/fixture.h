// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_FIXTURE_H_
#define DRIVERS_SQLITE_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "sqlite3.h"

namespace siphon::sqlite {

// A new folder; removed with this object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string File(std::string_view name) const;
  const std::string& path() const { return path_; }
  // The names in it, sorted.
  std::vector<std::string> List() const;

 private:
  std::string path_;
};

// A connection like that of any other program: plain SQLite, with SQLite's own busy timeout. A
// failure ends the test program.
class PlainConnection {
 public:
  explicit PlainConnection(const std::string& path, int busy_milliseconds = 10000);
  ~PlainConnection();
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  // Runs statements.
  void Run(const std::string& sql);
  // Runs statements; returns SQLite's result code.
  int TryRun(const std::string& sql);
  // Every row of a query, the values quoted as SQL literals and joined by "|".
  std::vector<std::string> Rows(const std::string& sql);
  // The first value of the first row, as text.
  std::string Value(const std::string& sql);
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

// The whole content of a database for comparisons: every definition, every row of every table with
// types, bits and rowids, and the settings of the file.
std::vector<std::string> Fingerprint(const std::string& path);

// The first few differences between two fingerprints; "" when they are the same.
std::string Difference(const std::vector<std::string>& a, const std::vector<std::string>& b);

profile::ConnectionProfile ProfileFor(const std::string& path);

// Limits with which every row and every page is a separate step.
SnapshotLimits SmallestSteps();

// The body of a backup; a failure ends the test program.
std::string BackUp(const std::string& path, const driver::BackupOptions& options = {},
                   const SnapshotLimits& limits = {});
absl::Status TryRestore(const std::string& path, std::string_view body,
                        const driver::RestoreOptions& options = {});

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_FIXTURE_H_
