// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SERVER_LOG_H_
#define TESTING_SERVERS_SERVER_LOG_H_

#include <cstddef>
#include <string>

namespace siphon::testing {

// A server's log, whose part that was written during a test is printed when the test fails: at the
// test's end, or when this is destroyed within it.
class ServerLog {
 public:
  ServerLog(std::string name, std::string path);
  ~ServerLog();
  ServerLog(const ServerLog&) = delete;
  ServerLog& operator=(const ServerLog&) = delete;

  const std::string& path() const { return path_; }
  // The last `lines` lines from `offset` (in bytes) on; empty when there is no log yet.
  std::string Tail(size_t lines, size_t offset = 0) const;
  size_t Size() const;

  // For the listener: where the present test begins, and its part on stderr.
  void Mark() { mark_ = Size(); }
  void Print() const;

 private:
  std::string name_;
  std::string path_;
  size_t mark_ = 0;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_LOG_H_
