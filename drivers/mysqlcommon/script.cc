// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/script.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/dump_form.h"
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

// True if `head` says that the lengths of definitions are recorded.
bool HasRecordedLengths(std::string_view head) {
  if (!absl::StartsWith(head, kDumpBegin)) return false;
  const size_t line = head.find('\n');
  return line != std::string_view::npos && absl::StartsWith(head.substr(line), kDumpForm);
}

sql::SplitterOptions MysqlOptions() {
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kMysql;
  return options;
}

// The definition in the line before a statement, if it is one that only siphon can read.
absl::StatusOr<std::optional<std::string>> HexadecimalBefore(const sql::Piece& piece) {
  if (!absl::StartsWith(piece.text, "SIGNAL ")) return std::nullopt;
  std::string_view before =
      piece.raw.substr(0, static_cast<size_t>(piece.text.data() - piece.raw.data()));
  if (!absl::ConsumeSuffix(&before, "\n")) return std::nullopt;
  const size_t line = before.rfind('\n');
  if (line != std::string_view::npos) before.remove_prefix(line + 1);
  if (!absl::ConsumePrefix(&before, kHexadecimal)) return std::nullopt;
  std::string bytes;
  if (!absl::HexStringToBytes(before, &bytes)) {
    return CutOff(absl::StrCat("the definition before line ", piece.line, " is damaged"));
  }
  return bytes;
}

}  // namespace

CommentRule NewestRule(bool mariadb) {
  // Below 99.99.99, which mariadb-dump uses for comments that no server executes.
  constexpr int kNewest = 999998;
  return {.all = false, .mariadb = mariadb, .version = kNewest};
}

StatementReader::StatementReader(const CommentRule& rule)
    : splitter_(MysqlOptions()), rule_(rule) {}

absl::Status StatementReader::Feed(const base::Context& context, std::string_view data,
                                   StatementConsumer consume) {
  if (!begun_) {
    begun_ = true;
    recorded_lengths_ = HasRecordedLengths(data);
    splitter_.SetRecordedLengths(recorded_lengths_);
  }
  return splitter_.Feed(
      data, [&](const sql::Piece& piece) { return consumed_ = Take(context, piece, consume); });
}

absl::Status StatementReader::Finish(const base::Context& context, StatementConsumer consume) {
  return splitter_.Finish(
      [&](const sql::Piece& piece) { return consumed_ = Take(context, piece, consume); });
}

absl::Status StatementReader::Take(const base::Context& context, const sql::Piece& piece,
                                   StatementConsumer consume) {
  if (piece.text.empty()) return absl::OkStatus();
  if (piece.end == sql::End::kEndOfInput) {
    return CutOff(absl::StrCat("its last statement, in line ", piece.line, ", is incomplete"));
  }
  ++statements_;
  RETURN_IF_ERROR(context.Check());
  absl::StatusOr<std::optional<std::string>> hexadecimal = std::nullopt;
  if (recorded_lengths_) hexadecimal = HexadecimalBefore(piece);
  RETURN_IF_ERROR(hexadecimal.status());
  sql::Piece decoded = piece;
  if (hexadecimal->has_value()) decoded.text = **hexadecimal;
  const absl::Status consumed = consume(decoded, settings_);
  Follow(decoded.text);
  return consumed;
}

// After a statement.
void StatementReader::Follow(std::string_view statement) {
  if (!TokenReader(statement, settings_.syntax(), rule_).Next().Is("SET")) return;
  const auto assignments = ParseSet(statement, settings_.syntax(), rule_);
  if (!assignments.has_value()) return;
  settings_.Apply(*assignments);
  splitter_.SetBackslashEscapes(settings_.syntax().backslash_escapes);
  splitter_.SetAnsiQuotes(settings_.syntax().ansi_quotes);
  splitter_.SetCharset(settings_.syntax().charset);
}

absl::StatusOr<ScriptEnds> ReadStatements(const base::Context& context, base::Reader& script,
                                          size_t block, StatementReader& statements,
                                          StatementConsumer consume) {
  ScriptEnds ends;
  const auto explain = [&](const absl::Status& status) {
    return status.ok() || statements.consumer_failed() ? status : CutOff(status.message());
  };
  const std::unique_ptr<char[]> buffer(new char[block]);
  while (true) {
    RETURN_IF_ERROR(context.Check());
    ASSIGN_OR_RETURN(const size_t size,
                     base::ReadFull(script, absl::MakeSpan(buffer.get(), block)));
    if (size == 0) break;
    const std::string_view data(buffer.get(), size);
    if (ends.head.size() < kKept) ends.head.append(data.substr(0, kKept - ends.head.size()));
    ends.tail.append(data.substr(data.size() - std::min(data.size(), kKept)));
    if (ends.tail.size() > kKept) ends.tail.erase(0, ends.tail.size() - kKept);
    RETURN_IF_ERROR(explain(statements.Feed(context, data, consume)));
  }
  RETURN_IF_ERROR(explain(statements.Finish(context, consume)));
  return ends;
}

absl::Status CheckScriptEnds(const ScriptEnds& ends) {
  if (absl::StartsWith(ends.head, kDumpBegin)) {
    return absl::EndsWith(ends.tail, kDumpEnd) ? absl::OkStatus()
                                               : CutOff("its last line is missing");
  }
  // Dumps of mysqldump and mariadb-dump, unless they were made without comments. The latter may
  // begin with a line that turns on the client's sandbox.
  const bool commented = absl::StrContains(ends.head, "-- MySQL dump ") ||
                         absl::StrContains(ends.head, "-- MariaDB dump ");
  if (commented && !absl::StrContains(ends.tail, "-- Dump completed")) {
    return CutOff("\"-- Dump completed\" is missing");
  }
  return absl::OkStatus();
}

absl::StatusOr<ScriptReport> ReadScript(const base::Context& context, base::Reader& body,
                                        const CommentRule& rule, StatementConsumer consume) {
  StatementReader statements(rule);
  base::HashingReader reader(&body);
  ASSIGN_OR_RETURN(ScriptEnds ends, ReadStatements(context, reader, kBlock, statements, consume));
  RETURN_IF_ERROR(CheckScriptEnds(ends));
  ScriptReport report;
  report.statements = statements.statements();
  if (report.statements == 0) return CutOff("it contains no statement");
  report.bytes = reader.count();
  report.checksum = reader.Digest();
  report.head = std::move(ends.head);
  return report;
}

std::string HeadDatabase(std::string_view head) {
  // "-- Host: localhost    Database: app"
  const bool own = absl::StartsWith(head, kDumpBegin);
  const std::string_view sign = own ? kHeadDatabase : "    Database: ";
  const size_t host = own ? 0 : head.find("-- Host: ");
  if (host == std::string_view::npos) return "";
  head = head.substr(host, head.find('\n', host) - host);
  const size_t at = head.find(sign);
  return std::string(at == std::string_view::npos ? "" : head.substr(at + sign.size()));
}

std::string HeadCollation(std::string_view head) {
  const size_t at = head.find(kHeadCollation);
  if (!absl::StartsWith(head, kDumpBegin) || at == std::string_view::npos) return "";
  const std::string_view rest = head.substr(at + kHeadCollation.size());
  const size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
  return std::string(end != std::string_view::npos && rest[end] == '\n' ? rest.substr(0, end) : "");
}

}  // namespace siphon::mysqlcommon
