// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/swap_journal.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/identity.h"
#include "drivers/mysqlcommon/statement.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/private_directory.h"
#include "siphon/base/sha256.h"

namespace siphon::mysqlcommon {
namespace {

using State = SwapJournal::State;

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kScratch = "siphon_scratch_";
constexpr std::string_view kOld = "siphon_old_";
constexpr size_t kDigits = 16;
// The longest file, in bytes.
constexpr size_t kLimit = size_t{256} << 20;

constexpr std::string_view kHead = "siphon swap journal 1\n";
constexpr std::string_view kEnd = "end ";
constexpr std::string_view kEmpty = "-";
constexpr std::string_view kStates[] = {"loading", "swapping", "moved", "done"};

// The lines of a file, by their first word. Values are in hexadecimal digits.
struct NameLine {
  std::string_view word;
  std::string SwapJournal::*field;
};
constexpr NameLine kNameLines[] = {{"server", &SwapJournal::server},
                                   {"account", &SwapJournal::account},
                                   {"scratch", &SwapJournal::scratch},
                                   {"target", &SwapJournal::target}};
struct ListLine {
  std::string_view word;
  std::vector<std::string> SwapJournal::*field;
};
constexpr ListLine kListLines[] = {{"moved", &SwapJournal::moved},
                                   {"incoming", &SwapJournal::incoming},
                                   {"late", &SwapJournal::late}};
struct DefinitionLine {
  std::string_view word;
  std::vector<Definition> SwapJournal::*field;
};
constexpr DefinitionLine kDefinitionLines[] = {{"dropped", &SwapJournal::dropped},
                                               {"made", &SwapJournal::made}};
constexpr std::string Definition::*kDefinitionFields[] = {
    &Definition::create, &Definition::sql_mode, &Definition::charset, &Definition::collation,
    &Definition::time_zone};

absl::Status Damaged(std::string_view why) {
  return errs::IntegrityError(kOp, absl::StrCat("the journal of a restore is damaged: ", why));
}

std::string Hex(std::string_view text) {
  return text.empty() ? std::string(kEmpty) : absl::BytesToHexString(text);
}

absl::StatusOr<std::string> Unhex(std::string_view digits) {
  std::string text;
  if (digits == kEmpty) return text;
  // One spelling for each text.
  const bool lower = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  });
  if (digits.empty() || !lower || !absl::HexStringToBytes(digits, &text)) {
    return Damaged("a value is not hexadecimal");
  }
  return text;
}

bool HasForm(std::string_view name, std::string_view prefix) {
  absl::ConsumePrefix(&name, kPrivatePrefix);
  return absl::ConsumePrefix(&name, prefix) && name.size() == kDigits &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); });
}

std::string WithPrefix(std::string_view name, std::string_view from, std::string_view to) {
  const bool is_private = absl::ConsumePrefix(&name, kPrivatePrefix);
  return absl::StrCat(is_private ? kPrivatePrefix : "", to, absl::StripPrefix(name, from));
}

// The statements that MakeDefinitions() runs.
bool IsDefinition(std::string_view create) {
  using Kind = Statement::Kind;
  constexpr Kind kKinds[] = {Kind::kView,  Kind::kRoutine,  Kind::kTrigger,
                             Kind::kEvent, Kind::kDropView, Kind::kDropOther};
  return std::find(std::begin(kKinds), std::end(kKinds), Classify(create).kind) != std::end(kKinds);
}

// Reads one line of the form "word value ...".
absl::Status ParseLine(const std::vector<std::string_view>& words, SwapJournal& journal) {
  if (words.size() == 2 && words[0] == "state") {
    const auto* const state = std::find(std::begin(kStates), std::end(kStates), words[1]);
    if (state == std::end(kStates)) return Damaged("unknown state");
    journal.state = static_cast<State>(state - std::begin(kStates));
    return absl::OkStatus();
  }
  for (const NameLine& line : kNameLines) {
    if (words[0] != line.word || words.size() != 2) continue;
    ASSIGN_OR_RETURN(journal.*line.field, Unhex(words[1]));
    return absl::OkStatus();
  }
  for (const ListLine& line : kListLines) {
    if (words[0] != line.word || words.size() != 2) continue;
    ASSIGN_OR_RETURN((journal.*line.field).emplace_back(), Unhex(words[1]));
    return absl::OkStatus();
  }
  for (const DefinitionLine& line : kDefinitionLines) {
    if (words[0] != line.word || words.size() != std::size(kDefinitionFields) + 1) continue;
    Definition& definition = (journal.*line.field).emplace_back();
    for (size_t i = 0; i < std::size(kDefinitionFields); ++i) {
      ASSIGN_OR_RETURN(definition.*kDefinitionFields[i], Unhex(words[i + 1]));
    }
    if (IsDefinition(definition.create)) return absl::OkStatus();
    return Damaged("a statement that is no definition");
  }
  return Damaged("unknown line");
}

absl::StatusOr<base::PrivateDirectory> DirectoryOf(const Settings& settings) {
  if (settings.state_directory.empty()) {
    return errs::InternalError(kOp, "no directory for the journal of a restore");
  }
  return base::PrivateDirectory(settings.state_directory);
}

}  // namespace

bool IsScratchName(std::string_view name) { return HasForm(name, kScratch); }
bool IsOldName(std::string_view name) { return HasForm(name, kOld); }
std::string OldNameFor(std::string_view scratch) { return WithPrefix(scratch, kScratch, kOld); }
std::string ScratchNameFor(std::string_view old) { return WithPrefix(old, kOld, kScratch); }

std::string FormatJournal(const SwapJournal& journal) {
  std::string text(kHead);
  absl::StrAppend(&text, "state ", kStates[static_cast<size_t>(journal.state)], "\n");
  for (const NameLine& line : kNameLines) {
    absl::StrAppend(&text, line.word, " ", Hex(journal.*line.field), "\n");
  }
  for (const ListLine& line : kListLines) {
    for (const std::string& name : journal.*line.field) {
      absl::StrAppend(&text, line.word, " ", Hex(name), "\n");
    }
  }
  for (const DefinitionLine& line : kDefinitionLines) {
    for (const Definition& definition : journal.*line.field) {
      absl::StrAppend(&text, line.word);
      for (const auto field : kDefinitionFields) {
        absl::StrAppend(&text, " ", Hex(definition.*field));
      }
      text += '\n';
    }
  }
  base::Sha256 hash;
  hash.Update(text);
  absl::StrAppend(&text, kEnd, hash.Digest(), "\n");
  return text;
}

absl::StatusOr<SwapJournal> ParseJournal(std::string_view text) {
  const size_t end = text.rfind(absl::StrCat("\n", kEnd));
  if (!absl::StartsWith(text, kHead) || end == std::string_view::npos) return Damaged("cut off");
  std::string_view body = text.substr(0, end + 1);
  base::Sha256 hash;
  hash.Update(body);
  if (text.substr(end + 1) != absl::StrCat(kEnd, hash.Digest(), "\n")) {
    return Damaged("its checksum differs");
  }
  body.remove_prefix(kHead.size());
  SwapJournal journal;
  for (const std::string_view line : absl::StrSplit(absl::StripSuffix(body, "\n"), '\n')) {
    RETURN_IF_ERROR(ParseLine(absl::StrSplit(line, ' '), journal));
  }
  if (!IsScratchName(journal.scratch)) return Damaged("not a scratch database of siphon's");
  if (journal.server.empty() || journal.account.empty() ||
      (journal.target.empty() && journal.state != State::kLoading)) {
    return Damaged("it does not say where it is valid");
  }
  return journal;
}

absl::StatusOr<SwapJournal> NewJournal(const base::Context& context, Session& session) {
  SwapJournal journal;
  ASSIGN_OR_RETURN(journal.server, ServerIdentity(context, session));
  ASSIGN_OR_RETURN(const std::optional<std::string> account,
                   session.Value(context, "SELECT CURRENT_USER()"));
  journal.account = account.value_or("");
  return journal;
}

absl::Status WriteJournal(const Settings& settings, const SwapJournal& journal) {
  ASSIGN_OR_RETURN(const base::PrivateDirectory directory, DirectoryOf(settings));
  const std::string text = FormatJournal(journal);
  if (text.size() > kLimit) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("the definitions of views, routines, triggers and events of"
                                        " dump and target have together more than ",
                                        kLimit / 2, " bytes"),
                           "use --in-place");
  }
  return errs::WithHint(directory.Write(journal.scratch, text),
                        absl::StrCat("the journal of a restore is written to ", directory.path(),
                                     ": give siphon the right to write there, or use --in-place"));
}

absl::StatusOr<SwapJournal> ReadJournal(const Settings& settings, const std::string& scratch) {
  ASSIGN_OR_RETURN(const base::PrivateDirectory directory, DirectoryOf(settings));
  ASSIGN_OR_RETURN(const std::string text, directory.Read(scratch, kLimit));
  ASSIGN_OR_RETURN(SwapJournal journal, ParseJournal(text));
  if (journal.scratch != scratch) return Damaged("it is the journal of another restore");
  return journal;
}

absl::Status RemoveJournal(const Settings& settings, const std::string& scratch) {
  ASSIGN_OR_RETURN(const base::PrivateDirectory directory, DirectoryOf(settings));
  return directory.Remove(scratch);
}

absl::StatusOr<std::vector<std::string>> ListJournals(const Settings& settings) {
  ASSIGN_OR_RETURN(const base::PrivateDirectory directory, DirectoryOf(settings));
  ASSIGN_OR_RETURN(std::vector<std::string> names, directory.List());
  std::erase_if(names, [](const std::string& name) { return !IsScratchName(name); });
  return names;
}

}  // namespace siphon::mysqlcommon
