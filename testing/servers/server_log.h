// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SERVER_LOG_H_
#define TESTING_SERVERS_SERVER_LOG_H_

#include <cstddef>
#include <string>

namespace siphon::testing {

// The log of a server. If a test fails, the part written during that test is printed: at the end of
// the test, or earlier if this object is destroyed.
class ServerLog {
 public:
  ServerLog(std::string name, std::string path);
  ~ServerLog();
  ServerLog(const ServerLog&) = delete;
  ServerLog& operator=(const ServerLog&) = delete;

  const std::string& path() const { return path_; }
  // The last `lines` lines after `offset` (in bytes); empty if there is no log yet.
  std::string Tail(size_t lines, size_t offset = 0) const;
  size_t Size() const;

  // For the test listener: marks the start of a test, and prints what was logged since to stderr.
  void Mark() { mark_ = Size(); }
  void Print() const;

 private:
  std::string name_;
  std::string path_;
  size_t mark_ = 0;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_LOG_H_
