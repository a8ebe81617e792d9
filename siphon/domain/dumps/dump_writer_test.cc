// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PendingDump: what a backup writes, and what stays when it does not end.

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/base/zstd.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/dumps/ulid.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "siphon/domain/storage/store.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

using DumpWriterTest = CatalogTest;

TEST_F(DumpWriterTest, ABareDumpHasTheContractsBytesAndItsDuration) {
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("the body", 0));
  EXPECT_THAT(sidecar.id, AllOf(SizeIs(26), MatchesRegex("[0-9A-Z]+")));
  EXPECT_THAT(Names(), ElementsAre(sidecar.id + ".dump", sidecar.id + ".meta.json"));
  const std::string dump = HandMadeDump(
      R"({"siphon":"1.0","type":"base","driver":"sqlite","created":"2026-03-01T11:22:33Z"})",
      "the body");
  EXPECT_EQ(ReadRaw(sidecar.id + ".dump"), dump);
  EXPECT_EQ(ReadRaw(sidecar.id + ".meta.json"), absl::StrCat(R"({
  "id": ")",
                                                             sidecar.id, R"(",
  "profile": "prod",
  "driver": "sqlite",
  "engine_version": "",
  "dump_format": "custom",
  "size_bytes": 4104,
  "checksum": ")",
                                                             DigestOf(dump), R"(",
  "created": "2026-03-01T13:22:33+02:00",
  "tables": null,
  "took_ms": 1000
})"));
}

TEST_F(DumpWriterTest, ACompressedDumpSaysSoInItsEnvelope) {
  const std::string body(1'000'000, 'x');
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump(body, 9));
  const std::string dump = ReadRaw(sidecar.id + ".dump");
  EXPECT_LT(dump.size(), 10'000u);
  EXPECT_EQ(sidecar.size_bytes, dump.size());
  EXPECT_EQ(sidecar.checksum, DigestOf(dump));
  ASSERT_OK_AND_ASSIGN(const Envelope envelope, DecodeEnvelope(dump.substr(0, kEnvelopeSize)));
  EXPECT_EQ(envelope.compression, "zstd");
  EXPECT_EQ(dump.substr(kEnvelopeSize, 4), "\x28\xb5\x2f\xfd");  // RFC 8878's magic number.
  ASSERT_OK_AND_ASSIGN(const std::string read, ReadBody(sidecar.id));
  EXPECT_TRUE(read == body);
}

TEST_F(DumpWriterTest, ABodyThatIsCompressedAlreadyStaysBare) {
  Contents contents;
  contents.compressed = true;
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("packed", 9, contents));
  const std::string dump = ReadRaw(sidecar.id + ".dump");
  EXPECT_EQ(dump.substr(kEnvelopeSize), "packed");
  EXPECT_THAT(dump, ::testing::Not(HasSubstr("compression")));
  EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
}

TEST_F(DumpWriterTest, ThePlaceInTheBinaryLogStandsInTheEnvelope) {
  Contents contents;
  contents.binlog_file = "binlog.000002";
  contents.binlog_end = 5'000'000'000;
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 0, contents));
  ASSERT_OK_AND_ASSIGN(const Envelope envelope,
                       DecodeEnvelope(ReadRaw(sidecar.id + ".dump").substr(0, kEnvelopeSize)));
  EXPECT_EQ(envelope.binlog_file, "binlog.000002");
  EXPECT_EQ(envelope.binlog_end, 5'000'000'000u);
  EXPECT_EQ(envelope.binlog_start, 0u);
}

TEST_F(DumpWriterTest, EstimatesStandInTheEnvelopeAndWhatWasCountedInTheSidecar) {
  Contents contents{"17.5", {{"t", 100, 1}, {"u", 5, 2}}, 0};
  contents.rows_estimated = true;
  const auto make = [&](std::vector<TableInfo> counted) -> absl::StatusOr<Sidecar> {
    auto dump = catalog_->Create(context_, {"p", "postgres", 1});
    if (!dump.ok()) return dump.status();
    auto writer = (*dump)->Begin(contents);
    if (!writer.ok()) return writer.status();
    (*dump)->SetTables(std::move(counted));
    return (*dump)->Commit();
  };
  const std::vector<TableInfo> counted = {{"t", 99, 1}};
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, make(counted));
  ASSERT_OK_AND_ASSIGN(const Verification verified, catalog_->Verify(context_, sidecar.id));
  EXPECT_EQ(verified.sidecar.tables, counted);
  EXPECT_TRUE(verified.envelope.rows_estimated);
  EXPECT_EQ(verified.envelope.tables, contents.tables);
  EXPECT_THAT(make({{"v", 1, 1}}), StatusIs(errs::kInternal, HasSubstr("unknown table: v")));
  // If the rows are exact, envelope and sidecar have the same tables.
  contents.rows_estimated = false;
  ASSERT_OK_AND_ASSIGN(const Sidecar exact, make(counted));
  EXPECT_EQ(exact.tables, contents.tables);
  EXPECT_THAT(catalog_->Verify(context_, exact.id), IsOk());
}

TEST_F(DumpWriterTest, KeepsTheContentsInEnvelopeAndSidecar) {
  const Contents contents{"3.46.1", {{"t", 3, 4096}, {"u", 0, 0}}, 8192};
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 1, contents));
  ASSERT_OK_AND_ASSIGN(const Sidecar read, catalog_->Get(context_, sidecar.id));
  EXPECT_EQ(read.engine_version, "3.46.1");
  EXPECT_EQ(read.tables, contents.tables);
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, sidecar.id));
  EXPECT_EQ(dump.envelope.engine_version, "3.46.1");
  EXPECT_EQ(dump.envelope.tables, contents.tables);
}

TEST_F(DumpWriterTest, LeavesTablesToTheSidecarWhenTheEnvelopeHasNoRoom) {
  Contents contents{"3.46.1", {}, 0};
  for (int i = 0; i < 500; ++i) contents.tables.push_back({absl::StrCat("table_", i), i, 4096});
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 0, contents));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, sidecar.id));
  EXPECT_THAT(dump.envelope.tables, IsEmpty());
  EXPECT_EQ(dump.envelope.engine_version, "3.46.1");
  EXPECT_EQ(dump.sidecar.tables, contents.tables);
  EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
}

TEST_F(DumpWriterTest, LeavesTablesOutOfASidecarThatNobodyWouldRead) {
  Contents contents;
  contents.tables.resize(20, {std::string(1 << 20, 't'), 1, 1});
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 0, contents));
  EXPECT_THAT(sidecar.tables, IsEmpty());
  EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
}

TEST_F(DumpWriterTest, RefusesAnEngineVersionThatFillsTheEnvelope) {
  const Contents contents{std::string(5000, 'v'), {{"t", 1, 1}}, 0};
  EXPECT_THAT(MakeDump("body", 0, contents),
              StatusIs(errs::kInvalidArgument, HasSubstr("max 4091")));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(DumpWriterTest, RecordsScopeAndDuration) {
  const Scope scope{Kind::kPartial, {"table=a", "data-only"}, "12"};
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 1, scope}));
  ASSERT_OK(dump->Begin({}));
  clock_.now += absl::Milliseconds(1500);
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  EXPECT_EQ(sidecar.scope, scope);
  EXPECT_EQ(sidecar.took, absl::Milliseconds(1500));
  ASSERT_OK_AND_ASSIGN(const Verification verified, catalog_->Verify(context_, sidecar.id));
  EXPECT_EQ(verified.sidecar.scope, scope);
  EXPECT_EQ(verified.envelope.kind, Kind::kPartial);
  EXPECT_EQ(verified.envelope.filters, (FilterCounts{{"data-only", 1}, {"table", 1}}));
  EXPECT_EQ(verified.envelope.before_migration, "12");
}

TEST_F(DumpWriterTest, CountsTheBodyBeforeCompression) {
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 1}));
  EXPECT_EQ(dump->body_bytes(), 0u);
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin({}));
  ASSERT_OK(writer->Write(std::string(100'000, 'x')));
  ASSERT_OK(writer->Write("yz"));
  EXPECT_EQ(dump->body_bytes(), 100'002u);
  ASSERT_OK(dump->Commit());
  EXPECT_EQ(dump->body_bytes(), 100'002u);
}

TEST_F(DumpWriterTest, BeginningAgainDropsWhatWasWritten) {
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 1}));
  const std::string id = dump->id();
  ASSERT_OK_AND_ASSIGN(base::Writer * first, dump->Begin({"old", {}, 0}));
  ASSERT_OK(first->Write(std::string(5'000'000, 'x')));
  ASSERT_OK_AND_ASSIGN(base::Writer * second, dump->Begin({"new", {}, 0}));
  EXPECT_EQ(dump->body_bytes(), 0u);
  ASSERT_OK(second->Write("short"));
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  EXPECT_EQ(sidecar.id, id);
  EXPECT_EQ(sidecar.engine_version, "new");
  EXPECT_THAT(Names(), ElementsAre(id + ".dump", id + ".meta.json"));
  EXPECT_THAT(ReadBody(id), IsOkAndHolds(Eq("short")));
}

TEST_F(DumpWriterTest, ShowsNothingBeforeItsCommit) {
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 1}));
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin({}));
  ASSERT_OK(writer->Write("body"));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, IsEmpty());
  EXPECT_THAT(listing.corrupt, IsEmpty());
  EXPECT_THAT(listing.orphans, IsEmpty());
  EXPECT_THAT(catalog_->Get(context_, dump->id()), StatusIs(errs::kNotFound));
}

TEST_F(DumpWriterTest, LeavesNothingWhenItIsDropped) {
  ASSERT_OK_AND_ASSIGN(auto dump, catalog_->Create(context_, {"p", "sqlite", 1}));
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin({}));
  ASSERT_OK(writer->Write(std::string(3'000'000, 'x')));
  EXPECT_THAT(Names(), SizeIs(1));
  dump.reset();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(DumpWriterTest, LeavesNothingWhenItIsCancelled) {
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(
      auto dump, catalog_->Create(base::Context(stop.get_token(), nullptr), {"p", "sqlite", 1}));
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin({}));
  ASSERT_OK(writer->Write("body"));
  stop.request_stop();
  EXPECT_THAT(writer->Write("more"), StatusIs(errs::kCancelled));
  EXPECT_THAT(dump->Commit(), StatusIs(errs::kCancelled));
  dump.reset();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(DumpWriterTest, RefusesToCommitTwiceOrUnbegun) {
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 0}));
  EXPECT_THAT(dump->Commit(), StatusIs(errs::kInternal));
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin({}));
  EXPECT_THAT(writer->Finish(), StatusIs(errs::kInternal));
  ASSERT_OK(dump->Commit());
  EXPECT_THAT(dump->Commit(), StatusIs(errs::kInternal));
  EXPECT_THAT(dump->Begin({}), StatusIs(errs::kInternal));
}

TEST_F(DumpWriterTest, RefusesACompressionLevelOutOfRange) {
  for (const int level : {-1, 10}) {
    EXPECT_THAT(catalog_->Create(context_, {"p", "sqlite", level}),
                AllOf(StatusIs(errs::kInvalidArgument, HasSubstr(absl::StrCat("level ", level))),
                      HasHint(HasSubstr("1 to 9"))));
  }
}

TEST_F(DumpWriterTest, TwoBackupsAtOnceAreTwoDumps) {
  ASSERT_OK_AND_ASSIGN(const auto a, catalog_->Create(context_, {"p", "sqlite", 1}));
  ASSERT_OK_AND_ASSIGN(base::Writer * a_writer, a->Begin({}));
  ASSERT_OK(a_writer->Write("aaa"));
  // Create() calls Recover(), which keeps the files of the first backup.
  ASSERT_OK_AND_ASSIGN(const auto b, catalog_->Create(context_, {"p", "sqlite", 0}));
  ASSERT_OK_AND_ASSIGN(base::Writer * b_writer, b->Begin({}));
  ASSERT_OK(b_writer->Write("bbb"));
  ASSERT_OK(a->Commit());
  ASSERT_OK(b->Commit());
  EXPECT_THAT(ReadBody(a->id()), IsOkAndHolds(Eq("aaa")));
  EXPECT_THAT(ReadBody(b->id()), IsOkAndHolds(Eq("bbb")));
}

// A store that fails, or does something else first, where a test says so.
class HookedStore : public storage::ForwardingStore {
 public:
  using Hook = std::function<absl::Status(std::string_view step, std::string_view key)>;
  HookedStore(storage::Store* store, Hook hook) : ForwardingStore(store), hook_(std::move(hook)) {}

  class Object : public storage::ObjectWriter {
   public:
    Object(HookedStore* store, std::string key, std::unique_ptr<storage::ObjectWriter> object)
        : store_(store), key_(std::move(key)), object_(std::move(object)) {}
    absl::Status Write(std::string_view data) override { return object_->Write(data); }
    absl::Status Finish() override {
      const absl::Status status = store_->hook_("finish", key_);
      return status.ok() ? object_->Finish() : status;
    }
    absl::Status Commit() override {
      const absl::Status status = store_->hook_("commit", key_);
      return status.ok() ? object_->Commit() : status;
    }

   private:
    HookedStore* store_;
    std::string key_;
    std::unique_ptr<storage::ObjectWriter> object_;
  };

  absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> Create(
      const base::Context& context, std::string_view key,
      const storage::CreateOptions& options) override {
    absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> object =
        ForwardingStore::Create(context, key, options);
    if (!object.ok()) return object;
    return std::make_unique<Object>(this, std::string(key), *std::move(object));
  }
  absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) override {
    const absl::Status status = hook_("recover", "");
    return status.ok() ? ForwardingStore::RemoveStale(context, visit) : status;
  }

 private:
  Hook hook_;
};

TEST_F(DumpWriterTest, PublishesTheSidecarLastAndEverythingSyncedBefore) {
  std::vector<std::string> steps;
  HookedStore store(store_.get(), [&](std::string_view step, std::string_view key) {
    steps.push_back(absl::StrCat(step, key.empty() ? "" : key.substr(26)));
    return absl::OkStatus();
  });
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  ASSERT_OK(MakeDump("body"));
  EXPECT_THAT(steps, ElementsAre("recover", "finish.dump", "finish.meta.json", "finish.publishing",
                                 "commit.dump", "commit.meta.json"));
}

Contents WithGlobals() {
  Contents contents;
  contents.attachments["globals.sql"] = "CREATE ROLE a;";
  return contents;
}

TEST_F(DumpWriterTest, PublishesAttachmentsBeforeTheDump) {
  std::vector<std::string> steps;
  HookedStore store(store_.get(), [&](std::string_view step, std::string_view key) {
    steps.push_back(absl::StrCat(step, key.empty() ? "" : key.substr(26)));
    return absl::OkStatus();
  });
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 1, WithGlobals()));
  EXPECT_THAT(steps, ElementsAre("recover", "finish.dump", "finish.meta.json", "finish.globals.sql",
                                 "finish.publishing", "commit.globals.sql", "commit.dump",
                                 "commit.meta.json"));
  EXPECT_THAT(Names(), ElementsAre(sidecar.id + ".dump", sidecar.id + ".globals.sql",
                                   sidecar.id + ".meta.json"));
}

TEST_F(DumpWriterTest, LeavesNothingWhicheverStepFails) {
  for (const std::string_view failing :
       {"finish.dump", "finish.meta.json", "finish.globals.sql", "finish.publishing",
        "commit.globals.sql", "commit.dump", "commit.meta.json"}) {
    HookedStore store(store_.get(), [&](std::string_view step, std::string_view key) {
      if (key.empty() || absl::StrCat(step, key.substr(26)) != failing) return absl::OkStatus();
      return errs::SystemError("test", errs::kIo, "disk full");
    });
    catalog_ = std::make_unique<Catalog>(&store, &clock_);
    EXPECT_THAT(MakeDump("body", 1, WithGlobals()), StatusIs(errs::kIo, HasSubstr("disk full")))
        << failing;
    EXPECT_THAT(Names(), IsEmpty()) << failing;
  }
}

TEST_F(DumpWriterTest, LeavesNothingWhenItIsCancelledBetweenTheTwoCommits) {
  std::stop_source stop;
  HookedStore store(store_.get(), [&](std::string_view step, std::string_view key) {
    if (step == "commit" && key.ends_with(".meta.json")) stop.request_stop();
    return absl::OkStatus();
  });
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  context_ = base::Context(stop.get_token(), nullptr);
  EXPECT_THAT(MakeDump("body"), StatusIs(errs::kCancelled));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(DumpWriterTest, OthersSeeNothingBetweenTheTwoCommits) {
  // The other process works while this one is between the renames of dump and sidecar.
  Catalog other(store_.get(), &clock_);
  int looks = 0;
  HookedStore store(store_.get(), [&](std::string_view step, std::string_view key) -> absl::Status {
    if (step != "commit" || !key.ends_with(".meta.json")) return absl::OkStatus();
    ++looks;
    const std::string id(key.substr(0, 26));
    const auto nothing = [&](const Listing& listing) {
      return listing.dumps.empty() && listing.corrupt.empty() && listing.orphans.empty();
    };
    EXPECT_THAT(other.List(context_), IsOkAndHolds(::testing::Truly(nothing)));
    EXPECT_THAT(other.Get(context_, id), StatusIs(errs::kNotFound, HasSubstr("is not complete")));
    EXPECT_THAT(other.Remove(context_, id), StatusIs(errs::kNotFound));
    EXPECT_OK(other.Recover(context_));
    const auto rebuilt = other.Rebuild(context_, "p", true, [](const Envelope&, base::Reader&) {
      return std::vector<TableInfo>();
    });
    EXPECT_THAT(rebuilt, IsOk());
    EXPECT_THAT(rebuilt->rebuilt, IsEmpty());
    EXPECT_THAT(rebuilt->refused, IsEmpty());
    return absl::OkStatus();
  });
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 1, WithGlobals()));
  EXPECT_EQ(looks, 1);
  EXPECT_THAT(other.Verify(context_, sidecar.id), IsOk());
}

TEST_F(DumpWriterTest, ABackupStartsThoughLeftoversCannotBeCleared) {
  HookedStore store(store_.get(), [&](std::string_view step, std::string_view) {
    return step == "recover" ? errs::SystemError("test", errs::kIo, "not yours") : absl::OkStatus();
  });
  siphon::testing::EventLog log;
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  context_ = base::Context(std::stop_token(), &log);
  ASSERT_OK(MakeDump("body"));
  EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("not yours")));
}

}  // namespace
}  // namespace siphon::dumps
