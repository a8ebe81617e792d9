// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/statement_runner.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/sql/secrets.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kOp = "migrate";
// The length of the quoted part of a statement in an error, in bytes.
constexpr size_t kExcerpt = 200;
// The length of the part from which the quoted one is made.
constexpr size_t kLongestRead = 4096;

// Without the strings, which may be passwords.
std::string Excerpt(sql::Dialect dialect, std::string_view statement) {
  const std::string hidden = sql::HideLiterals(dialect, statement.substr(0, kLongestRead));
  std::string text = hidden.substr(0, kExcerpt);
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t' || c == '\0') c = ' ';
  }
  // Do not cut inside a character.
  while (hidden.size() > kExcerpt && !text.empty() && (text.back() & 0xC0) == 0x80) {
    text.pop_back();
  }
  if (hidden.size() > kExcerpt || statement.size() > kLongestRead) text += "...";
  return text;
}

// The engine may have quoted the statement, too. The drivers of servers have hidden the strings
// already, and put the number of the error after the message.
absl::Status WithoutSecrets(sql::Dialect dialect, std::string_view statement,
                            const absl::Status& status) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  if (dialect == sql::Dialect::kSqlite) {
    error->detail = sql::HideSecrets(dialect, error->detail);
  } else {
    error->detail = sql::HideSecretsOf(dialect, statement, error->detail);
    error->hint = sql::HideSecretsOf(dialect, statement, error->hint);
  }
  return errs::MakeStatus(*std::move(error));
}

// Line and column of `offset` in `script`, from 1; columns count characters.
std::pair<uint64_t, uint64_t> Place(const Script& script, size_t offset) {
  const std::string_view before = std::string_view(script.body).substr(0, offset);
  const auto line = static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  uint64_t column = 1;
  for (const char c : before.substr(start)) column += (c & 0xC0) != 0x80 ? 1 : 0;
  return {line, column};
}

// True if the script may change settings of the session.
bool ChangesSession(sql::Dialect language, const Script& script) {
  const bool mysql = language == sql::Dialect::kMysql || language == sql::Dialect::kMariadb;
  if (absl::StrContains(script.body, "set_config")) return true;
  return std::any_of(script.statements.begin(), script.statements.end(),
                     [&](const Script::Statement& statement) {
                       const auto first = sql::LeadingTokens(language, statement.text, 1);
                       if (first.empty()) return false;
                       for (const std::string_view word : {"set", "pragma", "discard", "attach"}) {
                         if (first[0] == word) return true;
                       }
                       // "/*!40101 SET ... */" begins with "/".
                       return mysql && (first[0] == "use" || first[0] == "call" ||
                                        first[0] == "execute" || first[0] == "/");
                     });
}

}  // namespace

base::Context StatementRunner::Limited(const base::Context& context) const {
  if (timeout_.count() <= 0) return context;
  const auto until = SteadyClock::now() + timeout_;
  if (context.deadline().has_value() && *context.deadline() < until) return context;
  return context.WithDeadline(until);
}

absl::Status StatementRunner::Run(const base::Context& context, const base::Context& limited,
                                  const Script& script, size_t index, bool undoable) {
  const Script::Statement& statement = script.statements[index];
  std::optional<size_t> at;
  absl::Status status = session_->RunStatement(limited, statement.text, at);
  if (status.ok() && undoable) status = limited.Check();
  if (status.ok()) return status;
  RETURN_IF_ERROR(context.Check());
  if (errs::Is(status, errs::kCancelled)) {
    status = errs::SystemError(kOp, errs::kDatabase,
                               absl::StrCat("it took longer than x-statement-timeout, which is ",
                                            base::FormatDuration(absl::FromChrono(timeout_))));
  }
  if (undoable && session_->needs_no_transaction()) {
    status = errs::WithHint(status,
                            "the statement ends the transaction, or cannot run in one: begin the "
                            "file with the comment \"-- siphon: no-transaction\"");
  }
  QueryError error;
  error.file = script.name;
  error.statement = index + 1;
  error.statements = script.statements.size();
  error.query = Excerpt(language_, statement.text);
  error.line = statement.line;
  if (at.has_value()) {
    std::tie(error.line, error.column) = Place(script, statement.offset + *at);
  }
  return QueryFailed(error, WithoutSecrets(language_, statement.text, status));
}

absl::Status StatementRunner::Retry(const base::Context& context, const Step& step, int tries,
                                    absl::FunctionRef<absl::Status()> attempt,
                                    absl::FunctionRef<bool()> may_retry) const {
  for (int count = 1;; ++count) {
    const absl::Status status = attempt();
    if (!errs::Is(status, errs::kBusy) || count >= tries || !may_retry()) return status;
    if (count == 1) {
      context.Message("migrate", absl::StrCat("version ", step.version,
                                              " waits for another session's lock, without "
                                              "blocking other sessions"));
    }
    RETURN_IF_ERROR(context.Sleep(dialect_->pause));
  }
}

absl::Status StatementRunner::ResetAfter(const base::Context& context, const Script& script) {
  return ChangesSession(language_, script) ? session_->Reset(context) : absl::OkStatus();
}

}  // namespace siphon::migrate
