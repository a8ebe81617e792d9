// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_YAML_READER_H_
#define SIPHON_DOMAIN_CONFIG_YAML_READER_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/expand.h"
#include "siphon/domain/config/yaml_tree.h"

namespace siphon::config {

// Reads typed values from a YamlTree. `where` is the path of a value in the configuration, such as
// "profiles.prod.port"; errors name file, line and path. A null value or empty text counts as not
// given and does not change the destination.
//
// A value with a variable that is not set counts as not given, too, so that only those who use it
// fail: the first one is kept for TakeUnset().
class YamlReader {
 public:
  using ReadFunction = std::function<absl::Status(const YamlNode& node, const std::string& where)>;
  struct Field {
    std::string_view key;
    ReadFunction read;
  };

  // The arguments must outlive the reader.
  YamlReader(const std::string& path, const base::Environment& environment,
             std::vector<Finding>& findings)
      : path_(path), environment_(environment), findings_(findings) {}

  // The entries of a mapping, including those merged by "<<". The mapping's own keys take
  // precedence, then the earlier of several merged mappings. Null is an empty mapping.
  absl::StatusOr<std::vector<YamlEntry>> Entries(const YamlNode& node, const std::string& where);

  // Reads each entry of a mapping with the Field of its key. An unknown key is a finding, unless it
  // begins with "x-": such keys are for the user, for example to hold anchors.
  absl::Status ReadFields(const YamlNode& node, const std::string& where,
                          const std::vector<Field>& fields);

  // A scalar with its variables expanded.
  absl::StatusOr<Expansion> Text(const YamlNode& node, const std::string& where);
  // The same for a secret: errors do not quote the text.
  absl::StatusOr<Expansion> SecretText(const YamlNode& node, const std::string& where);

  // Readers for a Field; `out` must outlive them.
  ReadFunction TextInto(std::string& out);
  ReadFunction BoolInto(bool& out);
  // For a whole number in [min, max].
  ReadFunction IntInto(int& out, int min, int max);
  ReadFunction IntInto(std::optional<int>& out, int min, int max);
  // A duration of 0 counts as not given.
  ReadFunction DurationInto(std::optional<absl::Duration>& out);
  // For a path; a leading "~/" is the home directory.
  ReadFunction PathInto(std::string& out);

  // The error of the first value with a variable that is not set, since the last call; OK if there
  // is none.
  absl::Status TakeUnset() { return std::exchange(unset_, absl::OkStatus()); }
  void PutUnset(absl::Status unset) { unset_ = std::move(unset); }

  absl::Status Fail(const YamlNode& node, const std::string& where, std::string_view detail,
                    std::string_view hint = "") const;
  void Note(const YamlNode& node, std::string message);

 private:
  absl::Status Merge(const YamlNode& source, const std::string& where, int depth,
                     std::map<std::string_view, bool>& seen, std::vector<YamlEntry>& entries);
  absl::StatusOr<std::optional<int>> Int(const YamlNode& node, const std::string& where, int min,
                                         int max);
  // `failure`, unless `cause` is a variable that is not set.
  absl::Status Defer(const absl::Status& cause, absl::Status failure);
  void NoteUnknownKey(const YamlNode& key, const std::string& where,
                      const std::vector<Field>& fields);

  const std::string& path_;
  const base::Environment& environment_;
  std::vector<Finding>& findings_;
  absl::Status unset_;
  int merge_steps_ = 0;
};

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_YAML_READER_H_
