// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/connect_failure.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.connect";
constexpr std::string_view kUnknownDatabase = ":  3d000: ";
constexpr std::string_view kUnknownDatabaseUrl = "siphon.dev/postgres.UnknownDatabase";

// A known failure. `sign` is a part of a message by libpq or BoringSSL (in English), in lower case
// with spaces instead of '_', or ":  <SQLSTATE>: " for a message of the server.
struct Known {
  std::string_view sign;
  std::string_view what;
  std::string_view advice;
  bool retry = false;
  bool user = false;
};

// The first match counts. Answers of a server come before failures to reach one.
constexpr Known kKnown[] = {
    {":  28p01: ", "the user's name or password is wrong",
     "check user and password of the profile"},
    {"no password supplied", "the server asks for a password and the profile has none",
     "set password in the profile, as in env:PGPASSWORD"},
    {kUnknownDatabase, "the database does not exist", "check the database's name"},
    {":  28000: no pg hba.conf entry",
     "no rule in the server's pg_hba.conf lets this user in from here",
     "add a rule, or try another sslmode"},
    {":  28000: ", "the server refuses this user",
     "check the user's name, its certificate, and the server's pg_hba.conf"},
    {":  53300: ", "the server has no connection left",
     "wait, or raise max_connections of the server", true},
    {":  57p03: ", "the server is not ready yet", "it is starting up or shutting down", true},
    {":  57p01: ", "the server is shutting down", "", true},
    {"authentication method requirement",
     "siphon does not authenticate itself in the way that the server asks for",
     "verify the server's certificate (sslmode=verify-full), or name the method that it may ask "
     "for, as in require_auth=scram-sha-256; password sends the password in clear text"},
    {"did not complete authentication", "the server has not proved that it knows the password",
     "check that it is the server that you mean"},
    {"malformed scram", "the server has not proved that it knows the password",
     "check that it is the server that you mean"},
    {"invalid scram", "the server has not proved that it knows the password",
     "check that it is the server that you mean"},
    {"scram exchange", "the server has not proved that it knows the password",
     "check that it is the server that you mean"},
    {"incorrect server signature", "the server has not proved that it knows the password",
     "check that it is the server that you mean"},
    {"sasl authentication",
     "the server asks for a kind of authentication that siphon does not have",
     "check pg_hba.conf of the server"},
    {"authentication not supported",
     "the server asks for a kind of authentication that siphon does not have",
     "check pg_hba.conf of the server"},
    {"server sent more than this client accepts", "the server sends more than siphon accepts",
     "check that a PostgreSQL server listens there"},
    {"lost synchronization with server", "the server does not keep to the protocol",
     "check that a PostgreSQL server listens there"},
    {"certificate has expired", "the server's certificate has expired",
     "renew the server's certificate"},
    {"certificate is not yet valid", "the server's certificate is not valid yet",
     "check the clocks of both machines"},
    {"certificate revoked", "the server's certificate has been revoked", ""},
    {"does not match host name", "the server's certificate is for another host",
     "use a host name that the certificate contains, or sslmode=verify-ca"},
    {"unable to get local issuer certificate",
     "the server's certificate comes from an authority that is not trusted",
     "set sslrootcert to the certificate of the authority"},
    {"self signed certificate",
     "the server's certificate comes from an authority that is not trusted",
     "set sslrootcert to the certificate of the authority"},
    {"self-signed certificate",
     "the server's certificate comes from an authority that is not trusted",
     "set sslrootcert to the certificate of the authority"},
    {"certificate verify failed", "the server's certificate is not trusted",
     "set sslrootcert to the certificate of its authority"},
    {"root certificate file", "the file of the trusted authority's certificate is missing",
     "set sslrootcert to the file, or use sslmode=require, which trusts every certificate", false,
     true},
    {"alert unknown ca", "the server does not trust the certificate in sslcert",
     "the server's ssl_ca_file must contain the authority of the certificate"},
    {"alert certificate expired", "the certificate in sslcert has expired", "renew it"},
    {"alert certificate required", "the server wants a client's certificate",
     "set sslcert and sslkey"},
    {"alert bad certificate", "the server does not accept the certificate in sslcert", ""},
    {"private key file", "the client's private key cannot be used",
     "check sslkey, sslpassword and the file's permissions (0600)", false, true},
    {"could not read certificate file", "the client's certificate cannot be read", "check sslcert",
     false, true},
    {"could not read root certificate", "the trusted authority's certificate cannot be read",
     "check sslrootcert", false, true},
    {"could not load ssl certificate revocation", "the revocation list cannot be read",
     "check sslcrl", false, true},
    {"does not support ssl", "the server offers no TLS",
     "turn ssl on at the server, or use sslmode=prefer or disable"},
    {"channel binding", "channel binding is required but not possible",
     "it needs TLS and a SCRAM password; see channel_binding"},
    {"authentication method requirement",
     "the server asks for a method of authentication that require_auth does not allow", ""},
    {"server requires oauth authentication", "the server asks for OAuth, which siphon cannot do",
     "let this user log in another way; see the server's pg_hba.conf"},
    {"session is read-only", "no server accepts writes", "see target_session_attrs"},
    {"session is not read-only", "no server is read-only", "see target_session_attrs"},
    {"server is in hot standby mode", "no server accepts writes", "see target_session_attrs"},
    {"server is not in hot standby mode", "no server is a standby", "see target_session_attrs"},
    {"definition of service", "the service is not in the service file",
     "check the service's name, and ~/.pg_service.conf", false, true},
    {"service file", "the service file cannot be used", "check service", false, true},
    {"invalid sslmode value", "the profile has a value that libpq does not know", "", false, true},
    {" value: \"", "the profile has a value that libpq does not know", "", false, true},
    {"invalid port number", "the port is not valid", "", false, true},
    {"invalid integer value", "the profile has a value that must be a number", "", false, true},
    {"could not match", "the numbers of hosts and ports differ", "", false, true},
    {"temporary failure in name resolution", "the host's name cannot be resolved",
     "check the name server", true},
    {"could not translate host name", "the host is unknown", "check the host's name"},
    {"could not parse network address", "the address is not valid", "check hostaddr", false, true},
    {"connection refused", "nothing listens there",
     "check host and port, and that the server runs and accepts connections from here", true},
    {"timeout expired", "the server did not answer in time",
     "check host, port and firewalls; connect_timeout sets the limit", true},
    {"no route to host", "there is no route to the host", "check the network", true},
    {"network is unreachable", "there is no route to the host", "check the network", true},
    {"no such file or directory", "the server's socket does not exist",
     "check host and port, and that the server runs", true},
    {"server closed the connection unexpectedly", "the server ended the connection", "", true},
    {"connection reset by peer", "the server ended the connection", "", true},
    {"eof detected", "the server ended the connection", "", true},
    {"received invalid response to ssl negotiation", "the server is not PostgreSQL",
     "check host and port"},
    {"expected authentication request", "the server is not PostgreSQL", "check host and port"},
};

// The position of ":  XXXXX: ", the SQLSTATE in a server's message under PQERRORS_VERBOSE; npos if
// there is none.
size_t FindState(std::string_view line) {
  constexpr size_t kStateSize = 5;
  for (size_t at = line.find(":  "); at != std::string_view::npos; at = line.find(":  ", at + 1)) {
    const std::string_view state = line.substr(at + 3, kStateSize);
    if (state.size() < kStateSize || line.substr(at + 3 + kStateSize, 2) != ": ") continue;
    bool valid = true;
    for (const char c : state) {
      const unsigned char byte = static_cast<unsigned char>(c);
      valid = valid && (absl::ascii_isupper(byte) || absl::ascii_isdigit(byte));
    }
    if (valid) return at;
  }
  return std::string_view::npos;
}

std::string Comparable(std::string_view message) {
  std::string text = absl::AsciiStrToLower(message);
  for (char& c : text) {
    if (c == '_') c = ' ';
  }
  return text;
}

}  // namespace

ConnectFailure ClassifyConnectFailure(std::string_view message) {
  const std::string text = Comparable(message);
  for (const Known& known : kKnown) {
    if (!absl::StrContains(text, known.sign)) continue;
    return {std::string(known.what), std::string(known.advice), known.retry, known.user,
            known.sign == kUnknownDatabase};
  }
  return {"no connection to the server", "", true, false};
}

std::string CleanMessage(std::string_view message) {
  std::vector<std::string> lines;
  for (const std::string_view raw : absl::StrSplit(message, '\n')) {
    const std::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || absl::StartsWith(line, "LOCATION:  ")) continue;
    const size_t state = FindState(line);
    std::string clean(line);
    if (state != std::string_view::npos) {
      clean = absl::StrCat(line.substr(0, state + 1), line.substr(state + 9));
    }
    for (char& c : clean) {
      if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
    }
    if (lines.empty() || lines.back() != clean) lines.push_back(std::move(clean));
  }
  return BoundedUtf8(absl::StrJoin(lines, "; "));
}

absl::Status ConnectError(std::string_view target, const ConnectFailure& failure,
                          std::string_view message) {
  std::string hint = CleanMessage(message);
  if (!failure.advice.empty()) {
    absl::StrAppend(&hint, hint.empty() ? "" : "; ", failure.advice);
  }
  const std::string detail = absl::StrCat(target, ": ", failure.what);
  absl::Status status = failure.user
                            ? errs::UserError(kOp, errs::kConnectionFailed, detail, hint)
                            : errs::SystemError(kOp, errs::kConnectionFailed, detail, hint);
  if (failure.unknown_database) status.SetPayload(kUnknownDatabaseUrl, absl::Cord());
  return status;
}

bool IsUnknownDatabase(const absl::Status& status) {
  return status.GetPayload(kUnknownDatabaseUrl).has_value();
}

}  // namespace siphon::postgres
