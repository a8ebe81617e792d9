// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/tools.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/dialect.h"

namespace siphon::mysqlcommon {
namespace {

using Line = driver::ToolRun::Line;

constexpr std::string_view kOp = "mysql.tool";
constexpr std::string_view kPassedOn[] = {"HOME", "PATH", "TZ", "USER"};
// The most empty lines that are sent at once.
constexpr size_t kPadding = 4096;

constexpr driver::ToolFailure kFailures[] = {
    {"Can't connect", errs::kConnectionFailed, "the program cannot reach the server"},
    {"Lost connection", errs::kConnectionFailed, "the server or the network ended the connection"},
    {"server has gone away", errs::kConnectionFailed, "the server ended the connection"},
    {"TLS/SSL error", errs::kConnectionFailed, "the program needs other TLS settings"},
    {"SSL connection error", errs::kConnectionFailed, "the program needs other TLS settings"},
    {"Lock wait timeout", errs::kBusy, "try again when it is less busy"},
    {"Deadlock found", errs::kBusy, "try again when it is less busy"},
    {"Authentication plugin", errs::kConnectionFailed,
     "the account's authentication method is not allowed without verification: set sslrootcert to "
     "the authority's certificate"},
    {"denied", errs::kDatabase, "grant the missing right"},
    {"max_allowed_packet", errs::kDatabase, "raise max_allowed_packet at the server"},
    {"unknown option", errs::kDatabase,
     "the program is of another kind or too old; leave --tools"
     " system out"},
    {"unknown variable", errs::kDatabase,
     "the program is of another kind or too old; leave --tools"
     " system out"},
};

// A value for an option file, with quotes and escapes.
std::string OptionValue(std::string_view text) {
  return absl::StrCat(
      "\"",
      absl::StrReplaceAll(
          text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}}),
      "\"");
}

void AddCertificates(const Settings& settings, std::string& text) {
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&text, name, "=", OptionValue(value), "\n");
  };
  add("ssl-ca", settings.ca);
  if (settings.system_ca) add("ssl-capath", "/etc/ssl/certs");
  add("tls-version", settings.tls_versions.empty() ? "TLSv1.2,TLSv1.3" : settings.tls_versions);
  add("ssl-cert", settings.certificate);
  add("ssl-key", settings.key);
}

void AddMysqlTls(const Settings& settings, bool tls, std::string& text) {
  std::string_view mode = "DISABLED";
  if (tls) mode = VerifiesCertificate(settings) ? "VERIFY_CA" : "REQUIRED";
  if (tls && settings.tls == TlsMode::kVerifyFull) mode = "VERIFY_IDENTITY";
  absl::StrAppend(&text, "ssl-mode=", mode, "\n");
  if (tls) AddCertificates(settings, text);
}

void AddMariadbTls(const Settings& settings, bool tls, std::string& text) {
  if (!tls) {
    text += "skip-ssl\n";
    return;
  }
  absl::StrAppend(&text, "ssl\nssl-verify-server-cert=", VerifiesCertificate(settings) ? 1 : 0,
                  "\n");
  AddCertificates(settings, text);
}

// True if the connection proves who the server is.
bool IsVerified(const Settings& settings, bool tls) {
  return settings.socket.empty() ? tls && VerifiesCertificate(settings) : HasOwnSocket(settings);
}

// As for siphon's own connection: the password itself only for a verified server.
void AddPasswordRules(const Settings& settings, const Fork& fork, bool tls, std::string& text) {
  const bool verified = IsVerified(settings, tls);
  if (!fork.mariadb && !settings.public_key.empty()) {
    absl::StrAppend(&text, "server-public-key-path=", OptionValue(settings.public_key), "\n");
  }
  if (verified || settings.password_to_unverified) {
    if (!fork.mariadb) text += "get-server-public-key\n";
  } else if (fork.mariadb) {
    // The methods that send the password are plugins in files.
    text += "plugin-dir=/nonexistent\n";
  }
}

// MySQL's programs send the password through any TLS and any socket.
absl::Status CheckPassword(const Settings& settings, const Fork& fork, bool tls) {
  const bool sends = !fork.mariadb && (tls || !settings.socket.empty());
  const bool safe = !sends || IsVerified(settings, tls) || settings.password_to_unverified;
  if (safe || settings.password.empty()) return absl::OkStatus();
  if (!settings.socket.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           "every user of this machine could have made the server's socket, and "
                           "MySQL's programs may send the password to such a server",
                           "move the socket to a folder that not everybody may write to, or set "
                           "send_password to encrypted, or leave --tools system out");
  }
  return errs::UserError(kOp, errs::kInvalidArgument,
                         "the server's certificate is not verified, and MySQL's programs may send "
                         "the password to such a server",
                         "set sslrootcert to the authority's certificate, or send_password to "
                         "encrypted, or leave --tools system out");
}

absl::StatusOr<base::FileDescriptor> MemoryFile(std::string_view text) {
  // Without MFD_CLOEXEC: the program opens it by its number after exec().
  base::FileDescriptor file(memfd_create("siphon", 0));
  if (!file.valid()) return errs::ErrnoError(kOp, "cannot create a file in memory", errno);
  // The programs ignore option files that are writable by others.
  if (fchmod(file.get(), S_IRUSR) != 0) return errs::ErrnoError(kOp, "cannot set its mode", errno);
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errs::ErrnoError(kOp, "cannot write to memory", errno);
    text.remove_prefix(static_cast<size_t>(count));
  }
  return file;
}

Line ClassifyToolLine(std::string_view line) {
  if (absl::StrContains(line, "[Warning]") || absl::StrContains(line, "Warning: ")) {
    return Line::kWarning;
  }
  return Line::kDetail;
}

std::string ProgramName(Program program, const Fork& fork) {
  if (program == Program::kClient) return std::string(fork.client);
  return fork.mariadb ? "mariadb-dump" : "mysqldump";
}

}  // namespace

std::string OptionFile(const Settings& settings, const Fork& fork, bool tls) {
  std::string text = absl::StrCat("[client]\nuser=", OptionValue(settings.user),
                                  "\npassword=", OptionValue(settings.password), "\n");
  if (!settings.socket.empty()) {
    // A socket needs no TLS, but newer programs would require it.
    absl::StrAppend(&text, "protocol=SOCKET\nsocket=", OptionValue(settings.socket), "\n",
                    fork.mariadb ? "skip-ssl\n" : "ssl-mode=DISABLED\n");
  } else {
    absl::StrAppend(&text, "protocol=TCP\nhost=", OptionValue(settings.host),
                    "\nport=", settings.port, "\n");
    fork.mariadb ? AddMariadbTls(settings, tls, text) : AddMysqlTls(settings, tls, text);
  }
  AddPasswordRules(settings, fork, tls, text);
  return text;
}

absl::StatusOr<ToolCall> CallTool(const base::Context& context, Program program,
                                  const Session& session, const base::Environment& environment) {
  RETURN_IF_ERROR(CheckPassword(session.settings(), session.server_fork(), session.tls()));
  ToolCall call;
  // An old client works with a new server. An old dump program may miss a part of the content.
  const int minimal = program == Program::kDump ? session.version().major : 0;
  ASSIGN_OR_RETURN(call.options.tool,
                   driver::Toolbox::Pick(context, ProgramName(program, session.server_fork()),
                                         profile::Tools::kSystem, minimal, environment, {}));
  for (const std::string_view name : kPassedOn) {
    const std::optional<std::string> value = environment.Get(name);
    if (value.has_value()) call.options.environment[std::string(name)] = *value;
  }
  call.options.environment["LC_ALL"] = "C";
  call.options.classify = &ClassifyToolLine;
  call.options.dialect = sql::Dialect::kMysql;
  ASSIGN_OR_RETURN(call.option_file, MemoryFile(OptionFile(session.settings(),
                                                           session.server_fork(), session.tls())));
  call.options.inherit.push_back(call.option_file.get());
  call.options.arguments = {absl::StrCat("--defaults-file=/proc/self/fd/", call.option_file.get()),
                            "--default-character-set=utf8mb4", "--max-allowed-packet=1G"};
  return call;
}

absl::StatusOr<std::unique_ptr<ClientPipe>> ClientPipe::Start(
    const base::Context& context, const Session& session, const std::string& database,
    const base::Environment& environment) {
  ASSIGN_OR_RETURN(ToolCall call, CallTool(context, Program::kClient, session, environment));
  call.options.arguments.insert(call.options.arguments.end(),
                                {"--binary-mode", "--batch", "--", database});
  call.options.stage = "restore";
  call.options.in = driver::ToolRun::Stream::kPipe;
  ASSIGN_OR_RETURN(std::unique_ptr<driver::ToolRun> run,
                   driver::ToolRun::Start(context, std::move(call.options)));
  return std::unique_ptr<ClientPipe>(new ClientPipe(std::move(call.option_file), std::move(run)));
}

absl::Status ClientPipe::Why(const absl::Status& status) {
  if (status.ok()) return status;
  run_->CloseIn();
  RETURN_IF_ERROR(ExplainToolFailure(run_->Wait()));
  return status;
}

absl::Status ClientPipe::Send(std::string_view sql, uint64_t line) {
  while (line_ < line) {
    const uint64_t count = std::min<uint64_t>(line - line_, kPadding);
    RETURN_IF_ERROR(Why(run_->in().Write(std::string(count, '\n'))));
    line_ += count;
  }
  line_ += static_cast<uint64_t>(std::count(sql.begin(), sql.end(), '\n'));
  RETURN_IF_ERROR(Why(run_->in().Write(sql)));
  return Why(run_->in().Write(";"));
}

absl::Status ClientPipe::Finish() {
  // The client runs the last statement at the end of its line.
  RETURN_IF_ERROR(Why(run_->in().Write("\n")));
  run_->CloseIn();
  return ExplainToolFailure(run_->Wait());
}

absl::Status ExplainToolFailure(const absl::Status& status) {
  return driver::ExplainToolFailure(status, kFailures);
}

}  // namespace siphon::mysqlcommon
