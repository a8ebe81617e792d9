// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_HTTP_SERVER_H_
#define TESTING_SERVERS_HTTP_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/servers/certificates.h"

namespace siphon::testing {

// A request as HttpServer received it.
struct HttpRequest {
  std::string method;
  std::string target;                          // "/a?b=c"; of a proxy "http://host/a?b=c".
  std::map<std::string, std::string> headers;  // By their names in lower case.
  std::string body;
};

// What the server sends, byte by byte; it then closes the connection.
struct HttpAnswer {
  std::string bytes;
  // Sends nothing more and keeps the connection open until the client or the server ends.
  bool silence = false;
};

// "HTTP/1.1 <status> ..." with this body and its length; `headers` are whole lines with "\r\n".
HttpAnswer Answer(int status, std::string_view body = "", std::string_view headers = "");

// An HTTP server on 127.0.0.1, or an HTTPS server, with a thread for each connection, which takes
// one request.
class HttpServer {
 public:
  // Called in the thread of a connection.
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      Handler handler, const std::optional<CertificateFiles>& tls = std::nullopt);
  // Ends all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  // "http://127.0.0.1:<port><target>", or with https.
  std::string Url(std::string_view target) const;
  // The requests so far, in the order of their arrival.
  std::vector<HttpRequest> requests() const;
  // "POST /a", "GET /b", ...
  std::vector<std::string> lines() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_HTTP_SERVER_H_
