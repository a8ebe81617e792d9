// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_DESCRIBE_H_
#define SIPHON_CLI_DESCRIBE_H_

#include "nlohmann/json.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace siphon::cli {

// The commands and options below `app` as JSON, for tools/manual:
//   {"name", "aliases": ["other name"]?, "summary", "footer", "commands": [the same],
//    "options": [{"names": ["-o", "--output"], "argument": "profile"?, "value": "FILE"?,
//                 "description", "required"?, "repeated"?, "default"?}]}
// A flag has no "value". Hidden commands and options are left out.
nlohmann::ordered_json Describe(const CLI::App& app);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_DESCRIBE_H_
