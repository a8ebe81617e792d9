// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/encryption_parse.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/keys.h"
#include "siphon/domain/dumps/encryption.h"

namespace siphon::config {
namespace {

// The path of item `i` of a list.
std::string ItemOf(const std::string& where, size_t i) { return absl::StrCat(where, "[", i, "]"); }

// The nodes of a list that has at least one.
absl::StatusOr<std::vector<const YamlNode*>> Items(YamlReader& reader, const YamlNode& node,
                                                   const std::string& where,
                                                   std::string_view example) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) {
    return reader.Fail(node, where, absl::StrCat("must be a list (\"- ", example, "\" lines)"),
                       "to write clear dumps, remove the key");
  }
  return node.items;
}

absl::Status ReadRecipient(YamlReader& reader, const YamlNode& node, const std::string& where,
                           Encryption& out) {
  // A private key, put here by mistake, is not quoted.
  ASSIGN_OR_RETURN(const Expansion text, reader.SecretText(node, where));
  absl::Status unset = reader.TakeUnset();
  RETURN_IF_ERROR(unset);
  const absl::StatusOr<age::Recipient> recipient = age::ParseRecipient(text.text);
  if (!recipient.ok()) {
    const errs::Error error = errs::GetError(recipient.status()).value_or(errs::Error{});
    return reader.Fail(node, where, error.detail, error.hint);
  }
  for (const age::Recipient& other : out.recipients) {
    if (other == *recipient) return reader.Fail(node, where, "the recipient is named twice");
  }
  out.recipients.push_back(*recipient);
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseEncryption(YamlReader& reader, const SecretReader& secret, const YamlNode& node,
                             const std::string& where, Encryption& out) {
  if (node.kind == YamlNode::Kind::kNull) {
    return reader.Fail(node, where, "has no keys", "name recipients, or remove the section");
  }
  const auto recipients = [&](const YamlNode& list, const std::string& place) -> absl::Status {
    ASSIGN_OR_RETURN(const auto items, Items(reader, list, place, "age1..."));
    if (items.size() > dumps::kMaxDumpRecipients) {
      return reader.Fail(list, place,
                         absl::StrCat("has ", items.size(), " recipients; at most ",
                                      dumps::kMaxDumpRecipients, " fit a dump"));
    }
    for (size_t i = 0; i < items.size(); ++i) {
      RETURN_IF_ERROR(ReadRecipient(reader, *items[i], ItemOf(place, i), out));
    }
    return absl::OkStatus();
  };
  const auto identities = [&](const YamlNode& list, const std::string& place) -> absl::Status {
    ASSIGN_OR_RETURN(const auto items, Items(reader, list, place, "/path/of/a/file"));
    for (size_t i = 0; i < items.size(); ++i) {
      std::string path;
      RETURN_IF_ERROR(reader.PathInto(path)(*items[i], ItemOf(place, i)));
      absl::Status unset = reader.TakeUnset();
      RETURN_IF_ERROR(unset);
      if (path.empty()) return reader.Fail(*items[i], ItemOf(place, i), "names no file");
      out.identities.push_back(std::move(path));
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader.Entries(node, where));
  for (const YamlEntry& entry : entries) {
    const std::string& key = entry.key->value;
    if (key == "recipients" || key == "identities" || key == "passphrase") continue;
    return reader.Fail(*entry.key, where, absl::StrCat("unknown key \"", ShownText(key), "\""),
                       "the keys are recipients, identities and passphrase");
  }
  return reader.ReadFields(node, where,
                           {{"recipients", recipients},
                            {"identities", identities},
                            {"passphrase", secret(out.passphrase)}});
}

}  // namespace siphon::config
