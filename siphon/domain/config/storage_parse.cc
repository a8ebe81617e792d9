// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/storage_parse.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"

namespace siphon::config {

absl::Status ParseStorage(YamlReader& reader, const SecretReader& secret,
                          const UnusedReader& unused, const YamlNode& node,
                          const std::string& where, Storage& out) {
  const auto type = [&](const YamlNode& type_node, const std::string& type_where) -> absl::Status {
    RETURN_IF_ERROR(reader.TextInto(out.type)(type_node, type_where));
    if (out.type == "local" || out.type == "s3" || out.type == "sftp") {
      return absl::OkStatus();
    }
    return reader.Fail(
        type_node, type_where,
        absl::StrCat("must be local, s3 or sftp, is \"", ShownText(type_node.value), "\""));
  };
  const auto path_style = [&](const YamlNode& style, const std::string& place) -> absl::Status {
    if (style.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    return reader.BoolInto(out.path_style.emplace())(style, place);
  };
  // The local store does not use the other keys.
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader.Entries(node, where));
  const bool local = std::none_of(entries.begin(), entries.end(), [](const YamlEntry& entry) {
    return entry.key->value == "type" && !entry.value->value.empty() &&
           entry.value->value != "local";
  });
  const auto used = [&](YamlReader::ReadFunction read) {
    return local ? unused(std::move(read)) : read;
  };
  RETURN_IF_ERROR(reader.ReadFields(node, where,
                                    {{"type", type},
                                     {"bucket", used(reader.TextInto(out.bucket))},
                                     {"prefix", used(reader.TextInto(out.prefix))},
                                     {"region", used(reader.TextInto(out.region))},
                                     {"endpoint", used(reader.TextInto(out.endpoint))},
                                     {"path_style", used(path_style)},
                                     {"aws_profile", used(reader.TextInto(out.aws_profile))},
                                     {"access_key", used(reader.TextInto(out.access_key))},
                                     {"secret_key", used(secret(out.secret_key))},
                                     {"session_token", used(secret(out.session_token))},
                                     {"ca_file", used(reader.PathInto(out.ca_file))},
                                     {"part_size", used(reader.TextInto(out.part_size))},
                                     {"host", used(reader.TextInto(out.host))},
                                     {"user", used(reader.TextInto(out.user))},
                                     {"path", used(reader.TextInto(out.path))},
                                     {"port", used(reader.IntInto(out.port, 1, 65535))},
                                     {"identity_file", used(reader.PathInto(out.identity_file))},
                                     {"known_hosts", used(reader.PathInto(out.known_hosts))},
                                     {"ssh_config", used(reader.PathInto(out.ssh_config))}}));
  if (out.type == "s3" && out.bucket.empty()) {
    RETURN_IF_ERROR(reader.TakeUnset());
    return reader.Fail(node, where, "type s3 needs a bucket", "add bucket: NAME to storage");
  }
  if (out.type == "sftp" && (out.host.empty() || out.path.empty())) {
    RETURN_IF_ERROR(reader.TakeUnset());
    return reader.Fail(node, where, "type sftp needs a host and a path",
                       "add host: NAME and path: FOLDER to storage");
  }
  return absl::OkStatus();
}

}  // namespace siphon::config
