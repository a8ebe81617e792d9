// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// pg_restore makes the same script of an archive whether its rows are in one zstd frame a table or
// in many.

#include "testing/frames/framed_archive.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_layout.h"
#include "drivers/postgres/archive_reader.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/frame_reader.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/domain/frames/rebuild.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::IsEmpty;

std::string Archive() {
  const absl::StatusOr<std::string> body = base::ReadFile(
      (std::filesystem::current_path() / "testing/smoke/archives/zstd.dump").string(), 1 << 20);
  EXPECT_OK(body);
  return body.value_or("");
}

// What pg_restore prints for an archive.
std::string Restore(std::string_view archive, std::vector<std::string> arguments) {
  const std::string file = ::testing::TempDir() + "/restored.dump";
  EXPECT_OK(base::WriteFileAtomically(file, archive, 0600));
  std::vector<std::string> argv = {
      (std::filesystem::current_path() / "testing/smoke/pg_programs").string(), "pg_restore"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.push_back(file);
  const auto result = RunProcess({.argv = argv, .environment = {}});
  EXPECT_OK(result);
  if (!result.ok()) return "";
  EXPECT_EQ(result->exit_code, 0) << result->err;
  return result->out;
}

// A script without the random key that psql compares.
std::vector<std::string> Script(std::string_view archive) {
  std::vector<std::string> lines;
  for (const std::string_view line : absl::StrSplit(Restore(archive, {"--file=-"}), '\n')) {
    if (line.find("restrict") == std::string_view::npos) lines.emplace_back(line);
  }
  return lines;
}

TEST(FramedArchiveTest, PgRestoreReadsItAsTheArchiveThatItWas) {
  const std::string body = Archive();
  const std::vector<std::string> script = Script(body);
  ASSERT_GT(script.size(), 20u);
  for (const size_t part_bytes : {size_t{1}, size_t{50}, size_t{100'000}}) {
    for (const size_t frame_bytes : {size_t{1}, size_t{30}, size_t{100'000}}) {
      FramingOptions options;
      options.part_bytes = part_bytes;
      options.frame_bytes = frame_bytes;
      ASSERT_OK_AND_ASSIGN(const FramedArchive framed, FrameArchive(body, options));
      EXPECT_EQ(Script(framed.body), script) << part_bytes << ", " << frame_bytes;
      EXPECT_EQ(Restore(framed.body, {"--list"}), Restore(body, {"--list"}));
    }
  }
}

TEST(FramedArchiveTest, TheIndexFindsEveryItem) {
  ASSERT_OK_AND_ASSIGN(const FramedArchive framed, FrameArchive(Archive(), {.frame_bytes = 30}));
  const base::Context context;
  base::StringReader source(framed.body);
  postgres::ArchiveReader reader(&source);
  ASSERT_OK_AND_ASSIGN(const postgres::Archive* const archive, reader.ReadHead(context));
  const postgres::ArchiveLayout layout(*archive);
  const base::RandomAccessString body(framed.body);
  ASSERT_OK_AND_ASSIGN(const frames::IndexReader index,
                       frames::IndexReader::Open(context, &body, layout, framed.result.root));
  ASSERT_OK_AND_ASSIGN(frames::FrameReader frames,
                       frames::FrameReader::Create(&body, index.directory().archive));
  std::string stored;
  for (const frames::Item& item : index.directory().items) {
    EXPECT_OK(index.Visit(context, item, [&](const frames::Entry& entry) {
      const auto raw = frames.Read(entry, item.name);
      if (raw.ok() && item.id == frames::kHeadItem) stored += *raw;
      return raw.status();
    }));
  }
  EXPECT_EQ(framed.body.substr(0, stored.size()), stored);
  EXPECT_THAT(stored, ::testing::StartsWith("PGDMP"));

  // And without the index.
  ASSERT_OK_AND_ASSIGN(const frames::Rebuilt rebuilt,
                       frames::RebuildIndex(context, body, stored.size(), layout));
  EXPECT_THAT(rebuilt.losses, IsEmpty());
  EXPECT_THAT(rebuilt.broken, IsEmpty());
  EXPECT_EQ(framed.body.substr(0, rebuilt.keep) + rebuilt.index, framed.body);
}

}  // namespace
}  // namespace siphon::testing
