// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/help_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace siphon::cli {
namespace {

constexpr char kHelp[] =
    "Copy a database\n"
    "Usage: siphon copy [OPTIONS] [profile]\n"
    "\n"
    "Options:\n"
    "  -h,--help                       Show this help and exit\n"
    "  --tools TOOLS:{auto,builtin,system}\n"
    "                                  Which dump tools to run: those inside siphon, or those of "
    "the system\n"
    "  --table TABLE                   Only this table, with its rows, its indexes and its "
    "triggers\n"
    "\n"
    "The target is the old or the new one, whatever happens. Nothing is written to\n"
    "the disk.\n"
    "\n"
    "Examples:\n"
    "  siphon copy postgres://backup@db.example.org/shop staging --table orders,customers --clean\n"
    "\n"
    "See also sync.\n";

TEST(FitHelpTest, AWideTerminalAndAPipeChangeNothing) {
  EXPECT_EQ(FitHelp(kHelp, 0), kHelp);
  EXPECT_EQ(FitHelp(kHelp, 120), kHelp);
}

TEST(FitHelpTest, DescriptionsStayInTheirColumn) {
  EXPECT_EQ(FitHelp(kHelp, 80),
            "Copy a database\n"
            "Usage: siphon copy [OPTIONS] [profile]\n"
            "\n"
            "Options:\n"
            "  -h,--help                       Show this help and exit\n"
            "  --tools TOOLS:{auto,builtin,system}\n"
            "                                  Which dump tools to run: those inside siphon,\n"
            "                                  or those of the system\n"
            "  --table TABLE                   Only this table, with its rows, its indexes\n"
            "                                  and its triggers\n"
            "\n"
            "The target is the old or the new one, whatever happens. Nothing is written to\n"
            "the disk.\n"
            "\n"
            "Examples:\n"
            "  siphon copy postgres://backup@db.example.org/shop staging --table \\\n"
            "      orders,customers --clean\n"
            "\n"
            "See also sync.\n");
}

TEST(FitHelpTest, ALongExampleIsOneCommandOverSeveralLines) {
  constexpr std::string_view kHead = "Copy\nUsage: siphon copy\n\nExamples:\n";
  EXPECT_EQ(FitHelp(absl::StrCat(kHead, "  siphon copy prod | ssh store 'cat > prod.dump'\n"), 40),
            absl::StrCat(kHead,
                         "  siphon copy prod | ssh store \\\n"
                         "      'cat > prod.dump'\n"));
  // A word that is too long for a line is not broken.
  EXPECT_EQ(
      FitHelp(absl::StrCat(kHead, "  siphon copy sqlite:///srv/app/a/long/path/copy.db x\n"), 30),
      absl::StrCat(kHead,
                   "  siphon copy \\\n"
                   "      sqlite:///srv/app/a/long/path/copy.db \\\n"
                   "      x\n"));
}

TEST(FitHelpTest, ANameThatFillsItsColumnIsNoSentence) {
  EXPECT_EQ(FitHelp("Copy\nUsage: siphon copy\n\nOptions:\n"
                    "  --all Excludes: --all-databases Copy every profile, also after one failed\n",
                    60),
            "Copy\nUsage: siphon copy\n\nOptions:\n"
            "  --all Excludes: --all-databases\n"
            "      Copy every profile, also after one failed\n");
}

TEST(FitHelpTest, OnANarrowTerminalDescriptionsFollowBelowTheirOption) {
  EXPECT_EQ(FitHelp(kHelp, 60),
            "Copy a database\n"
            "Usage: siphon copy [OPTIONS] [profile]\n"
            "\n"
            "Options:\n"
            "  -h,--help                       Show this help and exit\n"
            "  --tools TOOLS:{auto,builtin,system}\n"
            "      Which dump tools to run: those inside siphon, or those\n"
            "      of the system\n"
            "  --table TABLE\n"
            "      Only this table, with its rows, its indexes and its\n"
            "      triggers\n"
            "\n"
            "The target is the old or the new one, whatever happens.\n"
            "Nothing is written to the disk.\n"
            "\n"
            "Examples:\n"
            "  siphon copy postgres://backup@db.example.org/shop \\\n"
            "      staging --table orders,customers --clean\n"
            "\n"
            "See also sync.\n");
}

TEST(FitHelpTest, TheVersionIsNoHelp) {
  const std::string version = "siphon version 1.0\ncommit 0123456789abcdef\n";
  EXPECT_EQ(FitHelp(version, 10), version);
}

}  // namespace
}  // namespace siphon::cli
