// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/script.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::migrate {
namespace {

constexpr std::string_view kOp = "migrate.script";
constexpr std::string_view kNoTransaction = "siphon: no-transaction";

std::string Digest(std::string_view text) {
  base::Sha256 sha;
  sha.Update(text);
  return sha.Digest();
}

// Searches for the comment before the first statement.
bool AsksForNoTransaction(std::string_view head) {
  for (std::string_view line : absl::StrSplit(head, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.starts_with("--")) continue;
    if (absl::StripAsciiWhitespace(line.substr(2)) == kNoTransaction) return true;
  }
  return false;
}

// Puts statements into groups, one by one.
class Grouper {
 public:
  Grouper(Script& script, const ScriptOptions& options, bool wrap)
      : script_(script), options_(options), wrap_(wrap) {}

  absl::Status Take(const Script::Statement& statement) {
    const sql::Role role = sql::RoleOf(options_.dialect, statement.text);
    if (locked_.has_value()) return TakeLocked(statement, role);
    switch (role) {
      case sql::Role::kBegin:
        if (own_.has_value()) return Refuse(statement.line, "BEGIN within a transaction");
        own_ = statement.line;
        Open(std::string(statement.text));
        return absl::OkStatus();
      case sql::Role::kCommit:
        own_.reset();
        open_ = false;
        return absl::OkStatus();
      case sql::Role::kRollback:
        return Refuse(statement.line, "ROLLBACK would undo what the migration did");
      case sql::Role::kRefused:
        return Refuse(statement.line, "XA: a migration cannot prepare a transaction");
      case sql::Role::kLock:
        locked_ = statement.line;
        Open("");
        Add(statement);
        return absl::OkStatus();
      case sql::Role::kAlone:
      case sql::Role::kUnlock:
        // In a transaction of the file: the engine then reports the error. MySQL would commit.
        if (own_.has_value() && !CommitsBySelf()) break;
        Open("");
        Add(statement);
        open_ = false;
        return absl::OkStatus();
      case sql::Role::kOrdinary:
        break;
    }
    if (!open_) Open(wrap_ || own_.has_value() ? options_.begin : "");
    Add(statement);
    if (!wrap_ && !own_.has_value()) open_ = false;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (own_.has_value()) return Refuse(*own_, "BEGIN without COMMIT");
    if (locked_.has_value()) return Refuse(*locked_, "LOCK TABLES without UNLOCK TABLES");
    std::erase_if(script_.groups, [](const Script::Group& group) { return group.count == 0; });
    return absl::OkStatus();
  }

 private:
  // While tables are locked nothing can be recorded, and beginning a transaction releases the lock.
  absl::Status TakeLocked(const Script::Statement& statement, sql::Role role) {
    if (role == sql::Role::kBegin || role == sql::Role::kRollback || role == sql::Role::kRefused) {
      return Refuse(statement.line, "a transaction between LOCK TABLES and UNLOCK TABLES");
    }
    if (role == sql::Role::kUnlock) {
      locked_.reset();
      open_ = false;
    }
    Add(statement);
    return absl::OkStatus();
  }

  bool CommitsBySelf() const {
    return options_.dialect == sql::Dialect::kMysql || options_.dialect == sql::Dialect::kMariadb;
  }
  void Open(std::string begin) {
    script_.groups.push_back({std::move(begin), script_.statements.size(), 0});
    open_ = true;
  }
  void Add(const Script::Statement& statement) {
    script_.statements.push_back(statement);
    ++script_.groups.back().count;
  }
  absl::Status Refuse(uint64_t line, std::string_view what) const {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat(script_.name, ": line ", line, ": ", what),
                           "siphon opens and commits a migration's transaction by itself");
  }

  Script& script_;
  const ScriptOptions& options_;
  bool wrap_;
  bool open_ = false;               // The last group accepts another statement.
  std::optional<uint64_t> own_;     // The line of an open BEGIN of the file.
  std::optional<uint64_t> locked_;  // The line of an open LOCK TABLES.
};

}  // namespace

const Script::Group* Script::GroupOf(size_t index) const {
  for (const Group& group : groups) {
    if (index >= group.first && index < group.first + group.count) return &group;
  }
  return nullptr;
}

std::string_view Script::TextBefore(size_t count) const {
  const uint64_t end = count < statements.size() ? statements[count].offset : body.size();
  return std::string_view(body).substr(0, end);
}

std::string Script::DigestBefore(size_t count) const { return Digest(TextBefore(count)); }

bool HasDigest(std::string_view text, std::string_view digest) {
  if (Digest(text) == digest) return true;
  const std::string unix_text = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  return Digest(unix_text) == digest ||
         Digest(absl::StrReplaceAll(unix_text, {{"\n", "\r\n"}})) == digest;
}

absl::StatusOr<std::unique_ptr<Script>> ParseScript(std::string name, std::string body,
                                                    const ScriptOptions& options) {
  auto script = std::make_unique<Script>();
  script->name = std::move(name);
  script->body = std::move(body);
  script->sha256 = Digest(script->body);
  sql::SplitterOptions splitter_options;
  splitter_options.dialect = options.dialect;
  const bool mysql =
      options.dialect == sql::Dialect::kMysql || options.dialect == sql::Dialect::kMariadb;
  sql::Quoting quoting = options.quoting;
  if (mysql) {
    splitter_options.backslash_escapes = quoting.backslash_escapes;
    splitter_options.ansi_quotes = quoting.ansi_quotes;
    splitter_options.compound_bodies = true;
  }
  sql::Splitter splitter(splitter_options);
  std::optional<Grouper> grouper;
  const auto consume = [&](const sql::Piece& piece) -> absl::Status {
    if (piece.text.empty()) return absl::OkStatus();
    const std::string_view text =
        std::string_view(script->body).substr(piece.offset, piece.text.size());
    if (!grouper.has_value()) {
      const std::string_view head = std::string_view(script->body).substr(0, piece.offset);
      grouper.emplace(*script, options, options.wrap && !AsksForNoTransaction(head));
    }
    if (mysql) {
      quoting = sql::QuotingAfter(text, quoting, options.quoting);
      splitter.SetBackslashEscapes(quoting.backslash_escapes);
      splitter.SetAnsiQuotes(quoting.ansi_quotes);
    }
    return grouper->Take({text, piece.line, piece.offset});
  };
  absl::Status status = splitter.Feed(script->body, consume);
  if (status.ok()) status = splitter.Finish(consume);
  if (status.ok() && grouper.has_value()) status = grouper->Finish();
  if (status.ok()) return script;
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || error->op != "sql.split") return status;
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(script->name, ": ", error->detail), error->hint);
}

}  // namespace siphon::migrate
