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
  bool alias = false;  // `value` stands elsewhere in the text ("key: *name").
};

// A node of a YAML text, with the place that it was read from.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  bool plain = false;  // A scalar without quotes.
  bool flow = false;   // A collection in [] or {}.
  std::string tag;     // An explicit tag, resolved; else empty.
  std::string value;   // A scalar's.
  std::vector<const YamlNode*> items;
  std::vector<YamlEntry> entries;
  int line = 0;      // 1-based.
  int column = 0;    // 0-based, in bytes.
  int end_line = 0;  // At least this line belongs to the node too; 0 when none is known.

  bool IsMergeKey() const { return plain && value == "<<" && kind == Kind::kScalar; }
};

// A YAML document whose keys are text, each once in its mapping. Nodes that an alias names are
// shared, and may contain themselves: walk it to a known depth only.
class YamlTree {
 public:
  // The limits that keep a hostile file from costing much.
  static constexpr size_t kMaxBytes = size_t{1} << 20;
  static constexpr size_t kMaxNodes = 20000;
  static constexpr int kMaxDepth = 64;

  // Parses `text`, which may begin with a byte order mark; empty text is a null node. Errors are
  // errs::kConfigInvalid and name `path` and the line. Never throws.
  static absl::StatusOr<YamlTree> Parse(std::string_view text, std::string_view path);

  const YamlNode& root() const { return *root_; }

 private:
  friend class YamlTreeBuilder;
  std::deque<YamlNode> nodes_;  // Owns; addresses stay.
  const YamlNode* root_ = nullptr;
};

// `text` cut to a length, with its control characters and quotes escaped, for an error's message.
std::string ShownText(std::string_view text);

// "<path>:<line>: <detail>" as an errs::kConfigInvalid error; line 0 leaves the line out.
absl::Status ConfigError(std::string_view path, int line, std::string_view detail,
                         std::string_view hint = "");

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_YAML_TREE_H_
