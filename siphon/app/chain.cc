// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/chain.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "dumps.chain";

absl::Status CheckLength(const std::vector<dumps::Sidecar>& chain) {
  if (chain.size() <= dumps::kLongestChain) return absl::OkStatus();
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat("the chain of ", chain.back().id, " has ", chain.size(),
                                      " dumps, at most ", dumps::kLongestChain, " can be read"),
                         "restore an increment before it");
}

// The state at the end of the chain of an increment.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenChainState(const base::Context& context,
                                                             dumps::Catalog& catalog,
                                                             const dumps::Sidecar& increment) {
  ASSIGN_OR_RETURN(driver::IncrementFormat* const format, IncrementFormatOf(increment));
  ASSIGN_OR_RETURN(const std::vector<dumps::Sidecar> chain, catalog.Chain(context, increment.id));
  RETURN_IF_ERROR(CheckLength(chain));
  std::vector<driver::ChainMember> members;
  for (const dumps::Sidecar& member : chain) {
    if (dumps::IsIncrement(member)) RETURN_IF_ERROR(IncrementFormatOf(member).status());
    ASSIGN_OR_RETURN(dumps::OpenDump dump, catalog.Open(context, member.id));
    members.push_back({member.id, std::move(dump.body)});
  }
  return format->OpenChain(context, std::move(members));
}

}  // namespace

absl::StatusOr<driver::IncrementFormat*> IncrementFormatOf(const dumps::Sidecar& increment) {
  ASSIGN_OR_RETURN(driver::Driver* const driver, driver::Get(increment.driver));
  auto* const format = dynamic_cast<driver::IncrementFormat*>(driver);
  if (format != nullptr && format->increment_format() == increment.dump_format) return format;
  return errs::UserError(
      "restore", errs::kDriverUnsupported,
      absl::StrCat("dump ", increment.id, " is an incremental (", increment.dump_format, ")"),
      absl::StrCat("restore its base ", increment.base_id));
}

absl::StatusOr<dumps::OpenDump> OpenState(const base::Context& context, dumps::Catalog& catalog,
                                          std::string_view id) {
  ASSIGN_OR_RETURN(dumps::OpenDump dump, catalog.Open(context, id));
  if (!dumps::IsIncrement(dump.sidecar)) return dump;
  ASSIGN_OR_RETURN(dump.body, OpenChainState(context, catalog, dump.sidecar));
  return dump;
}

absl::StatusOr<ChainDetails> DescribeChain(const base::Context& context, dumps::Catalog& catalog,
                                           const dumps::Sidecar& dump) {
  ChainDetails details;
  if (dumps::IsIncrement(dump)) {
    const absl::StatusOr<std::vector<dumps::Sidecar>> chain = catalog.Chain(context, dump.id);
    if (!chain.ok()) {
      RETURN_IF_ERROR(context.Check());
      context.Warn("dumps", chain.status().message());
    } else {
      for (const dumps::Sidecar& member : *chain) details.chain.push_back(member.id);
    }
  }
  ASSIGN_OR_RETURN(const dumps::Listing listing, catalog.List(context));
  details.increments = dumps::IncrementsOn(listing.dumps, dump.id);
  return details;
}

absl::StatusOr<dumps::Verification> VerifyState(const base::Context& context,
                                                dumps::Catalog& catalog, std::string_view id,
                                                base::Stage* stage) {
  ASSIGN_OR_RETURN(const dumps::Sidecar sidecar, catalog.Get(context, id));
  // The increments of siphon (Go) have no states that could be compared.
  if (!dumps::IsIncrement(sidecar) || sidecar.dump_format == dumps::kFormatChanges) {
    return catalog.Verify(context, id, stage);
  }
  // Its own checksum first: it names the dump, whatever the chain is like.
  ASSIGN_OR_RETURN(dumps::Verification verification, catalog.Verify(context, id, stage));
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> state,
                   OpenChainState(context, catalog, verification.sidecar));
  std::string buffer(base::kCopyBufferSize, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const size_t size, state->Read(absl::MakeSpan(buffer.data(), buffer.size())));
    if (size == 0) return verification;
    RETURN_IF_ERROR(context.Check());
  }
}

}  // namespace siphon::app
