// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_
#define DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::mysqlcommon {

// How a column's values, as the text protocol has them, are written as SQL.
struct ColumnFormat {
  enum class Kind {
    kNumber,  // As they are.
    kFloat,   // As they are, but for the negative zero, which a bare "-0" is not.
    kBit,     // 0x...
    kString   // prefix, then escaped, then a quote.
  };
  Kind kind = Kind::kString;
  std::string prefix = "'";  // As in "_latin1'".
};

// The most bytes that EscapeString() writes for `size` bytes; it may touch that many.
constexpr size_t EscapedBound(size_t size) { return 2 * size + 16; }
// Writes `in` as it stands between the quotes of a string literal, for a session without
// NO_BACKSLASH_ESCAPES, and returns the end. What clients and servers read back is `in`, byte for
// byte, whatever character set the bytes are in: escapes are those of mysql_real_escape_string()
// but for the double quote's.
char* EscapeString(std::string_view in, char* out);

// SQL text on its way to a writer, in large pieces. Used by one thread.
class DumpOutput {
 public:
  explicit DumpOutput(base::Writer* writer);
  // Room for `size` more bytes; they are taken by Advance().
  absl::StatusOr<char*> Reserve(const base::Context& context, size_t size);
  void Advance(char* end) { used_ = static_cast<size_t>(end - buffer_.get()); }
  absl::Status Write(const base::Context& context, std::string_view text);
  absl::Status Flush(const base::Context& context);
  // So far, the part that waits among it.
  size_t total() const { return flushed_ + used_; }

 private:
  base::Writer* writer_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t used_ = 0;
  size_t flushed_ = 0;
};

// Rows as INSERT statements of about `limit` bytes each; a longer row has a statement of its own.
class InsertWriter {
 public:
  // `head` as in "INSERT INTO `t` VALUES". All must outlive this.
  InsertWriter(std::string head, std::vector<ColumnFormat> columns, size_t limit,
               DumpOutput* output);
  // One row as RowStream::Next() gives it.
  absl::Status Add(const base::Context& context, const char* const* values,
                   const unsigned long* lengths);
  absl::Status Finish(const base::Context& context);
  // The longest statement so far, in bytes.
  size_t longest() const { return longest_; }

 private:
  absl::Status End(const base::Context& context);

  std::string head_;
  std::vector<ColumnFormat> columns_;
  size_t fixed_ = 0;  // What a row takes beside its values, at most.
  size_t limit_;
  DumpOutput* output_;
  size_t begin_ = 0;  // Where the statement began in the output.
  bool open_ = false;
  size_t longest_ = 0;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ROW_FORMAT_H_
