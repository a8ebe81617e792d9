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
  // No file that it writes may become longer (RLIMIT_FSIZE), in bytes.
  std::optional<uint64_t> file_limit = {};
  // Files, and behind them folders, that are removed when the test dies without cleaning up.
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

// A server, or a tool of one, that runs for a test. It never runs as root: for a test that does,
// it is the user 65534 of a user namespace in which that user is the test's own, so that it reads
// and writes what the test may. It has a process and an IPC namespace of its own, so that nothing
// of it outlives it or the test, however either ends. Where the kernel gives no namespaces to a
// test that runs as root, the server becomes the real user 65534.
class ServerProcess {
 public:
  // How it ended.
  struct Exit {
    int code = 0;    // -1 when a signal ended it.
    int signal = 0;  // 0 when it exited by itself.
  };

  // An error when the program cannot be run; what it does then shows in Ended() and the log.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const ServerCommand& command);
  // Kills it when it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // As the test sees it; the server itself may see another number.
  pid_t pid() const { return pid_; }
  // Sends a signal to it; nothing when it has ended.
  void Signal(int signal);
  // How it ended, or nothing while it runs.
  std::optional<Exit> Ended();
  // Waits for the end; an error when it still runs after `limit`.
  absl::StatusOr<Exit> Wait(std::chrono::seconds limit);
  // SIGKILL to it and all its children, at once; returns when all are gone.
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

// Gives the file or folder, with all that is in it, to the user that a ServerProcess runs as, where
// that is not the test's own.
absl::Status GiveToServer(const std::string& path);
// Gives it to the real user 65534, whatever user servers are here.
absl::Status GiveToServerUser(const std::string& path);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_PROCESS_H_
