// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Encrypted dumps where something is missing or wrong: the key, its passphrase, a flag that might
// write a clear dump, a dump that was exchanged.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "siphon/base/sha256.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/process/terminal.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kEnvelopeSize = 4096;
// In all names of the database and in its rows.
constexpr std::string_view kWord = "salaries";
constexpr std::string_view kTable = "salaries_of_all";

bool TellsOfTheDatabase(std::string_view bytes) {
  return absl::StrContains(bytes, kWord) || absl::StrContains(bytes, "SQLite format 3") ||
         absl::StrContains(bytes, "CREATE TABLE");
}

// A machine with the public key of key.txt in its configuration.
class EncryptionFaults : public ::testing::Test {
 protected:
  EncryptionFaults() {
    MakeDatabase("app.db", 2000);
    Clear(box_.Path("config"));
    key_ = Generate("key.txt");
    Configure("");
  }

  void MakeDatabase(std::string_view name, int rows) const {
    auto database = Database::Open(box_.Path(name));
    ASSERT_OK(database);
    ASSERT_OK(database->Execute(absl::StrCat(
        "CREATE TABLE ", kTable, " (id INTEGER PRIMARY KEY, note TEXT);",
        "CREATE TABLE others (id INTEGER PRIMARY KEY);",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ", rows, ")",
        " INSERT INTO ", kTable, " SELECT i, 'salaries of the year ' || i FROM n;",
        "INSERT INTO others VALUES (7);")));
  }

  std::string Generate(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"key", "generate", box_.Path(name)};
    args.insert(args.end(), more.begin(), more.end());
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out.substr(0, result.out.find('\n'));
  }

  // Writes a configuration with `key` as the only recipient, and `more` lines of the section.
  void Configure(std::string_view more, std::string_view key = "") const {
    WriteBytes(
        box_.Path("config/config.yaml"),
        absl::StrCat("profiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                     "}\nencryption:\n  recipients: [", key.empty() ? key_ : key, "]\n", more));
    std::filesystem::permissions(
        box_.Path("config/config.yaml"),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  void ConfigureIdentity(std::string_view file) const {
    Configure(absl::StrCat("  identities: [", box_.Path(file), "]\n"));
  }

  ProcessResult Run(std::vector<std::string> args, int exit_code = 0) const {
    ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result;
  }
  std::string Backup(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"backup", "app", "--quiet"};
    args.insert(args.end(), more.begin(), more.end());
    const ProcessResult result = Run(args);
    return result.out.substr(0, result.out.find('\n'));
  }
  std::string CopyUrl() const { return box_.Url("copy.db"); }
  bool HasCopy() const { return std::filesystem::exists(box_.Path("copy.db")); }
  // The number of rows of a table in the copy, which is removed.
  std::string CountInCopy(std::string_view table) const {
    std::string count = "none";
    {
      auto database = Database::Open(box_.Path("copy.db"), true);
      if (!database.ok()) return count;
      const auto text = database->QueryText(absl::StrCat("SELECT count(*) FROM ", table));
      if (text.ok()) count = *text;
    }
    std::filesystem::remove(box_.Path("copy.db"));
    return count;
  }

  Sandbox box_;
  std::string key_;
};

TEST_F(EncryptionFaults, NoFlagAndNoCommandWritesAClearDump) {
  const std::string file = box_.Path("out.dump");
  const std::string url = box_.Url("app.db");
  Clear(box_.Path("migrations"));
  WriteBytes(box_.Path("migrations/1_a.up.sql"), "CREATE TABLE m (a);");
  CopyBytes(box_.Path("app.db"), box_.Path("foreign.db"));
  const std::vector<std::vector<std::string>> ways = {
      {"backup", "app"},
      {"backup", "app", "--compression", "0"},
      {"backup", "app", "--compression", "9", "--jobs", "4"},
      {"backup", "app", "--jobs", "1"},
      {"backup", "app", "--format", "sql"},
      {"backup", "app", "--format", "sql", "--compression", "0"},
      {"backup", "app", "--table", std::string(kTable)},
      {"backup", "app", "--exclude-table", "others"},
      {"backup", "app", "--exclude-data", std::string(kTable)},
      {"backup", "app", "--schema-only"},
      {"backup", "app", "--tag", "night", "--json", "--verbose"},
      {"backup", "app", "--quiet", "--yes"},
      {"backup", "--all"},
      {"backup", url, "--compression", "0"},
      {"backup", "app", "--output", file},
      {"backup", "app", "--output", file + "2", "--compression", "0"},
      {"backup", "app", "--output", "-"},
      {"backup", "app", "--output", "-", "--compression", "0"},
      {"dumps", "import", box_.Path("foreign.db"), "--profile", "app"},
      {"dumps", "import", box_.Path("foreign.db"), "--profile", "app", "--compression", "0"},
      {"migrate", "up", "--path", box_.Path("migrations"), "--database", "app", "--backup"},
  };
  size_t dumps = 0;
  for (const std::vector<std::string>& way : ways) {
    const ProcessResult result = Run(way);
    if (absl::StrContains(result.out, "age-encryption.org/v1")) ++dumps;
    EXPECT_FALSE(absl::StrContains(result.out, "SQLite format 3"));
  }
  std::map<std::string, std::string> files = Contents(box_.DumpDirectory());
  for (const char* const name : {"out.dump", "out.dump2"}) files[name] = ReadBytes(box_.Path(name));
  for (const auto& [name, bytes] : files) {
    EXPECT_FALSE(TellsOfTheDatabase(bytes)) << name;
    if (!absl::StrContains(name, ".dump")) continue;
    ++dumps;
    EXPECT_EQ(bytes.substr(kEnvelopeSize, 22), "age-encryption.org/v1\n") << name;
  }
  EXPECT_EQ(dumps, ways.size());
}

TEST_F(EncryptionFaults, AWrongKeyOpensNothing) {
  const std::string id = Backup();
  Generate("stranger.txt");
  ConfigureIdentity("stranger.txt");
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"restore", id, "--profile", CopyUrl()},
           {"restore", id, "--profile", CopyUrl(), "--clean", "--yes"},
           {"restore", id, "--profile", CopyUrl(), "--table", std::string(kTable)},
           {"verify", id, "--deep"},
           {"dumps", "extract", id, "--output", box_.Path("body")},
           {"dumps", "extract", id, "--table", "others", "--output", box_.Path("body")}}) {
    const ProcessResult result = Run(args, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr("none of 1 identities opens"), HasSubstr(id)));
    EXPECT_FALSE(HasCopy());
    EXPECT_FALSE(std::filesystem::exists(box_.Path("body")));
  }
  // Without a key of the dump, inspect shows everything but the tables, and says why.
  const ProcessResult inspect = Run({"dumps", "inspect", id});
  EXPECT_THAT(inspect.out, AllOf(HasSubstr("age"), Not(HasSubstr(std::string(kTable)))));
  EXPECT_THAT(inspect.err, HasSubstr("none of 1 identities"));
}

TEST_F(EncryptionFaults, NeitherAMissingNorABrokenKeyFileOpensADump) {
  const std::string id = Backup();
  ConfigureIdentity("gone.txt");
  EXPECT_THAT(Run({"restore", id, "--profile", CopyUrl()}, 2).err, HasSubstr("gone.txt"));
  const std::string key = ReadBytes(box_.Path("key.txt"));
  WriteBytes(box_.Path("broken.txt"), key.substr(0, key.size() - 5));
  ConfigureIdentity("broken.txt");
  const ProcessResult broken = Run({"restore", id, "--profile", CopyUrl()}, 1);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("broken.txt"), Not(HasSubstr("AGE-SECRET-KEY-1"))));
  EXPECT_FALSE(HasCopy());
  // A backup needs no key, so it is not stopped by a bad one.
  Backup();
}

TEST_F(EncryptionFaults, ListPruneAndRemoveNeedNoKey) {
  const std::string first = Backup(), second = Backup({"--tag", "night"});
  Run({"dumps", "tag", first, "--add", "old"});
  Run({"dumps", "pin", second});
  Run({"verify", second});
  EXPECT_THAT(Run({"dumps", "list"}).out, AllOf(HasSubstr(first), HasSubstr(second)));
  Run({"dumps", "prune", "--keep-last", "1", "--profile", "app", "--apply"});
  EXPECT_EQ(box_.ListedDumps(), std::vector<std::string>{second});
  Run({"dumps", "unpin", second});
  Run({"dumps", "rm", second, "--yes"});
  EXPECT_THAT(box_.ListedDumps(), IsEmpty());
}

TEST_F(EncryptionFaults, AnotherKeyTakesTheDumpOver) {
  const std::string id = Backup({"--tag", "night"});
  const std::string next = Generate("next.txt");
  EXPECT_THAT(Run({"dumps", "rekey", id, "--recipient", next}, 1).err,
              HasSubstr("no key of this machine would open the new dump"));
  // The old key is not here.
  EXPECT_THAT(Run({"dumps", "rekey", id, "--recipient", next, "--yes"}, 1).err,
              HasSubstr("is encrypted"));
  ConfigureIdentity("key.txt");
  EXPECT_THAT(Run({"dumps", "rekey", id, "--recipient", next}, 1).err, HasSubstr("give --yes"));
  EXPECT_EQ(box_.ListedDumps(), std::vector<std::string>{id});
  const ProcessResult rekeyed = Run({"dumps", "rekey", id, "--recipient", next, "--yes", "--json"});
  const auto json = nlohmann::json::parse(rekeyed.out, nullptr, false);
  EXPECT_EQ(json["replaced"], id);
  const std::string now = json["id"];
  EXPECT_EQ(box_.ListedDumps(), std::vector<std::string>{now});
  EXPECT_THAT(Run({"restore", now, "--profile", CopyUrl()}, 1).err, HasSubstr("none of 1 ident"));
  ConfigureIdentity("next.txt");
  EXPECT_THAT(Run({"dumps", "inspect", "latest:app", "--tag", "night"}).out,
              HasSubstr(std::string(kTable)));
  Run({"verify", now, "--deep"});
  Run({"restore", now, "--profile", CopyUrl()});
  EXPECT_EQ(CountInCopy(kTable), "2000");
}

TEST_F(EncryptionFaults, OneTableIsRestored) {
  const std::string id = Backup({"--jobs", "2"});
  ConfigureIdentity("key.txt");
  Run({"restore", id, "--profile", CopyUrl(), "--table", "others"});
  EXPECT_EQ(CountInCopy("others"), "1");
  Run({"restore", id, "--profile", CopyUrl(), "--table", std::string(kTable)});
  EXPECT_EQ(CountInCopy(kTable), "2000");
  for (const auto& [name, bytes] : Contents(box_.DumpDirectory())) {
    EXPECT_FALSE(TellsOfTheDatabase(bytes)) << name;
  }
}

TEST_F(EncryptionFaults, APassphraseIsAskedForOnATerminal) {
  box_.environment["WORD"] = "correct horse";
  const std::string key = Generate("word.age", {"--passphrase", "env:WORD"});
  const std::string identities = absl::StrCat("  identities: [", box_.Path("word.age"), "]\n");
  Configure(identities, key);
  const std::string id = Backup();
  {
    Terminal right(box_.Options({"restore", id, "--profile", CopyUrl()}), 400);
    EXPECT_TRUE(right.WaitFor("passphrase of ")) << right.shown();
    EXPECT_TRUE(right.WaitFor("word.age: ")) << right.shown();
    right.Type("correct horse\n");
    EXPECT_EQ(right.Wait(std::chrono::seconds(60)), 0) << right.shown();
    EXPECT_THAT(right.shown(), Not(HasSubstr("correct horse")));
    EXPECT_EQ(CountInCopy(kTable), "2000");
  }
  {
    Terminal wrong(box_.Options({"restore", id, "--profile", CopyUrl()}), 400);
    EXPECT_TRUE(wrong.WaitFor("word.age: ")) << wrong.shown();
    wrong.Type("wrong horse\n");
    EXPECT_EQ(wrong.Wait(std::chrono::seconds(60)), 1) << wrong.shown();
    EXPECT_THAT(wrong.shown(), HasSubstr("the passphrase is wrong"));
    EXPECT_FALSE(HasCopy());
  }
  // Without a terminal nobody can be asked.
  EXPECT_THAT(Run({"restore", id, "--profile", CopyUrl()}, 1).err, HasSubstr("word.age"));
  EXPECT_FALSE(HasCopy());
  // From a file, whose newline is not part of it.
  WriteBytes(box_.Path("word"), "correct horse\n");
  std::filesystem::permissions(box_.Path("word"), std::filesystem::perms::owner_read);
  Configure(absl::StrCat(identities, "  passphrase: file:", box_.Path("word"), "\n"), key);
  Run({"restore", id, "--profile", CopyUrl()});
  EXPECT_EQ(CountInCopy(kTable), "2000");
}

// An attacker who can write into the store joins the envelope of one dump and the body of another,
// and makes the sidecar fit. Both have the same key, so only the rows show the exchange.
TEST_F(EncryptionFaults, AFaultOfADumpIsRecordedWithoutNames) {
  const std::string first = Backup({"--compression", "0"});
  std::filesystem::remove(box_.Path("app.db"));
  MakeDatabase("app.db", 1000);
  const std::string second = Backup({"--compression", "0"});
  const std::string dump = ReadBytes(box_.DumpPath(first)).substr(0, kEnvelopeSize) +
                           ReadBytes(box_.DumpPath(second)).substr(kEnvelopeSize);
  WriteBytes(box_.DumpPath(first), dump);
  auto sidecar = nlohmann::ordered_json::parse(ReadBytes(box_.SidecarPath(first)), nullptr, false);
  ASSERT_TRUE(sidecar.is_object());
  base::Sha256 hash;
  hash.Update(dump);
  sidecar["checksum"] = hash.Digest();
  sidecar["size_bytes"] = dump.size();
  WriteBytes(box_.SidecarPath(first), sidecar.dump());
  Run({"verify", first});
  ConfigureIdentity("key.txt");
  const ProcessResult deep = Run({"verify", first, "--deep"}, 3);
  EXPECT_THAT(deep.err, HasSubstr(std::string(kTable)));
  const std::string notes =
      ReadBytes(absl::StrCat(box_.DumpDirectory(), "/", first, ".notes.json"));
  EXPECT_THAT(notes, AllOf(HasSubstr("(deep) failed"), Not(HasSubstr(std::string(kWord)))));
}

}  // namespace
}  // namespace siphon::testing
