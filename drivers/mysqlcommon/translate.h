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

namespace siphon::mysqlcommon {

// A definition in the other fork's words. The lines are for people and name columns and keys, not
// the object.
struct Translated {
  std::string sql;
  std::vector<std::string> changes;  // Said otherwise, the same content.
  std::vector<std::string> losses;   // Left out, or less than it was.
};

// Rewrites what SHOW CREATE says on a server of one fork for a server of the other. Only what is
// known to differ is touched: whether the rest is understood there, the server tells.
class Translator {
 public:
  // To a server of fork `to` that has these collations.
  Translator(const Fork& to, std::set<std::string> collations)
      : to_(&to), collations_(std::move(collations)) {}

  Translated Table(std::string_view create) const;
  // A view, routine, trigger, event or SET: collations and modes that are not there.
  Translated Other(std::string_view sql) const;
  // The nearest that is there: "utf8mb4_0900_as_cs" is "utf8mb4_uca1400_nopad_as_cs" in MariaDB.
  // `name` itself where that is there, or where none is near.
  std::string Collation(std::string_view name) const;

 private:
  const Fork* to_;
  std::set<std::string> collations_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TRANSLATE_H_
