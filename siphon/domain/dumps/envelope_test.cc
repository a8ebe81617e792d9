// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/envelope.h"

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Time Created() {
  return absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, 33), absl::UTCTimeZone()) +
         absl::Nanoseconds(123456789);
}

// An envelope around `json`, written from docs/contracts.md#dump-file.
std::string Around(std::string_view json) {
  std::string bytes = absl::StrCat("SIPH", json);
  bytes.append(4095 - bytes.size(), '\x20');
  return bytes + '\x0a';
}

TEST(EncodeEnvelopeTest, WritesTheBytesOfAFullDumpOfSiphonInGo) {
  Envelope envelope;
  envelope.driver = "mysql";
  envelope.binlog_file = "binlog.000003";
  envelope.binlog_end = 157;
  envelope.created = Created();
  EXPECT_THAT(EncodeEnvelope(envelope),
              IsOkAndHolds(Eq(Around(
                  R"({"siphon":"1.0","type":"base","driver":"mysql","binlog_file":"binlog.000003",)"
                  R"("binlog_end":157,"created":"2026-03-01T11:22:33.123456789Z"})"))));
}

TEST(EncodeEnvelopeTest, WritesAnIncrementalOfSiphonInGo) {
  Envelope envelope;
  envelope.type = "incremental";
  envelope.driver = "postgres";
  envelope.base_id = "01ARYZ6S41TSV4RRFFQ69G5FAV";
  envelope.parent_id = "01ARYZ6S42TSV4RRFFQ69G5FAV";
  envelope.wal_end = "0/16B3748";
  envelope.created = absl::FromUnixSeconds(1772000000);
  EXPECT_THAT(
      EncodeEnvelope(envelope),
      IsOkAndHolds(Eq(Around(R"({"siphon":"1.0","type":"incremental","driver":"postgres",)"
                             R"("base_id":"01ARYZ6S41TSV4RRFFQ69G5FAV",)"
                             R"("parent_id":"01ARYZ6S42TSV4RRFFQ69G5FAV","wal_end":"0/16B3748",)"
                             R"("created":"2026-02-25T06:13:20Z"})"))));
}

TEST(EncodeEnvelopeTest, WritesEveryKeyInTheContractsOrderAndItsOwnLast) {
  Envelope envelope;
  envelope.driver = "a<b";
  envelope.engine_version = "3.46.1";
  envelope.base_id = "B";
  envelope.parent_id = "P";
  envelope.wal_start = "0/1";
  envelope.wal_end = "0/2";
  envelope.binlog_file = "f";
  envelope.binlog_start = 4;
  envelope.binlog_end = std::numeric_limits<uint64_t>::max();
  envelope.checksum = "sha256:00";
  envelope.tables = {{"t", 1, 2}, {"\xff", -1, 0}};
  envelope.created = Created();
  envelope.compression = "zstd";
  envelope.layout = "frames/1";
  envelope.rows_estimated = true;
  envelope.attachments = {{"globals.sql", 12, "sha256:11"}};
  envelope.annotations = {{"a", "x, y"}, {"b\"", ""}};
  envelope.kind = Kind::kPartial;
  envelope.filters = {{"table", 2}, {"exclude-data", 1}};
  envelope.before_migration = "12";
  EXPECT_THAT(
      EncodeEnvelope(envelope),
      IsOkAndHolds(Eq(Around(
          R"({"siphon":"1.0","type":"base","driver":"a\u003cb","engine_version":"3.46.1",)"
          R"("base_id":"B","parent_id":"P","wal_start":"0/1","wal_end":"0/2","binlog_file":"f",)"
          R"("binlog_start":4,"binlog_end":18446744073709551615,"checksum":"sha256:00",)"
          R"("tables":[{"name":"t","rows":1,"size_bytes":2},)"
          R"({"name":"\ufffd","rows":-1,"size_bytes":0}],)"
          R"("created":"2026-03-01T11:22:33.123456789Z","compression":"zstd",)"
          R"("layout":"frames/1","rows_estimated":true,)"
          R"("attachments":[{"name":"globals.sql","size":12,"checksum":"sha256:11"}],)"
          R"("annotations":{"a":"x, y","b\"":""},)"
          R"("kind":"partial","filters":{"exclude-data":1,"table":2},"before_migration":"12"})"))));
}

TEST(EncodeEnvelopeTest, TakesJsonOf4091BytesAndNotOneMore) {
  Envelope envelope;
  envelope.created = Created();
  const size_t frame = EncodeEnvelope(envelope)->find_last_not_of(" \n") + 1 - 4;
  envelope.driver = std::string(4091 - frame, 'x');
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeEnvelope(envelope));
  EXPECT_THAT(bytes, SizeIs(4096));
  EXPECT_EQ(bytes.substr(4093), "\"}\n");
  EXPECT_THAT(DecodeEnvelope(bytes), IsOk());
  envelope.driver += 'x';
  EXPECT_THAT(EncodeEnvelope(envelope),
              StatusIs(errs::kInvalidArgument, HasSubstr("envelope JSON is 4092 bytes; max 4091")));
}

TEST(EncodeEnvelopeTest, RefusesATimeThatHasNoFourDigitYear) {
  Envelope envelope;
  envelope.created = absl::InfiniteFuture();
  EXPECT_THAT(EncodeEnvelope(envelope), StatusIs(errs::kInvalidArgument, HasSubstr("years")));
}

TEST(DecodeEnvelopeTest, ReadsWhatEncodeWrites) {
  Envelope envelope;
  envelope.type = "incremental";
  envelope.driver = "maria\"db";
  envelope.engine_version = "11.8";
  envelope.base_id = "B";
  envelope.parent_id = "P";
  envelope.wal_start = "0/1";
  envelope.wal_end = "0/2";
  envelope.binlog_file = "f";
  envelope.binlog_start = std::numeric_limits<uint64_t>::max();
  envelope.binlog_end = 5;
  envelope.checksum = "c";
  envelope.tables = {{"ü", 1, std::numeric_limits<int64_t>::max()}};
  envelope.created = Created();
  envelope.compression = "zstd";
  envelope.layout = "frames/1";
  envelope.rows_estimated = true;
  envelope.attachments = {{"globals.sql", 0, "sha256:11"}, {"other", 4194304, ""}};
  envelope.annotations = {{"", "x"}, {"k", "ü"}};
  envelope.kind = Kind::kImported;
  envelope.filters = {{"ü", std::numeric_limits<uint64_t>::max()}};
  envelope.before_migration = "ü";
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeEnvelope(envelope));
  ASSERT_OK_AND_ASSIGN(const Envelope decoded, DecodeEnvelope(bytes));
  EXPECT_EQ(decoded.type, "incremental");
  EXPECT_EQ(decoded.driver, "maria\"db");
  EXPECT_EQ(decoded.created, Created());
  EXPECT_THAT(decoded.tables, ElementsAre(envelope.tables[0]));
  EXPECT_EQ(decoded.layout, "frames/1");
  EXPECT_TRUE(decoded.rows_estimated);
  EXPECT_EQ(decoded.attachments, envelope.attachments);
  EXPECT_EQ(decoded.annotations, envelope.annotations);
  EXPECT_EQ(decoded.kind, envelope.kind);
  EXPECT_EQ(decoded.filters, envelope.filters);
  EXPECT_THAT(EncodeEnvelope(decoded), IsOkAndHolds(Eq(bytes)));
}

TEST(DecodeEnvelopeTest, IgnoresUnknownKeysAndReadsAnyOffset) {
  ASSERT_OK_AND_ASSIGN(
      const Envelope envelope,
      DecodeEnvelope(Around(R"({ "future": {"a": [1, null]}, "siphon": "1.7", "type": "base",
          "driver": "sqlite", "wal_end": null, "created": "2026-03-01T13:22:33.5+02:00" })")));
  EXPECT_EQ(envelope.siphon, "1.7");
  EXPECT_EQ(envelope.wal_end, "");
  EXPECT_EQ(envelope.compression, "");
  EXPECT_EQ(envelope.created,
            absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, 33), absl::UTCTimeZone()) +
                absl::Milliseconds(500));
}

TEST(DecodeEnvelopeTest, ReadsTheScopeThatAnEarlierVersionAnnotated) {
  const auto with = [](std::string_view rest) {
    return DecodeEnvelope(Around(absl::StrCat(
        R"({"siphon":"1.0","type":"base","driver":"x","created":"2026-03-01T11:22:33Z")", rest)));
  };
  ASSERT_OK_AND_ASSIGN(Envelope envelope, with(R"(,"annotations":{"scope":"partial"}})"));
  EXPECT_EQ(envelope.kind, Kind::kPartial);
  EXPECT_TRUE(IsOfSomeTables(envelope));
  ASSERT_OK_AND_ASSIGN(envelope, with(R"(,"annotations":{"scope":"else"}})"));
  EXPECT_EQ(envelope.kind, Kind::kUnknown);
  EXPECT_FALSE(IsOfSomeTables(envelope));
  ASSERT_OK_AND_ASSIGN(envelope, with(R"(,"kind":"future"})"));
  EXPECT_EQ(envelope.kind, Kind::kUnknown);
}

TEST(IsOfSomeTablesTest, DependsOnTheFilters) {
  Envelope envelope;
  EXPECT_FALSE(IsOfSomeTables(envelope));
  envelope.kind = Kind::kPartial;
  for (const auto& [filter, of_some] : {std::pair("table=a", true),
                                        {"exclude-table=a=b", true},
                                        {"exclude-data=a", false},
                                        {"schema-only", false},
                                        {"data-only", false}}) {
    envelope.filters = CountFilters({filter});
    EXPECT_EQ(IsOfSomeTables(envelope), of_some) << filter;
  }
}

TEST(DecodeEnvelopeTest, RefusesEveryOtherSize) {
  const std::string whole =
      Around(R"({"siphon":"1.0","type":"base","driver":"x","created":"2026-03-01T11:22:33Z"})");
  ASSERT_OK(DecodeEnvelope(whole));
  for (const std::string& bytes :
       {std::string(), std::string("SIPH{}"), whole.substr(0, 4095), whole + " "}) {
    EXPECT_THAT(DecodeEnvelope(bytes),
                AllOf(StatusIs(errs::kIntegrity, HasSubstr("invalid siphon envelope: short read")),
                      HasExitCode(errs::Code::kIntegrity)));
  }
}

TEST(DecodeEnvelopeTest, RefusesBytesWithoutTheMagic) {
  std::string bytes = Around("{}");
  bytes[3] = 'h';
  EXPECT_THAT(DecodeEnvelope(bytes),
              StatusIs(errs::kIntegrity, HasSubstr("invalid siphon envelope: missing magic")));
  EXPECT_THAT(DecodeEnvelope(std::string(4096, '\0')),
              StatusIs(errs::kIntegrity, HasSubstr("missing magic")));
}

TEST(DecodeEnvelopeTest, RefusesJsonThatIsWrong) {
  const auto with = [](std::string_view rest) {
    return DecodeEnvelope(Around(absl::StrCat(
        R"({"siphon":"1.0","type":"base","driver":"x","created":"2026-03-01T11:22:33Z")", rest)));
  };
  EXPECT_THAT(with(""), StatusIs(errs::kIntegrity, HasSubstr("parse error at line")));
  EXPECT_THAT(with("}}"), StatusIs(errs::kIntegrity, HasSubstr("parse error")));
  EXPECT_THAT(with(R"(,"binlog_end":-1})"), StatusIs(errs::kIntegrity, HasSubstr("binlog_end")));
  EXPECT_THAT(with(R"(,"binlog_end":18446744073709551616})"),
              StatusIs(errs::kIntegrity, HasSubstr("binlog_end")));
  EXPECT_THAT(with(R"(,"tables":{}})"), StatusIs(errs::kIntegrity, HasSubstr("tables")));
  EXPECT_THAT(with(R"(,"compression":1})"), StatusIs(errs::kIntegrity, HasSubstr("compression")));
  EXPECT_THAT(with(R"(,"layout":1})"), StatusIs(errs::kIntegrity, HasSubstr("layout")));
  EXPECT_THAT(with(R"(,"rows_estimated":1})"),
              StatusIs(errs::kIntegrity, HasSubstr("rows_estimated")));
  for (const char* const attachments :
       {"{}", "[1]", "[{}]", R"([{"name":"a","size":-1,"checksum":""}])",
        R"([{"name":"a","size":4194305,"checksum":""}])", R"([{"name":"a","size":1}])",
        R"([{"name":1,"size":1,"checksum":""}])"}) {
    EXPECT_THAT(with(absl::StrCat(",\"attachments\":", attachments, "}")),
                StatusIs(errs::kIntegrity))
        << attachments;
  }
  EXPECT_THAT(with(R"(,"created":"today"})"), StatusIs(errs::kIntegrity, HasSubstr("created")));
}

TEST(DecodeEnvelopeTest, RefusesAnEnvelopeThatLacksWhatEveryOneHas) {
  EXPECT_THAT(DecodeEnvelope(Around("{}")), StatusIs(errs::kIntegrity, HasSubstr("\"siphon\"")));
  EXPECT_THAT(DecodeEnvelope(Around(R"({"siphon":"1.0"})")),
              StatusIs(errs::kIntegrity, HasSubstr("\"type\" is missing")));
  EXPECT_THAT(DecodeEnvelope(Around(R"({"siphon":"1.0","type":"base"})")),
              StatusIs(errs::kIntegrity, HasSubstr("\"driver\" is missing")));
  EXPECT_THAT(DecodeEnvelope(Around(R"({"siphon":"1.0","type":"base","driver":"x"})")),
              StatusIs(errs::kIntegrity, HasSubstr("\"created\" is missing")));
}

TEST(DecodeEnvelopeTest, RefusesAFormatThatIsNewer) {
  for (const char* version : {"2.0", "10", "", "one"}) {
    EXPECT_THAT(DecodeEnvelope(Around(absl::StrCat(R"({"siphon":")", version, R"("})"))),
                AllOf(StatusIs(errs::kIntegrity, HasSubstr("is not \"1.x\"")),
                      HasHint(HasSubstr("newer siphon"))));
  }
}

}  // namespace
}  // namespace siphon::dumps
