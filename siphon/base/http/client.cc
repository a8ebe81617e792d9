// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/http/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "curl/curl.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/http/url.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"

namespace siphon::http {
namespace {

constexpr std::string_view kOp = "http";

// Where systems have the certificates of the authorities.
constexpr std::array<std::string_view, 5> kBundles = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, siphon's own image.
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL.
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // The same.
    "/etc/ssl/ca-bundle.pem",                             // SUSE.
    "/etc/ssl/cert.pem",                                  // Alpine without ca-certificates.
};

// What one request collects while it runs.
struct Exchange {
  Response response;
  size_t max_body = 0;
  bool too_large = false;
  bool has_headers = false;  // The headers have ended.
};

size_t OnBody(char* data, size_t size, size_t count, void* to) {
  Exchange& exchange = *static_cast<Exchange*>(to);
  const size_t length = size * count;
  if (length > exchange.max_body - exchange.response.body.size()) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, length);
  return length;
}

size_t OnHeader(char* data, size_t size, size_t count, void* to) {
  Exchange& exchange = *static_cast<Exchange*>(to);
  const size_t length = size * count;
  const std::string_view line(data, length);
  if (absl::StartsWith(line, "HTTP/")) {
    // The headers after an interim answer (100 to 199) replace its headers.
    exchange.response.headers.clear();
    exchange.has_headers = false;
  } else if (absl::StripAsciiWhitespace(line).empty()) {
    exchange.has_headers = true;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return length;
  const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
  const std::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  const auto [it, is_new] = exchange.response.headers.emplace(name, value);
  if (!is_new) absl::StrAppend(&it->second, ", ", value);
  return length;
}

// A socket that no child process inherits.
curl_socket_t OpenSocket(void*, curlsocktype, curl_sockaddr* address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// The lines of a request's headers.
class HeaderLines {
 public:
  HeaderLines() = default;
  ~HeaderLines() { curl_slist_free_all(list_); }
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;

  absl::Status Add(std::string_view name, std::string_view value) {
    const auto is_token = [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-_.", c);
    };
    const auto is_control = [](char c) {
      return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token) ||
        std::any_of(value.begin(), value.end(), is_control)) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             "a header has a character that is not allowed");
    }
    // curl writes a header without a value for a name with ';'.
    return Append(value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value));
  }
  // Keeps curl from adding a header of its own.
  absl::Status Suppress(std::string_view name) { return Append(absl::StrCat(name, ":")); }
  curl_slist* list() const { return list_; }

 private:
  absl::Status Append(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) return errs::InternalError(kOp, "out of memory");
    list_ = longer;
    return absl::OkStatus();
  }

  curl_slist* list_ = nullptr;
};

absl::Status FillHeaders(const Request& request, HeaderLines& lines) {
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    has_type = has_type || absl::EqualsIgnoreCase(name, "content-type");
    RETURN_IF_ERROR(lines.Add(name, value));
  }
  if (!has_type) RETURN_IF_ERROR(lines.Suppress("Content-Type"));
  return lines.Suppress("Expect");
}

// True for a failure of the network or the server that may not repeat itself.
bool IsTemporary(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:  // An answer that is not HTTP/1.
      return true;
    default:
      return false;
  }
}

std::string ExistingBundle() {
  for (const std::string_view path : kBundles) {
    if (access(std::string(path).c_str(), R_OK) == 0) return std::string(path);
  }
  return "";
}

}  // namespace

ClientOptions OptionsFrom(const base::Environment& environment) {
  const auto first = [&](std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      std::string value = environment.GetOrEmpty(name);
      if (!value.empty()) return value;
    }
    return std::string();
  };
  ClientOptions options;
  options.ca_file = environment.GetOrEmpty("SSL_CERT_FILE");
  options.ca_directory = environment.GetOrEmpty("SSL_CERT_DIR");
  if (options.ca_file.empty() && options.ca_directory.empty()) options.ca_file = ExistingBundle();
  options.http_proxy = first({"http_proxy", "all_proxy", "ALL_PROXY"});
  options.https_proxy = first({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  options.no_proxy = first({"no_proxy", "NO_PROXY"});
  return options;
}

struct Client::State {
  State() {
    static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialized != CURLE_OK) return;
    easy = curl_easy_init();
    multi = curl_multi_init();
  }
  ~State() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  template <typename Value>
  void Set(CURLoption option, Value value) {
    if (failed == CURLE_OK) failed = curl_easy_setopt(easy, option, value);
  }

  void SetRequest(const Request& request, const HeaderLines& lines);
  void SetConnection(const ClientOptions& options, bool https);
  // Runs the request that was set. Returns curl's result, or nothing after a stop.
  std::optional<CURLcode> Run(const base::Context& context);
  absl::Status Failure(const ClientOptions& options, const Request& request, CURLcode code) const;
  std::string TimeoutText(const Request& request) const;

  CURL* easy = nullptr;
  CURLM* multi = nullptr;
  CURLcode failed = CURLE_OK;  // The first error of Set().
  std::array<char, CURL_ERROR_SIZE> message = {};
};

void Client::State::SetRequest(const Request& request, const HeaderLines& lines) {
  Set(CURLOPT_URL, request.url.c_str());
  if (request.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "GET" && request.body.empty()) {
    Set(CURLOPT_HTTPGET, 1L);
  } else {
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, request.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  Set(CURLOPT_HTTPHEADER, lines.list());
  Set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::max<int64_t>(1, absl::ToInt64Milliseconds(request.timeout))));
  if (request.stall == absl::InfiniteDuration()) return;
  const int64_t stall = std::max<int64_t>(1, absl::ToInt64Seconds(request.stall));
  Set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(stall));
  Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall));
}

void Client::State::SetConnection(const ClientOptions& options, bool https) {
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_PATH_AS_IS, 1L);
  Set(CURLOPT_USERAGENT, options.user_agent.c_str());
  Set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    Set(CURLOPT_CAINFO, options.ca_file.c_str());
    Set(CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
  }
  if (!options.ca_directory.empty()) {
    Set(CURLOPT_CAPATH, options.ca_directory.c_str());
    Set(CURLOPT_PROXY_CAPATH, options.ca_directory.c_str());
  }
  // An empty text keeps curl from reading the environment.
  Set(CURLOPT_PROXY, https ? options.https_proxy.c_str() : options.http_proxy.c_str());
  Set(CURLOPT_NOPROXY, options.no_proxy.c_str());
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

std::optional<CURLcode> Client::State::Run(const base::Context& context) {
  constexpr std::chrono::milliseconds kLongest{1000};
  if (curl_multi_add_handle(multi, easy) != CURLM_OK) return CURLE_FAILED_INIT;
  std::optional<CURLcode> result;
  {
    const std::stop_callback wake(context.stop_token(), [this] { curl_multi_wakeup(multi); });
    CURLMcode code = CURLM_OK;
    for (int running = 1; code == CURLM_OK;) {
      code = curl_multi_perform(multi, &running);
      if (code != CURLM_OK || running == 0 || context.Stopped()) break;
      std::chrono::milliseconds wait = kLongest;
      if (context.deadline().has_value()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            *context.deadline() - std::chrono::steady_clock::now());
        wait = std::clamp(left, std::chrono::milliseconds(1), kLongest);
      }
      code = curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
    if (code != CURLM_OK) result = CURLE_FAILED_INIT;
  }
  int left = 0;
  while (const CURLMsg* const one = curl_multi_info_read(multi, &left)) {
    if (one->msg == CURLMSG_DONE) result = one->data.result;
  }
  curl_multi_remove_handle(multi, easy);
  return result;
}

std::string Client::State::TimeoutText(const Request& request) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  const bool stalled = request.stall != absl::InfiniteDuration() &&
                       absl::Microseconds(microseconds) < request.timeout;
  return stalled
             ? absl::StrCat("nothing was sent or received for ",
                            base::FormatDuration(request.stall))
             : absl::StrCat("no complete answer within ", base::FormatDuration(request.timeout));
}

absl::Status Client::State::Failure(const ClientOptions& options, const Request& request,
                                    CURLcode code) const {
  std::string text = base::Printable(message.data());
  if (text.empty()) text = curl_easy_strerror(code);
  for (const std::string& proxy : {options.http_proxy, options.https_proxy}) {
    // curl quotes one that it cannot parse, with the password.
    if (!proxy.empty() && absl::StrContains(text, proxy)) text = "the proxy cannot be used";
  }
  std::string hint;
  switch (code) {
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      return errs::InternalError(kOp, text);
    case CURLE_URL_MALFORMAT:
      return errs::UserError(kOp, errs::kInvalidArgument, "the URL cannot be used");
    case CURLE_OPERATION_TIMEDOUT:
      text = TimeoutText(request);
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
      hint = absl::StrCat("the authorities are those in ", options.ca_file, options.ca_directory,
                          "; SSL_CERT_FILE names others");
      break;
    case CURLE_SSL_CACERT_BADFILE:
      text = absl::StrCat("the certificates in ", options.ca_file, options.ca_directory,
                          " cannot be read");
      hint = "name a PEM file";
      break;
    default:
      break;
  }
  return errs::SystemError(kOp, errs::kConnectionFailed,
                           absl::StrCat(ShownUrl(request.url), ": ", text), hint);
}

Client::Client(ClientOptions options)
    : options_(std::move(options)), state_(std::make_unique<State>()) {}
Client::~Client() = default;

absl::StatusOr<Response> Client::Send(const base::Context& context, const Request& request) {
  failed_temporarily_ = false;
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(CheckUrl(request.url));
  const bool https = IsHttps(request.url);
  if (https && options_.ca_file.empty() && options_.ca_directory.empty()) {
    return errs::SystemError(
        kOp, errs::kConnectionFailed,
        absl::StrCat(ShownUrl(request.url), ": this system has no certificates of authorities"),
        "install ca-certificates, or name a PEM file in SSL_CERT_FILE");
  }
  State& state = *state_;
  if (state.easy == nullptr || state.multi == nullptr) {
    return errs::InternalError(kOp, "curl could not be initialized");
  }
  HeaderLines lines;
  RETURN_IF_ERROR(FillHeaders(request, lines));
  Exchange exchange;
  exchange.max_body = options_.max_body;
  curl_easy_reset(state.easy);
  state.failed = CURLE_OK;
  state.message[0] = '\0';
  state.Set(CURLOPT_ERRORBUFFER, state.message.data());
  state.Set(CURLOPT_WRITEFUNCTION, &OnBody);
  state.Set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  state.Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  state.Set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  state.SetRequest(request, lines);
  state.SetConnection(options_, https);
  if (state.failed != CURLE_OK) return state.Failure(options_, request, state.failed);

  std::optional<CURLcode> code = state.Run(context);
  // curl accepts an end of the connection within the headers.
  if (code == CURLE_OK && !exchange.has_headers) code = CURLE_GOT_NOTHING;
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(state.easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }
  if (!code.has_value()) {
    RETURN_IF_ERROR(context.Check());
    return errs::InternalError(kOp, "the request ended without a result");
  }
  if (exchange.too_large) {
    return errs::SystemError(kOp, errs::kConnectionFailed,
                             absl::StrCat(ShownUrl(request.url), ": the answer is larger than ",
                                          base::FormatSize(options_.max_body)));
  }
  failed_temporarily_ = IsTemporary(*code);
  return state.Failure(options_, request, *code);
}

}  // namespace siphon::http
