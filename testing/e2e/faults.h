// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_FAULTS_H_
#define TESTING_E2E_FAULTS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/urls.h"
#include "testing/process/process.h"
#include "testing/process/process_tree.h"
#include "testing/process/running_process.h"
#include "testing/servers/fault_proxy.h"

namespace siphon::testing {

// A real server of any engine, with a database "app", on which a test causes faults.
class FaultServer {
 public:
  virtual ~FaultServer() = default;
  virtual std::string Url(std::string_view database, const UrlChanges& changes = {}) const = 0;
  virtual int port() const = 0;
  virtual bool running() const = 0;
  // Sends SIGKILL; returns when the server has ended.
  virtual void Kill() = 0;
  // Shuts the server down without waiting for its clients.
  virtual absl::Status ShutDown() = 0;
  virtual absl::Status Restart() = 0;
  // Waits until there is no session of a client. Fails after `limit`, with a list of the sessions.
  virtual absl::Status WaitUntilQuiet(std::chrono::seconds limit) const = 0;
  // A description of all definitions and rows of "app", in lines.
  virtual absl::StatusOr<std::string> Describe() const = 0;
  // The names of temporary databases that siphon has left on the server.
  virtual absl::StatusOr<std::string> Leftovers() const = 0;
  // Makes the server do deferred work that needs disk space now.
  virtual absl::Status Settle() const { return absl::OkStatus(); }
};

// Two servers of one engine, each with a database "app". The source's has twelve megabytes of rows.
// The target's has other rows, and a job that fails must leave all of them.
struct FaultSite {
  std::string name;  // Of letters and digits.
  std::function<std::unique_ptr<FaultServer>()> make_source, make_target;
  // Starts a server in `folder`, on a disk of `disk` bytes, with a small table "bulk_1" in "app".
  // The server has allocated its own files already: when only `room` bytes are left, the rows of a
  // job do not fit, and siphon's error contains `full`.
  std::function<std::unique_ptr<FaultServer>(const std::string& folder)> make_on_disk;
  uint64_t disk = 0, room = 0;
  std::string full;
  bool creates = false;  // The engine has `restore --create`.
};
void PrintTo(const FaultSite& site, std::ostream* out);
// The sites of the engine that the test is linked with.
std::vector<FaultSite> FaultSites();
// The sites for combination number `turn` of the other parameters of a test: all sites in the long
// form, one in the short form, where the sites take turns.
std::vector<FaultSite> FaultSitesFor(size_t turn);
inline constexpr int kFaultMegabytes = 12;

// A verb whose connection to one of its servers passes a proxy. The fault happens in the proxy.
enum class FaultJob { kBackup, kRestore, kSyncFrom, kSyncTo };
// The order gives each of two sites that take turns a job that reads rows through the proxy and a
// job that writes them.
std::vector<FaultJob> AllFaultJobs();
void PrintTo(FaultJob job, std::ostream* out);

// A fixture with the servers of the site, which run as long as the test suite, and with proxies in
// front of them.
class Faults : public ::testing::Test {
 protected:
  explicit Faults(const FaultSite& site);
  static void TearDownTestSuite();
  void SetUp() override;

  // A running job.
  struct Run {
    std::unique_ptr<RunningProcess> process;
    std::unique_ptr<ProcessTree> tree;
  };
  Run Begin(FaultJob job);
  // The same with a low bandwidth: returns when this number of bytes has passed the proxy and the
  // job still needs a few seconds.
  Run BeginSlowly(FaultJob job, int64_t bytes = 1'000'000);
  // Waits for the end of the job; the test fails if that takes longer than `limit`.
  static ProcessResult End(Run& run, std::chrono::seconds limit = std::chrono::seconds(60));

  std::vector<std::string> Arguments(FaultJob job) const;
  // The server that the job reaches through the proxy, the proxy, and the direction of the rows.
  FaultServer& ServerOf(FaultJob job) const;
  FaultProxy& ProxyOf(FaultJob job) const;
  FaultProxy::Direction WayOfRows(FaultJob job) const;

  // Expects that within `limit` no process of the run and no session on either server is left, that
  // no new dump is listed, and that the target is unchanged.
  void ExpectNothingHappened(const Run& run, std::string_view when,
                             std::chrono::seconds limit = std::chrono::seconds(10));
  // Expects that no new file is left.
  void ExpectNoFileLeft(std::string_view when) const;
  // The same, but the journal of a restore may be left: the server that has its scratch database
  // was not reachable.
  void ExpectNoDumpLeft(std::string_view when) const;
  // Expects that siphon left no temporary database on the servers.
  void ExpectNoLeftovers(std::string_view when) const;
  // The same, but only if the fault was on the side of the source, so that the job could still
  // clean up its target.
  void ExpectReachableTargetClear(FaultJob job, std::string_view when) const;
  // Expects that the next restore removes what the failed job could not remove.
  void ExpectNextRestoreClears();
  // Takes the present state as the expected one, after a job that succeeded.
  void Accept();

  FaultServer* source_ = nullptr;
  FaultServer* target_ = nullptr;
  Sandbox box_;
  std::unique_ptr<FaultProxy> to_source_, to_target_;
  std::string id_;  // A dump of the source.

 private:
  void Remember();
  // What is in the folder of the dumps, without the journals of restores that were interrupted.
  std::vector<std::string> DumpFiles() const;

  std::string before_;  // The target's description.
  std::vector<std::string> files_before_;
};

}  // namespace siphon::testing

#endif  // TESTING_E2E_FAULTS_H_
