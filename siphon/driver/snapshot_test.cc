// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/snapshot.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/driver.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A connection whose backup does what a test says.
class FakeConnection : public Connection {
 public:
  using Act = std::function<absl::Status(const base::Context&, BackupTarget&)>;
  explicit FakeConnection(Act backup) : backup_(std::move(backup)) {}

  absl::Status Backup(const base::Context& context, const BackupOptions&,
                      BackupTarget& target) override {
    ended_ = backup_(context, target);
    return *ended_;
  }
  absl::StatusOr<driver::Identity> Identity(const base::Context&) override { return None(); }
  absl::StatusOr<Schema> Inspect(const base::Context&, const InspectOptions&) override {
    return None();
  }
  absl::Status CheckTarget(const base::Context&, const RestoreOptions&) override { return None(); }
  absl::Status Restore(const base::Context&, const RestoreOptions&, base::Reader&) override {
    return None();
  }
  absl::Status CheckIntegrity(const base::Context&) override { return None(); }
  absl::Status Close() override { return absl::OkStatus(); }

  // The result of the backup; nothing before its end.
  const std::optional<absl::Status>& ended() const { return ended_; }

 private:
  static absl::Status None() { return errs::InternalError("test", "not in this test"); }

  Act backup_;
  std::optional<absl::Status> ended_;
};

class TextSink : public frames::PartSink {
 public:
  absl::Status Write(const base::Context&, std::string_view data) override {
    text += data;
    return result;
  }
  void Cut(uint64_t) override {}
  std::string text;
  absl::Status result;
};

class TextTarget : public BackupTarget, public base::Writer {
 public:
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    versions.push_back(contents.engine_version);
    text.clear();
    return this;
  }
  void SetTables(std::vector<dumps::TableInfo> exact) override { tables = std::move(exact); }
  absl::Status Write(std::string_view data) override {
    text += data;
    return absl::OkStatus();
  }
  absl::Status Finish() override { return errs::InternalError("test", "finished"); }
  std::vector<std::string> versions;
  std::string text;
  std::vector<dumps::TableInfo> tables;
};

dumps::Contents Version(std::string version) {
  dumps::Contents contents;
  contents.engine_version = std::move(version);
  return contents;
}

absl::Status WriteAll(BackupTarget& target, const dumps::Contents& contents,
                      const std::vector<std::string>& pieces) {
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(contents));
  for (const std::string& piece : pieces) RETURN_IF_ERROR(writer->Write(piece));
  return absl::OkStatus();
}

// A backup that begins `times` times.
FakeConnection::Act BeginsAgain(int times) {
  return [times](const base::Context&, BackupTarget& target) -> absl::Status {
    for (int i = 1; i <= times; ++i) {
      RETURN_IF_ERROR(WriteAll(target, Version(absl::StrCat("state ", i)),
                               {absl::StrCat("body ", i), i == times ? " whole" : " part"}));
    }
    return absl::OkStatus();
  };
}

TEST(StreamSnapshotTest, GivesTheStreamOfABackupAsOnePart) {
  FakeConnection connection([](const base::Context&, BackupTarget& target) {
    return WriteAll(target, Version("1.0"), {"one ", "two"});
  });
  const base::Context context;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(context, connection, {}));
  EXPECT_EQ(snapshot->contents().engine_version, "1.0");
  EXPECT_EQ(snapshot->layout(), nullptr);
  ASSERT_OK_AND_ASSIGN(const std::optional<frames::Part> part, snapshot->NextPart(context));
  ASSERT_TRUE(part.has_value());
  EXPECT_TRUE(part->ends_item);
  EXPECT_THAT(snapshot->NextPart(context), IsOkAndHolds(::testing::Eq(std::nullopt)));
  TextSink sink;
  ASSERT_OK(snapshot->Read(context, 0, *part, sink));
  EXPECT_EQ(sink.text, "one two");
  EXPECT_THAT(snapshot->Finish(context), IsOkAndHolds(IsEmpty()));
  EXPECT_FALSE(snapshot->lost());
  EXPECT_THAT(snapshot->Read(context, 0, *part, sink), StatusIs(errs::kInternal));
}

TEST(StreamSnapshotTest, HasTheTablesOfTheBackup) {
  dumps::Contents estimated = Version("1.0");
  estimated.tables = {{"t", 100, 1}};
  estimated.rows_estimated = true;
  FakeConnection counted([&](const base::Context&, BackupTarget& target) -> absl::Status {
    RETURN_IF_ERROR(WriteAll(target, estimated, {"x"}));
    target.SetTables({{"t", 99, 1}});
    return absl::OkStatus();
  });
  const base::Context context;
  TextTarget target;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(context, counted, {}));
  ASSERT_OK(WriteStream(context, *snapshot, target));
  EXPECT_THAT(target.tables, ElementsAre(dumps::TableInfo{"t", 99, 1}));
  // Estimates that nobody counted are not passed on.
  FakeConnection guessed(
      [&](const base::Context&, BackupTarget& to) { return WriteAll(to, estimated, {"x"}); });
  ASSERT_OK_AND_ASSIGN(const auto other, OpenSnapshot(context, guessed, {}));
  ASSERT_OK(WriteStream(context, *other, target));
  EXPECT_THAT(target.tables, IsEmpty());
}

TEST(StreamSnapshotTest, ABackupThatDoesNotBeginIsAnError) {
  FakeConnection failing([](const base::Context&, BackupTarget&) {
    return errs::SystemError("test", errs::kDatabase, "no table");
  });
  EXPECT_THAT(OpenSnapshot(base::Context(), failing, {}),
              StatusIs(errs::kDatabase, HasSubstr("no table")));
  FakeConnection silent([](const base::Context&, BackupTarget&) { return absl::OkStatus(); });
  EXPECT_THAT(OpenSnapshot(base::Context(), silent, {}),
              StatusIs(errs::kInternal, HasSubstr("has written nothing")));
}

TEST(StreamSnapshotTest, AnErrorOfTheBackupIsTheResultOfTheRead) {
  FakeConnection connection([](const base::Context&, BackupTarget& target) -> absl::Status {
    RETURN_IF_ERROR(WriteAll(target, Version("1.0"), {"one"}));
    return errs::SystemError("test", errs::kConnectionFailed, "the server has gone");
  });
  TextTarget target;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(base::Context(), connection, {}));
  EXPECT_THAT(WriteStream(base::Context(), *snapshot, target),
              StatusIs(errs::kConnectionFailed, HasSubstr("the server has gone")));
  EXPECT_FALSE(snapshot->lost());
}

TEST(StreamSnapshotTest, AnErrorOfTheSinkEndsTheBackup) {
  FakeConnection connection([](const base::Context&, BackupTarget& target) {
    return WriteAll(target, Version("1.0"), {"one", "two"});
  });
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(base::Context(), connection, {}));
  TextSink sink;
  sink.result = errs::SystemError("test", errs::kIo, "disk full");
  EXPECT_THAT(snapshot->Read(base::Context(), 0, frames::Part(), sink), StatusIs(errs::kIo));
  EXPECT_EQ(sink.text, "one");
  EXPECT_THAT(snapshot->Finish(base::Context()), StatusIs(errs::kIo));
}

TEST(StreamSnapshotTest, ABackupThatBeginsAgainIsALostSnapshot) {
  FakeConnection connection(BeginsAgain(2));
  const base::Context context;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(context, connection, {}));
  EXPECT_THAT(snapshot->Reopen(context), StatusIs(errs::kInternal));
  TextSink first, second;
  EXPECT_THAT(snapshot->Read(context, 0, frames::Part(), first), StatusIs(errs::kBusy));
  EXPECT_TRUE(snapshot->lost());
  EXPECT_EQ(first.text, "body 1 part");
  EXPECT_EQ(snapshot->contents().engine_version, "state 1");
  ASSERT_OK(snapshot->Reopen(context));
  EXPECT_FALSE(snapshot->lost());
  EXPECT_EQ(snapshot->contents().engine_version, "state 2");
  ASSERT_OK_AND_ASSIGN(const std::optional<frames::Part> part, snapshot->NextPart(context));
  ASSERT_TRUE(part.has_value());
  ASSERT_OK(snapshot->Read(context, 0, *part, second));
  EXPECT_EQ(second.text, "body 2 whole");
}

TEST(StreamSnapshotTest, AStreamBeginsAgainWithItsSnapshot) {
  FakeConnection connection(BeginsAgain(3));
  TextTarget target;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(base::Context(), connection, {}));
  ASSERT_OK(WriteStream(base::Context(), *snapshot, target));
  EXPECT_THAT(target.versions, ElementsAre("state 1", "state 2", "state 3"));
  EXPECT_EQ(target.text, "body 3 whole");
}

TEST(StreamSnapshotTest, ASnapshotThatIsGivenUpEndsTheBackup) {
  for (const bool read : {false, true}) {
    FakeConnection connection(BeginsAgain(2));
    {
      ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(base::Context(), connection, {}));
      TextSink sink;
      if (read) {
        EXPECT_THAT(snapshot->Read(base::Context(), 0, frames::Part(), sink),
                    StatusIs(errs::kBusy));
      }
    }
    ASSERT_TRUE(connection.ended().has_value());
    EXPECT_THAT(*connection.ended(), StatusIs(errs::kInternal, HasSubstr("given up")));
  }
}

TEST(StreamSnapshotTest, EndsWithTheContextOfTheBackup) {
  std::stop_source stop;
  FakeConnection connection([&](const base::Context& context, BackupTarget& target) {
    absl::Status status = WriteAll(target, Version("1.0"), {"one"});
    stop.request_stop();
    return status.ok() ? context.Check() : status;
  });
  const base::Context context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(const auto snapshot, OpenSnapshot(context, connection, {}));
  TextTarget target;
  EXPECT_THAT(WriteStream(context, *snapshot, target), StatusIs(errs::kCancelled));
}

// A connection that gives snapshots of two parts, unless the options ask for a script.
class PartsConnection : public FakeConnection, public SnapshotSource {
 public:
  PartsConnection() : FakeConnection(BeginsAgain(1)) {}

  class TwoParts : public Snapshot {
   public:
    const dumps::Contents& contents() const override { return contents_; }
    std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }
    absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context&) override {
      if (next_ == 2) return std::nullopt;
      frames::Part part;
      part.item = 1;
      part.part = next_++;
      part.ends_item = next_ == 2;
      return part;
    }
    absl::Status Read(const base::Context& context, int, const frames::Part& part,
                      frames::PartSink& sink) override {
      RETURN_IF_ERROR(sink.Write(context, absl::StrCat("part ", part.part, ";")));
      sink.Cut(1);
      return sink.Write(context, "");
    }
    absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context&) override {
      return std::vector<dumps::TableInfo>();
    }

   private:
    dumps::Contents contents_ = Version("parts");
    std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
    uint64_t next_ = 0;
  };

  absl::StatusOr<std::unique_ptr<Snapshot>> OpenSnapshot(const base::Context&,
                                                         const BackupOptions& options) override {
    if (options.format == "script") return std::unique_ptr<Snapshot>();
    if (options.format == "none") return errs::SystemError("test", errs::kDatabase, "no snapshot");
    return std::unique_ptr<Snapshot>(std::make_unique<TwoParts>());
  }
};

TEST(OpenSnapshotTest, PrefersTheSnapshotOfTheConnection) {
  PartsConnection connection;
  TextTarget target;
  ASSERT_OK_AND_ASSIGN(const auto parts, OpenSnapshot(base::Context(), connection, {}));
  ASSERT_OK(WriteStream(base::Context(), *parts, target));
  EXPECT_EQ(target.text, "part 0;part 1;");
  EXPECT_FALSE(connection.ended().has_value());
  EXPECT_THAT(parts->Reopen(base::Context()), StatusIs(errs::kInternal));
  BackupOptions options;
  options.format = "script";
  ASSERT_OK_AND_ASSIGN(const auto stream, OpenSnapshot(base::Context(), connection, options));
  ASSERT_OK(WriteStream(base::Context(), *stream, target));
  EXPECT_EQ(target.text, "body 1 whole");
  options.format = "none";
  EXPECT_THAT(OpenSnapshot(base::Context(), connection, options), StatusIs(errs::kDatabase));
}

}  // namespace
}  // namespace siphon::driver
