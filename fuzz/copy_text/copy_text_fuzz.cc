// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/copy_text.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace {

using siphon::schema::Kind;
using siphon::schema::Type;
using siphon::schema::Value;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Every line splits into fields that are not longer than it, or is an error with a message.
void CheckAnyLine(std::string_view line) {
  std::string storage;
  std::vector<std::optional<std::string_view>> fields;
  const absl::Status split = siphon::postgres::SplitCopyLine(line, storage, fields);
  if (!split.ok()) return Require(!split.message().empty());
  Require(!fields.empty());
  for (const std::optional<std::string_view>& field : fields) {
    if (!field.has_value()) continue;
    Require(field->size() <= line.size());
    for (const Kind kind : {Kind::kBoolean, Kind::kInteger, Kind::kFloat, Kind::kDouble,
                            Kind::kBlob, Kind::kChar, Kind::kTimestampTz, Kind::kText}) {
      std::string bytes;
      Value value;
      siphon::postgres::ReadField({.kind = kind}, *field, bytes, value).IgnoreError();
    }
  }
}

// Any text and any bytes come back from the line that they are written to.
void CheckRoundTrip(std::string_view data) {
  const Type text{.kind = Kind::kText}, blob{.kind = Kind::kBlob};
  std::string line;
  siphon::postgres::AppendCopyValue(text, Value::Text(data), &line);
  line.push_back('\t');
  siphon::postgres::AppendCopyValue(blob, Value::Bytes(data), &line);
  line.append("\t");
  siphon::postgres::AppendCopyValue(text, Value::Null(), &line);
  Require(line.find('\n') == std::string::npos);
  std::string storage;
  std::vector<std::optional<std::string_view>> fields;
  Require(siphon::postgres::SplitCopyLine(line, storage, fields).ok());
  Require(fields.size() == 3 && !fields[2].has_value());
  Value value;
  Require(siphon::postgres::ReadField(text, *fields[0], storage, value).ok());
  Require(value.text == data);
  Require(siphon::postgres::ReadField(blob, *fields[1], storage, value).ok());
  Require(value.text == data && value.form == Value::Form::kBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CheckAnyLine(input);
  CheckRoundTrip(input);
  return 0;
}
