// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_MIGRATE_COMMAND_H_
#define SIPHON_CLI_MIGRATE_COMMAND_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/migrate.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/input_reader.h"
#include "siphon/cli/json.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {

// Options of every migrate command, before or after its name.
struct TargetOptions {
  std::string path, source, database;
  int prefetch = 0;  // Has no effect.
  std::string lock_timeout = "15s";
};

class MigrateCommand : public Command {
 public:
  void Share(std::shared_ptr<TargetOptions> options) { options_ = std::move(options); }

 protected:
  // `reader` reads standard input for the source; it must outlive the target.
  absl::StatusOr<app::MigrateTarget> Target(const Invocation& invocation,
                                            InputReader& reader) const {
    app::MigrateTarget target;
    target.path = options_->source.empty() ? options_->path : options_->source;
    target.database = options_->database;
    if (target.database.empty()) {
      target.database = invocation.env.environment->GetOrEmpty("DATABASE_URL");
      if (!target.database.empty()) {
        invocation.context.Message(
            "migrate", absl::StrCat("DATABASE_URL is ", profile::RedactUrl(target.database)));
      }
    }
    target.standard_input = &reader;
    int64_t seconds = 0;
    if (absl::SimpleAtoi(options_->lock_timeout, &seconds) && seconds >= 0) {
      target.lock_timeout =
          std::chrono::seconds(seconds);  // A number of seconds, as in golang-migrate.
    } else {
      ASSIGN_OR_RETURN(const absl::Duration timeout, base::ParseDuration(options_->lock_timeout));
      target.lock_timeout = absl::ToChronoNanoseconds(timeout);
    }
    return target;
  }

  // Ends the help text with these lines, one example each.
  static void ShowExamples(Parser& parser, std::string_view examples) {
    parser.Footer(
        absl::StrCat("'siphon migrate --help' shows the options of all migrate commands, such as "
                     "--path and --database.\n\nExamples:\n",
                     examples));
  }

 private:
  std::shared_ptr<TargetOptions> options_;
};

// null for kNilVersion.
inline Json VersionJson(int64_t version) {
  return version == migrate::kNilVersion ? Json(nullptr) : Json(version);
}

// "1 migration", "2 migrations".
inline std::string Count(size_t n, std::string_view one) {
  return absl::StrCat(n, " ", one, n == 1 ? "" : "s");
}

// Adds a migrate command of type C under `parent`, with the shared `options`.
template <typename C>
void AddMigrate(Parser& parent, std::string_view name, std::string_view summary,
                Selection& selection, const std::shared_ptr<TargetOptions>& options) {
  auto command = std::make_shared<C>();
  command->Share(options);
  Parser parser = parent.AddCommand(name, summary);
  command->Define(parser);
  parser.OnParsed([&selection, command] { selection.command = command; });
}

// Adds the commands that change nothing: status, history and verify.
void DefineMigrateShow(Parser& migrate, Selection& selection,
                       const std::shared_ptr<TargetOptions>& options);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_MIGRATE_COMMAND_H_
