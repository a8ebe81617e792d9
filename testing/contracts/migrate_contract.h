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
  // Another connection each time.
  virtual absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) = 0;
  // Runs statements as another program would; a failure ends the test program.
  virtual void Execute(const std::string& sql) = 0;
  // The first value of the first row as text; "" for none and NULL.
  virtual std::string Value(const std::string& sql) = 0;
  // What golang-migrate makes for its table, with its default name.
  virtual std::string GolangTable() const = 0;
  // How the version table was made: the same for siphon's and golang-migrate's.
  virtual std::string DescribeTable() = 0;
  // Everything that is in the schema, sorted.
  virtual std::vector<std::string> Objects() = 0;
  // Objects of all sorts that Drop() must get rid of.
  virtual std::string ManyObjects() const = 0;
  // A statement that no transaction takes, and that can be run again.
  virtual std::string Alone() const = 0;
  // What of the holder's a refused lock must name.
  virtual std::string Holder() = 0;
  // False where CREATE TABLE and the like commit by themselves.
  virtual bool UndoesDefinitions() const { return true; }
  // Rows without an end, for a table of one number.
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
  // Goes up as far as `files` reach, by a connection of its own.
  absl::Status Up(const std::map<std::string, std::string>& files,
                  migrate::MigratorOptions options = {});
  absl::Status Run(const std::map<std::string, std::string>& files, const migrate::Goal& goal,
                   migrate::MigratorOptions options = {});
  absl::Status Resume(const std::map<std::string, std::string>& files);
  // "7", "7 (dirty)", "none", by a connection of its own.
  std::string Version();
  // What the table itself holds, by another program: "7|0".
  std::string Row();

  std::unique_ptr<MigrateFixture> fixture_;
  base::Context context_;
};

std::string MigrateName(const ::testing::TestParamInfo<MigrateFactory>& info);

// A source of files in memory.
std::unique_ptr<migrate::Source> SourceOf(const std::map<std::string, std::string>& files);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_MIGRATE_CONTRACT_H_
