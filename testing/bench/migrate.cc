// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// 1,000 small migrations, siphon against dbmate, on SQLite and on a real PostgreSQL server:
//   bazel run -c opt //testing/bench:migrate -- --runs 5

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "testing/bench/contest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/servers/postgres.h"
#include "testing/servers/server_index.h"

namespace siphon::bench {
namespace {

namespace fs = std::filesystem;
using testing::PostgresServer;

constexpr char kTarget[] = "migrations";

struct Flags {
  std::string siphon;
  std::string directory = "/var/tmp/siphon-bench-migrate";
  int migrations = 1000;
  int runs = 5;
};

class Bench {
 public:
  Bench(const Flags& flags, const PostgresServer& server, std::string dbmate)
      : flags_(flags),
        server_(server),
        siphon_(fs::absolute(flags.siphon).string()),
        dbmate_(std::move(dbmate)) {}

  // The same statements for both, in each one's form.
  void WriteMigrations() const {
    fs::create_directories(In("siphon"));
    fs::create_directories(In("dbmate"));
    for (int i = 1; i <= flags_.migrations; ++i) {
      const std::string name = absl::StrFormat("%06d_t%d", i, i);
      const std::string up =
          absl::StrFormat("CREATE TABLE t%d (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n", i);
      const std::string down = absl::StrFormat("DROP TABLE t%d;\n", i);
      std::ofstream(In(absl::StrCat("siphon/", name, ".up.sql"))) << up;
      std::ofstream(In(absl::StrCat("siphon/", name, ".down.sql"))) << down;
      std::ofstream(In(absl::StrCat("dbmate/", name, ".sql"))) << "-- migrate:up\n"
                                                               << up << "\n-- migrate:down\n"
                                                               << down;
    }
  }

  Contest Sqlite() const {
    const auto fresh = [this]() -> absl::StatusOr<std::vector<std::string>> {
      for (const std::string file : {"app.db", "app.db-journal"}) {
        std::error_code error;
        fs::remove(In(file), error);
      }
      return std::vector<std::string>();
    };
    return {"sqlite",
            {{"siphon migrate up", fresh, {Siphon("sqlite://" + In("app.db"))}},
             {"dbmate up", fresh, {Dbmate("sqlite:" + In("app.db"))}}}};
  }

  Contest Postgres() const {
    const auto fresh = [this]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(server_.DropDatabase(kTarget));
      RETURN_IF_ERROR(server_.CreateDatabase(kTarget));
      RETURN_IF_ERROR(server_.RunSql("CHECKPOINT"));
      return std::vector<std::string>();
    };
    const std::string url = testing::PostgresUrl(server_, kTarget);
    const std::string plain =
        absl::StrCat(url, absl::StrContains(url, '?') ? "&" : "?", "sslmode=disable");
    return {"postgres",
            {{"siphon migrate up", fresh, {Siphon(plain)}}, {"dbmate up", fresh, {Dbmate(plain)}}}};
  }

 private:
  std::string In(std::string_view name) const { return absl::StrCat(flags_.directory, "/", name); }
  std::vector<std::string> Environment() const {
    return {"HOME=" + flags_.directory, "PATH=/usr/bin:/bin"};
  }
  Step Siphon(const std::string& url) const {
    return {
        .name = "siphon",
        .argv = {siphon_, "migrate", "--path", In("siphon"), "--database", url, "--quiet", "up"},
        .environment = Environment(),
        .output = ""};
  }
  Step Dbmate(const std::string& url) const {
    return {
        .name = "dbmate",
        .argv = {dbmate_, "--url", url, "--migrations-dir", In("dbmate"), "--no-dump-schema", "up"},
        .environment = Environment(),
        .output = ""};
  }

  const Flags& flags_;
  const PostgresServer& server_;
  const std::string siphon_;
  const std::string dbmate_;
};

absl::Status Run(const Flags& flags) {
  fs::create_directories(flags.directory);
  // It commits to the disk, as a server of the real world does.
  testing::PostgresOptions options;
  options.settings = {{"fsync", "on"}, {"synchronous_commit", "on"}};
  ASSIGN_OR_RETURN(const auto server, PostgresServer::Start(options));
  RETURN_IF_ERROR(server->CreateDatabase(kTarget));
  ASSIGN_OR_RETURN(const testing::InstalledServer dbmate, testing::FindServer("dbmate-2"));
  const Bench bench(flags, *server, dbmate.Program("dbmate"));
  bench.WriteMigrations();
  std::cout << DescribeMachine() << "\n"
            << flags.migrations << " migrations, medians of " << flags.runs << " runs\n\n"
            << std::flush;
  const std::vector<Contest> contests = {bench.Sqlite(), bench.Postgres()};
  std::vector<std::vector<Figure>> figures;
  for (const Contest& contest : contests) {
    ASSIGN_OR_RETURN(std::vector<Figure> held, Hold(contest, flags.runs));
    figures.push_back(std::move(held));
  }
  std::cout << Report(contests, figures);
  std::error_code error;
  fs::remove_all(flags.directory, error);
  return absl::OkStatus();
}

}  // namespace
}  // namespace siphon::bench

int main(int argc, char** argv) {
  siphon::bench::Flags flags;
  CLI::App app("siphon's migrations against dbmate's", "migrate");
  app.add_option("--siphon", flags.siphon, "The siphon binary")->required();
  app.add_option("--dir", flags.directory, "Where to work");
  app.add_option("--migrations", flags.migrations, "How many");
  app.add_option("--runs", flags.runs, "Runs a side");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = siphon::bench::Run(flags);
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << "bench: " << status.message() << "\n";
  return EXIT_FAILURE;
}
