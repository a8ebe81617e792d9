// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PGOUTPUT_H_
#define DRIVERS_POSTGRES_PGOUTPUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

// The messages of the logical replication protocol, version 1, as the plug-in pgoutput of
// PostgreSQL 14 to 18 sends them (PostgreSQL's manual, "Logical Replication Message Formats").
// Texts point into the message that was parsed. Nothing here needs a connection.
namespace siphon::postgres::pgoutput {

// A place in the write-ahead log: a number of bytes.
using Lsn = uint64_t;
// Microseconds since 2000-01-01 00:00:00 UTC.
using Microseconds = int64_t;

struct Begin {
  Lsn final_lsn = 0;  // Of the commit record.
  Microseconds committed = 0;
  uint32_t transaction = 0;  // Its xid.
  friend bool operator==(const Begin&, const Begin&) = default;
};

struct Commit {
  Lsn commit_lsn = 0;  // The same as Begin::final_lsn.
  Lsn end_lsn = 0;     // After the commit record: from here on the next transaction is read.
  Microseconds committed = 0;
  friend bool operator==(const Commit&, const Commit&) = default;
};

// The transaction comes from another server.
struct Origin {
  Lsn commit_lsn = 0;  // On that server.
  std::string_view name;
  friend bool operator==(const Origin&, const Origin&) = default;
};

struct Column {
  bool is_key = false;  // Part of the replica identity.
  std::string_view name;
  uint32_t type = 0;  // An oid.
  int32_t modifier = 0;
  friend bool operator==(const Column&, const Column&) = default;
};

// How the rows of a table are recognized (pg_class.relreplident).
enum class Identity : char { kDefault = 'd', kNothing = 'n', kFull = 'f', kIndex = 'i' };

// The definition of a table, before its first row, and again after it has changed.
struct Relation {
  uint32_t id = 0;          // Its oid.
  std::string_view schema;  // Empty: pg_catalog.
  std::string_view name;
  Identity identity = Identity::kDefault;
  std::vector<Column> columns;
  friend bool operator==(const Relation&, const Relation&) = default;
};

// A type that is not built in, before the relation that uses it.
struct Type {
  uint32_t id = 0;
  std::string_view schema, name;
  friend bool operator==(const Type&, const Type&) = default;
};

struct Value {
  enum class Kind : char {
    kNull = 'n',
    kUnchanged = 'u',  // A TOASTed value that the statement did not change; it is not sent.
    kText = 't',
    kBinary = 'b',
  };
  Kind kind = Kind::kNull;
  std::string_view bytes = {};
  friend bool operator==(const Value&, const Value&) = default;
};
using Row = std::vector<Value>;

// The row before a change. Of kKey, only the columns of the identity are filled in: the others are
// kNull, whatever their values were.
struct OldRow {
  enum class Kind : char { kKey = 'K', kFull = 'O' };
  Kind kind = Kind::kKey;
  Row row;
  friend bool operator==(const OldRow&, const OldRow&) = default;
};

struct Insert {
  uint32_t relation = 0;
  Row row;
  friend bool operator==(const Insert&, const Insert&) = default;
};

struct Update {
  uint32_t relation = 0;
  std::optional<OldRow> before;  // Unset: the columns of the identity have not changed.
  Row row;
  friend bool operator==(const Update&, const Update&) = default;
};

struct Delete {
  uint32_t relation = 0;
  OldRow before;
  friend bool operator==(const Delete&, const Delete&) = default;
};

struct Truncate {
  bool cascade = false, restart_identity = false;
  std::vector<uint32_t> relations;
  friend bool operator==(const Truncate&, const Truncate&) = default;
};

// What a program wrote with pg_logical_emit_message().
struct Notice {
  bool transactional = false;
  Lsn lsn = 0;
  std::string_view prefix, content;
  friend bool operator==(const Notice&, const Notice&) = default;
};

using Message =
    std::variant<Begin, Commit, Origin, Relation, Type, Insert, Update, Delete, Truncate, Notice>;

// Parses one message. errs::kIntegrity for a message that ends too early, has bytes after its end,
// or is not known: those of streamed and prepared transactions belong to later versions of the
// protocol, which siphon does not ask for.
absl::StatusOr<Message> Parse(std::string_view message);

// Writes a message as PostgreSQL does, for tests.
std::string Format(const Message& message);

}  // namespace siphon::postgres::pgoutput

#endif  // DRIVERS_POSTGRES_PGOUTPUT_H_
