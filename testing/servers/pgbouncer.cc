// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/pgbouncer.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartLimit{20};

}  // namespace

PgBouncer::PgBouncer(ReservedPort port, std::string folder)
    : port_(std::move(port)), folder_(std::move(folder)), log_("pgbouncer", folder_ + "/log") {}

PgBouncer::~PgBouncer() {
  if (process_ != nullptr) process_->Kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<PgBouncer>> PgBouncer::Start(const PostgresServer& server,
                                                            std::string_view pool_mode) {
  ASSIGN_OR_RETURN(const InstalledServer installed, FindServer("pgbouncer-1"));
  ASSIGN_OR_RETURN(ReservedPort port, ReservedPort::Make());
  std::string folder = absl::StrCat(fs::absolute(::testing::TempDir()).lexically_normal().string(),
                                    "/pgbouncer-", port.number());
  RETURN_IF_ERROR(base::CreateDirectories(folder, 0755));
  std::unique_ptr<PgBouncer> bouncer(new PgBouncer(std::move(port), std::move(folder)));
  const std::string configuration = bouncer->folder_ + "/pgbouncer.ini";
  std::ofstream(configuration) << "[databases]\n* = host=" << server.host()
                               << " port=" << server.port() << " user=" << server.superuser()
                               << " password='"
                               << absl::StrReplaceAll(server.password(), {{"'", "''"}})
                               << "'\n[pgbouncer]\n"
                               << "listen_addr = 127.0.0.1\nlisten_port = " << bouncer->port()
                               << "\nunix_socket_dir =\nauth_type = any\npool_mode = " << pool_mode
                               << "\n";
  RETURN_IF_ERROR(GiveToServer(bouncer->folder_));
  ASSIGN_OR_RETURN(bouncer->process_,
                   ServerProcess::Start({.argv = {installed.Program("pgbouncer"), configuration},
                                         .environment = {"PATH=/usr/bin:/bin"},
                                         .directory = bouncer->folder_,
                                         .log = bouncer->log_.path()}));
  for (const Steady::time_point limit = Steady::now() + kStartLimit;
       bouncer->log_.Tail(5).find("process up") == std::string::npos;) {
    if (bouncer->process_->Ended().has_value() || Steady::now() > limit) {
      return absl::InternalError(
          absl::StrCat("pgbouncer does not start; its log:\n", bouncer->log_.Tail(30)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return bouncer;
}

}  // namespace siphon::testing
