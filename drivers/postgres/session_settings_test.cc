// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/session_settings.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PostgresServer;
using ::testing::IsEmpty;

// Settings of the categories below that are left to the server, each with the reason.
const std::map<std::string, std::string>& LeftAlone() {
  static const auto* const kLeftAlone = new std::map<std::string, std::string>{
      {"search_path", "emptied before anything else"},
      {"restrict_nonsystem_relation_kind", "set where the server has it"},
      {"client_encoding", "part of the connection's parameters: UTF8"},
      {"default_transaction_read_only", "a restore tells that the target takes no writes"},
      {"transaction_isolation", "of one transaction; siphon's BEGIN says it"},
      {"transaction_read_only", "of one transaction; siphon's BEGIN says it"},
      {"transaction_deferrable", "of one transaction; siphon's BEGIN says it"},
      {"client_min_messages", "notices are dropped"},
      {"default_text_search_config", "siphon's statements search no text"},
      {"icu_validation_level", "siphon's own sessions create no collation"},
      {"check_function_bodies", "siphon's own sessions create no function"},
      {"createrole_self_grant", "pg_restore's session creates the roles"},
      {"default_table_access_method", "siphon's own sessions create no table"},
      {"default_tablespace", "siphon's own sessions create no table"},
      {"default_toast_compression", "siphon's own sessions create no table"},
      {"temp_tablespaces", "where temporary files lie changes no result"},
      {"gin_pending_list_limit", "changes no result"},
      {"vacuum_cleanup_index_scale_factor", "changes no result"},
      {"vacuum_freeze_min_age", "changes no result"},
      {"vacuum_freeze_table_age", "changes no result"},
      {"vacuum_multixact_freeze_min_age", "changes no result"},
      {"vacuum_multixact_freeze_table_age", "changes no result"},
      {"vacuum_failsafe_age", "changes no result"},
      {"vacuum_multixact_failsafe_age", "changes no result"},
      {"synchronize_seqscans", "the order of rows; siphon's statements sort where it matters"},
  };
  return *kLeftAlone;
}

// Values that no sane server has, so that a setting that siphon forgets shows.
constexpr std::pair<std::string_view, std::string_view> kHostile[] = {
    {"statement_timeout", "'1h'"},
    {"lock_timeout", "'1h'"},
    {"row_security", "on"},
    {"standard_conforming_strings", "off"},
    {"DateStyle", "'German, DMY'"},
    {"IntervalStyle", "iso_8601"},
    {"TimeZone", "'Asia/Kathmandu'"},
    {"extra_float_digits", "-15"},
    {"bytea_output", "escape"},
    {"quote_all_identifiers", "on"},
    {"search_path", "public, pg_catalog"},
    {"idle_session_timeout", "'1h'"},
    {"default_transaction_isolation", "serializable"},
};

class SessionSettings : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_OK(
        server_.RunSql("DROP ROLE IF EXISTS hostile; CREATE ROLE hostile LOGIN PASSWORD 'h'"));
    for (const auto& [name, value] : kHostile) {
      ASSERT_OK(server_.RunSql(absl::StrCat("ALTER ROLE hostile SET ", name, " = ", value)));
    }
  }

  PostgresServer& server_ = SharedServer(GetParam());
  const Settings settings_ = {{"host", server_.host()},
                              {"port", absl::StrCat(server_.port())},
                              {"user", "hostile"},
                              {"password", "h"},
                              {"dbname", "postgres"}};
};

TEST_P(SessionSettings, AreFixedInASessionOfSiphonsOwn) {
  ASSERT_OK_AND_ASSIGN(const auto session, Session::Connect(base::Context(), settings_));
  EXPECT_EQ(session->user_search_path(), "{public,pg_catalog}");
  EXPECT_THAT(session->QueryText(base::Context(), "SHOW search_path"), IsOkAndHolds(""));
  for (const SessionSetting& setting : OwnSettings()) {
    if (session->server_major() < setting.since) continue;
    ASSERT_OK_AND_ASSIGN(const std::string now,
                         session->QueryText(base::Context(), absl::StrCat("SHOW ", setting.name)));
    std::string wanted(setting.value);
    std::erase(wanted, '\'');
    EXPECT_EQ(now, wanted) << setting.name;
  }
}

TEST_P(SessionSettings, AreTheUsersInASessionForTheUser) {
  ASSERT_OK_AND_ASSIGN(const auto session, Session::ConnectForUser(base::Context(), settings_));
  EXPECT_THAT(session->QueryText(base::Context(), "SELECT pg_catalog.current_schemas(false)"),
              IsOkAndHolds("{public,pg_catalog}"));
  EXPECT_THAT(session->QueryText(base::Context(), "SHOW statement_timeout"), IsOkAndHolds("1h"));
}

TEST_P(SessionSettings, AreAllThatAUserCanChangeOfAResult) {
  const auto rows = server_.Query(
      "SELECT name FROM pg_settings WHERE context = 'user' AND category ~ "
      "'^(Client Connection Defaults / (Statement|Locale)|Version and Platform|Error Handling)'");
  ASSERT_OK(rows);
  ASSERT_GT(rows->size(), 25u);
  std::set<std::string> unknown;
  for (const PostgresServer::Row& row : *rows) unknown.insert(*row[0]);
  for (const SessionSetting& setting : OwnSettings()) unknown.erase(std::string(setting.name));
  for (const auto& [name, reason] : LeftAlone()) unknown.erase(name);
  EXPECT_THAT(unknown, IsEmpty()) << "fix them in session_settings.cc, or say why not";
}

INSTANTIATE_TEST_SUITE_P(
    Versions, SessionSettings,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllPostgresVersions())),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
