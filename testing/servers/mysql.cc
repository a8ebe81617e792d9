// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/servers/mysql_template.h"
#include "testing/servers/server_template.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

// Crash recovery on a busy machine takes some seconds.
constexpr std::chrono::seconds kStartLimit{120};
constexpr std::chrono::seconds kStopLimit{60};

// True if the server greets a new client: its first packet begins with the protocol version, 10;
// with 255 it refuses the client.
bool Answers(const std::string& socket_path) {
  base::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof(address.sun_path) - 1);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return false;
  char greeting[5] = {};
  return recv(fd.get(), greeting, sizeof(greeting), MSG_WAITALL) == sizeof(greeting) &&
         greeting[4] == 10;
}

absl::Status CopyFile(const std::string& from, const std::string& to, mode_t mode) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(from, size_t{1} << 20));
  return base::WriteFileAtomically(to, text, mode);
}

// A value in an options file.
std::string OptionValue(std::string_view text) {
  std::string value = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return value + "\"";
}

}  // namespace

std::vector<std::string> AllMysqlServers() {
  return {std::string(kMariadb1011), std::string(kMariadb118), std::string(kMysql97)};
}

MysqlServer::MysqlServer(MysqlOptions options, ReservedPort port)
    : options_(std::move(options)), port_(std::move(port)) {}

absl::StatusOr<std::unique_ptr<MysqlServer>> MysqlServer::Start(MysqlOptions options) {
  ASSIGN_OR_RETURN(InstalledServer installed, FindServer(options.server));
  ASSIGN_OR_RETURN(ReservedPort port, ReservedPort::Make());
  std::unique_ptr<MysqlServer> server(new MysqlServer(std::move(options), std::move(port)));
  server->installed_ = std::move(installed);
  RETURN_IF_ERROR(server->MakeFolder());
  RETURN_IF_ERROR(server->Launch());
  RETURN_IF_ERROR(server->SetPassword());
  return server;
}

MysqlServer::~MysqlServer() {
  if (process_ != nullptr) process_->Kill();
  log_.reset();
  std::error_code ignored;
  if (!own_socket_folder_.empty()) fs::remove_all(own_socket_folder_, ignored);
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

absl::Status MysqlServer::MakeFolder() {
  static int counter = 0;
  const fs::path parent = options_.parent.empty() ? ::testing::TempDir() : options_.parent;
  folder_ =
      (fs::absolute(parent) / absl::StrCat(name(), "-", ++counter)).lexically_normal().string();
  data_ = folder_ + "/data";
  log_ = std::make_unique<ServerLog>(name(), folder_ + "/log");
  RETURN_IF_ERROR(base::CreateDirectories(folder_, 0755));
  const std::string first_password(kTemplatePassword);
  RETURN_IF_ERROR(CopyServerTemplate(
      name(), first_password,
      [&](const std::string& folder) {
        return InitializeMysql(installed_, name(), is_mariadb(), first_password, folder);
      },
      data_));
  socket_folder_ = options_.socket_directory;
  if (socket_folder_.empty()) {
    char socket_folder[] = "/tmp/siphon-my-XXXXXX";  // Short, as the test's own folder is not.
    if (mkdtemp(socket_folder) == nullptr) {
      return absl::InternalError(absl::StrCat("mkdtemp: ", std::strerror(errno)));
    }
    // The server's user does not own the folder in /tmp, where it could be anybody's.
    own_socket_folder_ = socket_folder;
    if (chmod(socket_folder, 0755) != 0) {
      return absl::InternalError(absl::StrCat("chmod: ", std::strerror(errno)));
    }
    socket_folder_ = own_socket_folder_ + "/s";
    RETURN_IF_ERROR(base::CreateDirectories(socket_folder_, 0755));
  }
  socket_ = socket_folder_ + "/mysqld.sock";
  client_options_ = folder_ + "/client.cnf";
  return WriteClientOptions(first_password);
}

absl::Status MysqlServer::WriteClientOptions(std::string_view password) const {
  return base::WriteFileAtomically(
      client_options_,
      absl::StrCat("[client]\nuser=", superuser_, "\npassword=", OptionValue(password),
                   "\nsocket=", socket_, "\ndefault-character-set=utf8mb4\n",
                   // Since version 11 the client requests TLS on a socket, too.
                   is_mariadb() ? "skip-ssl\n" : ""),
      0600);
}

absl::Status MysqlServer::SetPassword() {
  if (password() == kTemplatePassword) return absl::OkStatus();
  // The password of an account must be a literal.
  const std::string literal =
      absl::StrCat("'", absl::StrReplaceAll(password(), {{"\\", "\\\\"}, {"'", "''"}}), "'");
  RETURN_IF_ERROR(RunSql(absl::StrCat("SET SESSION sql_log_bin = 0; ALTER USER ", superuser_,
                                      "@localhost IDENTIFIED BY ", literal, "; ALTER USER ",
                                      superuser_, "@'%' IDENTIFIED BY ", literal, ";")));
  return WriteClientOptions(password());
}

absl::StatusOr<std::vector<std::string>> MysqlServer::Command() const {
  std::map<std::string, std::string> settings = {
      {"datadir", data_},
      {"socket", socket_},
      {"port", absl::StrCat(port())},
      {"bind-address", host_},
      {"pid-file", folder_ + "/pid"},
      {"tmpdir", folder_},
      {"skip-name-resolve", "ON"},
      {"secure-file-priv", folder_},
      {"innodb-flush-log-at-trx-commit", "0"},
      {"innodb-doublewrite", "OFF"},
      {"sync-binlog", "0"},
      {"local-infile", "OFF"},
  };
  if (is_mariadb()) {
    settings["innodb-log-file-size"] = "32M";
    settings["plugin-load-add"] = "auth_ed25519";
    settings["skip-log-bin"] = options_.binlog ? "OFF" : "ON";
  } else {
    settings["innodb-redo-log-capacity"] = "64M";
    settings["mysqlx"] = "OFF";
    // Otherwise authentication waits until a key is created.
    settings["caching-sha2-password-auto-generate-rsa-keys"] = "ON";
    settings["auto-generate-certs"] = "OFF";
    // By default the performance schema takes 250 MB and half of the CPU time of a start.
    for (const char* size :
         {"events-waits-history-long-size", "events-stages-history-long-size",
          "events-statements-history-long-size", "events-transactions-history-long-size",
          "accounts-size", "hosts-size", "users-size"}) {
      settings[absl::StrCat("performance-schema-", size)] = "10";
    }
    settings["performance-schema-digests-size"] = "100";
    settings["performance-schema-error-size"] = "1";
    settings["performance-schema-max-memory-classes"] = "0";
    settings["performance-schema-max-thread-instances"] = "200";
    settings["disable-log-bin"] = options_.binlog ? "OFF" : "ON";
    settings["gtid-mode"] = options_.binlog ? "ON" : "OFF";
    settings["enforce-gtid-consistency"] = options_.binlog ? "ON" : "OFF";
  }
  if (options_.binlog) {
    settings["log-bin"] = "binlog";
    settings["server-id"] = "1";
    if (is_mariadb()) settings["binlog-format"] = "ROW";
  }
  if (!options_.tls.certificate.empty()) {
    settings["ssl-cert"] = folder_ + "/server.crt";
    settings["ssl-key"] = folder_ + "/server.key";
    if (!options_.tls.ca.empty()) settings["ssl-ca"] = folder_ + "/ca.crt";
  } else if (is_mariadb()) {
    settings["skip-ssl"] = "ON";
  } else {
    settings["tls-version"] = "";
  }
  for (const auto& [name, value] : options_.settings) settings[name] = value;
  std::vector<std::string> argv = MysqlBaseCommand(installed_, is_mariadb());
  for (const auto& [name, value] : settings) {
    // These options have no value; their presence disables a feature.
    const bool negation = name == "skip-log-bin" || name == "disable-log-bin" || name == "skip-ssl";
    if (negation && value == "OFF") continue;
    argv.push_back(negation ? "--" + name : absl::StrCat("--", name, "=", value));
  }
  return argv;
}

absl::Status MysqlServer::Launch() {
  const MysqlOptions::Tls& tls = options_.tls;
  for (const auto& [from, to] : {std::pair(tls.certificate, "/server.crt"),
                                 std::pair(tls.key, "/server.key"), std::pair(tls.ca, "/ca.crt")}) {
    if (!from.empty()) RETURN_IF_ERROR(CopyFile(from, folder_ + to, 0600));
  }
  RETURN_IF_ERROR(GiveToServer(folder_));
  RETURN_IF_ERROR(GiveToServer(socket_folder_));
  ASSIGN_OR_RETURN(std::vector<std::string> argv, Command());
  std::vector<std::string> scratch = {socket_, socket_ + ".lock"};
  if (!own_socket_folder_.empty()) {
    scratch.push_back(socket_folder_);
    scratch.push_back(own_socket_folder_);
  }
  ASSIGN_OR_RETURN(process_, ServerProcess::Start({.argv = std::move(argv),
                                                   .environment = MysqlEnvironment(),
                                                   .directory = data_,
                                                   .log = log_->path(),
                                                   .file_limit = options_.file_limit,
                                                   .scratch = std::move(scratch)}));
  return WaitUntilReady();
}

absl::Status MysqlServer::WaitUntilReady() {
  const Steady::time_point limit = Steady::now() + kStartLimit;
  while (!Answers(socket_)) {
    if (process_->Ended().has_value()) {
      return Explain(absl::InternalError("it ended while it started"));
    }
    if (Steady::now() > limit) return Explain(absl::DeadlineExceededError("it does not get ready"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return absl::OkStatus();
}

absl::Status MysqlServer::Explain(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat(name(), ": ", status.message(), "; its log:\n", log_->Tail(30)));
}

bool MysqlServer::running() const { return process_ != nullptr && !process_->Ended().has_value(); }

absl::Status MysqlServer::Stop() {
  if (!running()) return absl::OkStatus();
  process_->Signal(SIGTERM);
  const absl::StatusOr<ServerProcess::Exit> exit = process_->Wait(kStopLimit);
  if (!exit.ok()) return Explain(exit.status());
  if (exit->code != 0) {
    return Explain(absl::InternalError(
        absl::StrCat("it ended with code ", exit->code, ", signal ", exit->signal)));
  }
  return absl::OkStatus();
}

void MysqlServer::Kill() {
  if (process_ != nullptr) process_->Kill();
}

absl::Status MysqlServer::Restart() {
  RETURN_IF_ERROR(Stop());
  // A crash leaves the socket.
  unlink(socket_.c_str());
  unlink((socket_ + ".lock").c_str());
  return Launch();
}

}  // namespace siphon::testing
