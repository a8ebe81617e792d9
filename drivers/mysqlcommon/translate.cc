// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/translate.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "drivers/mysqlcommon/engines.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {
namespace {

// A token of a definition, with the spaces and comments before it.
struct Word {
  Token::Kind kind = Token::Kind::kEnd;
  std::string gap;
  std::string text;
  int depth = 0;        // Nesting of parentheses; a parenthesis has the depth of the text outside.
  bool escapes = true;  // A backslash escapes in this string.

  bool Is(std::string_view upper) const {
    return kind == Token::Kind::kWord && absl::EqualsIgnoreCase(text, upper);
  }
  bool IsSymbol(char c) const { return kind == Token::Kind::kSymbol && text[0] == c; }
};
using Words = std::vector<Word>;

// `plain`: versioned comments that a server of `rule` executes are replaced by their content, and
// other comments by a space.
Words Lex(std::string_view sql, const Syntax& syntax, const CommentRule& rule, bool plain,
          std::string& rest) {
  Words words;
  TokenReader reader(sql, syntax, rule);
  size_t end = 0;
  int depth = 0;
  while (true) {
    const Token token = reader.Next();
    std::string gap(sql.substr(end, token.begin - end));
    const bool comment = absl::StrContains(gap, "/*") || absl::StrContains(gap, "*/");
    if (plain && comment) gap = token.kind == Token::Kind::kEnd ? "" : " ";
    if (token.kind == Token::Kind::kEnd) {
      rest = std::move(gap);
      return words;
    }
    if (token.IsSymbol(')')) --depth;
    words.push_back({token.kind, std::move(gap), std::string(token.text), depth, token.escapes});
    if (token.IsSymbol('(')) ++depth;
    end = token.end();
  }
}

std::string Text(const Words& words) {
  return absl::StrJoin(words, "", [](std::string* out, const Word& word) {
    absl::StrAppend(out, word.gap, word.text);
  });
}

// The text of the words from `begin` on.
bool IsAt(const Words& words, size_t begin, std::initializer_list<std::string_view> sequence) {
  if (begin + sequence.size() > words.size()) return false;
  return std::equal(sequence.begin(), sequence.end(), words.begin() + begin,
                    [](std::string_view upper, const Word& word) { return word.Is(upper); });
}

// The first position of the sequence at the same depth; words.size() when there is none.
size_t Find(const Words& words, int depth, std::initializer_list<std::string_view> sequence) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].depth == depth && IsAt(words, i, sequence)) return i;
  }
  return words.size();
}

void Erase(Words& words, size_t begin, size_t count) {
  begin = std::min(begin, words.size());
  const size_t end = std::min(words.size(), begin + count);
  words.erase(words.begin() + begin, words.begin() + end);
}

bool Remove(Words& words, int depth, std::initializer_list<std::string_view> sequence) {
  const size_t at = Find(words, depth, sequence);
  if (at == words.size()) return false;
  Erase(words, at, sequence.size());
  return true;
}

// The position after the expression that begins at `at`: one word, _charset'text', a call, or
// parentheses with their content.
size_t ExpressionEnd(const Words& words, size_t at) {
  if (at >= words.size()) return words.size();
  const int depth = words[at].depth;
  size_t end = at + 1;
  const bool introduced = words[at].kind == Token::Kind::kWord && end < words.size() &&
                          words[end].kind == Token::Kind::kString;
  if (introduced) return end + 1;
  const bool opens = words[at].IsSymbol('(');
  if (!opens && (end >= words.size() || !words[end].IsSymbol('('))) return end;
  if (!opens) ++end;
  while (end < words.size() && !(words[end].depth == depth && words[end].IsSymbol(')'))) ++end;
  return std::min(words.size(), end + 1);
}

std::string NameOf(const Words& item) {
  for (const Word& word : item) {
    if (word.kind == Token::Kind::kName) return ToUtf8(word.text);
  }
  return "";
}

bool IsColumn(const Words& item) { return !item.empty() && item[0].kind == Token::Kind::kName; }

bool IsKey(const Words& item) {
  return Find(item, 1, {"KEY"}) < item.size() && !IsColumn(item) &&
         Find(item, 1, {"FOREIGN"}) == item.size();
}

struct OptionRule {
  std::string_view name;
  bool loses;
};
// Options of tables that the other fork does not have.
constexpr OptionRule kMysqlOptions[] = {
    {"COMPRESSION", false},     {"ENCRYPTION", true},        {"SECONDARY_ENGINE", false},
    {"AUTOEXTEND_SIZE", false}, {"ENGINE_ATTRIBUTE", false}, {"SECONDARY_ENGINE_ATTRIBUTE", false},
    {"TABLESPACE", false}};
constexpr OptionRule kMariadbOptions[] = {
    {"PAGE_CHECKSUM", false},   {"TRANSACTIONAL", false},
    {"PAGE_COMPRESSED", false}, {"PAGE_COMPRESSION_LEVEL", false},
    {"ENCRYPTED", true},        {"ENCRYPTION_KEY_ID", true},
    {"IETF_QUOTES", false}};

struct TypeRule {
  std::string_view name;
  std::string_view other;
};
constexpr TypeRule kMariadbTypes[] = {{"UUID", "char(36) CHARACTER SET ascii"},
                                      {"INET6", "varchar(39) CHARACTER SET ascii"},
                                      {"INET4", "varchar(15) CHARACTER SET ascii"}};

// Types whose default must be an expression in MySQL.
constexpr std::string_view kLongTypes[] = {"TINYTEXT", "TEXT",    "MEDIUMTEXT", "LONGTEXT",
                                           "TINYBLOB", "BLOB",    "MEDIUMBLOB", "LONGBLOB",
                                           "JSON",     "GEOMETRY"};

// Values of sql_mode that only one fork has, and the other refuses.
constexpr std::string_view kMysqlModes[] = {"TIME_TRUNCATE_FRACTIONAL"};
constexpr std::string_view kMariadbModes[] = {"NO_AUTO_CREATE_USER",
                                              "ORACLE",
                                              "MSSQL",
                                              "DB2",
                                              "POSTGRESQL",
                                              "MAXDB",
                                              "NO_KEY_OPTIONS",
                                              "NO_TABLE_OPTIONS",
                                              "NO_FIELD_OPTIONS",
                                              "MYSQL323",
                                              "MYSQL40",
                                              "IGNORE_BAD_TABLE_OPTIONS",
                                              "EMPTY_STRING_IS_NULL",
                                              "SIMULTANEOUS_ASSIGNMENT",
                                              "TIME_ROUND_FRACTIONAL"};

bool IsForeignMode(bool to_mariadb, std::string_view mode) {
  if (to_mariadb)
    return std::find(std::begin(kMysqlModes), std::end(kMysqlModes), mode) != std::end(kMysqlModes);
  return std::find(std::begin(kMariadbModes), std::end(kMariadbModes), mode) !=
         std::end(kMariadbModes);
}

// Translates the definition of one table.
class TableTranslation {
 public:
  TableTranslation(bool to_mariadb, const std::set<std::string>& engines, std::string_view create,
                   const Syntax& syntax)
      : to_mariadb_(to_mariadb), engines_(engines) {
    std::string rest;
    Words words = Lex(create, syntax, NewestRule(!to_mariadb), true, rest);
    size_t open = 0;
    while (open < words.size() && !words[open].IsSymbol('(')) ++open;
    size_t close = open;
    while (close < words.size() && !(words[close].depth == 0 && words[close].IsSymbol(')'))) {
      ++close;
    }
    head_.assign(words.begin(), words.begin() + std::min(words.size(), open + 1));
    for (size_t i = open + 1; i < close; ++i) {
      if (items_.empty() || (words[i].depth == 1 && words[i].IsSymbol(','))) items_.emplace_back();
      if (words[i].depth == 1 && words[i].IsSymbol(',')) continue;
      items_.back().push_back(words[i]);
    }
    if (close < words.size()) tail_.assign(words.begin() + close, words.end());
  }

  Translated Run() {
    for (Words& item : items_) {
      if (item.empty()) continue;
      const bool kept = to_mariadb_ ? ItemForMariadb(item) : ItemForMysql(item);
      if (!kept) item.clear();
    }
    if (!dropped_.empty()) DropFromKeys();
    to_mariadb_ ? TailForMariadb() : TailForMysql();
    ReplaceEngines();
    translated_.sql = Text(head_);
    bool first = true;
    for (const Words& item : items_) {
      if (item.empty()) continue;
      absl::StrAppend(&translated_.sql, first ? "" : ",", Text(item));
      first = false;
    }
    absl::StrAppend(&translated_.sql, Text(tail_));
    return std::move(translated_);
  }

 private:
  void Change(std::string_view what) { translated_.changes.emplace_back(what); }
  void Lose(std::string_view what) { translated_.losses.emplace_back(what); }

  // MariaDB writes a literal that has a character set without its escapes when it stores an
  // expression, and so stores another text. Literals without one are in utf8mb4 here.
  static void RewriteLiterals(Words& item) {
    for (size_t i = 0; i + 1 < item.size(); ++i) {
      const Word& text = item[i + 1];
      if (item[i].kind != Token::Kind::kWord || item[i].text[0] != '_' ||
          text.kind != Token::Kind::kString || !text.gap.empty()) {
        continue;
      }
      const std::string charset = absl::AsciiStrToLower(item[i].text.substr(1));
      const std::string value =
          Token{.kind = text.kind, .text = text.text, .escapes = text.escapes}.Value();
      const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
        return absl::ascii_isprint(static_cast<unsigned char>(c)) && c != '\'' && c != '\\';
      });
      const std::string hex = absl::StrCat("X'", absl::BytesToHexString(value), "'");
      if (absl::StartsWith(charset, "utf8")) {
        item[i].text = text.text;
      } else if (plain) {
        continue;
      } else if (charset == "binary") {
        item[i].text = hex;
      } else {
        item[i].text = absl::StrCat("convert(", hex, " using ", charset, ")");
      }
      Erase(item, i + 1, 1);
    }
  }

  // True for a column for which every INSERT must have a value.
  static bool NeedsValue(const Words& column) {
    const auto has = [&](std::initializer_list<std::string_view> words) {
      return Find(column, 1, words) < column.size();
    };
    return has({"NOT", "NULL"}) && !has({"DEFAULT"}) && !has({"AUTO_INCREMENT"}) && !has({"AS"});
  }

  bool ItemForMariadb(Words& item) {
    RewriteLiterals(item);
    const std::string name = NameOf(item);
    if (IsColumn(item)) {
      if (item.size() > 1 && item[1].Is("JSON")) {
        Change(absl::StrCat("JSON column ", name, " becomes text that is checked to be JSON"));
      }
      if (item.size() > 1 && item[1].Is("GEOMCOLLECTION")) item[1].text = "geometrycollection";
      if (const size_t at = Find(item, 1, {"SRID"}); at < item.size()) {
        Erase(item, at, 2);
        Lose(absl::StrCat("column ", name, " is not bound to its SRID there"));
      }
      const size_t stored = Find(item, 1, {"STORED", "NOT", "NULL"});
      const size_t computed = Find(item, 1, {"VIRTUAL", "NOT", "NULL"});
      if (const size_t at = std::min(stored, computed); at < item.size()) {
        Erase(item, at + 1, 2);
        Lose(absl::StrCat("generated column ", name, " can't be NOT NULL there"));
      }
      const size_t invisible = Find(item, 1, {"INVISIBLE"});
      if (invisible < item.size() && NeedsValue(item)) {
        Erase(item, invisible, 1);
        Lose(absl::StrCat("column ", name,
                          " is visible there, because an invisible one needs a default"));
      }
      return true;
    }
    if (IsKey(item)) {
      for (size_t i = 0; i + 1 < item.size(); ++i) {
        const bool part = item[i].IsSymbol('(') || item[i].IsSymbol(',');
        if (!part || item[i].depth > 2 || !item[i + 1].IsSymbol('(')) continue;
        // The length of a prefix comes after a name.
        Lose(absl::StrCat("functional index ", name, " is left out"));
        return false;
      }
      if (const size_t at = Find(item, 1, {"INVISIBLE"}); at < item.size()) {
        item[at].text = "IGNORED";
        Change(absl::StrCat("invisible index ", name, " is called ignored there"));
      }
      return true;
    }
    if (Find(item, 1, {"NOT", "ENFORCED"}) < item.size()) {
      Lose(absl::StrCat("constraint ", name, ", which is not enforced, is left out"));
      return false;
    }
    return true;
  }

  bool ItemForMysql(Words& item) {
    const std::string name = NameOf(item);
    if (IsColumn(item)) return ColumnForMysql(item, name);
    if (item[0].Is("PERIOD")) {
      if (!IsAt(item, 0, {"PERIOD", "FOR", "SYSTEM_TIME"})) {
        Lose(absl::StrCat("period ", name, " is left out"));
        dropped_.insert(name);
      }
      return false;
    }
    if (item[0].Is("VECTOR")) {
      Lose(absl::StrCat("vector index ", name, " is left out"));
      return false;
    }
    if (IsKey(item)) {
      if (const size_t at = Find(item, 1, {"IGNORED"}); at < item.size()) {
        item[at].text = "INVISIBLE";
        Change(absl::StrCat("ignored index ", name, " is called invisible there"));
      }
      return true;
    }
    // Names of constraints are unique within a table in MariaDB, and within the database in MySQL.
    // Generated names may conflict with those that MySQL generates.
    const bool made = absl::StartsWith(name, "`CONSTRAINT_") || absl::StrContains(name, "_chk_");
    if (item[0].Is("CONSTRAINT") && Find(item, 1, {"CHECK"}) < item.size() && made) {
      const std::string gap = item[0].gap;
      Erase(item, 0, 2);
      if (!item.empty()) item[0].gap = gap;
    }
    return true;
  }

  bool ColumnForMysql(Words& item, const std::string& name) {
    if (Find(item, 1, {"AS", "ROW", "START"}) < item.size() ||
        Find(item, 1, {"AS", "ROW", "END"}) < item.size()) {
      Lose(absl::StrCat("column ", name, ", since or till when a row held, is left out"));
      dropped_.insert(name);
      return false;
    }
    if (item.size() < 2) return true;
    for (const TypeRule& rule : kMariadbTypes) {
      if (!item[1].Is(rule.name)) continue;
      item[1].text = rule.other;
      Lose(absl::StrCat("column ", name, " of type ", absl::AsciiStrToLower(rule.name),
                        " becomes text"));
    }
    if (Remove(item, 1, {"COMPRESSED"})) {
      Change(absl::StrCat("column ", name, " is not compressed there"));
    }
    if (!Remove(item, 1, {"WITHOUT", "SYSTEM", "VERSIONING"})) {
      Remove(item, 1, {"WITH", "SYSTEM", "VERSIONING"});
    }
    return DefaultForMysql(item, name);
  }

  bool DefaultForMysql(Words& item, const std::string& name) {
    const size_t at = Find(item, 1, {"DEFAULT"});
    if (at + 1 >= item.size()) return true;
    const size_t end = ExpressionEnd(item, at + 1);
    for (size_t i = at + 1; i < end; ++i) {
      if (!item[i].Is("NEXTVAL") && !item[i].Is("LASTVAL") && !item[i].Is("SETVAL")) continue;
      Lose(absl::StrCat("column ", name, " has no default, as MySQL has no sequences"));
      Erase(item, at, end - at);
      return true;
    }
    const Word& first = item[at + 1];
    const bool call =
        first.kind == Token::Kind::kWord && end > at + 2 && item[at + 2].IsSymbol('(');
    const bool now = first.Is("CURRENT_TIMESTAMP") || first.Is("NOW");
    const bool literal = !first.IsSymbol('(') && !first.Is("NULL") &&
                         std::any_of(std::begin(kLongTypes), std::end(kLongTypes),
                                     [&](std::string_view type) { return item[1].Is(type); });
    if ((call && !now) || literal) {
      item[end - 1].text += ")";
      item[at + 1].text.insert(0, "(");
    }
    return true;
  }

  // Keys cannot contain columns that are left out.
  void DropFromKeys() {
    for (Words& item : items_) {
      if (!IsKey(item)) continue;
      size_t open = 0;
      while (open < item.size() && !item[open].IsSymbol('(')) ++open;
      if (open == item.size()) continue;
      const size_t close = ExpressionEnd(item, open);
      std::vector<Words> parts(1);
      for (size_t i = open + 1; i + 1 < close; ++i) {
        if (item[i].depth == 2 && item[i].IsSymbol(',')) {
          parts.emplace_back();
          continue;
        }
        parts.back().push_back(item[i]);
      }
      const auto gone = [&](const Words& part) {
        return part.empty() || dropped_.contains(ToUtf8(part[0].text));
      };
      if (!std::any_of(parts.begin(), parts.end(), gone)) continue;
      const std::string name = item[0].Is("PRIMARY") ? "PRIMARY" : NameOf(item);
      // For current rows, the end of the row's period adds nothing to a unique key, but an
      // application period does.
      const bool overlaps = Find(item, 2, {"WITHOUT", "OVERLAPS"}) < item.size();
      parts.erase(std::remove_if(parts.begin(), parts.end(), gone), parts.end());
      if (parts.empty() || overlaps) {
        Lose(absl::StrCat("key ", name, " is left out"));
        item.clear();
        continue;
      }
      Lose(absl::StrCat("key ", name, " is without the part that is left out"));
      Words made(item.begin(), item.begin() + open + 1);
      for (size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) made.push_back({Token::Kind::kSymbol, "", ",", 2});
        made.insert(made.end(), parts[i].begin(), parts[i].end());
      }
      made.insert(made.end(), item.begin() + close - 1, item.end());
      item = std::move(made);
    }
  }

  template <size_t kSize>
  void RemoveOptions(const OptionRule (&rules)[kSize]) {
    for (const OptionRule& rule : rules) {
      for (size_t i = 0; i < tail_.size(); ++i) {
        // An option of an engine stands in backquotes, as the user wrote it.
        const bool named = tail_[i].Is(rule.name) ||
                           absl::EqualsIgnoreCase(tail_[i].text, absl::StrCat("`", rule.name, "`"));
        if (tail_[i].depth != 0 || !named) continue;
        const bool equals = i + 1 < tail_.size() && tail_[i + 1].IsSymbol('=');
        Erase(tail_, i, equals ? 3 : 2);
        const std::string what = absl::StrCat("the option ", rule.name, " is left out");
        rule.loses ? Lose(what) : Change(what);
        break;
      }
    }
  }

  // An engine that the server lacks; one whose tables have rows of their own.
  bool IsMissing(std::string_view engine) const {
    const std::string upper = absl::AsciiStrToUpper(engine);
    return !engines_.empty() && !engines_.contains(upper) && !HasRowsElsewhere(upper);
  }

  // Also those of partitions.
  void ReplaceEngines() {
    for (size_t i = 0; i + 2 < tail_.size(); ++i) {
      if (!tail_[i].Is("ENGINE") || !tail_[i + 1].IsSymbol('=')) continue;
      std::string& engine = tail_[i + 2].text;
      if (!IsMissing(engine)) continue;
      if (tail_[i].depth == 0) Change(absl::StrCat("its engine is InnoDB there, not ", engine));
      engine = "InnoDB";
    }
  }

  void TailForMariadb() { RemoveOptions(kMysqlOptions); }

  void TailForMysql() {
    RemoveOptions(kMariadbOptions);
    if (Remove(tail_, 0, {"WITH", "SYSTEM", "VERSIONING"})) {
      Lose("it is not versioned there: its history is left out");
    }
    if (const size_t at = Find(tail_, 0, {"PARTITION", "BY", "SYSTEM_TIME"}); at < tail_.size()) {
      tail_.resize(at);
    }
    for (size_t i = 0; i + 2 < tail_.size(); ++i) {
      if (!tail_[i + 1].IsSymbol('=')) continue;
      if (tail_[i].Is("ENGINE") && tail_[i + 2].Is("ARIA")) {
        tail_[i + 2].text = "InnoDB";
        Change("its engine is InnoDB there, not Aria");
      } else if (tail_[i].Is("ROW_FORMAT") && tail_[i + 2].Is("PAGE")) {
        tail_[i + 2].text = "DEFAULT";
      }
    }
  }

  const bool to_mariadb_;
  const std::set<std::string>& engines_;
  Words head_, tail_;  // Including the parentheses around the items.
  std::vector<Words> items_;
  std::set<std::string> dropped_;  // Columns and periods that are left out, as written.
  Translated translated_;
};

}  // namespace

Translated Translator::Table(std::string_view create, const Syntax& syntax) const {
  Translated table = TableTranslation(to_->mariadb, engines_, create, syntax).Run();
  Translated rest = Other(table.sql, syntax);
  table.sql = std::move(rest.sql);
  table.changes.insert(table.changes.end(), rest.changes.begin(), rest.changes.end());
  table.losses.insert(table.losses.end(), rest.losses.begin(), rest.losses.end());
  return table;
}

Translated Translator::Other(std::string_view sql, const Syntax& syntax) const {
  Translated translated;
  std::string rest;
  Words words = Lex(sql, syntax, NewestRule(!to_->mariadb), false, rest);
  std::set<std::string> said;
  bool modes = false;
  for (Word& word : words) {
    if (word.kind == Token::Kind::kWord) {
      if (word.Is("SQL_MODE")) modes = true;
      const std::string other = Collation(word.text);
      if (other != word.text && said.insert(word.text).second) {
        const bool loses = CountsSpacesAtTheEnd(word.text) && !CountsSpacesAtTheEnd(other);
        (loses ? translated.losses : translated.changes)
            .push_back(absl::StrCat("collation ", word.text, " becomes ", other,
                                    loses ? ", to which values are equal that differ only in spaces"
                                            " at the end"
                                          : ""));
      }
      word.text = other;
    } else if (modes && word.kind == Token::Kind::kString && words[0].Is("SET")) {
      std::vector<std::string> kept =
          absl::StrSplit(word.text.substr(1, word.text.size() - 2), ',');
      std::erase_if(kept, [&](const std::string& mode) {
        return IsForeignMode(to_->mariadb, absl::AsciiStrToUpper(mode));
      });
      word.text = absl::StrCat("'", absl::StrJoin(kept, ","), "'");
      modes = false;
    }
  }
  translated.sql = absl::StrCat(Text(words), rest);
  return translated;
}

}  // namespace siphon::mysqlcommon
