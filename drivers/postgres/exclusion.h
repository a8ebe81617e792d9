// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_EXCLUSION_H_
#define DRIVERS_POSTGRES_EXCLUSION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/pattern.h"

namespace siphon::postgres {

// How pg_dump names the objects of a kind (PostgreSQL 18, src/bin/pg_dump/pg_dump.c).
enum class NameForm {
  kInSchema,     // The tag is a name.
  kOfTable,      // "items items_pkey": the name of a table (or domain), and a name.
  kRoutine,      // "f(integer)"
  kLargeObject,  // An oid, which is no name; an entry may have many.
  kText          // "CAST (text AS public.t)": a text, which has to be given as it is.
};

// A kind of objects: its word in --exclude-object, and its name in an archive. A word may stand for
// several kinds of an archive.
struct ObjectKind {
  std::string_view word;
  std::string_view of_archive;
  NameForm form = NameForm::kInSchema;
};

// The usual kind of an entry; null for an entry that cannot be left out by itself.
const ObjectKind* KindOf(const ArchiveEntry& entry);
// The kind with this word for an entry; null if it has another kind.
const ObjectKind* KindOf(const ArchiveEntry& entry, std::string_view word);
bool HasForm(std::string_view word, NameForm form);

// A value of --exclude-object, parsed.
struct Exclusion {
  std::string text;
  std::string word;
  std::string name;                      // The text after the kind, without arguments.
  std::optional<std::string> arguments;  // "(integer, text)", without spaces.
  std::optional<NamePattern> pattern;    // For all forms but kText.
};

// errs::kInvalidArgument for an unknown kind or an invalid pattern.
absl::StatusOr<Exclusion> ReadExclusion(const std::string& text);

// The place of "(" outside of quotes, or npos.
size_t ArgumentsAt(std::string_view text);
std::string WithoutSpaces(std::string_view text);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_EXCLUSION_H_
