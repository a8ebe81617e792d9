// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_TESTING_H_
#define SIPHON_STORES_SFTP_TESTING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/packets.h"

// What the tests of this folder share.
namespace siphon::sftp {

struct Lies {
  // Returns what the client gets instead of an answer (a packet without its length) to a request of
  // this type.
  std::function<std::string(PacketType request, std::string answer)> change =
      [](PacketType, std::string answer) { return answer; };
  // Called with each request, without its length, before it is sent.
  std::function<void(PacketType request, std::string_view body)> seen = [](PacketType,
                                                                           std::string_view) {};
};

// The connection to a real server whose answers are changed.
class LyingChannel : public Channel, public base::Writer, public base::Reader {
 public:
  LyingChannel(std::unique_ptr<Channel> real, Lies lies)
      : real_(std::move(real)), lies_(std::move(lies)) {}

  base::Writer& in() override { return *this; }
  base::Reader& out() override { return *this; }
  void Close() override { real_->Close(); }
  absl::Status Explain() override { return real_->Explain(); }

  // The client writes whole packets.
  absl::Status Write(std::string_view packet) override {
    PacketParser parser(packet.substr(4));
    const auto type = static_cast<PacketType>(parser.Byte());
    const uint32_t id = parser.Number();
    lies_.seen(type, packet.substr(4));
    {
      const std::lock_guard lock(mutex_);
      if (type != PacketType::kInit) types_[id] = type;
    }
    return real_->in().Write(packet);
  }
  absl::Status Finish() override { return real_->in().Finish(); }

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (rest_.empty()) RETURN_IF_ERROR(ReadPacket());
    const size_t count = std::min(out.size(), rest_.size());
    rest_.copy(out.data(), count);
    rest_.erase(0, count);
    return count;
  }

 private:
  // Leaves nothing at the end.
  absl::Status ReadPacket() {
    std::string head(4, '\0');
    ASSIGN_OR_RETURN(size_t count, base::ReadFull(real_->out(), absl::MakeSpan(head)));
    if (count < head.size()) return absl::OkStatus();
    std::string body(PacketParser(head).Number(), '\0');
    ASSIGN_OR_RETURN(count, base::ReadFull(real_->out(), absl::MakeSpan(body)));
    PacketParser parser(body);
    if (static_cast<PacketType>(parser.Byte()) != PacketType::kVersion) {
      const uint32_t id = parser.Number();
      std::unique_lock lock(mutex_);
      const PacketType request = types_[id];
      types_.erase(id);
      lock.unlock();
      body = lies_.change(request, std::move(body));
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
      rest_ += static_cast<char>(body.size() >> shift & 0xFF);
    }
    rest_ += body;
    return absl::OkStatus();
  }

  const std::unique_ptr<Channel> real_;
  const Lies lies_;
  std::mutex mutex_;
  std::map<uint32_t, PacketType> types_;  // Of requests without an answer; guarded by mutex_.
  std::string rest_;
};

// The number of an answer, and a status in its place.
inline uint32_t IdOf(std::string_view answer) {
  PacketParser parser(answer);
  parser.Byte();
  return parser.Number();
}
inline std::string StatusInstead(std::string_view answer, uint32_t code, std::string_view text) {
  return std::move(
             PacketBuilder(PacketType::kStatus, IdOf(answer)).Number(code).Text(text).Text(""))
      .Take()
      .substr(4);
}

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_TESTING_H_
