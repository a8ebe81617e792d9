// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/verify_deep.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/copy_counter.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.verify";
constexpr std::string_view kTool = "pg_restore";

// Sends the archive to pg_restore. Returns only errors of the archive. A failed write is none,
// because the exit of pg_restore tells more.
absl::Status Feed(const base::Context& context, const Archive& archive, ArchiveReader& reader,
                  driver::ToolRun& run) {
  std::vector<std::string_view> entries;
  for (const ArchiveEntry& entry : archive.entries) entries.push_back(entry.raw);
  bool reads = run.in().Write(FormatArchiveHead(archive, entries)).ok();
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader.Next(context));
    if (!piece.has_value()) return absl::OkStatus();
    if (reads && piece->first) reads = run.in().Write(FormatBlockHeader(*piece->entry)).ok();
    if (reads) reads = run.in().Write(piece->bytes).ok();
  }
}

void Count(driver::ToolRun& run, CopyCounter& counter) {
  std::vector<char> buffer(base::kCopyBufferSize);
  while (true) {
    const absl::StatusOr<size_t> count = run.out().Read(absl::MakeSpan(buffer));
    if (!count.ok() || *count == 0) return;
    counter.Feed({buffer.data(), *count});
  }
}

absl::Status Run(const base::Context& context, const driver::DeepVerifyOptions& options,
                 const Archive& archive, ArchiveReader& reader, CopyCounter& counter) {
  ASSIGN_OR_RETURN(const driver::Tool tool,
                   driver::Toolbox::Pick(context, kTool, options.tools, ToolMajor(archive),
                                         options.environment));
  ToolCall call = CallToolOffline(tool, options.environment);
  call.options.arguments = {"--format=custom", "--data-only", "--file=-"};
  call.options.in = driver::ToolRun::Stream::kPipe;
  call.options.out = driver::ToolRun::Stream::kPipe;
  call.options.stage = "verify";
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                   driver::ToolRun::Start(context, std::move(call.options)));
  std::thread counting;
  try {
    counting = std::thread([&] { Count(*run, counter); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
  }
  const absl::Status fed = Feed(context, archive, reader, *run);
  run->CloseIn();
  counting.join();
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  RETURN_IF_ERROR(fed);
  const absl::Status ended = run->Wait();
  if (ended.ok()) return ended;
  return errs::IntegrityError(kOp,
                              absl::StrCat("the archive cannot be read: ",
                                           errs::GetError(ended).value_or(errs::Error()).detail));
}

}  // namespace

absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                              const driver::DeepVerifyOptions& options,
                                              base::Reader& body) {
  base::CountingReader counted(&body);
  ArchiveReader reader(&counted);
  ASSIGN_OR_RETURN(const Archive* archive, reader.ReadHead(context));
  CopyCounter counter(*archive);
  RETURN_IF_ERROR(Run(context, options, *archive, reader, counter));
  if (counter.missing() != nullptr) {
    return errs::IntegrityError(kOp, absl::StrCat("the archive does not yield the rows of ",
                                                  EntryName(*archive, *counter.missing())));
  }
  driver::DeepReport report;
  report.tables = ArchiveTables(*archive, counter.rows());
  report.format = std::string(kCustomFormat);
  report.bytes = counted.count();
  report.summary = "read to its end by pg_restore: every block is there";
  return report;
}

}  // namespace siphon::postgres
