// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_FUNCTION_PATH_H_
#define DRIVERS_POSTGRES_FUNCTION_PATH_H_

#include <string>
#include <vector>

#include "drivers/postgres/archive.h"

// pg_restore runs with an empty search_path. A function whose body has names without a schema fails
// there if an index, a check or the like calls it, unless the function sets a search_path.
namespace siphon::postgres {

// True for a function whose body is a text that the server reads when the function runs, and that
// does not set search_path.
bool FollowsSearchPath(const ArchiveEntry& entry);

// The function as ALTER FUNCTION names it: "public.f(integer)". In the archive's encoding.
std::string SignatureOf(const ArchiveEntry& entry);

// SQL that gives the function of an entry this search_path, and that takes it away again.
std::string SetPathSql(const ArchiveEntry& entry, const std::vector<std::string>& schemas);
std::string ResetPathSql(const ArchiveEntry& entry);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FUNCTION_PATH_H_
