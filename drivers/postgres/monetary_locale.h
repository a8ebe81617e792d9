// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_MONETARY_LOCALE_H_
#define DRIVERS_POSTGRES_MONETARY_LOCALE_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Amounts of the type money are texts in a dump, in the session's lc_monetary. Where the sign is
// the same, another locale reads "$1.234" as another amount. So a restore reads them in the locale
// in which they were written.

// The lc_monetary for the sessions of a restore; empty if the dump records none.
// errs::kDatabase if the server does not have it.
absl::StatusOr<std::string> TakeMonetaryLocale(const base::Context& context, Session& session,
                                               const Archive& archive);

// The statement that sets it; "" for an empty one.
std::string SetMonetarySql(const std::string& locale);
// Settings whose sessions have it from their beginning.
Settings WithMonetaryLocale(Settings settings, const std::string& locale);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_MONETARY_LOCALE_H_
