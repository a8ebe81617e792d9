// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_NOTIFY_PARSE_H_
#define SIPHON_DOMAIN_CONFIG_NOTIFY_PARSE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/yaml_reader.h"
#include "siphon/domain/config/yaml_tree.h"

namespace siphon::config {

// Makes a reader of a secret reference.
using SecretReader = std::function<YamlReader::ReadFunction(std::string& out)>;

// Reads the list `notify` (docs/notify.md) into Loaded::config and Loaded::unusable_notifications.
absl::Status ParseNotify(YamlReader& reader, const SecretReader& secret, const YamlNode& node,
                         const std::string& where, Loaded& out);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_NOTIFY_PARSE_H_
