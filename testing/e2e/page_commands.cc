// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/page_commands.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace siphon::testing {
namespace {

constexpr char kSsh[] = "#!/bin/sh\nshift\nmkdir -p \"$STORE\" && cd \"$STORE\" && eval \"$*\"\n";
constexpr char kAge[] = "#!/bin/sh\nif [ \"$1\" = -d ]; then shift 3; cat \"$@\"; else cat; fi\n";

bool NamesSiphon(std::string_view line) {
  return absl::StrContains(line, "siphon ") || absl::StrContains(line, "\"siphon\"");
}

// The command of a line with a schedule, a unit's key or a JSON array.
std::string CommandOf(std::string_view language, std::string_view line) {
  const size_t array = line.find("[\"siphon\"");
  if (array != std::string_view::npos) {
    const auto words = nlohmann::json::parse(line.substr(array), nullptr, false);
    if (words.is_array()) return absl::StrJoin(words.get<std::vector<std::string>>(), " ");
  } else if (language == "cron") {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() > 5) return absl::StrJoin(fields.begin() + 5, fields.end(), " ");
  } else if (absl::ConsumePrefix(&line, "ExecStart=/usr/bin/")) {
    return std::string(line);
  }
  ADD_FAILURE() << "a command that the test does not find: " << line;
  return "";
}

// The commands of a block with prompts, each with the lines that continue it.
std::vector<PageCommand> WithPrompts(const std::vector<std::string>& lines) {
  const bool dollar = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return absl::StartsWith(line, "$ ");
  });
  std::vector<PageCommand> commands;
  bool continues = false;
  for (std::string_view line : lines) {
    if (continues) {
      absl::StrAppend(&commands.back().script, "\n", line);
    } else if (absl::ConsumePrefix(&line, dollar ? "$ " : "# ")) {
      commands.push_back({std::string(line)});
    } else {
      if (!commands.empty() && absl::StartsWith(line, "✗ ")) commands.back().fails = true;
      continue;
    }
    continues = absl::EndsWith(line, "\\");
  }
  return commands;
}

std::vector<PageCommand> CommandsOf(std::string_view language,
                                    const std::vector<std::string>& lines) {
  if (language == "sh") return {{absl::StrJoin(lines, "\n")}};
  if (language == "console" || language.empty()) return WithPrompts(lines);
  std::vector<PageCommand> commands;
  for (const std::string& line : lines) {
    if (!NamesSiphon(line) || absl::StartsWith(line, "#")) continue;
    commands.push_back({CommandOf(language, line)});
  }
  return commands;
}

}  // namespace

bool RunsSiphon(std::string_view script) {
  for (const std::string_view line : absl::StrSplit(script, '\n')) {
    if (absl::StartsWith(line, "siphon ") || absl::StrContains(line, "| siphon ") ||
        absl::StrContains(line, "$(siphon ")) {
      return true;
    }
  }
  return false;
}

std::vector<PageBlock> ReadPage(const std::string& path) {
  std::vector<PageBlock> blocks;
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::string section, language;
  std::vector<std::string> lines;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "```")) {
      if (in_block) {
        PageBlock block{section, CommandsOf(language, lines)};
        std::erase_if(block.commands,
                      [](const PageCommand& command) { return !RunsSiphon(command.script); });
        if (!block.commands.empty()) blocks.push_back(std::move(block));
      }
      in_block = !in_block;
      language = line.substr(3);
      lines.clear();
    } else if (in_block) {
      lines.push_back(std::move(line));
    } else if (absl::StartsWith(line, "## ")) {
      section = line.substr(3);
    }
  }
  return blocks;
}

void AddPrograms(Sandbox& box) {
  namespace fs = std::filesystem;
  fs::create_directories(box.Path("bin"));
  fs::create_symlink(SiphonBinary(), box.Path("bin/siphon"));
  for (const auto& [name, text] : {std::pair{"bin/ssh", kSsh}, std::pair{"bin/age", kAge}}) {
    WriteBytes(box.Path(name), text);
    fs::permissions(box.Path(name), fs::perms::owner_all);
  }
  box.environment["PATH"] = absl::StrCat(box.Path("bin"), ":/usr/bin:/bin");
  box.environment["STORE"] = box.Path("store");
  box.environment["RECIPIENT"] = "age1";
}

ProcessResult RunScript(const Sandbox& box, const std::string& script) {
  ProcessOptions options = box.Options({});
  options.argv = {"/bin/sh", "-euxc", script};
  absl::StatusOr<ProcessResult> result = RunProcess(options);
  if (result.ok()) return *std::move(result);
  ADD_FAILURE() << result.status();
  return {};
}

}  // namespace siphon::testing
