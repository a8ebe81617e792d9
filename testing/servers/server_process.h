// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SERVER_PROCESS_H_
#define TESTING_SERVERS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::testing {

struct ServerCommand {
  std::vector<std::string> argv = {};         // argv[0] is the program's path.
  std::vector<std::string> environment = {};  // The whole of it, "NAME=value".
  std::string directory = {};                 // Working directory; empty: "/".
  std::string log = {};                       // What it prints is appended to this file.
  // The largest size of a file that it writes, in bytes (RLIMIT_FSIZE).
  std::optional<uint64_t> file_limit = {};
  // Files, then folders, that are removed if the test dies without cleaning up.
  std::vector<std::string> scratch = {};
  // For a server in a container: the program is the container's engine, which runs as the test's
  // user. Signals reach the server by `signaller` and "--signal=NUMBER"; `killer` ends it.
  bool in_container = false;
  std::vector<std::string> signaller = {};
  std::vector<std::string> killer = {};
};

// The user that a server becomes instead of root: nobody, nogroup.
inline constexpr uid_t kServerUser = 65534;
inline constexpr gid_t kServerGroup = 65534;

// A server, or a tool of a server, that runs for a test. It never runs as root. If the test does,
// the server runs as user 65534 of a user namespace that maps this user to the one of the test, so
// it can read and write the same files. It has its own process and IPC namespaces, so no process
// outlives the server or the test. If the kernel allows a root test no namespaces, the server runs
// as the real user 65534.
class ServerProcess {
 public:
  // How it ended.
  struct Exit {
    int code = 0;    // -1 when a signal ended it.
    int signal = 0;  // 0 when it exited by itself.
  };

  // Fails if the program cannot be started. Ended() and the log show what it does afterwards.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const ServerCommand& command);
  // Kills the server if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // The process id in the test's namespace; it differs from the one the server sees.
  pid_t pid() const { return pid_; }
  // Sends a signal; does nothing if the server has ended.
  void Signal(int signal);
  // How the server ended; nullopt while it runs.
  std::optional<Exit> Ended();
  // Waits for the end of the server; fails if it still runs after `limit`.
  absl::StatusOr<Exit> Wait(std::chrono::seconds limit);
  // Sends SIGKILL to the server and all its children at once; returns when all have ended.
  void Kill();

 private:
  ServerProcess(pid_t keeper, pid_t pid, base::FileDescriptor lifeline, ServerCommand command)
      : keeper_(keeper), pid_(pid), lifeline_(std::move(lifeline)), command_(std::move(command)) {}
  bool Reap(bool wait);

  pid_t keeper_;  // The test's child, which is the server's parent.
  pid_t pid_;
  base::FileDescriptor lifeline_;  // The keeper ends the server when this closes.
  ServerCommand command_;
  std::optional<Exit> exit_;
};

// Gives the file, or the folder with its content, to the user that a ServerProcess runs as, if it
// is not the user of the test.
absl::Status GiveToServer(const std::string& path);
// Gives it to the real user 65534 in any case.
absl::Status GiveToServerUser(const std::string& path);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_PROCESS_H_
