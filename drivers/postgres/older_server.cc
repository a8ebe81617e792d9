// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/older_server.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/error.h"
#include "re2/re2.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// The first versions in which a NOT NULL constraint of a table and of a domain has a name.
constexpr int kFirstWithNamesInTables = 18;
constexpr int kFirstWithNamesInDomains = 17;

// Parts of a server's messages about SQL that it does not know.
constexpr std::string_view kRefusals[] = {"syntax error", "unrecognized", "does not exist",
                                          "is not supported", "not implemented"};

// True if a definition by pg_dump has a constraint like `a integer CONSTRAINT "the name" NOT NULL`.
// A server without such names accepts the statement and ignores the name.
bool HasNamedNotNull(std::string_view definition) {
  static const RE2* const named =
      new RE2(R"re( CONSTRAINT (?:"(?:[^"]|"")+"|[^\s"]+) NOT NULL(?:[,;\n]| COLLATE |$))re");
  return RE2::PartialMatch(definition, *named);
}

}  // namespace

std::vector<std::string> OlderServerWarnings(const Archive& archive, const RestorePlan& plan,
                                             int server_major) {
  const int dumped = ServerMajor(archive);
  if (dumped <= server_major) return {};
  std::vector<std::string> warnings;
  warnings.push_back(absl::StrCat("the dump comes from PostgreSQL ", dumped,
                                  ", and the server's version ", server_major,
                                  " may not know everything that the dump defines"));
  std::vector<std::string> named;
  for (const ArchiveEntry* entry : plan.entries) {
    const bool ignores = (entry->kind == "TABLE" && server_major < kFirstWithNamesInTables) ||
                         (entry->kind == "DOMAIN" && server_major < kFirstWithNamesInDomains);
    if (ignores && HasNamedNotNull(entry->definition)) named.push_back(EntryName(archive, *entry));
  }
  if (named.empty()) return warnings;
  warnings.push_back(absl::StrCat("NOT NULL constraints lose their names, because PostgreSQL ",
                                  server_major, " keeps none: ", base::ListSome(named)));
  return warnings;
}

absl::Status ExplainOlderServer(const absl::Status& status, const Archive& archive,
                                int server_major) {
  const int dumped = ServerMajor(archive);
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || dumped <= server_major) return status;
  for (const std::string_view refusal : kRefusals) {
    if (!absl::StrContains(error->detail, refusal)) continue;
    error->hint =
        absl::StrCat("the dump comes from PostgreSQL ", dumped, ", and PostgreSQL ", server_major,
                     " does not know everything that it may define:", " restore into version ",
                     dumped, ", or back up without that object");
    return errs::MakeStatus(*std::move(error));
  }
  return status;
}

}  // namespace siphon::postgres
