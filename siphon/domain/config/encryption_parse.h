// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_ENCRYPTION_PARSE_H_
#define SIPHON_DOMAIN_CONFIG_ENCRYPTION_PARSE_H_

#include <string>

#include "absl/status/status.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/notify_parse.h"
#include "siphon/domain/config/yaml_reader.h"
#include "siphon/domain/config/yaml_tree.h"

namespace siphon::config {

// Reads the section `encryption` (docs/encryption.md). All faults are errors, unknown keys and
// recipients included, because a backup without its recipients would be written clear.
absl::Status ParseEncryption(YamlReader& reader, const SecretReader& secret, const YamlNode& node,
                             const std::string& where, Encryption& out);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_ENCRYPTION_PARSE_H_
