// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_IDENTITY_H_
#define SIPHON_DRIVER_IDENTITY_H_

#include <string>

namespace siphon::driver {

// Identifies a database: the same for every way to connect to it, and independent of its content.
struct Identity {
  // The name or number of the database in its server. For a file: its identity on this machine.
  std::string database;
  // The running server. Empty for a file.
  std::string server = {};
  // An identifier that a server shares with its replicas, and with every server that was started on
  // a copy of its files. Empty if it is not known.
  std::string lineage = {};
  // True if the server only applies the changes of another one.
  bool replica = false;
};

// True if both are the same database, or if one is on a replica and both servers share a lineage:
// the other is then its primary, or cannot be distinguished from its primary. Two servers that
// accept changes of their own hold different databases, even if one of them was started on a copy
// of the other's files.
bool IsSameDatabase(const Identity& a, const Identity& b);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_IDENTITY_H_
