// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/sql_error.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kNumberUrl = "siphon.dev/mysql.ErrorNumber";

// Error numbers that Connector/C's headers do not name.
constexpr unsigned int kClientInteractionTimeout = 4031;  // MySQL: ended for idleness.
constexpr unsigned int kKilledConnection = 1927;          // MariaDB: ER_CONNECTION_KILLED.
constexpr unsigned int kServerLostExtended = 2055;        // CR_SERVER_LOST_EXTENDED
constexpr unsigned int kTooManyUserConnections = 1203;    // ER_TOO_MANY_USER_CONNECTIONS
constexpr unsigned int kLastClientError = 2999;           // Of those that MySQL's client has.

constexpr unsigned int kLost[] = {CR_SERVER_GONE_ERROR, CR_SERVER_LOST,
                                  kServerLostExtended,  ER_SERVER_SHUTDOWN,
                                  kKilledConnection,    kClientInteractionTimeout};

struct Known {
  unsigned int number;
  std::string_view sign;  // Part of the text in lower case; empty: any.
  ConnectFailure failure;
};

constexpr std::string_view kAuthority =
    "the server's certificate is signed by an authority that is not trusted";
constexpr std::string_view kNameAuthority = "name the authority's certificate in sslrootcert";

constexpr std::string_view kHowToVerify =
    "name the authority of the server's certificate in sslrootcert (MySQL writes it to ca.pem in "
    "its "
    "data folder), or use a unix socket, or without TLS the server's public key "
    "(server_public_key_path); send_password=encrypted sends it to any server";

constexpr ConnectFailure kNoAnswer = {
    "the server did not answer in time",
    "check host, port and firewalls; connect_timeout says how long to wait", true};

constexpr Known kConnect[] = {
    {ER_ACCESS_DENIED_ERROR,
     "",
     {"the user's name or password is wrong", "check user and password of the profile"}},
    {1698,
     "",
     {"the server refuses this user",  // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
      "check the account's authentication method"}},
    {ER_DBACCESS_DENIED_ERROR,
     "",
     {"the user has no rights on the database", "check the database's name and the user's rights"}},
    {ER_BAD_DB_ERROR, "", {"the database does not exist", "check the database's name"}},
    {ER_HOST_NOT_PRIVILEGED,
     "",
     {"the server does not accept connections from this host",
      "check the host names of its accounts"}},
    {ER_HOST_IS_BLOCKED,
     "",
     {"the server has blocked this host",
      "run TRUNCATE TABLE performance_schema.host_cache (MySQL) or FLUSH HOSTS (MariaDB) at the "
      "server"}},
    {ER_CON_COUNT_ERROR,
     "",
     {"the server has no connection left", "wait, or raise its max_connections", true}},
    {kTooManyUserConnections,
     "",
     {"the user has no connection left", "wait, or raise max_user_connections", true}},
    {ER_SERVER_SHUTDOWN, "", {"the server is shutting down", "", true}},
    {3118, "", {"the account is locked", ""}},                  // ER_ACCOUNT_HAS_BEEN_LOCKED
    {4151, "", {"the account is locked", ""}},                  // The same in MariaDB.
    {1862, "", {"the password has expired", "set a new one"}},  // ER_MUST_CHANGE_PASSWORD_LOGIN
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "in clear text",
     {"the server asks for the password in clear text, and the connection is not encrypted",
      "use TLS and name the authority of the server's certificate in sslrootcert, or use a unix "
      "socket"}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "made the socket",
     {"the server asks for the password, and every user of this machine could have made its socket",
      "move the socket to a folder that not everybody may write to, or set send_password to "
      "encrypted"}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "server is not verified",
     {"the server asks for the password, and its certificate is not verified", kHowToVerify}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "key that is not known",
     {"the server asks for the password, and its public key is not known", kHowToVerify}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "public key",
     {"the server's public key cannot be read", "check server_public_key_path"}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, "", {"the account's authentication method is not supported", ""}},
    {CR_SSL_CONNECTION_ERROR,
     "server does not support it",
     {"the server offers no TLS", "turn TLS on at the server, or use sslmode=prefer or disable"}},
    {CR_SSL_CONNECTION_ERROR,
     "unencrypted data",
     {"the server, or somebody on the way, sent data before TLS began", "check the network"}},
    {CR_SSL_CONNECTION_ERROR,
     "expired",
     {"the server's certificate has expired", "renew the server's certificate"}},
    {CR_SSL_CONNECTION_ERROR,
     "not yet valid",
     {"the server's certificate is not valid yet", "check the clocks of both machines"}},
    {CR_SSL_CONNECTION_ERROR, "self signed", {kAuthority, kNameAuthority}},
    {CR_SSL_CONNECTION_ERROR, "self-signed", {kAuthority, kNameAuthority}},
    {CR_SSL_CONNECTION_ERROR, "local issuer", {kAuthority, kNameAuthority}},
    {CR_SSL_CONNECTION_ERROR,
     "validation of ssl server certificate failed",
     {"the server's certificate is for another host",
      "connect with a name in the certificate, or use sslmode=verify-ca"}},
    {CR_SSL_CONNECTION_ERROR,
     "no such file",
     {"a certificate or key cannot be read", "check sslrootcert, sslcert and sslkey"}},
    {CR_SSL_CONNECTION_ERROR,
     "",
     {"no TLS connection to the server", "check sslrootcert, sslcert and sslkey"}},
    {CR_UNKNOWN_HOST, "", {"the host is not known", "check the host's name", true}},
    {CR_CONNECTION_ERROR,
     "through socket",
     {"the server's socket does not exist", "check host and that the server runs", true}},
    {CR_CONNECTION_ERROR,
     "",
     {"no connection to the server", "check host and port, and that the server runs", true}},
    {CR_CONN_HOST_ERROR,
     "(111)",
     {"nothing listens there", "check host and port, and that the server runs", true}},
    {CR_CONN_HOST_ERROR, "(110)", kNoAnswer},
    {CR_CONN_HOST_ERROR, "(113)", {"the host cannot be reached", "check the network", true}},
    {CR_CONN_HOST_ERROR, "", {"no connection to the server", "check host and port", true}},
    {CR_SERVER_LOST, "system error: 110", kNoAnswer},
    {kServerLostExtended, "system error: 110", kNoAnswer},
    {CR_SERVER_LOST,
     "",
     {"the server ended the connection, or is not a MySQL or MariaDB server", "check host and port",
      true}},
    {kServerLostExtended,
     "",
     {"the server ended the connection, or is not a MySQL or MariaDB server", "check host and port",
      true}},
    {CR_VERSION_ERROR, "", {"this is not a MySQL or MariaDB server", "check host and port"}},
};

std::string Clean(const SqlMessage& message) {
  const std::string number = absl::StrCat("ERROR ", message.number, ": ");
  const std::string hidden =
      sql::HideSecrets(sql::Dialect::kMysql, absl::StrCat(number, message.text));
  std::string clean = ToUtf8(std::string_view(hidden).substr(number.size()));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return clean;
}

std::string Numbered(const SqlMessage& message) {
  return absl::StrCat(Clean(message), " (", message.number, ")");
}

// `status` with the message's number for IsSqlError().
absl::Status WithNumber(absl::Status status, const SqlMessage& message) {
  status.SetPayload(kNumberUrl, absl::Cord(absl::StrCat(message.number)));
  return status;
}

// SqlError() without the number.
absl::Status Classify(const SqlMessage& message, std::string_view detail) {
  if (IsLost(message.number)) {
    return errs::SystemError("mysql", errs::kConnectionFailed, detail,
                             "the server was stopped, or has ended the connection");
  }
  if (IsClientError(message.number)) {
    return errs::SystemError("mysql", errs::kConnectionFailed, detail,
                             "the server's answer cannot be understood, or the connection failed");
  }
  switch (message.number) {
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
      return errs::SystemError("mysql", errs::kBusy, detail, "try again when it is less busy");
    case ER_TABLE_DEF_CHANGED:
      return errs::SystemError("mysql", errs::kBusy, detail,
                               "a table was altered or emptied after the snapshot was opened: try "
                               "again when no tables are being altered");
    case ER_NO_SUCH_TABLE:
      return errs::SystemError("mysql", errs::kNotFound, detail);
    case ER_NOT_KEYFILE:
    case ER_OLD_KEYFILE:
    case ER_CRASHED_ON_USAGE:
    case ER_CRASHED_ON_REPAIR:
    case 126:  // HA_ERR_CRASHED
    case 145:  // HA_ERR_CRASHED_ON_USAGE
      return errs::IntegrityError("mysql", detail, "repair the table at the server");
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_PROCACCESS_DENIED_ERROR:
      return errs::SystemError("mysql", errs::kDatabase, detail, "grant the missing right");
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return errs::SystemError("mysql", errs::kDatabase, detail,
                               "grant the missing right; for the definer of a view, routine,"
                               " trigger or event, --definer strip makes it the user's own");
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
      return errs::SystemError("mysql", errs::kDatabase, detail,
                               "the server's disk or the table's file is full");
    case ER_UNKNOWN_STORAGE_ENGINE:
      return errs::SystemError("mysql", errs::kDatabase, detail,
                               "the server lacks the table's storage engine: install its plugin"
                               " there, or leave the table out (--table, --exclude-table)");
    case ER_NET_PACKET_TOO_LARGE:
      return errs::SystemError("mysql", errs::kDatabase, detail,
                               "raise max_allowed_packet at the server");
    default:
      return errs::SystemError("mysql", errs::kDatabase, detail);
  }
}

}  // namespace

bool IsLost(unsigned int number) {
  return std::find(std::begin(kLost), std::end(kLost), number) != std::end(kLost);
}

ConnectFailure ClassifyConnectFailure(const SqlMessage& message) {
  const std::string text = Clean(message);
  for (const Known& known : kConnect) {
    if (known.number == message.number &&
        (known.sign.empty() || absl::StrContainsIgnoreCase(text, known.sign))) {
      return known.failure;
    }
  }
  return {"no connection to the server", "", true};
}

absl::Status ConnectError(std::string_view target, const SqlMessage& message) {
  const ConnectFailure failure = ClassifyConnectFailure(message);
  return WithNumber(
      errs::SystemError(
          "mysql.connect", errs::kConnectionFailed, absl::StrCat(target, ": ", failure.what),
          absl::StrCat(Numbered(message), failure.advice.empty() ? "" : "; ", failure.advice)),
      message);
}

absl::Status NoAnswer(std::string_view target, std::chrono::seconds limit) {
  return errs::SystemError(
      "mysql.connect", errs::kConnectionFailed, absl::StrCat(target, ": ", kNoAnswer.what),
      absl::StrCat("no login within ", limit.count(), " s; ", kNoAnswer.advice));
}

bool IsClientError(unsigned int number) {
  return (number >= CR_MIN_ERROR && number <= kLastClientError) ||
         (number >= CER_MIN_ERROR && number <= CR_MARIADB_LAST_ERROR);
}

bool IsTooBusy(unsigned int number) {
  return number == ER_CON_COUNT_ERROR || number == kTooManyUserConnections;
}

bool IsUnknownDatabase(const absl::Status& status) {
  return errs::Is(status, errs::kConnectionFailed) && IsSqlError(status, {ER_BAD_DB_ERROR});
}

bool IsSqlError(const absl::Status& status, std::initializer_list<unsigned int> numbers) {
  const std::optional<absl::Cord> payload = status.GetPayload(kNumberUrl);
  unsigned int number = 0;
  return payload.has_value() && absl::SimpleAtoi(std::string(*payload), &number) &&
         std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

bool IsDenied(const absl::Status& status) {
  return IsSqlError(status, {ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR,
                             ER_SPECIFIC_ACCESS_DENIED_ERROR});
}

absl::Status SqlError(const SqlMessage& message, std::string_view what) {
  return WithNumber(
      Classify(message, absl::StrCat(what, what.empty() ? "" : ": ", Numbered(message))), message);
}

}  // namespace siphon::mysqlcommon
