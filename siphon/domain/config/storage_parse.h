// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_STORAGE_PARSE_H_
#define SIPHON_DOMAIN_CONFIG_STORAGE_PARSE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/notify_parse.h"
#include "siphon/domain/config/yaml_reader.h"
#include "siphon/domain/config/yaml_tree.h"

namespace siphon::config {

// Makes a reader of a value that is not used from one of its value: a variable that is not set is a
// finding then.
using UnusedReader = std::function<YamlReader::ReadFunction(YamlReader::ReadFunction read)>;

// Reads the section `storage` (docs/stores.md). A store in a folder does not use the keys of the
// others.
absl::Status ParseStorage(YamlReader& reader, const SecretReader& secret,
                          const UnusedReader& unused, const YamlNode& node,
                          const std::string& where, Storage& out);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_STORAGE_PARSE_H_
