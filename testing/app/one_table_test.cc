// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// `restore --table` and `dumps extract --table` of a dump with many tables: the bytes that they
// read from the store.

#include <stdlib.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "drivers/sqlite/driver.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/app/backup.h"
#include "siphon/app/dumps.h"
#include "siphon/app/restore.h"
#include "siphon/app/session.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/driver/registry.h"
#include "sqlite3.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

std::atomic<uint64_t> bytes_read = 0;  // Of dumps.

class CountedReader : public base::Reader {
 public:
  explicit CountedReader(std::unique_ptr<base::Reader> next) : next_(std::move(next)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    ASSIGN_OR_RETURN(const size_t count, next_->Read(out));
    bytes_read += count;
    return count;
  }

 private:
  std::unique_ptr<base::Reader> next_;
};

class CountedAccess : public base::RandomAccess {
 public:
  explicit CountedAccess(std::unique_ptr<base::RandomAccess> next) : next_(std::move(next)) {}
  uint64_t size() const override { return next_->size(); }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
    RETURN_IF_ERROR(next_->ReadAt(offset, out));
    bytes_read += out.size();
    return out.size();
  }

 private:
  std::unique_ptr<base::RandomAccess> next_;
};

// A local store that counts the bytes that are read of dumps.
class CountingStore : public storage::ForwardingStore {
 public:
  explicit CountingStore(std::unique_ptr<storage::Store> store)
      : ForwardingStore(store.get()), store_(std::move(store)) {}
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override {
    ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> reader, store_->Open(context, key));
    if (!absl::EndsWith(key, ".dump")) return reader;
    return std::make_unique<CountedReader>(std::move(reader));
  }
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                             std::string_view key) override {
    ASSIGN_OR_RETURN(std::unique_ptr<base::RandomAccess> access, store_->OpenAt(context, key));
    return std::make_unique<CountedAccess>(std::move(access));
  }

 private:
  std::unique_ptr<storage::Store> store_;
};

class CountingKind : public storage::StoreKind {
 public:
  std::string_view name() const override { return "local"; }
  absl::StatusOr<storage::Place> Open(const storage::Settings& settings) const override {
    return storage::Place{
        .store = std::make_unique<CountingStore>(storage::MakeLocalStore(settings.directory)),
        .leases = storage::MakeLocalLeases(settings.directory)};
  }
};

const storage::StoreRegistration kRegistration(std::make_unique<CountingKind>());

// A database of plain SQLite.
class Plain {
 public:
  explicit Plain(const std::string& path) { EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), 0); }
  ~Plain() { sqlite3_close(handle_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  void Run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(handle_);
  }
  std::string Text(const std::string& sql) {
    std::string text;
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] == nullptr ? "NULL" : values[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), take, &text, nullptr), SQLITE_OK) << sql;
    return text;
  }
  int64_t Number(const std::string& sql) {
    int64_t number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(Text(sql), &number));
    return number;
  }

 private:
  sqlite3* handle_ = nullptr;
};

std::string Name(int table) { return absl::StrCat("t", table); }
std::string Content(const std::string& table) {
  return absl::StrCat(
      "SELECT count(*) || ' ' || total(length(v)) || ' ' || max(substr(hex(v), 1, 20)) FROM ",
      table);
}

class OneTable : public ::testing::Test {
 protected:
  // 1,000 tables, 1 GB; or a part of it.
  const int tables_ = Rounds(1000, 40);
  const int rows_ = Rounds(1040, 800);  // Of a table, of 1 KB each.

  void SetUp() override {
    folder_ = absl::StrCat(::testing::TempDir(), "/one-table-XXXXXX");
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    environment_ = base::Environment({{"HOME", folder_}});
    ASSERT_OK(base::WriteFileAtomically(Path("config.yaml"),
                                        absl::StrCat("defaults: {dump_dir: ", Path("dumps"),
                                                     "}\nprofiles:\n  prod: {driver: sqlite,",
                                                     " database: ", Path("app.db"), "}\n"),
                                        0600));
    ASSERT_OK_AND_ASSIGN(session_, app::Session::Open({.config_path = Path("config.yaml"),
                                                       .environment = &environment_,
                                                       .clock = &base::Clock::System(),
                                                       .prompter = nullptr,
                                                       .confirmer = nullptr}));
    MakeDatabase();
    BackUp(std::nullopt);
  }
  void TearDown() override {
    session_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(std::string_view name) const { return absl::StrCat(folder_, "/", name); }
  std::string DumpPath() const { return Path(absl::StrCat("dumps/", sidecar_.id, ".dump")); }

  // The definitions come first, then the rows of one table after another.
  void MakeDatabase() {
    Plain database(Path("app.db"));
    database.Run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
    for (int table = 0; table < tables_; ++table) {
      database.Run(absl::StrCat("CREATE TABLE ", Name(table), "(k INTEGER PRIMARY KEY, v BLOB)"));
    }
    defined_ = database.Number("PRAGMA page_count");
    for (int table = 0; table < tables_; ++table) {
      if (table == chosen()) own_begin_ = database.Number("PRAGMA page_count") + 1;
      database.Run(absl::StrCat("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n",
                                " WHERE k < ", rows_, ") INSERT INTO ", Name(table),
                                " SELECT k, randomblob(1000) FROM n"));
      if (table == chosen()) own_end_ = database.Number("PRAGMA page_count");
    }
    database.Run("COMMIT");
    page_size_ = database.Number("PRAGMA page_size");
  }
  void BackUp(std::optional<int> compression) {
    app::BackupRequest request;
    request.source = "prod";
    request.compression = compression;
    ASSERT_OK_AND_ASSIGN(const app::BackupResult backup, app::Backup(context_, *session_, request));
    sidecar_ = backup.sidecar;
  }
  int chosen() const { return tables_ / 2; }
  std::string chosen_name() const { return Name(chosen()); }

  // Calls `visit` for each frame: its entry, its first and its last page.
  void VisitFrames(const std::function<void(const frames::Entry&, int64_t, int64_t)>& visit) {
    ASSERT_OK_AND_ASSIGN(const std::optional<dumps::DumpFrames> frames,
                         dumps::OpenFrames(context_, session_->catalog().store(), sidecar_));
    ASSERT_TRUE(frames.has_value());
    int64_t page = 1;
    ASSERT_OK(frames->index().Visit(
        context_, frames->index().directory().items.front(), [&](const frames::Entry& entry) {
          const int64_t next = page + static_cast<int64_t>(entry.frame.raw) / page_size_;
          visit(entry, page, next - 1);
          page = next;
          return absl::OkStatus();
        }));
  }
  bool IsOwn(int64_t first, int64_t last) const { return first <= own_end_ && last >= own_begin_; }
  bool IsDefinition(int64_t first) const { return first <= defined_; }

  // What one table may read: its frames, the definitions, the index, and the envelope.
  uint64_t Allowed() {
    uint64_t allowed = sidecar_.size_bytes - dumps::kEnvelopeSize - sidecar_.index->offset;
    uint64_t frames = 0;
    VisitFrames([&](const frames::Entry& entry, int64_t first, int64_t last) {
      frames = entry.end();
      if (IsOwn(first, last) || IsDefinition(first)) allowed += entry.lead + entry.frame.packed;
    });
    // Its pages lie between the last frame and the directory.
    allowed += sidecar_.index->offset - frames;
    return allowed + dumps::kEnvelopeSize;
  }

  void Damage(uint64_t offset) {
    ASSERT_OK_AND_ASSIGN(std::string dump, base::ReadFile(DumpPath(), size_t{2} << 30));
    char& byte = dump[dumps::kEnvelopeSize + offset];
    byte = static_cast<char>(byte ^ 1);
    ASSERT_OK(base::WriteFileAtomically(DumpPath(), dump, 0600));
  }

  absl::Status Restore(const std::string& file, const std::string& table) {
    app::RestoreRequest request;
    request.dump.text = sidecar_.id;
    request.target = absl::StrCat("sqlite://", Path(file));
    request.options.tables = {table};
    bytes_read = 0;
    return app::Restore(context_, *session_, request).status();
  }
  absl::StatusOr<std::string> Extract(const std::string& table) {
    base::StringWriter out;
    app::ExtractRequest request;
    request.dump.text = sidecar_.id;
    request.tables = {table};
    bytes_read = 0;
    RETURN_IF_ERROR(app::ExtractDump(context_, *session_, request, out).status());
    return out.data();
  }
  void ExpectRestored(const std::string& file) {
    Plain copy(Path(file)), source(Path("app.db"));
    EXPECT_EQ(copy.Text(Content(chosen_name())), source.Text(Content(chosen_name())));
    EXPECT_EQ(copy.Number("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                          " AND name NOT LIKE 'sqlite_%'"),
              1);
    EXPECT_EQ(copy.Text("PRAGMA integrity_check"), "ok");
  }

  driver::ScopedOverride sqlite_{std::make_unique<sqlite::SqliteDriver>()};
  base::Context context_;
  base::Environment environment_;
  std::string folder_;
  std::unique_ptr<app::Session> session_;
  dumps::Sidecar sidecar_;
  int64_t defined_ = 0, own_begin_ = 0, own_end_ = 0, page_size_ = 0;  // Pages.
};

TEST_F(OneTable, IsRestoredAndExtractedFromItsOwnFrames) {
  const uint64_t allowed = Allowed();
  EXPECT_GT(own_end_ - own_begin_, 100);
  EXPECT_LT(allowed, sidecar_.size_bytes / 5);
  ASSERT_THAT(Restore("copy.db", chosen_name()), IsOk());
  EXPECT_LE(bytes_read, allowed);
  ExpectRestored("copy.db");

  const absl::StatusOr<std::string> body = Extract(chosen_name());
  ASSERT_THAT(body, IsOk());
  EXPECT_LE(bytes_read, allowed);
  ASSERT_OK(base::WriteFileAtomically(Path("extracted.db"), *body, 0600));
  ExpectRestored("extracted.db");
  for (const auto& entry : std::filesystem::directory_iterator(Path("dumps"))) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(::testing::StartsWith(".tmp-")));
  }
}

TEST_F(OneTable, IsNotDisturbedByDamageElsewhere) {
  std::optional<uint64_t> own, other;
  VisitFrames([&](const frames::Entry& entry, int64_t first, int64_t last) {
    if (IsOwn(first, last)) own = entry.offset + entry.frame.packed / 2;
    if (!IsOwn(first, last) && !IsDefinition(first)) other = entry.offset + entry.frame.packed / 2;
  });
  ASSERT_TRUE(own.has_value() && other.has_value());
  Damage(*other);
  EXPECT_THAT(Restore("copy.db", chosen_name()), IsOk());
  ExpectRestored("copy.db");
  EXPECT_THAT(Extract(chosen_name()), IsOk());

  Damage(*own);
  EXPECT_THAT(Restore("new.db", chosen_name()), StatusIs(errs::kIntegrity));
  EXPECT_FALSE(std::filesystem::exists(Path("new.db")));
  EXPECT_THAT(Extract(chosen_name()), StatusIs(errs::kIntegrity));

  Damage(sidecar_.index->offset + 40);
  EXPECT_THAT(Restore("new.db", chosen_name()), StatusIs(errs::kIntegrity));
  EXPECT_FALSE(std::filesystem::exists(Path("new.db")));
}

TEST_F(OneTable, OfADumpWhoseSidecarHasNoHashIsVerifiedWhole) {
  dumps::Sidecar sidecar = sidecar_;
  sidecar.index.reset();
  ASSERT_OK(base::WriteFileAtomically(Path(absl::StrCat("dumps/", sidecar.id, ".meta.json")),
                                      dumps::EncodeSidecar(sidecar, absl::UTCTimeZone()), 0600));
  ASSERT_THAT(Restore("copy.db", chosen_name()), IsOk());
  EXPECT_GE(bytes_read, sidecar_.size_bytes);
  ExpectRestored("copy.db");
  ASSERT_THAT(Extract(chosen_name()), IsOk());
  EXPECT_GE(bytes_read, sidecar_.size_bytes);
  // The index is found by a read of the end.
  EXPECT_LE(bytes_read, sidecar_.size_bytes + Allowed() + dumps::kEnvelopeSize + 64 * 1024);

  Damage(sidecar_.index->offset / 4);
  EXPECT_THAT(Restore("new.db", chosen_name()), StatusIs(errs::kIntegrity));
  EXPECT_FALSE(std::filesystem::exists(Path("new.db")));
  EXPECT_THAT(Extract(chosen_name()), StatusIs(errs::kIntegrity));
}

TEST_F(OneTable, ThatTheDumpLacksIsAnError) {
  EXPECT_THAT(Restore("new.db", "no_such_table"), StatusIs(errs::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(Path("new.db")));
  EXPECT_THAT(Extract("no_such_table"), StatusIs(errs::kNotFound));
  // A pattern.
  EXPECT_THAT(Restore("copy.db", absl::StrCat("*", chosen_name())), IsOk());
  ExpectRestored("copy.db");
}

TEST_F(OneTable, OfADumpWithoutFramesIsRestoredButNotExtracted) {
  BackUp(0);
  EXPECT_THAT(Restore("copy.db", chosen_name()), IsOk());
  ExpectRestored("copy.db");
  EXPECT_THAT(Extract(chosen_name()),
              StatusIs(errs::kDriverUnsupported, ::testing::HasSubstr("has no index")));
}

}  // namespace
}  // namespace siphon::testing
