// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// 1,000 small migrations, siphon against dbmate, on SQLite and on a real PostgreSQL server:
//   bazel run -c opt //testing/bench:migrate -- --runs 5

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "testing/bench/contest.h"
#include "testing/bench/program.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/servers/postgres.h"
#include "testing/servers/server_index.h"

namespace siphon::bench {
namespace {

namespace fs = std::filesystem;
using testing::PostgresServer;

constexpr char kTarget[] = "migrations";
// ext4 does not give away an inode for 60 seconds after its file was deleted, or 360 while that is
// not written back (recently_deleted() in fs/ext4/ialloc.c), and walks over all of those whenever a
// file is made: an earlier run's server, or SQLite's journals, make PostgreSQL's tables several
// times as dear.
constexpr int kForgets = 370;

struct Flags : CommonFlags {
  int wait = kForgets;
  int migrations = 1000;
};

class Bench {
 public:
  Bench(const Flags& flags, const PostgresServer& server, std::string dbmate)
      : flags_(flags),
        server_(server),
        siphon_(fs::absolute(flags.siphon).string()),
        dbmate_(std::move(dbmate)) {}

  // The same statements for both programs, in the file format of each.
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

  Contest Postgres() {
    // The last one's is kept, see kForgets.
    const auto fresh = [this]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(server_.RunSql(
          absl::StrCat("ALTER DATABASE ", kTarget, " RENAME TO ", kTarget, ++kept_, ";")));
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
  int kept_ = 0;  // Databases of runs that have ended.
};

absl::Status Run(const Flags& flags) {
  fs::create_directories(flags.directory);
  // The server syncs its commits to disk, like a production server.
  testing::PostgresOptions options;
  options.settings = {{"fsync", "on"}, {"synchronous_commit", "on"}};
  ASSIGN_OR_RETURN(const auto server, PostgresServer::Start(options));
  RETURN_IF_ERROR(server->CreateDatabase(kTarget));
  ASSIGN_OR_RETURN(const testing::InstalledServer dbmate, testing::FindServer("dbmate-2"));
  Bench bench(flags, *server, dbmate.Program("dbmate"));
  bench.WriteMigrations();
  std::cout << DescribeMachine() << "\n"
            << flags.migrations << " migrations, medians of " << flags.runs << " runs, after "
            << flags.wait << " quiet seconds\n\n"
            << std::flush;
  std::this_thread::sleep_for(std::chrono::seconds(flags.wait));
  // SQLite runs last because of its journals.
  const std::vector<Contest> contests = {bench.Postgres(), bench.Sqlite()};
  ASSIGN_OR_RETURN(const std::string report, Hold(contests, flags.runs));
  std::cout << report;
  std::error_code error;
  fs::remove_all(flags.directory, error);
  return absl::OkStatus();
}

}  // namespace
}  // namespace siphon::bench

int main(int argc, char** argv) {
  siphon::bench::Flags flags;
  const auto add = [&](CLI::App& app) {
    app.add_option("--migrations", flags.migrations, "How many")->capture_default_str();
    app.add_option("--wait", flags.wait, "Seconds to begin with, see kForgets")
        ->capture_default_str();
  };
  return siphon::bench::Main(argc, argv, "migrate", "Holds siphon's migrations against dbmate's",
                             flags, add, [&] { return siphon::bench::Run(flags); });
}
