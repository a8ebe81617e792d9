// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/dump_options.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/moment.h"
#include "siphon/cli/command.h"
#include "siphon/cli/parser.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/selector.h"

namespace siphon::cli {

std::vector<std::string> KindNames(bool with_any) {
  std::vector<std::string> names;
  for (const dumps::Kind kind :
       {dumps::Kind::kFull, dumps::Kind::kPartial, dumps::Kind::kImported}) {
    names.emplace_back(dumps::KindName(kind));
  }
  if (with_any) names.emplace_back("any");
  return names;
}

void DumpOptions::AddTo(Parser& parser, std::string_view names) {
  parser.AddOption(names, dump_, "ID of the dump or its first characters, or latest[:PROFILE]")
      .TypeName("DUMP");
  parser
      .AddOption("--before", before_,
                 "The latest dump from before this time: 2026-03-01T11:22:02Z, 2026-03-01, or an "
                 "age such as 26h")
      .TypeName("TIME");
  parser.AddRepeatedOption("--tag", tags_, "The latest dump with this tag; can be repeated")
      .TypeName("TAG");
  parser
      .AddOption("--kind", kind_,
                 "The latest dump of this kind instead of the latest full one: partial, imported "
                 "or any")
      .TypeName("KIND")
      .OneOf(KindNames(true));
}

bool DumpOptions::given() const {
  return !dump_.empty() || !before_.empty() || !kind_.empty() || !tags_.empty();
}

absl::StatusOr<std::optional<std::string>> DumpOptions::GetFile() const {
  if (dump_ != "-" && !absl::StrContains(dump_, '/')) return std::nullopt;
  // "latest:sqlite:///srv/app.db"
  if (dumps::IsLatest(dump_)) return std::nullopt;
  if (before_.empty() && kind_.empty() && tags_.empty()) return dump_;
  return errs::UserError("restore", errs::kInvalidArgument,
                         "--before, --tag and --kind choose a dump of the catalogue, and a file is "
                         "given",
                         "leave out one of them");
}

absl::StatusOr<dumps::Selector> DumpOptions::Get(const Invocation& invocation,
                                                 std::string_view op) const {
  RETURN_IF_ERROR(RequireGiven(given() ? "given" : "", op, "dump id"));
  dumps::Selector selector{.text = dump_};
  if (!before_.empty()) {
    ASSIGN_OR_RETURN(selector.before,
                     base::ParseMoment("--before", before_, invocation.env.clock->Now()));
  }
  for (const std::string& tag : tags_) {
    RETURN_IF_ERROR(dumps::ValidateTag(tag));
    selector.tags.insert(tag);
  }
  selector.any_kind = kind_ == "any";
  if (!kind_.empty() && !selector.any_kind) selector.kind = dumps::KindOfName(kind_);
  return selector;
}

}  // namespace siphon::cli
