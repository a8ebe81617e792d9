// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_JSON_H_
#define SIPHON_CLI_JSON_H_

#include <vector>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::cli {

using Json = nlohmann::ordered_json;

// The objects that --json prints (docs/json.md). The password of a profile appears as described by
// secrets::Describe(), never in clear text.
Json ToJson(const dumps::Sidecar& sidecar);
Json ToJson(const std::vector<dumps::TableInfo>& tables);
Json ToJson(const dumps::Pin& pin);
// Adds "tags", "pin" and "verifications" to the object of a dump, where there are some.
void AddNotes(const dumps::Notes& notes, Json& json);
Json ToJson(const verbs::Schema& schema);
Json ToJson(const profile::Profile& profile);
Json Milliseconds(absl::Duration duration);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_JSON_H_
