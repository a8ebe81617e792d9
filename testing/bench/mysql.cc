// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Holds siphon against mariadb-dump and mariadb (mysqldump and mysql), and mydumper, on one
// database and in one run:
//   bazel run -c opt //testing/bench:mysql
//   bazel run -c opt //testing/bench:mysql -- --server mysql-9.7 --size 822 --runs 5
//   bazel run -c opt //testing/bench:mysql -- --data rows.sql --schema tables.sql

#include "testing/servers/mysql.h"

#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/bench/contest.h"
#include "testing/bench/postgres_data.h"
#include "testing/bench/program.h"
#include "testing/bench/workspace.h"
#include "testing/e2e/urls.h"
#include "testing/process/process.h"
#include "testing/servers/mysql_content.h"
#include "testing/servers/server_index.h"

namespace siphon::bench {
namespace {

using testing::MysqlServer;

constexpr char kSource[] = "source";
constexpr char kTarget[] = "target";
constexpr char kMydumper[] = "mydumper-0.10";

struct Flags : CommonFlags {
  std::string data;
  std::string schema;
  int64_t mebibytes = 300;
  std::string server = std::string(testing::kMariadb1011);
  std::vector<std::string> only = {"dump", "zstd", "load"};
};

// A server with room for the data in memory, that never waits for the disk and writes a binary log.
absl::StatusOr<std::unique_ptr<MysqlServer>> StartServer(const Flags& flags) {
  std::map<std::string, std::string> settings = {
      {"innodb-buffer-pool-size", "2G"}, {"max-allowed-packet", "64M"}, {"secure-file-priv", ""}};
  if (absl::StartsWith(flags.server, "mariadb")) {
    settings["innodb-log-file-size"] = "1G";
  } else {
    settings["innodb-redo-log-capacity"] = "1G";
  }
  return MysqlServer::Start({.server = flags.server,
                             .settings = std::move(settings),
                             .binlog = true,
                             .parent = flags.directory});
}

// The statements that create the tables, without a database name.
absl::StatusOr<std::string> Definitions(const Flags& flags) {
  ASSIGN_OR_RETURN(const std::string schema, base::ReadFile(flags.schema, size_t{1} << 20));
  std::string sql;
  for (const std::string_view line : absl::StrSplit(schema, '\n')) {
    if (absl::StartsWith(line, "CREATE DATABASE") || absl::StartsWith(line, "USE ")) continue;
    absl::StrAppend(&sql, line, "\n");
  }
  return sql;
}

absl::Status Load(const Flags& flags, const MysqlServer& server) {
  const std::string folder = flags.directory + "/rows";
  ASSIGN_OR_RETURN(const std::vector<std::string> tables,
                   WritePostgresRows(flags.data, flags.mebibytes, folder));
  RETURN_IF_ERROR(server.CreateDatabase(kSource));
  ASSIGN_OR_RETURN(const std::string definitions, Definitions(flags));
  RETURN_IF_ERROR(server.RunSql(definitions, kSource));
  for (const std::string& table : tables) {
    RETURN_IF_ERROR(
        server.RunSql(absl::StrCat("SET sql_log_bin=0, foreign_key_checks=0, unique_checks=0;"
                                   "LOAD DATA INFILE '",
                                   folder, "/", table, "' INTO TABLE ", testing::MysqlName(table),
                                   " CHARACTER SET utf8mb4;"),
                      kSource));
  }
  return Remove(folder);
}

// The contests on one server.
class Bench {
 public:
  Bench(const Flags& flags, const MysqlServer& server, std::string zstd, std::string mydumper)
      : server_(server),
        dump_name_(server.is_mariadb() ? "mariadb-dump" : "mysqldump"),
        client_name_(server.is_mariadb() ? "mariadb" : "mysql"),
        zstd_(std::move(zstd)),
        mydumper_(std::move(mydumper)),
        work_(flags.siphon, flags.directory + "/work", {}) {}

  // Leaves the dumps that the loads use.
  absl::Status Prepare() {
    RETURN_IF_ERROR(work_.Prepare());
    ASSIGN_OR_RETURN(bare_, work_.BackUp({Url(kSource), "--compression", "0"}));
    ASSIGN_OR_RETURN(packed_, work_.BackUp({Url(kSource)}));
    return Workspace::RunOnce(work_.Peer("dump", Dump(kFirstDump))).status();
  }

  Contest BareDump() const {
    Contest contest{"dump",
                    {{"siphon backup --compression 0",
                      Fresh(),
                      {work_.Siphon({"backup", Url(kSource), "--compression", "0", "--quiet"})}},
                     {dump_name_, Fresh(), {work_.Peer("dump", Dump(kOtherDump))}}}};
    if (!mydumper_.empty()) {
      contest.sides.push_back({"mydumper -t1", Fresh(), {work_.Peer("mydumper", Mydumper())}});
    }
    return contest;
  }

  Contest PackedDump() const {
    return {
        "dump, zstd",
        {{"siphon backup", Fresh(), {work_.Siphon({"backup", Url(kSource), "--quiet"})}},
         {absl::StrCat(dump_name_, " | zstd -1"),
          Fresh(),
          {work_.Peer("dump", Shell(absl::StrCat("'", absl::StrJoin(Dump(""), "' '"), "' | ", zstd_,
                                                 " -1 -q -o ", work_.In(kOtherDump))))}}}};
  }

  Contest LoadBack() const {
    return {"load",
            {{"siphon restore",
              NewTarget({work_.DumpFile(bare_)}),
              {work_.Siphon({"restore", bare_, "--profile", Url(kTarget), "--quiet"})}},
             {client_name_ + " < dump.sql",
              NewTarget({work_.In(kFirstDump)}),
              {work_.Peer("client",
                          Shell(absl::StrCat("'", server_.Program("client"),
                                             "' '--defaults-file=", server_.client_options(), "' ",
                                             kTarget, " < '", work_.In(kFirstDump), "'")))}}}};
  }

  // Fails if the contents of target and source differ.
  absl::Status Compare() const {
    ASSIGN_OR_RETURN(const std::string source, testing::ChecksumMysqlTables(server_, kSource));
    ASSIGN_OR_RETURN(const std::string target, testing::ChecksumMysqlTables(server_, kTarget));
    if (source == target) return absl::OkStatus();
    return absl::DataLossError("the copy does not have the rows of the source");
  }

  void Describe() const {
    std::cout << DescribeMachine() << "\nserver "
              << server_.Value("SELECT version();").value_or("unknown")
              << absl::StreamFormat(
                     "; dumps: siphon's %.1f MiB, with zstd %.1f MiB, %s's %.1f MiB\n",
                     MebibytesOf(work_.DumpFile(bare_)), MebibytesOf(work_.DumpFile(packed_)),
                     dump_name_, MebibytesOf(work_.In(kFirstDump)));
  }

 private:
  static constexpr std::string_view kFirstDump = "first.sql";
  static constexpr std::string_view kOtherDump = "other.sql";
  static constexpr std::string_view kOtherFolder = "other";
  using Words = std::vector<std::string>;
  using Prepare_ = std::function<absl::StatusOr<Words>()>;

  // Through the socket, like all other programs.
  std::string Url(std::string_view database) const {
    return absl::StrCat(server_.is_mariadb() ? "mariadb" : "mysql", "://", server_.superuser(), ":",
                        testing::EscapedForUrl(server_.password()), "@/", database,
                        "?socket=", server_.socket_path());
  }

  static Words Shell(std::string command) { return {"/bin/sh", "-c", std::move(command)}; }

  // Writes to this file, or to standard output.
  Words Dump(std::string_view file) const {
    Words words = {server_.Program("dump"), "--defaults-file=" + server_.client_options(),
                   "--single-transaction", "--routines", "--events"};
    if (!server_.is_mariadb()) words.emplace_back("--set-gtid-purged=OFF");
    if (!file.empty()) words.push_back("--result-file=" + work_.In(file));
    words.emplace_back(kSource);
    return words;
  }
  Words Mydumper() const {
    return {mydumper_,
            "--socket=" + server_.socket_path(),
            "--user=" + server_.superuser(),
            "--password=" + server_.password(),
            absl::StrCat("--database=", kSource),
            "--threads=1",
            "--trx-consistency-only",
            "--outputdir=" + work_.In(kOtherFolder)};
  }

  Prepare_ Fresh() const {
    return [this]() -> absl::StatusOr<Words> {
      RETURN_IF_ERROR(Remove(work_.In(kOtherDump)));
      RETURN_IF_ERROR(Remove(work_.In(kOtherFolder)));
      RETURN_IF_ERROR(work_.KeepDumps({bare_, packed_}));
      return Words();
    };
  }

  // Makes an empty target, and removes the pages of the last one from memory.
  Prepare_ NewTarget(Words inputs) const {
    return [this, inputs = std::move(inputs)]() -> absl::StatusOr<Words> {
      RETURN_IF_ERROR(server_.RunSql(
          absl::StrCat("DROP DATABASE IF EXISTS ", kTarget, ";", "CREATE DATABASE ", kTarget, ";",
                       server_.is_mariadb() ? "RESET MASTER;" : "RESET BINARY LOGS AND GTIDS;")));
      return inputs;
    };
  }

  const MysqlServer& server_;
  const std::string dump_name_, client_name_, zstd_, mydumper_;
  const Workspace work_;
  std::string bare_, packed_;
};

absl::StatusOr<std::vector<Contest>> Choose(const Flags& flags, const Bench& bench) {
  std::vector<Contest> chosen;
  for (const std::string& name : flags.only) {
    if (name == "dump") {
      chosen.push_back(bench.BareDump());
    } else if (name == "zstd") {
      chosen.push_back(bench.PackedDump());
    } else if (name == "load") {
      chosen.push_back(bench.LoadBack());
    } else {
      return absl::InvalidArgumentError("there is no contest " + name);
    }
  }
  return chosen;
}

absl::Status Run(const Flags& flags) {
  RETURN_IF_ERROR(base::CreateDirectories(flags.directory, 0755));
  const std::optional<std::string> zstd = testing::FindProgram("zstd");
  if (!zstd.has_value()) return absl::NotFoundError("there is no zstd: apt-get install zstd");
  // mydumper supports no server that is newer than itself.
  std::string mydumper;
  if (flags.server == testing::kMariadb1011) {
    ASSIGN_OR_RETURN(const testing::InstalledServer installed, testing::FindServer(kMydumper));
    mydumper = installed.Program("mydumper");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<MysqlServer> server, StartServer(flags));
  std::cout << "loading the data\n" << std::flush;
  RETURN_IF_ERROR(Load(flags, *server));
  Bench bench(flags, *server, *zstd, mydumper);
  RETURN_IF_ERROR(bench.Prepare());
  bench.Describe();
  std::cout << "medians of " << flags.runs << " runs\n\n" << std::flush;
  ASSIGN_OR_RETURN(const std::vector<Contest> contests, Choose(flags, bench));
  ASSIGN_OR_RETURN(const std::string report,
                   Hold(contests, flags.runs, [&](const Contest& contest) {
                     return contest.job == "load" ? bench.Compare() : absl::OkStatus();
                   }));
  std::cout << report
            << "\nratio: siphon's seconds divided by the other's. peak: the largest resident set "
               "of\nthe program itself; children: of the largest process that it started. One "
               "connection,\nby the socket. All write to disk what they dump.\n";
  return Remove(flags.directory + "/work");
}

}  // namespace
}  // namespace siphon::bench

int main(int argc, char** argv) {
  siphon::bench::Flags flags;
  const auto add = [&](CLI::App& app) {
    app.add_option("--data", flags.data, "The SQL that makes the rows, in a PostgreSQL server")
        ->take_last()
        ->required();
    app.add_option("--schema", flags.schema, "The SQL that makes the same tables here")
        ->take_last()
        ->required();
    app.add_option("--size", flags.mebibytes,
                   "Size of the repository's own data as text in MiB; 822 is 5 M rows")
        ->capture_default_str();
    app.add_option("--server", flags.server, "The server")
        ->check(CLI::IsMember(siphon::testing::AllMysqlServers()))
        ->capture_default_str();
    app.add_option("--only", flags.only, "Of dump, zstd, load")->delimiter(',');
  };
  return siphon::bench::Main(argc, argv, "mysql",
                             "Holds siphon against the engines' dump programs and mydumper", flags,
                             add, [&] { return siphon::bench::Run(flags); });
}
