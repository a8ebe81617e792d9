// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/age/keys.h"
#include "siphon/domain/dumps/encryption.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "dumps rekey";

bool Has(absl::Span<const age::Recipient> recipients, const age::Recipient& one) {
  return std::find(recipients.begin(), recipients.end(), one) != recipients.end();
}

// The recipients of the request, else those of the configuration.
absl::StatusOr<std::vector<age::Recipient>> ChooseRecipients(const Session& session,
                                                             const RekeyRequest& request) {
  std::vector<age::Recipient> recipients;
  for (const std::string& text : request.recipients) {
    const absl::StatusOr<age::Recipient> recipient = age::ParseRecipient(text);
    if (!recipient.ok()) return errs::WithOp(recipient.status(), kOp);
    if (!Has(recipients, *recipient)) recipients.push_back(*recipient);
  }
  if (recipients.empty()) recipients = session.config().config.encryption.recipients;
  if (recipients.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument, "no recipients are given",
                           "name them with --recipient or encryption.recipients");
  }
  if (recipients.size() > dumps::kMaxDumpRecipients) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat(recipients.size(), " recipients; at most ",
                                        dumps::kMaxDumpRecipients, " fit a dump"));
  }
  return recipients;
}

// The old dump is removed, so a mistyped recipient would lose it.
absl::Status CheckOwnKey(const Session& session, absl::Span<const age::Recipient> recipients) {
  const auto identities = session.encryption().Identities();
  if (identities.ok()) {
    for (const age::Identity& identity : *identities) {
      if (Has(recipients, identity.recipient())) return absl::OkStatus();
    }
  }
  return errs::UserError(kOp, errs::kConfirmationRefused,
                         "no key of this machine would open the new dump, and the old one is "
                         "removed",
                         "name a recipient of this machine, too, or give --yes");
}

}  // namespace

absl::StatusOr<RekeyResult> RekeyDump(const base::Context& context, Session& session,
                                      const RekeyRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<age::Recipient> recipients,
                   ChooseRecipients(session, request));
  if (!request.assume_yes) RETURN_IF_ERROR(CheckOwnKey(session, recipients));
  RekeyResult result;
  ASSIGN_OR_RETURN(result.replaced, FindDump(context, session, request.dump));
  base::Stage stage(context, "rekey");
  absl::StatusOr<dumps::Sidecar> sidecar =
      session.catalog().Rekey(context, result.replaced, recipients, &stage);
  RETURN_IF_ERROR(stage.Finish(sidecar.status()));
  result.sidecar = *std::move(sidecar);
  for (const age::Recipient& recipient : recipients) result.recipients.push_back(recipient.Text());
  return result;
}

}  // namespace siphon::app
