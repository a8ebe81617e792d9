// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_YAML_TREE_H_
#define SIPHON_DOMAIN_CONFIG_YAML_TREE_H_

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace siphon::config {

struct YamlNode;

// One "key: value" of a mapping.
struct YamlEntry {
  const YamlNode* key = nullptr;
  const YamlNode* value = nullptr;
  bool alias = false;  // `value` is an alias of a node elsewhere in the text ("key: *name").
};

// A node of a YAML text with its place.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  bool plain = false;  // A scalar without quotes.
  bool flow = false;   // A collection in [] or {}.
  std::string tag;     // An explicit tag, resolved, or "".
  std::string value;   // The value of a scalar.
  std::vector<const YamlNode*> items;
  std::vector<YamlEntry> entries;
  int line = 0;      // Counted from 1.
  int column = 0;    // In bytes, counted from 0.
  int end_line = 0;  // The node extends at least to this line; 0 if not known.

  bool IsMergeKey() const { return plain && value == "<<" && kind == Kind::kScalar; }
};

// A YAML document. Keys are text and unique in their mapping. Aliases share nodes, so a node may
// contain itself: limit the depth of a walk.
class YamlTree {
 public:
  // Limits against hostile files.
  static constexpr size_t kMaxBytes = size_t{1} << 20;
  static constexpr size_t kMaxNodes = 20000;
  static constexpr int kMaxDepth = 64;

  // Parses `text`, which may begin with a byte order mark. Empty text is a null node. Errors are
  // errs::kConfigInvalid and name `path` and the line. Never throws.
  static absl::StatusOr<YamlTree> Parse(std::string_view text, std::string_view path);

  const YamlNode& root() const { return *root_; }

 private:
  friend class YamlTreeBuilder;
  std::deque<YamlNode> nodes_;  // Owns the nodes; their addresses do not change.
  const YamlNode* root_ = nullptr;
};

// `text` for an error message: shortened, with control characters and quotes escaped.
std::string ShownText(std::string_view text);

// The error errs::kConfigInvalid with the detail "<path>:<line>: <detail>"; without the line if it
// is 0.
absl::Status ConfigError(std::string_view path, int line, std::string_view detail,
                         std::string_view hint = "");

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_YAML_TREE_H_
