// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Texts from servers and tools: messages, reports and SQL written by pg_dump. For any input the
// results are valid.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/connect_failure.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/grants.h"
#include "drivers/postgres/lone_statement.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/row_reports.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "siphon/base/utf8.h"

namespace {

namespace errs = siphon::errs;
namespace postgres = siphon::postgres;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Checks that the text is one line of UTF-8 that is safe for a terminal.
void RequireShowable(std::string_view text) {
  Require(siphon::base::IsValidUtf8(text));
  Require(std::none_of(text.begin(), text.end(),
                       [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }));
}

void Messages(std::string_view text) {
  const postgres::ConnectFailure failure = postgres::ClassifyConnectFailure(text);
  Require(!failure.what.empty());
  RequireShowable(postgres::CleanMessage(text));
  const absl::Status status = postgres::ConnectError("db", failure, text);
  Require(errs::Is(status, errs::kConnectionFailed));
  postgres::ClassifyToolLine(text);
  const absl::Status told = postgres::ExplainToolFailure(
      errs::SystemError("tools", errs::kDatabase, absl::StrCat("pg_dump ended: ", text)));
  Require(!told.ok());
  Require(absl::StrContains(told.message(), "pg_dump ended: "));
}

void Sql(std::string_view text) {
  for (const std::string& role : postgres::ParseGrantedRoles(text)) {
    Require(!role.empty() && role.size() <= text.size());
  }
  for (const auto& [name, value] : postgres::ParseDatabaseOptions(text)) {
    Require(!name.empty() && value.size() <= text.size());
  }
  const std::optional<postgres::ExtensionName> extension = postgres::ParseExtension(text);
  if (extension.has_value()) {
    Require(!extension->name.empty() && !extension->schema.empty());
    Require(extension->name.size() + extension->schema.size() < text.size());
  }
  const absl::StatusOr<postgres::Globals> globals = postgres::ParseGlobals(text);
  if (globals.ok()) {
    Require(absl::StartsWith(globals->roles_sql, "DO $"));
  } else {
    Require(errs::Is(globals.status(), errs::kInvalidArgument));
  }
  const postgres::LoneStatement lone = postgres::ParseLoneStatement(text);
  Require(lone.name.size() + lone.table.size() <= text.size());
  // Checks the literals of a statement: no quote in them is unescaped.
  for (const std::string_view name : {"search_path", "work_mem"}) {
    const std::string value = postgres::SettingValue(name, text);
    Require(std::count(value.begin(), value.end(), '\'') % 2 == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Messages(text);
  Sql(text);
  const auto report = postgres::ParseRowReport(text);
  if (report.has_value()) {
    Require(report->second >= 0);
    Require(text == absl::StrCat("rows ", report->first, " ", report->second) ||
            text.find(" 0") != std::string_view::npos);
  }
  return 0;
}
