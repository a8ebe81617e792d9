// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Holds siphon against what it replaces, on one large database and in one run:
//   bazel run -c opt //testing/bench
//   bazel run -c opt //testing/bench -- --size 300 --runs 5 --dir /var/tmp/bench

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "testing/bench/contest.h"
#include "testing/bench/program.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/process/process.h"

namespace siphon::bench {
namespace {

namespace fs = std::filesystem;
using testing::ProcessOptions;
using testing::ProcessResult;
using testing::RunProcess;

struct Flags : CommonFlags {
  uint64_t mebibytes = 1024;
};

// The paths of all files.
struct Paths {
  explicit Paths(const Flags& flags) : siphon(fs::absolute(flags.siphon).string()) {
    const fs::path root = fs::absolute(flags.directory);
    source = (root / absl::StrCat("source-", flags.mebibytes, "MiB.db")).string();
    work = (root / "work").string();
    copy = In("copy.db");
    compressed = In("copy.db.zst");
    sums = In("copy.db.zst.sha256");
    restored = In("restored.db");
    dumps = In("data/siphon/dumps");
  }
  std::string In(std::string_view name) const { return absl::StrCat(work, "/", name); }

  std::string siphon, source, work, copy, compressed, sums, restored, dumps;
};

// The programs to compare with; all must be installed.
struct Peers {
  std::string sqlite3, zstd, sha256sum, sync;
};

absl::StatusOr<Peers> FindPeers() {
  Peers peers;
  std::vector<std::string> missing;
  const auto find = [&](std::string_view name, std::string_view package, std::string& path) {
    const std::optional<std::string> found = testing::FindProgram(name);
    if (found.has_value()) {
      path = *found;
    } else {
      missing.push_back(absl::StrCat(name, " (package ", package, ")"));
    }
  };
  find("sqlite3", "sqlite3", peers.sqlite3);
  find("zstd", "zstd", peers.zstd);
  find("sha256sum", "coreutils", peers.sha256sum);
  find("sync", "coreutils", peers.sync);
  if (missing.empty()) return peers;
  return absl::NotFoundError(
      absl::StrCat("to compare with, there must be: ", absl::StrJoin(missing, ", ")));
}

absl::Status Remove(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return absl::InternalError(absl::StrCat(path, ": ", error.message()));
  }
  return absl::OkStatus();
}

absl::Status Copy(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("copying ", from, ": ", error.message()));
}

// Reuses the database of an earlier run; a new one gets its name when it is complete.
absl::Status MakeOnce(const std::string& path, uint64_t bytes) {
  if (fs::exists(path)) return absl::OkStatus();
  std::cout << "making " << path << "\n" << std::flush;
  const std::string part = path + ".part";
  RETURN_IF_ERROR(Remove({part}));
  RETURN_IF_ERROR(testing::MakeSampleDatabase(part, {.bytes = bytes}));
  std::error_code error;
  fs::rename(part, path, error);
  return error ? absl::InternalError(error.message()) : absl::OkStatus();
}

// The contests on one set of paths.
class Bench {
 public:
  Bench(const Paths& paths, const Peers& peers) : paths_(paths), peers_(peers) {}

  // Leaves the input of the later contests: siphon's dump, and the file of the other programs with
  // its checksum.
  absl::Status Prepare() {
    ASSIGN_OR_RETURN(const std::string out, RunSiphon({"backup", Url(paths_.source), "--quiet"}));
    id_ = std::string(absl::StripAsciiWhitespace(out));
    for (const Step& step : PeerBackup(false)) {
      ProcessOptions options;
      options.argv = step.argv;
      options.environment = step.environment;
      ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(options));
      if (result.exit_code != 0) return absl::InternalError(result.err);
      if (!step.output.empty()) std::ofstream(step.output) << result.out;
    }
    return absl::OkStatus();
  }

  std::string DumpFile() const { return absl::StrCat(paths_.dumps, "/", id_, ".dump"); }

  std::vector<Contest> Contests() const {
    return {Backup(), Verify(), VerifyDeep(), RestoreNew(), RestoreOver()};
  }

  absl::Status RestoreOnce() const {
    return RunSiphon({"restore", id_, "--profile", Url(paths_.restored)}).status();
  }

 private:
  absl::StatusOr<std::string> RunSiphon(const std::vector<std::string>& args) const {
    const Step step = Siphon(args);
    ProcessOptions options;
    options.argv = step.argv;
    options.environment = step.environment;
    ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(options));
    if (result.exit_code != 0) return absl::InternalError(result.err);
    return result.out;
  }

  static std::string Url(const std::string& path) { return absl::StrCat("sqlite://", path); }

  Step Siphon(const std::vector<std::string>& args) const {
    Step step{.name = args.front(), .argv = {paths_.siphon}, .environment = {}, .output = ""};
    step.argv.insert(step.argv.end(), args.begin(), args.end());
    step.environment = {absl::StrCat("SIPHON_CONFIG_HOME=", paths_.work, "/config"),
                        absl::StrCat("XDG_DATA_HOME=", paths_.work, "/data"),
                        absl::StrCat("HOME=", paths_.work)};
    return step;
  }
  Step Peer(std::string name, std::vector<std::string> argv, std::string output = "") const {
    return {.name = std::move(name),
            .argv = std::move(argv),
            .environment = {absl::StrCat("HOME=", paths_.work)},
            .output = std::move(output)};
  }
  Step CheckSum() const {
    return Peer("sha256sum -c", {peers_.sha256sum, "--status", "-c", paths_.sums});
  }
  Step Decompress(const std::string& to) const {
    return Peer("zstd -d", {peers_.zstd, "-q", "-d", "-f", paths_.compressed, "-o", to});
  }
  Step Sync(const std::string& path) const { return Peer("sync", {peers_.sync, path}); }

  std::vector<Step> PeerBackup(bool async) const {
    const std::string copy =
        absl::StrCat(".backup ", async ? "--async " : "", "'", paths_.copy, "'");
    return {Peer(async ? ".backup --async" : ".backup", {peers_.sqlite3, paths_.source, copy}),
            Peer("zstd -1", {peers_.zstd, "-q", "-1", "-f", paths_.copy, "-o", paths_.compressed}),
            Peer("sha256sum", {peers_.sha256sum, paths_.compressed}, paths_.sums)};
  }

  Contest Backup() const {
    const auto fresh = [this]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(Remove({paths_.copy}));
      return std::vector<std::string>{paths_.source};
    };
    const auto fresh_dump = [this]() -> absl::StatusOr<std::vector<std::string>> {
      RETURN_IF_ERROR(KeepOnlyFirstDump());
      return std::vector<std::string>{paths_.source};
    };
    std::vector<Step> synced = PeerBackup(false);
    synced.push_back(Sync(paths_.compressed));
    return {"backup",
            {{"siphon backup", fresh_dump, {Siphon({"backup", Url(paths_.source), "--quiet"})}},
             {"sqlite3 .backup, zstd -1, sha256sum", fresh, PeerBackup(false)},
             {"the same, result synced", fresh, synced},
             {"the same, copy not synced (--async)", fresh, PeerBackup(true)}}};
  }

  Contest Verify() const {
    return {"verify",
            {{"siphon verify", Reads({DumpFile()}), {Siphon({"verify", id_})}},
             {"sha256sum -c", Reads({paths_.compressed}), {CheckSum()}}}};
  }

  Contest VerifyDeep() const {
    return {"verify --deep",
            {{"siphon verify --deep", Reads({DumpFile()}), {Siphon({"verify", id_, "--deep"})}},
             {"sha256sum -c, zstd -d, PRAGMA integrity_check",
              Reads({paths_.compressed}),
              {CheckSum(), Decompress(paths_.copy),
               Peer("integrity_check", {peers_.sqlite3, paths_.copy, "PRAGMA integrity_check"})}}}};
  }

  Contest RestoreNew() const {
    const auto gone = [this](std::string input) {
      return [this, input]() -> absl::StatusOr<std::vector<std::string>> {
        RETURN_IF_ERROR(Remove({paths_.restored}));
        return std::vector<std::string>{input};
      };
    };
    return {"restore, new file",
            {{"siphon restore",
              gone(DumpFile()),
              {Siphon({"restore", id_, "--profile", Url(paths_.restored)})}},
             {"sha256sum -c, zstd -d",
              gone(paths_.compressed),
              {CheckSum(), Decompress(paths_.restored)}},
             {"the same, result synced",
              gone(paths_.compressed),
              {CheckSum(), Decompress(paths_.restored), Sync(paths_.restored)}}}};
  }

  Contest RestoreOver() const {
    const auto old = [this](std::string input) {
      return [this, input]() -> absl::StatusOr<std::vector<std::string>> {
        RETURN_IF_ERROR(Copy(paths_.source, paths_.restored));
        return std::vector<std::string>{input, paths_.restored};
      };
    };
    return {"restore, old database",
            {{"siphon restore --clean",
              old(DumpFile()),
              {Siphon({"restore", id_, "--profile", Url(paths_.restored), "--clean"})}},
             {"sha256sum -c, zstd -d, sqlite3 .restore",
              old(paths_.compressed),
              {CheckSum(), Decompress(paths_.copy),
               Peer(".restore", {peers_.sqlite3, paths_.restored,
                                 absl::StrCat(".restore '", paths_.copy, "'")})}}}};
  }

  static std::function<absl::StatusOr<std::vector<std::string>>()> Reads(
      std::vector<std::string> inputs) {
    return [inputs = std::move(inputs)]() -> absl::StatusOr<std::vector<std::string>> {
      return inputs;
    };
  }

  // Frees disk space, and keeps the number of dumps in the folder the same for each run.
  absl::Status KeepOnlyFirstDump() const {
    std::vector<std::string> others;
    std::error_code error;
    for (fs::directory_iterator entry(paths_.dumps, error), end; entry != end;
         entry.increment(error)) {
      if (!absl::StartsWith(entry->path().filename().string(), id_)) {
        others.push_back(entry->path().string());
      }
    }
    if (error) return absl::InternalError(absl::StrCat(paths_.dumps, ": ", error.message()));
    return Remove(others);
  }

  const Paths& paths_;
  const Peers& peers_;
  std::string id_;
};

std::string FirstLineOf(const std::string& program, const std::string& flag) {
  ProcessOptions options;
  options.argv = {program, flag};
  const absl::StatusOr<ProcessResult> result = RunProcess(options);
  if (!result.ok()) return program;
  return result->out.substr(0, result->out.find('\n'));
}

void Describe(const Peers& peers) {
  std::cout << DescribeMachine() << "\nsqlite3 "
            << FirstLineOf(peers.sqlite3, "--version").substr(0, 6) << "; "
            << FirstLineOf(peers.zstd, "--version") << "; "
            << FirstLineOf(peers.sha256sum, "--version") << "\n";
}

double MiB(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<double>(size) / (1 << 20);
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(const Peers peers, FindPeers());
  const Paths paths(flags);
  RETURN_IF_ERROR(Remove({paths.work}));
  std::error_code error;
  fs::create_directories(paths.work, error);
  if (error) return absl::InternalError(absl::StrCat(paths.work, ": ", error.message()));
  RETURN_IF_ERROR(MakeOnce(paths.source, flags.mebibytes << 20));

  Bench bench(paths, peers);
  RETURN_IF_ERROR(bench.Prepare());
  Describe(peers);
  std::cout << absl::StreamFormat(
      "database %.1f MiB, dump %.1f MiB, copy.db.zst %.1f MiB; medians of %d runs, page cache "
      "warm\n\n",
      MiB(paths.source), MiB(bench.DumpFile()), MiB(paths.compressed), flags.runs);
  const std::vector<Contest> contests = bench.Contests();
  ASSIGN_OR_RETURN(const std::string report, Hold(contests, flags.runs));
  std::cout
      << report
      << "\nratio: siphon's seconds divided by the other's. siphon syncs what it writes; of the "
         "others, .backup and\n.restore sync theirs unless --async says otherwise, zstd does "
         "not. Peak: the largest resident set of a step.\n";

  ASSIGN_OR_RETURN(const std::string source, testing::Fingerprint(paths.source));
  RETURN_IF_ERROR(Remove({paths.restored}));
  RETURN_IF_ERROR(bench.RestoreOnce());
  ASSIGN_OR_RETURN(const std::string restored, testing::Fingerprint(paths.restored));
  if (source != restored) return absl::DataLossError("the restored database differs");
  std::cout << "the restored database is the source, row by row: " << restored << "\n";
  return Remove({paths.work});
}

}  // namespace
}  // namespace siphon::bench

int main(int argc, char** argv) {
  siphon::bench::Flags flags;
  const auto add = [&](CLI::App& app) {
    app.add_option("--size", flags.mebibytes, "Size of the database in MiB")->capture_default_str();
  };
  return siphon::bench::Main(argc, argv, "sqlite",
                             "Holds siphon against sqlite3, zstd and sha256sum on a large database",
                             flags, add, [&] { return siphon::bench::Run(flags); });
}
