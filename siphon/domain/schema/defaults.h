// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_DEFAULTS_H_
#define SIPHON_DOMAIN_SCHEMA_DEFAULTS_H_

#include <string>
#include <string_view>

#include "siphon/domain/schema/tables.h"
#include "siphon/domain/schema/type.h"

namespace siphon::schema {

// The default of a column as `to` can have it, whose type there is `target`. Returns what is lost,
// "" for nothing.
std::string TakeDefault(const Column& source, Engine to, std::string_view target, Default& out);

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_DEFAULTS_H_
