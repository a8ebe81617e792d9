// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What a database has and its dump does not have is named, and recorded in the dump.

#include "drivers/postgres/dump_census.h"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/choice.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/version_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::EventLog;
using siphon::testing::MemoryTarget;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DumpCensusTest : public VersionTest {
 protected:
  // What a backup said of objects that the dump lacks, and the kinds that it recorded.
  struct Said {
    std::string warning, kinds;
    std::string body;
  };
  static Said BackUpAndListen(const profile::ConnectionProfile& profile,
                              const driver::BackupOptions& options = {}) {
    MemoryTarget target;
    EventLog log;
    EXPECT_OK(TryBackUp(profile, target, options, base::Context({}, &log)));
    Said said;
    for (const std::string& warning : log.Warnings()) {
      if (warning.find("the dump lacks") != std::string::npos) said.warning += warning;
    }
    const auto& annotations = target.contents().annotations;
    const auto kinds = annotations.find(std::string(kNotSeen));
    if (kinds != annotations.end()) said.kinds = kinds->second;
    said.body = target.data();
    return said;
  }

  std::unique_ptr<Session> Connect(const profile::ConnectionProfile& profile) {
    auto session = Session::Connect(base::Context(), {{"host", server_.host()},
                                                      {"port", absl::StrCat(server_.port())},
                                                      {"user", profile.user},
                                                      {"password", profile.password},
                                                      {"dbname", profile.database}});
    EXPECT_OK(session);
    return session.ok() ? *std::move(session) : nullptr;
  }
};

TEST_P(DumpCensusTest, ADumpOfEverythingLacksNothing) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(siphon::testing::LoadPostgresSample(server_, source.database));
  driver::BackupOptions definitions, rows, bare, some, others, empty;
  definitions.schema_only = true;
  rows.data_only = true;
  bare.no_owner = bare.no_acl = true;
  some.tables = {"accounts", "shop.orders", "shop.big_orders", "shop.order_numbers"};
  others.exclude_tables = {"shop.customers", "shop.wide", "shop.totals", "types.*"};
  empty.exclude_data = {"shop.*"};
  for (const driver::BackupOptions& options :
       {driver::BackupOptions(), definitions, rows, bare, some, others, empty}) {
    const Said said = BackUpAndListen(source, options);
    EXPECT_EQ(said.warning, "");
    EXPECT_EQ(said.kinds, "");
  }
}

TEST_P(DumpCensusTest, WhatPgDumpLeavesOutIsNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int, b int UNIQUE); CREATE UNIQUE INDEX t_a ON t(a);"
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('t_a'::regclass,"
      " 't_b_key'::regclass);"
      "CREATE EXTENSION citext; CREATE TABLE conf(k int); ALTER EXTENSION citext ADD TABLE conf;"
      "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
      "CREATE INDEX \"K\" ON conf(k); CREATE POLICY p ON conf;"
      "CREATE TRIGGER late BEFORE INSERT ON conf EXECUTE FUNCTION touch();"
      "CREATE RULE r AS ON DELETE TO conf DO INSTEAD NOTHING;"
      "CREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  const Said said = BackUpAndListen(source);
  for (const std::string_view object :
       {"index public.t_a (not valid)", "table constraint t_b_key on public.t (not valid)",
        "index public.\"K\" (on a table of the extension citext)",
        "policy p on public.conf (on a table of the extension citext)",
        "trigger late on public.conf (on", "rule r on public.conf (on",
        "function pg_catalog.mine()"}) {
    EXPECT_THAT(said.warning, HasSubstr(object));
  }
  EXPECT_EQ(said.kinds, "function, index, policy, rule, table constraint, trigger");
  // A restore that replaces such objects says it, too.
  driver::RestoreOptions clean;
  clean.clean = true;
  clean.annotations[std::string(kNotSeen)] = said.kinds;
  EventLog log;
  EXPECT_OK(TryRestore(NewDatabase(server_), said.body, clean, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("index, policy")));
  EventLog plain;
  clean.clean = false;
  EXPECT_OK(TryRestore(NewDatabase(server_), said.body, clean, base::Context({}, &plain)));
  EXPECT_THAT(plain.Warnings(), Not(Contains(HasSubstr("index, policy"))));
}

TEST_P(DumpCensusTest, StatisticsObjectsOfChosenTablesAreNamed) {
  const profile::ConnectionProfile source = NewSample(server_);
  EXPECT_EQ(BackUpAndListen(source).warning, "");
  driver::BackupOptions some;
  some.tables = {"items"};
  const Said said = BackUpAndListen(source, some);
  EXPECT_THAT(said.warning, HasSubstr("statistics object public.items_stat"));
  EXPECT_EQ(said.kinds, "statistics object");
}

TEST_P(DumpCensusTest, WhatOnlyOthersMaySeeIsNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  EXPECT_OK(server_.RunSql("CREATE ROLE census_owner LOGIN PASSWORD 'o'"));
  PlainConnection(source).Run(
      absl::StrCat("ALTER DATABASE \"", source.database,
                   "\" OWNER TO census_owner; CREATE FOREIGN DATA WRAPPER w;"
                   "CREATE SERVER srv FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER srv TO"
                   " census_owner; CREATE USER MAPPING FOR PUBLIC SERVER srv OPTIONS (k 'v');"
                   "CREATE USER MAPPING FOR census_owner SERVER srv OPTIONS (k 'v');"
                   "CREATE SUBSCRIPTION census_sub CONNECTION 'host=/none dbname=n' PUBLICATION p"
                   " WITH (connect = false, slot_name = NONE)"));
  profile::ConnectionProfile owner = source;
  owner.user = "census_owner";
  owner.password = "o";
  const Said said = BackUpAndListen(owner);
  EXPECT_THAT(said.warning, HasSubstr("subscription census_sub (only a superuser may read it)"));
  EXPECT_THAT(said.warning, HasSubstr("the options of the user mapping of public for the server"
                                      " srv (the user may not see them)"));
  // Its own it may see.
  EXPECT_THAT(said.warning, Not(HasSubstr("mapping of census_owner")));
  EXPECT_EQ(said.kinds, "subscription, user mapping options");
  EXPECT_EQ(BackUpAndListen(source).warning, "");
  driver::BackupOptions rows;
  rows.data_only = true;
  EXPECT_EQ(BackUpAndListen(owner, rows).warning, "");
  PlainConnection(source).Run("DROP SUBSCRIPTION census_sub; DROP FOREIGN DATA WRAPPER w CASCADE");
  EXPECT_OK(server_.RunSql(absl::StrCat("ALTER DATABASE \"", source.database,
                                        "\" OWNER TO postgres; DROP ROLE census_owner")));
}

// pg_dump leaves out none of these; an archive without the entry stands for one that would.
TEST_P(DumpCensusTest, ATableOrItsRowsMustNotBeMissing) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run("SELECT lo_create(7001), lo_create(7002)");
  const std::string body = BackUp(source);
  const std::unique_ptr<Session> session = Connect(source);
  ASSERT_NE(session, nullptr);
  ASSERT_OK_AND_ASSIGN(const std::vector<Relation> relations,
                       ReadRelations(base::Context(), *session));
  const auto without = [&](const std::function<bool(const ArchiveEntry&)>& gone,
                           const driver::BackupOptions& options = {}) -> absl::StatusOr<Lacking> {
    ArchiveHeadProgress progress;
    const auto size = MeasureArchiveHead(body, progress);
    EXPECT_OK(size);
    absl::StatusOr<Archive> archive = ParseArchiveHead(
        std::vector<char>(body.begin(), body.begin() + static_cast<ptrdiff_t>(**size)));
    EXPECT_OK(archive);
    std::erase_if(archive->entries, gone);
    const absl::StatusOr<Choice> choice = Choose(options, relations);
    EXPECT_OK(choice);
    return FindLacking(base::Context(), *session, *archive, relations, *choice, options);
  };
  const auto is = [](std::string_view kind, std::string_view tag) {
    return [=](const ArchiveEntry& entry) { return entry.kind == kind && entry.tag == tag; };
  };
  ASSERT_OK_AND_ASSIGN(const Lacking nothing, without(is("none", "")));
  EXPECT_THAT(nothing.objects, IsEmpty());
  EXPECT_THAT(without(is("TABLE DATA", "items")),
              StatusIs(errs::kIntegrity, HasSubstr("rows of chosen tables: items")));
  for (const auto& [kind, name] :
       std::vector<std::pair<std::string, std::string>>{{"TABLE", "items"},
                                                        {"VIEW", "rich"},
                                                        {"MATERIALIZED VIEW", "sums"},
                                                        {"SEQUENCE", "accounts_id_seq"}}) {
    EXPECT_THAT(without(is(kind, name)), StatusIs(errs::kIntegrity, HasSubstr(name))) << kind;
  }
  // What a filter of the backup leaves out is not missing.
  driver::BackupOptions others;
  others.exclude_tables = {"items"};
  EXPECT_OK(without(
      [](const ArchiveEntry& entry) {
        return entry.tag == "items" && (entry.kind == "TABLE" || entry.kind == "TABLE DATA");
      },
      others));
  // Other objects are named.
  for (const auto& [kind, tag, name] : std::vector<std::array<std::string, 3>>{
           {"TRIGGER", "entries entries_touch", "trigger entries_touch on public.entries"},
           {"FUNCTION", "touch()", "function public.touch()"},
           {"INDEX", "items_price", "index public.items_price"},
           {"FK CONSTRAINT", "entries entries_account_fkey",
            "table constraint entries_account_fkey on public.entries"},
           {"RULE", "Mixed Case nothing", "rule nothing on sales.\"Mixed Case\""},
           {"SCHEMA", "sales", "schema sales"},
           {"TYPE", "state", "type sales.state"},
           {"BLOB METADATA", "7001..900002", "large object 900002"}}) {
    ASSERT_OK_AND_ASSIGN(const Lacking lacking, without(is(kind, tag)));
    EXPECT_THAT(lacking.objects, Contains(name)) << kind;
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, DumpCensusTest, ::testing::ValuesIn(VersionsOfRounds()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
