// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_SESSION_H_
#define SIPHON_APP_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/secrets/secrets.h"
#include "siphon/domain/storage/leases.h"
#include "siphon/domain/storage/store.h"

namespace siphon::app {

// Shows `question` and asks the user to type `expected`. errs::kConfirmationRefused if the user
// types something else, or if there is no terminal.
using Confirmer = std::function<absl::Status(std::string_view question, std::string_view expected)>;

// Asks a question that is answered with yes or no. errs::kConfirmationRefused if the answer is no.
using Asker = std::function<absl::Status(std::string_view op, std::string_view question)>;

// The configuration, the catalogue and the secrets for the verbs of one command.
class Session {
 public:
  struct Options {
    std::string config_path;               // Empty: config::DefaultPath().
    bool config_must_exist = false;        // A missing file is errs::kNotFound.
    const base::Environment* environment;  // Must outlive the session, as must `clock`.
    const base::Clock* clock;
    secrets::Resolver::Prompter prompter;  // May be null.
    Confirmer confirmer;                   // May be null; then every confirmation is refused.
    Asker asker = {};                      // Null without a terminal.
  };
  // Reads the configuration; errs::kConfigInvalid if it is not valid.
  static absl::StatusOr<std::unique_ptr<Session>> Open(Options options);

  // The profile of a name or a database URL; "prod/shop" is the profile prod with the database
  // shop. errs::kNotFound lists the existing profiles; errs::kConfigInvalid for one with a variable
  // that is not set.
  absl::StatusOr<profile::Profile> FindProfile(std::string_view name_or_url) const;
  // "prod" of "prod/shop"; every other name and every URL as it is.
  static std::string_view ServerOf(std::string_view name_or_url);
  // Resolves the secrets of a profile; call it just before the driver connects. `tools` is the
  // option of the command line, which overrides profile and configuration.
  absl::StatusOr<profile::ConnectionProfile> Resolve(
      const profile::Profile& profile, std::optional<profile::Tools> tools = std::nullopt) const;

  // The policy for an engine's tools: `requested` (from the command line or a profile), else the
  // default of the configuration, else kAuto.
  profile::Tools ChooseTools(std::optional<profile::Tools> requested) const;

  // Asks the user to confirm a destructive `op` ("restore") on `profile`, where the profile's group
  // requires it (confirm_destructive). `assume_yes` answers yes. Refuses a group with require_2fa:
  // this version cannot ask for the code, and must not continue without it. A database URL and
  // "prod/shop" are in the groups of all profiles that name the same database.
  absl::Status ConfirmDestructive(const profile::Profile& profile, std::string_view op,
                                  bool assume_yes) const;

  // Asks the user to type `expected`, unless `assume_yes`; errs::kConfirmationRefused.
  absl::Status Confirm(std::string_view op, std::string_view question, std::string_view expected,
                       bool assume_yes) const;

  // True if ConfirmDestructive() asks for the name of the profile.
  bool IsConfirmedByName(const profile::Profile& profile) const;

  // True if there is a terminal for Ask().
  bool can_ask() const { return options_.asker != nullptr; }
  absl::Status Ask(std::string_view op, std::string_view question) const {
    return options_.asker(op, question);
  }

  // A directory of this machine for scratch files; created if the dumps are elsewhere.
  absl::StatusOr<std::string> ScratchDirectory() const;

  const config::Loaded& config() const { return config_; }
  const base::Environment& environment() const { return *options_.environment; }
  const base::Clock& clock() const { return *options_.clock; }
  dumps::Catalog& catalog() { return *catalog_; }
  storage::Leases& leases() { return *leases_; }
  // The keys of the configuration, for every catalogue that a verb makes.
  const dumps::Encryption& encryption() const { return *encryption_; }

 private:
  // A profile with its group, for a profile that is in one or a URL of the same database.
  struct Gate {
    const profile::Profile* profile;
    const config::Group* group;
  };
  std::vector<Gate> GatesOf(const profile::Profile& profile) const;
  absl::Status OpenStore();

  explicit Session(Options options) : options_(std::move(options)) {}

  Options options_;
  config::Loaded config_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::Leases> leases_;
  std::unique_ptr<dumps::Encryption> encryption_;
  std::unique_ptr<dumps::Catalog> catalog_;
};

}  // namespace siphon::app

#endif  // SIPHON_APP_SESSION_H_
