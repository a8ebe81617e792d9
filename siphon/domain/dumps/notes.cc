// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/notes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "nlohmann/json.hpp"
#include "siphon/base/clock.h"
#include "siphon/base/moment.h"
#include "siphon/domain/dumps/json.h"

namespace siphon::dumps {
namespace {

constexpr size_t kMaxTag = 64;
constexpr size_t kMaxFailure = 1024;

absl::Status Invalid(std::string_view why) {
  return errs::IntegrityError("dumps.notes", absl::StrCat("invalid notes: ", why),
                              "delete the file: the dump is complete without it");
}

bool IsTagCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

// The first `kMaxFailure` bytes, without half a character at the end.
std::string_view Shortened(std::string_view text) {
  if (text.size() <= kMaxFailure) return text;
  size_t end = kMaxFailure;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

absl::Status DecodeVerification(const nlohmann::json& element, Notes& notes) {
  if (!element.is_object()) return Invalid("a verification is not an object");
  JsonFields fields(element);
  Verified verified;
  std::string depth;
  fields.Time("when", JsonFields::kRequired, verified.when);
  fields.Text("depth", JsonFields::kRequired, depth);
  fields.Text("failure", JsonFields::kOptional, verified.failure);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  for (const Depth known : {Depth::kChecksum, Depth::kDeep, Depth::kRestore}) {
    if (DepthName(known) != depth) continue;
    verified.depth = known;
    notes.verifications.push_back(std::move(verified));
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("the depth ", QuoteJson(depth.substr(0, 40)), " is not known"));
}

absl::Status DecodePin(const nlohmann::json& object, std::optional<Pin>& out) {
  const auto found = object.find("pin");
  if (found == object.end() || found->is_null()) return absl::OkStatus();
  if (!found->is_object()) return Invalid("pin is not an object");
  JsonFields fields(*found);
  Pin pin;
  fields.Time("when", JsonFields::kRequired, pin.when);
  fields.Text("reason", JsonFields::kOptional, pin.reason);
  const auto until = found->find("until");
  if (until != found->end() && !until->is_null()) {
    fields.Time("until", JsonFields::kRequired, pin.until.emplace());
  }
  if (!fields.status().ok()) return Invalid(fields.status().message());
  if (!ValidatePinReason(pin.reason).ok()) return Invalid("the reason of the pin is too long");
  out = std::move(pin);
  return absl::OkStatus();
}

std::string EncodePin(const Pin& pin) {
  const auto time = [](absl::Time when) {
    return QuoteJson(base::FormatRfc3339Nano(when, absl::UTCTimeZone()));
  };
  std::string out = absl::StrCat("{\"when\": ", time(pin.when));
  if (pin.until.has_value()) absl::StrAppend(&out, ", \"until\": ", time(*pin.until));
  if (!pin.reason.empty()) absl::StrAppend(&out, ", \"reason\": ", QuoteJson(pin.reason));
  return out + "}";
}

}  // namespace

std::string_view DepthName(Depth depth) {
  switch (depth) {
    case Depth::kChecksum:
      return "checksum";
    case Depth::kDeep:
      return "deep";
    case Depth::kRestore:
      break;
  }
  return "restore";
}

void Notes::Add(Verified verified) {
  verifications.insert(verifications.begin(), std::move(verified));
  if (verifications.size() > kMaxVerifications) verifications.resize(kMaxVerifications);
}

absl::Status ValidateTag(std::string_view tag) {
  const bool valid = !tag.empty() && tag.size() <= kMaxTag && tag[0] != '.' && tag[0] != '-' &&
                     std::all_of(tag.begin(), tag.end(), IsTagCharacter);
  if (valid) return absl::OkStatus();
  return errs::UserError("dumps", errs::kInvalidArgument,
                         absl::StrCat("tag ", QuoteJson(tag.substr(0, 80)), " is not valid"),
                         "a tag has 1 to 64 letters, digits, '.', '_' and '-', and begins with a"
                         " letter, a digit or '_'");
}

std::string DescribePin(const Pin& pin) {
  std::string text = "pinned";
  if (pin.until.has_value()) absl::StrAppend(&text, " until ", base::FormatMoment(*pin.until));
  if (!pin.reason.empty()) absl::StrAppend(&text, ": ", pin.reason);
  return text;
}

absl::Status ValidatePinReason(std::string_view reason) {
  if (reason.size() <= kMaxPinReason) return absl::OkStatus();
  return errs::UserError("dumps", errs::kInvalidArgument,
                         absl::StrCat("the reason of the pin has ", reason.size(), " bytes"),
                         absl::StrCat("write at most ", kMaxPinReason));
}

std::string EncodeNotes(const Notes& notes) {
  std::string tags;
  for (const std::string& tag : notes.tags) {
    absl::StrAppend(&tags, tags.empty() ? "" : ",", "\n    ", QuoteJson(tag));
  }
  std::string verifications;
  for (const Verified& verified : notes.verifications) {
    absl::StrAppend(&verifications, verifications.empty() ? "" : ",", "\n    {\"when\": ",
                    QuoteJson(base::FormatRfc3339Nano(verified.when, absl::UTCTimeZone())),
                    ", \"depth\": ", QuoteJson(DepthName(verified.depth)));
    if (!verified.passed()) {
      absl::StrAppend(&verifications, ", \"failure\": ", QuoteJson(Shortened(verified.failure)));
    }
    verifications += "}";
  }
  return absl::StrCat("{\n  \"tags\": [", tags, tags.empty() ? "" : "\n  ",
                      "],\n  \"verifications\": [", verifications,
                      verifications.empty() ? "" : "\n  ", "]",
                      notes.pin.has_value() ? ",\n  \"pin\": " : "",
                      notes.pin.has_value() ? EncodePin(*notes.pin) : "", "\n}\n");
}

absl::StatusOr<Notes> DecodeNotes(std::string_view json) {
  const absl::StatusOr<nlohmann::json> object = ParseJsonObject(json);
  if (!object.ok()) return Invalid(object.status().message());
  JsonFields fields(*object);
  std::vector<std::string> tags;
  fields.TextList("tags", tags);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  Notes notes;
  for (std::string& tag : tags) {
    if (!ValidateTag(tag).ok()) return Invalid("a tag is not valid");
    notes.tags.insert(std::move(tag));
  }
  if (notes.tags.size() > kMaxTags) return Invalid("too many tags");
  RETURN_IF_ERROR(DecodePin(*object, notes.pin));
  const auto verifications = object->find("verifications");
  if (verifications == object->end()) return notes;
  if (!verifications->is_array()) return Invalid("verifications is not an array");
  if (verifications->size() > kMaxVerifications) return Invalid("too many verifications");
  for (const nlohmann::json& element : *verifications) {
    RETURN_IF_ERROR(DecodeVerification(element, notes));
  }
  return notes;
}

}  // namespace siphon::dumps
