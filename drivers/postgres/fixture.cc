// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/fixture.h"

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "drivers/postgres/conninfo.h"
#include "gtest/gtest.h"
#include "siphon/base/child_process.h"
#include "siphon/base/io.h"
#include "siphon/driver/snapshot.h"
#include "siphon/driver/toolbox.h"
#include "testing/contracts/snapshot_body.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PostgresServer;

// The beginnings of lines that differ in each output of pg_dump.
constexpr std::string_view kChanging[] = {"\\restrict ", "\\unrestrict ", "-- Dumped "};
constexpr std::chrono::seconds kEndingLimit{5};

constexpr char kSample[] = R"sql(
CREATE SCHEMA sales;
CREATE TYPE sales.state AS ENUM ('new', 'paid');
CREATE DOMAIN sales.amount AS numeric CHECK (VALUE >= 0);
CREATE TABLE accounts(id serial PRIMARY KEY, owner text NOT NULL, amount int NOT NULL);
INSERT INTO accounts(owner, amount) SELECT 'owner ' || i, 1000 FROM generate_series(1, 1000) i;
CREATE TABLE items(name text PRIMARY KEY, price float8, data text);
INSERT INTO items SELECT 'item ' || i, i / 7.0,
  (SELECT string_agg(md5((i * 100 + j)::text), '') FROM generate_series(1, 30) j)
  FROM generate_series(1, 3000) i;
CREATE INDEX items_price ON items(price);
CREATE TABLE entries(id int PRIMARY KEY, account int NOT NULL REFERENCES accounts ON DELETE CASCADE,
  parent int REFERENCES entries);
INSERT INTO entries SELECT i, i % 1000 + 1, nullif(i - 1, 0) FROM generate_series(1, 100) i;
CREATE TABLE sales.orders(id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL,
  state sales.state DEFAULT 'new', total sales.amount, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE sales.orders_2023 PARTITION OF sales.orders
  FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE sales.orders_2024 PARTITION OF sales.orders
  FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO sales.orders(at, total) SELECT date '2023-06-01' + i, i FROM generate_series(1, 500) i;
CREATE TABLE sales."Mixed Case"("a b" int, twice int GENERATED ALWAYS AS ("a b" * 2) STORED, t text);
INSERT INTO sales."Mixed Case" VALUES (1, DEFAULT, E'tab\there'), (2, DEFAULT, E'line\nfeed'),
  (3, DEFAULT, E'\\.'), (4, DEFAULT, NULL), (5, DEFAULT, '');
CREATE VIEW rich AS SELECT * FROM accounts WHERE amount > 1000;
CREATE MATERIALIZED VIEW sums AS SELECT account, count(*) FROM entries GROUP BY 1 ORDER BY 1;
CREATE TABLE touched(id int);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO public.touched VALUES (NEW.id); RETURN NEW; END$$;
CREATE TRIGGER entries_touch BEFORE INSERT OR UPDATE ON entries
  FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO touched VALUES (-1);
CREATE RULE nothing AS ON DELETE TO sales."Mixed Case" DO INSTEAD NOTHING;
CREATE STATISTICS items_stat ON name, price FROM items;
COMMENT ON TABLE items IS 'things';
COMMENT ON COLUMN items.name IS 'its "name"';
SELECT lo_from_bytea(900001, 'large object'), lo_from_bytea(900002, 'another');
)sql";

}  // namespace

PostgresServer& SharedServer(int version) {
  static auto* const servers = new std::map<int, std::unique_ptr<PostgresServer>>();
  std::unique_ptr<PostgresServer>& server = (*servers)[version];
  if (server == nullptr) {
    absl::StatusOr<std::unique_ptr<PostgresServer>> started =
        PostgresServer::Start({.version = version});
    if (!started.ok()) {
      std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
      std::abort();
    }
    server = *std::move(started);
    // Servers are children of the test and must end with it.
    std::atexit([] { servers->clear(); });
  }
  return *server;
}

profile::ConnectionProfile ProfileFor(const PostgresServer& server, std::string_view database) {
  profile::ConnectionProfile profile;
  profile.name = std::string(database);
  profile.driver = "postgres";
  profile.host = server.host();
  profile.port = server.port();
  profile.user = server.superuser();
  profile.password = server.password();
  profile.database = std::string(database);
  return profile;
}

profile::ConnectionProfile NewDatabase(PostgresServer& server) {
  static std::atomic<int> count = 0;
  const std::string name = absl::StrCat("database ", ++count);
  EXPECT_OK(server.CreateDatabase(name));
  return ProfileFor(server, name);
}

profile::ConnectionProfile NewSample(PostgresServer& server) {
  profile::ConnectionProfile profile = NewDatabase(server);
  FillWithSample(profile);
  return profile;
}

void FillWithSample(const profile::ConnectionProfile& profile) {
  PlainConnection(profile).Run(kSample);
}

PlainConnection::PlainConnection(const profile::ConnectionProfile& profile) {
  const absl::StatusOr<Settings> settings = ConnectionSettings(profile);
  Settings plain = settings.ok() ? *settings : Settings();
  plain["application_name"] = "another program";
  connection_ = PQconnectdb(FormatConninfo(plain).c_str());
  if (PQstatus(connection_) != CONNECTION_OK) {
    std::fprintf(stderr, "%s\n", PQerrorMessage(connection_));
    std::abort();
  }
  PQsetNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
}

PlainConnection::~PlainConnection() { PQfinish(connection_); }

void PlainConnection::Run(const std::string& sql) { Value(sql); }

std::string PlainConnection::Value(const std::string& sql) {
  PGresult* const result = PQexec(connection_, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    std::fprintf(stderr, "%s\n%s\n", sql.c_str(), PQerrorMessage(connection_));
    std::abort();
  }
  std::string value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  return value;
}

int64_t PlainConnection::Int(const std::string& sql) {
  int64_t value = 0;
  EXPECT_TRUE(absl::SimpleAtoi(Value(sql), &value)) << sql;
  return value;
}

std::string RunApplet(std::string_view name, const std::vector<std::string>& arguments,
                      std::string_view input) {
  const absl::StatusOr<std::string> self = driver::SelfPath();
  EXPECT_OK(self);
  base::ChildProcess::Options options;
  options.executable = self.value_or("");
  options.argv = {std::string(name)};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment = {"LC_ALL=C"};
  options.in = base::ChildProcess::Stream::kPipe;
  options.out = base::ChildProcess::Stream::kPipe;
  const auto child = base::ChildProcess::Start(base::Context(), std::move(options));
  EXPECT_OK(child);
  if (!child.ok()) return "";
  std::thread feeder([&] {
    (*child)->in().Write(input).IgnoreError();
    (*child)->CloseIn();
  });
  const absl::StatusOr<std::string> text = base::ReadAll((*child)->out(), size_t{1} << 30);
  feeder.join();
  const absl::StatusOr<base::ChildProcess::Outcome> outcome = (*child)->Wait();
  EXPECT_OK(outcome);
  EXPECT_EQ(outcome.ok() ? outcome->code : -1, 0) << name;
  return text.value_or("");
}

std::string Describe(const profile::ConnectionProfile& profile) {
  const absl::StatusOr<Settings> settings = ConnectionSettings(profile);
  EXPECT_OK(settings);
  if (!settings.ok()) return "";
  const std::string script =
      RunApplet("pg_dump", {"--format=plain", "--dbname=" + FormatConninfo(*settings)}, "");
  std::string text;
  for (const std::string_view line : absl::StrSplit(script, '\n')) {
    bool changing = false;
    for (const std::string_view prefix : kChanging) {
      changing = changing || absl::StartsWith(line, prefix);
    }
    if (!changing) absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::vector<std::string> Leftovers(const PostgresServer& server) {
  const std::string query =
      "SELECT 'session ' || application_name || ': ' || state || ' ' || query"
      " FROM pg_stat_activity WHERE application_name ~ '^siphon/'"
      " OR (application_name = 'siphon' AND state <> 'idle')"
      " UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'siphon%'"
      " UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname LIKE 'siphon%'";
  const auto until = std::chrono::steady_clock::now() + kEndingLimit;
  while (true) {
    const auto rows = server.Query(query);
    EXPECT_OK(rows);
    if (!rows.ok()) return {"no answer"};
    std::vector<std::string> left;
    for (const PostgresServer::Row& row : *rows) left.push_back(row[0].value_or(""));
    if (left.empty() || std::chrono::steady_clock::now() > until) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

absl::Status TryBackUp(const profile::ConnectionProfile& profile,
                       siphon::testing::MemoryTarget& target, const driver::BackupOptions& options,
                       const base::Context& context) {
  const absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      PostgresDriver().Connect(context, profile, driver::Driver::Access::kRead);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
      driver::OpenSnapshot(context, **connection, options);
  if (!snapshot.ok()) return snapshot.status();
  return siphon::testing::WriteSnapshotBody(context, **snapshot, target);
}

std::string BackUp(const profile::ConnectionProfile& profile,
                   const driver::BackupOptions& options) {
  siphon::testing::MemoryTarget target;
  EXPECT_OK(TryBackUp(profile, target, options));
  return target.data();
}

absl::Status TryRestore(const profile::ConnectionProfile& profile, std::string_view body,
                        const driver::RestoreOptions& options, const base::Context& context) {
  const absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      PostgresDriver().Connect(context, profile, driver::Driver::Access::kCreate);
  if (!connection.ok()) return connection.status();
  siphon::testing::PieceReader reader(body);
  return (*connection)->Restore(context, options, reader);
}

}  // namespace siphon::postgres
