// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_COPY_TEXT_H_
#define DRIVERS_POSTGRES_COPY_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::postgres {

// The text format of COPY (PostgreSQL documentation, COPY, "File Formats").

// Appends a value of a column whose source has the type `type`, as a server reads it.
void AppendCopyValue(const schema::Type& type, const schema::Value& value, std::string* out);

// Splits a line, without its line feed, into `fields`; NULL is nullopt. The fields are valid as
// long as `line` and `storage`. errs::kDatabase for an escape at the end of a field.
absl::Status SplitCopyLine(std::string_view line, std::string& storage,
                           std::vector<std::optional<std::string_view>>& fields);

// The value of a field that a server has written for a column of the type `type`, with the settings
// of session_settings.h. Bytes are decoded in `storage`. errs::kDatabase for text that is none of
// the type.
absl::Status ReadField(const schema::Type& type, std::string_view field, std::string& storage,
                       schema::Value& value);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COPY_TEXT_H_
