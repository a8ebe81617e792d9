// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Attachments, the files "<id>.<name>" next to a dump: they are published, checked and removed
// together with their dump.

#include "siphon/domain/dumps/attachments.h"

#include <string>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/ulid.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kSql[] = "CREATE ROLE app;\n";

class AttachmentsTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    auto sidecar = MakeDump("body", 1, WithGlobals());
    ASSERT_THAT(sidecar, IsOk());
    id_ = sidecar->id;
    globals_ = id_ + ".globals.sql";
  }
  static Contents WithGlobals() {
    Contents contents;
    contents.attachments["globals.sql"] = kSql;
    return contents;
  }
  std::string Marker(const std::string& id) const {
    return absl::StrCat(".tmp-", id, ".publishing-0123456789abcdef");
  }

  std::string id_, globals_;
};

TEST_F(AttachmentsTest, AreReadAsTheyWereGiven) {
  EXPECT_EQ(ReadRaw(globals_), kSql);
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, id_));
  EXPECT_THAT(dump.envelope.attachments, SizeIs(1));
  EXPECT_THAT(catalog_->Attachments(context_, dump),
              IsOkAndHolds(ElementsAre(Pair("globals.sql", kSql))));
  EXPECT_THAT(catalog_->Verify(context_, id_), IsOk());
  ASSERT_OK_AND_ASSIGN(const Sidecar bare, MakeDump("body"));
  ASSERT_OK_AND_ASSIGN(const OpenDump without, catalog_->Open(context_, bare.id));
  EXPECT_THAT(catalog_->Attachments(context_, without), IsOkAndHolds(IsEmpty()));
}

TEST_F(AttachmentsTest, AreNoDumpsInAListing) {
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs(id_)));
  EXPECT_THAT(listing.corrupt, IsEmpty());
  EXPECT_THAT(listing.orphans, IsEmpty());
}

TEST_F(AttachmentsTest, OneThatDiffersOrIsMissingFailsTheVerification) {
  const auto refused = [&](std::string_view words) {
    const auto matcher =
        AllOf(StatusIs(errs::kIntegrity, AllOf(HasSubstr(id_), HasSubstr(std::string(words)))),
              HasHint(HasSubstr("dumps extract")));
    EXPECT_THAT(catalog_->Verify(context_, id_), matcher);
    auto dump = catalog_->Open(context_, id_);
    ASSERT_THAT(dump, IsOk());
    EXPECT_THAT(catalog_->Attachments(context_, *dump), matcher);
  };
  WriteRaw(globals_, "CREATE ROLE apq;\n");
  refused("has the checksum sha256:");
  WriteRaw(globals_, "short");
  refused("has 5 bytes, the envelope says 17");
  RemoveRaw(globals_);
  refused("is missing");
  // Its body can still be read.
  EXPECT_THAT(ReadBody(id_), IsOkAndHolds(std::string("body")));
}

TEST_F(AttachmentsTest, ARebuildWantsThemWhole) {
  const auto check = [](const Envelope&, base::Reader&) { return std::vector<TableInfo>(); };
  RemoveRaw(id_ + ".meta.json");
  WriteRaw(globals_, "other");
  ASSERT_OK_AND_ASSIGN(RebuildResult result, catalog_->Rebuild(context_, "p", false, check));
  ASSERT_THAT(result.refused, SizeIs(1));
  EXPECT_THAT(result.refused[0].why, StatusIs(errs::kIntegrity, HasSubstr("globals.sql")));
  WriteRaw(globals_, kSql);
  ASSERT_OK_AND_ASSIGN(result, catalog_->Rebuild(context_, "p", false, check));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  EXPECT_THAT(catalog_->Verify(context_, id_), IsOk());
}

TEST_F(AttachmentsTest, GoWithTheirDump) {
  ASSERT_OK(catalog_->Remove(context_, id_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AttachmentsTest, AnIdThatFillsAFilesNameHasNone) {
  const std::string id(245, 'x');
  PutHandMade(id, "base", "");
  EXPECT_OK(catalog_->Remove(context_, id));
}

TEST_F(AttachmentsTest, OfABackupThatWasKilledBeforeItsDumpAreCleared) {
  WriteRaw(Marker(id_), "");
  RemoveRaw(id_ + ".dump");
  RemoveRaw(id_ + ".meta.json");
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AttachmentsTest, OfABackupThatWasKilledAfterItsDumpAreClearedWithIt) {
  WriteRaw(Marker(id_), "");
  RemoveRaw(id_ + ".meta.json");
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AttachmentsTest, OfARemovalThatWasKilledAreCleared) {
  RemoveRaw(id_ + ".meta.json");
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), SizeIs(2));  // The user decides whether to remove or rebuild an orphan.
  RemoveRaw(id_ + ".dump");
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AttachmentsTest, OfALivingBackupAreLeftAlone) {
  // The marker is an uncommitted object.
  RemoveRaw(id_ + ".dump");
  RemoveRaw(id_ + ".meta.json");
  ASSERT_OK_AND_ASSIGN(auto marker, store_->Create(context_, id_ + ".publishing"));
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), SizeIs(2));
  marker.reset();
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(AttachmentsTest, WhatOnlyLooksLikeOneIsLeftAlone) {
  WriteRaw("mine.globals.sql", "x");
  WriteRaw(NewUlid(clock_.now) + ".notes.sql", "x");
  RemoveRaw(id_ + ".dump");  // The sidecar exists: the dump may be restored from a copy.
  ASSERT_OK(catalog_->Recover(context_));
  EXPECT_THAT(Names(), SizeIs(4));
}

TEST_F(AttachmentsTest, HaveAKnownNameAndABoundedSize) {
  Contents contents;
  contents.attachments["notes.txt"] = "x";
  EXPECT_THAT(MakeDump("body", 1, contents), StatusIs(errs::kInternal, HasSubstr("notes.txt")));
  contents.attachments.clear();
  contents.attachments["globals.sql"] = std::string(kAttachmentLimit + 1, 'x');
  EXPECT_THAT(MakeDump("body", 1, contents),
              StatusIs(errs::kInvalidArgument, HasSubstr("globals.sql has 4194305 bytes")));
  contents.attachments["globals.sql"].pop_back();
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("body", 1, contents));
  EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
}

}  // namespace
}  // namespace siphon::dumps
