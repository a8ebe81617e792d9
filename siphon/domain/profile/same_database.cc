// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/same_database.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::profile {
namespace {

constexpr std::string_view kMysql = "mysql";
constexpr std::string_view kSqlite = "sqlite";
constexpr int kPostgresPort = 5432;
constexpr int kMysqlPort = 3306;

std::string_view Family(const Profile& profile) {
  return profile.driver == "mariadb" ? kMysql : std::string_view(profile.driver);
}

// The host in lower case; empty for this machine.
std::string Host(const Profile& profile) {
  std::string host = absl::AsciiStrToLower(profile.host);
  if (absl::StartsWith(host, "/") || host == "localhost" || host == "127.0.0.1" || host == "::1" ||
      host == "[::1]") {
    return "";
  }
  return host;
}

int Port(const Profile& profile) {
  if (profile.port != 0) return profile.port;
  return Family(profile) == kMysql ? kMysqlPort : kPostgresPort;
}

// libpq connects to the database of the user's name.
std::string_view Database(const Profile& profile) {
  return profile.database.empty() ? profile.user : profile.database;
}

std::string File(const Profile& profile) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::weakly_canonical(profile.database, error);
  if (error) return profile.database;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path.string() : absolute.lexically_normal().string();
}

}  // namespace

bool IsSameDatabase(const Profile& a, const Profile& b) {
  if (Family(a) != Family(b)) return false;
  if (Family(a) == kSqlite) return File(a) == File(b);
  return Host(a) == Host(b) && Port(a) == Port(b) && Database(a) == Database(b);
}

}  // namespace siphon::profile
