// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_NEW_DATABASE_H_
#define DRIVERS_MYSQLCOMMON_NEW_DATABASE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A database created for a restore; dropped again unless the restore succeeds.
class NewDatabase {
 public:
  // `server` must outlive this.
  NewDatabase(Session* server, std::string name) : server_(server), name_(std::move(name)) {}
  ~NewDatabase();
  NewDatabase(const NewDatabase&) = delete;
  NewDatabase& operator=(const NewDatabase&) = delete;

  absl::Status Make(const base::Context& context);
  void Keep() { kept_ = true; }

 private:
  Session* server_;
  const std::string name_;
  bool made_ = false, kept_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_NEW_DATABASE_H_
