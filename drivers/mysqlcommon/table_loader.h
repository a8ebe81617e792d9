// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_LOADER_H_
#define DRIVERS_MYSQLCOMMON_TABLE_LOADER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/domain/schema/value.h"
#include "siphon/driver/table_copy.h"

namespace siphon::mysqlcommon {

const schema::Dialect& TableDialect(const Fork& fork);

// Appends a value of a column whose source has the type `type` as an SQL literal.
void AppendLiteral(const schema::Type& type, const schema::Value& value, std::string* out);

// A load of tables of another engine into the session's database. Tables are visible while they are
// loaded; those of a load that is not published are dropped, in a session that `connect` opens if
// the own one is broken. The session must outlive the load.
using Reconnect = std::function<absl::StatusOr<std::unique_ptr<Session>>(const base::Context&)>;
absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(const base::Context& context,
                                                                 Session& session,
                                                                 Reconnect connect);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_LOADER_H_
