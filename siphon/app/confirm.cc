// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/confirm.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/units.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"

namespace siphon::app {
namespace {

// ": 12 tables, 1.2 GiB"; empty if it cannot be told.
std::string Contents(const base::Context& context, driver::Connection* connection) {
  if (connection == nullptr) return "";
  const absl::StatusOr<verbs::Schema> schema = connection->Inspect(context, {});
  if (!schema.ok()) return "";
  return absl::StrCat(": ", schema->tables.size(),
                      schema->tables.size() == 1 ? " table" : " tables", ", ",
                      base::FormatSize(schema->bytes));
}

}  // namespace

absl::Status ConfirmClean(const base::Context& context, const Session& session, std::string_view op,
                          const CleanTarget& target, bool assume_yes) {
  if (assume_yes || !session.can_ask() || session.IsConfirmedByName(target.profile)) {
    return absl::OkStatus();
  }
  const std::string where = DescribeProfile(target.profile);
  if (!target.tables.empty()) {
    return session.Ask(op, absl::StrCat(op, " --clean replaces in ", where, " the tables ",
                                        base::ListSome(target.tables), ". Continue?"));
  }
  if (!target.exclude_tables.empty()) {
    return session.Ask(op, absl::StrCat(op, " --clean replaces in ", where,
                                        " every table that it writes (all except ",
                                        base::ListSome(target.exclude_tables), "). Continue?"));
  }
  const std::string contents = Contents(context, target.connection);
  RETURN_IF_ERROR(context.Check());
  return session.Ask(
      op, absl::StrCat(op, " --clean replaces everything in ", where, contents, ". Continue?"));
}

std::string DescribeProfile(const profile::Profile& profile) {
  if (profile::LooksLikeUrl(profile.name)) return profile.name;
  std::string text = absl::StrCat(profile.name, " (", profile.driver);
  if (!profile.database.empty()) {
    absl::StrAppend(&text, ", ", profile.host.empty() ? "" : "database ", profile.database);
  }
  if (!profile.host.empty()) absl::StrAppend(&text, " on ", profile.host);
  if (!profile.host.empty() && profile.port != 0) absl::StrAppend(&text, ":", profile.port);
  return text + ")";
}

}  // namespace siphon::app
