// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres.h"

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

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/servers/postgres_template.h"
#include "testing/servers/server_template.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

// Crash recovery on a busy machine takes some seconds.
constexpr std::chrono::seconds kStartLimit{120};
constexpr std::chrono::seconds kStopLimit{60};

absl::Status Failed(std::string_view what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(error)));
}

// The longest path of a socket, without the terminating zero.
constexpr size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;

// Sends an SSLRequest (PostgreSQL's protocol); true if the server answers it.
bool Answers(const std::string& socket_path) {
  base::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), kLongestSocketPath);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return false;
  constexpr char kRequest[8] = {0, 0, 0, 8, 0x04, '\xd2', 0x16, 0x2f};
  char answer = 0;
  return send(fd.get(), kRequest, sizeof(kRequest), MSG_NOSIGNAL) == sizeof(kRequest) &&
         recv(fd.get(), &answer, 1, 0) == 1 && (answer == 'S' || answer == 'N');
}

// The lines of postmaster.pid; the eighth is the state of the server ("ready   ").
constexpr size_t kStateLine = 7;
std::vector<std::string> PidFile(const std::string& data) {
  const absl::StatusOr<std::string> text = base::ReadFile(data + "/postmaster.pid", 65536);
  if (!text.ok()) return {};
  return absl::StrSplit(*text, '\n');
}

// Removes the state from the pid file of a crashed server, so that it is not taken for the state of
// the next one.
absl::Status ForgetState(const std::string& data) {
  std::vector<std::string> lines = PidFile(data);
  if (lines.size() <= kStateLine) return absl::OkStatus();
  lines.resize(kStateLine);
  return base::WriteFileAtomically(data + "/postmaster.pid",
                                   absl::StrCat(absl::StrJoin(lines, "\n"), "\n"), 0600);
}

absl::Status CopyFile(const std::string& from, const std::string& to, mode_t mode) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(from, size_t{1} << 20));
  return base::WriteFileAtomically(to, text, mode);
}

std::string Setting(std::string_view name, std::string_view value) {
  return absl::StrCat(name, " = ", QuoteText(value), "\n");
}

}  // namespace

std::vector<int> AllPostgresVersions() { return {14, 15, 16, 17, kNewestPostgres}; }

std::string QuoteName(std::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string QuoteText(std::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

PostgresServer::PostgresServer(PostgresOptions options, ReservedPort port)
    : options_(std::move(options)), port_(std::move(port)) {}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(PostgresOptions options) {
  ASSIGN_OR_RETURN(const ServerRunner runner, ThisServerRunner());
  ASSIGN_OR_RETURN(InstalledServer installed,
                   FindServer(absl::StrCat("postgresql-", options.version)));
  ASSIGN_OR_RETURN(ReservedPort port, ReservedPort::Make());
  std::unique_ptr<PostgresServer> server(new PostgresServer(std::move(options), std::move(port)));
  server->installed_ = std::move(installed);
  server->runner_ = runner;
  RETURN_IF_ERROR(server->MakeFolder());
  RETURN_IF_ERROR(server->WriteConfiguration());
  RETURN_IF_ERROR(server->Launch());
  return server;
}

PostgresServer::~PostgresServer() {
  if (process_ != nullptr) process_->Kill();
  log_.reset();
  std::error_code ignored;
  if (own_socket_directory_) fs::remove_all(socket_directory_, ignored);
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

absl::Status PostgresServer::MakeFolder() {
  static int counter = 0;
  const fs::path parent = options_.parent.empty() ? ::testing::TempDir() : options_.parent;
  folder_ = (fs::absolute(parent) / absl::StrCat("postgres-", options_.version, "-", ++counter))
                .lexically_normal()
                .string();
  data_ = folder_ + "/data";
  log_ =
      std::make_unique<ServerLog>(absl::StrCat("PostgreSQL ", options_.version), folder_ + "/log");
  RETURN_IF_ERROR(base::CreateDirectories(folder_, 0755));
  RETURN_IF_ERROR(options_.primary != nullptr ? CopyPrimary() : CopyTemplate());
  socket_directory_ = options_.socket_directory;
  if (!socket_directory_.empty()) return absl::OkStatus();
  char name[] = "/tmp/siphon-pg-XXXXXX";  // Short, as the test's own folder is not.
  if (mkdtemp(name) == nullptr) return Failed("mkdtemp", errno);
  socket_directory_ = name;
  own_socket_directory_ = true;
  return absl::OkStatus();
}

absl::Status PostgresServer::CopyTemplate() {
  return CopyServerTemplate(
      absl::StrCat("postgresql-", version()), password(),
      [this](const std::string& folder) {
        return InitializePostgres(installed_, version(), password(), folder);
      },
      data_);
}

absl::Status PostgresServer::CopyPrimary() {
  PostgresServer& primary = *options_.primary;
  RETURN_IF_ERROR(primary.Stop());
  std::error_code error;
  fs::copy(primary.data_, data_, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
           error);
  if (error) return absl::InternalError(absl::StrCat("cannot copy a primary: ", error.message()));
  RETURN_IF_ERROR(base::WriteFileAtomically(data_ + "/standby.signal", "", 0600));
  // A backslash is an escape in postgresql.conf, too.
  options_.settings["primary_conninfo"] =
      absl::StrReplaceAll(primary.Conninfo("replication"), {{"\\", "\\\\"}});
  return primary.Restart();
}

absl::Status PostgresServer::WriteConfiguration() {
  if (socket_path().size() > kLongestSocketPath) {
    return absl::InvalidArgumentError(absl::StrCat("the path of a socket has at most ",
                                                   kLongestSocketPath, " bytes: ", socket_path()));
  }
  std::map<std::string, std::string> settings = {
      {"listen_addresses", host_},
      {"port", absl::StrCat(port())},
      {"unix_socket_directories", socket_directory_},
      {"wal_level", options_.wal_level},
      {"max_wal_senders", options_.wal_level == "minimal" ? "0" : "10"},
      {"max_connections", absl::StrCat(options_.max_connections)},
      {"shared_buffers", "32MB"},
      // In the data folder, so that a crash leaves no files elsewhere.
      {"dynamic_shared_memory_type", "mmap"},
      {"fsync", "off"},
      {"password_encryption", "scram-sha-256"},
      {"log_line_prefix", "%m [%p] %a %u@%d "},
  };
  const PostgresOptions::Tls& tls = options_.tls;
  if (!tls.certificate.empty()) {
    settings["ssl"] = "on";
    // The server refuses a key that other users can read.
    for (const auto& [from, name, setting] :
         {std::tuple(tls.certificate, "server.crt", "ssl_cert_file"),
          std::tuple(tls.key, "server.key", "ssl_key_file"),
          std::tuple(tls.ca, "ca.crt", "ssl_ca_file"),
          std::tuple(tls.crl, "ca.crl", "ssl_crl_file")}) {
      if (from.empty()) continue;
      RETURN_IF_ERROR(CopyFile(from, absl::StrCat(data_, "/", name), 0600));
      settings[setting] = name;
    }
  }
  for (const auto& [name, value] : options_.settings) settings[name] = value;
  std::string text;
  for (const auto& [name, value] : settings) text += Setting(name, value);
  RETURN_IF_ERROR(base::WriteFileAtomically(data_ + "/postgresql.conf", text, 0600));

  std::string hba = absl::StrJoin(options_.hba, "\n");
  for (const std::string_view from : {"local %s all", "host %s all 127.0.0.1/32"}) {
    for (const std::string_view database : {"all", "replication"}) {
      absl::StrAppend(&hba, "\n", absl::StrReplaceAll(from, {{"%s", database}}), " scram-sha-256");
    }
  }
  return base::WriteFileAtomically(data_ + "/pg_hba.conf", hba + "\n", 0600);
}

absl::Status PostgresServer::Configure(const std::map<std::string, std::string>& settings) {
  ASSIGN_OR_RETURN(std::string text, base::ReadFile(data_ + "/postgresql.conf", 65536));
  for (const auto& [name, value] : settings) text += Setting(name, value);
  RETURN_IF_ERROR(base::WriteFileAtomically(data_ + "/postgresql.conf", text, 0600));
  return Give(data_);
}

std::string PostgresServer::socket_path() const {
  return absl::StrCat(socket_directory_, "/.s.PGSQL.", port());
}

std::string PostgresServer::Conninfo(std::string_view database) const {
  const auto quoted = [](std::string_view text) {
    return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
  };
  return absl::StrCat("host=", host_, " port=", port(), " user=", superuser_,
                      " password=", quoted(password()), " dbname=", quoted(database));
}

absl::Status PostgresServer::Launch() {
  RETURN_IF_ERROR(Give(folder_));
  RETURN_IF_ERROR(Give(socket_directory_));
  std::vector<std::string> scratch = {socket_path(), socket_path() + ".lock"};
  if (own_socket_directory_) scratch.push_back(socket_directory_);
  ServerCommand command{.argv = {installed_.Program("postgres"), "-D", data_},
                        .environment = PostgresEnvironment(),
                        .directory = data_,
                        .log = log_->path(),
                        .file_limit = options_.file_limit,
                        .scratch = std::move(scratch)};
  if (runner_ != ServerRunner::kLocal) {
    ASSIGN_OR_RETURN(
        command, InContainer(runner_, absl::StrCat("postgresql-", version()), installed_.version,
                             {folder_, socket_directory_}, command));
  }
  ASSIGN_OR_RETURN(process_, ServerProcess::Start(command));
  return WaitUntilReady();
}

absl::Status PostgresServer::Give(const std::string& path) const {
  return runner_ == ServerRunner::kLocal ? GiveToServer(path) : GiveToContainer(path);
}

absl::Status PostgresServer::WaitUntilReady() {
  const Steady::time_point limit = Steady::now() + kStartLimit;
  while (true) {
    const std::vector<std::string> lines = PidFile(data_);
    if (lines.size() > kStateLine &&
        (absl::StartsWith(lines[kStateLine], "ready") ||
         absl::StartsWith(lines[kStateLine], "standby")) &&
        Answers(socket_path())) {
      return absl::OkStatus();
    }
    if (process_->Ended().has_value()) {
      return Explain(absl::InternalError("it ended while it started"));
    }
    if (Steady::now() > limit) return Explain(absl::DeadlineExceededError("it does not get ready"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

absl::Status PostgresServer::Explain(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat("PostgreSQL ", version(), ": ", status.message(),
                                                  "; its log:\n", log_->Tail(30)));
}

bool PostgresServer::running() const {
  return process_ != nullptr && !process_->Ended().has_value();
}

absl::Status PostgresServer::Stop(StopMode mode) {
  if (!running()) return absl::OkStatus();
  process_->Signal(mode == StopMode::kSmart ? SIGTERM : mode == StopMode::kFast ? SIGINT : SIGQUIT);
  const absl::StatusOr<ServerProcess::Exit> exit = process_->Wait(kStopLimit);
  if (!exit.ok()) return Explain(exit.status());
  if (exit->code != 0 && mode != StopMode::kImmediate) {
    return Explain(absl::InternalError(
        absl::StrCat("it ended with code ", exit->code, ", signal ", exit->signal)));
  }
  return absl::OkStatus();
}

void PostgresServer::Kill() {
  if (process_ != nullptr) process_->Kill();
}

absl::Status PostgresServer::Restart() {
  RETURN_IF_ERROR(Stop());
  RETURN_IF_ERROR(ForgetState(data_));
  return Launch();
}

absl::Status PostgresServer::Reload() {
  // Requested by SQL, so that the result arrives after the signal was sent.
  RETURN_IF_ERROR(RunSql("SELECT pg_reload_conf()"));
  // New sessions have the new settings after the server has read them.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return absl::OkStatus();
}

}  // namespace siphon::testing
