// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "openssl/ssl.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

// A connection to a client, in clear or with TLS.
class Connection {
 public:
  Connection(int socket, SSL_CTX* context) : socket_(socket) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, socket_);
  }
  ~Connection() { SSL_free(ssl_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool Accept() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }
  // Returns 0 or less at the end.
  int Read(char* data, int size) {
    if (ssl_ != nullptr) return SSL_read(ssl_, data, size);
    return static_cast<int>(recv(socket_, data, static_cast<size_t>(size), 0));
  }
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t part = std::min(bytes.size(), size_t{1} << 16);
      const int done = ssl_ != nullptr
                           ? SSL_write(ssl_, bytes.data(), static_cast<int>(part))
                           : static_cast<int>(send(socket_, bytes.data(), part, MSG_NOSIGNAL));
      if (done <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(done));
    }
  }
  void Close() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
  }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
};

// Reads the head and the body of a request. False if the client goes away before.
bool ReadRequest(Connection& connection, HttpRequest& request) {
  std::string text;
  size_t end = std::string::npos;
  size_t length = 0;
  std::array<char, 4096> block;
  while (end == std::string::npos || text.size() < end + 4 + length) {
    const int count = connection.Read(block.data(), block.size());
    if (count <= 0) return false;
    text.append(block.data(), static_cast<size_t>(count));
    if (end != std::string::npos) continue;
    end = text.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const std::vector<std::string> lines = absl::StrSplit(text.substr(0, end), "\r\n");
    const std::vector<std::string> first = absl::StrSplit(lines[0], ' ');
    if (first.size() != 3) return false;
    request.method = first[0];
    request.target = first[1];
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> header =
          absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
      request.headers[absl::AsciiStrToLower(header.first)] =
          std::string(absl::StripAsciiWhitespace(header.second));
    }
    const auto found = request.headers.find("content-length");
    if (found != request.headers.end() && !absl::SimpleAtoi(found->second, &length)) return false;
  }
  request.body = text.substr(end + 4, length);
  return true;
}

}  // namespace

HttpAnswer Answer(int status, std::string_view body, std::string_view headers) {
  return {.bytes = absl::StrCat("HTTP/1.1 ", status, " Answer\r\nContent-Length: ", body.size(),
                                "\r\nConnection: close\r\n", headers, "\r\n", body)};
}

struct HttpServer::State {
  ~State() {
    if (context != nullptr) SSL_CTX_free(context);
  }

  void Listen();
  void Serve(int socket);

  Handler handler;
  SSL_CTX* context = nullptr;
  base::FileDescriptor listener;
  int port = 0;
  std::atomic<bool> stop = false;
  std::thread thread;
  std::mutex mutex;
  std::vector<HttpRequest> requests;
  std::set<int> sockets;
  std::vector<std::thread> connections;  // Used by `thread` alone, until it has ended.
};

void HttpServer::State::Listen() {
  while (!stop) {
    pollfd ready = {.fd = listener.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 20) != 1) continue;
    const int socket = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    {
      const std::scoped_lock lock(mutex);
      sockets.insert(socket);
    }
    connections.emplace_back([this, socket] { Serve(socket); });
  }
}

void HttpServer::State::Serve(int socket) {
  {
    Connection connection(socket, context);
    HttpRequest request;
    if (connection.Accept() && ReadRequest(connection, request)) {
      {
        const std::scoped_lock lock(mutex);
        requests.push_back(request);
      }
      const HttpAnswer answer = handler(request);
      connection.Write(answer.bytes);
      char byte = 0;
      while (answer.silence && connection.Read(&byte, 1) > 0) {
      }
      connection.Close();
    }
  }
  const std::scoped_lock lock(mutex);
  sockets.erase(socket);
  close(socket);
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  state_->stop = true;
  state_->thread.join();
  {
    const std::scoped_lock lock(state_->mutex);
    for (const int socket : state_->sockets) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& connection : state_->connections) connection.join();
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    Handler handler, const std::optional<CertificateFiles>& tls) {
  // BoringSSL writes to sockets without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  if (tls.has_value()) {
    state->context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(state->context, tls->certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(state->context, tls->key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return absl::InternalError("the certificate cannot be used");
    }
  }
  state->listener = base::FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(state->listener.get(), any, size) != 0 || listen(state->listener.get(), 64) != 0 ||
      getsockname(state->listener.get(), any, &size) != 0) {
    return absl::InternalError(absl::StrCat("no port: ", std::strerror(errno)));
  }
  state->port = ntohs(address.sin_port);
  State* const running = state.get();
  state->thread = std::thread([running] { running->Listen(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

int HttpServer::port() const { return state_->port; }

std::string HttpServer::Url(std::string_view target) const {
  return absl::StrCat(state_->context == nullptr ? "http" : "https", "://127.0.0.1:", state_->port,
                      target);
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->requests;
}

std::vector<std::string> HttpServer::lines() const {
  std::vector<std::string> lines;
  for (const HttpRequest& request : requests()) {
    lines.push_back(absl::StrCat(request.method, " ", request.target));
  }
  return lines;
}

}  // namespace siphon::testing
