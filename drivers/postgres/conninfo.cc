// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/conninfo.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/edit_distance.h"
#include "siphon/base/ownership.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.connect";
constexpr std::string_view kApplicationName = "siphon";
// The usual socket directories: of Debian and other distributions, and of PostgreSQL itself.
constexpr std::string_view kSocketDirectories = "/var/run/postgresql,/tmp";
// A socket's name begins so.
constexpr std::string_view kAnySocket = "/.s.PGSQL";

// A keyword and its environment variable for libpq. Keywords without a variable go into the
// conninfo text.
struct Keyword {
  std::string_view name;
  std::string_view variable;
};

// The allowed parameters of a profile.
constexpr Keyword kParameters[] = {
    {"application_name", "PGAPPNAME"},
    {"channel_binding", "PGCHANNELBINDING"},
    {"connect_timeout", "PGCONNECT_TIMEOUT"},
    {"gssdelegation", "PGGSSDELEGATION"},
    {"gssencmode", "PGGSSENCMODE"},
    {"gsslib", "PGGSSLIB"},
    {"hostaddr", "PGHOSTADDR"},
    {"keepalives", ""},
    {"keepalives_count", ""},
    {"keepalives_idle", ""},
    {"keepalives_interval", ""},
    {"krbsrvname", "PGKRBSRVNAME"},
    {"load_balance_hosts", "PGLOADBALANCEHOSTS"},
    {"max_protocol_version", "PGMAXPROTOCOLVERSION"},
    {"min_protocol_version", "PGMINPROTOCOLVERSION"},
    {"options", "PGOPTIONS"},
    {"passfile", "PGPASSFILE"},
    {"require_auth", "PGREQUIREAUTH"},
    {"requirepeer", "PGREQUIREPEER"},
    {"service", "PGSERVICE"},
    {"ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"},
    {"ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"},
    {"sslcert", "PGSSLCERT"},
    {"sslcertmode", "PGSSLCERTMODE"},
    {"sslcompression", "PGSSLCOMPRESSION"},
    {"sslcrl", "PGSSLCRL"},
    {"sslcrldir", "PGSSLCRLDIR"},
    {"sslkey", "PGSSLKEY"},
    {"sslmode", "PGSSLMODE"},
    {"sslnegotiation", "PGSSLNEGOTIATION"},
    {"sslpassword", "PGSSLPASSWORD"},
    {"sslrootcert", "PGSSLROOTCERT"},
    {"sslsni", "PGSSLSNI"},
    {"target_session_attrs", "PGTARGETSESSIONATTRS"},
    {"tcp_user_timeout", ""},
};

// Keywords whose values are fields of a profile. The database goes into the conninfo text, because
// pg_restore requires it there.
constexpr Keyword kFields[] = {
    {"dbname", ""},     {"host", "PGHOST"}, {"password", "PGPASSWORD"},
    {"port", "PGPORT"}, {"user", "PGUSER"},
};

// Defaults for settings that a profile lacks. Keepalives keep the connection that waits for a long
// backup open in firewalls, and detect a dead server.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"application_name", kApplicationName},
    {"client_encoding", "UTF8"},
    {"keepalives_count", "4"},
    {"keepalives_idle", "60"},
    {"keepalives_interval", "15"},
};

const Keyword* Find(std::string_view name) {
  for (const Keyword& keyword : kParameters) {
    if (keyword.name == name) return &keyword;
  }
  for (const Keyword& keyword : kFields) {
    if (keyword.name == name) return &keyword;
  }
  return nullptr;
}

absl::Status UnknownParameter(std::string_view name) {
  const Keyword* nearest = nullptr;
  size_t least = name.size();
  for (const Keyword& keyword : kParameters) {
    const size_t distance = base::EditDistance(name, keyword.name);
    if (distance >= least) continue;
    least = distance;
    nearest = &keyword;
  }
  const bool near = nearest != nullptr && least <= 3;
  return errs::UserError(
      kOp, errs::kInvalidArgument,
      absl::StrCat("the parameter \"", name, "\" is not one of PostgreSQL's"),
      near ? absl::StrCat("did you mean ", nearest->name, "?")
           : "the parameters are libpq's: sslmode, sslrootcert, connect_timeout, options, ...");
}

absl::Status CheckValue(std::string_view name, std::string_view value) {
  if (value.find('\0') == std::string_view::npos) return absl::OkStatus();
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat("the value of ", name, " contains a NUL byte"));
}

// Splits "host:port", "host", "[::1]:port", or a socket directory.
std::pair<std::string_view, std::string_view> SplitHost(std::string_view text) {
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return {text, ""};
    std::string_view port = text.substr(end + 1);
    if (absl::StartsWith(port, ":")) port.remove_prefix(1);
    return {text.substr(1, end - 1), port};
  }
  const size_t colon = text.find(':');
  // An IPv6 address without brackets has several colons.
  if (absl::StartsWith(text, "/") || colon == std::string_view::npos ||
      text.find(':', colon + 1) != std::string_view::npos) {
    return {text, ""};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void SetHosts(const profile::ConnectionProfile& profile, Settings& settings) {
  if (profile.host.empty()) {
    const bool named = settings.contains("service") || settings.contains("hostaddr") ||
                       !profile.environment.GetOrEmpty("PGHOST").empty() ||
                       !profile.environment.GetOrEmpty("PGHOSTADDR").empty() ||
                       !profile.environment.GetOrEmpty("PGSERVICE").empty();
    if (!named) settings["host"] = std::string(kSocketDirectories);
    if (profile.port != 0) settings["port"] = absl::StrCat(profile.port);
    return;
  }
  std::vector<std::string_view> hosts, ports;
  bool any_port = false;
  for (const std::string_view part : absl::StrSplit(profile.host, ',')) {
    const auto [host, port] = SplitHost(part);
    hosts.push_back(host);
    ports.push_back(port);
    any_port = any_port || !port.empty();
  }
  settings["host"] = absl::StrJoin(hosts, ",");
  if (any_port) {
    settings["port"] = absl::StrJoin(ports, ",");
  } else if (profile.port != 0) {
    settings["port"] = absl::StrCat(profile.port);
  }
}

}  // namespace

absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile) {
  Settings settings;
  for (const auto& [name, value] : profile.parameters) {
    const bool known =
        std::any_of(std::begin(kParameters), std::end(kParameters),
                    [&name = name](const Keyword& keyword) { return keyword.name == name; });
    if (!known) return UnknownParameter(name);
    settings[name] = value;
  }
  SetHosts(profile, settings);
  const std::pair<std::string_view, const std::string*> fields[] = {{"user", &profile.user},
                                                                    {"password", &profile.password},
                                                                    {"dbname", &profile.database},
                                                                    {"sslmode", &profile.sslmode}};
  for (const auto& [name, value] : fields) {
    if (!value->empty()) settings[std::string(name)] = *value;
  }
  for (const auto& [name, value] : kDefaults) settings.emplace(name, value);
  for (const auto& [name, value] : settings) RETURN_IF_ERROR(CheckValue(name, value));
  RETURN_IF_ERROR(ConnectTimeout(settings).status());
  return settings;
}

absl::StatusOr<std::chrono::seconds> ConnectTimeout(const Settings& settings) {
  const auto it = settings.find("connect_timeout");
  if (it == settings.end() || it->second.empty()) return kDefaultConnectTimeout;
  int seconds = 0;
  if (!absl::SimpleAtoi(it->second, &seconds) || seconds < 0) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("connect_timeout is \"", it->second, "\""),
                           "it must be a number of seconds, or 0 for no limit");
  }
  return std::chrono::seconds(seconds);
}

ChildSettings SettingsForChild(const Settings& settings) {
  ChildSettings child;
  Settings rest;
  for (const auto& [name, value] : settings) {
    const Keyword* const keyword = Find(name);
    if (keyword == nullptr || value.empty()) continue;
    if (keyword->variable.empty()) {
      rest[name] = value;
    } else if (name == "password" || name == "sslpassword") {
      child.secrets[std::string(keyword->variable)] = value;
    } else {
      child.environment[std::string(keyword->variable)] = value;
    }
  }
  child.conninfo = FormatConninfo(rest);
  return child;
}

std::string_view ForbiddenMethods(const Settings& settings) {
  const auto value = [&](std::string_view name) {
    const auto it = settings.find(name);
    return it == settings.end() ? std::string_view() : std::string_view(it->second);
  };
  if (absl::StartsWith(value("sslmode"), "verify-")) return "";
  const std::string_view host = value("host");
  const std::string_view address = value("hostaddr");
  const bool socket = address.empty() && absl::StartsWith(host, "/");
  if (socket && !base::EverybodyCouldMake(absl::StrCat(host, kAnySocket))) return "";
  const bool abstract = address.empty() && absl::StartsWith(host, "@");
  const bool local = socket || abstract || absl::StartsWith(address, "127.") || address == "::1";
  return local ? "!password" : "!password,!md5";
}

std::string ServiceFile(std::string_view sslpassword) {
  return absl::StrCat("[", kServiceName, "]\nsslpassword=", sslpassword, "\n");
}

std::string FormatConninfo(const Settings& settings) {
  return absl::StrJoin(settings, " ", [](std::string* out, const auto& setting) {
    absl::StrAppend(out, setting.first, "='",
                    absl::StrReplaceAll(setting.second, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
  });
}

}  // namespace siphon::postgres
