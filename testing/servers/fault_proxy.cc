// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/fault_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;
using base::FileDescriptor;

// The most bytes that a direction buffers: as many as a slow network has in transit.
constexpr size_t kMostHeld = size_t{4} << 20;
constexpr size_t kPiece = 16384;

struct Faults {
  std::chrono::milliseconds latency{0};
  int64_t bytes_per_second = 0;
  std::array<std::optional<int64_t>, 2> reset_after;
  bool black_hole = false;
  bool refuse_new = false;
  std::string old_text, new_text;
};

// Bytes on their way from one socket to the other.
class Flow {
 public:
  bool WantsToRead() const { return !ended_ && held_ < kMostHeld; }
  // Nothing more will come and all has been passed on.
  bool done() const { return shut_; }
  int64_t passed() const { return passed_; }

  // False when the connection is broken.
  bool Read(int from, const Faults& faults, bool to_client, Steady::time_point now) {
    const bool rewrites = to_client && !faults.old_text.empty();
    std::array<char, kPiece> buffer;
    const ssize_t got = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) {
      ended_ = true;
      return true;
    }
    const size_t size = static_cast<size_t>(got);
    pieces_.push_back({now + faults.latency, std::string(buffer.data(), size)});
    if (rewrites) absl::StrReplaceAll({{faults.old_text, faults.new_text}}, &pieces_.back().bytes);
    held_ += size;
    return true;
  }

  // The moment from which on there is something to pass on; nothing when there is nothing.
  std::optional<Steady::time_point> Due() const {
    if (shut_) return std::nullopt;
    if (pieces_.empty()) return ended_ ? std::optional(Steady::time_point::min()) : std::nullopt;
    return std::max(pieces_.front().due, free_again_);
  }

  // Passes on what is due; false when the connection is broken. Leaves the rest when `to` is full.
  bool Write(int to, const Faults& faults, std::optional<int64_t> limit, Steady::time_point now) {
    while (!pieces_.empty() && *Due() <= now) {
      Piece& piece = pieces_.front();
      size_t size = piece.bytes.size();
      if (faults.bytes_per_second > 0) {
        size =
            std::min(size, std::max<size_t>(1, static_cast<size_t>(faults.bytes_per_second) / 50));
      }
      if (limit.has_value()) size = std::min(size, static_cast<size_t>(*limit - passed_));
      const ssize_t sent =
          size == 0 ? 0 : send(to, piece.bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      passed_ += sent;
      held_ -= static_cast<size_t>(sent);
      piece.bytes.erase(0, static_cast<size_t>(sent));
      if (piece.bytes.empty()) pieces_.pop_front();
      if (limit.has_value() && passed_ >= *limit) return true;
      if (faults.bytes_per_second > 0) {
        free_again_ = std::max(now, free_again_) +
                      std::chrono::nanoseconds(sent * 1'000'000'000 / faults.bytes_per_second);
      }
    }
    if (pieces_.empty() && ended_ && !shut_) {
      shutdown(to, SHUT_WR);
      shut_ = true;
    }
    return true;
  }

 private:
  struct Piece {
    Steady::time_point due;
    std::string bytes;
  };
  std::deque<Piece> pieces_;
  size_t held_ = 0;
  int64_t passed_ = 0;
  Steady::time_point free_again_;  // The bandwidth is used up until then.
  bool ended_ = false;             // The sender has said its last.
  bool shut_ = false;              // And the receiver knows.
};

struct Connection {
  // By direction: where its bytes come from.
  std::array<FileDescriptor, 2> from;
  std::array<Flow, 2> flows;

  int To(size_t direction) const { return from[1 - direction].get(); }
  bool Done() const { return flows[0].done() && flows[1].done(); }
};

// Closes a connection's ends so that both sides see a reset.
void Reset(Connection& connection) {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  for (FileDescriptor& fd : connection.from) {
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    fd.Reset();
  }
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

absl::Status Failed(std::string_view what) {
  return absl::InternalError(absl::StrCat("fault proxy: ", what, ": ", std::strerror(errno)));
}

}  // namespace

struct FaultProxy::State {
  FileDescriptor listener, wake;
  int port = 0;
  int server_port = 0;

  std::mutex mutex;  // For the three below.
  Faults faults;
  bool cut = false;
  bool stop = false;

  std::atomic<int> accepted{0}, open{0};
  std::array<std::atomic<int64_t>, 2> passed{};

  std::thread thread;
  std::list<Connection> connections;  // The thread's own.

  // Changes what the thread does.
  template <typename Change>
  void Tell(Change change) {
    {
      const std::lock_guard lock(mutex);
      change();
    }
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake.get(), &one, sizeof(one));
  }

  void Run();
  void Accept(const Faults& faults);
  void Wait(const Faults& faults);
  // False when the connection is to be reset.
  bool Serve(Connection& connection, const Faults& faults);
};

void FaultProxy::State::Accept(const Faults& faults) {
  while (true) {
    FileDescriptor client(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) return;
    ++accepted;
    Connection connection;
    connection.from[0] = std::move(client);
    connection.from[1] = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Loopback(server_port);
    const int on = 1;
    for (FileDescriptor& fd : connection.from) {
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    // On the loopback this takes no time: there is a listener or there is none.
    if (faults.refuse_new ||
        connect(connection.from[1].get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
      Reset(connection);
      continue;
    }
    ++open;
    connections.push_back(std::move(connection));
  }
}

bool FaultProxy::State::Serve(Connection& connection, const Faults& faults) {
  const Steady::time_point now = Steady::now();
  for (size_t direction = 0; direction < 2; ++direction) {
    Flow& flow = connection.flows[direction];
    const std::optional<int64_t> limit = faults.reset_after[direction];
    const int64_t before = flow.passed();
    bool good = true;
    if (flow.WantsToRead())
      good = flow.Read(connection.from[direction].get(), faults, direction == 1, now);
    if (good && limit.has_value() && before >= *limit) return false;
    good = good && flow.Write(connection.To(direction), faults, limit, now);
    passed[direction] += flow.passed() - before;
    if (!good || (limit.has_value() && flow.passed() >= *limit)) return false;
  }
  return true;
}

// Waits for a call, for bytes, or for those on their way to arrive.
void FaultProxy::State::Wait(const Faults& faults) {
  std::vector<pollfd> waiting = {{wake.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
  Steady::time_point next = Steady::time_point::max();
  const Steady::time_point now = Steady::now();
  for (const Connection& connection : connections) {
    if (faults.black_hole) break;
    for (size_t direction = 0; direction < 2; ++direction) {
      const Flow& flow = connection.flows[direction];
      if (flow.WantsToRead()) waiting.push_back({connection.from[direction].get(), POLLIN, 0});
      const std::optional<Steady::time_point> due = flow.Due();
      if (!due.has_value()) continue;
      if (*due <= now) {
        waiting.push_back({connection.To(direction), POLLOUT, 0});
      } else {
        next = std::min(next, *due);
      }
    }
  }
  timespec timeout{};
  if (next != Steady::time_point::max()) {
    const auto left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(next - now));
    timeout = {.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
               .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
  }
  ppoll(waiting.data(), waiting.size(), next == Steady::time_point::max() ? nullptr : &timeout,
        nullptr);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake.get(), &count, sizeof(count));
}

void FaultProxy::State::Run() {
  while (true) {
    Faults now;
    bool cut_now = false;
    {
      const std::lock_guard lock(mutex);
      if (stop) break;
      now = faults;
      cut_now = std::exchange(cut, false);
    }
    if (cut_now) {
      for (Connection& connection : connections) Reset(connection);
      open -= static_cast<int>(connections.size());
      connections.clear();
    }
    Accept(now);
    for (auto it = connections.begin(); !now.black_hole && it != connections.end();) {
      const bool good = Serve(*it, now);
      if (!good) Reset(*it);
      if (good && !it->Done()) {
        ++it;
        continue;
      }
      it = connections.erase(it);
      --open;
    }
    Wait(now);
  }
  for (Connection& connection : connections) Reset(connection);
}

absl::StatusOr<std::unique_ptr<FaultProxy>> FaultProxy::Start(int server_port) {
  auto state = std::make_unique<State>();
  state->server_port = server_port;
  state->listener = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (!state->listener.valid() ||
      bind(state->listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(state->listener.get(), 64) != 0 ||
      getsockname(state->listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Failed("cannot listen");
  }
  state->port = ntohs(address.sin_port);
  state->wake = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake.valid()) return Failed("eventfd");
  state->thread = std::thread([raw = state.get()] { raw->Run(); });
  return std::unique_ptr<FaultProxy>(new FaultProxy(std::move(state)));
}

FaultProxy::FaultProxy(std::unique_ptr<State> state) : state_(std::move(state)) {}

FaultProxy::~FaultProxy() {
  state_->Tell([this] { state_->stop = true; });
  state_->thread.join();
}

int FaultProxy::port() const { return state_->port; }

void FaultProxy::SetLatency(std::chrono::milliseconds latency) {
  state_->Tell([&] { state_->faults.latency = latency; });
}

void FaultProxy::SetBandwidth(int64_t bytes_per_second) {
  state_->Tell([&] { state_->faults.bytes_per_second = bytes_per_second; });
}

void FaultProxy::ResetAfter(Direction direction, std::optional<int64_t> bytes) {
  state_->Tell([&] { state_->faults.reset_after[static_cast<size_t>(direction)] = bytes; });
}

void FaultProxy::BlackHole(bool on) {
  state_->Tell([&] { state_->faults.black_hole = on; });
}

void FaultProxy::Cut() {
  state_->Tell([&] { state_->cut = true; });
}

void FaultProxy::Replace(std::string old_text, std::string new_text) {
  state_->Tell([&] {
    state_->faults.old_text = std::move(old_text);
    state_->faults.new_text = std::move(new_text);
  });
}

void FaultProxy::RefuseNew(bool on) {
  state_->Tell([&] { state_->faults.refuse_new = on; });
}

int FaultProxy::accepted() const { return state_->accepted; }
int FaultProxy::open() const { return state_->open; }
int64_t FaultProxy::passed(Direction direction) const {
  return state_->passed[static_cast<size_t>(direction)];
}

}  // namespace siphon::testing
