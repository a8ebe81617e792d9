// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/pgoutput.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres::pgoutput {
namespace {

constexpr std::string_view kOp = "postgres.changes";

// Bits of a column, and of a TRUNCATE.
constexpr uint8_t kKeyFlag = 1;
constexpr uint8_t kCascade = 1, kRestartIdentity = 2;
constexpr uint8_t kTransactional = 1;

absl::Status Damaged(std::string_view detail) {
  return errs::IntegrityError(kOp, absl::StrCat("a message of pgoutput ", detail),
                              "the server may be of a newer version than this siphon knows");
}

// Takes numbers, the highest byte first, and texts from the front of a message. After a read beyond
// the end, all results are zero or empty, and ok() is false.
class Taker {
 public:
  explicit Taker(std::string_view message) : rest_(message) {}

  template <typename T>
  T Number() {
    using Unsigned = std::make_unsigned_t<T>;
    Unsigned value = 0;
    for (const char c : Bytes(sizeof(T))) {
      value = static_cast<Unsigned>(static_cast<uint64_t>(value) << 8 | static_cast<uint8_t>(c));
    }
    return static_cast<T>(value);
  }
  char Letter() {
    const std::string_view one = Bytes(1);
    return one.empty() ? '\0' : one[0];
  }
  std::string_view Bytes(size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  // A text that ends with a zero byte.
  std::string_view Text() {
    const size_t size = rest_.find('\0');
    if (size == std::string_view::npos) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view text = Bytes(size);
    Bytes(1);
    return text;
  }

  bool ok() const { return ok_; }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string Quote(char letter) {
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter ? absl::StrCat("'", std::string(1, letter), "'")
                   : absl::StrCat("byte ", static_cast<int>(static_cast<uint8_t>(letter)));
}

absl::StatusOr<Row> TakeRow(Taker& taker) {
  const auto count = taker.Number<uint16_t>();
  Row row;
  for (uint16_t i = 0; i < count && taker.ok(); ++i) {
    Value value;
    const char kind = taker.Letter();
    if (!taker.ok()) break;
    switch (kind) {
      case 'n':
      case 'u':
        break;
      case 't':
      case 'b':
        value.bytes = taker.Bytes(taker.Number<uint32_t>());
        break;
      default:
        return Damaged(absl::StrCat("has a value of the unknown kind ", Quote(kind)));
    }
    value.kind = static_cast<Value::Kind>(kind);
    row.push_back(value);
  }
  return row;
}

absl::StatusOr<Message> TakeRelation(Taker& taker) {
  Relation relation;
  relation.id = taker.Number<uint32_t>();
  relation.schema = taker.Text();
  relation.name = taker.Text();
  const char identity = taker.Letter();
  if (taker.ok() && identity != 'd' && identity != 'n' && identity != 'f' && identity != 'i') {
    return Damaged(absl::StrCat("has the unknown replica identity ", Quote(identity)));
  }
  relation.identity = static_cast<Identity>(identity);
  const auto count = taker.Number<uint16_t>();
  for (uint16_t i = 0; i < count && taker.ok(); ++i) {
    Column column;
    const auto flags = taker.Number<uint8_t>();
    if ((flags & ~kKeyFlag) != 0) return Damaged("has a column with unknown flags");
    column.is_key = flags == kKeyFlag;
    column.name = taker.Text();
    column.type = taker.Number<uint32_t>();
    column.modifier = taker.Number<int32_t>();
    relation.columns.push_back(column);
  }
  return relation;
}

absl::StatusOr<Message> TakeInsert(Taker& taker) {
  Insert insert;
  insert.relation = taker.Number<uint32_t>();
  if (const char kind = taker.Letter(); taker.ok() && kind != 'N') {
    return Damaged(absl::StrCat("has ", Quote(kind), " in place of a new row"));
  }
  ASSIGN_OR_RETURN(insert.row, TakeRow(taker));
  return insert;
}

absl::StatusOr<Message> TakeUpdate(Taker& taker) {
  Update update;
  update.relation = taker.Number<uint32_t>();
  char kind = taker.Letter();
  if (kind == 'K' || kind == 'O') {
    update.before.emplace();
    update.before->kind = static_cast<OldRow::Kind>(kind);
    ASSIGN_OR_RETURN(update.before->row, TakeRow(taker));
    kind = taker.Letter();
  }
  if (taker.ok() && kind != 'N') {
    return Damaged(absl::StrCat("has ", Quote(kind), " in place of a new row"));
  }
  ASSIGN_OR_RETURN(update.row, TakeRow(taker));
  return update;
}

absl::StatusOr<Message> TakeDelete(Taker& taker) {
  Delete deleted;
  deleted.relation = taker.Number<uint32_t>();
  const char kind = taker.Letter();
  if (taker.ok() && kind != 'K' && kind != 'O') {
    return Damaged(absl::StrCat("has ", Quote(kind), " in place of an old row"));
  }
  deleted.before.kind = static_cast<OldRow::Kind>(kind);
  ASSIGN_OR_RETURN(deleted.before.row, TakeRow(taker));
  return deleted;
}

absl::StatusOr<Message> TakeTruncate(Taker& taker) {
  Truncate truncate;
  const auto count = taker.Number<uint32_t>();
  const auto flags = taker.Number<uint8_t>();
  if ((flags & ~(kCascade | kRestartIdentity)) != 0) {
    return Damaged("has unknown flags of TRUNCATE");
  }
  truncate.cascade = (flags & kCascade) != 0;
  truncate.restart_identity = (flags & kRestartIdentity) != 0;
  for (uint32_t i = 0; i < count && taker.ok(); ++i) {
    truncate.relations.push_back(taker.Number<uint32_t>());
  }
  return truncate;
}

absl::StatusOr<Message> TakeNotice(Taker& taker) {
  Notice notice;
  const auto flags = taker.Number<uint8_t>();
  if ((flags & ~kTransactional) != 0) return Damaged("has unknown flags");
  notice.transactional = flags == kTransactional;
  notice.lsn = taker.Number<uint64_t>();
  notice.prefix = taker.Text();
  notice.content = taker.Bytes(taker.Number<uint32_t>());
  return notice;
}

Message TakeBegin(Taker& taker) {
  Begin begin;
  begin.final_lsn = taker.Number<uint64_t>();
  begin.committed = taker.Number<int64_t>();
  begin.transaction = taker.Number<uint32_t>();
  return begin;
}

absl::StatusOr<Message> TakeCommit(Taker& taker) {
  Commit commit;
  if (taker.Number<uint8_t>() != 0) return Damaged("has unknown flags of a commit");
  commit.commit_lsn = taker.Number<uint64_t>();
  commit.end_lsn = taker.Number<uint64_t>();
  commit.committed = taker.Number<int64_t>();
  return commit;
}

Message TakeOrigin(Taker& taker) {
  Origin origin;
  origin.commit_lsn = taker.Number<uint64_t>();
  origin.name = taker.Text();
  return origin;
}

Message TakeType(Taker& taker) {
  Type type;
  type.id = taker.Number<uint32_t>();
  type.schema = taker.Text();
  type.name = taker.Text();
  return type;
}

absl::StatusOr<Message> Take(char kind, Taker& taker) {
  switch (kind) {
    case 'B':
      return TakeBegin(taker);
    case 'C':
      return TakeCommit(taker);
    case 'O':
      return TakeOrigin(taker);
    case 'R':
      return TakeRelation(taker);
    case 'Y':
      return TakeType(taker);
    case 'I':
      return TakeInsert(taker);
    case 'U':
      return TakeUpdate(taker);
    case 'D':
      return TakeDelete(taker);
    case 'T':
      return TakeTruncate(taker);
    case 'M':
      return TakeNotice(taker);
    default:
      return Damaged(absl::StrCat("is of the unknown kind ", Quote(kind)));
  }
}

// Writes the parts of a message.
class Writer {
 public:
  template <typename T>
  Writer& Number(T value) {
    for (size_t i = sizeof(T); i > 0; --i) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(value) >> (8 * (i - 1)) & 0xff);
    }
    return *this;
  }
  Writer& Letter(char letter) {
    bytes_ += letter;
    return *this;
  }
  Writer& Text(std::string_view text) {
    absl::StrAppend(&bytes_, text, std::string_view("\0", 1));
    return *this;
  }
  Writer& Counted(std::string_view bytes) {
    Number(static_cast<uint32_t>(bytes.size()));
    bytes_ += bytes;
    return *this;
  }
  Writer& Values(const Row& row) {
    Number(static_cast<uint16_t>(row.size()));
    for (const Value& value : row) {
      Letter(static_cast<char>(value.kind));
      const bool has_bytes = value.kind == Value::Kind::kText || value.kind == Value::Kind::kBinary;
      if (has_bytes) Counted(value.bytes);
    }
    return *this;
  }
  Writer& Old(const OldRow& before) {
    return Letter(static_cast<char>(before.kind)).Values(before.row);
  }

  void operator()(const Begin& begin) {
    Letter('B').Number(begin.final_lsn).Number(begin.committed).Number(begin.transaction);
  }
  void operator()(const Commit& commit) {
    Letter('C').Number(uint8_t{0}).Number(commit.commit_lsn).Number(commit.end_lsn);
    Number(commit.committed);
  }
  void operator()(const Origin& origin) { Letter('O').Number(origin.commit_lsn).Text(origin.name); }
  void operator()(const Relation& relation) {
    Letter('R').Number(relation.id).Text(relation.schema).Text(relation.name);
    Letter(static_cast<char>(relation.identity));
    Number(static_cast<uint16_t>(relation.columns.size()));
    for (const Column& column : relation.columns) {
      Number(static_cast<uint8_t>(column.is_key ? kKeyFlag : 0)).Text(column.name);
      Number(column.type).Number(column.modifier);
    }
  }
  void operator()(const Type& type) {
    Letter('Y').Number(type.id).Text(type.schema).Text(type.name);
  }
  void operator()(const Insert& insert) {
    Letter('I').Number(insert.relation).Letter('N').Values(insert.row);
  }
  void operator()(const Update& update) {
    Letter('U').Number(update.relation);
    if (update.before.has_value()) Old(*update.before);
    Letter('N').Values(update.row);
  }
  void operator()(const Delete& deleted) {
    Letter('D').Number(deleted.relation).Old(deleted.before);
  }
  void operator()(const Truncate& truncate) {
    Letter('T').Number(static_cast<uint32_t>(truncate.relations.size()));
    Number(static_cast<uint8_t>((truncate.cascade ? kCascade : 0) |
                                (truncate.restart_identity ? kRestartIdentity : 0)));
    for (const uint32_t relation : truncate.relations) Number(relation);
  }
  void operator()(const Notice& notice) {
    Letter('M').Number(static_cast<uint8_t>(notice.transactional ? kTransactional : 0));
    Number(notice.lsn).Text(notice.prefix).Counted(notice.content);
  }

  std::string Finish() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace

absl::StatusOr<Message> Parse(std::string_view message) {
  if (message.empty()) return Damaged("is empty");
  Taker taker(message.substr(1));
  absl::StatusOr<Message> parsed = Take(message[0], taker);
  if (!parsed.ok()) return parsed;
  if (!taker.ok()) {
    return Damaged(absl::StrCat("of the kind ", Quote(message[0]), " ends too early"));
  }
  if (taker.left() > 0) {
    return Damaged(absl::StrCat("of the kind ", Quote(message[0]), " has ", taker.left(),
                                " bytes after its end"));
  }
  return parsed;
}

std::string Format(const Message& message) {
  Writer writer;
  std::visit(writer, message);
  return writer.Finish();
}

}  // namespace siphon::postgres::pgoutput
