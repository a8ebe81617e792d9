// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_POSTGRES_FAULTS_H_
#define TESTING_E2E_POSTGRES_FAULTS_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/e2e/process.h"
#include "testing/e2e/process_tree.h"
#include "testing/e2e/running_process.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres.h"

namespace siphon::testing {

// A verb with one side behind a proxy, on which the fault happens.
enum class PostgresJob { kBackup, kRestore, kSyncFrom, kSyncTo };
std::vector<PostgresJob> AllPostgresJobs();
void PrintTo(PostgresJob job, std::ostream* out);

// Two servers: "source" with rows to be carried, "target" with others, of which nothing may be lost
// when a job fails. Both have the fault's proxy in front of them.
class PostgresFaults : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  PostgresFaults();

  // A run of the job, on which the fault is yet to happen.
  struct Run {
    std::unique_ptr<RunningProcess> process;
    std::unique_ptr<ProcessTree> tree;
  };
  Run Begin(PostgresJob job);
  // The same, slowly: returns when this many bytes of rows are on their way through the proxy, and
  // the job will take some seconds more.
  Run BeginSlowly(PostgresJob job, int64_t bytes = 1'000'000);
  // Its end. A failure of the test when it takes longer than this.
  static ProcessResult End(Run& run, std::chrono::seconds limit = std::chrono::seconds(60));

  std::vector<std::string> Arguments(PostgresJob job) const;
  // The server that the job reaches through the proxy, that proxy, and the way that rows take.
  static PostgresServer& ServerOf(PostgresJob job);
  FaultProxy& ProxyOf(PostgresJob job) const;
  static FaultProxy::Direction WayOfRows(PostgresJob job);

  // Soon no process of the run is left and no session at either server; no dump is listed that was
  // not there before, and the target is as it was.
  void ExpectNothingHappened(const Run& run, std::string_view when,
                             std::chrono::seconds limit = std::chrono::seconds(10));
  // There is no file either that was not there before.
  void ExpectNoFileLeft(std::string_view when) const;
  // After a job that has come to its end: what it did is how things are.
  void Accept();

  static PostgresServer* source_;
  static PostgresServer* target_;
  Sandbox box_;
  std::unique_ptr<FaultProxy> to_source_, to_target_;
  std::string id_;  // A dump of the source.

 private:
  void Remember();

  std::string before_;  // The target's description.
  std::vector<std::string> files_before_;
};

}  // namespace siphon::testing

#endif  // TESTING_E2E_POSTGRES_FAULTS_H_
