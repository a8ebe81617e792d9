// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/postgres_server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace siphon::testing {
namespace {

using pgwire::Value;

constexpr uint32_t kSslRequest = 80877103;
constexpr uint32_t kGssRequest = 80877104;
constexpr uint32_t kCancelRequest = 80877102;
constexpr uint32_t kLongestMessage = 16 << 20;

std::string Int32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Int16(int value) { return Int32(static_cast<uint32_t>(value)).substr(2); }

uint32_t ParseInt32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string Zero(std::string_view text) { return std::string(text) + '\0'; }

// What a good server with one table answers to a statement of siphon's with this text.
struct Honest {
  std::string_view sign;
  std::vector<Value> row;
  int columns = 0;  // For an answer without rows.
};

const std::vector<Honest>& HonestAnswers() {
  static const auto* const answers = new std::vector<Honest>{
      {"AND a.attname OPERATOR(pg_catalog.=) 'dirty'", {}, 1},
      {"current_schemas", {absl::StrCat(pgwire::kPid), "{pg_catalog,public}"}},
      {"restrict_nonsystem_relation_kind", {"view, foreign-table"}},
      {"current_schema()", {"public", "t"}},
      {"c.relhassubclass",
       {"16384", "public", "items", "r", "t", Value(), "3", "8192", "8192", "1", "t", "f", "f"}},
      {"pg_control_system()'", {"t", "f", "2", "3"}},
      {"system_identifier", {"1"}},
      {"pg_is_in_recovery", {"f", "off"}},
      {"pg_export_snapshot", {"00000003-00000002-1"}},
      {"pg_database_size", {"8192", "UTF8", "C", "C", "public", Value(), "PostgreSQL 18.4"}},
      {"has_database_privilege", {"t"}},
      {"rolcreatedb", {"t"}},
      {"pg_backend_pid()", {absl::StrCat(pgwire::kPid)}},
      {"o.rolname, CASE", {}, 2},
      {"AS content", {}, 2},
      {"to_regclass", {"f", "f"}},
      {"pg_try_advisory_lock", {"t"}},
      {"pg_advisory_unlock", {"t", "t"}},
      {"count(*) FROM ONLY", {"3"}},
      {"SELECT d.datname", {}, 1}};
  return *answers;
}

}  // namespace

namespace pgwire {

std::string Message(char type, std::string_view body, std::optional<uint32_t> length) {
  return absl::StrCat(std::string(1, type),
                      Int32(length.value_or(static_cast<uint32_t>(body.size()) + 4)), body);
}

std::string Authentication(uint32_t code, std::string_view rest) {
  return Message('R', absl::StrCat(Int32(code), rest));
}

std::string Parameter(std::string_view name, std::string_view value) {
  return Message('S', Zero(name) + Zero(value));
}

std::string KeyData() { return Message('K', Int32(kPid) + Int32(7)); }

std::string Description(int columns) {
  std::string body = Int16(columns);
  for (int i = 0; i < columns; ++i) {
    // No table, type text, text format.
    absl::StrAppend(&body, Zero("c"), Int32(0), Int16(0), Int32(25), Int16(-1), Int32(~0U),
                    Int16(0));
  }
  return Message('T', body);
}

std::string Row(const std::vector<Value>& values) {
  std::string body = Int16(static_cast<int>(values.size()));
  for (const Value& value : values) {
    absl::StrAppend(&body, Int32(value.has_value() ? static_cast<uint32_t>(value->size()) : ~0U),
                    value.value_or(""));
  }
  return Message('D', body);
}

std::string Complete(std::string_view tag) { return Message('C', Zero(tag)); }
std::string Ready(char state) { return Message('Z', std::string(1, state)); }

std::string Notice(std::string_view text) {
  return Message('N', absl::StrCat(Zero("SNOTICE"), Zero("C00000"), Zero(absl::StrCat("M", text)),
                                   std::string(1, '\0')));
}

std::string Error(const std::map<char, std::string>& fields) {
  std::string body;
  for (const auto& [letter, text] : fields) body += letter + Zero(text);
  return Message('E', body + '\0');
}

std::string Table(const std::vector<std::vector<Value>>& rows) {
  std::string bytes = Description(rows.empty() ? 0 : static_cast<int>(rows[0].size()));
  for (const std::vector<Value>& row : rows) bytes += Row(row);
  return bytes + Complete(absl::StrCat("SELECT ", rows.size()));
}

}  // namespace pgwire

bool PostgresPeer::ReadStartup() {
  while (true) {
    const auto head = connection_.Read(8);
    if (!head.has_value()) return false;
    const uint32_t length = ParseInt32(*head);
    const uint32_t code = ParseInt32(std::string_view(*head).substr(4));
    if (code == kSslRequest || code == kGssRequest) {
      if (!connection_.Send("N")) return false;
      continue;
    }
    if (code == kCancelRequest || length < 8 || length > kLongestMessage) return false;
    const auto body = connection_.Read(length - 8);
    if (!body.has_value()) return false;
    std::string_view rest = *body;
    while (rest.size() > 1) {
      std::string parts[2];
      for (std::string& part : parts) {
        part = std::string(rest.substr(0, rest.find('\0')));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      }
      startup_[parts[0]] = parts[1];
    }
    return true;
  }
}

std::string PostgresPeer::Greeting(const std::map<std::string, std::string>& parameters) {
  std::map<std::string, std::string> all = {{"server_version", "18.4"},
                                            {"client_encoding", "UTF8"},
                                            {"server_encoding", "UTF8"},
                                            {"standard_conforming_strings", "on"},
                                            {"integer_datetimes", "on"}};
  for (const auto& [name, value] : parameters) all[name] = value;
  std::string bytes = pgwire::Authentication(0);
  for (const auto& [name, value] : all) {
    if (!value.empty()) bytes += pgwire::Parameter(name, value);
  }
  return bytes + pgwire::KeyData() + pgwire::Ready();
}

bool PostgresPeer::Greet() { return ReadStartup() && connection_.Send(Greeting()); }

std::optional<std::pair<char, std::string>> PostgresPeer::ReadMessage() {
  const auto head = connection_.Read(5);
  if (!head.has_value()) return std::nullopt;
  const uint32_t length = ParseInt32(std::string_view(*head).substr(1));
  if (length < 4 || length > kLongestMessage) return std::nullopt;
  auto body = connection_.Read(length - 4);
  if (!body.has_value()) return std::nullopt;
  return std::make_pair((*head)[0], *std::move(body));
}

std::optional<PostgresPeer::Request> PostgresPeer::ReadStatement() {
  Request request;
  while (true) {
    const auto message = ReadMessage();
    if (!message.has_value() || message->first == 'X') return std::nullopt;
    const std::string_view body = message->second;
    if (message->first == 'Q') {
      request.sql = std::string(body.substr(0, body.find('\0')));
    } else if (message->first == 'P') {
      // Parse: the name of the statement, and its text.
      const std::string_view text = body.substr(body.find('\0') + 1);
      request.sql = std::string(text.substr(0, text.find('\0')));
    }
    request.type = message->first;
    if (request.type == 'Q' || request.type == 'S') return request;
  }
}

bool PostgresPeer::Answer(const Request& request, std::string_view rows) {
  std::string bytes;
  if (request.type == 'S') bytes = pgwire::Message('1', "") + pgwire::Message('2', "");
  return connection_.Send(absl::StrCat(bytes, rows, pgwire::Ready()));
}

std::optional<PostgresPeer::Request> PostgresPeer::ServeUntil(std::string_view sign) {
  while (true) {
    std::optional<Request> request = ReadStatement();
    if (!request.has_value() || absl::StrContains(request->sql, sign)) return request;
    std::string rows = pgwire::Complete("OK");
    for (const Honest& honest : HonestAnswers()) {
      if (!absl::StrContains(request->sql, honest.sign)) continue;
      rows = honest.row.empty() ? pgwire::Description(honest.columns) + pgwire::Complete("SELECT 0")
                                : pgwire::Table({honest.row});
      break;
    }
    if (!Answer(*request, rows)) return std::nullopt;
  }
}

}  // namespace siphon::testing
