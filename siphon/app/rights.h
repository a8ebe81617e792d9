// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_RIGHTS_H_
#define SIPHON_APP_RIGHTS_H_

#include <string>

#include "absl/status/status.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::app {

// errs::kDriverUnsupported, with the way without a server, for an engine that cannot restore into a
// scratch database: `verify --restore`.
absl::Status RequireScratch(const driver::Driver& driver);

// The command for which the rights of a database user are checked.
enum class Purpose { kBackup, kRestore, kVerify, kMigrate };

// Makes the checks of a command that need no dump and no migrations, and changes nothing:
//
// * kBackup reads all definitions as a backup does;
// * kRestore makes the checks that `restore --clean` makes before it reads the dump;
// * kVerify makes the checks of `verify --restore` on the server of the profile;
// * kMigrate checks that tables can be created, and reads version and history.
//
// Returns the error that the command would return. Rights for single rows and objects of a dump,
// such as the owners of tables, are checked only by the command itself.
absl::Status CheckRights(const base::Context& context, Session& session, const std::string& source,
                         Purpose purpose);

}  // namespace siphon::app

#endif  // SIPHON_APP_RIGHTS_H_
