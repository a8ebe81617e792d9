// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/older_server.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/error.h"
#include "re2/re2.h"

namespace siphon::postgres {
namespace {

// Names that a warning quotes.
constexpr size_t kQuotedNames = 5;
// The first versions in which a NOT NULL constraint of a table and of a domain has a name.
constexpr int kFirstWithNamesInTables = 18;
constexpr int kFirstWithNamesInDomains = 17;

// Parts of what a server says about SQL that it does not know.
constexpr std::string_view kRefusals[] = {"syntax error", "unrecognized", "does not exist",
                                          "is not supported", "not implemented"};

// A column's constraint as pg_dump writes it: `a integer CONSTRAINT "its name" NOT NULL`. A server
// without such names takes the statement and forgets the name.
bool HasNamedNotNull(std::string_view definition) {
  static const RE2* const named =
      new RE2(R"re( CONSTRAINT (?:"(?:[^"]|"")+"|[^\s"]+) NOT NULL(?:,|\n|$))re");
  return RE2::PartialMatch(definition, *named);
}

}  // namespace

std::vector<std::string> OlderServerWarnings(const Archive& archive, const RestorePlan& plan,
                                             int server_major) {
  const int dumped = ServerMajor(archive);
  if (dumped <= server_major) return {};
  std::vector<std::string> warnings;
  warnings.push_back(absl::StrCat("the dump comes from PostgreSQL ", dumped,
                                  " and the server is of version ", server_major,
                                  ", which may not know everything that the dump defines"));
  std::vector<std::string> named;
  for (const ArchiveEntry* entry : plan.entries) {
    const bool forgets = (entry->kind == "TABLE" && server_major < kFirstWithNamesInTables) ||
                         (entry->kind == "DOMAIN" && server_major < kFirstWithNamesInDomains);
    if (forgets && HasNamedNotNull(entry->definition)) named.push_back(EntryName(archive, *entry));
  }
  if (named.empty()) return warnings;
  if (named.size() > kQuotedNames) {
    named.resize(kQuotedNames);
    named.push_back("...");
  }
  warnings.push_back(absl::StrCat("NOT NULL constraints lose their names, because PostgreSQL ",
                                  server_major, " keeps none: ", absl::StrJoin(named, ", ")));
  return warnings;
}

absl::Status ExplainOlderServer(const absl::Status& status, const Archive& archive,
                                int server_major) {
  const int dumped = ServerMajor(archive);
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || dumped <= server_major) return status;
  for (const std::string_view refusal : kRefusals) {
    if (!absl::StrContains(error->detail, refusal)) continue;
    error->hint = absl::StrCat("the dump comes from PostgreSQL ", dumped,
                               ", and the server's version ", server_major,
                               " does not know everything that it defines: restore into version ",
                               dumped, ", or back up without that object");
    return errs::MakeStatus(*std::move(error));
  }
  return status;
}

}  // namespace siphon::postgres
