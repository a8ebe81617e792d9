// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VIEW_CALLS_H_
#define DRIVERS_MYSQLCOMMON_VIEW_CALLS_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"

// MariaDB calls a deterministic function without arguments that change already when it opens a view
// that uses the function in some places (an argument of ROUND, SUBSTRING, ...), or creates a view
// (a condition, too). It opens views for SHOW CREATE VIEW, PREPARE, and most columns of
// information_schema.tables and information_schema.columns. A function with SQL SECURITY INVOKER in
// a view with SQL SECURITY INVOKER then runs with the rights of the user who looks. Functions that
// are not deterministic are not called, and MySQL calls none.
namespace siphon::mysqlcommon {

// Functions of a server that would run with the rights of the user.
class EagerFunctions {
 public:
  // Those that the user may call; none on MySQL. A package with SQL SECURITY INVOKER counts as a
  // whole if it has a deterministic function.
  static absl::StatusOr<EagerFunctions> Read(const base::Context& context, Session& session);

  bool empty() const { return functions_.empty() && packages_.empty() && own_packages_.empty(); }
  // True if a view of `database` with this text perhaps calls one of them. Accepts any bytes.
  bool CalledBy(std::string_view view, const Syntax& syntax, std::string_view database) const;
  // Counts a package of the view's own database as well.
  void AddPackage(std::string_view name) { own_packages_.emplace_back(name); }

  struct Name {
    std::string schema, name;
  };
  static bool Has(const std::vector<Name>& list, std::string_view schema, std::string_view name);
  // How the server reads the text of a view.
  const CommentRule& rule() const { return rule_; }

 private:
  bool HasPackage(std::string_view schema, std::string_view name, std::string_view database) const;

  CommentRule rule_;
  std::vector<Name> functions_, packages_;
  std::vector<std::string> own_packages_;
};

// The views of a database that would run such a function.
struct CallingViews {
  std::set<std::string> text;    // When their text is prepared by itself.
  std::set<std::string> opened;  // When the server opens them.
};
absl::StatusOr<CallingViews> FindCallingViews(const base::Context& context, Session& session,
                                              std::string_view database);

// What a view that is to be created would run: functions that exist already, and views that call
// such functions.
class ViewGuard {
 public:
  // Of everything that exists on the server now.
  static absl::StatusOr<ViewGuard> Read(const base::Context& context, Session& session);
  // Counts the functions of this package, which is to be created in the view's database.
  void AddPackage(std::string_view name) { eager_.AddPackage(name); }
  // True if the view, in `database`, would run code with the user's rights when it is created. With
  // an empty `database`, only names that are qualified by a database count.
  bool Runs(std::string_view view, const Syntax& syntax, std::string_view database) const;

 private:
  EagerFunctions eager_;
  std::vector<EagerFunctions::Name> views_;
};

// The names of all views of a database on MariaDB, read without opening them; none on MySQL.
absl::StatusOr<std::set<std::string>> ClosedViews(const base::Context& context, Session& session,
                                                  std::string_view database);

// A condition for a query of information_schema.tables or columns that names one database: " AND
// table_name NOT IN (...)" with these views, so that the query does not open them; or nothing.
std::string WithoutViews(const std::set<std::string>& views);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VIEW_CALLS_H_
