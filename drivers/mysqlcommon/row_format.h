// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_
#define DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/fixed_float.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::mysqlcommon {

// How values of a column in the text protocol are written as SQL.
struct ColumnFormat {
  enum class Kind {
    kNumber,  // Unchanged; a value that is no number is an error.
    kFloat,   // Unchanged, except for negative zero: as SQL, "-0" is the integer 0.
    kBit,     // 0x...
    kString   // `prefix`, the escaped value, and a quote.
  };
  Kind kind = Kind::kString;
  std::string prefix = "'";  // Ends in a quote: "_latin1'".
  // Of a FLOAT or DOUBLE with digits: a number that the column does not take as it is becomes one
  // that is stored as the same bits.
  std::optional<FixedFloat> fixed = std::nullopt;
};

// The size of the buffer that EscapeString() needs for `size` bytes; it may write to all of it.
constexpr size_t EscapedBound(size_t size) { return 2 * size + 16; }
// Escapes `in` for the inside of a string literal in single quotes, for a session without
// NO_BACKSLASH_ESCAPES, and returns the end. Clients and servers read back the same bytes, in any
// character set. The escapes are those of mysql_real_escape_string(), without that for the double
// quote.
char* EscapeString(std::string_view in, char* out);

// SQL text on its way to a writer, in large pieces. Used by one thread.
class DumpOutput {
 public:
  // Called after the end of a statement, with the number of rows in it.
  using OnCut = std::function<void(uint64_t rows)>;
  // `on_cut` may be null.
  explicit DumpOutput(base::Writer* writer, OnCut on_cut = nullptr);
  // Returns a buffer for `size` more bytes. Advance() says how many of them were written.
  absl::StatusOr<char*> Reserve(const base::Context& context, size_t size);
  void Advance(char* end) { used_ = static_cast<size_t>(end - buffer_.get()); }
  absl::Status Write(const base::Context& context, std::string_view text);
  absl::Status Flush(const base::Context& context);
  // A statement with `rows` rows ends here. The writer gets all bytes before `on_cut` is called.
  absl::Status Cut(const base::Context& context, uint64_t rows);
  // Bytes so far, including those that are still in the buffer.
  size_t total() const { return flushed_ + used_; }

 private:
  base::Writer* writer_;
  OnCut on_cut_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t used_ = 0;
  size_t flushed_ = 0;
};

// Writes rows as INSERT statements of about `limit` bytes each. A longer row has a statement of its
// own.
class InsertWriter {
 public:
  // `head` is the beginning of a statement, "INSERT INTO `t` VALUES". `output` must outlive this.
  InsertWriter(std::string head, std::vector<ColumnFormat> columns, size_t limit,
               DumpOutput* output);
  // Adds one row as RowStream::Next() returns it.
  absl::Status Add(const base::Context& context, const char* const* values,
                   const unsigned long* lengths);
  absl::Status Finish(const base::Context& context);
  // The longest statement so far, in bytes.
  size_t longest() const { return longest_; }
  // The first column with a number that no INSERT stores (FixedFloat); it is written as it is.
  std::optional<size_t> unfit() const { return unfit_; }

 private:
  absl::Status End(const base::Context& context);

  std::string head_;
  std::vector<ColumnFormat> columns_;
  size_t fixed_ = 0;  // The most bytes of a row in addition to its values.
  size_t limit_;
  DumpOutput* output_;
  size_t begin_ = 0;  // Position of the open statement in the output.
  bool open_ = false;
  uint64_t rows_ = 0;  // Of the open statement.
  size_t longest_ = 0;
  std::optional<size_t> unfit_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_
