// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/migration_fixture.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/migrations.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PostgresConnection;
using siphon::testing::PostgresServer;

// One of each version for the whole program.
PostgresServer& SharedServer(int version) {
  static auto* const servers = new std::map<int, std::unique_ptr<PostgresServer>>();
  std::unique_ptr<PostgresServer>& server = (*servers)[version];
  if (server == nullptr) {
    siphon::testing::PostgresOptions options;
    options.version = version;
    server = OrDie(PostgresServer::Start(options));
  }
  return *server;
}

}  // namespace

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

MigrationFixture::MigrationFixture(int version) : server_(SharedServer(version)) {
  static int number = 0;
  database_ = absl::StrCat("migrations_", ++number);
  OrDie(server_.CreateDatabase(database_));
  connection_ = OrDie(PostgresConnection::Open(server_.Conninfo(database_)));
}

profile::ConnectionProfile MigrationFixture::Profile() const {
  profile::ConnectionProfile profile;
  profile.name = database_;
  profile.driver = "postgres";
  profile.host = server_.host();
  profile.port = server_.port();
  profile.user = server_.superuser();
  profile.password = server_.password();
  profile.database = database_;
  return profile;
}

absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationFixture::Open(
    const std::map<std::string, std::string>& parameters) {
  profile::ConnectionProfile profile = Profile();
  profile.parameters = parameters;
  return PostgresMigrations().Open({}, profile, driver::MigrationAccess::kCreate);
}

void MigrationFixture::Execute(const std::string& sql) { OrDie(connection_->Run(sql)); }
std::string MigrationFixture::Value(const std::string& sql) {
  return OrDie(connection_->Value(sql));
}
std::string MigrationFixture::GolangTable() const {
  return "CREATE TABLE IF NOT EXISTS \"public\".\"schema_migrations\" (version bigint not null "
         "primary key, dirty boolean not null)";
}

std::string MigrationFixture::DescribeTable() {
  return Value(
      "SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, "
      "pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum) || (SELECT string_agg(conname || ' ' "
      "|| pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE conrelid = "
      "'schema_migrations'::regclass) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = "
      "a.attrelid AND d.adnum = attnum WHERE attrelid = 'schema_migrations'::regclass AND attnum "
      "> 0");
}

std::vector<std::string> MigrationFixture::Objects() {
  return {Value(
      "SELECT coalesce(string_agg(o, ', ' ORDER BY o), '') FROM (SELECT 'c ' || relname AS o "
      "FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL SELECT 'p ' || "
      "proname "
      "FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION ALL SELECT 't ' || typname "
      "FROM pg_type WHERE typnamespace = 'public'::regnamespace UNION ALL SELECT 'o ' || "
      "collname "
      "FROM pg_collation WHERE collnamespace = 'public'::regnamespace UNION ALL SELECT 'op ' || "
      "oprname FROM pg_operator WHERE oprnamespace = 'public'::regnamespace UNION ALL SELECT 'oc "
      "' || opcname FROM pg_opclass WHERE opcnamespace = 'public'::regnamespace UNION ALL SELECT "
      "'of ' || opfname FROM pg_opfamily WHERE opfnamespace = 'public'::regnamespace UNION ALL "
      "SELECT 'tc ' || cfgname FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace "
      "UNION ALL SELECT 'td ' || dictname FROM pg_ts_dict WHERE dictnamespace = "
      "'public'::regnamespace UNION ALL SELECT 'tp ' || prsname FROM pg_ts_parser WHERE "
      "prsnamespace = 'public'::regnamespace UNION ALL SELECT 'tt ' || tmplname FROM "
      "pg_ts_template WHERE tmplnamespace = 'public'::regnamespace UNION ALL SELECT 'co ' || "
      "conname FROM pg_conversion WHERE connamespace = 'public'::regnamespace UNION ALL SELECT "
      "'st ' || stxname FROM pg_statistic_ext WHERE stxnamespace = 'public'::regnamespace UNION "
      "ALL SELECT 'ca ' || castsource::regtype FROM pg_cast WHERE oid >= 16384) AS x")};
}

std::string MigrationFixture::ManyObjects() const {
  return "CREATE TABLE \"Order\" (id serial PRIMARY KEY, g int GENERATED ALWAYS AS IDENTITY);"
         "CREATE VIEW v AS SELECT * FROM \"Order\";"
         "CREATE MATERIALIZED VIEW m AS SELECT * FROM v;"
         "CREATE SEQUENCE s; CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS e;"
         "CREATE TYPE k AS (x int, y d); CREATE TYPE r AS RANGE (subtype = float8);"
         "CREATE FUNCTION f(k, VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';"
         "CREATE FUNCTION f(int DEFAULT 3) RETURNS int LANGUAGE sql AS 'SELECT 1';"
         "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';"
         "CREATE AGGREGATE g(int) (sfunc = int4pl, stype = int);"
         "CREATE TABLE q (x int) PARTITION BY RANGE (x);"
         "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (2);"
         "CREATE COLLATION o FROM \"C\";"
         "CREATE FUNCTION same(k, k) RETURNS bool LANGUAGE sql AS 'SELECT TRUE';"
         "CREATE OPERATOR === (LEFTARG = k, RIGHTARG = k, FUNCTION = same);"
         "CREATE OPERATOR !!! (RIGHTARG = int, FUNCTION = int4um);"
         "CREATE OPERATOR FAMILY \"My family\" USING btree;"
         "CREATE OPERATOR CLASS \"My class\" FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 "
         "hashint4(int);"
         "CREATE TEXT SEARCH DICTIONARY \"My words\" (TEMPLATE = simple);"
         "CREATE TEXT SEARCH CONFIGURATION w (COPY = pg_catalog.simple);"
         "ALTER TEXT SEARCH CONFIGURATION w ALTER MAPPING FOR word WITH \"My words\";"
         "CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize);"
         "CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = "
         "prsd_end, LEXTYPES = prsd_lextype);"
         "CREATE CONVERSION \"My conversion\" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;"
         "CREATE STATISTICS st ON id, g FROM \"Order\";"
         "CREATE FUNCTION k_int(k) RETURNS int LANGUAGE sql AS 'SELECT 1';"
         "CREATE CAST (k AS int) WITH FUNCTION k_int(k);";
}

std::string MigrationFixture::Alone() const {
  return "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_x ON a (x)";
}

absl::Status Up(migrate::Database& database, const std::map<std::string, std::string>& files) {
  const auto source = siphon::testing::SourceOf(files);
  migrate::MigratorOptions options;
  options.lock_timeout = std::chrono::milliseconds(300);
  migrate::Migrator migrator(source.get(), &database, options);
  std::vector<migrate::Step> applied;
  return migrator.Run({}, {}, applied);
}

absl::Status Resume(migrate::Database& database, const std::map<std::string, std::string>& files,
                    migrate::UnknownOutcome unknown_outcome) {
  const auto source = siphon::testing::SourceOf(files);
  migrate::MigratorOptions options;
  options.unknown_outcome = unknown_outcome;
  migrate::Migrator migrator(source.get(), &database, options);
  std::vector<migrate::Step> applied;
  return migrator.Resume({}, applied);
}

}  // namespace siphon::postgres
