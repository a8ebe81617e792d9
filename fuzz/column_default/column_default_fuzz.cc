// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/table_schema.h"
#include "drivers/sqlite/column_type.h"
#include "siphon/domain/schema/tables.h"
#include "siphon/domain/schema/value.h"

namespace {

using siphon::schema::Default;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckDefault(std::string_view input, const Default& parsed) {
  Require(parsed.text.size() <= input.size() + 1);
  if (parsed.kind == Default::Kind::kNone) Require(parsed.text.empty());
  // A number is written into statements without quotes.
  if (parsed.kind == Default::Kind::kNumber) {
    Require(parsed.text.find_first_of("'\"`;\\") == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CheckDefault(input, siphon::sqlite::ParseDefault(input));
  for (const bool mariadb : {false, true}) {
    for (const bool generated : {false, true}) {
      for (const bool number : {false, true}) {
        CheckDefault(input, siphon::mysqlcommon::ParseDefault(input, mariadb, generated, number));
      }
    }
  }
  size_t bytes = 0;
  for (const std::string& label : siphon::mysqlcommon::ParseLabels(input)) bytes += label.size();
  Require(bytes <= input.size());
  siphon::sqlite::HasWord(input, "CHECK");
  siphon::sqlite::ColumnValues values;
  values.Add(siphon::schema::Value::Text(input));
  std::string note;
  for (const std::string_view type : {"DATE", "DATETIME", "TIME", "DECIMAL(9,2)", "VARCHAR(3)"}) {
    values.Type(type, note);
  }
  values.Type(input, note);
  Require(note.empty());
  return 0;
}
