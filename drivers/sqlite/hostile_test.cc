// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Databases and scripts that somebody made to harm whoever backs them up, verifies or restores
// them.

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "drivers/sqlite/guarded_vfs.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/ownership.h"
#include "sqlite3.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/small_disk.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Access = driver::Driver::Access;

class HostileTest : public ::testing::Test {
 protected:
  void Build(const std::string& sql) { PlainConnection(source_).Run(sql); }

  // The file as it is, without a look at its content.
  std::string Image() const {
    std::ifstream file(source_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  absl::StatusOr<driver::DeepReport> Verify(std::string_view body) {
    SqliteDriver driver;
    base::StringReader reader(body);
    driver::DeepVerifyOptions options;
    options.directory = folder_.path();
    return driver.VerifyDeep(base::Context(), options, reader);
  }

  absl::Status Inspect() {
    SqliteDriver driver;
    const auto connection = driver.Connect(base::Context(), ProfileFor(source_), Access::kRead);
    if (!connection.ok()) return connection.status();
    return (*connection)->Inspect(base::Context(), {.exact = true}).status();
  }

  TempFolder folder_;
  const std::string source_ = folder_.File("source.db");
  const std::string target_ = folder_.File("target.db");
};

// Each value is 120 MB, from a few bytes. (The function's size overflowed in SQLite before 3.49.1,
// CVE-2025-3277.)
constexpr char kLongValue[] = "length(concat_ws(printf('%.*c', a, 'x'), '', '', '', '', ''))";

TEST_F(HostileTest, AScriptMakesNoValueThatIsMuchLongerThanItself) {
  const auto script = [](std::string_view value) {
    return absl::StrCat("BEGIN; CREATE TABLE t(a); INSERT INTO t SELECT ", value,
                        " FROM (SELECT 30000000 AS a); COMMIT;");
  };
  EXPECT_THAT(Verify(script("1")), IsOk());
  EXPECT_THAT(Verify(script(kLongValue)), StatusIs(errs::kDatabase, HasSubstr("too big")));
  EXPECT_THAT(TryRestore(target_, script("zeroblob(200000000)")),
              StatusIs(errs::kDatabase, HasSubstr("too big")));
  EXPECT_THAT(folder_.List(), ::testing::IsEmpty());
}

TEST_F(HostileTest, AnImageHasNoExpressionWithValuesMuchLongerThanItself) {
  Build(absl::StrCat("CREATE TABLE t(a); CREATE INDEX i ON t(", kLongValue,
                     "); INSERT INTO t VALUES(30000000)"));
  EXPECT_THAT(Verify(Image()), StatusIs(errs::kDatabase, HasSubstr("too big")));
  EXPECT_THAT(folder_.List(), ElementsAre("source.db"));
}

TEST_F(HostileTest, FunctionsThatReachOutsideAreRefusedInScripts) {
  for (const std::string_view call : {"load_extension('/tmp/x')", "fts3_tokenizer('simple')",
                                      "FTS3_Tokenizer('simple', x'00')"}) {
    EXPECT_THAT(
        Verify(absl::StrCat("BEGIN; CREATE TABLE t(a); INSERT INTO t SELECT ", call, "; COMMIT;")),
        StatusIs(errs::kDatabase))
        << call;
  }
}

// SQLite writes pages through a module, if its defensive mode is off, as it must be for scripts
// with virtual tables.
TEST_F(HostileTest, AScriptWritesNoPagesByWhateverName) {
  for (const std::string_view make :
       {"", "CREATE VIRTUAL TABLE p USING sqlite_dbpage;",
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES('table', 'p', 'p', 0,"
        " 'CREATE VIRTUAL TABLE p USING sqlite_dbpage(main)'); PRAGMA writable_schema = RESET;"}) {
    const std::string_view table = make.empty() ? "sqlite_dbpage" : "p";
    // The first page with another application id.
    const std::string write = absl::StrCat(
        "UPDATE ", table, " SET data = substr(data, 1, 68) || x'00000007' || substr(data, 73)",
        " WHERE pgno = 1;");
    EXPECT_THAT(Verify(absl::StrCat("BEGIN; CREATE TABLE t(a);", make, write, "COMMIT;")),
                StatusIs(errs::kDatabase, HasSubstr("sqlite_dbpage")))
        << make;
    EXPECT_THAT(
        Verify(absl::StrCat("BEGIN; CREATE TABLE t(a);", make, "DELETE FROM ", table, "; COMMIT;")),
        StatusIs(errs::kDatabase, HasSubstr("sqlite_dbpage")))
        << make;
  }
}

// Each of these settings is one of several layers against content that is not trusted.
TEST_F(HostileTest, ADatabaseIsNotTrustedInAnyMode) {
  Build("CREATE TABLE t(a)");
  using Mode = Database::Mode;
  for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kImmutable, Mode::kPrivate}) {
    for (const bool owners : {false, true}) {
      const auto database = Database::Open(source_, {.mode = mode, .owners = owners});
      ASSERT_THAT(database, IsOk());
      sqlite3* const handle = (*database)->handle();
      int trusted = -1, defensive = -1;
      sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
      sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
      EXPECT_EQ(trusted, owners ? 1 : 0);
      EXPECT_EQ(defensive, owners ? 0 : 1);
      EXPECT_EQ(sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, -1) == 0, !owners);
      EXPECT_EQ(sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, -1) <= 10, !owners);
      EXPECT_EQ(sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1) <= 1000, !owners);
      EXPECT_EQ(sqlite3_limit(handle, SQLITE_LIMIT_VDBE_OP, -1) <= 25'000'000, !owners);
      const bool limited = !owners && mode == Mode::kImmutable;
      EXPECT_EQ(sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, -1) <= (64 << 20), limited);
      // The authorizer: whatever the limit of attached databases is.
      sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1);
      EXPECT_EQ((*database)->Execute("ATTACH ':memory:' AS other").ok(), owners);
    }
  }
}

// A view of somebody else reads no table that tells of the program that opens it.
TEST_F(HostileTest, AnObjectOfADistrustedSchemaReadsNoUnsafeTable) {
  Build("CREATE TABLE t(a); CREATE VIEW v AS SELECT name FROM pragma_database_list");
  const auto database = Database::Open(source_, {});
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT((*database)->QueryText("SELECT name FROM v"),
              StatusIs(errs::kDatabase, HasSubstr("unsafe use of virtual table")));
  const auto trusted = Database::Open(source_, {.owners = true});
  ASSERT_THAT(trusted, IsOk());
  EXPECT_THAT((*trusted)->QueryText("SELECT name FROM v"), IsOk());
}

// SQLite reads the first statement of a definition and never looks at the rest.
TEST_F(HostileTest, ADefinitionIsOneStatement) {
  const std::string outside = folder_.File("outside.db");
  const std::string evil = absl::StrCat("; ATTACH ''", outside, "'' AS o; CREATE TABLE o.x(a)");
  struct Case {
    std::string make, type;
  };
  for (const Case& c :
       {Case{"CREATE VIEW v AS SELECT 1", "view"}, Case{"CREATE TABLE v(a)", "table"},
        Case{"CREATE TABLE t(a); CREATE INDEX v ON t(a)", "index"},
        Case{"CREATE TABLE t(a); CREATE TRIGGER v AFTER INSERT ON t BEGIN"
             " SELECT 1; END",
             "trigger"},
        Case{"CREATE VIRTUAL TABLE v USING fts5(a)", "table"}}) {
    std::filesystem::remove(source_);
    Build(absl::StrCat(c.make,
                       "; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || '",
                       evil, "' WHERE name = 'v'"));
    driver::BackupOptions script;
    script.format = "sql";
    SqliteDriver driver;
    const auto connection = driver.Connect(base::Context(), ProfileFor(source_), Access::kRead);
    ASSERT_THAT(connection, IsOk());
    siphon::testing::MemoryTarget sink;
    EXPECT_THAT((*connection)->Backup(base::Context(), script, sink),
                StatusIs(errs::kIntegrity, HasSubstr("\"v\" is not one CREATE statement")))
        << c.type << c.make;
    driver::RestoreOptions some;
    some.schema_only = some.clean = true;
    std::filesystem::remove(target_);
    PlainConnection(target_).Run("CREATE TABLE keep(a)");
    EXPECT_THAT(TryRestore(target_, Image(), some), StatusIs(errs::kIntegrity)) << c.make;
    EXPECT_EQ(PlainConnection(target_).Value("SELECT group_concat(name) FROM sqlite_schema"),
              "keep");
    EXPECT_FALSE(std::filesystem::exists(outside)) << c.make;
  }
}

TEST_F(HostileTest, ASchemaThatSQLiteDoesNotWriteIsDamaged) {
  Build(
      "CREATE TABLE a(x); CREATE TABLE b(x); INSERT INTO a VALUES(1); PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'a')"
      " WHERE name = 'b'");
  EXPECT_THAT(Verify(Image()), StatusIs(errs::kIntegrity));
  EXPECT_THAT(TryRestore(target_, Image()), StatusIs(errs::kIntegrity, HasSubstr("root page")));
  std::filesystem::remove(source_);
  Build(
      "CREATE TABLE a(x); PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
      " VALUES('view', 'n' || char(0) || 'x', 'n', 0, 'CREATE VIEW n AS SELECT 1')");
  EXPECT_THAT(TryRestore(target_, Image()), StatusIs(errs::kIntegrity, HasSubstr("sqlite_schema")));
  EXPECT_THAT(folder_.List(), ElementsAre("source.db"));
}

// The largest file in the folder while a body is read.
class LargestFile {
 public:
  explicit LargestFile(const TempFolder& folder) : folder_(folder) {}
  absl::Status Look() {
    for (const std::string& name : folder_.List()) {
      struct stat info {};
      if (stat(folder_.File(name).c_str(), &info) == 0)
        size_ = std::max<int64_t>(size_, info.st_size);
    }
    return absl::OkStatus();
  }
  int64_t size() const { return size_; }

 private:
  const TempFolder& folder_;
  int64_t size_ = 0;
};

TEST_F(HostileTest, ABodyThatGoesOnAfterItsImageIsNotWritten) {
  Build("CREATE TABLE t(a)");
  const std::string body = Image() + std::string(size_t{32} << 20, '\0');
  LargestFile largest(folder_);
  SqliteDriver driver;
  const auto connection = driver.Connect(base::Context(), ProfileFor(target_), Access::kCreate);
  ASSERT_THAT(connection, IsOk());
  siphon::testing::PieceReader reader(body, 1 << 20, [&](size_t) { return largest.Look(); });
  EXPECT_THAT((*connection)->Restore(base::Context(), {}, reader),
              StatusIs(errs::kIntegrity, HasSubstr("more than the 2 pages")));
  EXPECT_LT(largest.size(), 1 << 20);
}

TEST_F(HostileTest, AnImageThatCannotFitIsRefusedAtItsHeader) {
  Build("PRAGMA page_size = 65536; CREATE TABLE t(a)");
  std::string body = Image();
  body.replace(28, 4, "\x7f\xff\xff\xff", 4);  // The number of pages: 128 TiB.
  EXPECT_THAT(TryRestore(target_, body), StatusIs(errs::kIo, HasSubstr("needs 128 TiB")));
  EXPECT_THAT(Verify(body), StatusIs(errs::kIo, HasSubstr("are free")));
}

// Each statement of the script makes much from a few bytes: in the database, in temporary files, or
// first there and then in the database.
TEST_F(HostileTest, AScriptStopsBeforeTheDiskIsFull) {
  ASSERT_OK_AND_ASSIGN(const auto disk, siphon::testing::SmallDisk::Make(uint64_t{32} << 20));
  for (const auto& [temporary, lasting] : {std::pair(0, 400), {400, 0}, {150, 400}}) {
    std::string body = "BEGIN; CREATE TABLE t(a); CREATE TEMP TABLE f(a);\n";
    for (int i = 0; i < temporary + lasting; ++i) {
      if (i == temporary) absl::StrAppend(&body, "COMMIT; BEGIN;\n");
      absl::StrAppend(&body, "INSERT INTO ", i < temporary ? "f" : "t",
                      " VALUES(randomblob(100000));\n");
    }
    // Read after the statement that fails, while its files are still there.
    absl::StrAppend(&body, std::string(size_t{1} << 20, '\n'), "COMMIT;\n");
    SqliteDriver driver;
    uint64_t least = disk->Free();
    siphon::testing::PieceReader reader(body, 4096, [&](size_t) {
      least = std::min(least, disk->Free());
      return absl::OkStatus();
    });
    driver::DeepVerifyOptions options;
    options.directory = disk->path();
    EXPECT_THAT(driver.VerifyDeep(base::Context(), options, reader),
                StatusIs(errs::kIo, HasSubstr("full")))
        << temporary;
    EXPECT_GT(least, uint64_t{1} << 19) << temporary;
    EXPECT_LT(least, uint64_t{12} << 20) << temporary << ": it has stopped too soon";
    EXPECT_TRUE(std::filesystem::is_empty(disk->path())) << temporary;
  }
}

// What legitimate databases have, and what a distrusted schema may still do.
TEST_F(HostileTest, FullTextSearchRTreesAndExpressionsNeedNoTrust) {
  Build(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT CHECK(length(a) > 0), b AS (upper(a)) STORED,"
      " c INT DEFAULT (abs(random()) % 10)); CREATE INDEX e ON t(lower(a), json_extract(a, '$')) "
      "WHERE length(a) > 100; CREATE INDEX e2 ON t(substr(a, 2));"
      "CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='id');"
      "CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO f(rowid, a) VALUES(new.id, new.a); "
      "END;"
      "CREATE VIEW v AS SELECT * FROM t WHERE id IN (SELECT rowid FROM f WHERE f MATCH 'hello');"
      "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);"
      "INSERT INTO t(a) VALUES('hello world'), ('other'); INSERT INTO r VALUES(1, 0.5, 1.5)");
  ASSERT_THAT(Inspect(), IsOk());
  const absl::StatusOr<driver::DeepReport> report = Verify(BackUp(source_));
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->summary, Not(HasSubstr("not checked")));
  driver::BackupOptions script;
  script.format = "sql";
  for (const std::string& body : {BackUp(source_), BackUp(source_, script)}) {
    std::filesystem::remove(target_);
    ASSERT_THAT(TryRestore(target_, body), IsOk());
    EXPECT_EQ(Difference(Fingerprint(target_), Fingerprint(source_)), "");
    EXPECT_EQ(PlainConnection(target_).Value("SELECT group_concat(a) FROM v"), "hello world");
    driver::RestoreOptions some;
    some.clean = true;
    some.tables = {"t", "f", "r"};
    ASSERT_THAT(TryRestore(target_, body, some), IsOk());
    EXPECT_EQ(PlainConnection(target_).Value("PRAGMA integrity_check"), "ok");
  }
}

// Counts every present file as another user's.
TEST_F(HostileTest, AReaderRollsNothingBackInAnotherUsersFolder) {
  Build("CREATE TABLE t(a)");
  const std::string journal = source_ + "-journal";
  std::string text = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  text += std::string("\0\0\0\0\0\0\0\1\0\0\0\2\0\0\2\0\0\0\x10\0", 20);
  text.resize(512, '\0');
  std::ofstream(journal, std::ios::binary) << text;
  {
    const base::ScopedEffectiveUser other(54321);
    EXPECT_THAT(Inspect(),
                StatusIs(errs::kConnectionFailed,
                         HasSubstr("source.db-journal holds an unfinished transaction")));
    EXPECT_THAT(folder_.List(), ElementsAre("source.db", "source.db-journal"));
  }
  EXPECT_THAT(Inspect(), IsOk());
  EXPECT_THAT(folder_.List(), ElementsAre("source.db"));
}

TEST(GuardedVfsTest, KnowsTheNamesOfSuperJournals) {
  EXPECT_TRUE(IsSuperJournal("/a/app.db-mj00000A9BC", "/a/"));
  for (const std::string_view path :
       {"/b/app.db-mj00000A9BC", "/a/b/app.db-mj00000A9BC", "/a/../b/x-mj00000A9BC",
        "/a/-mj00000A9BC", "/a/app.db-mj00000ABBC", "/a/app.db-mj0000A9BC", "/a/app.db",
        "/a/passwd", ""}) {
    EXPECT_FALSE(IsSuperJournal(path, "/a/")) << path;
  }
}

}  // namespace
}  // namespace siphon::sqlite
