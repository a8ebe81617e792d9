// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AWS_PROFILE_H_
#define SIPHON_BASE_AWS_PROFILE_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/environment.h"

namespace siphon::aws {

// The settings of a file such as ~/.aws/config by section and name: "[profile dev]" is the section
// "profile dev". Lines that begin with '#' or ';' are comments; a line that begins with a space
// belongs to a nested setting and is skipped. Names are in lower case. errs::kConfigInvalid with
// the number of the line for other text, which is not quoted because it may be a secret.
using Sections = std::map<std::string, std::map<std::string, std::string>>;
absl::StatusOr<Sections> ParseProfiles(std::string_view text);

// The settings of one profile, from $AWS_CONFIG_FILE (else ~/.aws/config) and
// $AWS_SHARED_CREDENTIALS_FILE (else ~/.aws/credentials), which wins. Empty if no file has the
// profile.
absl::StatusOr<std::map<std::string, std::string>> ReadProfile(const base::Environment& environment,
                                                               std::string_view profile);

// The credentials for requests. `profile` names a profile of the files; if it is empty, the
// environment is read first (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), then the
// profile in AWS_PROFILE, else "default". errs::kSecretUnavailable if there are none, or if the
// profile gets its credentials in a way that this version does not know (credential_process,
// role_arn, SSO).
absl::StatusOr<Credentials> FindCredentials(const base::Environment& environment,
                                            std::string_view profile);

// The region: AWS_REGION, AWS_DEFAULT_REGION, then the profile as above; "" if none is named.
absl::StatusOr<std::string> FindRegion(const base::Environment& environment,
                                       std::string_view profile);

}  // namespace siphon::aws

#endif  // SIPHON_BASE_AWS_PROFILE_H_
