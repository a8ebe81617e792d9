// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/agreement.h"

#include <string>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Pair {
  Sidecar sidecar;
  Envelope envelope;
  absl::Status Check() const { return CheckAgreement(sidecar, envelope); }
};

Pair Full() {
  Pair pair;
  pair.sidecar.id = "X";
  pair.sidecar.driver = "sqlite";
  pair.envelope.driver = "sqlite";
  return pair;
}

Pair Incremental() {
  Pair pair = Full();
  pair.sidecar.dump_format = "jsonl-changes";
  pair.sidecar.base_id = pair.envelope.base_id = "B";
  pair.sidecar.parent_id = pair.envelope.parent_id = "P";
  pair.envelope.type = "incremental";
  return pair;
}

TEST(CheckChecksumFormTest, AcceptsTheContractsForm) {
  EXPECT_OK(CheckChecksumForm("X", "sha256:" + std::string(64, 'a')));
}

TEST(CheckChecksumFormTest, FailsClosed) {
  EXPECT_THAT(CheckChecksumForm("X", ""),
              StatusIs(errs::kIntegrity, HasSubstr("dump X: the sidecar holds no checksum")));
  for (const std::string& checksum :
       {"sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'), std::string(64, 'a'),
        "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'),
        "sha512:" + std::string(64, 'a'), "md5:" + std::string(64, 'a'), std::string("s"),
        " sha256:" + std::string(64, 'a')}) {
    EXPECT_THAT(CheckChecksumForm("X", checksum),
                StatusIs(errs::kIntegrity, HasSubstr("the sidecar's checksum is")))
        << checksum;
  }
}

TEST(CheckAgreementTest, AcceptsPairsThatFit) {
  EXPECT_OK(Full().Check());
  EXPECT_OK(Incremental().Check());
  // Data that only one side has is not a contradiction.
  Pair pair = Full();
  pair.sidecar.engine_version = "3.46.1";
  pair.envelope.tables = {{"t", 1, 2}};
  pair.envelope.compression = "zstd";
  pair.envelope.kind = Kind::kFull;  // An earlier version made the sidecar.
  pair.envelope.filters = {{"table", 1}};
  EXPECT_OK(pair.Check());
}

TEST(CheckAgreementTest, NamesBothValuesOfWhatDiffers) {
  Pair pair = Full();
  pair.envelope.driver = "mysql";
  EXPECT_THAT(pair.Check(), AllOf(StatusIs(errs::kIntegrity,
                                           HasSubstr("dump X: the sidecar's driver is "
                                                     "\"sqlite\", the envelope's is \"mysql\"")),
                                  HasExitCode(errs::Code::kIntegrity)));
  pair = Full();
  pair.sidecar.engine_version = "3.46.1";
  pair.envelope.engine_version = "3.45.0";
  EXPECT_THAT(pair.Check(),
              StatusIs(errs::kIntegrity, AllOf(HasSubstr("engine_version"), HasSubstr("3.46.1"),
                                               HasSubstr("3.45.0"))));
  pair = Full();
  pair.sidecar.scope.kind = Kind::kFull;
  pair.envelope.kind = Kind::kPartial;
  EXPECT_THAT(pair.Check(),
              StatusIs(errs::kIntegrity, HasSubstr("the sidecar's kind is \"full\", the"
                                                   " envelope's is \"partial\"")));
  pair = Full();
  pair.sidecar.scope.filters = {"table=a", "table=b"};
  pair.envelope.filters = {{"table", 1}};
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("other filters")));
  pair.envelope.filters = {{"table", 2}};
  EXPECT_OK(pair.Check());
  pair = Full();
  pair.sidecar.tables = {{"t", 1, 2}};
  pair.envelope.tables = {{"t", 1, 3}};
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("table 1 is \"t\" (1 rows, 2")));
  pair.envelope.tables = {{"t", 1, 2}, {"u", 0, 0}};
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("names 1 tables")));
}

TEST(CheckAgreementTest, WhereTheEnvelopesRowsAreEstimatesOnlyNamesAreCompared) {
  Pair pair = Full();
  pair.envelope.rows_estimated = true;
  pair.envelope.tables = {{"t", 100, 2}, {"u", 5, 5}};
  pair.sidecar.tables = {{"u", 7, 5}};
  EXPECT_OK(pair.Check());
  pair.sidecar.tables.push_back({"v", 0, 0});
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("lists the table \"v\"")));
}

TEST(CheckAgreementTest, HoldsTypeFormatAndIdsAgainstEachOther) {
  Pair pair = Full();
  pair.sidecar.dump_format = "jsonl-changes";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("dump_format")));
  pair = Full();
  pair.sidecar.parent_id = "P";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("parent_id")));
  pair = Full();
  pair.sidecar.base_id = pair.envelope.base_id = "B";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("full dump")));
  pair = Incremental();
  pair.sidecar.base_id = "C";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("base_id is \"C\"")));
  pair = Incremental();
  pair.sidecar.dump_format = "custom";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("asks for \"jsonl-changes\"")));
  pair = Incremental();
  pair.sidecar.parent_id = pair.envelope.parent_id = "";
  EXPECT_THAT(pair.Check(), StatusIs(errs::kIntegrity, HasSubstr("names no base or no parent")));
}

TEST(CheckAgreementTest, OnlyABodyInFramesHasAnIndex) {
  Pair pair = Full();
  pair.envelope.compression = "zstd";
  pair.envelope.layout = "frames/1";
  EXPECT_OK(pair.Check());  // A sidecar without an index.
  pair.sidecar.index = IndexRecord{4096, std::string(64, 'a')};
  EXPECT_OK(pair.Check());
  pair.envelope.layout = "";
  EXPECT_THAT(pair.Check(), AllOf(StatusIs(errs::kIntegrity, HasSubstr("names an index")),
                                  HasExitCode(errs::Code::kIntegrity)));
}

TEST(CheckEnvelopeTest, RefusesALayoutThatItDoesNotKnow) {
  Envelope envelope;
  envelope.layout = "frames/1";
  EXPECT_OK(CheckEnvelope("X", envelope));
  envelope.layout = "frames/2";
  EXPECT_THAT(CheckEnvelope("X", envelope),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("layout \"frames/2\" is not known")),
                    HasHint(HasSubstr("newer siphon"))));
}

TEST(CheckEnvelopeTest, RefusesWhatThisSiphonDoesNotKnow) {
  Envelope envelope;
  envelope.compression = "lz4";
  EXPECT_THAT(CheckEnvelope("X", envelope),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("compression \"lz4\" is not known")),
                    HasHint(HasSubstr("newer siphon"))));
  envelope = Envelope();
  const std::string checksum = "sha256:" + std::string(64, 'a');
  envelope.attachments = {{"globals.sql", 1, checksum}};
  EXPECT_OK(CheckEnvelope("X", envelope));
  envelope.attachments.push_back({"globals.sql", 1, checksum});
  EXPECT_THAT(CheckEnvelope("X", envelope),
              StatusIs(errs::kIntegrity, HasSubstr("\"globals.sql\" is named twice")));
  envelope.attachments = {{"../x", 1, checksum}};
  EXPECT_THAT(CheckEnvelope("X", envelope),
              AllOf(StatusIs(errs::kIntegrity, HasSubstr("attachment \"../x\" is not known")),
                    HasHint(HasSubstr("newer siphon"))));
  envelope.attachments = {{"globals.sql", 1, "sha256:12"}};
  EXPECT_THAT(CheckEnvelope("X", envelope),
              StatusIs(errs::kIntegrity, HasSubstr("checksum of the attachment globals.sql")));
  envelope = Envelope();
  envelope.type = "snapshot";
  EXPECT_THAT(CheckEnvelope("X", envelope),
              StatusIs(errs::kIntegrity, HasSubstr("type \"snapshot\" is not known")));
}

}  // namespace
}  // namespace siphon::dumps
