// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/scope.h"

#include <string_view>

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

}  // namespace siphon::dumps
