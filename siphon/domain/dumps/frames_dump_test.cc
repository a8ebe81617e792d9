// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps whose body is in frames: what a backup writes, and what a reader refuses.

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
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/frames_fixture.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/index_reader.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class FramesWriterTest : public CatalogTest {
 protected:
  absl::StatusOr<std::unique_ptr<PendingDump>> Create(int compression = 1) {
    return catalog_->Create(context_, {"prod", "sqlite", compression});
  }
  absl::Status Put(frames::Appender& appender, const frames::SampleItem& item, size_t part) {
    absl::StatusOr<frames::FramePacker> packer = frames::FramePacker::Create(1);
    if (!packer.ok()) return packer.status();
    return frames::WritePart(context_, *packer, appender, item, part);
  }
};

TEST_F(FramesWriterTest, ABodyOfFramesComesBackAsAStream) {
  const std::vector<frames::SampleItem> items = frames::SampleItems();
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeFramesDump(items));
  EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(frames::RowsOf(items))));
  EXPECT_THAT(catalog_->Verify(context_, sidecar.id), IsOk());
  // Without siphon: `tail -c +4097 FILE | zstd -d`.
  EXPECT_THAT(frames::Decompress(ReadRaw(sidecar.id + ".dump").substr(kEnvelopeSize)),
              IsOkAndHolds(Eq(frames::RowsOf(items))));
}

TEST_F(FramesWriterTest, FourWorkersWriteTheSameBytesAsOne) {
  const std::vector<frames::SampleItem> items = frames::SampleItems();
  ASSERT_OK_AND_ASSIGN(const Sidecar one, MakeFramesDump(items));
  ASSERT_OK_AND_ASSIGN(const auto dump, Create());
  ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dump->BeginFrames({}, plain_));
  absl::Mutex mutex;
  size_t item = 0;
  size_t part = 0;
  ASSERT_OK(base::RunWorkers(context_, 4, [&](const base::Context& context, int) {
    absl::StatusOr<frames::FramePacker> packer = frames::FramePacker::Create(1);
    if (!packer.ok()) return packer.status();
    while (true) {
      std::optional<frames::SamplePart> claimed;
      {
        const absl::MutexLock lock(&mutex);
        if (item == items.size()) return absl::OkStatus();
        absl::StatusOr<frames::SamplePart> next =
            frames::ClaimPart(context, *appender, items[item], part);
        if (!next.ok()) return next.status();
        claimed.emplace(*std::move(next));
        if (++part == items[item].parts.size()) {
          ++item;
          part = 0;
        }
      }
      const absl::Status written = claimed->Write(context, *packer);
      if (!written.ok()) return written;
    }
  }));
  ASSERT_OK_AND_ASSIGN(const Sidecar four, dump->Commit());
  EXPECT_THAT(ReadBody(four.id), IsOkAndHolds(Eq(frames::RowsOf(items))));
  // Envelopes and frames are the same; only the random number of the archive differs.
  EXPECT_EQ(four.size_bytes, one.size_bytes);
  EXPECT_EQ(four.index->offset, one.index->offset);
  EXPECT_NE(four.index->sha256, one.index->sha256);
}

TEST_F(FramesWriterTest, EnvelopeAndSidecarDescribeTheFrames) {
  const Contents contents{"3.46.1", {{"t", 3, 4096}}, 8192};
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeFramesDump(frames::SampleItems(), contents));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, made.id));
  EXPECT_EQ(dump.envelope.compression, "zstd");
  EXPECT_EQ(dump.envelope.layout, "frames/1");
  EXPECT_EQ(dump.envelope.tables, contents.tables);
  ASSERT_TRUE(made.index.has_value());
  EXPECT_EQ(dump.sidecar.index, made.index);
  // The record is that of the index at the end of the body.
  const std::string file = ReadRaw(made.id + ".dump");
  const base::RandomAccessString whole(file);
  const base::RandomAccessTail body(&whole, kEnvelopeSize);
  ASSERT_OK_AND_ASSIGN(const frames::IndexReader index,
                       frames::IndexReader::Open(context_, &body, *plain_, std::nullopt));
  EXPECT_EQ(frames::ToHex(index.root()), made.index->sha256);
  EXPECT_THAT(index.directory().items, SizeIs(frames::SampleItems().size()));
  EXPECT_EQ(file.substr(kEnvelopeSize + made.index->offset + 8, 8), "SIPHIDX1");
}

// docs/contracts.md#dump-file and docs/contracts.md#sidecar, read without siphon's code.
TEST_F(FramesWriterTest, SiphonInGoListsAndVerifiesTheDump) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeFramesDump(frames::SampleItems()));
  const std::string dump = ReadRaw(made.id + ".dump");
  EXPECT_THAT(dump, StartsWith(R"(SIPH{"siphon":"1.0","type":"base","driver":"sqlite",)"
                               R"("created":"2026-03-01T11:22:33Z","compression":"zstd",)"
                               R"("layout":"frames/1"} )"));
  EXPECT_EQ(dump[kEnvelopeSize - 1], '\n');
  EXPECT_EQ(
      ReadRaw(made.id + ".meta.json"),
      absl::StrCat("{\n  \"id\": \"", made.id,
                   "\",\n  \"profile\": \"prod\",\n  \"driver\": \"sqlite\",\n"
                   "  \"engine_version\": \"\",\n  \"dump_format\": \"custom\",\n"
                   "  \"size_bytes\": ",
                   dump.size(), ",\n  \"checksum\": \"", DigestOf(dump),
                   "\",\n  \"created\": \"2026-03-01T13:22:33+02:00\",\n"
                   "  \"tables\": null,\n  \"took_ms\": 1000,\n  \"index_offset\": ",
                   made.index->offset, ",\n  \"index_sha256\": \"", made.index->sha256, "\"\n}"));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  EXPECT_THAT(listing.dumps, ElementsAre(IdIs(made.id)));
}

TEST_F(FramesWriterTest, AFormatThatIsCompressedKeepsItsFrames) {
  Contents contents;
  contents.compressed = true;
  const auto layout = std::make_shared<frames::MarkingLayout>();
  ASSERT_OK_AND_ASSIGN(const auto dump, Create());
  ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dump->BeginFrames(contents, layout));
  ASSERT_OK(Put(*appender, {7, "t", {{"row\n"}}}, 0));
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  ASSERT_OK_AND_ASSIGN(const OpenDump open, catalog_->Open(context_, sidecar.id));
  EXPECT_EQ(open.envelope.compression, "");
  EXPECT_EQ(open.envelope.layout, "frames/1");
  // The reader of the format decompresses it.
  ASSERT_OK_AND_ASSIGN(const std::string body, base::ReadAll(*open.body, 1 << 20));
  EXPECT_EQ(body, ReadRaw(sidecar.id + ".dump").substr(kEnvelopeSize));
  EXPECT_THAT(body, StartsWith("[item 7 "));
}

TEST_F(FramesWriterTest, CountsTheBodyBeforeCompressionAtItsEnd) {
  const frames::SampleItem item{1, "t", {{std::string(100'000, 'x')}}};
  ASSERT_OK_AND_ASSIGN(const auto dump, Create());
  ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dump->BeginFrames({}, plain_));
  ASSERT_OK(Put(*appender, item, 0));
  EXPECT_EQ(dump->body_bytes(), 0u);
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  EXPECT_EQ(dump->body_bytes(), 100'000u);
  EXPECT_LT(sidecar.size_bytes, 100'000u);
}

TEST_F(FramesWriterTest, BeginningAgainDropsWhatWasWritten) {
  const frames::SampleItem old{1, "old", {{"old\n"}}};
  const frames::SampleItem fresh{1, "new", {{"new\n"}}};
  ASSERT_OK_AND_ASSIGN(const auto dump, Create());
  ASSERT_OK_AND_ASSIGN(base::Writer * stream, dump->Begin({}));
  ASSERT_OK(stream->Write("a stream"));
  ASSERT_OK_AND_ASSIGN(frames::Appender * first, dump->BeginFrames({"old", {}, 0}, plain_));
  ASSERT_OK(Put(*first, old, 0));
  ASSERT_OK_AND_ASSIGN(frames::Appender * second, dump->BeginFrames({"new", {}, 0}, plain_));
  ASSERT_OK(Put(*second, fresh, 0));
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  EXPECT_EQ(sidecar.engine_version, "new");
  EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq("new\n")));
  EXPECT_THAT(Names(), ElementsAre(sidecar.id + ".dump", sidecar.id + ".meta.json"));
}

TEST_F(FramesWriterTest, AStreamAfterFramesIsAStream) {
  ASSERT_OK_AND_ASSIGN(const auto dump, Create());
  ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dump->BeginFrames({}, plain_));
  ASSERT_OK(Put(*appender, {1, "t", {{"row\n"}}}, 0));
  ASSERT_OK_AND_ASSIGN(base::Writer * stream, dump->Begin({}));
  ASSERT_OK(stream->Write("a stream"));
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, dump->Commit());
  EXPECT_EQ(sidecar.index, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const OpenDump open, catalog_->Open(context_, sidecar.id));
  EXPECT_EQ(open.envelope.layout, "");
  EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq("a stream")));
}

TEST_F(FramesWriterTest, ADumpWhoseLastItemHasNotEndedIsNotPublished) {
  const frames::SampleItem item{1, "t", {{"a\n"}, {"b\n"}}};
  {
    ASSERT_OK_AND_ASSIGN(const auto dump, Create());
    ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dump->BeginFrames({}, plain_));
    ASSERT_OK(Put(*appender, item, 0));
    EXPECT_THAT(dump->Commit(),
                StatusIs(errs::kIntegrity, HasSubstr("which does not end its item")));
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(FramesWriterTest, LeavesNothingWhenItIsDroppedOrCancelled) {
  const frames::SampleItem item = frames::LargeItem(1, "t", 2, 100);
  std::stop_source stop;
  {
    ASSERT_OK_AND_ASSIGN(const auto dropped, Create());
    ASSERT_OK_AND_ASSIGN(frames::Appender * appender, dropped->BeginFrames({}, plain_));
    ASSERT_OK(Put(*appender, item, 0));
    ASSERT_OK_AND_ASSIGN(
        const auto cancelled,
        catalog_->Create(base::Context(stop.get_token(), nullptr), {"p", "sqlite", 1}));
    ASSERT_OK_AND_ASSIGN(appender, cancelled->BeginFrames({}, plain_));
    ASSERT_OK(Put(*appender, item, 0));
    stop.request_stop();
    EXPECT_THAT(Put(*appender, item, 1), StatusIs(errs::kCancelled));
    EXPECT_THAT(cancelled->Commit(), StatusIs(errs::kCancelled));
    EXPECT_THAT(Names(), SizeIs(2));
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(FramesWriterTest, RefusesFramesWithoutCompression) {
  ASSERT_OK_AND_ASSIGN(const auto dump, Create(0));
  EXPECT_THAT(dump->BeginFrames({}, plain_), StatusIs(errs::kInternal, HasSubstr("level is 0")));
}

// The bodies of these tests are damaged, or made to deceive.
class FramesReaderTest : public FramesTest {
 protected:
  void ExpectRefused(const std::vector<std::string>& pieces, std::string_view words) {
    WriteSealed(Join(pieces));
    EXPECT_THAT(catalog_->Verify(context_, id_), IsOk());  // The checksum fits.
    EXPECT_THAT(ReadBody(id_),
                AllOf(StatusIs(errs::kIntegrity, AllOf(HasSubstr(absl::StrCat("dump ", id_, ": ")),
                                                       HasSubstr(std::string(words)))),
                      HasExitCode(errs::Code::kIntegrity)));
  }
};

TEST_F(FramesReaderTest, TheTestsPiecesAreTheBody) {
  EXPECT_GT(pieces_.size(), 10u);
  EXPECT_EQ(Join(pieces_), dump_.substr(kEnvelopeSize));
  WriteSealed(Join(pieces_));
  EXPECT_THAT(ReadBody(id_), IsOkAndHolds(Eq(frames::RowsOf(frames::SampleItems()))));
}

TEST_F(FramesReaderTest, RefusesATruncatedBody) {
  std::vector<std::string> pieces = pieces_;
  pieces.back().pop_back();
  ExpectRefused(pieces, "cut off");
  pieces.pop_back();  // The index.
  ExpectRefused(pieces, "cut off");
  pieces.back().pop_back();
  ExpectRefused(pieces, "cut off");
  ExpectRefused({}, "cut off");
}

TEST_F(FramesReaderTest, RefusesAMissingFrame) {
  std::vector<std::string> pieces = pieces_;
  pieces.erase(pieces.begin() + 2);
  ExpectRefused(pieces, "frame 3 of part 0 of item 17 cannot follow frame 1 of part 0 of item 17");
  pieces = pieces_;
  pieces.erase(pieces.begin());
  ExpectRefused(pieces, "frame 1 of part 0 of item 17 cannot be the first frame");
}

TEST_F(FramesReaderTest, RefusesReorderedSwappedAndDoubledFrames) {
  std::vector<std::string> pieces = pieces_;
  std::swap(pieces[1], pieces[2]);
  ExpectRefused(pieces, "frame 2 of part 0 of item 17 cannot follow frame 0 of part 0 of item 17");
  pieces = pieces_;
  std::swap(pieces[0], pieces[pieces.size() - 2]);
  ExpectRefused(pieces, "cannot follow");
  pieces = pieces_;
  pieces.insert(pieces.begin() + 1, pieces[1]);
  ExpectRefused(pieces, "frame 1 of part 0 of item 17 cannot follow frame 1 of part 0 of item 17");
  pieces = pieces_;
  pieces.insert(pieces.end() - 1, pieces[pieces.size() - 2]);  // A whole item.
  ExpectRefused(pieces, "cannot follow");
}

TEST_F(FramesReaderTest, RefusesAForeignFrame) {
  ASSERT_OK_AND_ASSIGN(const Sidecar other,
                       MakeFramesDump(frames::SampleItems(), {"3.46.1", {{"t", 1, 2}}, 0}));
  const std::vector<std::string> foreign =
      PiecesOf(ReadRaw(other.id + ".dump").substr(kEnvelopeSize));
  ASSERT_EQ(foreign.size(), pieces_.size());
  std::vector<std::string> pieces = pieces_;
  pieces[3] = foreign[3];
  ExpectRefused(pieces, "belongs to another archive");
}

TEST_F(FramesReaderTest, RefusesADamagedFrameAndHeader) {
  std::vector<std::string> pieces = pieces_;
  pieces[4].back() ^= 1;
  ExpectRefused(pieces, "its SHA-256 differs");
  pieces = pieces_;
  pieces[4][20] ^= 1;
  ExpectRefused(pieces, "its CRC32C differs");
  pieces = pieces_;
  pieces[4][0] ^= 1;
  ExpectRefused(pieces, "skippable frame at offset");
}

TEST_F(FramesReaderTest, RefusesAChunkHeaderThatContradictsItsFrame) {
  const auto with = [&](auto change) {
    std::vector<std::string> pieces = pieces_;
    size_t size = 0;
    absl::StatusOr<frames::ChunkHeader> header = frames::DecodeChunkHeader(pieces[2], 0, size);
    EXPECT_THAT(header, IsOk());
    change(*header);
    const absl::StatusOr<std::string> changed = frames::EncodeChunkHeader(*header);
    EXPECT_THAT(changed, IsOk());
    pieces[2].replace(0, size, *changed);
    return pieces;
  };
  using frames::ChunkHeader;
  WriteSealed(Join(with([](ChunkHeader&) {})));
  EXPECT_THAT(ReadBody(id_), IsOk());
  ExpectRefused(with([](ChunkHeader& header) { ++header.frame.raw; }), "the zstd frame does not");
  ExpectRefused(with([](ChunkHeader& header) { header.frame.raw = frames::kMaxRaw; }),
                "the zstd frame does not have 8388608 bytes");
  ExpectRefused(with([](ChunkHeader& header) { ++header.frame.packed; }), "its SHA-256 differs");
  ExpectRefused(with([](ChunkHeader& header) { header.name = "public.other"; }),
                "its item began as public.items");
  ExpectRefused(with([](ChunkHeader& header) { header.frame.part = 1; }), "cannot follow");
}

TEST_F(FramesReaderTest, RefusesBytesAfterTheIndexAndBetweenFrames) {
  std::vector<std::string> pieces = pieces_;
  pieces.emplace_back("x");
  ExpectRefused(pieces, "bytes follow the index");
  pieces = pieces_;
  pieces.insert(pieces.begin() + 1, "\x28\xb5\x2f\xfd  a frame without a chunk header");
  ExpectRefused(pieces, "skippable frame at offset");
}

TEST_F(FramesReaderTest, RefusesFramesWhereTheEnvelopeNamesNoLayout) {
  constexpr std::string_view kLayout = R"(,"layout":"frames/1")";
  dump_ = absl::StrReplaceAll(dump_, {{kLayout, std::string(kLayout.size(), ' ')}});
  sidecar_.index.reset();
  WriteSealed(Join(pieces_));
  EXPECT_THAT(ReadBody(id_),
              StatusIs(errs::kIntegrity, AllOf(HasSubstr(id_), HasSubstr("skippable frame"))));
}

TEST_F(FramesReaderTest, RefusesALayoutThatItDoesNotKnow) {
  dump_ = absl::StrReplaceAll(dump_, {{"frames/1", "frames/2"}});
  WriteSealed(Join(pieces_));
  const auto refused =
      AllOf(StatusIs(errs::kIntegrity, HasSubstr("layout \"frames/2\" is not known")),
            HasHint(HasSubstr("newer siphon")), HasExitCode(errs::Code::kIntegrity));
  EXPECT_THAT(catalog_->Verify(context_, id_), refused);
  EXPECT_THAT(catalog_->Open(context_, id_), refused);
}

TEST_F(FramesReaderTest, RebuildReadsTheFrames) {
  const auto check = [&](const Envelope& envelope,
                         base::Reader& body) -> absl::StatusOr<std::vector<TableInfo>> {
    EXPECT_EQ(envelope.layout, "frames/1");
    absl::StatusOr<std::string> rows = base::ReadAll(body, 1 << 20);
    if (!rows.ok()) return rows.status();
    EXPECT_EQ(*rows, frames::RowsOf(frames::SampleItems()));
    return std::vector<TableInfo>();
  };
  RemoveRaw(id_ + ".meta.json");
  ASSERT_OK_AND_ASSIGN(const RebuildResult result,
                       catalog_->Rebuild(context_, "prod", false, check));
  EXPECT_THAT(result.rebuilt, ElementsAre(id_));
  EXPECT_THAT(catalog_->Verify(context_, id_), IsOk());
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, id_));
  EXPECT_EQ(rebuilt.checksum, sidecar_.checksum);
  EXPECT_EQ(rebuilt.index, sidecar_.index);
}

}  // namespace
}  // namespace siphon::dumps
