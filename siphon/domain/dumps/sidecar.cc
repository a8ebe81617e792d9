// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/sidecar.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "nlohmann/json.hpp"
#include "siphon/base/clock.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/json.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/ulid.h"

namespace siphon::dumps {
namespace {

absl::Status Invalid(std::string_view why) {
  return errs::IntegrityError("dumps.sidecar", absl::StrCat("invalid sidecar: ", why),
                              "`siphon dumps rebuild` makes new sidecars from the dumps");
}

std::string EncodeTables(const std::vector<TableInfo>& tables) {
  if (tables.empty()) return "null";
  std::string out = "[";
  for (const TableInfo& table : tables) {
    absl::StrAppend(
        &out, out.size() == 1 ? "\n" : ",\n", "    {\n      \"name\": ", QuoteJson(table.name),
        ",\n      \"rows\": ", table.rows, ",\n      \"size_bytes\": ", table.size_bytes);
    if (!table.checksum.empty()) {
      absl::StrAppend(&out, ",\n      \"checksum\": ", QuoteJson(table.checksum));
    }
    absl::StrAppend(&out, "\n    }");
  }
  return out + "\n  ]";
}

// Reads "index_offset" and "index_sha256"; the error describes the fault.
absl::StatusOr<std::optional<IndexRecord>> DecodeIndex(const nlohmann::json& object,
                                                       uint64_t max_offset) {
  constexpr size_t kDigits = 64;
  const auto present = [&](const char* key) {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
  };
  if (!present("index_offset") && !present("index_sha256")) return std::nullopt;
  JsonFields fields(object);
  IndexRecord index;
  fields.Unsigned("index_offset", JsonFields::kRequired, max_offset, index.offset);
  fields.Text("index_sha256", JsonFields::kRequired, index.sha256);
  if (!fields.status().ok()) return fields.status();
  const bool hex = std::all_of(index.sha256.begin(), index.sha256.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!hex || index.sha256.size() != kDigits) {
    return absl::InvalidArgumentError("index_sha256 does not have 64 hex digits");
  }
  return index;
}

std::string EncodeAnnotations(const std::map<std::string, std::string>& annotations) {
  std::string out = "{";
  for (const auto& [name, value] : annotations) {
    absl::StrAppend(&out, out.size() == 1 ? "\n" : ",\n", "    ", QuoteJson(name), ": ",
                    QuoteJson(value));
  }
  return out + "\n  }";
}

std::string EncodeFilters(const std::vector<std::string>& filters) {
  std::string out = "[";
  for (const std::string& filter : filters) {
    absl::StrAppend(&out, out.size() == 1 ? "\n" : ",\n", "    ", QuoteJson(filter));
  }
  return out + "\n  ]";
}

}  // namespace

std::string EncodeSidecar(const Sidecar& sidecar, absl::TimeZone zone) {
  std::string out;
  auto raw = [&](std::string_view key, std::string_view value) {
    absl::StrAppend(&out, out.empty() ? "{\n  \"" : ",\n  \"", key, "\": ", value);
  };
  auto text = [&](std::string_view key, std::string_view value) { raw(key, QuoteJson(value)); };
  text("id", sidecar.id);
  text("profile", sidecar.profile);
  text("driver", sidecar.driver);
  text("engine_version", sidecar.engine_version);
  text("dump_format", sidecar.dump_format);
  raw("size_bytes", absl::StrCat(sidecar.size_bytes));
  text("checksum", sidecar.checksum);
  text("created", base::FormatRfc3339Nano(sidecar.created, zone));
  const bool clear = sidecar.encryption.empty();
  raw("tables", clear ? EncodeTables(sidecar.tables) : "null");
  if (clear && !sidecar.annotations.empty())
    raw("annotations", EncodeAnnotations(sidecar.annotations));
  if (sidecar.scope.kind != Kind::kUnknown) text("kind", KindName(sidecar.scope.kind));
  if (clear && !sidecar.scope.filters.empty()) raw("filters", EncodeFilters(sidecar.scope.filters));
  if (!sidecar.scope.before_migration.empty()) {
    text("before_migration", sidecar.scope.before_migration);
  }
  if (const int64_t took = absl::ToInt64Milliseconds(sidecar.took); took > 0) {
    raw("took_ms", absl::StrCat(took));
  }
  if (!sidecar.base_id.empty()) text("base_id", sidecar.base_id);
  if (!sidecar.parent_id.empty()) text("parent_id", sidecar.parent_id);
  if (sidecar.index.has_value()) {
    raw("index_offset", absl::StrCat(sidecar.index->offset));
    text("index_sha256", sidecar.index->sha256);
  }
  if (!clear) {
    text("encryption", sidecar.encryption);
    text("details", sidecar.details);
  }
  return out + "\n}";
}

absl::StatusOr<Sidecar> DecodeSidecar(std::string_view json) {
  absl::StatusOr<nlohmann::json> object = ParseJsonObject(json);
  if (!object.ok()) return Invalid(object.status().message());

  // siphon (Go) reads it as an int64.
  constexpr uint64_t kMaxSize = std::numeric_limits<int64_t>::max();
  constexpr auto kRequired = JsonFields::kRequired;
  constexpr auto kOptional = JsonFields::kOptional;
  JsonFields fields(*object);
  Sidecar sidecar;
  fields.Text("id", kRequired, sidecar.id);
  fields.Text("profile", kOptional, sidecar.profile);
  fields.Text("driver", kRequired, sidecar.driver);
  fields.Text("engine_version", kOptional, sidecar.engine_version);
  fields.Text("dump_format", kRequired, sidecar.dump_format);
  fields.Unsigned("size_bytes", kRequired, kMaxSize, sidecar.size_bytes);
  fields.Text("checksum", kOptional, sidecar.checksum);
  fields.Time("created", kRequired, sidecar.created);
  fields.Tables("tables", sidecar.tables);
  fields.TextMap("annotations", sidecar.annotations);
  std::string kind;
  fields.Text("kind", kOptional, kind);
  sidecar.scope.kind = RecordedKind(kind, sidecar.annotations);
  fields.TextList("filters", sidecar.scope.filters);
  fields.Text("before_migration", kOptional, sidecar.scope.before_migration);
  uint64_t took_ms = 0;
  fields.Unsigned("took_ms", kOptional, kMaxSize, took_ms);
  sidecar.took = absl::Milliseconds(took_ms);
  fields.Text("base_id", kOptional, sidecar.base_id);
  fields.Text("parent_id", kOptional, sidecar.parent_id);
  fields.Text("encryption", kOptional, sidecar.encryption);
  fields.Text("details", kOptional, sidecar.details);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  if (sidecar.encryption.empty() != sidecar.details.empty()) {
    return Invalid("one of encryption and details without the other");
  }
  if (!sidecar.encryption.empty() &&
      (!sidecar.tables.empty() || !sidecar.annotations.empty() || !sidecar.scope.filters.empty())) {
    return Invalid("an encrypted dump with tables, annotations or filters in clear text");
  }
  absl::StatusOr<std::optional<IndexRecord>> index = DecodeIndex(*object, kMaxSize);
  if (!index.ok()) return Invalid(index.status().message());
  sidecar.index = *std::move(index);
  // Ids become parts of file names.
  for (const std::string* id : {&sidecar.id, &sidecar.base_id, &sidecar.parent_id}) {
    if (id->empty() && id != &sidecar.id) continue;
    if (absl::Status status = ValidateId(*id); !status.ok()) {
      return Invalid(errs::GetError(status).value_or(errs::Error{}).detail);
    }
  }
  return sidecar;
}

}  // namespace siphon::dumps
