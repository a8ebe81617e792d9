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

// One engine under test. The destructor removes all its databases.
class DriverFixture {
 public:
  virtual ~DriverFixture() = default;
  virtual driver::Driver& driver() = 0;

  // A new empty database; each call makes another one.
  virtual profile::ConnectionProfile EmptyDatabase() = 0;
  // Fills an empty database with objects of every kind that the engine has, a few megabytes at
  // least: tables "accounts" and "items" with rows, and any others. Does not use the driver.
  virtual void Seed(const profile::ConnectionProfile& profile) = 0;
  // A description of all definitions and rows. Equal contents give equal texts.
  virtual std::string Describe(const profile::ConnectionProfile& profile) = 0;
  // The number of rows of a table; -1 if the table does not exist.
  virtual int64_t CountRows(const profile::ConnectionProfile& profile,
                            const std::string& table) = 0;
  // Runs a statement that changes the database.
  virtual void Execute(const profile::ConnectionProfile& profile, const std::string& statement) = 0;

  // A seeded database on which backups and writers run at the same time, and a name for it. An
  // engine may have several (journal modes, storage engines).
  struct Meeting {
    std::string name;
    profile::ConnectionProfile profile;
  };
  virtual std::vector<Meeting> Meetings() = 0;
  virtual std::unique_ptr<ConcurrentWriter> StartWriting(
      const profile::ConnectionProfile& profile) = 0;
  // Profiles that name the same database in another way, each with a description of that way.
  virtual std::vector<std::pair<std::string, profile::ConnectionProfile>> Spellings(
      const profile::ConnectionProfile& profile) = 0;

  // The sum of the amounts in "accounts", which the writers keep constant.
  virtual int64_t SumOfAccounts(const profile::ConnectionProfile& profile) = 0;

  // Profiles that must fail to connect, each with a description of its fault.
  virtual std::vector<std::pair<std::string, profile::ConnectionProfile>> BadProfiles() = 0;
  // Leftovers that a verb should have removed: temporary files, locks of servers. Empty if there
  // are none.
  virtual std::vector<std::string> Leftovers() = 0;
  // The longest time that a backup may block a writer, in seconds.
  virtual double LongestStep() const = 0;
  // The name of the engine's binary format; used if Capabilities::binary_format is set.
  virtual std::string BinaryFormat() const = 0;
  // True if the programs of the engine, without siphon, find the seeded content in `body`.
  virtual bool EngineReads(const std::string& body) = 0;
};

struct DriverFactory {
  std::string name;
  std::function<std::unique_ptr<DriverFixture>()> make;
};
void PrintTo(const DriverFactory& factory, std::ostream* os);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_DRIVER_FIXTURE_H_
