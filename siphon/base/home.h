// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_HOME_H_
#define SIPHON_BASE_HOME_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "siphon/base/environment.h"

namespace siphon::base {

// The home directory of a user in the text of /etc/passwd (passwd(5)); empty if it has none, or no
// absolute path.
std::string HomeInPasswd(std::string_view passwd, uid_t user);

// `environment` with HOME: if it is not set or empty, it becomes the home directory of the
// effective user in /etc/passwd, so that a service that runs without HOME has the same
// configuration and catalogue as its user has in a shell. Stays without HOME if the user has none
// there.
Environment WithHome(Environment environment);

}  // namespace siphon::base

#endif  // SIPHON_BASE_HOME_H_
