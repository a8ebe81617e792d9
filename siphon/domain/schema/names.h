// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_NAMES_H_
#define SIPHON_DOMAIN_SCHEMA_NAMES_H_

#include <set>
#include <string>
#include <string_view>

#include "siphon/domain/schema/type.h"

namespace siphon::schema {

// The names of one kind in an engine: what is a name, and which names are the same.
class Names {
 public:
  explicit Names(Engine engine) : engine_(engine) {}

  // Takes a name. Returns why the engine cannot have it, or "" if it can: it is too long, or
  // another name is the same there.
  std::string Take(std::string_view name);
  // Takes `wanted`, or a name made from it, of a permitted length: "t_pkey", "t_pkey_2", ...
  std::string TakeFree(std::string_view wanted);

 private:
  std::string Key(std::string_view name) const;
  Engine engine_;
  std::set<std::string> taken_;
};

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_NAMES_H_
