// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/script.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/backup.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.read";
// Large, so that most statements are within one block and need not be copied.
constexpr size_t kBlock = size_t{4} << 20;
// Size of the beginning and the end of a script that are kept.
constexpr size_t kKept = 1024;

absl::Status CutOff(std::string_view why) {
  return errs::IntegrityError(kOp, absl::StrCat("the dump is incomplete: ", why),
                              "make a new dump, or use another");
}

// Compares the end of a script with its beginning.
absl::Status CheckEnds(std::string_view head, std::string_view tail) {
  if (absl::StartsWith(head, kDumpBegin)) {
    return absl::EndsWith(tail, kDumpEnd) ? absl::OkStatus() : CutOff("its last line is missing");
  }
  // Dumps of mysqldump and mariadb-dump, unless they were made without comments. The latter may
  // begin with a line that turns on the client's sandbox.
  const bool commented =
      absl::StrContains(head, "-- MySQL dump ") || absl::StrContains(head, "-- MariaDB dump ");
  if (commented && !absl::StrContains(tail, "-- Dump completed")) {
    return CutOff("\"-- Dump completed\" is missing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ScriptReport> ReadScript(
    const base::Context& context, base::Reader& body,
    absl::FunctionRef<absl::Status(const sql::Piece&)> consume) {
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kMysql;
  sql::Splitter splitter(options);
  base::HashingReader reader(&body);
  ScriptReport report;
  std::string head, tail;
  // Distinguishes the consumer's errors from the splitter's.
  absl::Status consumed;
  const auto each = [&](const sql::Piece& piece) -> absl::Status {
    if (piece.text.empty()) return absl::OkStatus();
    if (piece.end == sql::End::kEndOfInput) {
      consumed =
          CutOff(absl::StrCat("its last statement, in line ", piece.line, ", is incomplete"));
      return consumed;
    }
    ++report.statements;
    consumed = context.Check();
    if (consumed.ok()) consumed = consume(piece);
    return consumed;
  };
  const auto explain = [&](const absl::Status& status) {
    if (status.ok() || !consumed.ok()) return consumed;
    return CutOff(status.message());
  };
  const std::unique_ptr<char[]> block(new char[kBlock]);
  while (true) {
    RETURN_IF_ERROR(context.Check());
    ASSIGN_OR_RETURN(const size_t size,
                     base::ReadFull(reader, absl::MakeSpan(block.get(), kBlock)));
    if (size == 0) break;
    const std::string_view data(block.get(), size);
    if (head.size() < kKept) head.append(data.substr(0, kKept - head.size()));
    tail.append(data.substr(data.size() - std::min(data.size(), kKept)));
    if (tail.size() > kKept) tail.erase(0, tail.size() - kKept);
    RETURN_IF_ERROR(explain(splitter.Feed(data, each)));
  }
  RETURN_IF_ERROR(explain(splitter.Finish(each)));
  RETURN_IF_ERROR(CheckEnds(head, tail));
  if (report.statements == 0) return CutOff("it contains no statement");
  report.bytes = reader.count();
  report.checksum = reader.Digest();
  report.head = std::move(head);
  return report;
}

std::string HeadCollation(std::string_view head) {
  const size_t at = head.find(kHeadCollation);
  if (!absl::StartsWith(head, kDumpBegin) || at == std::string_view::npos) return "";
  const std::string_view rest = head.substr(at + kHeadCollation.size());
  const size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
  return std::string(end != std::string_view::npos && rest[end] == '\n' ? rest.substr(0, end) : "");
}

}  // namespace siphon::mysqlcommon
