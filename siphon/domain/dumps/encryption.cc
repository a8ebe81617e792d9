// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/encryption.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "nlohmann/json.hpp"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/secret.h"
#include "siphon/domain/dumps/json.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.decrypt";

absl::Status Invalid(std::string_view why) {
  return errs::IntegrityError(kOp, absl::StrCat("the encrypted details are invalid: ", why));
}

// The error of a part of a dump, with its name.
absl::Status Of(std::string_view id, std::string_view part, const absl::Status& status) {
  const errs::Error error = errs::GetError(status).value_or(errs::Error{});
  const std::string_view hint =
      error.cause == errs::kIntegrity && error.hint.empty()
          ? std::string_view(
                "the dump was damaged or changed after it was written; restore another one")
          : std::string_view(error.hint);
  return errs::MakeStatus({.op = std::string(kOp),
                           .code = error.code,
                           .cause = error.cause,
                           .detail = absl::StrCat("dump ", id, part, ": ", error.detail),
                           .hint = std::string(hint)});
}

absl::StatusOr<absl::Span<const age::Identity>> IdentitiesFor(std::string_view id,
                                                              const Encryption* encryption) {
  static const Encryption& none = *new Encryption({}, nullptr);
  auto identities = (encryption == nullptr ? none : *encryption).Identities();
  if (!identities.ok()) return Of(id, " is encrypted", identities.status());
  return identities;
}

}  // namespace

absl::StatusOr<absl::Span<const age::Identity>> Encryption::Identities() const {
  const absl::MutexLock lock(&mutex_);
  if (identities_.empty() && load_ != nullptr) {
    ASSIGN_OR_RETURN(identities_, load_());
  }
  if (identities_.empty()) {
    return errs::UserError(kOp, errs::kSecretUnavailable, "this machine has no key to decrypt it",
                           "name identity files in the configuration (encryption.identities), or "
                           "work on a machine that has one");
  }
  // Nothing changes the identities from now on.
  return absl::MakeConstSpan(identities_);
}

std::string EncodeDetails(const Details& details) {
  std::string out = "{\"tables\":[";
  for (const TableInfo& table : details.tables) {
    absl::StrAppend(&out, out.back() == '[' ? "" : ",", "{\"name\":", QuoteJson(table.name),
                    ",\"rows\":", table.rows, ",\"size_bytes\":", table.size_bytes);
    if (!table.checksum.empty()) absl::StrAppend(&out, ",\"checksum\":", QuoteJson(table.checksum));
    out += "}";
  }
  out += "],\"annotations\":{";
  for (const auto& [name, value] : details.annotations) {
    absl::StrAppend(&out, out.back() == '{' ? "" : ",", QuoteJson(name), ":", QuoteJson(value));
  }
  out += "},\"filters\":[";
  for (const std::string& filter : details.filters) {
    absl::StrAppend(&out, out.back() == '[' ? "" : ",", QuoteJson(filter));
  }
  return out + "]}";
}

absl::StatusOr<Details> DecodeDetails(std::string_view json) {
  const absl::StatusOr<nlohmann::json> object = ParseJsonObject(json);
  if (!object.ok()) return Invalid(object.status().message());
  JsonFields fields(*object);
  Details details;
  fields.Tables("tables", details.tables);
  fields.TextMap("annotations", details.annotations);
  fields.TextList("filters", details.filters);
  if (!fields.status().ok()) return Invalid(fields.status().message());
  return details;
}

absl::StatusOr<std::string> SealDetails(const Details& details,
                                        absl::Span<const age::Recipient> recipients) {
  ASSIGN_OR_RETURN(const std::string file, age::Encrypt(EncodeDetails(details), recipients));
  return absl::Base64Escape(file);
}

absl::StatusOr<Details> OpenDetails(std::string_view id, std::string_view sealed,
                                    const Encryption* encryption) {
  ASSIGN_OR_RETURN(const auto identities, IdentitiesFor(id, encryption));
  std::string file;
  if (!absl::Base64Unescape(sealed, &file)) {
    return Of(id, "", Invalid("they are not base64"));
  }
  const absl::StatusOr<age::Secret> json = age::Decrypt(file, identities);
  if (!json.ok()) return Of(id, ", its details", json.status());
  absl::StatusOr<Details> details = DecodeDetails(json->view());
  if (!details.ok()) return Of(id, "", details.status());
  return details;
}

absl::StatusOr<std::string> OpenAttachment(std::string_view id, std::string_view name,
                                           std::string_view file, const Encryption* encryption) {
  ASSIGN_OR_RETURN(const auto identities, IdentitiesFor(id, encryption));
  const absl::StatusOr<age::Secret> text = age::Decrypt(file, identities);
  if (!text.ok()) return Of(id, absl::StrCat(", its attachment ", name), text.status());
  return std::string(text->view());
}

absl::StatusOr<std::unique_ptr<base::Reader>> OpenBody(std::string_view id, base::Reader* body,
                                                       const Encryption* encryption) {
  ASSIGN_OR_RETURN(const auto identities, IdentitiesFor(id, encryption));
  auto reader = age::MakeDecryptor(body, identities);
  if (!reader.ok()) return Of(id, "", reader.status());
  return reader;
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenBody(std::string_view id,
                                                             const base::RandomAccess* body,
                                                             const Encryption* encryption) {
  ASSIGN_OR_RETURN(const auto identities, IdentitiesFor(id, encryption));
  auto access = age::OpenEncrypted(body, identities);
  if (!access.ok()) return Of(id, "", access.status());
  return access;
}

}  // namespace siphon::dumps
