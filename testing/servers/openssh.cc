// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/openssh.h"

#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/server_index.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartLimit{20};
constexpr std::string_view kPath = "PATH=/usr/bin:/bin";

std::string Content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The name of the user that a ServerProcess runs as.
absl::StatusOr<std::string> ServerUser() {
  const passwd* const entry = getpwuid(geteuid() == 0 ? kServerUser : geteuid());
  if (entry == nullptr) return absl::InternalError("the user of the server has no name");
  return std::string(entry->pw_name);
}

}  // namespace

absl::StatusOr<std::string> OpensshPrograms() {
  ASSIGN_OR_RETURN(const InstalledServer installed, FindServer("openssh-9"));
  return installed.bin;
}

SshServer::SshServer(ReservedPort port, std::string folder, std::string programs)
    : port_(std::move(port)),
      folder_(std::move(folder)),
      programs_(std::move(programs)),
      log_("sshd", folder_ + "/log") {}

SshServer::~SshServer() {
  Stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void SshServer::Stop() {
  if (process_ != nullptr) process_->Kill();
  process_.reset();
}

absl::Status SshServer::MakeKey(std::string_view name) {
  const std::string path = base::JoinPath(folder_, name);
  std::error_code ignored;
  fs::remove(path, ignored);
  ASSIGN_OR_RETURN(const ProcessResult result,
                   RunProcess({.argv = {programs_ + "/ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                                        "-C", "", "-f", path},
                               .environment = {std::string(kPath)}}));
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("ssh-keygen fails: ", result.out, result.err));
}

absl::Status SshServer::Listen() {
  RETURN_IF_ERROR(GiveToServer(folder_));
  // Without -r sshd would start itself again for each connection, by the path of its loader.
  ASSIGN_OR_RETURN(process_, ServerProcess::Start({.argv = {programs_ + "/sshd", "-D", "-e", "-r",
                                                            "-f", folder_ + "/sshd_config"},
                                                   .environment = {std::string(kPath)},
                                                   .directory = folder_,
                                                   .log = log_.path()}));
  const std::string ready = absl::StrCat("Server listening on 127.0.0.1 port ", port());
  for (const Steady::time_point limit = Steady::now() + kStartLimit;
       !absl::StrContains(log_.Tail(3), ready);) {
    if (process_->Ended().has_value() || Steady::now() > limit) {
      return absl::InternalError(absl::StrCat("sshd does not start; its log:\n", log_.Tail(30)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SshServer>> SshServer::Start() {
  ASSIGN_OR_RETURN(std::string programs, OpensshPrograms());
  ASSIGN_OR_RETURN(ReservedPort port, ReservedPort::Make());
  std::string folder = absl::StrCat(fs::absolute(::testing::TempDir()).lexically_normal().string(),
                                    "/sshd-", port.number());
  RETURN_IF_ERROR(base::CreateDirectories(folder + "/files", 0755));
  std::unique_ptr<SshServer> server(
      new SshServer(std::move(port), std::move(folder), std::move(programs)));
  ASSIGN_OR_RETURN(server->user_, ServerUser());
  RETURN_IF_ERROR(server->MakeKey("host"));
  RETURN_IF_ERROR(server->MakeKey("client"));
  std::ofstream(server->empty_file()) << "";
  std::ofstream(server->known_hosts())
      << "[127.0.0.1]:* " << Content(server->folder_ + "/host.pub");
  std::ofstream(server->folder_ + "/sshd_config")
      << "ListenAddress 127.0.0.1\nPort " << server->port() << "\nHostKey " << server->folder_
      << "/host\nAuthorizedKeysFile " << server->folder_
      << "/client.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
      << "KbdInteractiveAuthentication no\nPidFile none\nUseDNS no\nLogLevel VERBOSE\n"
      << "MaxStartups 100\nSubsystem sftp internal-sftp\n";
  RETURN_IF_ERROR(server->Listen());
  return server;
}

absl::Status SshServer::ChangeHostKey() {
  Stop();
  RETURN_IF_ERROR(MakeKey("host"));
  return Listen();
}

}  // namespace siphon::testing
