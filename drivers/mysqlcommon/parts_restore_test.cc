// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Restores whose parts several sessions load.

#include "drivers/mysqlcommon/parts_restore.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/backup.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using siphon::testing::MysqlText;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// So that tables of some hundred kilobytes have several parts, and are large.
constexpr int64_t kSmallPart = 16 << 10;
constexpr uint64_t kLarge = 64 << 10;

// The parts of a dump, in memory.
class MemoryBody : public driver::FramedBody {
 public:
  struct Stored {
    driver::StoredPart part;
    std::string bytes;
  };

  const std::vector<frames::Item>& items() const override { return items_; }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context&,
                                                     const frames::Item& item) const override {
    std::string bytes;
    for (const Stored& stored : parts) {
      if (stored.part.part.item == item.id) bytes += stored.bytes;
    }
    return std::make_unique<TextReader>(std::move(bytes));
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenPacked(
      const base::Context&, const frames::Item&, const frames::BodyLayout&) const override {
    return errs::InternalError("test", "the parts are not compressed");
  }
  absl::StatusOr<std::unique_ptr<driver::ItemFrames>> OpenFrames(
      const base::Context&, const frames::Item&) const override {
    return errs::InternalError("test", "the parts have no frames");
  }
  // After a change of `parts`.
  void Count() {
    items_.clear();
    for (Stored& stored : parts) {
      stored.part.raw = stored.bytes.size();
      const frames::Part& part = stored.part.part;
      if (items_.empty() || items_.back().id != part.item) {
        items_.push_back({.id = part.item, .name = part.name});
      }
      items_.back().rows += stored.part.rows;
      items_.back().raw += stored.part.raw;
    }
  }
  // The first part of the item with this name from `number` on.
  Stored& Find(std::string_view name, uint64_t number = 0) {
    for (Stored& stored : parts) {
      if (stored.part.part.name == name && stored.part.part.part >= number) return stored;
    }
    ADD_FAILURE() << "no part of " << name;
    return parts.front();
  }

  std::vector<Stored> parts;

 private:
  class TextReader : public base::Reader {
   public:
    explicit TextReader(std::string text) : text_(std::move(text)), reader_(text_) {}
    absl::StatusOr<size_t> Read(absl::Span<char> out) override { return reader_.Read(out); }

   private:
    const std::string text_;
    base::StringReader reader_;
  };

  std::vector<frames::Item> items_;
};

class StoringSink : public frames::PartSink {
 public:
  explicit StoringSink(MemoryBody::Stored* stored) : stored_(*stored) {}
  absl::Status Write(const base::Context&, std::string_view data) override {
    stored_.bytes += data;
    return absl::OkStatus();
  }
  void Cut(uint64_t rows) override { stored_.part.rows += rows; }

 private:
  MemoryBody::Stored& stored_;
};

// Called before each read of a part.
using ReadHook = std::function<absl::Status(const frames::Part&)>;

class HookedReader : public base::Reader {
 public:
  HookedReader(const MemoryBody::Stored* stored, const ReadHook* hook)
      : part_(stored->part.part), reader_(stored->bytes), hook_(*hook) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (hook_ != nullptr) RETURN_IF_ERROR(hook_(part_));
    return reader_.Read(out);
  }

 private:
  const frames::Part& part_;
  base::StringReader reader_;
  const ReadHook& hook_;
};

class PartsRestoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    target_ = NewDatabase(server_);
    other_ = std::make_unique<PlainConnection>(source_);
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  void Run(const std::string& statement) { other_->Run(statement); }

  // A table with an integer key and `rows` rows of about 200 bytes.
  void MakeTable(const std::string& table, const std::string& keys = "",
                 const std::string& rest = "", int rows = 4000) {
    Run("CREATE TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY)");
    if (other_->Value("SELECT COUNT(*) FROM numbers") == "0") {
      std::string all = "INSERT INTO numbers VALUES (0)";
      for (int i = 1; i < 10000; ++i) absl::StrAppend(&all, ",(", i, ")");
      Run(all);
    }
    Run(absl::StrCat("CREATE TABLE ", MysqlName(table),
                     " (id INT PRIMARY KEY, a INT, b VARCHAR(60), filler VARCHAR(200)", keys, ") ",
                     rest));
    Run(absl::StrCat("INSERT INTO ", MysqlName(table),
                     " SELECT n, n % 97, LEFT(SHA2(n, 256), 50), REPEAT('x', 100) FROM numbers"
                     " WHERE n < ",
                     rows));
    Run(absl::StrCat("ANALYZE TABLE ", MysqlName(table)));
  }

  // Tables that are read in many parts, and others.
  void MakeTables() {
    MakeTable("big", ", KEY by_a (a), KEY `by b` (b(10), a), UNIQUE KEY one (b)");
    MakeTable("the parent", ", KEY by_a (a)");
    // Before its parent in the body.
    MakeTable("a child", ", KEY by_b (b), FOREIGN KEY (a) REFERENCES `the parent` (id)", "", 1000);
    MakeTable("old", ", KEY by_a (a)", "ENGINE=MyISAM");
    Run("CREATE TABLE numbered (n INT NOT NULL AUTO_INCREMENT, KEY (n)) AUTO_INCREMENT=70");
    Run("CREATE VIEW v AS SELECT id FROM big");
    Run("CREATE TRIGGER tr BEFORE INSERT ON big FOR EACH ROW SET NEW.a = 7");
    if (server_.is_mariadb()) {
      Run("CREATE SEQUENCE s START 5");
      Run("SELECT NEXTVAL(s)");
      Run("CREATE TABLE drawn (a INT DEFAULT NEXTVAL(s))");
      MakeTable("versioned", ", KEY by_a (a)", "WITH SYSTEM VERSIONING");
      Run("DELETE FROM versioned WHERE id < 50");
    }
  }

  absl::StatusOr<MemoryBody> BackUpParts(int64_t part_bytes = kSmallPart) {
    ASSIGN_OR_RETURN(const Settings settings, ConnectionSettings(source_));
    const Fork& fork = ForkOf(server_);
    ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                     Session::Connect(context_, fork, settings));
    driver::BackupOptions options;
    options.jobs = 2;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                     OpenBackup(
                         context_, *session,
                         [&](const base::Context& context, int attempts) {
                           return Session::Connect(context, fork, settings, {.attempts = attempts});
                         },
                         options, part_bytes));
    MemoryBody body;
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<frames::Part> part, snapshot->NextPart(context_));
      if (!part.has_value()) break;
      MemoryBody::Stored stored;
      stored.part.part = *part;
      StoringSink sink(&stored);
      RETURN_IF_ERROR(snapshot->Read(context_, 0, *part, sink));
      body.parts.push_back(std::move(stored));
    }
    RETURN_IF_ERROR(snapshot->Finish(context_).status());
    body.Count();
    return body;
  }

  // As the application restores the parts of a dump.
  absl::Status Restore(const MemoryBody& body, int jobs, driver::RestoreOptions options = {},
                       const ReadHook& hook = nullptr) {
    return RestoreIn(context_, body, jobs, std::move(options), hook);
  }

  absl::Status RestoreIn(const base::Context& context, const MemoryBody& body, int jobs,
                         driver::RestoreOptions options, const ReadHook& hook) {
    options.jobs = jobs;
    ASSIGN_OR_RETURN(const Settings settings, ConnectionSettings(target_));
    ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                     Session::Connect(context, ForkOf(server_), settings));
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                     OpenPartsRestore(context, *session, options, body, kLarge));
    absl::Status status = RunAll(context, *restoration, body, jobs, hook);
    return status.ok() ? status : restoration->Abandon(std::move(status));
  }

  static absl::Status RunAll(const base::Context& context, driver::Restoration& restoration,
                             const MemoryBody& body, int jobs, const ReadHook& hook) {
    RETURN_IF_ERROR(restoration.Define(context));
    std::mutex mutex;
    size_t next = 0;
    const auto claim = [&]() -> const MemoryBody::Stored* {
      const std::lock_guard<std::mutex> lock(mutex);
      for (; next < body.parts.size(); ++next) {
        for (const frames::Item& item : body.items()) {
          if (item.id != body.parts[next].part.part.item || !restoration.Loads(item)) continue;
          return &body.parts[next++];
        }
      }
      return nullptr;
    };
    RETURN_IF_ERROR(base::RunWorkers(
        context, jobs, [&](const base::Context& inner, int worker) -> absl::Status {
          while (const MemoryBody::Stored* const stored = claim()) {
            HookedReader reader(stored, &hook);
            RETURN_IF_ERROR(restoration.Load(inner, worker, stored->part, reader));
          }
          return absl::OkStatus();
        }));
    RETURN_IF_ERROR(base::RunWorkers(context, jobs, [&](const base::Context& inner, int worker) {
      return restoration.Complete(inner, worker);
    }));
    return restoration.Publish(context);
  }

  std::string Content(const profile::ConnectionProfile& profile) {
    return Content(profile.database);
  }
  // Without the name of the database, which MariaDB writes before sequences in defaults.
  std::string Content(const std::string& database) {
    return absl::StrReplaceAll(Describe(server_, database),
                               {{absl::StrCat(MysqlName(database), "."), ""}});
  }
  static void ExpectSame(const std::string& content, const std::string& expected) {
    EXPECT_EQ(siphon::testing::FirstDifference(content, expected), "");
  }

  // Makes a table in the target, which failed restores must leave as it is. Returns the content.
  std::string FillTarget(const std::string& table = "big") {
    PlainConnection(target_).Run(absl::StrCat("CREATE TABLE `", table, "` (old INT)"));
    PlainConnection(target_).Run(absl::StrCat("INSERT INTO `", table, "` VALUES (7)"));
    return Content(target_);
  }

  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
  std::unique_ptr<PlainConnection> other_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, PartsRestoreTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

driver::RestoreOptions Clean() {
  driver::RestoreOptions options;
  options.clean = true;
  return options;
}

TEST_P(PartsRestoreTest, OneWorkerAndFourMakeTheSameDatabase) {
  ASSERT_OK(siphon::testing::LoadMysqlSample(server_, source_.database));
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  EXPECT_GT(body->parts.size(), 60u);
  for (const int jobs : {1, 4}) {
    SCOPED_TRACE(jobs);
    FillTarget("before");
    ASSERT_OK(Restore(*body, jobs, Clean()));
    ExpectSame(Content(target_), Content(source_));
    EXPECT_THAT(log_.Details(), Contains(HasSubstr(absl::StrCat(jobs, " connection"))));
  }
}

TEST_P(PartsRestoreTest, RestoresIntoANewDatabase) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  driver::RestoreOptions options;
  options.create = absl::StrCat(target_.database, " made");
  ASSERT_OK(Restore(*body, 4, options));
  ExpectSame(Content(options.create), Content(source_));
}

TEST_P(PartsRestoreTest, SecondaryKeysOfLargeTablesComeAfterTheirRows) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  const auto keys = [&](const std::string& table) {
    return PlainConnection(target_).Column(absl::StrCat(
        "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema LIKE"
        " '%siphon\\_scratch\\_%' AND table_name = ",
        MysqlText(table), " ORDER BY index_name"));
  };
  std::atomic<int> looks = 0;
  const ReadHook look = [&](const frames::Part& part) {
    if (part.name != "the parent" || part.part != 3 || looks++ > 0) return absl::OkStatus();
    EXPECT_THAT(keys("big"), UnorderedElementsAre("PRIMARY", "one"));
    // A foreign key may need a key of the other two tables.
    EXPECT_THAT(keys("a child"), Contains("by_b"));
    EXPECT_THAT(keys("the parent"), Contains("by_a"));
    return absl::OkStatus();
  };
  ASSERT_OK(Restore(*body, 4, {}, look));
  EXPECT_GT(looks, 0);
  ExpectSame(Content(target_), Content(source_));
}

TEST_P(PartsRestoreTest, RestoresChosenTablesAndReadsNoOthers) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  driver::RestoreOptions options;
  options.tables = {"b*", "old"};
  const ReadHook check = [&](const frames::Part& part) {
    EXPECT_THAT(part.name, AnyOf("big", "old"));
    return absl::OkStatus();
  };
  ASSERT_OK(Restore(*body, 4, options, check));
  PlainConnection there(target_);
  EXPECT_EQ(there.Int("SELECT COUNT(*) FROM big"), 4000);
  EXPECT_EQ(there.Int("SELECT COUNT(*) FROM old"), 4000);
  EXPECT_EQ(there.Int("SELECT COUNT(*) FROM information_schema.tables"
                      " WHERE table_schema = DATABASE()"),
            2);
  options.tables = {"no such table"};
  EXPECT_THAT(Restore(*body, 4, options), StatusIs(errs::kNotFound, HasSubstr("no such table")));
}

TEST_P(PartsRestoreTest, ReplacesTheRowsAlone) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  ASSERT_OK(Restore(*body, 4));
  PlainConnection there(target_);
  there.Run("DELETE FROM big WHERE id < 100");
  there.Run("UPDATE `the parent` SET a = 3");
  driver::RestoreOptions options;
  options.data_only = true;
  options.clean = true;
  ASSERT_OK(Restore(*body, 4, options));
  ExpectSame(Content(target_), Content(source_));
}

TEST_P(PartsRestoreTest, ALostSessionLeavesTheTargetAsItWas) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  const std::string before = FillTarget();
  std::atomic<int> kills = 0;
  const ReadHook kill = [&](const frames::Part& part) {
    if (part.name != "big" || part.part != 8 || kills++ > 0) return absl::OkStatus();
    PlainConnection plain(source_);
    // Of two workers at least: one reads here.
    for (const std::string& id :
         plain.Column("SELECT id FROM information_schema.processlist"
                      " WHERE db LIKE '%siphon\\_scratch\\_%' AND id <> CONNECTION_ID()")) {
      plain.Run("KILL " + id);
    }
    return absl::OkStatus();
  };
  EXPECT_THAT(Restore(*body, 4, Clean(), kill), StatusIs(errs::kConnectionFailed));
  EXPECT_GT(kills, 0);
  ExpectSame(Content(target_), before);
  EXPECT_THAT(Leftovers(server_), IsEmpty());
  ASSERT_OK(Restore(*body, 4, Clean()));
  ExpectSame(Content(target_), Content(source_));
}

TEST_P(PartsRestoreTest, AStopLeavesTheTargetAsItWas) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  const std::string before = FillTarget();
  struct Case {
    std::string name;
    uint64_t part;
  };
  // The last one that workers load, before the end of the dump.
  const frames::Part& last_part = body->parts[body->parts.size() - 2].part.part;
  const Case last = {last_part.name, last_part.part};
  // "a child" has one part.
  for (const Case& c : {Case{"a child", 0}, Case{"big", 2}, Case{"the parent", 2}, last}) {
    SCOPED_TRACE(c.name);
    std::stop_source stop;
    const ReadHook request = [&](const frames::Part& part) {
      if (part.name == c.name && part.part == c.part) stop.request_stop();
      return absl::OkStatus();
    };
    EXPECT_THAT(RestoreIn(base::Context(stop.get_token(), nullptr), *body, 4, Clean(), request),
                StatusIs(errs::kCancelled));
    EXPECT_TRUE(stop.stop_requested());
    ExpectSame(Content(target_), before);
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }
}

TEST_P(PartsRestoreTest, DamageLeavesTheTargetAsItWas) {
  MakeTables();
  const absl::StatusOr<MemoryBody> whole = BackUpParts();
  ASSERT_OK(whole);
  const std::string before = FillTarget();
  const auto expect = [&](const std::string& what, errs::Cause cause, const std::string& message,
                          const std::function<void(MemoryBody&)>& change) {
    SCOPED_TRACE(what);
    MemoryBody body = *whole;
    change(body);
    body.Count();
    EXPECT_THAT(Restore(body, 4, Clean()), StatusIs(cause, HasSubstr(message)));
    ExpectSame(Content(target_), before);
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  };
  expect("a row more in the index", errs::kIntegrity, "part 4 of \"big\" of the dump has",
         [](MemoryBody& body) { ++body.Find("big", 3).part.rows; });
  expect("a row less in the index", errs::kIntegrity, "\"old\" of the dump has",
         [](MemoryBody& body) { --body.Find("old").part.rows; });
  expect("a part that ends early", errs::kIntegrity, "incomplete", [](MemoryBody& body) {
    std::string& bytes = body.Find("big", 2).bytes;
    bytes.resize(bytes.size() - 20);
  });
  expect("an end that is missing", errs::kIntegrity, "last line is missing", [](MemoryBody& body) {
    std::string& bytes = body.Find("tail").bytes;
    bytes.resize(bytes.rfind("-- siphon"));
  });
  expect("no last item", errs::kIntegrity, "its index does not have the items",
         [](MemoryBody& body) { body.parts.pop_back(); });
  expect("a statement that no dump has", errs::kDriverUnsupported,
         "line 1 of part 3 of \"big\" of the dump is not run", [](MemoryBody& body) {
           std::string& bytes = body.Find("big", 2).bytes;
           bytes = absl::StrCat("GRANT ALL ON *.* TO u;\n", bytes);
         });
  expect("a row that is there already", errs::kDatabase, "of the dump", [](MemoryBody& body) {
    MemoryBody::Stored& stored = body.Find("big", 4);
    const MemoryBody::Stored& other = body.Find("big", 2);
    absl::StrAppend(&stored.bytes, other.bytes);
    stored.part.rows += other.part.rows;
  });
  ASSERT_OK(Restore(*whole, 4, Clean()));
  ExpectSame(Content(target_), Content(source_));
}

TEST_P(PartsRestoreTest, VariablesOfAPartAreNotThoseOfAnother) {
  MakeTables();
  absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  for (uint64_t part = 1; part < 8; ++part) {
    body->Find("big", part).bytes += "SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES';\n";
  }
  body->Count();
  for (const int jobs : {1, 4}) {
    FillTarget("before");
    ASSERT_OK(Restore(*body, jobs, Clean()));
    ExpectSame(Content(target_), Content(source_));
  }
}

TEST_P(PartsRestoreTest, TakesTheConnectionsThatTheServerGives) {
  MakeTables();
  const absl::StatusOr<MemoryBody> body = BackUpParts();
  ASSERT_OK(body);
  PlainConnection admin(source_);
  admin.Run("DROP USER IF EXISTS few@'%'");
  admin.Run("CREATE USER few@'%' IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 4");
  admin.Run("GRANT ALL ON *.* TO few@'%'");
  const profile::ConnectionProfile whole = target_;
  target_.user = "few";
  target_.password = "secret";
  EXPECT_OK(Restore(*body, 8));
  target_ = whole;
  admin.Run("DROP USER few@'%'");
  EXPECT_THAT(log_.Details(), Contains(HasSubstr("no connection more than")));
  ExpectSame(Content(target_), Content(source_));
}

}  // namespace
}  // namespace siphon::mysqlcommon
