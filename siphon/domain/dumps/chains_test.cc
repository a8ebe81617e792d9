// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/chains.h"

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sidecar Full(const std::string& id) {
  Sidecar dump;
  dump.id = id;
  return dump;
}

Sidecar Increment(const std::string& id, const std::string& parent, const std::string& base = "B") {
  Sidecar dump = Full(id);
  dump.base_id = base;
  dump.parent_id = parent;
  dump.dump_format = std::string(kFormatPages);
  return dump;
}

// Newest first: two increments on the first one.
std::vector<Sidecar> Tree() {
  return {Increment("4", "3"), Increment("3", "1"), Increment("2", "1"),
          Increment("1", "B"), Full("B"),           Full("A")};
}

std::string Why(const Sidecar& dump, const std::vector<Sidecar>& dumps,
                const std::map<std::string, Notes>& notes = {}) {
  return WhyChainIsUnusable(dump, dumps, notes);
}

TEST(ChainsTest, FindsTheIncrementsOnADump) {
  EXPECT_THAT(IncrementsOn(Tree(), "B"), ElementsAre("4", "3", "2", "1"));
  EXPECT_THAT(IncrementsOn(Tree(), "1"), ElementsAre("4", "3", "2"));
  EXPECT_THAT(IncrementsOn(Tree(), "3"), ElementsAre("4"));
  EXPECT_THAT(IncrementsOn(Tree(), "4"), IsEmpty());
  EXPECT_THAT(IncrementsOn(Tree(), "A"), IsEmpty());
  // The parent is missing, but the base is named.
  EXPECT_THAT(IncrementsOn(std::vector<Sidecar>{Increment("2", "gone"), Full("B")}, "B"),
              ElementsAre("2"));
  // siphon (Go) may name a dump as its own base.
  EXPECT_THAT(IncrementsOn(std::vector<Sidecar>{Increment("B", "", "B")}, "B"), IsEmpty());
}

TEST(ChainsTest, AWholeChainIsUsable) {
  for (const Sidecar& dump : Tree()) EXPECT_EQ(Why(dump, Tree()), "");
}

TEST(ChainsTest, SaysWhyAChainIsNotUsable) {
  std::vector<Sidecar> dumps = Tree();
  dumps[1].parent_id = "gone";
  EXPECT_EQ(Why(dumps[0], dumps), "stands on gone, which is missing");
  dumps[1].parent_id = "4";
  EXPECT_EQ(Why(dumps[0], dumps), "has a chain that is a circle");
  dumps[1].parent_id = "A";
  EXPECT_EQ(Why(dumps[0], dumps), "names the base B, and stands on A");
  Notes damaged;
  damaged.Add({absl::UnixEpoch(), Depth::kChecksum, "it differs"});
  EXPECT_THAT(Why(Tree()[0], Tree(), {{"1", damaged}}),
              HasSubstr("stands on 1, which did not pass its last verification"));
  EXPECT_EQ(Why(Tree()[0], Tree(), {{"2", damaged}}), "");  // Not in its chain.
  dumps = Tree();
  dumps[0].dump_format = std::string(kFormatChanges);
  EXPECT_THAT(Why(dumps[0], dumps), HasSubstr("is an incremental"));
}

TEST(ChainsTest, TheEnvelopeTellsTheFormat) {
  Envelope envelope;
  EXPECT_EQ(DumpFormatOf(envelope), "custom");
  envelope.increment_format = "sqlite-pages-1";
  EXPECT_EQ(DumpFormatOf(envelope), "custom");
  envelope.type = "incremental";
  EXPECT_EQ(DumpFormatOf(envelope), "sqlite-pages-1");
  envelope.increment_format.clear();
  EXPECT_EQ(DumpFormatOf(envelope), "jsonl-changes");
}

}  // namespace
}  // namespace siphon::dumps
