// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/loose_dump.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/frame_check.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kTable = "salaries_of_everybody";

// A machine with public keys only, one with the keys, and one without any.
class EncryptedDumpTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    key_ = std::make_unique<age::Identity>(age::Identity::Generate());
    offline_ = std::make_unique<age::Identity>(age::Identity::Generate());
    const std::vector<age::Recipient> recipients = {key_->recipient(), offline_->recipient()};
    writing_ = std::make_unique<Encryption>(recipients, nullptr);
    reading_ = std::make_unique<Encryption>(recipients, [this] { return Load(*key_); });
    catalog_ = std::make_unique<Catalog>(store_.get(), &clock_, writing_.get());
    reader_ = std::make_unique<Catalog>(store_.get(), &clock_, reading_.get());
    keyless_ = std::make_unique<Catalog>(store_.get(), &clock_);
  }

  absl::StatusOr<std::vector<age::Identity>> Load(const age::Identity& identity) {
    ++loads_;
    std::vector<age::Identity> identities;
    identities.push_back(identity.Clone());
    return identities;
  }

  static Contents Salaries() {
    Contents contents{.engine_version = "3.46.1", .tables = {{std::string(kTable), 3, 4096}}};
    contents.attachments = {{std::string(kGlobals), "CREATE ROLE salaries_owner"}};
    contents.annotations = {{"left_out", std::string(kTable)}};
    return contents;
  }

  absl::StatusOr<std::string> Body(Catalog& catalog, const std::string& id) {
    ASSIGN_OR_RETURN(const OpenDump dump, catalog.Open(context_, id));
    return base::ReadAll(*dump.body, size_t{256} << 20);
  }

  // What the program age makes of a file.
  std::string Aged(std::string_view file, const age::Identity& identity) {
    const auto text = age::Decrypt(file, absl::MakeSpan(&identity, 1));
    EXPECT_OK(text.status());
    return text.ok() ? std::string(text->view()) : "";
  }

  std::unique_ptr<age::Identity> key_, offline_;
  std::unique_ptr<Encryption> writing_, reading_;
  std::unique_ptr<Catalog> reader_, keyless_;
  int loads_ = 0;
};

TEST_F(EncryptedDumpTest, TheBodyIsOneAgeFileAfterTheEnvelope) {
  const std::string rows(200000, 'r');
  ASSERT_OK_AND_ASSIGN(const Sidecar bare, MakeDump(rows, 0));
  ASSERT_OK_AND_ASSIGN(const Sidecar packed, MakeDump(rows, 1));
  ASSERT_OK_AND_ASSIGN(const Sidecar framed, MakeFramesDump(frames::SampleItems()));
  for (const age::Identity* identity : {key_.get(), offline_.get()}) {
    const auto body = [&](const Sidecar& sidecar) {
      return Aged(ReadRaw(sidecar.id + ".dump").substr(kEnvelopeSize), *identity);
    };
    EXPECT_TRUE(body(bare) == rows);
    EXPECT_THAT(frames::Decompress(body(packed)), IsOkAndHolds(Eq(rows)));
    EXPECT_THAT(frames::Decompress(body(framed)),
                IsOkAndHolds(Eq(frames::RowsOf(frames::SampleItems()))));
  }
  EXPECT_THAT(Body(*reader_, bare.id), IsOkAndHolds(Eq(rows)));
  EXPECT_THAT(Body(*reader_, packed.id), IsOkAndHolds(Eq(rows)));
  EXPECT_THAT(Body(*reader_, framed.id), IsOkAndHolds(Eq(frames::RowsOf(frames::SampleItems()))));
  EXPECT_EQ(loads_, 1);
}

TEST_F(EncryptedDumpTest, NothingOfTheDatabaseIsClearInTheStore) {
  ASSERT_OK_AND_ASSIGN(
      const auto dump,
      catalog_->Create(context_, {.profile = "prod",
                                  .driver = "sqlite",
                                  .scope = {.kind = Kind::kPartial,
                                            .filters = {absl::StrCat("table=", kTable)}}}));
  ASSERT_OK_AND_ASSIGN(base::Writer * writer, dump->Begin(Salaries()));
  ASSERT_OK(writer->Write(absl::StrCat("INSERT INTO ", kTable, " VALUES (1000000)")));
  ASSERT_OK_AND_ASSIGN(const Sidecar made, dump->Commit());

  EXPECT_THAT(Names(),
              ElementsAre(made.id + ".dump", made.id + ".globals.sql.age", made.id + ".meta.json"));
  for (const std::string& name : Names()) {
    EXPECT_THAT(ReadRaw(name), Not(HasSubstr("salaries"))) << name;
  }
  // The caller has the whole sidecar.
  EXPECT_EQ(made.tables, Salaries().tables);
  EXPECT_EQ(made.annotations, Salaries().annotations);
  // The holder of the key has it, too.
  ASSERT_OK_AND_ASSIGN(const OpenDump opened, reader_->Open(context_, made.id));
  EXPECT_EQ(opened.sidecar.tables, Salaries().tables);
  EXPECT_EQ(opened.sidecar.annotations, Salaries().annotations);
  EXPECT_THAT(opened.sidecar.scope.filters, ElementsAre(absl::StrCat("table=", kTable)));
  EXPECT_EQ(opened.envelope.tables, Salaries().tables);
  EXPECT_EQ(opened.envelope.annotations, Salaries().annotations);
  EXPECT_THAT(reader_->Attachments(context_, opened),
              IsOkAndHolds(ElementsAre(::testing::Pair(kGlobals, "CREATE ROLE salaries_owner"))));
  // `age -d -i KEY ID.globals.sql.age`
  EXPECT_EQ(Aged(ReadRaw(made.id + ".globals.sql.age"), *offline_), "CREATE ROLE salaries_owner");
}

TEST_F(EncryptedDumpTest, ListingAndVerificationNeedNoKey) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  for (Catalog* catalog : {catalog_.get(), keyless_.get()}) {
    EXPECT_THAT(catalog->Verify(context_, made.id), IsOk());
    ASSERT_OK_AND_ASSIGN(const Listing listing, catalog->List(context_));
    EXPECT_THAT(listing.dumps, ElementsAre(IdIs(made.id)));
    EXPECT_EQ(listing.dumps[0].encryption, "age");
    EXPECT_THAT(listing.dumps[0].tables, IsEmpty());
    EXPECT_THAT(catalog->Open(context_, made.id),
                StatusIs(errs::kSecretUnavailable, HasSubstr("dump " + made.id)));
  }
  EXPECT_EQ(loads_, 0);
}

TEST_F(EncryptedDumpTest, ADescriptionHasTheDetailsWhereTheKeyIs) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, reader_->Describe(context_, made.id));
  EXPECT_EQ(dump.sidecar.tables, Salaries().tables);
  EXPECT_EQ(dump.envelope.annotations, Salaries().annotations);
  EXPECT_OK(dump.details_missing);
  EXPECT_EQ(dump.body, nullptr);
  EXPECT_THAT(keyless_->Describe(context_, made.id), StatusIs(errs::kSecretUnavailable));
  ASSERT_OK_AND_ASSIGN(const OpenDump clear,
                       keyless_->Describe(context_, made.id, DetailsNeed::kOptional));
  EXPECT_THAT(clear.details_missing, StatusIs(errs::kSecretUnavailable));
  EXPECT_EQ(clear.sidecar.id, made.id);
  EXPECT_THAT(clear.sidecar.tables, IsEmpty());
  EXPECT_THAT(clear.envelope.annotations, IsEmpty());
}

TEST_F(EncryptedDumpTest, AnotherKeyOpensNothing) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  const age::Identity stranger = age::Identity::Generate();
  const Encryption other({}, [&] { return Load(stranger); });
  Catalog catalog(store_.get(), &clock_, &other);
  EXPECT_THAT(catalog.Open(context_, made.id),
              StatusIs(errs::kSecretUnavailable, HasSubstr("none of 1 identities")));
}

TEST_F(EncryptedDumpTest, FramesAreReadAtAnyPlace) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeFramesDump(frames::SampleItems(), Salaries()));
  ASSERT_TRUE(made.index.has_value());
  ASSERT_OK_AND_ASSIGN(const auto frames, OpenFrames(context_, *store_, made, reading_.get()));
  ASSERT_TRUE(frames.has_value());
  // The offsets count the bytes of the plaintext.
  const std::string plain = Aged(ReadRaw(made.id + ".dump").substr(kEnvelopeSize), *offline_);
  EXPECT_EQ(frames->body().size(), plain.size());
  EXPECT_EQ(plain.substr(made.index->offset + 8, 8), "SIPHIDX1");
  EXPECT_THAT(CheckFrames(context_, *frames, *plain_, made.id, [](uint64_t) {}), IsOk());
  EXPECT_THAT(OpenFrames(context_, *store_, made),
              StatusIs(errs::kSecretUnavailable, HasSubstr("no key to decrypt")));
}

TEST_F(EncryptedDumpTest, AThousandChangesAreRefused) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump(std::string(70000, 'r'), 0, Salaries()));
  const std::map<std::string, std::string> right = {
      {made.id + ".dump", ReadRaw(made.id + ".dump")},
      {made.id + ".globals.sql.age", ReadRaw(made.id + ".globals.sql.age")}};
  std::mt19937 random(19);
  for (int i = 0; i < 1000; ++i) {
    const auto& [name, bytes] = *std::next(right.begin(), i % 2);
    std::string wrong = bytes;
    // The envelope has spaces and clear keys, which only the checksum covers.
    const size_t from = i % 2 == 0 ? kEnvelopeSize : 0;
    const size_t at = from + random() % (wrong.size() - from);
    wrong[at] = static_cast<char>(wrong[at] ^ (1 << (random() % 8)));
    WriteRaw(name, wrong);
    ASSERT_THAT(keyless_->Verify(context_, made.id), StatusIs(errs::kIntegrity)) << i;
    // The same with a sidecar whose checksum fits, and with an attacker's envelope: the key tells.
    if (i % 2 == 0) {
      Sidecar sidecar = made;
      sidecar.checksum = DigestOf(wrong);
      WriteRaw(made.id + ".meta.json", EncodeSidecar(sidecar, absl::UTCTimeZone()));
      ASSERT_FALSE(Body(*reader_, made.id).ok()) << i;
      WriteRaw(made.id + ".meta.json", EncodeSidecar(made, absl::UTCTimeZone()));
    } else {
      ASSERT_FALSE(OpenAttachment(made.id, kGlobals, wrong, reading_.get()).ok()) << i;
    }
    WriteRaw(name, bytes);
  }
  EXPECT_THAT(Body(*reader_, made.id), IsOkAndHolds(Eq(std::string(70000, 'r'))));
}

// Who writes the store replaces the encrypted body by a clear one, and says so in the sidecar only.
TEST_F(EncryptedDumpTest, EnvelopeAndSidecarAgreeAboutTheEncryption) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  Sidecar clear = made;
  clear.encryption.clear();
  clear.details.clear();
  WriteRaw(made.id + ".meta.json", EncodeSidecar(clear, absl::UTCTimeZone()));
  EXPECT_THAT(keyless_->Verify(context_, made.id),
              StatusIs(errs::kIntegrity, HasSubstr("encryption")));
}

TEST_F(EncryptedDumpTest, RefusesClearDetailsInAnEncryptedSidecar) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  const std::string json = ReadRaw(made.id + ".meta.json");
  EXPECT_THAT(DecodeSidecar(absl::StrReplaceAll(
                  json, {{"\"encryption\"", "\"annotations\": {\"a\": \"b\"}, \"encryption\""}})),
              StatusIs(errs::kIntegrity, HasSubstr("in clear text")));
  EXPECT_THAT(DecodeSidecar(absl::StrReplaceAll(json, {{"\"details\"", "\"other\""}})),
              StatusIs(errs::kIntegrity, HasSubstr("without the other")));
  EXPECT_THAT(DecodeSidecar(absl::StrReplaceAll(json, {{"\"encryption\"", "\"other\""}})),
              StatusIs(errs::kIntegrity, HasSubstr("without the other")));
}

TEST_F(EncryptedDumpTest, ALooseDumpOpensWithItsKey) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  const std::string file = ReadRaw(made.id + ".dump");
  ASSERT_OK_AND_ASSIGN(
      const OpenDump dump,
      OpenLooseDump(std::make_unique<base::StringReader>(file), "file", reading_.get()));
  EXPECT_EQ(dump.sidecar.annotations, Salaries().annotations);
  EXPECT_THAT(base::ReadAll(*dump.body, 100), IsOkAndHolds(std::string("rows")));
  EXPECT_THAT(OpenLooseDump(std::make_unique<base::StringReader>(file), "file"),
              StatusIs(errs::kSecretUnavailable));
}

TEST_F(EncryptedDumpTest, ASidecarIsMadeAgainWithTheKeyOnly) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeFramesDump(frames::SampleItems(), Salaries()));
  RemoveRaw(made.id + ".meta.json");
  const BodyChecker check = [](const Envelope&,
                               base::Reader& body) -> absl::StatusOr<std::vector<TableInfo>> {
    RETURN_IF_ERROR(base::ReadAll(body, size_t{256} << 20).status());
    return std::vector<TableInfo>();
  };
  ASSERT_OK_AND_ASSIGN(const RebuildResult without,
                       catalog_->Rebuild(context_, "prod", false, check));
  ASSERT_EQ(without.refused.size(), 1u);
  EXPECT_THAT(without.refused[0].why, StatusIs(errs::kSecretUnavailable));

  ASSERT_OK_AND_ASSIGN(const RebuildResult with, reader_->Rebuild(context_, "prod", false, check));
  EXPECT_THAT(with.rebuilt, ElementsAre(made.id));
  EXPECT_THAT(ReadRaw(made.id + ".meta.json"), Not(HasSubstr("salaries")));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, reader_->Open(context_, made.id));
  EXPECT_EQ(dump.sidecar.tables, Salaries().tables);
  EXPECT_EQ(dump.sidecar.index, made.index);
}

// The envelope has estimates; the rows that a rebuild counted are encrypted to the keys at hand.
TEST_F(EncryptedDumpTest, RowsAreCountedOnAMachineWithoutRecipients) {
  Contents contents = Salaries();
  contents.rows_estimated = true;
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, contents));
  RemoveRaw(made.id + ".meta.json");
  const Encryption keys({}, [this] { return Load(*key_); });
  Catalog catalog(store_.get(), &clock_, &keys);
  const std::vector<TableInfo> counted = {{std::string(kTable), 2, 4096}};
  const BodyChecker check = [&](const Envelope&,
                                base::Reader& body) -> absl::StatusOr<std::vector<TableInfo>> {
    RETURN_IF_ERROR(base::ReadAll(body, size_t{256} << 20).status());
    return counted;
  };
  ASSERT_OK_AND_ASSIGN(const RebuildResult result, catalog.Rebuild(context_, "prod", false, check));
  EXPECT_THAT(result.rebuilt, ElementsAre(made.id));
  EXPECT_THAT(ReadRaw(made.id + ".meta.json"), Not(HasSubstr("salaries")));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, catalog.Describe(context_, made.id));
  EXPECT_EQ(dump.sidecar.tables, counted);
}

TEST_F(EncryptedDumpTest, SoManyRecipientsFitTheEnvelope) {
  std::vector<age::Recipient> recipients;
  while (recipients.size() < kMaxDumpRecipients) {
    recipients.push_back(age::Identity::Generate().recipient());
  }
  const Encryption most(recipients, nullptr);
  catalog_ = std::make_unique<Catalog>(store_.get(), &clock_, &most);
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows", 1, Salaries()));
  EXPECT_THAT(keyless_->Verify(context_, made.id), IsOk());
}

TEST(DetailsTest, DecodesWhatItEncodes) {
  for (const Details& details :
       {Details(), Details{.tables = {{"a\"b", 1, 2, "sqlite:3"}, {"c", 0, 0}},
                   .annotations = {{"d", "e\n"}, {"f", ""}},
                   .filters = {"g", "h"}}}) {
    EXPECT_THAT(DecodeDetails(EncodeDetails(details)), IsOkAndHolds(details));
  }
  EXPECT_THAT(DecodeDetails("[]"), StatusIs(errs::kIntegrity));
  EXPECT_THAT(DecodeDetails(R"({"tables":1})"), StatusIs(errs::kIntegrity));
}

}  // namespace
}  // namespace siphon::dumps
