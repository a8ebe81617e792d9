// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_MIGRATION_FIXTURE_H_
#define DRIVERS_POSTGRES_MIGRATION_FIXTURE_H_

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"

namespace siphon::postgres {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}
void OrDie(const absl::Status& status);

// Creates a database for one test, on a server that all tests of the program share.
class MigrationFixture : public siphon::testing::MigrateFixture {
 public:
  explicit MigrationFixture(int version);

  profile::ConnectionProfile Profile() const;
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) override;
  void Execute(const std::string& sql) override;
  std::string Value(const std::string& sql) override;
  std::string GolangTable() const override;
  std::string DescribeTable() override;
  std::vector<std::string> Objects() override;
  std::string ManyObjects() const override;
  std::string Alone() const override;
  std::string Holder() override { return "of postgres (siphon, from 127.0.0.1"; }

  siphon::testing::PostgresServer& server() { return server_; }
  const std::string& database() const { return database_; }

 private:
  siphon::testing::PostgresServer& server_;
  std::string database_;
  std::unique_ptr<siphon::testing::PostgresConnection> connection_;
};

// Applies `files`, or continues the one that failed.
absl::Status Up(migrate::Database& database, const std::map<std::string, std::string>& files);
absl::Status Resume(migrate::Database& database, const std::map<std::string, std::string>& files,
                    migrate::UnknownOutcome unknown_outcome = migrate::UnknownOutcome::kDetect);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_MIGRATION_FIXTURE_H_
