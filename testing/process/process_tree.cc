// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/process_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

// Empty if the process has ended, even during the read (a stream would throw).
std::string Read(pid_t pid, std::string_view name) {
  const std::string path = absl::StrCat("/proc/", pid, "/", name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  close(fd);
  return got < 0 ? "" : text;
}

// State and start time, the 3rd and the 22nd field of stat (proc(5)).
struct Stat {
  char state = 0;
  std::string start;
};

std::optional<Stat> ReadStat(pid_t pid) {
  const std::string text = Read(pid, "stat");
  // The 2nd field, the name in parentheses, may contain any character.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string_view> fields =
      absl::StrSplit(std::string_view(text).substr(name_end + 2), ' ');
  if (fields.size() < 20 || fields[0].empty()) return std::nullopt;
  return Stat{.state = fields[0][0], .start = std::string(fields[19])};
}

bool Alive(pid_t pid, const std::string& start) {
  const std::optional<Stat> stat = ReadStat(pid);
  return stat.has_value() && stat->start == start && stat->state != 'Z' && stat->state != 'X';
}

std::string CommandLine(pid_t pid) {
  std::string text = Read(pid, "cmdline");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

int64_t PeakBytes(pid_t pid) {
  const std::string status = Read(pid, "status");
  for (std::string_view line : absl::StrSplit(status, '\n')) {
    if (!absl::ConsumePrefix(&line, "VmHWM:") || !absl::ConsumeSuffix(&line, " kB")) continue;
    int64_t kibibytes = 0;
    if (absl::SimpleAtoi(line, &kibibytes)) return kibibytes * 1024;
  }
  return 0;
}

// The children of all threads.
std::vector<pid_t> Children(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code gone;
  for (fs::directory_iterator task(absl::StrCat("/proc/", pid, "/task"), gone), end;
       !gone && task != end; task.increment(gone)) {
    pid_t thread = 0;
    if (!absl::SimpleAtoi(task->path().filename().string(), &thread)) continue;
    const std::string list = Read(pid, absl::StrCat("task/", thread, "/children"));
    for (const std::string_view word : absl::StrSplit(list, ' ', absl::SkipEmpty())) {
      pid_t child = 0;
      if (absl::SimpleAtoi(word, &child)) children.push_back(child);
    }
  }
  return children;
}

}  // namespace

ProcessTree::ProcessTree(pid_t root, std::chrono::microseconds interval) : root_(root) {
  Look();
  thread_ = std::thread([this, interval] { Watch(interval); });
}

ProcessTree::~ProcessTree() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  thread_.join();
}

void ProcessTree::Watch(std::chrono::microseconds interval) {
  while (true) {
    std::this_thread::sleep_for(interval);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) return;
    }
    Look();
  }
}

void ProcessTree::Look() {
  std::vector<pid_t> pids = {root_};
  for (size_t i = 0; i < pids.size(); ++i) {
    const std::vector<pid_t> children = Children(pids[i]);
    pids.insert(pids.end(), children.begin(), children.end());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  // Orphans have a new parent.
  for (const auto& [key, process] : seen_) {
    if (std::find(pids.begin(), pids.end(), key.first) == pids.end()) pids.push_back(key.first);
  }
  for (const pid_t pid : pids) {
    const std::optional<Stat> stat = ReadStat(pid);
    if (!stat.has_value()) continue;
    const Key key(pid, stat->start);
    const bool known = seen_.contains(key);
    if (!known && std::any_of(seen_.begin(), seen_.end(),
                              [&](const auto& other) { return other.first.first == pid; })) {
      continue;  // The number has been given to a stranger.
    }
    Seen& seen = seen_[key];
    seen.root = pid == root_;
    const std::string command_line = CommandLine(pid);
    if (!command_line.empty()) seen.command_lines.insert(command_line);
    seen.peak_bytes = std::max(seen.peak_bytes, PeakBytes(pid));
  }
}

std::vector<ProcessTree::Seen> ProcessTree::seen() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Seen> all;
  for (const auto& [key, process] : seen_) all.push_back(process);
  return all;
}

bool ProcessTree::Saw(std::string_view command) const {
  for (const Seen& process : seen()) {
    for (const std::string& line : process.command_lines) {
      if (absl::StartsWith(line, command)) return true;
    }
  }
  return false;
}

std::string ProcessTree::Describe(bool alive_only) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string text;
  for (const auto& [key, process] : seen_) {
    if (alive_only && !Alive(key.first, key.second)) continue;
    for (const std::string& line : process.command_lines) {
      absl::StrAppend(&text, text.empty() ? "" : "; ", key.first, ": ", line);
    }
  }
  return text;
}

absl::Status ProcessTree::WaitFor(std::string_view command, std::chrono::seconds limit) const {
  const Steady::time_point end = Steady::now() + limit;
  while (!Saw(command)) {
    if (Steady::now() > end) {
      return absl::DeadlineExceededError(
          absl::StrCat("no ", command, " was seen among ", Describe(false)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return absl::OkStatus();
}

absl::Status ProcessTree::WaitUntilGone(std::chrono::seconds limit) const {
  const Steady::time_point end = Steady::now() + limit;
  while (true) {
    const std::string alive = Describe(true);
    if (alive.empty()) return absl::OkStatus();
    if (Steady::now() > end) {
      return absl::DeadlineExceededError(absl::StrCat("still there: ", alive));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace siphon::testing
