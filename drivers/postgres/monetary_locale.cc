// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/monetary_locale.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// invalid_parameter_value.
constexpr std::string_view kInvalidValue = "22023";

}  // namespace

absl::StatusOr<std::string> TakeMonetaryLocale(const base::Context& context, Session& session,
                                               const Archive& archive) {
  std::string locale = MonetaryLocale(archive).value_or("");
  if (locale.empty()) return locale;
  // Until the end of this statement only.
  const absl::Status set =
      session.Execute(context, absl::StrCat("SELECT pg_catalog.set_config('lc_monetary', ",
                                            QuoteLiteral(locale), ", true)"));
  RETURN_IF_ERROR(context.Check());
  if (SqlState(set) == kInvalidValue) {
    return errs::UserError(
        "postgres.restore", errs::kDatabase,
        absl::StrCat("the dump has amounts of money in the locale ", ToUtf8(locale),
                     ", which the server does not have"),
        "add the locale to the server's machine (locale-gen), or run ALTER DATABASE ... SET"
        " lc_monetary = 'C' in the source and back up again");
  }
  RETURN_IF_ERROR(set);
  return locale;
}

std::string SetMonetarySql(const std::string& locale) {
  return locale.empty() ? "" : absl::StrCat("SET lc_monetary = ", QuoteLiteral(locale), ";\n");
}

Settings WithMonetaryLocale(Settings settings, const std::string& locale) {
  if (locale.empty()) return settings;
  std::string& options = settings["options"];
  absl::StrAppend(&options, options.empty() ? "" : " ",
                  "-c lc_monetary=", absl::StrReplaceAll(locale, {{"\\", "\\\\"}, {" ", "\\ "}}));
  return settings;
}

}  // namespace siphon::postgres
