// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/scope.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::dumps {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kFull:
      return "full";
    case Kind::kPartial:
      return "partial";
    case Kind::kImported:
      return "imported";
    case Kind::kUnknown:
      break;
  }
  return "";
}

Kind KindOfName(std::string_view name) {
  for (const Kind kind : {Kind::kFull, Kind::kPartial, Kind::kImported}) {
    if (KindName(kind) == name) return kind;
  }
  return Kind::kUnknown;
}

FilterCounts CountFilters(const std::vector<std::string>& filters) {
  FilterCounts counts;
  for (const std::string& filter : filters) ++counts[filter.substr(0, filter.find('='))];
  return counts;
}

Kind RecordedKind(std::string_view kind, const std::map<std::string, std::string>& annotations) {
  const auto scope = annotations.find(std::string(kScopeAnnotation));
  const bool partial = scope != annotations.end() && scope->second == kSomeTables;
  return kind.empty() && partial ? Kind::kPartial : KindOfName(kind);
}

}  // namespace siphon::dumps
