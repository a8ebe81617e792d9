// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/faults.h"

#include <csignal>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct SiteServers {
  std::unique_ptr<FaultServer> source, target;
};

std::map<std::string, SiteServers>& RunningSites() {
  static auto* const sites = new std::map<std::string, SiteServers>();
  return *sites;
}

}  // namespace

void PrintTo(const FaultSite& site, std::ostream* out) { *out << site.name; }

std::vector<FaultJob> AllFaultJobs() {
  return {FaultJob::kBackup, FaultJob::kRestore, FaultJob::kSyncTo, FaultJob::kSyncFrom};
}

std::vector<FaultSite> FaultSitesFor(size_t turn) {
  std::vector<FaultSite> sites = FaultSites();
  if (IsLongForm()) return sites;
  return {sites[turn % sites.size()]};
}

void PrintTo(FaultJob job, std::ostream* out) {
  switch (job) {
    case FaultJob::kBackup:
      *out << "Backup";
      return;
    case FaultJob::kRestore:
      *out << "Restore";
      return;
    case FaultJob::kSyncFrom:
      *out << "SyncFrom";
      return;
    case FaultJob::kSyncTo:
      *out << "SyncTo";
      return;
  }
}

void Faults::TearDownTestSuite() { RunningSites().clear(); }

Faults::Faults(const FaultSite& site) {
  SiteServers& servers = RunningSites()[site.name];
  if (servers.source == nullptr) servers = {site.make_source(), site.make_target()};
  source_ = servers.source.get();
  target_ = servers.target.get();
}

void Faults::SetUp() {
  for (FaultServer* const server : {source_, target_}) {
    ASSERT_NE(server, nullptr);
    if (!server->running()) {
      ASSERT_OK(server->Restart());
    }
    auto proxy = FaultProxy::Start(server->port());
    ASSERT_OK(proxy);
    (server == source_ ? to_source_ : to_target_) = *std::move(proxy);
  }
  const ProcessResult backup = box_.Run({"backup", source_->Url("app"), "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  id_ = std::string(absl::StripAsciiWhitespace(backup.out));
  Remember();
}

std::vector<std::string> Faults::DumpFiles() const {
  std::vector<std::string> files = Names(box_.DumpDirectory());
  std::erase_if(files, [](const std::string& name) { return absl::StartsWith(name, ".state-"); });
  return files;
}

void Faults::Remember() {
  files_before_ = DumpFiles();
  before_ = target_->Describe().value_or("unknown");
}

void Faults::Accept() {
  for (const std::string& id : box_.ListedDumps()) {
    if (id != id_) {
      EXPECT_EQ(box_.Run({"dumps", "rm", id, "--yes"}).exit_code, 0);
    }
  }
  Remember();
}

FaultServer& Faults::ServerOf(FaultJob job) const {
  return job == FaultJob::kBackup || job == FaultJob::kSyncFrom ? *source_ : *target_;
}

FaultProxy& Faults::ProxyOf(FaultJob job) const {
  return &ServerOf(job) == source_ ? *to_source_ : *to_target_;
}

FaultProxy::Direction Faults::WayOfRows(FaultJob job) const {
  return &ServerOf(job) == source_ ? FaultProxy::Direction::kToClient
                                   : FaultProxy::Direction::kToServer;
}

std::vector<std::string> Faults::Arguments(FaultJob job) const {
  const std::string source = source_->Url("app");
  const std::string target = target_->Url("app");
  const std::string slow_source = source_->Url("app", {.port = to_source_->port()});
  const std::string slow_target = target_->Url("app", {.port = to_target_->port()});
  switch (job) {
    case FaultJob::kBackup:
      return {"backup", slow_source};
    case FaultJob::kRestore:
      return {"restore", id_, "--profile", slow_target, "--clean"};
    case FaultJob::kSyncFrom:
      return {"sync", slow_source, target, "--clean"};
    case FaultJob::kSyncTo:
      return {"sync", source, slow_target, "--clean"};
  }
  return {};
}

Faults::Run Faults::Begin(FaultJob job) {
  Run run;
  run.process = std::make_unique<RunningProcess>(box_.Options(Arguments(job)));
  run.tree = std::make_unique<ProcessTree>(run.process->pid());
  return run;
}

Faults::Run Faults::BeginSlowly(FaultJob job, int64_t bytes) {
  FaultProxy& proxy = ProxyOf(job);
  proxy.SetBandwidth(kSanitized ? 500'000 : 2'000'000);
  const int64_t passed = proxy.passed(WayOfRows(job));
  Run run = Begin(job);
  const Steady::time_point limit = Steady::now() + seconds(60);
  while (proxy.passed(WayOfRows(job)) - passed < bytes && !run.process->ended() &&
         Steady::now() < limit) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_FALSE(run.process->ended()) << "it was to be in the middle of the rows";
  return run;
}

ProcessResult Faults::End(Run& run, seconds limit) {
  const Steady::time_point end = Steady::now() + limit;
  while (!run.process->ended() && Steady::now() < end) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(run.process->ended()) << "it still runs after " << limit.count() << " s";
  run.process->Signal(SIGKILL);
  absl::StatusOr<ProcessResult> result = run.process->Wait();
  EXPECT_OK(result);
  return result.ok() ? *std::move(result) : ProcessResult{};
}

void Faults::ExpectNothingHappened(const Run& run, std::string_view when, seconds limit) {
  EXPECT_OK(run.tree->WaitUntilGone(limit)) << when;
  for (FaultServer* server : {source_, target_}) {
    if (!server->running()) {
      EXPECT_OK(server->Restart()) << when;
    }
    EXPECT_OK(server->WaitUntilQuiet(limit)) << when;
  }
  const auto after = target_->Describe();
  ASSERT_OK(after) << when;
  EXPECT_EQ(CompareDescriptions(before_, *after), "") << when;
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id_)) << when;
}

void Faults::ExpectNoFileLeft(std::string_view when) const {
  EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(files_before_)) << when;
  EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty()) << when;
}

void Faults::ExpectNoDumpLeft(std::string_view when) const {
  EXPECT_THAT(DumpFiles(), ElementsAreArray(files_before_)) << when;
  EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty()) << when;
}

void Faults::ExpectNoLeftovers(std::string_view when) const {
  for (const FaultServer* const server : {source_, target_}) {
    EXPECT_THAT(server->Leftovers(), IsOkAndHolds("")) << when;
  }
}

void Faults::ExpectReachableTargetClear(FaultJob job, std::string_view when) const {
  if (&ServerOf(job) == source_) ExpectNoLeftovers(when);
}

void Faults::ExpectNextRestoreClears() {
  // With the bandwidth of BeginSlowly() the restore would take seconds.
  to_target_->SetBandwidth(0);
  const ProcessResult restore = box_.Run(Arguments(FaultJob::kRestore));
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  ExpectNoLeftovers("after the next restore");
  ExpectNoFileLeft("after the next restore");
  Accept();
}

}  // namespace siphon::testing
