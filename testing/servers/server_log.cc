// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace siphon::testing {
namespace {

constexpr size_t kShownLines = 100;

// All server logs of the process. gtest calls it at the start and the end of each test.
class Logs : public ::testing::EmptyTestEventListener {
 public:
  static Logs& Get() {
    static Logs* const logs = [] {
      auto* made = new Logs;  // Belongs to gtest.
      ::testing::UnitTest::GetInstance()->listeners().Append(made);
      return made;
    }();
    return *logs;
  }

  void Add(ServerLog* log) {
    const std::lock_guard lock(mutex_);
    logs_.push_back(log);
  }
  void Remove(ServerLog* log) {
    const std::lock_guard lock(mutex_);
    std::erase(logs_, log);
  }

  void OnTestStart(const ::testing::TestInfo&) override {
    const std::lock_guard lock(mutex_);
    for (ServerLog* log : logs_) log->Mark();
  }
  void OnTestEnd(const ::testing::TestInfo& info) override {
    if (!info.result()->Failed()) return;
    const std::lock_guard lock(mutex_);
    for (const ServerLog* log : logs_) log->Print();
  }

 private:
  std::mutex mutex_;
  std::vector<ServerLog*> logs_;
};

}  // namespace

ServerLog::ServerLog(std::string name, std::string path)
    : name_(std::move(name)), path_(std::move(path)) {
  Logs::Get().Add(this);
}

ServerLog::~ServerLog() {
  Logs::Get().Remove(this);
  if (::testing::Test::HasFailure()) Print();
}

size_t ServerLog::Size() const {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path_, error);
  return error ? 0 : static_cast<size_t>(size);
}

std::string ServerLog::Tail(size_t lines, size_t offset) const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  size_t start = text.size();
  for (; start > 0; --start) {
    if (text[start - 1] == '\n' && start != text.size() && --lines == 0) break;
  }
  return text.substr(start);
}

void ServerLog::Print() const {
  std::cerr << "---- log of " << name_ << " (" << path_ << ")\n"
            << Tail(kShownLines, mark_) << "---- end of the log of " << name_ << std::endl;
}

}  // namespace siphon::testing
