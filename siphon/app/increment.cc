// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/increment.h"

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
#include "siphon/app/chain.h"
#include "siphon/app/dumps.h"
#include "siphon/app/progress.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "backup";

absl::Status Refuse(const std::string& detail, const profile::Profile& profile) {
  return errs::UserError(kOp, errs::kInvalidArgument, detail,
                         absl::StrCat("'siphon backup ", profile.name,
                                      "' makes a full dump, on which increments can stand"));
}

// The state of the parent, with the progress of reading it.
class ParentReader : public base::Reader {
 public:
  ParentReader(std::unique_ptr<base::Reader> state, base::Stage* stage)
      : state_(std::move(state)), progress_(state_.get(), stage) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override { return progress_.Read(out); }

 private:
  std::unique_ptr<base::Reader> state_;
  ProgressReader progress_;
};

class IncrementTarget : public driver::BackupTarget {
 public:
  explicit IncrementTarget(dumps::PendingDump* dump) : dump_(dump) {}
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    return dump_->Begin(contents);
  }
  void SetTables(std::vector<dumps::TableInfo> tables) override {
    dump_->SetTables(std::move(tables));
  }

 private:
  dumps::PendingDump* dump_;
};

}  // namespace

absl::StatusOr<dumps::ChainLink> PlanIncrement(const base::Context& context, Session& session,
                                               driver::Driver& driver,
                                               const profile::Profile& profile,
                                               const std::string& base) {
  auto* const format = dynamic_cast<driver::IncrementFormat*>(&driver);
  if (format == nullptr) return errs::InternalError(kOp, "a capability without its interface");
  const absl::StatusOr<std::string> id =
      FindDump(context, session, {.text = base.empty() ? dumps::LatestOf(profile.name) : base});
  if (errs::Is(id.status(), errs::kNotFound) && base.empty()) {
    return errs::UserError(
        kOp, errs::kNotFound,
        absl::StrCat("there is no dump of profile ", profile.name,
                     " on which an increment could stand: ", errs::GetError(id.status())->detail),
        absl::StrCat("'siphon backup ", profile.name, "' makes a full dump"));
  }
  RETURN_IF_ERROR(id.status());
  ASSIGN_OR_RETURN(const dumps::Sidecar parent, session.catalog().Get(context, *id));
  if (parent.profile != profile.name) {
    return Refuse(absl::StrCat("dump ", parent.id, " is of profile ", parent.profile, ", not of ",
                               profile.name),
                  profile);
  }
  if (parent.driver != profile.driver) {
    return Refuse(absl::StrCat("dump ", parent.id, " is of ", parent.driver, ", and the profile ",
                               profile.name, " of ", profile.driver),
                  profile);
  }
  if (parent.scope.kind == dumps::Kind::kPartial) {
    return Refuse(absl::StrCat("dump ", parent.id, " holds a part of the database only"), profile);
  }
  ASSIGN_OR_RETURN(const std::vector<dumps::Sidecar> chain,
                   session.catalog().Chain(context, parent.id));
  for (const dumps::Sidecar& member : chain) {
    if (dumps::IsIncrement(member)) RETURN_IF_ERROR(IncrementFormatOf(member).status());
  }
  if (chain.size() >= dumps::kLongestChain) {
    return Refuse(absl::StrCat("the chain of ", chain.front().id, " has ", chain.size(),
                               " dumps, the most that a chain can have"),
                  profile);
  }
  return dumps::ChainLink{.base_id = chain.front().id,
                          .parent_id = parent.id,
                          .format = std::string(format->increment_format())};
}

absl::Status WriteIncrement(const base::Context& context, driver::Connection& connection,
                            const verbs::BackupOptions& options, dumps::Catalog& catalog,
                            const dumps::ChainLink& link, dumps::PendingDump& dump,
                            base::Stage& stage) {
  auto* const source = dynamic_cast<driver::IncrementSource*>(&connection);
  if (source == nullptr) return errs::InternalError(kOp, "a capability without its interface");
  context.Message("backup", absl::StrCat("comparing the database with dump ", link.parent_id));
  const auto open = [&]() -> absl::StatusOr<std::unique_ptr<base::Reader>> {
    ASSIGN_OR_RETURN(dumps::OpenDump parent, OpenState(context, catalog, link.parent_id));
    return std::make_unique<ParentReader>(std::move(parent.body), &stage);
  };
  IncrementTarget target(&dump);
  return source->BackupIncrement(
      context, options, {.base_id = link.base_id, .parent_id = link.parent_id, .open_parent = open},
      target);
}

absl::Status CheckParents(const base::Context& context, dumps::Catalog& catalog,
                          const std::string& id) {
  const absl::Status chain = catalog.Chain(context, id).status();
  if (!errs::Is(chain, errs::kIntegrity)) return chain;
  const std::string detail = errs::GetError(chain)->detail;
  RETURN_IF_ERROR(catalog.Remove(context, id));
  return errs::UserError(
      kOp, errs::kNotFound,
      absl::StrCat("a dump was removed while the increment on it was written: ", detail),
      "run the backup again");
}

}  // namespace siphon::app
