// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The driver contract, held by PostgreSQL.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "gtest/gtest.h"
#include "testing/contracts/bad_profiles.h"
#include "testing/contracts/concurrent_writer.h"
#include "testing/contracts/driver_contract.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"

namespace siphon::postgres {
namespace {

using siphon::testing::ConcurrentWriter;
using siphon::testing::DriverContract;
using siphon::testing::DriverFactory;
using siphon::testing::DriverFixture;
using siphon::testing::PostgresServer;

class PostgresFixture : public DriverFixture {
 public:
  explicit PostgresFixture(int version) : server_(SharedServer(version)) {}

  driver::Driver& driver() override { return driver_; }
  profile::ConnectionProfile EmptyDatabase() override { return NewDatabase(server_); }
  void Seed(const profile::ConnectionProfile& profile) override { FillWithSample(profile); }
  std::string Describe(const profile::ConnectionProfile& profile) override {
    return postgres::Describe(profile);
  }
  int64_t CountRows(const profile::ConnectionProfile& profile, const std::string& table) override {
    PlainConnection connection(profile);
    const std::string there = connection.Value(
        absl::StrCat("SELECT to_regclass(", siphon::testing::QuoteText(table), ") IS NOT NULL"));
    return there == "t" ? connection.Int(absl::StrCat("SELECT count(*) FROM ONLY ", table)) : -1;
  }
  void Execute(const profile::ConnectionProfile& profile, const std::string& statement) override {
    PlainConnection(profile).Run(statement);
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> Spellings(
      const profile::ConnectionProfile& profile) override {
    profile::ConnectionProfile name = profile, address = profile, list = profile;
    name.host = "localhost";
    address.host = "127.0.0.1";
    list.host = absl::StrCat("127.0.0.1:1,127.0.0.1:", profile.port);
    list.port = 0;
    return {{"a name", name}, {"an address", address}, {"a list of hosts", list}};
  }

  std::vector<Meeting> Meetings() override { return {{"a server", NewSample(server_)}}; }
  std::unique_ptr<ConcurrentWriter> StartWriting(
      const profile::ConnectionProfile& profile) override {
    return std::make_unique<ConcurrentWriter>(
        [connection = std::make_shared<PlainConnection>(profile)](uint64_t from, uint64_t to) {
          connection->Run(absl::StrCat(
              "BEGIN; UPDATE accounts SET amount = amount - 5 WHERE id = ", from,
              "; UPDATE accounts SET amount = amount + 5 WHERE id = ", to, "; COMMIT"));
        });
  }
  int64_t SumOfAccounts(const profile::ConnectionProfile& profile) override {
    return PlainConnection(profile).Int("SELECT sum(amount) FROM accounts");
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> BadProfiles() override {
    return siphon::testing::BadServerProfiles(ProfileFor(server_, "postgres"));
  }
  std::vector<std::string> Leftovers() override { return postgres::Leftovers(server_); }
  double LongestStep() const override { return 5; }
  std::string BinaryFormat() const override { return "custom"; }
  bool EngineReads(const std::string& body) override {
    return absl::StrContains(RunApplet("pg_restore", {"--list"}, body), "TABLE DATA public items");
  }

 private:
  PostgresServer& server_;
  PostgresDriver driver_;
};

std::vector<DriverFactory> Factories() {
  std::vector<DriverFactory> factories;
  for (const int version :
       siphon::testing::VersionsToTest(siphon::testing::AllPostgresVersions())) {
    factories.push_back({absl::StrCat("Postgres", version),
                         [version] { return std::make_unique<PostgresFixture>(version); }});
  }
  return factories;
}

INSTANTIATE_TEST_SUITE_P(Postgres, DriverContract, ::testing::ValuesIn(Factories()),
                         siphon::testing::DriverName);

}  // namespace
}  // namespace siphon::postgres
