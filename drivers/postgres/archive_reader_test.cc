// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_reader.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/sample_archive.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PieceReader;
using ::testing::HasSubstr;

class ArchiveReaderTest : public ::testing::TestWithParam<std::string> {
 protected:
  base::Context context_;
};

// The body as the reader hands it out, put together again.
absl::StatusOr<std::string> Copy(std::string_view body, size_t piece_size,
                                 const std::unordered_set<uint32_t>& left_out = {}) {
  const base::Context context;
  PieceReader source(body, piece_size);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(context);
  if (!archive.ok()) return archive.status();
  reader.LeaveOut(left_out);
  std::vector<std::string_view> entries;
  for (const ArchiveEntry& entry : (*archive)->entries) entries.push_back(entry.raw);
  std::string copy = FormatArchiveHead(**archive, entries);
  bool open = false;
  while (true) {
    const absl::StatusOr<std::optional<ArchiveReader::Piece>> piece = reader.Next(context);
    if (!piece.ok()) return piece.status();
    if (!piece->has_value()) break;
    EXPECT_EQ((*piece)->first, !open);
    if ((*piece)->first) absl::StrAppend(&copy, FormatBlockHeader(*(*piece)->entry));
    absl::StrAppend(&copy, (*piece)->bytes);
    open = !(*piece)->last;
  }
  EXPECT_FALSE(open);
  return copy;
}

TEST_P(ArchiveReaderTest, HandsOutWhatItReads) {
  const std::string body = LoadSample(GetParam());
  for (const size_t piece_size : {size_t{1}, size_t{7}, size_t{4096}, body.size()}) {
    EXPECT_THAT(Copy(body, piece_size), IsOkAndHolds(body)) << piece_size;
  }
}

TEST_P(ArchiveReaderTest, LeavesOutLargeObjects) {
  const std::string body = LoadSample(GetParam());
  ASSERT_OK_AND_ASSIGN(const std::string without, Copy(body, body.size(), {16495}));
  ASSERT_OK_AND_ASSIGN(const std::string none, Copy(body, body.size(), {16495, 16496}));
  EXPECT_LT(without.size(), body.size());
  EXPECT_LT(none.size(), without.size());
  for (const size_t piece_size : {size_t{1}, size_t{7}, size_t{4096}}) {
    EXPECT_THAT(Copy(body, piece_size, {16495}), IsOkAndHolds(without)) << piece_size;
    EXPECT_THAT(Copy(without, piece_size), IsOkAndHolds(without)) << piece_size;
    EXPECT_THAT(Copy(without, piece_size, {16496}), IsOkAndHolds(none)) << piece_size;
    // 0 is the end of the block and no oid.
    EXPECT_THAT(Copy(body, piece_size, {0, 1}), IsOkAndHolds(body)) << piece_size;
  }
}

TEST_P(ArchiveReaderTest, TellsChecksumAndSizeOfTheBody) {
  const std::string body = LoadSample(GetParam());
  PieceReader source(body);
  const absl::StatusOr<verbs::VerifyReport> report = VerifyBody(context_, source);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->bytes, body.size());
  EXPECT_EQ(report->format, "custom");
  EXPECT_THAT(report->checksum, ::testing::StartsWith("sha256:"));
}

TEST_P(ArchiveReaderTest, RefusesABodyThatIsCutOffAnywhere) {
  const std::string body = LoadSample(GetParam());
  for (size_t size = 0; size < body.size(); size += 13) {
    const std::string cut = body.substr(0, size);
    PieceReader source(cut);
    EXPECT_THAT(VerifyBody(context_, source), StatusIs(errs::kIntegrity)) << size;
  }
}

TEST_P(ArchiveReaderTest, RefusesBytesBehindTheEnd) {
  const std::string body = LoadSample(GetParam());
  for (const std::string_view tail : {std::string_view("x"), std::string_view("\1\0\1\0\0\0", 6)}) {
    const std::string longer = absl::StrCat(body, tail);
    PieceReader source(longer);
    EXPECT_THAT(VerifyBody(context_, source), StatusIs(errs::kIntegrity));
  }
}

// The block of an index (docs/dumps.md#postgresql-archives) after all others.
TEST_P(ArchiveReaderTest, LeavesAnIndexAtTheEndToOthers) {
  const std::string body = LoadSample(GetParam());
  const std::string index = absl::StrCat(std::string(1, '\1'), EncodeArchiveInt(1'000'000),
                                         EncodeArchiveInt(5), "index", EncodeArchiveInt(0));
  const std::string whole = body + index;
  for (const size_t piece_size : {size_t{1}, size_t{7}, size_t{4096}, whole.size()}) {
    EXPECT_THAT(Copy(whole, piece_size), IsOkAndHolds(body)) << piece_size;
    EXPECT_THAT(Copy(whole, piece_size, {0, 1}), IsOkAndHolds(body)) << piece_size;
  }
  PieceReader source(whole);
  const absl::StatusOr<verbs::VerifyReport> report = VerifyBody(context_, source);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->bytes, whole.size());
  for (size_t size = body.size() + 1; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    PieceReader cut_source(cut);
    EXPECT_THAT(VerifyBody(context_, cut_source), StatusIs(errs::kIntegrity)) << size;
  }
}

TEST_P(ArchiveReaderTest, RefusesAnIndexInAnotherPlace) {
  const std::string body = LoadSample(GetParam());
  PieceReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(context_);
  ASSERT_THAT(archive, IsOk());
  std::vector<std::string_view> entries;
  for (const ArchiveEntry& entry : (*archive)->entries) entries.push_back(entry.raw);
  const std::string head = FormatArchiveHead(**archive, entries);
  const auto index = [](int64_t id, char type, int64_t length) {
    return absl::StrCat(std::string(1, type), EncodeArchiveInt(id), EncodeArchiveInt(length),
                        EncodeArchiveInt(0));
  };
  const std::string good = index(1'000'000, '\1', 0).substr(0, 11);
  for (const std::string& bad :
       {absl::StrCat(head, good, body.substr(head.size())), absl::StrCat(body, good, good),
        absl::StrCat(body, good, "x"), absl::StrCat(body, index(1'000'000, '\3', 0)),
        absl::StrCat(body, index(-1, '\1', 0)), absl::StrCat(body, index(1'000'000, '\1', -1)),
        absl::StrCat(body, index((*archive)->entries[0].id, '\1', 0).substr(0, 11))}) {
    PieceReader bad_source(bad);
    EXPECT_THAT(VerifyBody(context_, bad_source), StatusIs(errs::kIntegrity));
  }
}

TEST_P(ArchiveReaderTest, SurvivesChangedBytes) {
  const std::string body = LoadSample(GetParam());
  for (size_t i = 0; i < body.size(); i += 7) {
    std::string changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 0x81);
    PieceReader source(changed);
    // Most bytes of definitions and data may be anything; the point is the way it ends.
    const absl::Status status = VerifyBody(context_, source).status();
    if (status.ok()) continue;
    EXPECT_TRUE(errs::Is(status, errs::kIntegrity) || errs::Is(status, errs::kDriverUnsupported))
        << i << ": " << status;
  }
}

TEST_P(ArchiveReaderTest, KnowsTheTablesOfTheSample) {
  const std::string body = LoadSample(GetParam());
  PieceReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(context_);
  ASSERT_THAT(archive, IsOk());
  EXPECT_EQ((*archive)->header.database, "sample");
  EXPECT_FALSE((*archive)->header.server_version.empty());
  std::set<std::string> data, extensions, schemas;
  for (const ArchiveEntry& entry : (*archive)->entries) {
    if (entry.kind == "TABLE DATA") {
      EXPECT_TRUE(entry.has_data);
      EXPECT_EQ(entry.section, Section::kData);
      EXPECT_THAT(std::string(entry.copy_statement), ::testing::StartsWith("COPY "));
      data.insert(absl::StrCat(entry.schema, ".", entry.tag));
    }
    if (entry.kind == "EXTENSION") extensions.insert(std::string(entry.tag));
    if (entry.kind == "SCHEMA") schemas.insert(std::string(entry.tag));
    if (entry.kind == "TABLE" && entry.tag == "items") {
      EXPECT_EQ(entry.owner, "app");
      EXPECT_THAT(std::string(entry.definition), HasSubstr("CREATE TABLE public.items"));
      EXPECT_EQ(entry.drop_statement, "DROP TABLE public.items;\n");
    }
    if (entry.kind == "FK CONSTRAINT") {
      EXPECT_FALSE(entry.dependencies.empty());
    }
  }
  EXPECT_THAT(data, ::testing::ElementsAre("public.accounts", "public.items", "sales.Mixed Case",
                                           "sales.orders_2023", "sales.orders_2024"));
  EXPECT_THAT(extensions, ::testing::ElementsAre("pgcrypto"));
  EXPECT_THAT(schemas, ::testing::ElementsAre("sales"));
}

TEST_P(ArchiveReaderTest, ReadsAnEntryOfItsOwnMaking) {
  const std::string body = LoadSample(GetParam());
  PieceReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(context_);
  ASSERT_THAT(archive, IsOk());
  const std::string entry =
      FormatEntry((*archive)->header, {1 << 30, kCommandKind, "siphon clean", "SELECT 1;"});
  const std::string head = FormatArchiveHead(**archive, {entry, (*archive)->entries[0].raw});
  const absl::StatusOr<Archive> again = ParseArchiveHead({head.begin(), head.end()});
  ASSERT_THAT(again, IsOk());
  ASSERT_EQ(again->entries.size(), 2u);
  EXPECT_EQ(again->entries[0].id, 1 << 30);
  EXPECT_EQ(again->entries[0].tag, "siphon clean");
  EXPECT_EQ(again->entries[0].definition, "SELECT 1;");
  EXPECT_FALSE(again->entries[0].has_data);
  EXPECT_EQ(again->entries[1].raw, (*archive)->entries[0].raw);
}

INSTANTIATE_TEST_SUITE_P(Samples, ArchiveReaderTest,
                         ::testing::Values("sample-1.14-gzip.dump", "sample-1.14-plain.dump",
                                           "sample-1.16-zstd.dump", "sample-1.16-statistics.dump"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
                           return name;
                         });

TEST(ArchiveTest, ANewerVersionIsNamed) {
  std::string body = LoadSample("sample-1.14-gzip.dump");
  body[6] = 17;
  PieceReader source(body);
  EXPECT_THAT(VerifyBody(base::Context(), source),
              StatusIs(errs::kDriverUnsupported, HasSubstr("1.17")));
}

TEST(ArchiveTest, OtherFilesAreNoArchives) {
  for (const std::string_view text :
       {"SELECT 1;", "SQLite format 3", "PGDM", "--\n-- PostgreSQL database dump\n--\n"}) {
    PieceReader source(text);
    EXPECT_THAT(VerifyBody(base::Context(), source), StatusIs(errs::kIntegrity)) << text;
  }
}

TEST(ArchiveTest, NumbersKeepTheirSign) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{2147483647},
                              int64_t{-2147483648}, int64_t{4294967295}}) {
    EXPECT_EQ(DecodeArchiveInt(EncodeArchiveInt(value)), value);
  }
}

}  // namespace
}  // namespace siphon::postgres
