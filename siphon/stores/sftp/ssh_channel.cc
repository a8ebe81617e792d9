// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/ssh_channel.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/child_process.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/ssh_command.h"

namespace siphon::sftp {
namespace {

constexpr std::string_view kOp = "storage.sftp";
// How much of the program's messages is kept.
constexpr size_t kKept = 4096;
// The time from the end of the program's output to its own end.
constexpr std::chrono::seconds kGrace{2};

class SshChannel : public Channel {
 public:
  explicit SshChannel(std::string place) : place_(std::move(place)) {}
  ~SshChannel() override {
    Close();
    if (messages_.joinable()) messages_.join();
  }

  absl::Status Start(std::vector<std::string> argv, std::vector<std::string> environment);

  base::Writer& in() override { return child_->in(); }
  base::Reader& out() override { return child_->out(); }
  void Close() override { stop_.request_stop(); }
  absl::Status Explain() override;

 private:
  // Waits for the end of the program, which has closed its output; ends it after a while. Returns
  // how it ended.
  std::string AwaitEnd();
  // The work of the thread that reads the program's messages.
  void Listen();

  const std::string place_;
  std::stop_source stop_;  // Ends the program.
  std::unique_ptr<base::ChildProcess> child_;
  std::thread messages_;
  std::mutex mutex_;
  std::string printed_;  // Guarded by mutex_.
};

absl::Status SshChannel::Start(std::vector<std::string> argv,
                               std::vector<std::string> environment) {
  using Stream = base::ChildProcess::Stream;
  base::ChildProcess::Options options;
  options.argv = std::move(argv);
  options.environment = std::move(environment);
  options.in = options.out = options.err = Stream::kPipe;
  absl::StatusOr<std::unique_ptr<base::ChildProcess>> child =
      base::ChildProcess::Start(base::Context(stop_.get_token(), nullptr), std::move(options));
  if (errs::Is(child.status(), errs::kNotFound)) {
    return errs::WithHint(child.status(),
                          "a store of the type sftp needs OpenSSH's client: install the package "
                          "openssh-client (or openssh), or name the folder of ssh in PATH");
  }
  RETURN_IF_ERROR(child.status());
  child_ = *std::move(child);
  try {
    messages_ = std::thread([this] { Listen(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "start a thread", error.code().value());
  }
  return absl::OkStatus();
}

void SshChannel::Listen() {
  std::array<char, 1024> buffer;
  while (true) {
    const absl::StatusOr<size_t> count = child_->err().Read(absl::MakeSpan(buffer));
    if (!count.ok() || *count == 0) return;
    const std::lock_guard lock(mutex_);
    printed_.append(buffer.data(), *count);
    if (printed_.size() > kKept) printed_.erase(0, printed_.size() - kKept);
  }
}

std::string SshChannel::AwaitEnd() {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  const bool closed = stop_.stop_requested();
  std::thread killer;
  try {
    killer = std::thread([&] {
      std::unique_lock lock(mutex);
      if (!changed.wait_for(lock, kGrace, [&] { return ended; })) stop_.request_stop();
    });
  } catch (const std::system_error&) {
    stop_.request_stop();
  }
  const absl::StatusOr<base::ChildProcess::Outcome> outcome = child_->Wait();
  {
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }
  if (killer.joinable()) killer.join();
  if (closed) return "siphon ended the connection";
  if (!outcome.ok()) return "ssh closed the connection and did not end";
  if (outcome->signal != 0) return absl::StrCat("ssh was ended by signal ", outcome->signal);
  return absl::StrCat("ssh ended with exit code ", outcome->code);
}

absl::Status SshChannel::Explain() {
  const std::string end = AwaitEnd();
  // The messages end with the program.
  if (messages_.joinable()) messages_.join();
  const std::lock_guard lock(mutex_);
  const std::string words = LastWords(printed_);
  return errs::SystemError(kOp, errs::kConnectionFailed,
                           absl::StrCat(place_, ": ", words.empty() ? end : words),
                           HintFor(printed_));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> StartSsh(std::vector<std::string> argv,
                                                  std::vector<std::string> environment,
                                                  std::string place) {
  auto channel = std::make_unique<SshChannel>(std::move(place));
  RETURN_IF_ERROR(channel->Start(std::move(argv), std::move(environment)));
  return channel;
}

}  // namespace siphon::sftp
