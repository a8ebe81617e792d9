// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Prune() on a catalogue of hand-made dumps, in a store that can lock objects.

#include "siphon/app/prune.h"

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/app/dumps.h"
#include "siphon/app/session.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/storage/forwarding_store.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/domain/storage/store.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

// What the store of a test does.
struct World {
  std::map<std::string, absl::Time> locks;  // By key.
  std::set<std::string> asked;              // The keys whose locks were asked for.
  std::set<std::string> undeletable;        // Keys.
  int opened = 0;                           // Objects.
};
World* world = nullptr;

class LockingStore : public storage::ForwardingStore {
 public:
  explicit LockingStore(std::unique_ptr<storage::Store> store)
      : ForwardingStore(store.get()), owned_(std::move(store)) {}
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context&,
                                                        std::string_view key) override {
    world->asked.emplace(key);
    const auto found = world->locks.find(std::string(key));
    if (found == world->locks.end()) return std::optional<absl::Time>();
    return found->second;
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override {
    ++world->opened;
    return ForwardingStore::Open(context, key);
  }
  absl::Status Delete(const base::Context& context, std::string_view key) override {
    if (world->undeletable.contains(std::string(key))) {
      return errs::SystemError("store", errs::kIo, "answered 403");
    }
    return ForwardingStore::Delete(context, key);
  }

 private:
  std::unique_ptr<storage::Store> owned_;
};

class LockingKind : public storage::StoreKind {
 public:
  std::string_view name() const override { return "local"; }
  absl::StatusOr<storage::Place> Open(const storage::Settings& settings) const override {
    return storage::Place{
        .store = std::make_unique<LockingStore>(storage::MakeLocalStore(settings.directory)),
        .leases = storage::MakeLocalLeases(settings.directory)};
  }
};

const storage::StoreRegistration kRegistration(std::make_unique<LockingKind>());

class FixedClock : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::TimeZone Local() const override { return absl::UTCTimeZone(); }
  absl::Time now = absl::FromCivil(absl::CivilHour(2026, 3, 10, 12), absl::UTCTimeZone());
};

class PruneTest : public ::testing::Test {
 protected:
  PruneTest() { world = &world_; }

  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/prune-XXXXXX");
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    home_ = pattern;
    environment_ = base::Environment({{"HOME", home_}});
    std::filesystem::create_directories(Path(""));
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  std::string Path(std::string_view name) const { return absl::StrCat(home_, "/dumps/", name); }

  // Opens the session with profiles "app" and "other" and these rules of the defaults.
  void Open(std::string_view retention, std::string_view profiles = "") {
    const std::string config = absl::StrCat(home_, "/config.yaml");
    ASSERT_OK(base::WriteFileAtomically(
        config,
        absl::StrCat("defaults: {dump_dir: ", Path(""), ", retention: ", retention,
                     "}\nprofiles:\n  app: {driver: x}\n  other: {driver: x}\n", profiles),
        0600));
    ASSERT_OK_AND_ASSIGN(session_, Session::Open({.config_path = config,
                                                  .environment = &environment_,
                                                  .clock = &clock_,
                                                  .prompter = nullptr,
                                                  .confirmer = nullptr}));
  }

  // Adds a full dump of this age; `extra` is appended to the JSON of its sidecar.
  void Put(std::string_view id, std::string_view profile, absl::Duration age,
           std::string_view extra = "", uint64_t size = 10) {
    ASSERT_OK(base::WriteFileAtomically(Path(absl::StrCat(id, ".dump")), "the body", 0600));
    ASSERT_OK(base::WriteFileAtomically(
        Path(absl::StrCat(id, ".meta.json")),
        absl::StrCat("{\"id\":\"", id, "\",\"profile\":\"", profile,
                     "\",\"driver\":\"x\",\"dump_format\":\"custom\",\"size_bytes\":", size,
                     ",\"checksum\":\"\",\"created\":\"",
                     base::FormatRfc3339Nano(clock_.now - age, absl::UTCTimeZone()),
                     "\",\"tables\":null", extra,
                     absl::StrContains(extra, "\"kind\"") ? "" : ",\"kind\":\"full\"", "}"),
        0600));
  }
  // Dumps of one profile, the first one an hour old, each next one a day older.
  void PutDays(std::string_view profile, const std::vector<std::string>& ids) {
    absl::Duration age = absl::Hours(1);
    for (const std::string& id : ids) {
      Put(id, profile, age);
      age += absl::Hours(24);
    }
  }

  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    const auto listing = ListDumps(context_, *session_);
    EXPECT_OK(listing.status());
    if (!listing.ok()) return ids;
    for (const dumps::Sidecar& dump : listing->dumps) ids.push_back(dump.id);
    return ids;
  }

  absl::StatusOr<PruneResult> Run(PruneRequest request = {}) {
    request.apply = true;
    return Prune(context_, *session_, request);
  }
  // The rules that keep a dump.
  static std::vector<std::string> RulesOf(const PruneResult& result, std::string_view id) {
    std::vector<std::string> rules;
    for (const PrunedDump& dump : result.dumps) {
      if (dump.sidecar.id != id) continue;
      for (const dumps::Reason& reason : dump.verdict.reasons) rules.emplace_back(reason.rule);
    }
    return rules;
  }

  World world_;
  FixedClock clock_;
  siphon::testing::EventLog log_;
  std::stop_source stop_;
  base::Context context_{stop_.get_token(), &log_};
  base::Environment environment_;
  std::string home_;
  std::unique_ptr<Session> session_;
};

// A read is a request to a bucket.
TEST_F(PruneTest, ReadsEachSidecarOnce) {
  Open("{keep_last: 2}");
  std::vector<std::string> ids;
  for (int i = 10; i < 40; ++i) ids.push_back(absl::StrCat("a", i));
  PutDays("app", ids);
  ASSERT_OK(Run());
  EXPECT_THAT(Ids(), ElementsAre("a10", "a11"));
  EXPECT_LE(world_.opened, 40);
}

TEST_F(PruneTest, RemovesWhatNoRuleOfTheProfileKeeps) {
  Open("{keep_last: 2}", "  short: {driver: x, retention: {keep_last: 1}}\n");
  PutDays("app", {"a1", "a2", "a3"});
  PutDays("short/shop", {"s1", "s2"});
  PutDays("sqlite:///srv/x.db", {"u1", "u2", "u3"});
  ASSERT_OK_AND_ASSIGN(const PruneResult dry, Prune(context_, *session_, {}));
  EXPECT_THAT(Ids(), SizeIs(8));
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_TRUE(result.has_rules);
  EXPECT_OK(PruneOutcome(result, true));
  EXPECT_THAT(Ids(), ElementsAre("a1", "s1", "u1", "a2", "u2"));
}

TEST_F(PruneTest, DumpsOfAProfileThatOnlyOthersHaveStay) {
  Open("{keep_last: 1}");
  PutDays("elsewhere", {"e1", "e2"});
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(RulesOf(result, "e2"), ElementsAre("unknown_profile"));
  EXPECT_THAT(Ids(), ElementsAre("e1", "e2"));
  // Rules of the command line are not for them, either.
  EXPECT_OK(Run({.profile = "", .rules = dumps::Retention{.keep_last = 1}}).status());
  EXPECT_THAT(Ids(), ElementsAre("e1", "e2"));
  EXPECT_OK(Run({.profile = "elsewhere", .rules = std::nullopt}).status());
  EXPECT_THAT(Ids(), ElementsAre("e1"));
}

TEST_F(PruneTest, DumpsOfAProfileWhoseRulesCannotBeReadStay) {
  Open("{keep_last: 1}", "  unset: {driver: x, host: '${NO_SUCH}'}\n");
  PutDays("unset", {"u1", "u2"});
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(RulesOf(result, "u2"), ElementsAre("unusable_profile"));
  EXPECT_THAT(Ids(), ElementsAre("u1", "u2"));
}

TEST_F(PruneTest, PinnedDumpsStayUntilThePinEnds) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2", "a3"});
  const absl::Time end = clock_.now + absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(
      const PinResult pin,
      PinDump(context_, *session_, {.dump = {.text = "a3"}, .until = end, .reason = "audit"}));
  EXPECT_EQ(pin.pin, (dumps::Pin{.when = clock_.now, .until = end, .reason = "audit"}));
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(RulesOf(result, "a3"), ElementsAre("pin"));
  EXPECT_THAT(Ids(), ElementsAre("a1", "a3"));
  EXPECT_THAT(RemoveDump(context_, *session_, "a3"),
              StatusIs(errs::kInvalidArgument, HasSubstr("pinned until")));
  clock_.now = end;
  EXPECT_OK(Run().status());
  EXPECT_THAT(Ids(), ElementsAre("a1"));
}

TEST_F(PruneTest, UnpinEndsAPin) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2"});
  TagRequest tag;
  tag.dump.text = "a2";
  tag.add = {"weekly"};
  EXPECT_OK(TagDump(context_, *session_, tag).status());
  EXPECT_OK(PinDump(context_, *session_, {.dump = {.text = "a2"}}).status());
  ASSERT_OK_AND_ASSIGN(const PinResult ended,
                       PinDump(context_, *session_, {.dump = {.text = "a2"}, .pin = false}));
  EXPECT_FALSE(ended.pin.has_value());
  EXPECT_THAT(PinDump(context_, *session_, {.dump = {.text = "a2"}, .pin = false}),
              StatusIs(errs::kNotFound, HasSubstr("a2 is not pinned")));
  // The other notes are as they were.
  tag.add.clear();
  EXPECT_THAT(TagDump(context_, *session_, tag)->tags, ElementsAre("weekly"));
  EXPECT_OK(Run().status());
  EXPECT_THAT(Ids(), ElementsAre("a1"));
}

TEST_F(PruneTest, RefusesAPinThatCannotBeRecorded) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1"});
  const auto pin = [&](absl::Time until, std::string reason) {
    return PinDump(context_, *session_,
                   {.dump = {.text = "a1"}, .until = until, .reason = std::move(reason)})
        .status();
  };
  EXPECT_THAT(pin(clock_.now, ""), StatusIs(errs::kInvalidArgument, HasSubstr("in the past")));
  EXPECT_THAT(pin(clock_.now + absl::Hours(24 * 366 * 9000), ""),
              StatusIs(errs::kInvalidArgument, HasSubstr("cannot be recorded")));
  EXPECT_THAT(pin(clock_.now + absl::Hours(1), std::string(257, 'x')),
              StatusIs(errs::kInvalidArgument, HasSubstr("257 bytes")));
  EXPECT_FALSE(std::filesystem::exists(Path("a1.notes.json")));
}

TEST_F(PruneTest, DumpsWithUnreadableNotesStay) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2", "a3"});
  ASSERT_OK(base::WriteFileAtomically(Path("a2.notes.json"), "{", 0600));
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(RulesOf(result, "a2"), ElementsAre("unreadable_notes"));
  EXPECT_THAT(Ids(), ElementsAre("a1", "a2"));
}

TEST_F(PruneTest, LockedDumpsStayAndOnlyThoseThatWouldGoAreLookedUp) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2", "a3", "a4"});
  world_.locks["a2.dump"] = clock_.now + absl::Hours(1);
  world_.locks["a3.meta.json"] = absl::InfiniteFuture();
  world_.locks["a4.dump"] = clock_.now;  // It has ended.
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_OK(PruneOutcome(result, true));
  EXPECT_THAT(RulesOf(result, "a2"), ElementsAre("lock"));
  EXPECT_THAT(Ids(), ElementsAre("a1", "a2", "a3"));
  EXPECT_THAT(world_.asked, ::testing::Not(Contains("a1.dump")));
  EXPECT_THAT(RemoveDump(context_, *session_, "a2"),
              StatusIs(errs::kIo, HasSubstr("locked by the store until")));
}

TEST_F(PruneTest, ADumpThatCannotBeRemovedDoesNotSaveTheOthers) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2", "a3"});
  world_.undeletable = {"a2.meta.json"};
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(Ids(), ElementsAre("a1", "a2"));
  EXPECT_THAT(PruneOutcome(result, true),
              AllOf(StatusIs(errs::kIo, HasSubstr("1 dumps could not be removed")),
                    HasExitCode(errs::Code::kPartial)));
}

TEST_F(PruneTest, RulesThatWouldRemoveAllRemoveNothing) {
  Open("{max_age: 2h}");
  PutDays("app", {"a1", "a2"});
  Put("p1", "other", absl::Hours(30), ",\"kind\":\"partial\"");
  Put("p2", "other", absl::Hours(40), ",\"kind\":\"partial\"");
  ASSERT_OK_AND_ASSIGN(const PruneResult dry, Prune(context_, *session_, {}));
  EXPECT_THAT(dry.refused, ElementsAre("other"));
  EXPECT_OK(PruneOutcome(dry, false));
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_THAT(Ids(), ElementsAre("a1", "p1", "p2"));
  EXPECT_THAT(PruneOutcome(result, true),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("remove every dump of other")),
                    HasExitCode(errs::Code::kPartial)));
}

TEST_F(PruneTest, WarnsOfADropInSize) {
  Open("{keep_last: 1}");
  Put("a1", "app", absl::Hours(1), "", uint64_t{2} << 20);
  Put("a2", "app", absl::Hours(2), "", uint64_t{5} << 20);
  Put("a3", "app", absl::Hours(3), "", uint64_t{5} << 20);
  EXPECT_OK(Run().status());
  EXPECT_THAT(Ids(), ElementsAre("a1", "a2"));
  EXPECT_THAT(log_.Warnings(), Contains(HasSubstr("a2 of app stays, since no newer dump")));
  EXPECT_OK(Run({.profile = "", .rules = std::nullopt, .size_guard = 40}).status());
  EXPECT_THAT(Ids(), ElementsAre("a1"));
}

TEST_F(PruneTest, TheGuardOfTheConfigurationIsInForceForRulesOfTheCommandLine) {
  Open("{keep_last: 5, size_guard: 0}");
  Put("a1", "app", absl::Hours(1), "", uint64_t{2} << 20);
  Put("a2", "app", absl::Hours(2), "", uint64_t{5} << 20);
  EXPECT_OK(Run({.profile = "", .rules = dumps::Retention{.keep_last = 1}}).status());
  EXPECT_THAT(Ids(), ElementsAre("a1"));
}

TEST_F(PruneTest, ADumpThatAnotherProfileNeedsStays) {
  Open("{keep_last: 1}");
  PutDays("app", {"a1", "a2"});
  Put("b1", "other", absl::Hours(1), ",\"base_id\":\"a2\",\"parent_id\":\"a2\"");
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_OK(PruneOutcome(result, true));
  EXPECT_THAT(RulesOf(result, "a2"), ElementsAre("needed"));
  EXPECT_THAT(Ids(), ElementsAre("a1", "b1", "a2"));
}

TEST_F(PruneTest, AChainGoesAsAWhole) {
  Open("{keep_last: 1}");
  PutDays("app", {"c1"});
  Put("a1", "app", absl::Hours(90));
  Put("a2", "app", absl::Hours(80), ",\"base_id\":\"a1\",\"parent_id\":\"a1\"");
  Put("a3", "app", absl::Hours(70), ",\"base_id\":\"a1\",\"parent_id\":\"a2\"");
  ASSERT_OK_AND_ASSIGN(const PruneResult result, Run());
  EXPECT_OK(PruneOutcome(result, true));
  EXPECT_THAT(Ids(), ElementsAre("c1"));
}

// What is removed from a real catalogue is what ApplyRetention() does not keep for any rule alone.
TEST_F(PruneTest, NeverRemovesADumpThatAnyRuleKeeps) {
  Open("{}");
  std::mt19937 random(20260310);
  const auto below = [&](uint32_t end) { return static_cast<int>(random() % end); };
  int removed = 0;
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    std::filesystem::remove_all(Path(""));
    std::filesystem::create_directories(Path(""));
    std::set<std::string> must_stay;
    for (int i = 0; i < 12; ++i) {
      const std::string id = absl::StrCat("d", 10 + i);
      Put(id, "app", absl::Minutes(below(200000)),
          below(4) == 0 ? ",\"kind\":\"partial\"" : ",\"kind\":\"full\"",
          static_cast<uint64_t>(below(6)) << 20);
      if (below(8) > 0) continue;
      ASSERT_OK(PinDump(context_, *session_, {.dump = {.text = id}}).status());
      must_stay.insert(id);
    }
    const std::vector<dumps::Retention> alone = {{.keep_last = 1 + below(3)},
                                                 {.max_age = absl::Minutes(below(50000))},
                                                 {.gfs_daily = 1 + below(3)},
                                                 {.gfs_monthly = 1 + below(3)},
                                                 {.keep_within = absl::Minutes(below(50000))}};
    for (const dumps::Retention& rules : alone) {
      ASSERT_OK_AND_ASSIGN(
          const PruneResult dry,
          Prune(context_, *session_, {.profile = "", .rules = rules, .size_guard = 0}));
      for (const PrunedDump& dump : dry.dumps) {
        if (dump.verdict.keep()) must_stay.insert(dump.sidecar.id);
      }
    }
    dumps::Retention all = alone[0];
    all.max_age = alone[1].max_age;
    all.gfs_daily = alone[2].gfs_daily;
    all.gfs_monthly = alone[3].gfs_monthly;
    all.keep_within = alone[4].keep_within;
    ASSERT_OK(Run({.profile = "", .rules = all}).status());
    const std::vector<std::string> left = Ids();
    EXPECT_THAT(left, IsSupersetOf(must_stay));
    removed += 12 - static_cast<int>(left.size());
  }
  EXPECT_GT(removed, 0);
}

}  // namespace
}  // namespace siphon::app
