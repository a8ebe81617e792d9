// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/dump_frames.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/frames_fixture.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_check.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

// Random access to the frames of a dump, and Catalog::Rebuild() of a damaged one.
namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Random access by the index that the sidecar names.
class DumpFramesTest : public FramesTest {
 protected:
  absl::StatusOr<frames::FrameTotals> Check() {
    ASSIGN_OR_RETURN(const Sidecar sidecar, catalog_->Get(context_, id_));
    ASSIGN_OR_RETURN(const std::optional<DumpFrames> frames,
                     OpenFrames(context_, *store_, sidecar));
    if (!frames.has_value()) return errs::InternalError("test", "no index");
    return CheckFrames(context_, *frames, frames::BodyLayout(), id_, [](uint64_t) {});
  }
  void ExpectIndexRefused(std::string_view words) {
    EXPECT_THAT(Check(),
                AllOf(StatusIs(errs::kIntegrity, AllOf(HasSubstr(absl::StrCat("dump ", id_, ": ")),
                                                       HasSubstr(std::string(words)))),
                      HasExitCode(errs::Code::kIntegrity)));
  }
};

TEST_F(DumpFramesTest, OpensTheFramesOfADump) {
  ASSERT_OK_AND_ASSIGN(const std::optional<DumpFrames> frames,
                       OpenFrames(context_, *store_, sidecar_));
  ASSERT_TRUE(frames.has_value());
  EXPECT_EQ(frames->body().size(), dump_.size() - kEnvelopeSize);
  ASSERT_NE(frames->index().Find("public.notes"), nullptr);
  EXPECT_EQ(frames->index().Find("public.notes")->rows, 3u);
  ASSERT_OK_AND_ASSIGN(const frames::FrameTotals totals, Check());
  EXPECT_EQ(totals.raw, frames::RowsOf(frames::SampleItems()).size());
  EXPECT_EQ(totals.frames, pieces_.size() - 1);
}

TEST_F(DumpFramesTest, ADumpWhoseSidecarNamesNoIndexHasNone) {
  sidecar_.index.reset();
  EXPECT_FALSE(OpenFrames(context_, *store_, sidecar_)->has_value());
  ASSERT_OK_AND_ASSIGN(const Sidecar stream, MakeDump("a stream"));
  EXPECT_FALSE(OpenFrames(context_, *store_, stream)->has_value());
}

TEST_F(DumpFramesTest, RefusesAnotherIndex) {
  const IndexRecord right = *sidecar_.index;
  sidecar_.index->sha256 = std::string(64, 'a');
  WriteSealed(Join(pieces_));
  ExpectIndexRefused("but the sidecar aaaa");
  for (const uint64_t offset : {uint64_t{0}, right.offset - 1, right.offset + 1,
                                uint64_t{dump_.size()}, uint64_t{1} << 62}) {
    sidecar_.index = IndexRecord{offset, right.sha256};
    WriteSealed(Join(pieces_));
    ExpectIndexRefused("");
  }
  // The index of another dump with the same rows.
  ASSERT_OK_AND_ASSIGN(const Sidecar other,
                       MakeFramesDump(frames::SampleItems(), {"3.46.1", {{"t", 1, 2}}, 0}));
  std::vector<std::string> pieces = pieces_;
  pieces.back() = PiecesOf(ReadRaw(other.id + ".dump").substr(kEnvelopeSize)).back();
  sidecar_.index = other.index;
  WriteSealed(Join(pieces));
  ExpectIndexRefused("belongs to another archive");
}

TEST_F(DumpFramesTest, RefusesItemsThatAreMissingOrInAnotherOrder) {
  std::vector<std::string> pieces = pieces_;
  const size_t last = pieces.size() - 2;
  pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(last));
  sidecar_.index->offset -= pieces_[last].size();
  WriteSealed(Join(pieces));
  EXPECT_THAT(ReadBody(id_), StatusIs(errs::kIntegrity, HasSubstr("which do not end at")));
  ExpectIndexRefused("");
  pieces = pieces_;
  std::swap(pieces[last], pieces[last - 1]);
  sidecar_.index->offset += pieces_[last].size();
  WriteSealed(Join(pieces));
  EXPECT_THAT(ReadBody(id_), StatusIs(errs::kIntegrity));
  ExpectIndexRefused("");
}

TEST_F(DumpFramesTest, RefusesADamagedFrameThoughTheChecksumFits) {
  for (size_t piece = 0; piece + 1 < pieces_.size(); ++piece) {
    std::vector<std::string> pieces = pieces_;
    pieces[piece].back() ^= 1;
    WriteSealed(Join(pieces));
    ExpectIndexRefused("its SHA-256 differs");
  }
}

// `dumps rebuild` for damaged dumps.
class FramesRebuildTest : public FramesTest {
 protected:
  // Rebuilds the dump with this body and without a sidecar.
  absl::StatusOr<RebuildResult> Rebuild(std::string_view body, bool all = false) {
    WriteRaw(id_ + ".dump", absl::StrCat(dump_.substr(0, kEnvelopeSize), body));
    if (!all) RemoveRaw(id_ + ".meta.json");
    return catalog_->Rebuild(
        context_, "prod", all,
        [&](const Envelope&, base::Reader& rows) -> absl::StatusOr<std::vector<TableInfo>> {
          absl::StatusOr<std::string> read = base::ReadAll(rows, size_t{1} << 20);
          if (!read.ok()) return read.status();
          if (!read->ends_with("end\n")) {
            return errs::IntegrityError("test", absl::StrCat("dump ", id_, " has no end"));
          }
          return std::vector<TableInfo>();
        });
  }
  void ExpectRefusal(std::string_view body, std::string_view words) {
    ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(body));
    EXPECT_THAT(result.rebuilt, IsEmpty());
    ASSERT_THAT(result.refused, SizeIs(1));
    EXPECT_THAT(result.refused[0].why,
                AllOf(StatusIs(errs::kIntegrity, AllOf(HasSubstr(absl::StrCat("dump ", id_)),
                                                       HasSubstr(std::string(words)))),
                      HasExitCode(errs::Code::kIntegrity)));
    EXPECT_EQ(ReadRaw(id_ + ".dump"), absl::StrCat(dump_.substr(0, kEnvelopeSize), body));
    EXPECT_THAT(Names(), ElementsAre(id_ + ".dump"));
  }
};

TEST_F(FramesRebuildTest, MakesADamagedIndexAgain) {
  const std::string body = Join(pieces_);
  const size_t index = body.size() - pieces_.back().size();
  for (size_t at = index; at < body.size(); at += at < index + 20 ? 1 : 41) {
    for (const bool cut : {false, true}) {
      std::string damaged = body.substr(0, cut ? at : body.size());
      if (!cut) damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
      siphon::testing::EventLog log;
      context_ = base::Context(std::stop_token(), &log);
      ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(damaged));
      ASSERT_THAT(result.rebuilt, ElementsAre(id_)) << at << " " << cut;
      EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("made again from the frames")));
      // The dump is what it was before.
      EXPECT_TRUE(ReadRaw(id_ + ".dump") == dump_) << at << " " << cut;
      ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
      EXPECT_EQ(rebuilt.index, sidecar_.index);
      EXPECT_EQ(rebuilt.checksum, sidecar_.checksum);
      EXPECT_THAT(Names(), ElementsAre(id_ + ".dump", id_ + ".meta.json"));
    }
  }
}

TEST_F(FramesRebuildTest, MakesADamagedIndexAgainThatASidecarNames) {
  const std::string body = Join(pieces_);
  ASSERT_OK_AND_ASSIGN(const RebuildResult result,
                       Rebuild(body.substr(0, body.size() - 20), /*all=*/true));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  EXPECT_TRUE(ReadRaw(id_ + ".dump") == dump_);
  EXPECT_THAT(catalog_->Verify(context_, id_), IsOk());
}

TEST_F(FramesRebuildTest, NamesWhatIsLost) {
  for (size_t piece = 0; piece + 1 < pieces_.size(); ++piece) {
    std::vector<std::string> pieces = pieces_;
    pieces[piece].back() ^= 1;
    ExpectRefusal(Join(pieces), "its SHA-256 differs");
    pieces[piece] = "";
    ExpectRefusal(Join(pieces), "has lost a part of its body");
  }
  std::vector<std::string> pieces = pieces_;
  pieces[1] = "";
  ExpectRefusal(Join(pieces),
                "has lost a part of its body: public.items: before frame 2 of part 0 of item 17 "
                "frames are missing, ");
  // An item of one frame, which only the directory names.
  pieces = pieces_;
  pieces[pieces.size() - 2] = "";
  ExpectRefusal(Join(pieces), "has lost a part of its body: public.last: nothing of it was found");
}

TEST_F(FramesRebuildTest, RefusesABodyThatIsCutOffWithinItsFrames) {
  const std::string body = Join(pieces_);
  const size_t frames = body.size() - pieces_.back().size();
  for (size_t size = 0; size < frames; size += 97) ExpectRefusal(body.substr(0, size), "");
  ExpectRefusal(body.substr(0, frames - 1), "");
  // Cut off after an item, which only the engine's check of the body notices.
  ExpectRefusal(body.substr(0, frames - pieces_[pieces_.size() - 2].size()), "");
}

TEST_F(FramesRebuildTest, ADumpWithoutRandomAccessIsReadAsAStream) {
  class Sequential : public storage::ForwardingStore {
   public:
    using ForwardingStore::ForwardingStore;
    absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context&,
                                                               std::string_view) override {
      return nullptr;
    }
  };
  Sequential store(store_.get());
  catalog_ = std::make_unique<Catalog>(&store, &clock_);
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(Join(pieces_)));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
  EXPECT_EQ(rebuilt.index, std::nullopt);
  EXPECT_FALSE(OpenFrames(context_, store, sidecar_)->has_value());
  EXPECT_THAT(ReadBody(id_), IsOkAndHolds(Eq(frames::RowsOf(frames::SampleItems()))));
  ExpectRefusal(Join(pieces_).substr(0, 5000), "cut off");
}

// `dumps rebuild` for dumps whose format holds frames in itself, like an archive of PostgreSQL.
class ArchiveRebuildTest : public CatalogTest {
 protected:
  static constexpr std::string_view kHead = "HEAD of the archive\n";

  void SetUp() override {
    CatalogTest::SetUp();
    const absl::Status made = Make();
    ASSERT_THAT(made, IsOk());
  }
  absl::Status Make() {
    Contents contents;
    contents.compressed = true;
    ASSIGN_OR_RETURN(const std::unique_ptr<PendingDump> dump,
                     catalog_->Create(context_, {"prod", "postgres", 1}));
    ASSIGN_OR_RETURN(frames::Appender * appender,
                     dump->BeginFrames(contents, std::make_shared<frames::MarkingLayout>()));
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    ASSIGN_OR_RETURN(frames::Appender::Claimed claimed,
                     appender->Claim(context_, {frames::kHeadItem, "", 0}));
    frames::PartWriter head(
        &packer, std::move(claimed),
        {.content = frames::Content::kDefinitions, .ends_item = true, .stored = true});
    RETURN_IF_ERROR(head.Write(context_, kHead));
    RETURN_IF_ERROR(head.End(context_));
    for (const frames::SampleItem& item : frames::SampleItems()) {
      for (size_t part = 0; part < item.parts.size(); ++part) {
        RETURN_IF_ERROR(frames::WritePart(context_, packer, *appender, item, part));
      }
    }
    ASSIGN_OR_RETURN(sidecar_, dump->Commit());
    id_ = sidecar_.id;
    dump_ = ReadRaw(id_ + ".dump");
    return absl::OkStatus();
  }

  // What a driver knows of the archive.
  static absl::StatusOr<frames::BodyFormat> Find(const base::Context&, const Envelope& envelope,
                                                 const base::RandomAccess& body) {
    EXPECT_EQ(envelope.driver, "postgres");
    std::string head(kHead.size(), '\0');
    RETURN_IF_ERROR(body.ReadAt(0, absl::MakeSpan(head)));
    if (head != kHead) return errs::IntegrityError("test", "no archive");
    return frames::BodyFormat{.layout = std::make_shared<frames::MarkingLayout>(),
                              .head = kHead.size()};
  }
  // Rebuilds the dump with these bytes and without a sidecar. An archive needs its last item.
  absl::StatusOr<RebuildResult> Rebuild(std::string_view dump, const FormatFinder& find = Find) {
    WriteRaw(id_ + ".dump", dump);
    RemoveRaw(id_ + ".meta.json");
    const auto check = [&](const Envelope&,
                           base::Reader& body) -> absl::StatusOr<std::vector<TableInfo>> {
      ASSIGN_OR_RETURN(const std::string read, base::ReadAll(body, size_t{1} << 20));
      if (read.find(" end 6]") != std::string::npos) return std::vector<TableInfo>();
      return errs::IntegrityError("test", "the archive has no end");
    };
    return catalog_->Rebuild(context_, "prod", false, check, find);
  }

  std::string id_, dump_;
  Sidecar sidecar_;
};

TEST_F(ArchiveRebuildTest, MakesADamagedIndexAgain) {
  const size_t end = dump_.find(" end 6]");
  ASSERT_NE(end, std::string::npos);
  for (size_t at = end - 2; at < dump_.size(); at += at < end + 60 ? 1 : 37) {
    for (const bool cut : {false, true}) {
      std::string damaged = dump_.substr(0, cut ? at : dump_.size());
      if (!cut) damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
      ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(damaged));
      ASSERT_THAT(result.rebuilt, ElementsAre(id_)) << at << " " << cut;
      EXPECT_TRUE(ReadRaw(id_ + ".dump") == dump_) << at << " " << cut;
      ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
      EXPECT_EQ(rebuilt.index, sidecar_.index);
      EXPECT_EQ(rebuilt.checksum, sidecar_.checksum);
    }
  }
}

TEST_F(ArchiveRebuildTest, TheSidecarOfAWholeDumpHasItsIndex) {
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(dump_));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
  EXPECT_EQ(rebuilt.index, sidecar_.index);
}

TEST_F(ArchiveRebuildTest, WithoutItsDriverADumpHasNoIndex) {
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(dump_, nullptr));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
  EXPECT_EQ(rebuilt.index, std::nullopt);
}

TEST_F(ArchiveRebuildTest, RefusesALostFrameAndADamagedHead) {
  for (const std::string_view mark : {"SIPHFRM1", "HEAD"}) {
    std::string damaged = dump_;
    damaged[damaged.find(mark, kEnvelopeSize)] = '?';
    ASSERT_OK_AND_ASSIGN(const RebuildResult result, Rebuild(damaged));
    ASSERT_THAT(result.refused, SizeIs(1)) << mark;
    EXPECT_THAT(result.refused[0].why, StatusIs(errs::kIntegrity)) << mark;
    EXPECT_TRUE(ReadRaw(id_ + ".dump") == damaged);
  }
}

}  // namespace
}  // namespace siphon::dumps
