// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/foreign.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/domain/dumps/envelope.h"

namespace siphon::dumps {
namespace {

using std::string_view_literals::operator""sv;

struct Packed {
  std::string_view magic;
  std::string_view name;
  std::string_view program;  // Unpacks standard input to standard output.
};
constexpr Packed kPacked[] = {{"\x1f\x8b"sv, "gzip", "gunzip"},
                              {"\x28\xb5\x2f\xfd"sv, "zstd", "zstd -d"},
                              {"\xfd"
                               "7zXZ\0"sv,
                               "xz", "xz -d"},
                              {"BZh"sv, "bzip2", "bunzip2"},
                              {"PK\x03\x04"sv, "zip", "unzip -p"}};
// The mark of a tar archive (pax(1), ustar interchange format).
constexpr size_t kTarMark = 257;

// The beginnings of the files of one engine.
struct Mark {
  std::string_view begin;
  std::string_view engine;  // As in profiles; "mysql" for both forks.
  std::string_view what;
};
constexpr Mark kMarks[] = {
    // PostgreSQL: WriteHead() in pg_backup_archiver.c, and the comments of pg_dump and pg_dumpall.
    {"PGDMP", "postgres", "an archive of pg_dump"},
    {"--\n-- PostgreSQL database dump\n", "postgres", "a plain SQL script of pg_dump"},
    {"--\n-- PostgreSQL database cluster dump\n", "postgres", "a script of pg_dumpall"},
    // SQLite: "Database File Format", 1.3, and the command .dump of its shell.
    {"SQLite format 3\0"sv, "sqlite", "a database file of SQLite"},
    {"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "sqlite", "a script of sqlite3"},
    // mysqldump and mariadb-dump: write_header() in client/mysqldump.cc.
    {"-- MySQL dump ", "mysql", "a script of mysqldump"},
    {"-- MariaDB dump ", "mysql", "a script of mariadb-dump"},
    {"/*M!999999\\- enable the sandbox mode */", "mysql", "a script of mariadb-dump"}};

std::string_view Family(std::string_view driver) { return driver == "mariadb" ? "mysql" : driver; }

class Refusal {
 public:
  explicit Refusal(std::string_view name) : name_(name) {}
  absl::Status operator()(std::string_view what, std::string_view hint) const {
    return errs::UserError("dumps import", errs::kInvalidArgument,
                           absl::StrCat(name_, " is ", what), hint);
  }

 private:
  const std::string_view name_;
};

}  // namespace

absl::Status CheckForeign(std::string_view name, std::string_view driver, std::string_view head) {
  const Refusal refuse(name);
  for (const Packed& packed : kPacked) {
    if (!absl::StartsWith(head, packed.magic)) continue;
    const std::string_view from = packed.name == "zip" ? " FILE" : " < FILE";
    return refuse(absl::StrCat("compressed with ", packed.name),
                  absl::StrCat("unpack it: ", packed.program, from,
                               " | siphon dumps import - --profile PROFILE"));
  }
  if (absl::StartsWith(head, kEnvelopeMagic)) {
    return refuse("a dump of siphon",
                  "restore it as it is: siphon restore ./FILE --profile PROFILE; or copy it with "
                  "its .meta.json into the directory of the catalogue");
  }
  for (const Mark& mark : kMarks) {
    if (mark.engine == Family(driver) || !absl::StartsWith(head, mark.begin)) continue;
    return refuse(
        absl::StrCat(mark.what, ", and the profile is of ", driver),
        absl::StrCat("name a profile of ",
                     mark.engine == "mysql" ? "mysql or mariadb" : mark.engine, " with --profile"));
  }
  if (driver != "postgres") return absl::OkStatus();
  constexpr std::string_view kCustom = "make it with pg_dump --format=custom";
  if (absl::StrContains(head, "-- PostgreSQL database dump")) {
    return refuse("a plain SQL script of pg_dump",
                  absl::StrCat(kCustom, "; psql restores this one"));
  }
  if (absl::StrContains(head, "-- PostgreSQL database cluster dump")) {
    return refuse("a script of pg_dumpall, of several databases",
                  "dump each database with pg_dump --format=custom; psql restores this one");
  }
  if (head.size() > kTarMark && absl::StartsWith(head.substr(kTarMark), "ustar")) {
    return refuse("a tar archive", absl::StrCat(kCustom, "; pg_restore may restore this one"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::dumps
