// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/ssh_command.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "testing/status_matchers.h"

namespace siphon::sftp {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SshCommandTest, NamesTheHostAfterAllOptions) {
  const std::vector<std::string> argv = SshCommand({.host = "backup"});
  EXPECT_EQ(argv.front(), "ssh");
  EXPECT_EQ(absl::StrJoin(argv.end() - 4, argv.end(), " "), "-s -- backup sftp");
  for (const char* setting :
       {"BatchMode=yes", "StrictHostKeyChecking=yes", "ControlMaster=no", "ClearAllForwardings=yes",
        "ForwardAgent=no", "RemoteCommand=none", "UpdateHostKeys=no"}) {
    EXPECT_THAT(argv, Contains(setting));
  }
  EXPECT_THAT(argv, Not(Contains("-l")));
  EXPECT_THAT(argv, Not(Contains("-p")));
  EXPECT_THAT(argv, Not(Contains("-F")));
}

TEST(SshCommandTest, PassesEverySetting) {
  const std::string command = absl::StrJoin(SshCommand({.host = "fe80::1%eth0",
                                                        .user = "me@corp",
                                                        .port = 2222,
                                                        .identity_file = "/keys/a b",
                                                        .known_hosts = "/known",
                                                        .ssh_config = "/config"}),
                                            " ");
  EXPECT_THAT(command, AllOf(HasSubstr("ssh -F /config -o "),
                             HasSubstr("-o UserKnownHostsFile=\"/known\" -o "
                                       "GlobalKnownHostsFile=/dev/null"),
                             HasSubstr("-o IdentityFile=\"/keys/a b\" -o IdentitiesOnly=yes"),
                             HasSubstr("-p 2222 -l me@corp -s -- fe80::1%eth0 sftp")));
}

TEST(SshCommandTest, RefusesWhatCouldBeMoreThanAName) {
  for (const char* host : {"", "-oProxyCommand=id", "a b", "a;id", "$(id)", "`id`", "a/b", "me@a",
                           "a\nb", "a|b", "a'b", "a\"b", "{a}", "ü"}) {
    EXPECT_THAT(CheckSshOptions({.host = host}),
                StatusIs(errs::kConfigInvalid, HasSubstr("storage.host")))
        << host;
  }
  for (const char* user : {"-l", "a b", "a;id", "$(id)", "a%u", "a/b", "a\\b", "a'"}) {
    EXPECT_THAT(CheckSshOptions({.host = "h", .user = user}),
                StatusIs(errs::kConfigInvalid, HasSubstr("storage.user")))
        << user;
  }
  for (const char* path : {"relative", "/a%h", "/a\"b", "/a\n", "/${HOME}"}) {
    EXPECT_THAT(CheckSshOptions({.host = "h", .identity_file = path}),
                StatusIs(errs::kConfigInvalid, HasSubstr("storage.identity_file")))
        << path;
    EXPECT_THAT(CheckSshOptions({.host = "h", .known_hosts = path}),
                StatusIs(errs::kConfigInvalid));
    EXPECT_THAT(CheckSshOptions({.host = "h", .ssh_config = path}), StatusIs(errs::kConfigInvalid));
  }
  EXPECT_THAT(CheckSshOptions({.host = "h", .port = -1}), StatusIs(errs::kConfigInvalid));
  EXPECT_THAT(CheckSshOptions({.host = "h", .port = 65536}), StatusIs(errs::kConfigInvalid));
  EXPECT_OK(CheckSshOptions({.host = "db-1.example.org", .user = "backup", .port = 22}));
  EXPECT_OK(CheckSshOptions({.host = "::1", .identity_file = "/home/me/.ssh/id"}));
}

TEST(SshCommandTest, GivesSshNoSecretOfTheEnvironment) {
  const base::Environment environment({{"PATH", "/bin"},
                                       {"HOME", "/home/me"},
                                       {"SSH_AUTH_SOCK", "/agent"},
                                       {"SSH_ASKPASS", "/ask"},
                                       {"LC_ALL", "C"},
                                       {"PGPASSWORD", "secret"},
                                       {"AWS_SECRET_ACCESS_KEY", "secret"}});
  EXPECT_THAT(SshEnvironment(environment),
              ElementsAre("HOME=/home/me", "LC_ALL=C", "PATH=/bin", "SSH_AUTH_SOCK=/agent"));
}

TEST(SshCommandTest, ShowsTheLastLinesInOne) {
  EXPECT_EQ(LastWords(""), "");
  EXPECT_EQ(LastWords("ssh: Could not resolve hostname x: Name or service not known\r\n"),
            "ssh: Could not resolve hostname x: Name or service not known");
  EXPECT_EQ(LastWords("a\n@@@@@@\n@ WARNING @\n\nb\nc\nd\n"), "b; c; d");
  EXPECT_EQ(LastWords("\x1b[31mred\n"), "\\x1b[31mred");
  EXPECT_LE(LastWords(std::string(5000, 'x')).size(), 403u);
}

TEST(SshCommandTest, SaysWhatCanBeDone) {
  EXPECT_THAT(HintFor("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n"
                      "Host key verification failed.\n"),
              HasSubstr("fingerprint"));
  EXPECT_THAT(HintFor("No ED25519 host key is known for h and you have requested strict checking.\n"
                      "Host key verification failed.\n"),
              HasSubstr("known_hosts"));
  EXPECT_THAT(HintFor("me@h: Permission denied (publickey).\n"), HasSubstr("storage.user"));
  EXPECT_THAT(HintFor("ssh: Could not resolve hostname h: ...\n"), HasSubstr("storage.host"));
  EXPECT_THAT(HintFor("subsystem request failed on channel 0\n"), HasSubstr("Subsystem"));
  EXPECT_THAT(HintFor("Connection closed\n"), HasSubstr("sftp"));
}

}  // namespace
}  // namespace siphon::sftp
