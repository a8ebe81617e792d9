// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/envelope.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "nlohmann/json.hpp"
#include "siphon/base/clock.h"
#include "siphon/domain/dumps/json.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.envelope";
constexpr std::string_view kDamaged =
    "the dump is damaged or not a dump of siphon; restore another one. "
    "'siphon dumps import' takes in the dumps of other programs";

absl::Status Invalid(std::string_view why, std::string_view hint = kDamaged) {
  return errs::IntegrityError(kOp, absl::StrCat("invalid siphon envelope: ", why), hint);
}

std::string EncodeTables(const std::vector<TableInfo>& tables) {
  std::string out = "[";
  for (const TableInfo& table : tables) {
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", "{\"name\":", QuoteJson(table.name),
                    ",\"rows\":", table.rows, ",\"size_bytes\":", table.size_bytes, "}");
  }
  return out + "]";
}

std::string EncodeAttachments(const std::vector<Attachment>& attachments) {
  std::string out = "[";
  for (const Attachment& attachment : attachments) {
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", "{\"name\":", QuoteJson(attachment.name),
                    ",\"size\":", attachment.size_bytes,
                    ",\"checksum\":", QuoteJson(attachment.checksum), "}");
  }
  return out + "]";
}

std::string EncodeAnnotations(const std::map<std::string, std::string>& annotations) {
  std::string out = "{";
  for (const auto& [name, value] : annotations) {
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", QuoteJson(name), ":", QuoteJson(value));
  }
  return out + "}";
}

// Reads "attachments" of an envelope; the error describes the fault.
absl::Status DecodeAttachments(const nlohmann::json& object, std::vector<Attachment>& out) {
  const auto array = object.find("attachments");
  if (array == object.end() || array->is_null()) return absl::OkStatus();
  if (!array->is_array()) return absl::InvalidArgumentError("attachments is not an array");
  for (const nlohmann::json& element : *array) {
    if (!element.is_object()) {
      return absl::InvalidArgumentError("attachments holds something that is not an object");
    }
    JsonFields fields(element);
    Attachment attachment;
    fields.Text("name", JsonFields::kRequired, attachment.name);
    fields.Unsigned("size", JsonFields::kRequired, kAttachmentLimit, attachment.size_bytes);
    fields.Text("checksum", JsonFields::kRequired, attachment.checksum);
    if (!fields.status().ok()) return fields.status();
    out.push_back(std::move(attachment));
  }
  return absl::OkStatus();
}

std::string EncodeCounts(const FilterCounts& counts) {
  std::string out = "{";
  for (const auto& [name, count] : counts) {
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", QuoteJson(name), ":", count);
  }
  return out + "}";
}

// Compact JSON with the keys in the order of docs/contracts.md#dump-file. Optional keys without a
// value are omitted.
std::string EncodeJson(const Envelope& envelope) {
  std::string out;
  auto raw = [&](std::string_view key, std::string_view value) {
    absl::StrAppend(&out, out.empty() ? "{\"" : ",\"", key, "\":", value);
  };
  auto text = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) raw(key, QuoteJson(value));
  };
  auto number = [&](std::string_view key, uint64_t value) {
    if (value != 0) raw(key, absl::StrCat(value));
  };
  raw("siphon", QuoteJson(envelope.siphon));
  raw("type", QuoteJson(envelope.type));
  raw("driver", QuoteJson(envelope.driver));
  text("engine_version", envelope.engine_version);
  text("base_id", envelope.base_id);
  text("parent_id", envelope.parent_id);
  text("wal_start", envelope.wal_start);
  text("wal_end", envelope.wal_end);
  text("binlog_file", envelope.binlog_file);
  number("binlog_start", envelope.binlog_start);
  number("binlog_end", envelope.binlog_end);
  text("checksum", envelope.checksum);
  const bool clear = envelope.encryption.empty();
  if (clear && !envelope.tables.empty()) raw("tables", EncodeTables(envelope.tables));
  raw("created", QuoteJson(base::FormatRfc3339Nano(envelope.created, absl::UTCTimeZone())));
  text("compression", envelope.compression);
  text("layout", envelope.layout);
  text("increment_format", envelope.increment_format);
  if (envelope.rows_estimated) raw("rows_estimated", "true");
  if (!envelope.attachments.empty()) raw("attachments", EncodeAttachments(envelope.attachments));
  if (clear && !envelope.annotations.empty())
    raw("annotations", EncodeAnnotations(envelope.annotations));
  text("kind", KindName(envelope.kind));
  if (!envelope.filters.empty()) raw("filters", EncodeCounts(envelope.filters));
  text("before_migration", envelope.before_migration);
  text("encryption", envelope.encryption);
  text("details", envelope.details);
  return out + "}";
}

}  // namespace

bool IsOfSomeTables(const Envelope& envelope) {
  if (envelope.kind != Kind::kPartial) return false;
  for (const std::string_view filter : {kTableFilter, kExcludeTableFilter}) {
    if (envelope.filters.contains(std::string(filter))) return true;
  }
  // A dump of an earlier version.
  return envelope.annotations.contains(std::string(kScopeAnnotation));
}

absl::StatusOr<std::string> EncodeEnvelope(const Envelope& envelope) {
  if (!IsRepresentable(envelope.created)) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           "the time of the dump is outside of the years 1 to 9998",
                           "set the machine's clock");
  }
  std::string bytes = absl::StrCat(kEnvelopeMagic, EncodeJson(envelope));
  const size_t json_size = bytes.size() - kEnvelopeMagic.size();
  if (json_size > kEnvelopeJsonLimit) {
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("envelope JSON is ", json_size, " bytes; max ", kEnvelopeJsonLimit));
  }
  bytes.resize(kEnvelopeSize - 1, ' ');
  bytes += '\n';
  return bytes;
}

absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes) {
  if (bytes.size() != kEnvelopeSize) return Invalid("short read");
  if (!absl::StartsWith(bytes, kEnvelopeMagic)) return Invalid("missing magic");
  absl::StatusOr<nlohmann::json> object = ParseJsonObject(bytes.substr(kEnvelopeMagic.size()));
  if (!object.ok()) return Invalid(object.status().message());

  constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  constexpr auto kRequired = JsonFields::kRequired;
  constexpr auto kOptional = JsonFields::kOptional;
  JsonFields fields(*object);
  Envelope envelope;
  fields.Text("siphon", kRequired, envelope.siphon);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  if (envelope.siphon != "1" && !absl::StartsWith(envelope.siphon, "1.")) {
    return Invalid(absl::StrCat("format version ", QuoteJson(envelope.siphon.substr(0, 40)),
                                " is not \"1.x\", which this siphon reads"),
                   "a newer siphon may have written it: use that version");
  }
  fields.Text("type", kRequired, envelope.type);
  fields.Text("driver", kRequired, envelope.driver);
  fields.Text("engine_version", kOptional, envelope.engine_version);
  fields.Text("base_id", kOptional, envelope.base_id);
  fields.Text("parent_id", kOptional, envelope.parent_id);
  fields.Text("wal_start", kOptional, envelope.wal_start);
  fields.Text("wal_end", kOptional, envelope.wal_end);
  fields.Text("binlog_file", kOptional, envelope.binlog_file);
  fields.Unsigned("binlog_start", kOptional, kAny, envelope.binlog_start);
  fields.Unsigned("binlog_end", kOptional, kAny, envelope.binlog_end);
  fields.Text("checksum", kOptional, envelope.checksum);
  fields.Tables("tables", envelope.tables);
  fields.Time("created", kRequired, envelope.created);
  fields.Text("compression", kOptional, envelope.compression);
  fields.Text("layout", kOptional, envelope.layout);
  fields.Text("increment_format", kOptional, envelope.increment_format);
  fields.Bool("rows_estimated", kOptional, envelope.rows_estimated);
  fields.TextMap("annotations", envelope.annotations);
  std::string kind;
  fields.Text("kind", kOptional, kind);
  envelope.kind = RecordedKind(kind, envelope.annotations);
  fields.Counts("filters", envelope.filters);
  fields.Text("before_migration", kOptional, envelope.before_migration);
  fields.Text("encryption", kOptional, envelope.encryption);
  fields.Text("details", kOptional, envelope.details);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  if (envelope.encryption.empty() != envelope.details.empty()) {
    return Invalid("one of encryption and details without the other");
  }
  if (!envelope.encryption.empty() && (!envelope.tables.empty() || !envelope.annotations.empty())) {
    return Invalid("an encrypted dump with tables or annotations in clear text");
  }
  const absl::Status attachments = DecodeAttachments(*object, envelope.attachments);
  if (!attachments.ok()) return Invalid(attachments.message());
  return envelope;
}

}  // namespace siphon::dumps
