// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/killed_restore.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "siphon/base/context.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {

using siphon::testing::MysqlName;

void KilledRestoreTest::SetUp() {
  target_ = NewDatabase(server_);
  target_.state_directory = absl::StrCat(::testing::TempDir(), "/", target_.database);
  const absl::StatusOr<Settings> settings = ConnectionSettings(target_);
  ASSERT_OK(settings);
  settings_ = *settings;
  session_ = Connect();
  ASSERT_NE(session_, nullptr);
}

void KilledRestoreTest::TearDown() {
  session_.reset();
  EXPECT_THAT(Leftovers(server_), ::testing::IsEmpty());
}

std::unique_ptr<Session> KilledRestoreTest::Connect() const {
  absl::StatusOr<std::unique_ptr<Session>> session =
      Session::Connect(base::Context(), ForkOf(server_), settings_);
  EXPECT_OK(session);
  return session.ok() ? *std::move(session) : nullptr;
}

void KilledRestoreTest::MakeDatabases(const std::string& scratch, const std::string& target,
                                      const std::string& old) {
  for (const auto& [name, sql] : std::vector<std::pair<std::string, std::string>>{
           {kScratch, scratch}, {target_.database, target}, {kOld, old}}) {
    ASSERT_OK(server_.RunSql(absl::StrCat("DROP DATABASE IF EXISTS ", MysqlName(name),
                                          "; CREATE DATABASE ", MysqlName(name), ";")));
    ASSERT_OK(server_.RunSql(absl::StrCat(sql, ";"), name));
  }
}

void KilledRestoreTest::DropDatabases() {
  for (const char* const name : {kScratch, kOld}) {
    EXPECT_OK(server_.RunSql(absl::StrCat("DROP DATABASE IF EXISTS ", name, ";")));
  }
}

bool KilledRestoreTest::Exists(std::string_view database) const {
  return server_
             .Value(absl::StrCat("SELECT COUNT(*) FROM information_schema.schemata"
                                 " WHERE schema_name = '",
                                 database, "'"))
             .value_or("") == "1";
}

SwapJournal KilledRestoreTest::JournalOfSwap() {
  absl::StatusOr<SwapJournal> made = NewJournal(base::Context(), *session_);
  EXPECT_OK(made);
  SwapJournal journal = made.ok() ? *std::move(made) : SwapJournal();
  journal.scratch = kScratch;
  journal.state = SwapJournal::State::kSwapping;
  journal.target = target_.database;
  journal.incoming = journal.moved = {"t"};
  return journal;
}

std::string ServerTestName(const ::testing::TestParamInfo<std::string>& info) {
  return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
}

}  // namespace siphon::mysqlcommon
