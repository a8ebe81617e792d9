// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Holds siphon against pg_dump and pg_restore, on one database and in one run:
//   bazel run -c opt //testing/bench:postgres
//   bazel run -c opt //testing/bench:postgres -- --size 822 --runs 5 --server 17
//   bazel run -c opt //testing/bench:postgres -- --schema /path/to/data.sql

#include "testing/servers/postgres.h"

#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/bench/contest.h"
#include "testing/bench/postgres_data.h"
#include "testing/bench/program.h"
#include "testing/bench/workspace.h"
#include "testing/e2e/postgres_rows.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/servers/server_index.h"

namespace siphon::bench {
namespace {

using testing::PostgresServer;

constexpr char kSource[] = "source";
constexpr char kTarget[] = "target";

struct Flags : CommonFlags {
  std::string data;
  std::string schema;
  int64_t mebibytes = 300;
  int server = 15;
  std::vector<std::string> only = {"backup", "restore", "sync"};
};

// A server with room for the data in memory, that never waits for the disk: what is measured is
// what clients and server compute.
absl::StatusOr<std::unique_ptr<PostgresServer>> StartServer(const Flags& flags) {
  return PostgresServer::Start({.version = flags.server,
                                .settings = {{"shared_buffers", "2GB"},
                                             {"max_wal_size", "8GB"},
                                             {"checkpoint_timeout", "1h"},
                                             {"autovacuum", "off"}},
                                .parent = flags.directory});
}

absl::Status Load(const Flags& flags, const PostgresServer& server) {
  RETURN_IF_ERROR(server.CreateDatabase(kSource));
  if (!flags.schema.empty()) return server.RunFile(flags.schema, kSource);
  return LoadPostgresData(server, kSource, flags.data, flags.mebibytes);
}

// The contests on one server.
class Bench {
 public:
  Bench(const Flags& flags, const PostgresServer& server, std::string debian)
      : server_(server),
        debian_(std::move(debian)),
        work_(flags.siphon, flags.directory + "/work",
              {"PGHOST=" + server.host(), absl::StrCat("PGPORT=", server.port()),
               "PGUSER=" + server.superuser(), "PGPASSWORD=" + server.password()}) {}

  // Leaves the dumps that the restores use.
  absl::Status Prepare() {
    RETURN_IF_ERROR(work_.Prepare());
    ASSIGN_OR_RETURN(id_, work_.BackUp({Url(kSource)}));
    RETURN_IF_ERROR(Workspace::RunOnce(Dump(Builtin("pg_dump"), "zstd:1", kZstdDump)).status());
    return Workspace::RunOnce(Dump({debian_ + "/pg_dump"}, "1", kGzipDump)).status();
  }

  Contest Backup() const {
    const auto fresh = [this]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(Remove(work_.In(kOtherDump)));
      RETURN_IF_ERROR(work_.KeepDumps({id_}));
      return std::vector<std::string>();
    };
    Contest contest{"backup",
                    {{"siphon backup", fresh, {work_.Siphon({"backup", Url(kSource), "--quiet"})}},
                     {"pg_dump 17 (built in) -Fc -Z zstd:1",
                      fresh,
                      {Dump(Builtin("pg_dump"), "zstd:1", kOtherDump)}}}};
    if (server_.version() == 15) {
      contest.sides.push_back(
          {"pg_dump 15 (Debian) -Fc -Z1", fresh, {Dump({debian_ + "/pg_dump"}, "1", kOtherDump)}});
    }
    return contest;
  }

  Contest Restore() const {
    Contest contest{"restore",
                    {{"siphon restore",
                      NewTarget({work_.DumpFile(id_)}),
                      {work_.Siphon({"restore", id_, "--profile", Url(kTarget)})}},
                     {"pg_restore 17 (built in) -1, zstd",
                      NewTarget({work_.In(kZstdDump)}),
                      {work_.Peer("pg_restore", Restore(Builtin("pg_restore"), kZstdDump))}},
                     {"pg_restore 15 (Debian) -1, gzip",
                      NewTarget({work_.In(kGzipDump)}),
                      {work_.Peer("pg_restore", Restore({debian_ + "/pg_restore"}, kGzipDump))}}}};
    return contest;
  }

  Contest Sync() const {
    return {"sync",
            {{"siphon sync", NewTarget({}), {work_.Siphon({"sync", Url(kSource), Url(kTarget)})}},
             {"pg_dump 17 -Fc -Z0 | pg_restore -1 (built in)",
              NewTarget({}),
              {Pipe(Builtin("pg_dump"), Builtin("pg_restore"))}},
             {"pg_dump 15 -Fc -Z0 | pg_restore -1 (Debian)",
              NewTarget({}),
              {Pipe({debian_ + "/pg_dump"}, {debian_ + "/pg_restore"})}}}};
  }

  // Fails if the contents of target and source differ.
  absl::Status Compare() const {
    ASSIGN_OR_RETURN(const auto source, testing::CountPostgresRows(server_, kSource));
    ASSIGN_OR_RETURN(const auto target, testing::CountPostgresRows(server_, kTarget));
    if (source == target) return absl::OkStatus();
    return absl::DataLossError("the copy does not have the rows of the source");
  }

  void Describe() const {
    std::cout << DescribeMachine() << "\nserver "
              << server_.Value("SHOW server_version", kSource).value_or("unknown") << "; database "
              << server_
                     .Value("SELECT pg_size_pretty(pg_database_size(current_database()))", kSource)
                     .value_or("unknown")
              << absl::StreamFormat(
                     "; dumps: siphon's %.1f MiB, pg_dump's with zstd %.1f MiB, with "
                     "gzip %.1f MiB\n",
                     MebibytesOf(work_.DumpFile(id_)), MebibytesOf(work_.In(kZstdDump)),
                     MebibytesOf(work_.In(kGzipDump)));
  }

 private:
  static constexpr std::string_view kZstdDump = "zstd.dump";
  static constexpr std::string_view kGzipDump = "gzip.dump";
  static constexpr std::string_view kOtherDump = "other.dump";
  using Words = std::vector<std::string>;

  std::string Url(std::string_view database) const {
    return testing::PostgresUrl(server_, database);
  }

  // siphon's own pg_dump or pg_restore, called as a user calls it.
  Words Builtin(std::string name) const { return {work_.siphon(), std::move(name)}; }

  Step Dump(Words program, std::string_view compression, std::string_view file) const {
    for (std::string word :
         {std::string("-Fc"), absl::StrCat("-Z", compression),
          absl::StrCat("--file=", work_.In(file)), absl::StrCat("--dbname=", kSource)}) {
      program.push_back(std::move(word));
    }
    return work_.Peer("pg_dump", std::move(program));
  }
  Words Restore(Words program, std::string_view file) const {
    for (std::string word :
         {std::string("-1"), absl::StrCat("--dbname=", kTarget), work_.In(file)}) {
      program.push_back(std::move(word));
    }
    return program;
  }
  Step Pipe(const Words& dump, const Words& restore) const {
    const std::string command =
        absl::StrCat("'", absl::StrJoin(dump, "' '"), "' -Fc -Z0 ", kSource, " | '",
                     absl::StrJoin(restore, "' '"), "' -1 --dbname=", kTarget);
    return work_.Peer("pg_dump | pg_restore", {"/bin/sh", "-c", command});
  }

  // Makes an empty target database, and writes dirty pages to disk.
  std::function<absl::StatusOr<std::vector<std::string>>()> NewTarget(
      std::vector<std::string> inputs) const {
    return [this, inputs = std::move(inputs)]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(server_.DropDatabase(kTarget));
      RETURN_IF_ERROR(server_.CreateDatabase(kTarget));
      RETURN_IF_ERROR(server_.RunSql("CHECKPOINT"));
      return inputs;
    };
  }

  const PostgresServer& server_;
  const std::string debian_;
  const Workspace work_;
  std::string id_;
};

absl::StatusOr<std::vector<Contest>> Choose(const Flags& flags, const Bench& bench) {
  const std::map<std::string, std::function<Contest()>> all = {
      {"backup", [&] { return bench.Backup(); }},
      {"restore", [&] { return bench.Restore(); }},
      {"sync", [&] { return bench.Sync(); }}};
  std::vector<Contest> chosen;
  for (const std::string& name : flags.only) {
    const auto contest = all.find(name);
    if (contest == all.end()) return absl::InvalidArgumentError("there is no contest " + name);
    chosen.push_back(contest->second());
  }
  return chosen;
}

absl::Status Run(const Flags& flags) {
  RETURN_IF_ERROR(base::CreateDirectories(flags.directory, 0755));
  ASSIGN_OR_RETURN(const testing::InstalledServer debian, testing::FindServer("postgresql-15"));
  ASSIGN_OR_RETURN(const std::unique_ptr<PostgresServer> server, StartServer(flags));
  std::cout << "loading the data\n" << std::flush;
  RETURN_IF_ERROR(Load(flags, *server));
  Bench bench(flags, *server, debian.bin);
  RETURN_IF_ERROR(bench.Prepare());
  bench.Describe();
  std::cout << "medians of " << flags.runs << " runs\n\n" << std::flush;
  ASSIGN_OR_RETURN(const std::vector<Contest> contests, Choose(flags, bench));
  ASSIGN_OR_RETURN(const std::string report,
                   Hold(contests, flags.runs, [&](const Contest& contest) {
                     return contest.job != "backup" ? bench.Compare() : absl::OkStatus();
                   }));
  std::cout
      << report
      << "\nratio: siphon's seconds divided by the other's. peak: the largest resident set of "
         "the program itself;\nchildren: of the largest process that it started. All write "
         "to disk what they dump; the server does not.\n";
  return Remove(flags.directory + "/work");
}

}  // namespace
}  // namespace siphon::bench

int main(int argc, char** argv) {
  siphon::bench::Flags flags;
  const auto add = [&](CLI::App& app) {
    app.add_option("--data", flags.data, "The SQL that makes the data")->required();
    app.add_option("--size", flags.mebibytes,
                   "Size of the data as COPY text in MiB; 822 is 5 M rows")
        ->capture_default_str();
    app.add_option("--schema", flags.schema,
                   "A file for psql that makes other data; --size is void");
    app.add_option("--server", flags.server, "Version of the server")
        ->check(CLI::IsMember({14, 15, 16, 17, 18}))
        ->capture_default_str();
    app.add_option("--only", flags.only, "Of backup, restore, sync")->delimiter(',');
  };
  return siphon::bench::Main(argc, argv, "postgres",
                             "Holds siphon against pg_dump and pg_restore on a large database",
                             flags, add, [&] { return siphon::bench::Run(flags); });
}
