// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_SAME_DATABASE_H_
#define SIPHON_DOMAIN_PROFILE_SAME_DATABASE_H_

#include "siphon/domain/profile/profile.h"

namespace siphon::profile {

// True if two profiles name the same database by what they say: engine (MySQL and MariaDB count as
// one), host, port and database, or the file of SQLite. The user does not matter. All names of this
// machine (localhost, 127.0.0.1, ::1, a socket, none) count as one host; links to a file are
// followed. Connects to nothing, so it does not know other names of a host.
bool IsSameDatabase(const Profile& a, const Profile& b);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_SAME_DATABASE_H_
