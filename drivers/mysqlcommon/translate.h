// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TRANSLATE_H_
#define DRIVERS_MYSQLCOMMON_TRANSLATE_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// A definition translated for the other fork. The lines are messages that name columns and keys,
// but not the object.
struct Translated {
  std::string sql;
  std::vector<std::string> changes;  // Changes that preserve the content.
  std::vector<std::string> losses;   // Parts that are left out or reduced.
};

// Translates the output of SHOW CREATE of one fork for a server of the other. Changes only syntax
// that is known to differ; the target's server decides about the rest. Reads versioned comments as
// the source's server does: its definitions must not be changed by the rule of the target's server
// before.
class Translator {
 public:
  // For a server of fork `to` that has these collations, and these storage engines, in upper case
  // (empty: not known).
  Translator(const Fork& to, std::set<std::string> collations, std::set<std::string> engines = {})
      : to_(&to), collations_(std::move(collations)), engines_(std::move(engines)) {}

  // `syntax` is that of the session that creates the table, here and in Other().
  Translated Table(std::string_view create, const Syntax& syntax = {}) const;
  // Translates a view, routine, trigger, event or SET statement: collations and SQL modes.
  Translated Other(std::string_view sql, const Syntax& syntax = {}) const;
  // The closest collation that the server has: "utf8mb4_uca1400_nopad_as_cs" in MariaDB for
  // "utf8mb4_0900_as_cs". `name` itself if the server has it, or has no similar one.
  std::string Collation(std::string_view name) const;

 private:
  const Fork* to_;
  std::set<std::string> collations_, engines_;
};

// True for a NO PAD collation: 'a' and 'a ' are different values.
bool CountsSpacesAtTheEnd(std::string_view collation);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TRANSLATE_H_
