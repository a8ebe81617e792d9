// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/json.h"

#include "siphon/base/clock.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::cli {

Json ToJson(const std::vector<dumps::TableInfo>& tables) {
  Json json = Json::array();
  for (const dumps::TableInfo& table : tables) {
    json.push_back({{"name", table.name}, {"rows", table.rows}, {"size_bytes", table.size_bytes}});
    if (!table.checksum.empty()) json.back()["checksum"] = table.checksum;
  }
  return json;
}

Json ToJson(const dumps::Sidecar& sidecar) {
  Json json;
  json["id"] = sidecar.id;
  json["profile"] = sidecar.profile;
  json["driver"] = sidecar.driver;
  json["engine_version"] = sidecar.engine_version;
  json["dump_format"] = sidecar.dump_format;
  json["size_bytes"] = sidecar.size_bytes;
  json["checksum"] = sidecar.checksum;
  json["created"] = base::FormatRfc3339Nano(sidecar.created, absl::UTCTimeZone());
  json["tables"] = ToJson(sidecar.tables);
  if (!sidecar.annotations.empty()) json["annotations"] = sidecar.annotations;
  if (sidecar.scope.kind != dumps::Kind::kUnknown) {
    json["kind"] = dumps::KindName(sidecar.scope.kind);
  }
  if (!sidecar.scope.filters.empty()) json["filters"] = sidecar.scope.filters;
  if (!sidecar.scope.before_migration.empty()) {
    json["before_migration"] = sidecar.scope.before_migration;
  }
  if (sidecar.took > absl::ZeroDuration()) json["took_ms"] = Milliseconds(sidecar.took);
  if (!sidecar.base_id.empty()) json["base_id"] = sidecar.base_id;
  if (!sidecar.parent_id.empty()) json["parent_id"] = sidecar.parent_id;
  if (!sidecar.encryption.empty()) json["encryption"] = sidecar.encryption;
  return json;
}

Json ToJson(const dumps::Pin& pin) {
  Json json = {{"when", base::FormatRfc3339Nano(pin.when, absl::UTCTimeZone())}};
  if (pin.until.has_value()) {
    json["until"] = base::FormatRfc3339Nano(*pin.until, absl::UTCTimeZone());
  }
  if (!pin.reason.empty()) json["reason"] = pin.reason;
  return json;
}

void AddNotes(const dumps::Notes& notes, Json& json) {
  if (!notes.tags.empty()) json["tags"] = notes.tags;
  if (notes.pin.has_value()) json["pin"] = ToJson(*notes.pin);
  for (const dumps::Verified& verified : notes.verifications) {
    Json entry = {{"when", base::FormatRfc3339Nano(verified.when, absl::UTCTimeZone())},
                  {"depth", dumps::DepthName(verified.depth)},
                  {"passed", verified.passed()}};
    if (!verified.passed()) entry["failure"] = verified.failure;
    json["verifications"].push_back(std::move(entry));
  }
}

Json ToJson(const verbs::Schema& schema) {
  Json json;
  json["engine"] = schema.engine;
  json["engine_version"] = schema.engine_version;
  json["bytes"] = schema.bytes;
  json["properties"] = Json::object();
  for (const auto& [name, value] : schema.properties) json["properties"][name] = value;
  json["tables"] = Json::array();
  for (const verbs::TableSchema& table : schema.tables) {
    json["tables"].push_back({{"name", table.name},
                              {"kind", table.kind},
                              {"rows", table.rows},
                              {"rows_exact", table.rows_exact},
                              {"bytes", table.bytes},
                              {"index_bytes", table.index_bytes},
                              {"indexes", table.indexes}});
  }
  return json;
}

Json ToJson(const profile::Profile& profile) {
  Json json;
  json["name"] = profile.name;
  json["driver"] = profile.driver;
  if (!profile.host.empty()) json["host"] = profile.host;
  if (profile.port != 0) json["port"] = profile.port;
  if (!profile.user.empty()) json["user"] = profile.user;
  if (!profile.password.empty()) json["password"] = secrets::Describe(profile.password);
  if (!profile.database.empty()) json["database"] = profile.database;
  if (!profile.sslmode.empty()) json["sslmode"] = profile.sslmode;
  if (!profile.group.empty()) json["group"] = profile.group;
  if (profile.tools.has_value()) json["tools"] = profile::ToolsName(*profile.tools);
  if (!profile.migrations.empty()) json["migrations"] = profile.migrations;
  for (const auto& [name, value] : profile.parameters) {
    json["parameters"][name] = profile::IsSecretParameter(name) ? secrets::Describe(value) : value;
  }
  return json;
}

Json Milliseconds(absl::Duration duration) { return absl::ToInt64Milliseconds(duration); }

}  // namespace siphon::cli
