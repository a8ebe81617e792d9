// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SCRATCH_PLACE_H_
#define DRIVERS_POSTGRES_SCRATCH_PLACE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// A scratch database whose owner is a temporary role without rights. What a dump runs while it is
// restored (functions in checks, indexes, generated columns and materialized views, rules, casts)
// runs as this role. The role itself is logged in, so RESET ROLE and RESET SESSION AUTHORIZATION
// give no other rights. Role and database have the same name; nobody else may connect to the
// database.
class ScratchPlace {
 public:
  // `admin` is the user's session, on any database of the server; it must outlive the place.
  ScratchPlace(Session* admin, std::string name) : admin_(admin), name_(std::move(name)) {}

  // Creates role and database, with the extensions of `plan` that the user may create, and logs the
  // role in. If it fails, some of it may exist; see DropScratch(). errs::kConnectionFailed, with a
  // line for pg_hba.conf, if the server does not let the role log in with a password.
  absl::Status Create(const base::Context& context, const Archive& archive,
                      const RestorePlan& plan);
  // The session of the role in the scratch database.
  Session& session() { return *session_; }
  // What the role finds there.
  const PlainRoleFacts& facts() const { return facts_; }
  // From now on nobody can log in as the role, not even with a password that the dump's code has
  // set for it. Sessions stay.
  absl::Status Close(const base::Context& context);
  std::unique_ptr<Session> TakeSession() { return std::move(session_); }

 private:
  absl::StatusOr<std::string> CreateRole(const base::Context& context);
  absl::Status CreateDatabase(const base::Context& context, const Archive& archive);
  absl::Status Furnish(const base::Context& context, const Archive& archive,
                       const RestorePlan& plan);
  absl::Status LogIn(const base::Context& context, const std::string& password);

  Session* const admin_;
  const std::string name_;
  PlainRoleFacts facts_;
  std::unique_ptr<Session> session_;
};

// errs::kDatabase if the user may not create roles.
absl::Status CheckMayCreateRoles(const base::Context& context, Session& server);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SCRATCH_PLACE_H_
