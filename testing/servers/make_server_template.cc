// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Makes the data folder of a server that tests begin with; see server_template.h.
//
// usage: make_server_template NAME INDEX ARCHIVE

#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/servers/mysql_template.h"
#include "testing/servers/postgres_template.h"
#include "testing/servers/server_index.h"
#include "testing/servers/server_template.h"

namespace siphon::testing {
namespace {

absl::Status Make(const std::string& name, const std::string& index, const std::string& archive) {
  ASSIGN_OR_RETURN(const std::string servers, base::ReadFile(index, size_t{1} << 20));
  const absl::StatusOr<InstalledServer> installed = FindServerIn(servers, name);
  if (!installed.ok()) {
    // The build does not fail for this; a test that needs the server does.
    std::cerr << installed.status().message() << "\n";
    return base::WriteFileAtomically(archive, "", 0644);
  }
  return PackServerTemplate(
      [&](const std::string& folder) {
        const std::string password(kTemplatePassword);
        std::string_view version = name;
        int major = 0;
        if (absl::ConsumePrefix(&version, "postgresql-") && absl::SimpleAtoi(version, &major)) {
          return InitializePostgres(*installed, major, password, folder);
        }
        return InitializeMysql(*installed, name, absl::StartsWith(name, "mariadb"), password,
                               folder);
      },
      archive);
}

}  // namespace
}  // namespace siphon::testing

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: make_server_template NAME INDEX ARCHIVE\n";
    return 2;
  }
  const absl::Status status = siphon::testing::Make(argv[1], argv[2], argv[3]);
  if (status.ok()) return 0;
  std::cerr << argv[1] << ": " << status.message() << "\n";
  return 1;
}
