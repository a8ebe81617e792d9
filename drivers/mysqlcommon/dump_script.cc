// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dump_script.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";
// Read after each statement, so that the splitter, which looks 64 bytes ahead, sees its end.
const std::string& Padding() {
  static const auto* const padding = new std::string(128, '\n');
  return *padding;
}

absl::Status Unreadable(std::string_view object, std::string_view why) {
  return errs::IntegrityError(
      kOp, absl::StrCat(object, ": siphon could not read its definition in this dump: ", why),
      "look at it with SHOW CREATE: change or drop the object, or, if it is a table, leave it out"
      " (--exclude-table)");
}

// An error unless the splitter takes `sql`, with a ";" after it, for one statement.
absl::Status CheckIsOne(std::string_view object, std::string_view sql, const Syntax& syntax) {
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kMysql;
  options.backslash_escapes = syntax.backslash_escapes;
  options.ansi_quotes = syntax.ansi_quotes;
  options.charset = syntax.charset;
  sql::Splitter splitter(options);
  size_t statements = 0;
  const auto count = [&](const sql::Piece& piece) {
    if (!piece.text.empty()) ++statements;
    return absl::OkStatus();
  };
  absl::Status status = splitter.Feed(absl::StrCat(sql, "\n;\n"), count);
  if (status.ok()) status = splitter.Finish(count);
  if (!status.ok()) return Unreadable(object, errs::GetError(status)->detail);
  if (statements == 1) return absl::OkStatus();
  return Unreadable(object, absl::StrCat("it consists of ", statements, " statements"));
}

}  // namespace

DumpScript::DumpScript(base::Writer* writer, bool mariadb, DumpOutput::OnCut on_cut)
    : output_(writer, std::move(on_cut)),
      reader_(NewestRule(mariadb)),
      judge_(NewestRule(mariadb)) {}

absl::Status DumpScript::Write(const base::Context& context, std::string_view object,
                               std::string_view text) {
  RETURN_IF_ERROR(Read(context, object, std::nullopt, text));
  return replay_ ? absl::OkStatus() : output_.Write(context, text);
}

absl::Status DumpScript::WriteStatement(const base::Context& context, std::string_view object,
                                        std::string_view sql) {
  return WriteAs(context, object, sql, absl::StrCat(sql, ";\n"));
}

absl::Status DumpScript::WriteAs(const base::Context& context, std::string_view object,
                                 std::string_view sql, std::string_view text) {
  RETURN_IF_ERROR(Read(context, object, sql, text));
  return replay_ ? absl::OkStatus() : output_.Write(context, text);
}

absl::Status DumpScript::CheckSample(const base::Context& context, std::string_view object,
                                     std::string_view insert) {
  return Read(context, object, insert, absl::StrCat(insert, ";\n"));
}

absl::Status DumpScript::Finish(const base::Context& context) {
  const auto none = [](const sql::Piece&, const ScriptSettings&) {
    return Unreadable("the end of the dump", "it contains a statement");
  };
  RETURN_IF_ERROR(reader_.Finish(context, none));
  return output_.Flush(context);
}

absl::Status DumpScript::Read(const base::Context& context, std::string_view object,
                              std::optional<std::string_view> sql, std::string_view text) {
  bool found = false;
  const auto consume = [&](const sql::Piece& piece, const ScriptSettings& settings) {
    if (!sql.has_value()) return Unreadable(object, "a comment ends early");
    if (found || piece.text != *sql) return Unreadable(object, "it is not one statement");
    found = true;
    return Judge(object, *sql, settings);
  };
  absl::Status read = reader_.Feed(context, text, consume);
  if (read.ok()) read = reader_.Feed(context, Padding(), consume);
  if (!read.ok()) {
    return reader_.consumer_failed() ? read : Unreadable(object, errs::GetError(read)->detail);
  }
  if (found || !sql.has_value()) return absl::OkStatus();
  // If something is still open, the splitter says what.
  const absl::Status open = reader_.Finish(context, consume);
  RETURN_IF_ERROR(context.Check());
  const bool known = !open.ok() && !reader_.consumer_failed();
  return Unreadable(object, known ? errs::GetError(open)->detail : "its end was not found");
}

absl::Status DumpScript::Judge(std::string_view object, std::string_view sql,
                               const ScriptSettings& settings) {
  const Judgement judgement = judge_.Judge(sql, settings);
  if (judgement.action != Judgement::Action::kRefuse) return absl::OkStatus();
  // A user may trust a dump with DATA DIRECTORY, but nobody can restore half a string.
  RETURN_IF_ERROR(CheckIsOne(object, sql, settings.syntax()));
  refused_.push_back(absl::StrCat(object, " (", judgement.reason, ")"));
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
