// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_FAULTS_H_
#define TESTING_E2E_FAULTS_H_

#include <chrono>
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

// A real server of any engine to which a fault happens, with a database "app".
class FaultServer {
 public:
  virtual ~FaultServer() = default;
  virtual std::string Url(std::string_view database, const UrlChanges& changes = {}) const = 0;
  virtual int port() const = 0;
  virtual bool running() const = 0;
  // SIGKILL; returns when it is gone.
  virtual void Kill() = 0;
  // An orderly end that does not wait for its clients.
  virtual absl::Status ShutDown() = 0;
  virtual absl::Status Restart() = 0;
  // Waits until no client has a session; an error with those that are there after `limit`.
  virtual absl::Status WaitUntilQuiet(std::chrono::seconds limit) const = 0;
  // What "app" holds, definitions and rows, in lines.
  virtual absl::StatusOr<std::string> Describe() const = 0;
  // What siphon makes on a server for a while and must not leave there: names of databases.
  virtual absl::StatusOr<std::string> Leftovers() const = 0;
  // Does what the server would do later, where that takes room on its disk.
  virtual absl::Status Settle() const { return absl::OkStatus(); }
};

// Two servers of one engine: the source's "app" has twelve megabytes of rows to be carried, the
// target's has others, of which nothing may be lost when a job fails.
struct FaultSite {
  std::string name;  // Of letters and digits.
  std::function<std::unique_ptr<FaultServer>()> make_source, make_target;
  // A server in a folder of a disk of so many bytes, with a little table "bulk_1" in "app", that
  // has what it needs by itself: when only `room` bytes are left, it is the rows that find none,
  // which the server says with `full`.
  std::function<std::unique_ptr<FaultServer>(const std::string& folder)> make_on_disk;
  uint64_t disk = 0, room = 0;
  std::string full;
  bool creates = false;  // `restore --create` is there.
};
void PrintTo(const FaultSite& site, std::ostream* out);
// Those of the engine that a test is linked for.
std::vector<FaultSite> FaultSites();
inline constexpr int kFaultMegabytes = 12;

// A verb with one side behind a proxy, on which the fault happens.
enum class FaultJob { kBackup, kRestore, kSyncFrom, kSyncTo };
std::vector<FaultJob> AllFaultJobs();
void PrintTo(FaultJob job, std::ostream* out);

// The site's servers, which live as long as the test suite, with the fault's proxies in front of
// them.
class Faults : public ::testing::Test {
 protected:
  explicit Faults(const FaultSite& site);
  static void TearDownTestSuite();
  void SetUp() override;

  // A run of the job, on which the fault is yet to happen.
  struct Run {
    std::unique_ptr<RunningProcess> process;
    std::unique_ptr<ProcessTree> tree;
  };
  Run Begin(FaultJob job);
  // The same, slowly: returns when this many bytes of rows are on their way through the proxy, and
  // the job will take some seconds more.
  Run BeginSlowly(FaultJob job, int64_t bytes = 1'000'000);
  // Its end. A failure of the test when it takes longer than this.
  static ProcessResult End(Run& run, std::chrono::seconds limit = std::chrono::seconds(60));

  std::vector<std::string> Arguments(FaultJob job) const;
  // The server that the job reaches through the proxy, that proxy, and the way that rows take.
  FaultServer& ServerOf(FaultJob job) const;
  FaultProxy& ProxyOf(FaultJob job) const;
  FaultProxy::Direction WayOfRows(FaultJob job) const;

  // Soon no process of the run is left and no session at either server; no dump is listed that was
  // not there before, and the target is as it was.
  void ExpectNothingHappened(const Run& run, std::string_view when,
                             std::chrono::seconds limit = std::chrono::seconds(10));
  // There is no file either that was not there before.
  void ExpectNoFileLeft(std::string_view when) const;
  // Nothing of siphon's own is left on the servers.
  void ExpectNoLeftovers(std::string_view when) const;
  // The same where the job could reach its target to the end, as the fault was the source's.
  void ExpectReachableTargetClear(FaultJob job, std::string_view when) const;
  // What siphon could not clear away, the next restore does.
  void ExpectNextRestoreClears();
  // After a job that has come to its end: what it did is how things are.
  void Accept();

  FaultServer* source_ = nullptr;
  FaultServer* target_ = nullptr;
  Sandbox box_;
  std::unique_ptr<FaultProxy> to_source_, to_target_;
  std::string id_;  // A dump of the source.

 private:
  void Remember();

  std::string before_;  // The target's description.
  std::vector<std::string> files_before_;
};

}  // namespace siphon::testing

#endif  // TESTING_E2E_FAULTS_H_
