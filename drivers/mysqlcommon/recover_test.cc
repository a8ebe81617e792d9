// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Which journals a restore follows: those of this user's siphon, for this server and this account.

#include "drivers/mysqlcommon/recover.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/killed_restore.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using State = SwapJournal::State;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Definition Made(std::string create) {
  Definition definition;
  definition.create = std::move(create);
  return definition;
}

class RecoverTest : public KilledRestoreTest {
 protected:
  void SetUp() override {
    KilledRestoreTest::SetUp();
    journal_ = JournalOfSwap();
    journal_.dropped = {Made("CREATE VIEW v AS SELECT a FROM t")};
    journal_.made = {Made("CREATE VIEW v AS SELECT b FROM t"), Made("DROP VIEW IF EXISTS w"),
                     Made("CREATE VIEW w AS SELECT b FROM v")};
    KillBeforeTheExchange();
  }
  void TearDown() override {
    DropDatabases();
    KilledRestoreTest::TearDown();
  }

  // The databases as a siphon leaves them that was killed before RENAME TABLE, or after it.
  void KillBeforeTheExchange() {
    MakeDatabases("CREATE TABLE t(b INT)", "CREATE TABLE t(a INT)", "");
  }
  void KillAfterTheExchange() {
    MakeDatabases("", "CREATE TABLE t(b INT)", "CREATE TABLE t(a INT)");
  }

  void Write(const SwapJournal& journal) { ASSERT_OK(WriteJournal(session_->settings(), journal)); }
  std::string File() const { return absl::StrCat(target_.state_directory, "/", kScratch); }
  std::vector<std::string> Recover() {
    siphon::testing::EventLog log;
    // Abseil writes there when a function misuses a Status.
    ::testing::internal::CaptureStderr();
    const base::Context context(std::stop_token(), &log);
    EXPECT_OK(RecoverSwaps(context, *session_));
    EXPECT_OK(WarnOfUnknownDatabases(context, *session_));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    return log.Warnings();
  }
  std::vector<std::string> Columns(const std::string& table) {
    return PlainConnection(target_).Column(
        absl::StrCat("SELECT column_name FROM information_schema.columns"
                     " WHERE table_schema = DATABASE() AND table_name = '",
                     table, "'"));
  }
  // Nothing was done: no view was created, all databases exist.
  void ExpectNothingDone() {
    EXPECT_THAT(Columns("v"), IsEmpty());
    EXPECT_TRUE(Exists(kScratch));
    EXPECT_TRUE(Exists(kOld));
  }

  SwapJournal journal_;
  const base::Context context_;
};

INSTANTIATE_TEST_SUITE_P(Server, RecoverTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()), ServerTestName);

TEST_P(RecoverTest, BeforeTheExchangeTheDroppedDefinitionsComeBack) {
  Write(journal_);
  EXPECT_THAT(Recover(), ElementsAre(HasSubstr("before its tables changed places")));
  EXPECT_THAT(Columns("v"), ElementsAre("a"));
  EXPECT_THAT(Columns("w"), IsEmpty());
  EXPECT_FALSE(Exists(kScratch) || Exists(kOld));
  EXPECT_THAT(ListJournals(session_->settings()), IsOkAndHolds(IsEmpty()));
}

TEST_P(RecoverTest, AfterTheExchangeTheDefinitionsOfTheDumpAreMade) {
  KillAfterTheExchange();
  Write(journal_);
  EXPECT_THAT(Recover(), ElementsAre(HasSubstr("it is complete now")));
  EXPECT_THAT(Columns("w"), ElementsAre("b"));
  EXPECT_FALSE(Exists(kScratch) || Exists(kOld));
}

TEST_P(RecoverTest, WithoutTablesTheJournalTellsHowFarTheExchangeWas) {
  for (const State state : {State::kSwapping, State::kMoved}) {
    MakeDatabases("", "", "");
    SwapJournal journal = journal_;
    journal.state = state;
    journal.incoming = journal.moved = {};
    journal.dropped = {Made("CREATE VIEW v AS SELECT 1 AS a")};
    journal.made = {Made("CREATE VIEW v AS SELECT 1 AS b")};
    Write(journal);
    EXPECT_THAT(Recover(), ElementsAre(HasSubstr("was killed")));
    EXPECT_THAT(Columns("v"), ElementsAre(state == State::kMoved ? "b" : "a"));
  }
}

TEST_P(RecoverTest, ACompleteRestoreOnlyLosesItsRemains) {
  KillAfterTheExchange();
  journal_.state = State::kDone;
  Write(journal_);
  EXPECT_THAT(Recover(), ElementsAre(HasSubstr("after it was complete")));
  EXPECT_THAT(Columns("v"), IsEmpty());
  EXPECT_FALSE(Exists(kScratch) || Exists(kOld));
}

TEST_P(RecoverTest, AJournalOfAnotherServerOrAccountIsNotFollowed) {
  SwapJournal server = journal_, account = journal_;
  server.server += "x";
  account.account = "admin@%";
  for (const SwapJournal& journal : {server, account}) {
    Write(journal);
    EXPECT_THAT(Recover(), Contains(AllOf(HasSubstr(kOld), HasSubstr("nothing was done"))));
    ExpectNothingDone();
    EXPECT_THAT(ReadJournal(session_->settings(), kScratch), IsOk());
  }
}

TEST_P(RecoverTest, WithoutAJournalNothingIsDone) {
  for (int i = 0; i < 2; ++i) {
    const std::vector<std::string> warnings = Recover();
    EXPECT_THAT(warnings, Contains(AllOf(HasSubstr(kOld), HasSubstr("nothing was done"))));
    EXPECT_THAT(warnings, Contains(HasSubstr(kScratch)));
    ExpectNothingDone();
  }
}

TEST_P(RecoverTest, AJournalIsFollowedOnce) {
  Write(journal_);
  ASSERT_THAT(Recover(), ElementsAre(HasSubstr("was killed")));
  ASSERT_OK(server_.RunSql("DROP VIEW v;", target_.database));
  // Somebody makes databases of the same names again.
  KillBeforeTheExchange();
  EXPECT_THAT(Recover(), Contains(HasSubstr("nothing was done")));
  ExpectNothingDone();
}

TEST_P(RecoverTest, AJournalThatWasCutOffIsNotFollowed) {
  Write(journal_);
  const std::string whole = FormatJournal(journal_);
  for (const size_t size : {size_t{0}, size_t{5}, whole.size() / 2, whole.size() - 1}) {
    ASSERT_OK(base::WriteFileAtomically(File(), whole.substr(0, size), 0600));
    EXPECT_THAT(Recover(), ElementsAre(AllOf(HasSubstr(kOld), HasSubstr("damaged"))));
    ExpectNothingDone();
  }
}

TEST_P(RecoverTest, AJournalUnderAnotherNameIsNotFollowed) {
  Write(journal_);
  std::filesystem::rename(File(), absl::StrCat(target_.state_directory, "/", kScratch, "x"));
  EXPECT_THAT(Recover(), Contains(HasSubstr("nothing was done")));
  std::filesystem::rename(
      absl::StrCat(target_.state_directory, "/", kScratch, "x"),
      absl::StrCat(target_.state_directory, "/siphon_scratch_0000000000000000"));
  EXPECT_THAT(Recover(), Contains(HasSubstr("damaged")));
  ExpectNothingDone();
}

TEST_P(RecoverTest, AFileThatOthersCanHaveWrittenIsNoJournal) {
  Write(journal_);
  ASSERT_EQ(chmod(File().c_str(), 0644), 0);
  EXPECT_THAT(Recover(), Contains(HasSubstr("is not trusted")));
  ExpectNothingDone();
  ASSERT_EQ(chmod(File().c_str(), 0600), 0);
  const std::string elsewhere = absl::StrCat(::testing::TempDir(), "/elsewhere");
  std::filesystem::rename(File(), elsewhere);
  std::filesystem::create_symlink(elsewhere, File());
  EXPECT_THAT(Recover(), Contains(HasSubstr("symbolic link")));
  ExpectNothingDone();
  std::filesystem::remove(File());
  std::filesystem::rename(elsewhere, File());
  ASSERT_EQ(chmod(target_.state_directory.c_str(), 0777), 0);
  EXPECT_THAT(Recover(), Contains(HasSubstr("is not trusted")));
  ExpectNothingDone();
}

TEST_P(RecoverTest, OnlyScratchDatabasesWithAJournalAreDropped) {
  // One of a killed siphon of this user, one of somebody else.
  constexpr char kTheirs[] = "siphon_scratch_1111111111111111";
  ASSERT_OK(server_.CreateDatabase(kTheirs));
  journal_.state = State::kLoading;
  Write(journal_);
  ASSERT_OK(ScratchDatabase::Create(context_, ForkOf(server_), session_->settings()));
  EXPECT_FALSE(Exists(kScratch));
  EXPECT_TRUE(Exists(kTheirs));
  EXPECT_OK(server_.DropDatabase(kTheirs));
}

TEST_P(RecoverTest, AnAccountWithSiphonsGrantCannotReachASuperusersScratchDatabase) {
  ASSERT_OK(
      server_.RunSql("DROP USER IF EXISTS grantee; CREATE USER grantee IDENTIFIED BY 'secret';"
                     "GRANT ALL ON `siphon\\_%`.* TO grantee;"));
  const auto root = ScratchDatabase::Create(context_, ForkOf(server_), session_->settings());
  ASSERT_OK(root);
  EXPECT_THAT((*root)->name(), StartsWith("_siphon_scratch_"));
  Settings settings = session_->settings();
  settings.user = "grantee";
  settings.password = "secret";
  settings.database = kScratch;
  const auto own = ScratchDatabase::Create(context_, ForkOf(server_), settings);
  ASSERT_OK(own);
  EXPECT_THAT((*own)->name(), StartsWith("siphon_scratch_"));
  const auto session = Session::Connect(context_, ForkOf(server_), settings);
  ASSERT_OK(session);
  EXPECT_THAT((*session)->Execute(
                  context_, absl::StrCat("CREATE TABLE ", (*root)->name(), ".planted(a INT)")),
              StatusIs(errs::kDatabase, HasSubstr("denied")));
  EXPECT_THAT((*session)->Execute(context_, absl::StrCat("DROP DATABASE ", (*root)->name())),
              StatusIs(errs::kDatabase, HasSubstr("denied")));
  EXPECT_THAT(
      (*session)->Execute(context_, absl::StrCat("CREATE DATABASE ", OldNameFor((*root)->name()))),
      StatusIs(errs::kDatabase, HasSubstr("denied")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
