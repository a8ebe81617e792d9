// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/frame_check.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

// A machine whose key leaves, and one with the new key.
class RekeyTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    leaving_ = MakeKeys(old_key_);
    staying_ = MakeKeys(new_key_);
    new_ = {new_key_.recipient()};
    clear_ = std::make_unique<Catalog>(store_.get(), &clock_);
    catalog_ = std::make_unique<Catalog>(store_.get(), &clock_, leaving_.get());
    other_ = std::make_unique<Catalog>(store_.get(), &clock_, staying_.get());
  }

  static std::unique_ptr<Encryption> MakeKeys(const age::Identity& identity) {
    return std::make_unique<Encryption>(
        std::vector<age::Recipient>{identity.recipient()},
        [&identity]() -> absl::StatusOr<std::vector<age::Identity>> {
          std::vector<age::Identity> identities;
          identities.push_back(identity.Clone());
          return identities;
        });
  }

  static Contents Salaries() {
    Contents contents{.engine_version = "3.46.1", .tables = {{"salaries", 3, 4096}}};
    contents.attachments = {{std::string(kGlobals), "CREATE ROLE salaries_owner"}};
    contents.annotations = {{"left_out", "salaries"}};
    return contents;
  }

  absl::StatusOr<std::string> Body(Catalog& catalog, const std::string& id) {
    ASSIGN_OR_RETURN(const OpenDump dump, catalog.Open(context_, id));
    return base::ReadAll(*dump.body, size_t{256} << 20);
  }

  age::Identity old_key_ = age::Identity::Generate();
  age::Identity new_key_ = age::Identity::Generate();
  std::unique_ptr<Encryption> leaving_, staying_;
  std::vector<age::Recipient> new_;
  std::unique_ptr<Catalog> clear_, other_;
};

TEST_F(RekeyTest, TheNewKeyAloneOpensTheNewDump) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeFramesDump(frames::SampleItems(), Salaries()));
  const std::string rows = frames::RowsOf(frames::SampleItems());
  ASSERT_OK_AND_ASSIGN(const Sidecar rekeyed, catalog_->Rekey(context_, made.id, new_));
  EXPECT_NE(rekeyed.id, made.id);
  EXPECT_EQ(rekeyed.created, made.created);
  EXPECT_EQ(rekeyed.tables, Salaries().tables);
  EXPECT_EQ(rekeyed.index, made.index);
  EXPECT_THAT(Names(), ElementsAre(rekeyed.id + ".dump", rekeyed.id + ".globals.sql.age",
                                   rekeyed.id + ".meta.json", rekeyed.id + ".notes.json"));
  ASSERT_OK_AND_ASSIGN(const std::string body, Body(*other_, rekeyed.id));
  EXPECT_TRUE(body == rows);
  EXPECT_THAT(catalog_->Open(context_, rekeyed.id), StatusIs(errs::kSecretUnavailable));
  ASSERT_OK_AND_ASSIGN(const OpenDump dump, other_->Describe(context_, rekeyed.id));
  EXPECT_EQ(dump.sidecar.annotations, Salaries().annotations);
  EXPECT_THAT(other_->Attachments(context_, dump),
              IsOkAndHolds(ElementsAre(Pair(kGlobals, "CREATE ROLE salaries_owner"))));
  // Its frames lie where the index says.
  ASSERT_OK_AND_ASSIGN(const auto frames, OpenFrames(context_, *store_, rekeyed, staying_.get()));
  ASSERT_TRUE(frames.has_value());
  EXPECT_THAT(CheckFrames(context_, *frames, *plain_, rekeyed.id, [](uint64_t) {}), IsOk());
}

TEST_F(RekeyTest, AClearDumpBecomesAnEncryptedOne) {
  std::swap(clear_, catalog_);
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows of salaries", 0, Salaries()));
  ASSERT_OK_AND_ASSIGN(const Sidecar rekeyed, catalog_->Rekey(context_, made.id, new_));
  for (const std::string& name : Names()) {
    EXPECT_THAT(ReadRaw(name), Not(HasSubstr("salaries"))) << name;
  }
  EXPECT_THAT(Body(*other_, rekeyed.id), IsOkAndHolds(Eq("rows of salaries")));
  EXPECT_THAT(catalog_->Open(context_, rekeyed.id), StatusIs(errs::kSecretUnavailable));
}

TEST_F(RekeyTest, NotesAndPinGoToTheNewDump) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows"));
  const Notes notes{.tags = {"night"},
                    .verifications = {{.when = clock_.now, .depth = Depth::kDeep}},
                    .pin = Pin{.when = clock_.now, .reason = "audit"}};
  ASSERT_OK(catalog_->WriteNotes(context_, made.id, notes));
  ASSERT_OK_AND_ASSIGN(const Sidecar rekeyed, catalog_->Rekey(context_, made.id, new_));
  ASSERT_OK_AND_ASSIGN(const Notes found, other_->ReadNotes(context_, rekeyed.id));
  EXPECT_EQ(found.tags, notes.tags);
  EXPECT_EQ(found.pin, notes.pin);
  ASSERT_EQ(found.verifications.size(), 2u);
  EXPECT_EQ(found.verifications[0].depth, Depth::kChecksum);
  EXPECT_EQ(found.verifications[1].depth, Depth::kDeep);
  EXPECT_THAT(catalog_->Get(context_, made.id), StatusIs(errs::kNotFound));
}

TEST_F(RekeyTest, NothingChangesWithoutTheKeyNorForADamagedDump) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump(std::string(100000, 'r'), 0));
  const std::vector<std::string> before = Names();
  EXPECT_THAT(other_->Rekey(context_, made.id, new_), StatusIs(errs::kSecretUnavailable));
  EXPECT_EQ(Names(), before);
  const std::string dump = ReadRaw(made.id + ".dump");
  for (const size_t at : {size_t{5000}, dump.size() - 1}) {
    std::string wrong = dump;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    WriteRaw(made.id + ".dump", wrong);
    EXPECT_THAT(catalog_->Rekey(context_, made.id, new_),
                StatusIs(errs::kIntegrity, HasSubstr(made.id)));
    EXPECT_EQ(Names(), before);
  }
}

TEST_F(RekeyTest, PartsOfAChainStay) {
  PutHandMade("B", "base", "");
  PutHandMade("i", "incremental", ",\"base_id\":\"B\",\"parent_id\":\"B\"");
  EXPECT_THAT(catalog_->Rekey(context_, "B", new_),
              StatusIs(errs::kInvalidArgument, HasSubstr("the base of these incrementals: i")));
  EXPECT_THAT(catalog_->Rekey(context_, "i", new_),
              StatusIs(errs::kInvalidArgument, HasSubstr("an incremental")));
}

// A store that locks every object, or deletes none.
class StubbornStore : public storage::ForwardingStore {
 public:
  explicit StubbornStore(storage::Store* store) : ForwardingStore(store) {}
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context&,
                                                        std::string_view) override {
    return locked;
  }
  absl::Status Delete(const base::Context& context, std::string_view key) override {
    if (!deletes) return errs::SystemError("store", errs::kIo, "the connection is lost");
    return ForwardingStore::Delete(context, key);
  }
  std::optional<absl::Time> locked;
  bool deletes = true;
};

TEST_F(RekeyTest, ALockedDumpStays) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows"));
  const std::vector<std::string> before = Names();
  StubbornStore store(store_.get());
  store.locked = clock_.now + absl::Hours(1);
  EXPECT_THAT(Catalog(&store, &clock_, leaving_.get()).Rekey(context_, made.id, new_),
              StatusIs(errs::kIo, HasSubstr("locked by the store")));
  EXPECT_EQ(Names(), before);
}

// As after a kill in this moment.
TEST_F(RekeyTest, TheOldDumpGoesAfterTheNewOneIsComplete) {
  ASSERT_OK_AND_ASSIGN(const Sidecar made, MakeDump("rows"));
  StubbornStore store(store_.get());
  store.deletes = false;
  EXPECT_THAT(Catalog(&store, &clock_, leaving_.get()).Rekey(context_, made.id, new_),
              StatusIs(errs::kIo, HasSubstr("connection is lost")));
  EXPECT_THAT(Body(*catalog_, made.id), IsOkAndHolds(Eq("rows")));
  ASSERT_OK_AND_ASSIGN(const Listing listing, catalog_->List(context_));
  ASSERT_EQ(listing.dumps.size(), 2u);
  for (const Sidecar& dump : listing.dumps) {
    if (dump.id == made.id) continue;
    EXPECT_THAT(Body(*other_, dump.id), IsOkAndHolds(Eq("rows")));
  }
}

}  // namespace
}  // namespace siphon::dumps
