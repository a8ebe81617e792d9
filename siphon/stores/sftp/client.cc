// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/client.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/printable.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kOp = "storage.sftp";
constexpr std::string_view kLimits = "limits@openssh.com";
// Every server takes that much in one kRead or kWrite (section 3 of the draft: packets of 34000
// bytes), and no answer of a larger one is longer than kMaxPacket.
constexpr uint64_t kSurePiece = 32768, kLargestPiece = 261'120;
static_assert(kLargestPiece + 1024 < kMaxPacket);
// The length of a server's message that is shown.
constexpr size_t kMaxMessage = 300;

std::string_view MeaningOf(uint32_t code) {
  switch (code) {
    case kEof:
      return "end of file";
    case kNoSuchFile:
      return "no such file";
    case kPermissionDenied:
      return "permission denied";
    case kFailure:
      return "failure";
    case kOpUnsupported:
      return "operation not supported";
    default:
      return "error";
  }
}

std::string_view AdviceFor(uint32_t code) {
  if (code == kPermissionDenied) return "check the rights of storage.user in storage.path";
  if (code == kNoSuchFile) return "check storage.path";
  // Version 3 has no codes for a full disk, a quota or a read-only file system.
  if (code == kFailure) return "the server gives no reason; check its free space, quota and log";
  return "see the log of the SFTP server";
}

}  // namespace

struct Client::Request {
  std::optional<Answer> answer;  // Guarded by Client::mutex_.
};

absl::Status ServerError(const Client& client, std::string_view what, const Answer& answer) {
  if (answer.type != PacketType::kStatus) {
    return ProtocolError(absl::StrCat("it answered ", what, " with the packet type ",
                                      static_cast<int>(answer.type)));
  }
  if (answer.code == kOk) {
    return ProtocolError(absl::StrCat("it answered ", what, " with success and no result"));
  }
  const std::string said = base::Printable(std::string_view(answer.bytes).substr(0, kMaxMessage));
  return errs::SystemError(
      kOp, errs::kIo,
      absl::StrCat(client.place(), ": ", what, ": ", MeaningOf(answer.code), " (status ",
                   answer.code, said.empty() ? "" : absl::StrCat(", \"", said, "\""), ")"),
      AdviceFor(answer.code));
}

absl::Status ExpectOk(const Client& client, std::string_view what,
                      const absl::StatusOr<Answer>& answer) {
  RETURN_IF_ERROR(answer.status());
  return answer->IsStatus(kOk) ? absl::OkStatus() : ServerError(client, what, *answer);
}

absl::StatusOr<std::shared_ptr<Client>> Client::Connect(const base::Context& context,
                                                        std::unique_ptr<Channel> channel,
                                                        std::string place,
                                                        const ClientTiming& timing) {
  std::shared_ptr<Client> client(new Client(std::move(channel), std::move(place), timing));
  RETURN_IF_ERROR(client->Begin(context));
  return client;
}

Client::~Client() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  channel_->Close();
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
}

absl::Status Client::Begin(const base::Context& context) {
  {
    const std::lock_guard lock(mutex_);
    heard_ = Steady::now();
    outgoing_.push_back(
        std::move(PacketBuilder::WithoutId(PacketType::kInit).Number(kVersion)).Take());
  }
  try {
    writer_ = std::thread([this] { WriteAll(); });
    reader_ = std::thread([this] { ReadAll(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "start a thread", error.code().value());
  }
  RETURN_IF_ERROR(AwaitUntil(context, timing_.connect, "did not let siphon in",
                             [this] { return said_.has_value(); }));
  server_ = *said_;
  max_read_ = max_write_ = kSurePiece;
  return server_.Has(kLimits, "1") ? AskForLimits(context) : absl::OkStatus();
}

absl::Status Client::AskForLimits(const base::Context& context) {
  PacketBuilder packet(PacketType::kExtended);
  packet.Text(kLimits);
  ASSIGN_OR_RETURN(const Answer answer, Ask(context, std::move(packet)));
  if (answer.type != PacketType::kExtendedReply) return absl::OkStatus();
  PacketParser parser(answer.bytes);
  parser.LongNumber();  // The largest packet; the next two numbers are smaller.
  const uint64_t read = parser.LongNumber(), write = parser.LongNumber();
  if (!parser.ok()) return ProtocolError("its limits are cut");
  // 0 is no limit that the server tells.
  max_read_ = static_cast<size_t>(std::clamp(read, kSurePiece, kLargestPiece));
  max_write_ = static_cast<size_t>(std::clamp(write, kSurePiece, kLargestPiece));
  return absl::OkStatus();
}

bool Client::alive() const {
  const std::lock_guard lock(mutex_);
  return broken_.ok();
}

Client::Ticket Client::Send(PacketBuilder packet) {
  auto ticket = std::make_shared<Request>();
  const std::lock_guard lock(mutex_);
  if (!broken_.ok()) return ticket;
  // After 2^32 requests the numbers begin again; those that still wait keep theirs.
  do ++last_id_;
  while (waiting_.contains(last_id_));
  packet.SetId(last_id_);
  waiting_[last_id_] = ticket;
  outgoing_.push_back(std::move(packet).Take());
  changed_.notify_all();
  return ticket;
}

absl::StatusOr<Answer> Client::Await(const base::Context& context, const Ticket& ticket) {
  RETURN_IF_ERROR(AwaitUntil(context, timing_.silence, "did not answer",
                             [&] { return ticket->answer.has_value(); }));
  const std::lock_guard lock(mutex_);
  return *std::move(ticket->answer);
}

absl::StatusOr<Answer> Client::Ask(const base::Context& context, PacketBuilder packet) {
  RETURN_IF_ERROR(context.Check());
  return Await(context, Send(std::move(packet)));
}

absl::Status Client::AwaitUntil(const base::Context& context, std::chrono::milliseconds patience,
                                std::string_view what, const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  const Steady::time_point begin = Steady::now();
  while (true) {
    RETURN_IF_ERROR(context.Check());
    if (done()) return absl::OkStatus();
    RETURN_IF_ERROR(broken_);
    const Steady::time_point silent = std::max(begin, heard_) + patience;
    if (Steady::now() >= silent) break;
    changed_.wait_until(lock, context.stop_token(),
                        std::min(silent, context.deadline().value_or(silent)),
                        [&] { return done() || !broken_.ok(); });
  }
  lock.unlock();
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
  const absl::Status late = errs::SystemError(
      kOp, errs::kConnectionFailed, absl::StrCat(place_, " ", what, " for ", seconds, " seconds"),
      "check that the program sftp reaches the host with the same settings");
  Break(late);
  return late;
}

void Client::Break(absl::Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (broken_.ok()) broken_ = std::move(status);
    outgoing_.clear();
    waiting_.clear();
    changed_.notify_all();
  }
  channel_->Close();
}

void Client::WriteAll() {
  while (true) {
    std::string packet;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !broken_.ok() || !outgoing_.empty(); });
      if (closing_ || !broken_.ok()) return;
      packet = std::move(outgoing_.front());
      outgoing_.pop_front();
    }
    // The thread that reads learns why.
    if (!channel_->in().Write(packet).ok()) return;
  }
}

void Client::ReadAll() {
  while (true) {
    absl::Status status = ReadOne();
    if (status.ok()) continue;
    Break(std::move(status));
    return;
  }
}

absl::Status Client::ReadOne() {
  char head[4];
  absl::StatusOr<size_t> count = base::ReadFull(channel_->out(), absl::MakeSpan(head));
  if (!count.ok() || *count < sizeof head) return channel_->Explain();
  const size_t size = PacketParser(std::string_view(head, sizeof head)).Number();
  if (size == 0 || size > kMaxPacket) {
    const std::lock_guard lock(mutex_);
    if (!said_.has_value()) return ProtocolError("its first packet is not its version");
    return ProtocolError(absl::StrCat("it sent a packet of ", size, " bytes"));
  }
  std::string body(size, '\0');
  count = base::ReadFull(channel_->out(), absl::MakeSpan(body));
  if (!count.ok() || *count < size) return channel_->Explain();

  std::unique_lock lock(mutex_);
  heard_ = Steady::now();
  if (!said_.has_value()) {
    lock.unlock();
    ASSIGN_OR_RETURN(ServerVersion version, ParseVersion(body));
    lock.lock();
    said_ = std::move(version);
  } else {
    lock.unlock();
    ASSIGN_OR_RETURN(Answer answer, ParseAnswer(body));
    lock.lock();
    const auto found = waiting_.find(answer.id);
    if (found == waiting_.end()) {
      // Break() took the requests away, or there was no such request.
      RETURN_IF_ERROR(broken_);
      return ProtocolError(
          absl::StrCat("it answered the request ", answer.id, ", which siphon did not make"));
    }
    found->second->answer = std::move(answer);
    waiting_.erase(found);
  }
  changed_.notify_all();
  return absl::OkStatus();
}

}  // namespace siphon::sftp
