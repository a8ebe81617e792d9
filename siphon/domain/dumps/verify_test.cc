// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Catalog::Verify() and Open() refuse every dump that differs from its records.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_fixture.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;

// Text that compresses, yet not to nothing.
std::string SomeBody(size_t size) {
  std::mt19937 random(4711);
  std::string body;
  while (body.size() < size) absl::StrAppend(&body, "row ", random() % 100'000, "\n");
  body.resize(size);
  return body;
}

// Some parts with the bytes of `body`.
std::vector<frames::Rows> RowsOf(std::string_view body) {
  constexpr size_t kPart = 100'000;
  constexpr size_t kRow = 1234;
  std::vector<frames::Rows> parts;
  for (size_t at = 0; at < body.size(); at += kPart) {
    const std::string_view part = body.substr(at, kPart);
    parts.emplace_back();
    for (size_t row = 0; row < part.size(); row += kRow) {
      parts.back().emplace_back(part.substr(row, kRow));
    }
  }
  return parts;
}

// Stands for a body in frames in place of a compression level.
constexpr int kInFrames = -1;

// With a bare body, with a compressed one, and with one in frames.
class VerifyTest : public CatalogTest, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    body_ = SomeBody(300'000);
    const Contents contents{"3.46.1", {{"t", 1, 2}}, 0};
    const auto sidecar = GetParam() == kInFrames
                             ? MakeFramesDump({{7, "t", RowsOf(body_)}}, contents)
                             : MakeDump(body_, GetParam(), contents);
    ASSERT_THAT(sidecar, IsOk());
    id_ = sidecar->id;
    dump_ = ReadRaw(id_ + ".dump");
    sidecar_ = ReadRaw(id_ + ".meta.json");
  }

  void ChangeSidecar(std::string_view from, std::string_view to) const {
    ASSERT_THAT(sidecar_, HasSubstr(from));
    WriteRaw(id_ + ".meta.json", absl::StrReplaceAll(sidecar_, {{from, to}}));
  }
  // A dump and a sidecar with its size and checksum.
  void WriteSealed(std::string_view dump) const {
    base::Sha256 hash;
    hash.Update(dump);
    Sidecar sidecar = *DecodeSidecar(sidecar_);
    sidecar.size_bytes = dump.size();
    sidecar.checksum = hash.Digest();
    WriteRaw(id_ + ".dump", dump);
    WriteRaw(id_ + ".meta.json", EncodeSidecar(sidecar, absl::UTCTimeZone()));
  }

  // Verify() and Open() refuse the dump with a message that contains `words`.
  void ExpectRefused(std::string_view words) {
    const auto refused =
        AllOf(StatusIs(errs::kIntegrity, AllOf(HasSubstr(std::string(words)), HasSubstr(id_))),
              HasExitCode(errs::Code::kIntegrity));
    EXPECT_THAT(catalog_->Verify(context_, id_), refused);
    EXPECT_THAT(ReadBody(id_), refused);
  }

  std::string id_, body_, dump_, sidecar_;
};

INSTANTIATE_TEST_SUITE_P(BareAndZstdAndFrames, VerifyTest, ::testing::Values(0, 1, kInFrames),
                         [](const auto& info) {
                           return info.param == 0 ? "bare" : info.param == 1 ? "zstd" : "frames";
                         });

TEST_P(VerifyTest, AcceptsWhatWasWritten) {
  ASSERT_OK_AND_ASSIGN(const Verification verification, catalog_->Verify(context_, id_));
  EXPECT_EQ(verification.sidecar.id, id_);
  EXPECT_EQ(verification.envelope.driver, "sqlite");
  ASSERT_OK_AND_ASSIGN(const std::string body, ReadBody(id_));
  EXPECT_TRUE(body == body_);
}

TEST_P(VerifyTest, TellsItsStageHowFarItIs) {
  siphon::testing::EventLog log;
  const base::Context context(std::stop_token(), &log);
  base::Stage stage(context, "verify");
  EXPECT_THAT(catalog_->Verify(context, id_, &stage), IsOk());
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  const std::vector<base::Event> events = log.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().bytes, dump_.size());
  EXPECT_THAT(events.back().total_bytes, ::testing::Optional(uint64_t{dump_.size()}));
}

TEST_P(VerifyTest, ReadsInPiecesOfAnySize) {
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, id_));
  std::string body;
  std::vector<char> buffer(777);
  while (true) {
    ASSERT_OK_AND_ASSIGN(const size_t count, dump.body->Read(absl::MakeSpan(buffer)));
    if (count == 0) break;
    body.append(buffer.data(), count);
  }
  EXPECT_TRUE(body == body_);
  EXPECT_THAT(dump.body->Read(absl::MakeSpan(buffer)), IsOkAndHolds(Eq(0u)));
}

TEST_P(VerifyTest, RefusesEveryChangedByte) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string changed = dump_;
    // Every fourth byte of the envelope, which is small.
    const size_t at = random() % (i % 4 == 0 ? kEnvelopeSize : changed.size());
    changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
    WriteRaw(id_ + ".dump", changed);
    EXPECT_THAT(catalog_->Verify(context_, id_), StatusIs(errs::kIntegrity)) << "byte " << at;
    EXPECT_THAT(ReadBody(id_), StatusIs(errs::kIntegrity)) << "byte " << at;
  }
}

TEST_P(VerifyTest, RefusesEveryTruncation) {
  std::mt19937 random(2);
  std::vector<size_t> sizes = {0, 1, 4095, 4096, 4097, dump_.size() - 1};
  for (int i = 0; i < 30; ++i) sizes.push_back(random() % dump_.size());
  for (const size_t size : sizes) {
    WriteRaw(id_ + ".dump", dump_.substr(0, size));
    ExpectRefused(absl::StrCat("has ", size, " bytes, its sidecar says ", dump_.size()));
  }
}

TEST_P(VerifyTest, RefusesTrailingBytes) {
  WriteRaw(id_ + ".dump", dump_ + '\0');
  ExpectRefused(absl::StrCat("has ", dump_.size() + 1, " bytes"));
}

TEST_P(VerifyTest, NamesTheChecksums) {
  std::string changed = dump_;
  changed[kEnvelopeSize - 100] = '\t';  // Padding that is valid for JSON.
  WriteRaw(id_ + ".dump", changed);
  ExpectRefused("has the checksum sha256:");
  ExpectRefused(DecodeSidecar(sidecar_)->checksum);
}

TEST_P(VerifyTest, RefusesASidecarWithoutAUsableChecksum) {
  const std::string checksum = DecodeSidecar(sidecar_)->checksum;
  ChangeSidecar(checksum, "");
  ExpectRefused("holds no checksum");
  ChangeSidecar("\"checksum\"", "\"checksun\"");
  ExpectRefused("holds no checksum");
  ChangeSidecar(checksum, "sha256:1234");
  ExpectRefused("not \"sha256:\" and 64 hex digits");
  ChangeSidecar(checksum, "sha256:" + std::string(64, '0'));
  ExpectRefused("its sidecar says sha256:0000");
}

TEST_P(VerifyTest, RefusesASidecarThatIsOfAnotherDump) {
  ChangeSidecar("\"driver\": \"sqlite\"", "\"driver\": \"mysql\"");
  ExpectRefused("the sidecar's driver is \"mysql\"");
  ChangeSidecar("3.46.1", "3.46.2");
  ExpectRefused("engine_version is \"3.46.2\"");
  ChangeSidecar("\"rows\": 1", "\"rows\": 10");
  ExpectRefused("table 1");
  ChangeSidecar("\"custom\"", "\"jsonl-changes\"");
  ExpectRefused("dump_format");
  ChangeSidecar("\"tables\"", "\"base_id\": \"B\", \"parent_id\": \"P\", \"tables\"");
  ExpectRefused("base_id");
}

TEST_P(VerifyTest, RefusesACorruptSidecarAndAMissingDump) {
  WriteRaw(id_ + ".meta.json", "{}");
  ExpectRefused("invalid sidecar");
  WriteRaw(id_ + ".meta.json", sidecar_);
  RemoveRaw(id_ + ".dump");
  ExpectRefused("is missing");
}

TEST_P(VerifyTest, RefusesAnEnvelopeThatItDoesNotKnowThoughItsChecksumFits) {
  const auto with_envelope = [&](std::string_view json) {
    return HandMadeDump(json, dump_.substr(kEnvelopeSize));
  };
  WriteSealed(with_envelope(
      R"({"siphon":"2.0","type":"base","driver":"sqlite","created":"2026-03-01T11:22:33Z"})"));
  ExpectRefused("is not \"1.x\"");
  WriteSealed(with_envelope(
      R"({"siphon":"1.0","type":"odd","driver":"sqlite","created":"2026-03-01T11:22:33Z"})"));
  ExpectRefused("type \"odd\" is not known");
  WriteSealed(with_envelope(R"({"siphon":"1.0","type":"base","driver":"sqlite",)"
                            R"("created":"2026-03-01T11:22:33Z","compression":"lz4"})"));
  ExpectRefused("compression \"lz4\" is not known");
  WriteSealed("no envelope at all");
  ExpectRefused("short read");
  WriteSealed(std::string(5000, 'x'));
  ExpectRefused("missing magic");
}

TEST_P(VerifyTest, EndsWithItsContext) {
  std::stop_source stop;
  stop.request_stop();
  const base::Context context(stop.get_token(), nullptr);
  EXPECT_THAT(catalog_->Verify(context, id_), StatusIs(errs::kCancelled));
  EXPECT_THAT(catalog_->Open(context, id_), StatusIs(errs::kCancelled));
}

using OpenTest = CatalogTest;

TEST_F(OpenTest, ABareBodyInALocalStoreIsAPartOfAFile) {
  ASSERT_OK_AND_ASSIGN(const Sidecar bare, MakeDump("0123456789", 0));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog_->Open(context_, bare.id));
  std::optional<base::FileRegion> region = dump.body->region();
  ASSERT_TRUE(region.has_value());
  EXPECT_EQ(region->path, Path(bare.id + ".dump"));
  EXPECT_EQ(region->offset, kEnvelopeSize);
  std::vector<char> buffer(4);
  ASSERT_OK(dump.body->Read(absl::MakeSpan(buffer)));
  EXPECT_EQ(dump.body->region()->offset, kEnvelopeSize + 4);
  ASSERT_OK_AND_ASSIGN(const Sidecar packed, MakeDump("0123456789", 1));
  ASSERT_OK_AND_ASSIGN(const OpenDump other, catalog_->Open(context_, packed.id));
  EXPECT_EQ(other.body->region(), std::nullopt);
}

TEST_F(OpenTest, TheErrorComesInsteadOfTheEnd) {
  ASSERT_OK_AND_ASSIGN(const Sidecar sidecar, MakeDump("0123456789", 0));
  std::string dump = ReadRaw(sidecar.id + ".dump");
  dump[4096] = 'x';
  WriteRaw(sidecar.id + ".dump", dump);
  ASSERT_OK_AND_ASSIGN(const OpenDump open, catalog_->Open(context_, sidecar.id));
  std::vector<char> buffer(100);
  EXPECT_THAT(open.body->Read(absl::MakeSpan(buffer)), IsOkAndHolds(Eq(10u)));
  EXPECT_THAT(open.body->Read(absl::MakeSpan(buffer)), StatusIs(errs::kIntegrity));
  EXPECT_THAT(open.body->Read(absl::MakeSpan(buffer)), StatusIs(errs::kIntegrity));
}

TEST_F(OpenTest, RefusesABodyWithASecondFrameThoughTheChecksumFits) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("body", 1));
  const std::string whole = ReadRaw(made.id + ".dump");
  const std::string dump = whole + whole.substr(kEnvelopeSize);
  base::Sha256 hash;
  hash.Update(dump);
  Sidecar sidecar = made;
  sidecar.size_bytes = dump.size();
  sidecar.checksum = hash.Digest();
  WriteRaw(made.id + ".dump", dump);
  WriteRaw(made.id + ".meta.json", EncodeSidecar(sidecar, absl::UTCTimeZone()));
  EXPECT_THAT(ReadBody(made.id), StatusIs(errs::kIntegrity, HasSubstr(made.id)));
}

}  // namespace
}  // namespace siphon::dumps
