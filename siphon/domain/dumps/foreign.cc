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

absl::Status Refuse(std::string_view what, std::string_view hint) {
  return errs::UserError("dumps import", errs::kInvalidArgument, absl::StrCat("the file is ", what),
                         hint);
}

}  // namespace

absl::Status CheckForeign(std::string_view driver, std::string_view head) {
  for (const Packed& packed : kPacked) {
    if (!absl::StartsWith(head, packed.magic)) continue;
    const std::string_view from = packed.name == "zip" ? " FILE" : " < FILE";
    return Refuse(absl::StrCat("compressed with ", packed.name),
                  absl::StrCat("unpack it: ", packed.program, from,
                               " | siphon dumps import - --profile PROFILE"));
  }
  if (absl::StartsWith(head, kEnvelopeMagic)) {
    return Refuse("a dump of siphon",
                  "restore it as it is: siphon restore ./FILE --profile PROFILE; or copy it with "
                  "its .meta.json into the directory of the catalogue");
  }
  if (driver != "postgres") return absl::OkStatus();
  constexpr std::string_view kCustom = "make it with pg_dump --format=custom";
  if (absl::StrContains(head, "-- PostgreSQL database dump")) {
    return Refuse("a plain SQL script of pg_dump",
                  absl::StrCat(kCustom, "; psql restores this one"));
  }
  if (absl::StrContains(head, "-- PostgreSQL database cluster dump")) {
    return Refuse("a script of pg_dumpall, of several databases",
                  "dump each database with pg_dump --format=custom; psql restores this one");
  }
  if (head.size() > kTarMark && absl::StartsWith(head.substr(kTarMark), "ustar")) {
    return Refuse("a tar archive", absl::StrCat(kCustom, "; pg_restore may restore this one"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::dumps
