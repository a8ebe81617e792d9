// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/session_settings.h"

#include "absl/strings/str_cat.h"

namespace siphon::postgres {
namespace {

// PostgreSQL's manual, chapter "Server Configuration", sections "Client Connection Defaults",
// "Version and Platform Compatibility", "Error Handling".
constexpr SessionSetting kOwnSettings[] = {
    // No time limit but siphon's own.
    {"statement_timeout", "0"},
    {"lock_timeout", "0"},
    {"idle_in_transaction_session_timeout", "0"},
    {"idle_session_timeout", "0"},
    {"transaction_timeout", "0", 17},
    // A table whose rows the user may not all see is an error, not a shorter table.
    {"row_security", "off"},
    // Transactions.
    {"default_transaction_isolation", "'read committed'"},
    {"default_transaction_deferrable", "off"},
    // How literals are read. QuoteLiteral() relies on it.
    {"standard_conforming_strings", "on"},
    {"escape_string_warning", "off"},
    {"backslash_quote", "safe_encoding"},
    {"array_nulls", "on"},
    {"transform_null_equals", "off"},
    {"xmloption", "content"},
    // How values and names are written.
    {"DateStyle", "'ISO, YMD'"},
    {"IntervalStyle", "postgres"},
    {"TimeZone", "'UTC'"},
    {"timezone_abbreviations", "'Default'"},
    {"extra_float_digits", "1"},
    {"bytea_output", "hex"},
    {"xmlbinary", "base64"},
    {"quote_all_identifiers", "off"},
    {"lc_monetary", "'C'"},
    {"lc_numeric", "'C'"},
    {"lc_time", "'C'"},
    // An error ends a statement, not the session.
    {"exit_on_error", "off"},
};

// A table that its owner replaces by a view, after siphon has looked and before it reads, would run
// the owner's functions. Servers have the setting since their minor releases of August 2024
// (CVE-2024-7348); it is set where it exists, as pg_dump does.
constexpr std::string_view kOnlyTables =
    "SELECT pg_catalog.set_config(name, 'view, foreign-table', false)"
    " FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind'";

constexpr std::string_view kRestoreSettings =
    "SET idle_session_timeout = 0; SET array_nulls = on;\n"
    "SELECT pg_catalog.set_config('client_connection_check_interval', '2s', false)"
    " WHERE pg_catalog.version() LIKE '%linux%';\n";

}  // namespace

absl::Span<const SessionSetting> OwnSettings() { return kOwnSettings; }

std::string OwnSettingsSql(int server_major) {
  std::string sql;
  for (const SessionSetting& setting : kOwnSettings) {
    if (server_major < setting.since) continue;
    absl::StrAppend(&sql, "SET ", setting.name, " = ", setting.value, "; ");
  }
  absl::StrAppend(&sql, kOnlyTables);
  return sql;
}

std::string RestoreSettingsSql(int server_major) {
  return server_major >= 14 ? std::string(kRestoreSettings) : "";
}

}  // namespace siphon::postgres
