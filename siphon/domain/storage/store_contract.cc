// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/store_contract.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/base/workers.h"
#include "siphon/domain/storage/store.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

// Bytes that a text-minded store would damage.
std::string AwkwardBytes() {
  std::string data("\0first\xff\xfe\r\n\x1a", 11);
  for (int i = 0; i < 256; ++i) data += static_cast<char>(i);
  return data;
}

}  // namespace

void PrintTo(const StoreFactory& factory, std::ostream* os) { *os << factory.name; }

std::string StoreName(const ::testing::TestParamInfo<StoreFactory>& info) {
  return info.param.name;
}

void StoreContract::SetUp() {
  fixture_ = GetParam().make();
  ASSERT_NE(fixture_, nullptr);
  store_ = fixture_->Connect();
  ASSERT_NE(store_, nullptr);
}

absl::Status StoreContract::Put(std::string_view key, std::string_view data) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::ObjectWriter> object, store_->Create(context_, key));
  RETURN_IF_ERROR(object->Write(data));
  RETURN_IF_ERROR(object->Finish());
  return object->Commit();
}

absl::StatusOr<std::string> StoreContract::Get(std::string_view key) {
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store_->Open(context_, key));
  return base::ReadAll(*object, size_t{64} << 20);
}

TEST_P(StoreContract, ReturnsTheBytesThatWerePut) {
  ASSERT_OK(Put("a.dump", AwkwardBytes()));
  EXPECT_THAT(Get("a.dump"), IsOkAndHolds(Eq(AwkwardBytes())));
}

TEST_P(StoreContract, KeepsAnEmptyObject) {
  ASSERT_OK(Put("empty", ""));
  EXPECT_THAT(Get("empty"), IsOkAndHolds(Eq("")));
  EXPECT_THAT(store_->Stat(context_, "empty"), IsOkAndHolds(Optional(uint64_t{0})));
}

TEST_P(StoreContract, StreamsAnObjectOfManyPieces) {
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object,
                       store_->Create(context_, "big"));
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<size_t>(1 + i * 7 % 20'000), static_cast<char>(i));
    ASSERT_OK(object->Write(piece));
    expected += piece;
  }
  ASSERT_OK(object->Finish());
  ASSERT_OK(object->Commit());
  EXPECT_THAT(store_->Stat(context_, "big"), IsOkAndHolds(Optional(uint64_t{expected.size()})));
  ASSERT_OK_AND_ASSIGN(const std::string actual, Get("big"));
  EXPECT_TRUE(actual == expected) << "the content differs";
}

TEST_P(StoreContract, OpeningWhatIsNotThereIsNotFound) {
  EXPECT_THAT(store_->Open(context_, "missing.dump"),
              StatusIs(errs::kNotFound, HasSubstr("missing.dump")));
  ASSERT_OK(Put("other", "x"));
  EXPECT_THAT(store_->Open(context_, "missing.dump"), StatusIs(errs::kNotFound));
}

TEST_P(StoreContract, ReadsAnObjectAtAnyPlaceFromSeveralThreads) {
  std::string data;
  for (int i = 0; i < 100'000; ++i) data += static_cast<char>(i * 7 % 251);
  ASSERT_OK(Put("a", data));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<base::RandomAccess> object,
                       store_->OpenAt(context_, "a"));
  ASSERT_EQ(object != nullptr, GetParam().random_access);
  if (object == nullptr) return;
  EXPECT_EQ(object->size(), data.size());
  EXPECT_OK(base::RunWorkers(context_, 4, [&](const base::Context&, int worker) {
    std::string piece(1000, '\0');
    for (size_t at = static_cast<size_t>(worker); at + piece.size() <= data.size(); at += 997) {
      absl::Status read = object->ReadAt(at, absl::MakeSpan(piece));
      if (!read.ok()) return read;
      if (std::string_view(data).substr(at, piece.size()) != piece) {
        return errs::InternalError("test", "other bytes");
      }
    }
    return absl::OkStatus();
  }));
  char byte = 0;
  EXPECT_THAT(object->ReadAt(data.size(), absl::MakeSpan(&byte, 1)), StatusIs(errs::kIntegrity));
  // The object that was opened is read, whatever happens to its key, or nothing.
  ASSERT_OK(Put("a", "other"));
  const absl::Status replaced = object->ReadAt(0, absl::MakeSpan(&byte, 1));
  EXPECT_TRUE(replaced.ok() ? byte == data[0] : errs::Is(replaced, errs::kIo)) << replaced;
  ASSERT_OK(store_->Delete(context_, "a"));
  const absl::Status deleted = object->ReadAt(0, absl::MakeSpan(&byte, 1));
  EXPECT_TRUE(deleted.ok() ? byte == data[0] : errs::Is(deleted, errs::kIo)) << deleted;
  if (GetParam().keeps_opened) {
    EXPECT_OK(replaced);
    EXPECT_OK(deleted);
  }
  EXPECT_THAT(store_->OpenAt(context_, "a"), StatusIs(errs::kNotFound, HasSubstr("a")));
  EXPECT_THAT(store_->OpenAt(context_, "a/b"), StatusIs(errs::kInvalidArgument));
}

TEST_P(StoreContract, StatTellsTheSizeOrNothing) {
  EXPECT_THAT(store_->Stat(context_, "a"), IsOkAndHolds(Eq(std::nullopt)));
  ASSERT_OK(Put("a", "12345"));
  EXPECT_THAT(store_->Stat(context_, "a"), IsOkAndHolds(Optional(uint64_t{5})));
  EXPECT_THAT(store_->Stat(context_, "b"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_P(StoreContract, DeletingTwiceIsAsGoodAsOnce) {
  EXPECT_OK(store_->Delete(context_, "a"));
  ASSERT_OK(Put("a", "x"));
  EXPECT_OK(store_->Delete(context_, "a"));
  EXPECT_THAT(store_->Stat(context_, "a"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_OK(store_->Delete(context_, "a"));
}

TEST_P(StoreContract, ListsExactlyTheKeysInOrder) {
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(IsEmpty()));
  for (const char* key : {"b.dump", "a.meta.json", "B", "a.dump", "with space", "ü"}) {
    ASSERT_OK(Put(key, key));
  }
  ASSERT_OK(store_->Delete(context_, "B"));
  EXPECT_THAT(store_->List(context_),
              IsOkAndHolds(ElementsAre("a.dump", "a.meta.json", "b.dump", "with space", "ü")));
}

TEST_P(StoreContract, PuttingAgainReplaces) {
  ASSERT_OK(Put("a", "the first and longer one"));
  ASSERT_OK(Put("a", "second"));
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("second")));
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(ElementsAre("a")));
}

TEST_P(StoreContract, AReaderKeepsTheObjectThatItOpened) {
  ASSERT_OK(Put("a", "first"));
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<base::Reader> object, store_->Open(context_, "a"));
  ASSERT_OK(Put("a", "second"));
  EXPECT_THAT(base::ReadAll(*object, 100), IsOkAndHolds(Eq("first")));
}

TEST_P(StoreContract, ALargeObjectThatIsReplacedWhileItIsReadIsNoMixture) {
  const std::string first(size_t{20} << 20, '1');
  ASSERT_OK(Put("a", first));
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<base::Reader> object, store_->Open(context_, "a"));
  char byte = 0;
  ASSERT_OK(object->Read(absl::MakeSpan(&byte, 1)));
  ASSERT_OK(Put("a", std::string(size_t{20} << 20, '2')));
  const absl::StatusOr<std::string> rest = base::ReadAll(*object, size_t{64} << 20);
  if (rest.ok()) {
    EXPECT_TRUE(*rest == first.substr(1)) << "other bytes";
  } else {
    EXPECT_FALSE(GetParam().keeps_opened);
    EXPECT_THAT(rest, StatusIs(errs::kIo));
  }
}

TEST_P(StoreContract, CreatesAnObjectOnlyIfThereIsNone) {
  const storage::CreateOptions if_absent{.if_absent = true};
  const auto put = [&](std::string_view data) -> absl::Status {
    ASSIGN_OR_RETURN(std::unique_ptr<storage::ObjectWriter> object,
                     store_->Create(context_, "a", if_absent));
    RETURN_IF_ERROR(object->Write(data));
    RETURN_IF_ERROR(object->Finish());
    return object->Commit();
  };
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> early,
                       store_->Create(context_, "a", if_absent));
  ASSERT_OK(early->Write("early"));
  ASSERT_OK(early->Finish());
  EXPECT_OK(put("first"));
  EXPECT_THAT(put("second"), StatusIs(errs::kAlreadyExists));
  EXPECT_THAT(early->Commit(), StatusIs(errs::kAlreadyExists));
  early.reset();
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("first")));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(IsEmpty()));
  ASSERT_OK(store_->Delete(context_, "a"));
  EXPECT_OK(put("third"));
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("third")));
  ASSERT_OK(Put("a", "fourth"));
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("fourth")));
}

TEST_P(StoreContract, ACancelledPutPublishesNothing) {
  std::stop_source stop;
  const base::Context context = base::Context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object, store_->Create(context, "a"));
  ASSERT_OK(object->Write("some"));
  stop.request_stop();
  EXPECT_THAT(object->Write("more"), StatusIs(errs::kCancelled));
  object.reset();
  EXPECT_THAT(store_->Create(context, "b"), StatusIs(errs::kCancelled));
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, APutThatIsCancelledBeforeItsCommitPublishesNothing) {
  std::stop_source stop;
  const base::Context context = base::Context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object, store_->Create(context, "a"));
  ASSERT_OK(object->Write("some"));
  ASSERT_OK(object->Finish());
  stop.request_stop();
  EXPECT_THAT(object->Commit(), StatusIs(errs::kCancelled));
  object.reset();
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, ACancelledReadEndsWithItsContext) {
  ASSERT_OK(Put("a", std::string(100'000, 'x')));
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<base::Reader> object,
                       store_->Open(base::Context(stop.get_token(), nullptr), "a"));
  std::vector<char> buffer(10);
  EXPECT_THAT(object->Read(absl::MakeSpan(buffer)), IsOk());
  stop.request_stop();
  EXPECT_THAT(object->Read(absl::MakeSpan(buffer)), StatusIs(errs::kCancelled));
}

TEST_P(StoreContract, ShowsAnObjectOnlyAfterItsCommit) {
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object,
                       store_->Create(context_, "a.dump"));
  ASSERT_OK(object->Write("data"));
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(ElementsAre("a.dump")));
  ASSERT_OK(object->Finish());
  EXPECT_THAT(store_->Stat(context_, "a.dump"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(store_->Open(context_, "a.dump"), StatusIs(errs::kNotFound));
  ASSERT_OK(object->Commit());
  EXPECT_THAT(Get("a.dump"), IsOkAndHolds(Eq("data")));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, AWriterThatIsDroppedLeavesWhatWasThere) {
  ASSERT_OK(Put("a", "old"));
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object,
                       store_->Create(context_, "a"));
  ASSERT_OK(object->Write("new"));
  ASSERT_OK(object->Finish());
  object.reset();
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("old")));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, TheLastOfTwoWritersOfAKeyWins) {
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> first, store_->Create(context_, "a"));
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> second,
                       store_->Create(context_, "a"));
  ASSERT_OK(first->Write("first"));
  ASSERT_OK(second->Write("second"));
  ASSERT_OK(second->Finish());
  ASSERT_OK(second->Commit());
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("second")));
  ASSERT_OK(first->Finish());
  ASSERT_OK(first->Commit());
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("first")));
}

TEST_P(StoreContract, RemoveStaleLeavesLivingWritersAlone) {
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object,
                       store_->Create(context_, "a"));
  ASSERT_OK(object->Write("data"));
  const std::unique_ptr<storage::Store> other = fixture_->Connect();
  std::vector<std::string> visited;
  EXPECT_OK(other->RemoveStale(context_, [&](const std::string& key) {
    visited.push_back(key);
    return absl::OkStatus();
  }));
  EXPECT_THAT(visited, IsEmpty());
  ASSERT_OK(object->Finish());
  ASSERT_OK(object->Commit());
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("data")));
}

TEST_P(StoreContract, AnotherConnectionSeesTheSameObjects) {
  ASSERT_OK(Put("a", "data"));
  const std::unique_ptr<storage::Store> other = fixture_->Connect();
  EXPECT_THAT(other->List(context_), IsOkAndHolds(ElementsAre("a")));
  EXPECT_THAT(other->Description(), Eq(store_->Description()));
}

TEST_P(StoreContract, RefusesKeysThatAreNoFlatNames) {
  for (const char* key : {"", ".", "..", "a/b", "/a", "a\\b", "a..b", "../a", ".tmp-a-1", "a\n"}) {
    SCOPED_TRACE(key);
    EXPECT_THAT(store_->Create(context_, key), StatusIs(errs::kInvalidArgument));
    EXPECT_THAT(store_->Open(context_, key), StatusIs(errs::kInvalidArgument));
    EXPECT_THAT(store_->Stat(context_, key), StatusIs(errs::kInvalidArgument));
    EXPECT_THAT(store_->Delete(context_, key), StatusIs(errs::kInvalidArgument));
  }
}

}  // namespace siphon::testing
