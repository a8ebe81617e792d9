// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_DUMP_OPTIONS_H_
#define SIPHON_CLI_DUMP_OPTIONS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/cli/command.h"
#include "siphon/cli/parser.h"
#include "siphon/domain/dumps/selector.h"

namespace siphon::cli {

// The kinds of a dump as values of an option; "any" stands for all of them.
std::vector<std::string> KindNames(bool with_any);

// The argument and the options that choose one dump, the same for every command.
class DumpOptions {
 public:
  // `names` is the list for the argument: "dump-id", "dump-id,--dump".
  void AddTo(Parser& parser, std::string_view names = "dump-id");
  // errs::kInvalidArgument if neither the argument nor an option is given, or if a time is not
  // valid. `op` is the command: "verify".
  absl::StatusOr<dumps::Selector> Get(const Invocation& invocation, std::string_view op) const;
  // The argument, if it names a file and not a dump of the catalogue: "-", or a text with a '/'.
  // errs::kInvalidArgument if conditions are given with it.
  absl::StatusOr<std::optional<std::string>> GetFile() const;
  // True if the argument or an option is given.
  bool given() const;

 private:
  std::string dump_, before_, kind_;
  std::vector<std::string> tags_;
};

}  // namespace siphon::cli

#endif  // SIPHON_CLI_DUMP_OPTIONS_H_
