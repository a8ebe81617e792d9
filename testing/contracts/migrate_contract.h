// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_MIGRATE_CONTRACT_H_
#define TESTING_CONTRACTS_MIGRATE_CONTRACT_H_

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migrator.h"
#include "siphon/domain/migrate/source.h"
#include "siphon/driver/migrations.h"

namespace siphon::testing {

// A new, empty database of an engine, for one test.
class MigrateFixture {
 public:
  virtual ~MigrateFixture() = default;
  // Opens a new connection.
  virtual absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) = 0;
  // Runs statements without siphon, as another program would; an error ends the test program.
  virtual void Execute(const std::string& sql) = 0;
  // The first value of the first row as text; "" if there is no row or the value is NULL.
  virtual std::string Value(const std::string& sql) = 0;
  // The statement by which golang-migrate creates its version table, with the default name.
  virtual std::string GolangTable() const = 0;
  // The definition of the version table. It is the same for a table made by siphon and one made by
  // golang-migrate.
  virtual std::string DescribeTable() = 0;
  // All objects of the schema, sorted.
  virtual std::vector<std::string> Objects() = 0;
  // Statements that create objects of every kind; Drop() must remove all of them.
  virtual std::string ManyObjects() const = 0;
  // A statement that cannot run in a transaction and that can be repeated.
  virtual std::string Alone() const = 0;
  // The text about the lock's holder that the error of a refused lock must contain.
  virtual std::string Holder() = 0;
  // False if DDL statements such as CREATE TABLE commit implicitly.
  virtual bool UndoesDefinitions() const { return true; }
  // An endless query of rows for a table with one integer column.
  virtual std::string Endless() const;
};

struct MigrateFactory {
  std::string name;
  std::function<std::unique_ptr<MigrateFixture>()> make;
};
void PrintTo(const MigrateFactory& factory, std::ostream* os);

// What every engine's migrate::Database promises. Use it so:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, MigrateContract, Values(MigrateFactory{...}), MigrateName);
class MigrateContract : public ::testing::TestWithParam<MigrateFactory> {
 protected:
  void SetUp() override { fixture_ = GetParam().make(); }
  std::unique_ptr<migrate::Database> Open(
      const std::map<std::string, std::string>& parameters = {});
  // Applies all migrations of `files` on a new connection.
  absl::Status Up(const std::map<std::string, std::string>& files,
                  migrate::MigratorOptions options = {});
  absl::Status Run(const std::map<std::string, std::string>& files, const migrate::Goal& goal,
                   migrate::MigratorOptions options = {});
  absl::Status Resume(const std::map<std::string, std::string>& files);
  // The version on a new connection: "7", "7 (dirty)" or "none".
  std::string Version();
  // The content of the version table, read without siphon: "7|0".
  std::string Row();

  std::unique_ptr<MigrateFixture> fixture_;
  base::Context context_;
};

std::string MigrateName(const ::testing::TestParamInfo<MigrateFactory>& info);

// A migration source that keeps its files in memory.
std::unique_ptr<migrate::Source> SourceOf(const std::map<std::string, std::string>& files);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_MIGRATE_CONTRACT_H_
