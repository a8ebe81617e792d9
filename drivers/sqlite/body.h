// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_BODY_H_
#define DRIVERS_SQLITE_BODY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/script_splitter.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

// The two formats of a body.
enum class Format { kImage, kSql };
inline constexpr std::string_view kImageFormat = "image";
inline constexpr std::string_view kSqlFormat = "sql";

// Fields of the database header, the first 100 bytes (https://www.sqlite.org/fileformat2.html,
// section 1.3).
struct ImageHeader {
  uint32_t page_size = 0;
  uint32_t pages = 0;  // 0: not recorded.
  bool wal = false;
};
inline constexpr size_t kImageHeaderSize = 100;
// errs::kIntegrity when `bytes` do not begin with a header that SQLite would accept.
absl::StatusOr<ImageHeader> ParseImageHeader(std::string_view bytes);

// The line that siphon writes before a script. It tells a restore which content the script
// replaces. A script without it counts as a whole database.
struct ScriptHeader {
  bool partial = false;  // Some tables only; other tables of the target are left alone.
  bool schema = true;
  bool rows = true;
  friend bool operator==(const ScriptHeader&, const ScriptHeader&) = default;
};
std::string FormatScriptHeader(const ScriptHeader& header);
// The header at the beginning of `script`, if there is one. errs::kIntegrity for a header that this
// version does not know.
absl::StatusOr<std::optional<ScriptHeader>> ParseScriptHeader(std::string_view script);

// Pragmas that SQLite does not know, and ignores. In a script of rows alone, they are the name and
// then the definition of each virtual table whose shadow tables it fills.
inline constexpr std::string_view kVirtualTablePragma = "siphon_virtual_table";
inline constexpr std::string_view kDefinitionPragma = "siphon_definition";

// Receives the parts of a body while ReadBody() checks it.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual absl::Status OnImage(const ImageHeader& header) = 0;
  virtual absl::Status OnImageBytes(std::string_view bytes) = 0;
  virtual absl::Status OnScript(const ScriptHeader& header) = 0;
  virtual absl::Status OnStatement(const ScriptSplitter::Piece& statement) = 0;
};

// Reads a body to its end and checks everything that needs no database; `sink` may be null.
//   image: the fields of the header, and the number of pages.
//   sql: complete statements, from siphon's header, a PRAGMA or BEGIN to a COMMIT.
// errs::kIntegrity for anything else; the reader's own error when it fails.
absl::StatusOr<Format> ReadBody(const base::Context& context, base::Reader& body, BodySink* sink);

// Runs ReadBody(); returns the body's checksum and size.
absl::StatusOr<verbs::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_BODY_H_
