// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_RIGHTS_H_
#define SIPHON_APP_RIGHTS_H_

#include <string>

#include "absl/status/status.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"

namespace siphon::app {

// What a user of a database wants to do, as far as rights depend on it.
enum class Purpose { kBackup, kRestore, kMigrate };

// Makes the checks of a verb that need no dump and no migrations, and changes nothing:
//
// * kBackup reads all definitions as a backup does;
// * kRestore asks what `restore --clean` asks before it reads the dump;
// * kMigrate asks whether tables can be created, and reads version and history.
//
// The error is the one that the verb would return. Rights on single rows and objects of a dump,
// such as the owners of tables, are known only when the verb runs.
absl::Status CheckRights(const base::Context& context, Session& session, const std::string& source,
                         Purpose purpose);

}  // namespace siphon::app

#endif  // SIPHON_APP_RIGHTS_H_
