// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The vectors in pgoutput_vectors are what pg_logical_slot_peek_binary_changes() of
// PostgreSQL 14.23 and 18.4 returned (proto_version 1, messages on), a message a line, for these
// statements:
//
//   CREATE TABLE plain(id int PRIMARY KEY, name text, "Mixed Case" numeric(10,2));
//   CREATE TYPE mood AS ENUM ('sad', 'ok');
//   CREATE TABLE full_row(a int, m mood, big text);  -- REPLICA IDENTITY FULL, big STORAGE EXTERNAL
//   BEGIN; INSERT INTO plain VALUES (1, 'one', 1.50), (2, NULL, -0.01); COMMIT;
//   UPDATE plain SET name = 'eins' WHERE id = 1;
//   UPDATE plain SET id = 3 WHERE id = 2;
//   DELETE FROM plain WHERE id = 1;
//   INSERT INTO full_row VALUES (1, 'ok', repeat('x', 3000));
//   UPDATE full_row SET a = 2;
//   DELETE FROM full_row;
//   TRUNCATE plain, full_row RESTART IDENTITY CASCADE;
//   SELECT pg_logical_emit_message(true, 'siphon', 'in a transaction');
//   SELECT pg_logical_emit_message(false, 'siphon', E'\\x00ff'::bytea);
//   ALTER TABLE plain ADD COLUMN extra bytea DEFAULT '\x0001';
//   INSERT INTO plain VALUES (9, E'tab\tand \u00e4', 'NaN', '\xdeadbeef');

#include "drivers/postgres/pgoutput.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::postgres::pgoutput {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Recorded(const std::string& version) {
  std::ifstream file(absl::StrCat("drivers/postgres/pgoutput_vectors/", version, ".hex"));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<std::string> messages;
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    std::string bytes;
    EXPECT_TRUE(absl::HexStringToBytes(line, &bytes)) << line;
    messages.push_back(std::move(bytes));
  }
  EXPECT_GT(messages.size(), 30u) << version;
  return messages;
}

// The messages of one kind.
template <typename T>
std::vector<T> All(const std::vector<std::string>& messages) {
  std::vector<T> found;
  for (const std::string& message : messages) {
    const absl::StatusOr<Message> parsed = Parse(message);
    EXPECT_OK(parsed);
    if (parsed.ok() && std::holds_alternative<T>(*parsed)) found.push_back(std::get<T>(*parsed));
  }
  return found;
}

// A row as text: NULL, unchanged, or the value.
std::vector<std::string> Texts(const Row& row) {
  std::vector<std::string> texts;
  for (const Value& value : row) {
    texts.push_back(value.kind == Value::Kind::kNull        ? "NULL"
                    : value.kind == Value::Kind::kUnchanged ? "unchanged"
                    : value.bytes.size() > 100 ? absl::StrCat(value.bytes.size(), " bytes")
                                               : std::string(value.bytes));
  }
  return texts;
}

class RecordedTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedTest, EveryMessageIsParsedCompletely) {
  for (const std::string& message : Recorded(GetParam())) {
    const absl::StatusOr<Message> parsed = Parse(message);
    ASSERT_OK(parsed);
    EXPECT_EQ(absl::BytesToHexString(Format(*parsed)), absl::BytesToHexString(message));
    for (size_t size = 0; size < message.size() && size < 200; ++size) {
      EXPECT_THAT(Parse(std::string_view(message).substr(0, size)),
                  StatusIs(errs::kIntegrity, HasSubstr("pgoutput")))
          << size;
    }
    EXPECT_THAT(Parse(message + "x"), StatusIs(errs::kIntegrity, HasSubstr("after its end")));
  }
}

TEST_P(RecordedTest, TheMessagesTellWhatHappened) {
  const std::vector<std::string> messages = Recorded(GetParam());
  const std::vector<Relation> relations = All<Relation>(messages);
  ASSERT_GE(relations.size(), 4u);
  EXPECT_EQ(relations[0].schema, "public");
  EXPECT_EQ(relations[0].name, "plain");
  EXPECT_EQ(relations[0].identity, Identity::kDefault);
  ASSERT_EQ(relations[0].columns.size(), 3u);
  EXPECT_EQ(relations[0].columns[0], (Column{true, "id", 23, -1}));
  EXPECT_EQ(relations[0].columns[1], (Column{false, "name", 25, -1}));
  EXPECT_EQ(relations[0].columns[2].name, "Mixed Case");
  EXPECT_EQ(relations[0].columns[2].modifier, 10 << 16 | (2 + 4));
  EXPECT_EQ(relations[1].identity, Identity::kFull);
  EXPECT_EQ(relations.back().columns.size(), 4u);  // After ALTER TABLE.
  const std::vector<Type> types = All<Type>(messages);
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(types[0].name, "mood");
  EXPECT_EQ(relations[1].columns[1].type, types[0].id);

  const std::vector<Insert> inserts = All<Insert>(messages);
  ASSERT_EQ(inserts.size(), 4u);
  EXPECT_THAT(Texts(inserts[0].row), ElementsAre("1", "one", "1.50"));
  EXPECT_THAT(Texts(inserts[1].row), ElementsAre("2", "NULL", "-0.01"));
  EXPECT_THAT(Texts(inserts[2].row), ElementsAre("1", "ok", "3000 bytes"));
  EXPECT_THAT(Texts(inserts[3].row), ElementsAre("9", "tab\tand \u00e4", "NaN", "\\xdeadbeef"));

  const std::vector<Update> updates = All<Update>(messages);
  ASSERT_EQ(updates.size(), 3u);
  EXPECT_FALSE(updates[0].before.has_value());
  EXPECT_THAT(Texts(updates[0].row), ElementsAre("1", "eins", "1.50"));
  // The key has changed: of the old row only the key is sent.
  ASSERT_TRUE(updates[1].before.has_value());
  EXPECT_EQ(updates[1].before->kind, OldRow::Kind::kKey);
  EXPECT_THAT(Texts(updates[1].before->row), ElementsAre("2", "NULL", "NULL"));
  // The text was not changed, and is large.
  ASSERT_TRUE(updates[2].before.has_value());
  EXPECT_EQ(updates[2].before->kind, OldRow::Kind::kFull);
  EXPECT_THAT(Texts(updates[2].before->row), ElementsAre("1", "ok", "3000 bytes"));
  EXPECT_THAT(Texts(updates[2].row), ElementsAre("2", "ok", "unchanged"));

  const std::vector<Delete> deletes = All<Delete>(messages);
  ASSERT_EQ(deletes.size(), 2u);
  EXPECT_EQ(deletes[0].before.kind, OldRow::Kind::kKey);
  EXPECT_EQ(deletes[1].before.kind, OldRow::Kind::kFull);
  const std::vector<Truncate> truncates = All<Truncate>(messages);
  ASSERT_EQ(truncates.size(), 1u);
  EXPECT_TRUE(truncates[0].cascade && truncates[0].restart_identity);
  EXPECT_EQ(truncates[0].relations.size(), 2u);
  const std::vector<Notice> notices = All<Notice>(messages);
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_TRUE(notices[0].transactional);
  EXPECT_EQ(notices[0].prefix, "siphon");
  EXPECT_EQ(notices[0].content, "in a transaction");
  EXPECT_FALSE(notices[1].transactional);
  EXPECT_EQ(notices[1].content, std::string_view("\0\xff", 2));
}

TEST_P(RecordedTest, ATransactionEndsAtThePlaceThatItNamedAtItsBeginning) {
  std::optional<Begin> begin;
  Lsn last = 0;
  for (const std::string& message : Recorded(GetParam())) {
    const absl::StatusOr<Message> parsed = Parse(message);
    ASSERT_OK(parsed);
    if (std::holds_alternative<Begin>(*parsed)) begin = std::get<Begin>(*parsed);
    if (!std::holds_alternative<Commit>(*parsed)) continue;
    const Commit& commit = std::get<Commit>(*parsed);
    ASSERT_TRUE(begin.has_value());
    EXPECT_EQ(commit.commit_lsn, begin->final_lsn);
    EXPECT_EQ(commit.committed, begin->committed);
    EXPECT_GT(commit.end_lsn, commit.commit_lsn);
    EXPECT_GE(commit.commit_lsn, last);  // The order is that of the commits.
    last = commit.end_lsn;
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, RecordedTest, ::testing::Values("14", "18"));

TEST(PgoutputTest, WritesAndParsesWhatTheVectorsDoNotHave) {
  const std::vector<Message> messages = {
      Origin{.commit_lsn = 0x1122334455667788, .name = "other"},
      Update{
          .relation = 7,
          .before = std::nullopt,
          .row = {{Value::Kind::kBinary, std::string_view("\0\1", 2)}, {Value::Kind::kText, ""}}},
      Relation{.id = 1, .schema = "", .name = "pg_x", .identity = Identity::kIndex, .columns = {}},
      Truncate{.cascade = true, .restart_identity = false, .relations = {}},
  };
  for (const Message& message : messages) {
    const std::string bytes = Format(message);
    ASSERT_OK_AND_ASSIGN(const Message parsed, Parse(bytes));
    EXPECT_EQ(parsed, message);
  }
}

TEST(PgoutputTest, RefusesWhatItDoesNotKnow) {
  // Messages of streamed and prepared transactions, and those of no version.
  for (const char kind : std::string("SEcAbPKrpx\x01\xff")) {
    EXPECT_THAT(Parse(std::string(1, kind) + std::string(40, '\0')),
                StatusIs(errs::kIntegrity, HasSubstr("unknown kind")));
  }
  EXPECT_THAT(Parse(""), StatusIs(errs::kIntegrity, HasSubstr("is empty")));
  const auto with = [](std::string_view hex) {
    std::string bytes;
    EXPECT_TRUE(absl::HexStringToBytes(hex, &bytes));
    return bytes;
  };
  EXPECT_THAT(Parse(with("49000000014e000178")),
              StatusIs(errs::kIntegrity, HasSubstr("a value of the unknown kind 'x'")));
  EXPECT_THAT(Parse(with("49000000014f0000")),
              StatusIs(errs::kIntegrity, HasSubstr("'O' in place of a new row")));
  EXPECT_THAT(Parse(with("44000000014e0000")),
              StatusIs(errs::kIntegrity, HasSubstr("'N' in place of an old row")));
  EXPECT_THAT(Parse(with("52000000010061007a0000")),
              StatusIs(errs::kIntegrity, HasSubstr("the unknown replica identity 'z'")));
  EXPECT_THAT(Parse(with("540000000004")),
              StatusIs(errs::kIntegrity, HasSubstr("unknown flags of TRUNCATE")));
  // Counts that the message does not have are no reason to take memory.
  EXPECT_THAT(Parse(with("54ffffffff00")), StatusIs(errs::kIntegrity, HasSubstr("ends too early")));
  EXPECT_THAT(Parse(with("49000000014e000174ffffffff")),
              StatusIs(errs::kIntegrity, HasSubstr("ends too early")));
}

}  // namespace
}  // namespace siphon::postgres::pgoutput
