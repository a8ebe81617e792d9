// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/yaml_tree.h"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace siphon::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kMaxBrackets = 10000;

// The builder throws it to stop yaml-cpp; YamlTree::Parse() catches it.
struct BuildStop : std::exception {
  BuildStop(int line_, std::string reason_) : line(line_), reason(std::move(reason_)) {}
  const char* what() const noexcept override { return reason.c_str(); }
  int line;
  std::string reason;
};

// Checks that yaml-cpp does not make: its scanner stores a token for each bracket of a line before
// it checks the depth, and it takes some control characters for the end of the text.
absl::Status CheckText(std::string_view text, std::string_view path) {
  if (text.size() > YamlTree::kMaxBytes) {
    return ConfigError(path, 0, "the file is larger than 1 MiB", "is it a configuration file?");
  }
  int line = 1;
  size_t brackets = 0;
  for (size_t i = 0; i < text.size();) {
    const base::CodePoint c = base::DecodeUtf8(text.substr(i));
    if (c.length == 0) return ConfigError(path, line, "the text is not valid UTF-8");
    const bool lone_return = c.value == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (lone_return) {
      return ConfigError(path, line, "a carriage return without a line feed",
                         "save the file with LF or CRLF line ends");
    }
    const bool allowed = c.value >= 0x20 || c.value == '\t' || c.value == '\n' || c.value == '\r';
    if (!allowed || c.value == 0x7F) {
      return ConfigError(path, line, "a control character, which YAML does not allow",
                         "write it as an escape in double quotes");
    }
    if (c.value == '[' || c.value == '{') ++brackets;
    if (c.value == '\n') ++line;
    i += c.length;
  }
  if (brackets > kMaxBrackets) return ConfigError(path, 0, "too many brackets");
  return absl::OkStatus();
}

// The offset after an anchor and a tag, which may precede the text of a scalar.
size_t SkipProperties(std::string_view text, size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  return offset;
}

// The offset of the closing quote for the scalar at `text`[offset], or npos.
size_t FindClosingQuote(std::string_view text, size_t offset) {
  const char quote = text[offset];
  for (size_t i = offset + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i;
      ++i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

// Builds the tree from yaml-cpp's events.
class YamlTreeBuilder : public YAML::EventHandler {
 public:
  YamlTreeBuilder(std::string_view text, YamlTree* tree) : text_(text), tree_(tree) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode& node = NewNode(YamlNode::Kind::kNull, mark, anchor, "");
    node.end_line = 0;  // The mark of a null without text is that of the next token.
    Attach(&node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw BuildStop(mark.line + 1, "an alias without an anchor");
    Attach(it->second, mark.line + 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = NewNode(YamlNode::Kind::kScalar, mark, anchor, tag);
    node.plain = tag == "?";
    node.value = value;
    SetEndOfQuoted(static_cast<size_t>(mark.pos), node);
    Attach(&node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlNode* node = nullptr;
    const YamlNode* key = nullptr;          // The key of a mapping whose value comes next.
    std::map<std::string_view, int> lines;  // The lines of the keys of a mapping.
  };

  static void CheckKey(const YamlNode& key, int alias_line, Frame& frame) {
    if (alias_line > 0 || key.kind != YamlNode::Kind::kScalar) {
      throw BuildStop(alias_line > 0 ? alias_line : key.line, "a key must be text");
    }
    const auto [it, is_new] = frame.lines.emplace(key.value, key.line);
    if (is_new) return;
    throw BuildStop(key.line, absl::StrCat("the key \"", ShownText(key.value),
                                           "\" is given twice, first on line ", it->second));
  }

  YamlNode& NewNode(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
                    const std::string& tag) {
    if (tree_->nodes_.size() >= YamlTree::kMaxNodes) {
      throw BuildStop(mark.line + 1, "the file has too many values");
    }
    YamlNode& node = tree_->nodes_.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column;
    node.end_line = node.line;
    if (tag != "?" && tag != "!") node.tag = tag;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    return node;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (stack_.size() >= YamlTree::kMaxDepth) throw BuildStop(mark.line + 1, "nested too deep");
    YamlNode& node = NewNode(kind, mark, anchor, tag);
    node.flow = style != YAML::EmitterStyle::Block;
    stack_.push_back({&node, nullptr, {}});
  }

  void Close() {
    const YamlNode* node = stack_.back().node;
    stack_.pop_back();
    Attach(node);
  }

  // yaml-cpp accepts a quoted scalar without its closing quote at the end of the text; but the file
  // is probably truncated.
  void SetEndOfQuoted(size_t offset, YamlNode& node) const {
    offset = SkipProperties(text_, offset);
    if (offset >= text_.size() || (text_[offset] != '"' && text_[offset] != '\'')) return;
    const size_t end = FindClosingQuote(text_, offset);
    if (end == std::string_view::npos) {
      throw BuildStop(node.line, "a text in quotes that does not end");
    }
    const std::string_view quoted = text_.substr(offset, end - offset);
    node.end_line += static_cast<int>(std::count(quoted.begin(), quoted.end(), '\n'));
  }

  // `alias_line` is the line of the alias for `node`; 0 for the node itself.
  void Attach(const YamlNode* node, int alias_line = 0) {
    if (stack_.empty()) {
      tree_->root_ = node;
      return;
    }
    Frame& frame = stack_.back();
    if (alias_line == 0) frame.node->end_line = std::max(frame.node->end_line, node->end_line);
    if (frame.node->kind == YamlNode::Kind::kSequence) {
      frame.node->items.push_back(node);
    } else if (frame.key == nullptr) {
      CheckKey(*node, alias_line, frame);
      frame.key = node;
    } else {
      frame.node->entries.push_back({frame.key, node, alias_line > 0});
      frame.key = nullptr;
    }
  }

  std::string_view text_;
  YamlTree* tree_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, const YamlNode*> anchors_;
};

namespace {

// Refuses text after the first document.
class NothingMore : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw BuildStop(mark.line + 1, "more than one YAML document, or text after its end");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// The message of yaml-cpp without quoted text of the file, which may be a password.
std::string Describe(const YAML::Exception& error) {
  if (absl::StartsWith(error.msg, YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return "an alias (*name) without its anchor (&name); a text that begins with '*' needs quotes";
  }
  const size_t colon = error.msg.find(": ");
  return error.msg.substr(0, colon);
}

constexpr std::string_view kYamlHint =
    "it must be YAML: \"key: value\" lines, indented with spaces";

}  // namespace

std::string ShownText(std::string_view text) {
  constexpr size_t kMaxShown = 64;
  const std::string escaped = absl::Utf8SafeCHexEscape(text.substr(0, kMaxShown));
  return text.size() > kMaxShown ? absl::StrCat(escaped, "...") : escaped;
}

absl::Status ConfigError(std::string_view path, int line, std::string_view detail,
                         std::string_view hint) {
  const std::string where = line > 0 ? absl::StrCat(path, ":", line) : std::string(path);
  return errs::UserError("config", errs::kConfigInvalid, absl::StrCat(where, ": ", detail), hint);
}

absl::StatusOr<YamlTree> YamlTree::Parse(std::string_view text, std::string_view path) {
  RETURN_IF_ERROR(CheckText(text, path));
  text = absl::StripPrefix(text, kByteOrderMark);
  YamlTree tree;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlTreeBuilder builder(text, &tree);
    if (parser.HandleNextDocument(builder)) {
      NothingMore nothing_more;
      parser.HandleNextDocument(nothing_more);
    }
  } catch (const BuildStop& stop) {
    return ConfigError(path, stop.line, stop.reason, kYamlHint);
  } catch (const YAML::Exception& error) {
    return ConfigError(path, error.mark.is_null() ? 0 : error.mark.line + 1, Describe(error),
                       kYamlHint);
  } catch (const std::exception& error) {
    return ConfigError(path, 0, error.what(), kYamlHint);
  }
  if (tree.root_ == nullptr) {
    YamlNode& null = tree.nodes_.emplace_back();
    null.line = 1;
    null.end_line = 1;
    tree.root_ = &null;
  }
  return tree;
}

}  // namespace siphon::config
