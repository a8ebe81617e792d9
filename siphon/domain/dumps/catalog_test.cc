// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/catalog.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "siphon/domain/storage/store.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListTest : public CatalogTest {};
class GetTest : public CatalogTest {};
class RemoveTest : public CatalogTest {};
class NotesTest : public CatalogTest {};
class ResolveTest : public CatalogTest {};
class ChainTest : public CatalogTest {
 protected:
  // An incremental of `parent` with the base B.
  void PutIncremental(const std::string& id, std::string_view parent,
                      std::string_view base = "B") const {
    PutHandMade(id, "incremental",
                absl::StrCat(",\"base_id\":\"", base, "\",\"parent_id\":\"", parent, "\""));
  }
};

TEST_F(ResolveTest, AnIdMeansItsDumpEvenWhereOthersBeginWithIt) {
  PutHandMade("dump", "base", "");
  PutHandMade("dump2", "base", "");
  PutHandMade("latest", "base", "");
  PutHandMade("orphan", "base", "");
  RemoveRaw("orphan.meta.json");
  for (const char* id : {"dump", "dump2", "latest", "orphan"}) {
    EXPECT_THAT(catalog_->Resolve(context_, {.text = id}), IsOkAndHolds(std::string(id)));
  }
}

TEST_F(ResolveTest, TheBeginningOfOneId) {
  PutHandMade("01AAA", "base", "");
  PutHandMade("01AAB", "base", "");
  PutHandMade("01ABB", "base", "");
  WriteRaw("01ABB.meta.json", "");  // Corrupt.
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "01AB"}), IsOkAndHolds(std::string("01ABB")));
  EXPECT_THAT(
      catalog_->Resolve(context_, {.text = "01AA"}),
      AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("2 dumps begin with 01AA: 01AAA, 01AAB")),
            HasHint(HasSubstr("more characters"))));
  // What means no dump is left to Get(), which knows similar ids.
  for (const char* text : {"01A", "01AC", "", "../01AA", "01AAA.dump"}) {
    EXPECT_THAT(catalog_->Resolve(context_, {.text = text}), IsOkAndHolds(std::string(text)));
  }
}

// Reads objects only from their beginning to their end.
class SequentialStore : public storage::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context&,
                                                             std::string_view) override {
    return nullptr;
  }
};

TEST_F(GetTest, DescribesADumpAsItIsOpened) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body"));
  SequentialStore sequential(store_.get());
  Catalog others(&sequential, &clock_);
  for (Catalog* const catalog : {catalog_.get(), &others}) {
    ASSERT_OK_AND_ASSIGN(const OpenDump open, catalog->Open(context_, made.id));
    ASSERT_OK_AND_ASSIGN(const OpenDump described, catalog->Describe(context_, made.id));
    EXPECT_EQ(described.sidecar.checksum, open.sidecar.checksum);
    EXPECT_EQ(described.envelope.created, open.envelope.created);
    EXPECT_EQ(described.body, nullptr);
    EXPECT_THAT(catalog->Describe(context_, "X"), StatusIs(errs::kNotFound));
  }
  const std::string dump = ReadRaw(made.id + ".dump");
  for (const std::string& changed : {dump + "more", dump.substr(0, 100), "siph" + dump.substr(4)}) {
    WriteRaw(made.id + ".dump", changed);
    EXPECT_THAT(catalog_->Describe(context_, made.id), StatusIs(errs::kIntegrity));
  }
}

TEST_F(NotesTest, AreReadWrittenAndRemovedWithTheirDump) {
  PutHandMade("a", "base", ",\"kind\":\"full\"");
  EXPECT_THAT(catalog_->ReadNotes(context_, "a"), IsOkAndHolds(Notes()));
  Notes notes{.tags = {"weekly"}, .verifications = {}};
  notes.Add({clock_.now, Depth::kDeep, "rows are missing"});
  ASSERT_OK(catalog_->WriteNotes(context_, "a", notes));
  EXPECT_THAT(catalog_->ReadNotes(context_, "a"), IsOkAndHolds(notes));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_EQ(listing.notes.at("a"), notes);
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest"}),
              AllOf(StatusIs(errs::kNotFound), HasHint(HasSubstr("last verification"))));
  ASSERT_OK(catalog_->Remove(context_, "a"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(NotesTest, OnlyAnExistingDumpHasSome) {
  EXPECT_THAT(catalog_->WriteNotes(context_, "a", {}), StatusIs(errs::kNotFound));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(NotesTest, ThatCannotBeReadAreNamedAndHideNoDump) {
  PutHandMade("a", "base", ",\"kind\":\"full\"");
  WriteRaw("a.notes.json", "{");
  EXPECT_THAT(catalog_->ReadNotes(context_, "a"),
              StatusIs(errs::kIntegrity, HasSubstr("a.notes.json: invalid notes")));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs("a")));
  EXPECT_THAT(listing.bad_notes, ElementsAre("a"));
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest"}), IsOkAndHolds(std::string("a")));
}

TEST_F(NotesTest, OfADumpThatIsGoneAreRemains) {
  const std::string id = "01ARYZ6S41TSV4RRFFQ69G5FAV";
  WriteRaw(id + ".notes.json", "{}");
  WriteRaw("mine.notes.json", "{}");  // Not a ULID: perhaps not siphon's.
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), ElementsAre("mine.notes.json"));
}

TEST_F(ResolveTest, LatestIsTheNewestFullDump) {
  PutHandMade("a", "base", ",\"kind\":\"full\"", "2026-03-01T00:00:00Z");
  PutHandMade("b", "base", ",\"kind\":\"full\"", "2026-03-02T00:00:00Z");
  PutHandMade("c", "base", ",\"kind\":\"partial\"", "2026-03-03T00:00:00Z");
  PutHandMade("d", "base", "", "2026-03-04T00:00:00Z");
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest"}), IsOkAndHolds(std::string("b")));
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest:p"}), IsOkAndHolds(std::string("b")));
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest:q"}),
              StatusIs(errs::kNotFound, HasSubstr("no dump of profile q")));
}

TEST_F(ResolveTest, ConditionsChooseTheLatestDumpAndNothingElse) {
  PutHandMade("01AAA", "base", ",\"kind\":\"full\"", "2026-03-01T00:00:00Z");
  PutHandMade("01BBB", "base", ",\"kind\":\"full\"", "2026-03-02T00:00:00Z");
  ASSERT_OK(catalog_->WriteNotes(context_, "01AAA", {.tags = {"weekly"}, .verifications = {}}));
  for (const char* text : {"", "latest", "latest:p"}) {
    EXPECT_THAT(catalog_->Resolve(context_, {.text = text, .tags = {"weekly"}}),
                IsOkAndHolds(std::string("01AAA")));
  }
  for (const char* text : {"01AAA", "01AA", "none"}) {
    EXPECT_THAT(catalog_->Resolve(context_, {.text = text, .tags = {"weekly"}}),
                StatusIs(errs::kInvalidArgument, HasSubstr("is not \"latest\"")));
  }
}

TEST_F(ListTest, AnEmptyOrMissingDirectoryHoldsNoDumps) {
  ASSERT_OK_AND_ASSIGN(Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, IsEmpty());
  std::filesystem::remove(directory_);
  ASSERT_OK_AND_ASSIGN(listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, IsEmpty());
  EXPECT_THAT(listing.corrupt, IsEmpty());
  EXPECT_THAT(listing.orphans, IsEmpty());
}

TEST_F(ListTest, ShowsTheNewestFirstAndTiesById) {
  PutHandMade("b", "base", "", "2026-03-01T00:00:00Z");
  PutHandMade("a", "base", "", "2026-03-01T02:00:00+02:00");  // The same time.
  PutHandMade("c", "base", "",
              "2026-03-01T00:30:00+01:00");  // Earlier, although its text is later.
  PutHandMade("d", "base", "", "2026-03-01T00:00:00.000000001Z");
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs("d"), IdIs("a"), IdIs("b"), IdIs("c")));
}

TEST_F(ListTest, GoesOnAfterASidecarThatIsCorrupt) {
  PutHandMade("good", "base", "");
  PutHandMade("cut", "base", "");
  WriteRaw("cut.meta.json", ReadRaw("cut.meta.json").substr(0, 50));
  PutHandMade("empty", "base", "");
  WriteRaw("empty.meta.json", "");
  PutHandMade("renamed", "base", "");
  WriteRaw("renamed.meta.json", ReadRaw("good.meta.json"));
  PutHandMade("lonely", "base", "");
  RemoveRaw("lonely.dump");
  PutHandMade("huge", "base", "");
  WriteRaw("huge.meta.json", absl::StrCat(ReadRaw("huge.meta.json"), std::string(17 << 20, ' ')));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs("good")));
  EXPECT_THAT(listing.corrupt, ElementsAre("cut", "empty", "huge", "lonely", "renamed"));
  EXPECT_THAT(listing.orphans, IsEmpty());
}

TEST_F(ListTest, TellsOfDumpsWithoutASidecar) {
  PutHandMade("b", "base", "");
  PutHandMade("a", "base", "");
  RemoveRaw("a.meta.json");
  WriteRaw("empty.dump", "");
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs("b")));
  EXPECT_THAT(listing.orphans, ElementsAre("a", "empty"));
}

TEST_F(ListTest, IgnoresWhatIsNeitherDumpNorSidecar) {
  WriteRaw("notes.txt", "x");
  WriteRaw(".meta.json", "x");
  WriteRaw(".dump", "x");
  WriteRaw("a..b.dump", "x");
  WriteRaw(".tmp-x.dump-0123456789abcdef", "x");
  WriteRaw(".tmp-x.meta.json-0123456789abcdef", "x");
  ASSERT_TRUE(std::filesystem::create_directory(Path("d.dump")));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, IsEmpty());
  EXPECT_THAT(listing.corrupt, IsEmpty());
  EXPECT_THAT(listing.orphans, IsEmpty());
}

TEST_F(ListTest, EndsWithItsContext) {
  PutHandMade("a", "base", "");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(catalog_->List(base::Context(stop.get_token(), nullptr)), StatusIs(errs::kCancelled));
}

TEST_F(GetTest, ReturnsTheSidecar) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body"));
  ASSERT_OK_AND_ASSIGN(const Sidecar read, catalog_->Get(context_, made.id));
  EXPECT_EQ(read.id, made.id);
  EXPECT_EQ(read.profile, "prod");
  EXPECT_EQ(read.checksum, made.checksum);
  EXPECT_EQ(read.created, made.created);
}

TEST_F(GetTest, AnUnknownIdIsNotFoundWithTheNearestAsAHint) {
  EXPECT_THAT(catalog_->Get(context_, "nope"),
              AllOf(StatusIs(errs::kNotFound, HasSubstr("there is no dump nope in " + directory_)),
                    HasHint(HasSubstr("no dumps yet")), HasExitCode(errs::Code::kUser)));
  PutHandMade("01ARYZ6S41TSV4RRFFQ69G5FAV", "base", "");
  EXPECT_THAT(catalog_->Get(context_, "01aryz6s41tsv4rrffq69g5fav"),
              AllOf(StatusIs(errs::kNotFound),
                    HasHint(HasSubstr("did you mean 01ARYZ6S41TSV4RRFFQ69G5FAV?"))));
  EXPECT_THAT(catalog_->Get(context_, "other"),
              AllOf(StatusIs(errs::kNotFound), HasHint(HasSubstr("siphon dumps list"))));
}

TEST_F(GetTest, RefusesAnIdThatIsAPath) {
  EXPECT_THAT(catalog_->Get(context_, "../../etc/passwd"), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(catalog_->Get(context_, ""), StatusIs(errs::kInvalidArgument));
}

TEST_F(GetTest, SaysWhatIsMissingOrWrong) {
  PutHandMade("a", "base", "");
  RemoveRaw("a.dump");
  EXPECT_THAT(catalog_->Get(context_, "a"),
              StatusIs(errs::kIntegrity, HasSubstr("a.dump is missing")));
  PutHandMade("b", "base", "");
  RemoveRaw("b.meta.json");
  EXPECT_THAT(catalog_->Get(context_, "b"),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("has no sidecar (b.meta.json)")),
                    HasHint(HasSubstr("siphon dumps rebuild"))));
  PutHandMade("c", "base", "");
  WriteRaw("c.meta.json", "{\"id\":");
  EXPECT_THAT(catalog_->Get(context_, "c"),
              StatusIs(errs::kIntegrity, HasSubstr("c.meta.json: invalid sidecar: parse error")));
  PutHandMade("d", "base", "");
  WriteRaw("e.meta.json", ReadRaw("d.meta.json"));
  EXPECT_THAT(catalog_->Get(context_, "e"),
              StatusIs(errs::kIntegrity, HasSubstr("its id is \"d\"")));
}

TEST_F(ChainTest, AFullDumpIsItsOwnChain) {
  PutHandMade("B", "base", "");
  EXPECT_THAT(catalog_->Chain(context_, "B"), IsOkAndHolds(ElementsAre(IdIs("B"))));
}

TEST_F(ChainTest, FollowsParentsToTheBase) {
  PutHandMade("B", "base", "");
  PutIncremental("i1", "B");
  PutIncremental("i2", "i1");
  PutIncremental("i3", "i2");
  PutIncremental("other", "B");
  EXPECT_THAT(catalog_->Chain(context_, "i3"),
              IsOkAndHolds(ElementsAre(IdIs("B"), IdIs("i1"), IdIs("i2"), IdIs("i3"))));
  EXPECT_THAT(catalog_->Chain(context_, "i1"), IsOkAndHolds(ElementsAre(IdIs("B"), IdIs("i1"))));
}

TEST_F(ChainTest, ADumpThatNamesItselfAsItsBaseIsABase) {
  PutHandMade("B", "base", ",\"base_id\":\"B\"");
  PutIncremental("i1", "B");
  EXPECT_THAT(catalog_->Chain(context_, "i1"), IsOkAndHolds(ElementsAre(IdIs("B"), IdIs("i1"))));
}

TEST_F(ChainTest, TellsOfACycle) {
  PutIncremental("i1", "i2");
  PutIncremental("i2", "i1");
  EXPECT_THAT(catalog_->Chain(context_, "i1"),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("chain cycle detected at i1")),
                    HasExitCode(errs::Code::kIntegrity)));
  PutIncremental("i3", "i3");
  EXPECT_THAT(catalog_->Chain(context_, "i3"),
              StatusIs(errs::kIntegrity, HasSubstr("chain cycle detected at i3")));
}

TEST_F(ChainTest, TellsWhereTheChainIsBroken) {
  PutIncremental("i1", "B");
  PutIncremental("i2", "i1");
  EXPECT_THAT(catalog_->Chain(context_, "i2"),
              StatusIs(errs::kIntegrity, HasSubstr("chain broken at B: there is no dump B")));
  PutHandMade("B", "base", "");
  RemoveRaw("i1.dump");
  EXPECT_THAT(catalog_->Chain(context_, "i2"),
              StatusIs(errs::kIntegrity, HasSubstr("chain broken at i1: dump i1 has a sidecar")));
}

TEST_F(ChainTest, TellsOfAnIncrementalWithoutAParent) {
  PutHandMade("i1", "incremental", ",\"base_id\":\"B\"");
  EXPECT_THAT(
      catalog_->Chain(context_, "i1"),
      StatusIs(errs::kIntegrity, HasSubstr("chain broken: incremental i1 has no parent_id")));
}

TEST_F(ChainTest, RefusesMembersOfAnotherChainOrDriver) {
  PutHandMade("B", "base", "");
  PutIncremental("i1", "B", "C");
  EXPECT_THAT(catalog_->Chain(context_, "i1"),
              StatusIs(errs::kIntegrity, HasSubstr("its base_id is C, its parents lead to B")));
  PutIncremental("i2", "B");
  WriteRaw("i2.meta.json", absl::StrReplaceAll(ReadRaw("i2.meta.json"), {{"sqlite", "mysql"}}));
  EXPECT_THAT(catalog_->Chain(context_, "i2"),
              StatusIs(errs::kIntegrity, HasSubstr("it is of driver \"mysql\"")));
}

TEST_F(ChainTest, AnUnknownIdIsNotFound) {
  EXPECT_THAT(catalog_->Chain(context_, "nope"), StatusIs(errs::kNotFound));
}

TEST_F(RemoveTest, RemovesSidecarAndDump) {
  ASSERT_OK_AND_ASSIGN(const Sidecar a, MakeDump("a"));
  ASSERT_OK_AND_ASSIGN(const Sidecar b, MakeDump("b"));
  ASSERT_OK(catalog_->Remove(context_, a.id));
  EXPECT_THAT(Names(), ElementsAre(b.id + ".dump", b.id + ".meta.json"));
  EXPECT_THAT(catalog_->Remove(context_, a.id), StatusIs(errs::kNotFound));
}

TEST_F(RemoveTest, RemovesWhatIsNotWhole) {
  PutHandMade("orphan", "base", "");
  RemoveRaw("orphan.meta.json");
  PutHandMade("lonely", "base", "");
  RemoveRaw("lonely.dump");
  PutHandMade("corrupt", "base", "");
  WriteRaw("corrupt.meta.json", "?");
  for (const char* id : {"orphan", "lonely", "corrupt"}) {
    EXPECT_OK(catalog_->Remove(context_, id)) << id;
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RemoveTest, RefusesAPinnedDump) {
  PutHandMade("a", "base", "");
  Notes notes;
  notes.pin = {.when = clock_.now, .until = clock_.now + absl::Hours(1), .reason = "x"};
  ASSERT_OK(catalog_->WriteNotes(context_, "a", notes));
  EXPECT_THAT(catalog_->Remove(context_, "a"),
              AllOf(StatusIs(errs::kInvalidArgument,
                             HasSubstr("dump a is pinned until 2026-03-01T12:22:33Z: x")),
                    HasHint(HasSubstr("siphon dumps unpin a"))));
  EXPECT_THAT(Names(), ElementsAre("a.dump", "a.meta.json", "a.notes.json"));
  clock_.now += absl::Hours(1);
  EXPECT_OK(catalog_->Remove(context_, "a"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RemoveTest, RemovesADumpWithDamagedNotes) {
  PutHandMade("a", "base", "");
  WriteRaw("a.notes.json", "{");
  EXPECT_OK(catalog_->Remove(context_, "a"));
}

// A store that locks one object.
class LockingStore : public storage::ForwardingStore {
 public:
  LockingStore(storage::Store* store, std::string key, absl::Time until)
      : ForwardingStore(store), key_(std::move(key)), until_(until) {}
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context&,
                                                        std::string_view key) override {
    if (key != key_) return std::optional<absl::Time>();
    return until_;
  }

 private:
  std::string key_;
  absl::Time until_;
};

TEST_F(RemoveTest, RefusesADumpWithALockedObject) {
  PutHandMade("a", "base", "");
  for (const char* const key : {"a.dump", "a.meta.json"}) {
    LockingStore locking(store_.get(), key, clock_.now + absl::Hours(1));
    Catalog catalog(&locking, &clock_);
    EXPECT_THAT(catalog.LockedUntil(context_, "a"), IsOkAndHolds(clock_.now + absl::Hours(1)));
    EXPECT_THAT(catalog.Remove(context_, "a"),
                AllOf(StatusIs(errs::kIo, HasSubstr("locked by the store until 2026-03-01T12:22")),
                      HasHint(HasSubstr("after that time"))));
    LockingStore held(store_.get(), key, absl::InfiniteFuture());
    EXPECT_THAT(Catalog(&held, &clock_).Remove(context_, "a"), HasHint(HasSubstr("legal hold")));
  }
  EXPECT_THAT(Names(), ElementsAre("a.dump", "a.meta.json"));
  LockingStore ended(store_.get(), "a.dump", clock_.now);
  EXPECT_OK(Catalog(&ended, &clock_).Remove(context_, "a"));
  EXPECT_THAT(catalog_->LockedUntil(context_, "a"), IsOkAndHolds(std::nullopt));
}

TEST_F(RemoveTest, RefusesWhileAnIncrementalStandsOnIt) {
  PutHandMade("B", "base", "");
  PutHandMade("i1", "incremental", ",\"base_id\":\"B\",\"parent_id\":\"B\"");
  PutHandMade("i2", "incremental", ",\"base_id\":\"B\",\"parent_id\":\"i1\"");
  EXPECT_THAT(
      catalog_->Remove(context_, "B"),
      AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("the base of these incrementals: i1, i2")),
            HasExitCode(errs::Code::kUser)));
  EXPECT_THAT(catalog_->Remove(context_, "i1"),
              StatusIs(errs::kInvalidArgument, HasSubstr("the base of these incrementals: i2")));
  EXPECT_OK(catalog_->Remove(context_, "i2"));
  EXPECT_OK(catalog_->Remove(context_, "i1"));
  EXPECT_OK(catalog_->Remove(context_, "B"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RemoveTest, RefusesIdsThatLeadElsewhere) {
  EXPECT_THAT(catalog_->Remove(context_, "../x"), StatusIs(errs::kInvalidArgument));
}

}  // namespace
}  // namespace siphon::dumps
