// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/globals.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.globals";
constexpr std::string_view kFirstLine = "-- siphon globals 1\n";
constexpr std::string_view kRoleLine = "-- role ";
constexpr std::string_view kRolesBegin = "DO $";
constexpr std::string_view kTablespaces = "\n-- Tablespaces\n";
// Settings whose value is a list of quoted names (GUC_LIST_QUOTE; PostgreSQL 18,
// src/bin/pg_dump/dumputils.c, variable_is_guc_list_quote()).
constexpr std::string_view kLists[] = {"local_preload_libraries",   "oauth_validator_libraries",
                                       "output_plugin_libraries",   "search_path",
                                       "session_preload_libraries", "shared_preload_libraries",
                                       "temp_tablespaces",          "unix_socket_directories"};

constexpr char kRolesQuery[] = R"sql(
SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
  r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil::pg_catalog.text,
  pg_catalog.shobj_description(r.oid, 'pg_authid'), )sql";
constexpr char kRolesEnd[] = " WHERE r.rolname !~ '^pg_' ORDER BY r.rolname";

constexpr char kSettingsQuery[] = R"sql(
SELECT r.rolname, c.setting
FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_roles r ON r.oid = s.setrole,
  pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, position)
WHERE s.setdatabase = 0 AND r.rolname !~ '^pg_'
ORDER BY r.rolname, c.position)sql";

constexpr char kMembersQuery[] = R"sql(
SELECT g.rolname, m.rolname, a.admin_option, )sql";
constexpr char kMembersEnd[] = R"sql(
FROM pg_catalog.pg_auth_members a
  JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
  JOIN pg_catalog.pg_roles m ON m.oid = a.member
WHERE m.rolname !~ '^pg_'
ORDER BY g.rolname, m.rolname)sql";

constexpr char kTablespacesQuery[] = R"sql(
SELECT t.spcname, pg_catalog.pg_get_userbyid(t.spcowner), pg_catalog.pg_tablespace_location(t.oid),
  pg_catalog.array_to_string(t.spcoptions, ', '),
  pg_catalog.shobj_description(t.oid, 'pg_tablespace')
FROM pg_catalog.pg_tablespace t WHERE t.spcname !~ '^pg_' ORDER BY t.spcname)sql";

// A tag for dollar quotes that the text does not contain.
std::string FreeTag(std::string_view text) {
  std::string tag = "$siphon$";
  for (int i = 1; absl::StrContains(text, tag); ++i) tag = absl::StrCat("$siphon", i, "$");
  return tag;
}

std::string IfMissing(const std::vector<std::string_view>& names, std::string_view statements) {
  return absl::StrCat("  IF ",
                      absl::StrJoin(names, " OR ",
                                    [](std::string* out, std::string_view name) {
                                      absl::StrAppend(out, QuoteLiteral(name), " = ANY (missing)");
                                    }),
                      " THEN\n", statements, "  END IF;\n");
}

// The roles with their attributes.
absl::Status AddRoles(const base::Context& context, Session& session, std::string& header,
                      std::string& body) {
  ASSIGN_OR_RETURN(
      const std::string readable,
      session.QueryText(context,
                        "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
  const bool with_passwords = readable == "t";
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, {"tbbbbbbbit?t?t?"},
                    absl::StrCat(kRolesQuery,
                                 with_passwords ? "r.rolpassword FROM pg_catalog.pg_authid r"
                                                : "NULL FROM pg_catalog.pg_roles r",
                                 kRolesEnd)));
  if (!with_passwords) absl::StrAppend(&header, "-- The passwords could not be read.\n");
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view name = rows.Text(row, 0);
    // A line break in the name would end the comment, and what follows it would run.
    if (name.find_first_of("\r\n") == std::string_view::npos) {
      absl::StrAppend(&header, kRoleLine, QuoteLiteral(name), "\n");
    }
    names.push_back(QuoteLiteral(name));
    constexpr std::string_view kAttributes[] = {
        "SUPERUSER", "INHERIT", "CREATEROLE", "CREATEDB", "LOGIN", "REPLICATION", "BYPASSRLS"};
    std::string create = absl::StrCat("    CREATE ROLE ", QuoteIdentifier(name), " WITH");
    for (size_t i = 0; i < std::size(kAttributes); ++i) {
      const bool has = rows.Bool(row, static_cast<int>(i) + 1);
      absl::StrAppend(&create, " ", has ? "" : "NO", kAttributes[i]);
    }
    if (rows.Int(row, 8) != -1) absl::StrAppend(&create, " CONNECTION LIMIT ", rows.Int(row, 8));
    if (!rows.IsNull(row, 11)) {
      absl::StrAppend(&create, " PASSWORD ", QuoteLiteral(rows.Text(row, 11)));
    }
    if (!rows.IsNull(row, 9)) {
      absl::StrAppend(&create, " VALID UNTIL ", QuoteLiteral(rows.Text(row, 9)));
    }
    absl::StrAppend(&create, ";\n");
    if (!rows.IsNull(row, 10)) {
      absl::StrAppend(&create, "    COMMENT ON ROLE ", QuoteIdentifier(name), " IS ",
                      QuoteLiteral(rows.Text(row, 10)), ";\n");
    }
    absl::StrAppend(&body, IfMissing({name}, create));
  }
  body = absl::StrCat(
      "DECLARE\n  missing pg_catalog.text[] := ARRAY(\n"
      "    SELECT wanted FROM pg_catalog.unnest(ARRAY[",
      absl::StrJoin(names, ", "),
      "]::pg_catalog.text[]) AS wanted\n"
      "    WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = wanted));\n"
      "BEGIN\n",
      body);
  return absl::OkStatus();
}

absl::Status AddSettings(const base::Context& context, Session& session, std::string& body) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"tt"}, kSettingsQuery));
  for (int row = 0; row < rows.size(); ++row) {
    const std::pair<std::string_view, std::string_view> setting =
        absl::StrSplit(rows.Text(row, 1), absl::MaxSplits('=', 1));
    absl::StrAppend(&body,
                    IfMissing({rows.Text(row, 0)},
                              absl::StrCat("    ALTER ROLE ", QuoteIdentifier(rows.Text(row, 0)),
                                           " SET ", QuoteIdentifier(setting.first), " TO ",
                                           SettingValue(setting.first, setting.second), ";\n")));
  }
  return absl::OkStatus();
}

absl::Status AddMemberships(const base::Context& context, Session& session, std::string& body) {
  const bool has_options = session.server_major() >= 16;
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(
          context, {"ttbb?b?"},
          absl::StrCat(kMembersQuery, has_options ? "a.inherit_option, a.set_option" : "NULL, NULL",
                       kMembersEnd)));
  const auto word = [](bool value) { return value ? "TRUE" : "FALSE"; };
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view group = rows.Text(row, 0), member = rows.Text(row, 1);
    const std::string grant =
        absl::StrCat("GRANT ", QuoteIdentifier(group), " TO ", QuoteIdentifier(member));
    std::string simple = grant;
    if (rows.Bool(row, 2)) absl::StrAppend(&simple, " WITH ADMIN OPTION");
    std::string statements = absl::StrCat("    ", simple, ";\n");
    if (has_options) {
      // Servers before 16 do not know the options.
      const std::string full =
          absl::StrCat(grant, " WITH ADMIN ", word(rows.Bool(row, 2)), ", INHERIT ",
                       word(rows.Bool(row, 3)), ", SET ", word(rows.Bool(row, 4)));
      statements = absl::StrCat(
          "    IF pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000"
          " THEN\n      EXECUTE ",
          QuoteLiteral(full), ";\n    ELSE\n      ", simple, ";\n    END IF;\n");
    }
    absl::StrAppend(&body, IfMissing({group, member}, statements));
  }
  return absl::OkStatus();
}

absl::Status AddTablespaces(const base::Context& context, Session& session, std::string& text) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"tttt?t?"}, kTablespacesQuery));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name = QuoteIdentifier(rows.Text(row, 0));
    absl::StrAppend(&text, "CREATE TABLESPACE ", name, " OWNER ",
                    QuoteIdentifier(rows.Text(row, 1)), " LOCATION ",
                    QuoteLiteral(rows.Text(row, 2)), ";\n");
    if (!rows.Text(row, 3).empty()) {
      absl::StrAppend(&text, "ALTER TABLESPACE ", name, " SET (", rows.Text(row, 3), ");\n");
    }
    if (!rows.IsNull(row, 4)) {
      absl::StrAppend(&text, "COMMENT ON TABLESPACE ", name, " IS ",
                      QuoteLiteral(rows.Text(row, 4)), ";\n");
    }
  }
  return absl::OkStatus();
}

// The names of a list, which may be quoted, as literals.
std::vector<std::string> SplitList(std::string_view value) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  const auto flush = [&] { items.push_back(QuoteLiteral(std::exchange(item, ""))); };
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '"' && quoted && i + 1 < value.size() && value[i + 1] == '"') {
      item += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      flush();
    } else if (quoted || c != ' ') {
      item += c;
    }
  }
  flush();
  return items;
}

absl::Status NotOurs() {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(kGlobalsName, " was not written by siphon"),
                         "run it with psql, and restore without --with-globals");
}

}  // namespace

std::string SettingValue(std::string_view name, std::string_view value) {
  const bool list = std::find(std::begin(kLists), std::end(kLists), name) != std::end(kLists);
  if (list) return absl::StrJoin(SplitList(value), ", ");
  return QuoteLiteral(value);
}

absl::StatusOr<std::string> ReadGlobals(const base::Context& context, Session& session) {
  std::string text = absl::StrCat(kFirstLine, "-- Roles that are missing are made.\n");
  std::string body;
  RETURN_IF_ERROR(AddRoles(context, session, text, body));
  RETURN_IF_ERROR(AddSettings(context, session, body));
  RETURN_IF_ERROR(AddMemberships(context, session, body));
  const std::string tag = FreeTag(body);
  absl::StrAppend(&text, "DO ", tag, "\n", body, "END\n", tag, ";\n", kTablespaces,
                  "-- Their folders must exist on the server.\n");
  RETURN_IF_ERROR(AddTablespaces(context, session, text));
  return text;
}

absl::StatusOr<Globals> ParseGlobals(std::string_view text) {
  if (!absl::StartsWith(text, kFirstLine)) return NotOurs();
  Globals globals;
  std::string_view rest = text;
  while (absl::StartsWith(rest, "--")) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (!absl::ConsumePrefix(&line, kRoleLine)) continue;
    // A name with a backslash has other quotes; preflight does not check such a name.
    if (absl::ConsumePrefix(&line, "'") && absl::ConsumeSuffix(&line, "'")) {
      globals.roles.insert(std::string(line));
    }
  }
  const size_t end = rest.find(kTablespaces);
  if (!absl::StartsWith(rest, kRolesBegin) || end == std::string_view::npos) return NotOurs();
  globals.roles_sql = std::string(rest.substr(0, end));
  return globals;
}

}  // namespace siphon::postgres
