// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Catalog::Recover() and Rebuild(): what a kill leaves at each point, and what is made of dumps
// that have no sidecar.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kRandom[] = "0123456789abcdef";

class RecoverTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    auto sidecar = MakeDump("body");
    ASSERT_THAT(sidecar, IsOk());
    dump_ = sidecar->id + ".dump";
    meta_ = sidecar->id + ".meta.json";
    temporary_dump_ = absl::StrCat(".tmp-", dump_, "-", kRandom);
    temporary_meta_ = absl::StrCat(".tmp-", meta_, "-", kRandom);
    marker_ = absl::StrCat(".tmp-", sidecar->id, ".publishing-", kRandom);
  }
  void Rename(const std::string& from, const std::string& to) const {
    WriteRaw(to, ReadRaw(from));
    RemoveRaw(from);
  }
  // The dumps and orphans in List().
  void ExpectListed(int dumps) {
    ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
    EXPECT_THAT(listing.dumps, SizeIs(dumps));
    EXPECT_THAT(listing.corrupt, IsEmpty());
    EXPECT_THAT(listing.orphans, IsEmpty());
  }

  std::string dump_, meta_, temporary_dump_, temporary_meta_, marker_;
};

TEST_F(RecoverTest, KilledWhileTheBodyWasWritten) {
  WriteRaw(temporary_dump_, ReadRaw(dump_).substr(0, 4100));
  RemoveRaw(dump_);
  RemoveRaw(meta_);
  ExpectListed(0);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RecoverTest, KilledWhileTheSidecarWasWritten) {
  Rename(dump_, temporary_dump_);
  WriteRaw(temporary_meta_, "{");
  RemoveRaw(meta_);
  ExpectListed(0);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RecoverTest, KilledBeforeTheFirstCommit) {
  Rename(dump_, temporary_dump_);
  Rename(meta_, temporary_meta_);
  WriteRaw(marker_, "");
  ExpectListed(0);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RecoverTest, KilledBetweenTheCommits) {
  Rename(meta_, temporary_meta_);
  WriteRaw(marker_, "");
  ExpectListed(0);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RecoverTest, KilledBetweenTheCommitsAndAgainWhileRecovering) {
  // The dump, the temporary sidecar or both are already deleted.
  for (const bool with_dump : {false, true}) {
    for (const bool with_sidecar : {false, true}) {
      WriteRaw(marker_, "");
      RemoveRaw(meta_);
      if (!with_dump) RemoveRaw(dump_);
      if (with_dump) WriteRaw(dump_, "SIPH");
      if (with_sidecar) WriteRaw(temporary_meta_, "{}");
      ExpectListed(0);
      ASSERT_OK(catalog_->Recover(context_));
      EXPECT_THAT(Names(), IsEmpty());
    }
  }
}

TEST_F(RecoverTest, KilledAfterTheSecondCommit) {
  WriteRaw(marker_, "");
  ExpectListed(1);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), ElementsAre(dump_, meta_));
  EXPECT_THAT(catalog_->Verify(context_, dump_.substr(0, 26)), IsOk());
}

TEST_F(RecoverTest, KilledWhileItWasRemoved) {
  // The sidecar is deleted first: an orphan remains, which the user can remove or rebuild.
  RemoveRaw(meta_);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), ElementsAre(dump_));
}

TEST_F(RecoverTest, KilledWhileItsSidecarWasRebuilt) {
  // A temporary sidecar alone does not make the dump unfinished.
  Rename(meta_, temporary_meta_);
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), ElementsAre(dump_));
}

TEST_F(RecoverTest, DoesNothingInACatalogueThatIsWhole) {
  WriteRaw("notes.txt", "mine");
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), ElementsAre(dump_, meta_, "notes.txt"));
}

TEST_F(RecoverTest, TheNextBackupClearsUp) {
  Rename(meta_, temporary_meta_);
  WriteRaw(marker_, "");
  ASSERT_OK_AND_ASSIGN(const Sidecar next, MakeDump("next"));
  EXPECT_THAT(Names(), ElementsAre(next.id + ".dump", next.id + ".meta.json"));
}

// Kills a child at a random moment of its backups, and looks at what it leaves.
TEST_F(RecoverTest, SurvivesRealKills) {
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Contents contents;
      contents.attachments["globals.sql"] = "CREATE ROLE app;";
      while (MakeDump("body of some length", 0, contents).ok()) {
      }
      ::_exit(1);
    }
    ::usleep(static_cast<useconds_t>(1000 + round * 700));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ASSERT_OK_AND_ASSIGN(Listing listing, catalog_->List(context_));
    EXPECT_THAT(listing.corrupt, IsEmpty());
    EXPECT_THAT(listing.orphans, IsEmpty());
    const size_t dumps = listing.dumps.size();
    ASSERT_OK(catalog_->Recover(context_));
    ASSERT_OK_AND_ASSIGN(listing, catalog_->List(context_));
    EXPECT_THAT(listing.dumps, SizeIs(dumps));
    EXPECT_THAT(Names(), SizeIs(3 * dumps - 1));  // The first one has no attachment.
    for (const Sidecar& sidecar : listing.dumps) {
      EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
    }
  }
}

class RebuildTest : public CatalogTest {
 protected:
  // Accepts every body that begins with "body", without reading the rest.
  static absl::StatusOr<std::vector<TableInfo>> Check(const Envelope&, base::Reader& body) {
    std::string begin(4, '\0');
    auto count = base::ReadFull(body, absl::MakeSpan(begin));
    if (!count.ok()) return count.status();
    if (begin != "body") return errs::IntegrityError("test", "not a body");
    return std::vector<TableInfo>{{"t", 41, 0}, {"x", 1, 0}};
  }
  absl::StatusOr<RebuildResult> Rebuild(bool all) {
    return catalog_->Rebuild(context_, "rebuilt", all, Check);
  }
};

TEST_F(RebuildTest, MakesTheSidecarThatABackupMade) {
  for (const int compression : {0, 1}) {
    ASSERT_OK_AND_ASSIGN(const Sidecar made,
                         MakeDump("body of it", compression, {"3.46.1", {{"t", 1, 2}}, 0}));
    const std::string before = ReadRaw(made.id + ".meta.json");
    RemoveRaw(made.id + ".meta.json");
    ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(false));
    EXPECT_THAT(result.rebuilt, ElementsAre(made.id));
    EXPECT_THAT(result.refused, IsEmpty());
    EXPECT_EQ(ReadRaw(made.id + ".meta.json"),
              absl::StrReplaceAll(before, {{"\"prod\"", "\"rebuilt\""},
                                           // The envelope was written before the end.
                                           {",\n  \"took_ms\": 1000", ""}}));
    EXPECT_THAT(catalog_->Verify(context_, made.id), IsOk());
  }
}

TEST_F(RebuildTest, CountsTheRowsOfADumpWhoseEnvelopeHasEstimates) {
  Contents contents{"17.5", {{"t", 100, 8192}, {"u", 5, 16}}, 0};
  contents.rows_estimated = true;
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body of it", 0, contents));
  EXPECT_THAT(made.tables, IsEmpty());  // No rows were counted.
  RemoveRaw(made.id + ".meta.json");
  ASSERT_OK(Rebuild(false));
  ASSERT_OK_AND_ASSIGN(Sidecar rebuilt, catalog_->Get(context_, made.id));
  EXPECT_THAT(rebuilt.tables, ElementsAre(TableInfo{"t", 41, 8192}));
  EXPECT_THAT(catalog_->Verify(context_, made.id), IsOk());
  // The rows counted by the backup are kept.
  rebuilt.tables = {{"t", 42, 8192}};
  WriteRaw(made.id + ".meta.json", EncodeSidecar(rebuilt, absl::UTCTimeZone()));
  ASSERT_OK(Rebuild(true));
  ASSERT_OK_AND_ASSIGN(rebuilt, catalog_->Get(context_, made.id));
  EXPECT_THAT(rebuilt.tables, ElementsAre(TableInfo{"t", 42, 8192}));
}

TEST_F(RebuildTest, KeepsWhatARestoreMustKnow) {
  Contents contents{"17.5", {{"t", 1, 2}}, 0};
  contents.annotations = {{"not_seen", "triggers"}};
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body of it", 0, contents));
  EXPECT_EQ(made.annotations, contents.annotations);
  RemoveRaw(made.id + ".meta.json");
  ASSERT_OK(Rebuild(false));
  ASSERT_OK_AND_ASSIGN(Sidecar rebuilt, catalog_->Get(context_, made.id));
  EXPECT_EQ(rebuilt.annotations, contents.annotations);
  // A sidecar that lacks it does not belong to the dump.
  rebuilt.annotations = {{"why", "mine"}};
  WriteRaw(made.id + ".meta.json", EncodeSidecar(rebuilt, absl::UTCTimeZone()));
  EXPECT_THAT(catalog_->Verify(context_, made.id).status(),
              StatusIs(errs::kIntegrity, HasSubstr("annotation \"not_seen\"")));
  ASSERT_OK(Rebuild(true));
  ASSERT_OK_AND_ASSIGN(rebuilt, catalog_->Get(context_, made.id));
  EXPECT_THAT(rebuilt.annotations,
              ElementsAre(::testing::Pair("not_seen", "triggers"), ::testing::Pair("why", "mine")));
}

TEST_F(RebuildTest, KeepsTheKind) {
  const Scope scope{Kind::kPartial, {"table=a"}, "12"};
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context_, {"p", "sqlite", 0, scope}));
  ASSERT_OK_AND_ASSIGN(base::Writer* const body, dump->Begin({}));
  ASSERT_OK(body->Write("body of it"));
  clock_.now += absl::Seconds(2);
  ASSERT_OK_AND_ASSIGN(const Sidecar made, dump->Commit());
  ASSERT_OK(Rebuild(true));
  ASSERT_OK_AND_ASSIGN(const Sidecar kept, catalog_->Get(context_, made.id));
  EXPECT_EQ(kept.scope, scope);
  EXPECT_EQ(kept.took, absl::Seconds(2));
  // Without the sidecar the filters are lost, but not that there were some.
  RemoveRaw(made.id + ".meta.json");
  ASSERT_OK(Rebuild(false));
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, made.id));
  EXPECT_EQ(rebuilt.scope, (Scope{Kind::kPartial, {}, "12"}));
}

TEST_F(RebuildTest, LeavesDumpsThatHaveASidecarUnlessAllAreAskedFor) {
  PutHandMade("a", "base", "");
  PutHandMade("b", "base", "");
  WriteRaw("b.meta.json", "corrupt");
  ASSERT_OK_AND_ASSIGN(RebuildResult result, Rebuild(false));
  EXPECT_THAT(result.rebuilt, IsEmpty());
  EXPECT_EQ(ReadRaw("b.meta.json"), "corrupt");
  ASSERT_OK_AND_ASSIGN(result, Rebuild(true));
  EXPECT_THAT(result.rebuilt, ElementsAre("a", "b"));
  EXPECT_THAT(catalog_->Verify(context_, "a"), IsOk());
  EXPECT_THAT(catalog_->Verify(context_, "b"), IsOk());
}

TEST_F(RebuildTest, KeepsWhatOnlyTheSidecarKnows) {
  PutHandMade("a", "base", "");
  WriteRaw("a.meta.json",
           absl::StrReplaceAll(ReadRaw("a.meta.json"),
                               {{"\"tables\":null", R"("annotations":{"k":"v"},"tables":)"
                                                    R"([{"name":"t","rows":1,"size_bytes":2}])"},
                                {"\"sqlite\"", "\"mysql\""}}));
  PutHandMade("b", "base", "");
  WriteRaw("b.meta.json", "corrupt");
  ASSERT_OK(Rebuild(true));
  ASSERT_OK_AND_ASSIGN(const Sidecar a, catalog_->Get(context_, "a"));
  EXPECT_EQ(a.profile, "p");
  EXPECT_EQ(a.driver, "sqlite");  // From the envelope.
  EXPECT_THAT(a.annotations, ElementsAre(::testing::Pair("k", "v")));
  EXPECT_THAT(a.tables, ElementsAre(TableInfo{"t", 1, 2}));
  ASSERT_OK_AND_ASSIGN(const Sidecar b, catalog_->Get(context_, "b"));
  EXPECT_EQ(b.profile, "rebuilt");
}

TEST_F(RebuildTest, RefusesADumpThatItsReadableSidecarDoesNotFit) {
  PutHandMade("a", "base", "");
  WriteRaw("a.dump", absl::StrReplaceAll(ReadRaw("a.dump"), {{"body of a", "body of b"}}));
  const std::string sidecar = ReadRaw("a.meta.json");
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(true));
  EXPECT_THAT(result.rebuilt, IsEmpty());
  ASSERT_THAT(result.refused, SizeIs(1));
  EXPECT_EQ(result.refused[0].id, "a");
  EXPECT_THAT(result.refused[0].why,
              StatusIs(errs::kIntegrity, HasSubstr("its sidecar says 4105 and sha256:")));
  EXPECT_EQ(ReadRaw("a.meta.json"), sidecar);
}

TEST_F(RebuildTest, GivesADumpWhoseSidecarHoldsNoChecksumAWholeOne) {
  PutHandMade("a", "base", "");
  WriteRaw("a.meta.json",
           absl::StrReplaceAll(ReadRaw("a.meta.json"), {{"\"checksum\"", "\"lost\""}}));
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(true));
  EXPECT_THAT(result.rebuilt, ElementsAre("a"));
  EXPECT_THAT(catalog_->Verify(context_, "a"), IsOk());
}

TEST_F(RebuildTest, KeepsTheIdsOfAnIncremental) {
  PutHandMade("i", "incremental", ",\"base_id\":\"B\",\"parent_id\":\"P\"");
  RemoveRaw("i.meta.json");
  ASSERT_OK(Rebuild(false));
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, catalog_->Get(context_, "i"));
  EXPECT_EQ(sidecar.dump_format, "jsonl-changes");
  EXPECT_EQ(sidecar.base_id, "B");
  EXPECT_EQ(sidecar.parent_id, "P");
}

TEST_F(RebuildTest, RefusesWhatIsNoWholeDump) {
  const std::string envelope = HandMadeDump(
      R"({"siphon":"1.0","type":"base","driver":"sqlite","created":"2026-03-01T11:22:33Z"})", "");
  const std::string zstd_envelope = HandMadeDump(
      R"({"siphon":"1.0","type":"base","driver":"sqlite","created":"2026-03-01T11:22:33Z",)"
      R"("compression":"zstd"})",
      "");
  WriteRaw("short.dump", envelope.substr(0, 4000));
  WriteRaw("magic.dump", std::string(5000, 'x'));
  WriteRaw("structure.dump", envelope + "nobody");
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body of it", 1));
  const std::string frame = ReadRaw(made.id + ".dump").substr(4096);
  ASSERT_OK(catalog_->Remove(context_, made.id));
  WriteRaw("cut.dump", zstd_envelope + frame.substr(0, frame.size() - 1));
  WriteRaw("tail.dump", zstd_envelope + frame + "x");
  WriteRaw("whole.dump", zstd_envelope + frame);
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(false));
  EXPECT_THAT(result.rebuilt, ElementsAre("whole"));
  std::vector<std::string> refused;
  for (const auto& each : result.refused) {
    refused.push_back(each.id);
    EXPECT_THAT(each.why, StatusIs(errs::kIntegrity)) << each.id;
  }
  EXPECT_THAT(refused, ElementsAre("cut", "magic", "short", "structure", "tail"));
  EXPECT_THAT(Names(), Contains("whole.meta.json"));
  EXPECT_THAT(Names(), SizeIs(7));
}

TEST_F(RebuildTest, EndsWithItsContext) {
  PutHandMade("a", "base", "");
  RemoveRaw("a.meta.json");
  std::stop_source stop;
  const base::Context context(stop.get_token(), nullptr);
  EXPECT_THAT(catalog_->Rebuild(context, "p", false,
                                [&](const Envelope&, base::Reader& body) {
                                  stop.request_stop();
                                  std::string buffer(10, '\0');
                                  return body.Read(absl::MakeSpan(buffer)).status();
                                }),
              StatusIs(errs::kCancelled));
  EXPECT_THAT(Names(), ElementsAre("a.dump"));
}

TEST_F(RebuildTest, WantsACheck) {
  EXPECT_THAT(catalog_->Rebuild(context_, "p", false, nullptr), StatusIs(errs::kInternal));
}

}  // namespace
}  // namespace siphon::dumps
