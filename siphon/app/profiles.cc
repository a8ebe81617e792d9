// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/profiles.h"

#include "errs/status_macros.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"
#include "siphon/driver/registry.h"

namespace siphon::app {

absl::Status AddProfile(Session& session, const profile::Profile& profile) {
  RETURN_IF_ERROR(config::ValidateProfileName(profile.name));
  RETURN_IF_ERROR(driver::Get(profile.driver).status());
  RETURN_IF_ERROR(secrets::ParseReference(profile.password).status());
  for (const auto& [name, value] : profile.parameters) {
    if (profile::IsSecretParameter(name)) {
      RETURN_IF_ERROR(secrets::ParseReference(value).status());
    }
  }
  ASSIGN_OR_RETURN(const std::string text,
                   config::AddProfile(session.config(), profile, session.environment()));
  return config::Save(session.config().path, text);
}

absl::Status RemoveProfile(Session& session, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text,
                   config::RemoveProfile(session.config(), name, session.environment()));
  return config::Save(session.config().path, text);
}

}  // namespace siphon::app
