// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PLAIN_ROLE_H_
#define DRIVERS_POSTGRES_PLAIN_ROLE_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// The parts of a new database that exist for its owner, a role without rights.
struct PlainRoleFacts {
  std::set<std::string> extensions;
  std::set<std::string> schemas;
  std::set<std::string> languages;  // Those that any role may use ("trusted").
};

// Removes the entries that such a role cannot restore, and those that depend on them. Returns them.
// Entries for extensions and schemas that exist, and comments on objects that the role does not
// own, are removed as well. Some of what remains may still be refused by the server.
std::vector<verbs::LeftOut> KeepToPlainRole(const Archive& archive, const PlainRoleFacts& facts,
                                            RestorePlan& plan);

// Name and schema of the extension in the definition "CREATE EXTENSION IF NOT EXISTS name WITH
// SCHEMA schema;\n"; nothing for any other text.
struct ExtensionName {
  std::string name;
  std::string schema;
};
std::optional<ExtensionName> ParseExtension(std::string_view definition);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PLAIN_ROLE_H_
