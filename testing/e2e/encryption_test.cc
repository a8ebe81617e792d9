// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Encrypted dumps: what the store shows of them, who can read them, and that the program age opens
// them without siphon.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/page_commands.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr size_t kEnvelopeSize = 4096;

// A machine whose configuration has public keys only, and the keys in other files.
class EncryptionTest : public ::testing::Test {
 protected:
  EncryptionTest() {
    EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 300000, .seed = 1}));
    Clear(box_.Path("config"));
    key_ = Generate("key.txt");
    offline_ = Generate("offline.txt");
    Configure("");
  }

  // Makes a key and returns its public one.
  std::string Generate(const std::string& name) const {
    const ProcessResult result = box_.Run({"key", "generate", box_.Path(name)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, StartsWith("age1"));
    return result.out.substr(0, result.out.find('\n'));
  }

  // The recipients, and `more` lines of the section.
  void Configure(std::string_view more) const {
    WriteConfig(
        absl::StrCat("encryption:\n  recipients:\n    - ", key_, "\n    - ", offline_, "\n", more));
  }
  void WriteConfig(std::string_view section) const {
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("profiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                            "}\n", section));
  }
  // This machine gets the key.
  void ConfigureKey() const {
    Configure(absl::StrCat("  identities: [", box_.Path("key.txt"), "]\n"));
  }

  ProcessResult Run(std::vector<std::string> args, int exit_code = 0) const {
    ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    for (const std::string& text : {result.out, result.err}) {
      EXPECT_THAT(text, Not(HasSubstr("AGE-SECRET-KEY")));
    }
    return result;
  }

  std::string Backup(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"backup", "app"};
    args.insert(args.end(), more.begin(), more.end());
    const ProcessResult result = Run(args);
    return result.out.substr(0, result.out.find('\n'));
  }

  // What `age -d -i KEY` makes of the file.
  std::string Aged(const std::string& file, std::string_view key) const {
    const auto age = FindServer("age-1");
    EXPECT_OK(age.status());
    auto result = RunProcess(
        {.argv = {age->Program("age"), "-d", "-i", box_.Path(key), file}, .environment = {}});
    EXPECT_OK(result.status());
    EXPECT_EQ(result->exit_code, 0) << result->err;
    return result->out;
  }

  // True if the copy has the same rows as the source.
  void ExpectCopy(std::string_view name) const {
    const auto rows = [&](std::string_view database) {
      return Run({"inspect", box_.Url(database), "--exact", "--json"}).out;
    };
    const auto tables = [&](std::string_view database) {
      return nlohmann::json::parse(rows(database), nullptr, false)["tables"].dump();
    };
    EXPECT_EQ(tables(name), tables("app.db"));
  }

  Sandbox box_;
  std::string key_, offline_;
};

TEST_F(EncryptionTest, AgeOpensTheBodyAfterTheEnvelope) {
  const std::string id = Backup({"--compression", "0"});
  WriteBytes(box_.Path("body.age"), ReadBytes(box_.DumpPath(id)).substr(kEnvelopeSize));
  ConfigureKey();
  ASSERT_EQ(Run({"dumps", "extract", id, "--output", box_.Path("body")}).exit_code, 0);
  const std::string body = ReadBytes(box_.Path("body"));
  EXPECT_THAT(body, StartsWith("SQLite format 3"));
  for (const std::string_view key : {"key.txt", "offline.txt"}) {
    EXPECT_TRUE(Aged(box_.Path("body.age"), key) == body) << key;
  }
}

TEST_F(EncryptionTest, TheStoreShowsNothingOfTheDatabase) {
  const std::vector<std::string> ids = {Backup(), Backup({"--compression", "0"})};
  for (const auto& [name, bytes] : Contents(box_.DumpDirectory())) {
    EXPECT_THAT(bytes, Not(HasSubstr("CREATE TABLE"))) << name;
    EXPECT_THAT(bytes, Not(HasSubstr("SQLite format 3"))) << name;
  }
  const auto sidecar = nlohmann::json::parse(ReadBytes(box_.SidecarPath(ids[0])), nullptr, false);
  EXPECT_EQ(sidecar["encryption"], "age");
  EXPECT_TRUE(sidecar["tables"].is_null());
}

TEST_F(EncryptionTest, AMachineWithPublicKeysOnlyWritesAndVerifies) {
  const std::string id = Backup();
  Run({"verify", id});
  EXPECT_THAT(Run({"dumps", "list"}).out, HasSubstr(id));
  EXPECT_THAT(Run({"dumps", "inspect", id, "--json"}).out, HasSubstr("\"encryption\""));
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"restore", id, "--profile", box_.Url("copy.db")},
        std::vector<std::string>{"verify", id, "--deep"},
        std::vector<std::string>{"dumps", "extract", id, "--output", box_.Path("body")}}) {
    EXPECT_THAT(Run(args, 1).err, AllOf(HasSubstr(absl::StrCat("dump ", id, " is encrypted")),
                                        HasSubstr("encryption.identities")));
  }
  EXPECT_FALSE(std::filesystem::exists(box_.Path("copy.db")));
}

TEST_F(EncryptionTest, TheKeyRestoresAndVerifiesDeeply) {
  const std::string id = Backup();
  ConfigureKey();
  Run({"verify", id, "--deep"});
  Run({"restore", id, "--profile", box_.Url("copy.db")});
  ExpectCopy("copy.db");
  EXPECT_THAT(Run({"dumps", "inspect", id, "--json"}).out, HasSubstr("\"tables\""));
  // A lost sidecar is made again.
  std::filesystem::remove(box_.SidecarPath(id));
  Run({"dumps", "rebuild"});
  Run({"verify", id, "--deep"});
}

// No flag writes a clear dump.
TEST_F(EncryptionTest, ADumpInAFileIsEncryptedToo) {
  Run({"backup", "app", "--output", box_.Path("out.dump"), "--compression", "0"});
  const std::string dump = ReadBytes(box_.Path("out.dump"));
  EXPECT_THAT(dump.substr(kEnvelopeSize, 22), "age-encryption.org/v1\n");
  EXPECT_THAT(dump, Not(HasSubstr("SQLite format 3")));
  EXPECT_THAT(Run({"restore", box_.Path("out.dump"), "--profile", box_.Url("copy.db")}, 1).err,
              HasSubstr("encrypted"));
  ConfigureKey();
  Run({"restore", box_.Path("out.dump"), "--profile", box_.Url("copy.db")});
  ExpectCopy("copy.db");
}

TEST_F(EncryptionTest, AFaultInTheConfigurationStopsTheBackup) {
  WriteConfig(absl::StrCat("encryption:\n  recipient: [", key_, "]\n"));
  EXPECT_THAT(Run({"backup", "app"}, 1).err, HasSubstr("unknown key \"recipient\""));
  WriteConfig("encryption:\n  recipients: [\"${NOT_SET}\"]\n");
  EXPECT_THAT(Run({"backup", "app"}, 1).err, HasSubstr("NOT_SET"));
  EXPECT_TRUE(Names(box_.DumpDirectory()).empty());
}

TEST_F(EncryptionTest, AKeyIsNeverOverwrittenNorReadableByOthers) {
  const std::string before = ReadBytes(box_.Path("key.txt"));
  EXPECT_THAT(Run({"key", "generate", box_.Path("key.txt")}, 1).err, HasSubstr("exists"));
  EXPECT_EQ(ReadBytes(box_.Path("key.txt")), before);
  EXPECT_EQ(std::filesystem::status(box_.Path("key.txt")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(EncryptionTest, ListsAndExportsKeys) {
  ConfigureKey();
  EXPECT_THAT(Run({"key", "list"}).out,
              AllOf(HasSubstr(key_), HasSubstr(offline_), HasSubstr("recipient of new dumps")));
  EXPECT_EQ(Run({"key", "export", box_.Path("offline.txt")}).out, absl::StrCat(offline_, "\n"));
  const ProcessResult secret = box_.Run({"key", "export", box_.Path("offline.txt"), "--secret"});
  EXPECT_EQ(secret.exit_code, 0);
  EXPECT_THAT(ReadBytes(box_.Path("offline.txt")), HasSubstr(secret.out));
}

// docs/encryption.md, with the program age itself.
TEST_F(EncryptionTest, TheCommandsOfThePageWork) {
  const auto age = FindServer("age-1");
  ASSERT_OK(age.status());
  AddPrograms(box_);
  box_.environment["PATH"] = absl::StrCat(box_.Path("bin"), ":", age->bin, ":/usr/bin:/bin");
  std::filesystem::remove(box_.Path("bin/age"));
  std::filesystem::remove(box_.Path("key.txt"));
  std::filesystem::remove(box_.Path("offline.txt"));
  int count = 0;
  for (const PageBlock& block : ReadPage("docs/encryption.md")) {
    for (const PageCommand& command : block.commands) {
      ++count;
      // The keys that the page made become those of the configuration.
      if (std::filesystem::exists(box_.Path("offline.txt"))) {
        const auto recipient = [&](const std::string& file) {
          const std::string text = ReadBytes(box_.Path(file));
          const size_t at = text.find("age1");
          return text.substr(at, text.find('\n', at) - at);
        };
        WriteConfig(absl::StrCat("encryption:\n  recipients: [", recipient("key.txt"), ", ",
                                 recipient("offline.txt"), "]\n  identities: [",
                                 box_.Path("key.txt"), "]\n"));
      }
      const ProcessResult result = RunScript(box_, command.script);
      EXPECT_EQ(result.exit_code == 0, !command.fails) << command.script << result.err;
    }
  }
  EXPECT_GE(count, 3);
  EXPECT_EQ(ReadBytes(box_.Path("copy.db")).substr(0, 15), "SQLite format 3");
}

TEST_F(EncryptionTest, APassphraseProtectsAKey) {
  box_.environment["WORD"] = "correct horse";
  const ProcessResult made =
      Run({"key", "generate", box_.Path("word.age"), "--passphrase", "env:WORD"});
  EXPECT_THAT(ReadBytes(box_.Path("word.age")), StartsWith("-----BEGIN AGE ENCRYPTED FILE-----"));
  WriteConfig(absl::StrCat("encryption:\n  recipients: [", made.out.substr(0, made.out.find('\n')),
                           "]\n  identities: [", box_.Path("word.age"),
                           "]\n  passphrase: env:WORD\n"));
  const std::string id = Backup();
  Run({"restore", id, "--profile", box_.Url("copy.db")});
  ExpectCopy("copy.db");
  box_.environment["WORD"] = "wrong horse";
  EXPECT_THAT(Run({"restore", id, "--profile", box_.Url("copy2.db")}, 1).err,
              HasSubstr("the passphrase is wrong"));
  EXPECT_THAT(Run({"key", "generate", box_.Path("x.age"), "--passphrase", "secret"}, 1).err,
              HasSubstr("seen by every user"));
}

}  // namespace
}  // namespace siphon::testing
