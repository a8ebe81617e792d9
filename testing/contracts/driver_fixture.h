// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_DRIVER_FIXTURE_H_
#define TESTING_CONTRACTS_DRIVER_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "testing/contracts/concurrent_writer.h"

namespace siphon::testing {

// One engine under test, which goes away with all its databases.
class DriverFixture {
 public:
  virtual ~DriverFixture() = default;
  virtual driver::Driver& driver() = 0;

  // An empty database of its own; called again, another one.
  virtual profile::ConnectionProfile EmptyDatabase() = 0;
  // Fills an empty database with what the engine can hold, at least some megabytes of it: tables
  // "accounts" and "items" with rows, others as the engine likes. Not through the driver.
  virtual void Seed(const profile::ConnectionProfile& profile) = 0;
  // What the database holds, definitions and rows: the same text for the same content.
  virtual std::string Describe(const profile::ConnectionProfile& profile) = 0;
  // The number of rows of a table; -1 when there is no such table.
  virtual int64_t CountRows(const profile::ConnectionProfile& profile,
                            const std::string& table) = 0;
  // Runs a statement that changes something.
  virtual void Execute(const profile::ConnectionProfile& profile, const std::string& statement) = 0;

  // A seeded database in a state in which writers and backups meet, with a name: an engine may have
  // several (journal modes, storage engines).
  struct Meeting {
    std::string name;
    profile::ConnectionProfile profile;
  };
  virtual std::vector<Meeting> Meetings() = 0;
  virtual std::unique_ptr<ConcurrentWriter> StartWriting(
      const profile::ConnectionProfile& profile) = 0;
  // Profiles that name the same database in other ways, each with which.
  virtual std::vector<std::pair<std::string, profile::ConnectionProfile>> Spellings(
      const profile::ConnectionProfile& profile) = 0;

  // The sum over "accounts" that its writers keep.
  virtual int64_t SumOfAccounts(const profile::ConnectionProfile& profile) = 0;

  // Profiles that must not connect, each with what is wrong with it.
  virtual std::vector<std::pair<std::string, profile::ConnectionProfile>> BadProfiles() = 0;
  // What a verb must not leave behind: temporary files, servers' locks. Empty is right.
  virtual std::vector<std::string> Leftovers() = 0;
  // The longest that a backup may keep a writer waiting, in seconds.
  virtual double LongestStep() const = 0;
  // A format in which the engine's own binary form travels; for Capabilities::binary_format.
  virtual std::string BinaryFormat() const = 0;
  // True when the engine itself, without siphon, takes `body` for what was seeded.
  virtual bool EngineReads(const std::string& body) = 0;
};

struct DriverFactory {
  std::string name;
  std::function<std::unique_ptr<DriverFixture>()> make;
};
void PrintTo(const DriverFactory& factory, std::ostream* os);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_DRIVER_FIXTURE_H_
