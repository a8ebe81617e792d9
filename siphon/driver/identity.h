// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_IDENTITY_H_
#define SIPHON_DRIVER_IDENTITY_H_

#include <string>

namespace siphon::driver {

// What tells one database from another, whatever way leads to it. Independent of its content.
struct Identity {
  // The name or number of the database in its server; of a file, what names it on this machine.
  std::string database;
  // The running server. Empty for a file.
  std::string server = {};
  // What a server has in common with its replicas, and with each server that was begun on a copy of
  // its files. Empty where it is not known.
  std::string lineage = {};
  // Whether the server only repeats the changes of another one.
  bool replica = false;
};

// Whether both are one database, or one is a replica of the other (or of the other's origin, which
// cannot be told from it). A server that was begun on a copy of another's files and takes changes
// of its own holds another database.
bool IsSameDatabase(const Identity& a, const Identity& b);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_IDENTITY_H_
