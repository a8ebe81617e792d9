// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Initialised data folders of servers, for postgres.cc and mysql.cc. To initialise one takes a
// server seconds, so the build does it once for every server and tests unpack the result.

#ifndef TESTING_SERVERS_SERVER_TEMPLATE_H_
#define TESTING_SERVERS_SERVER_TEMPLATE_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::testing {

// The superuser's password in the data folders that the build makes.
inline constexpr std::string_view kTemplatePassword = "the superuser's password";

// Makes the folder `folder`/data, an initialised data folder.
using InitializeServer = std::function<absl::Status(const std::string& folder)>;

// Makes `data` (which must not exist) an initialised data folder of the server `name`, as in
// "postgresql-17". With kTemplatePassword it is the one that the build made. With another password,
// or where the build could not make one, `initialize` makes it, once for a test program.
absl::Status CopyServerTemplate(const std::string& name, const std::string& password,
                                const InitializeServer& initialize, const std::string& data);

// For the build: has `initialize` make a data folder and packs it into `archive`. An archive
// without a byte stands for a server that is not installed.
absl::Status PackServerTemplate(const InitializeServer& initialize, const std::string& archive);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_TEMPLATE_H_
