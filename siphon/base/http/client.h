// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_HTTP_CLIENT_H_
#define SIPHON_BASE_HTTP_CLIENT_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"

namespace siphon::http {

struct Request {
  std::string method = "GET";
  std::string url = {};  // See CheckUrl().
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  // For the whole exchange, from the resolution of the host's name to the last byte.
  absl::Duration timeout = absl::Seconds(30);
  // For connecting, and for a time in which nothing is sent or received; at least one second.
  absl::Duration stall = absl::InfiniteDuration();
};

// An answer of the server, whatever its status.
struct Response {
  int status = 0;
  // By their names in lower case. Values of a name that occurs several times are joined by ", ".
  std::map<std::string, std::string> headers;
  std::string body;
};

struct ClientOptions {
  // The certificates of the authorities that TLS trusts, as a PEM file, and as a folder of files
  // that are named by the hash of the subject. Without either, every https request fails.
  std::string ca_file = {}, ca_directory = {};
  // The proxies for the two schemes, such as "http://user:password@proxy:3128", and the hosts for
  // which there is none, such as "localhost,.example.org" or "*".
  std::string http_proxy = {}, https_proxy = {}, no_proxy = {};
  std::string user_agent = "siphon";
  size_t max_body = size_t{1} << 20;  // The maximum size of the body of an answer, in bytes.
};

// The options of an environment. Certificates: SSL_CERT_FILE and SSL_CERT_DIR, as of OpenSSL; if
// neither is set, the first file that exists of those where systems have their bundle. Proxies:
// http_proxy, https_proxy or HTTPS_PROXY, all_proxy or ALL_PROXY, no_proxy or NO_PROXY. HTTP_PROXY
// does not count, because a CGI server sets it from a request.
ClientOptions OptionsFrom(const base::Environment& environment);

// An HTTP/1.1 client, with TLS 1.2 or later and verified certificates for https. Follows no
// redirects. Keeps its connections open for the next request. Not thread-safe.
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends a request and reads the answer. errs::kConnectionFailed if there is no complete answer in
  // time, or if its body is too large; errs::kInvalidArgument for a request that cannot be sent;
  // the error of Context::Check() after a stop, which ends every wait at once. No error has the
  // path or the query of the URL (see ShownUrl()), or a header.
  absl::StatusOr<Response> Send(const base::Context& context, const Request& request);

  // True if the last Send() failed for a reason that may go away: no connection, a lost one, no
  // answer in time. False for a certificate that is not trusted, for example.
  bool failed_temporarily() const { return failed_temporarily_; }

 private:
  struct State;
  ClientOptions options_;
  std::unique_ptr<State> state_;
  bool failed_temporarily_ = false;
};

}  // namespace siphon::http

#endif  // SIPHON_BASE_HTTP_CLIENT_H_
