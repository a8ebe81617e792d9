// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/swap_place.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/present_objects.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/scratch.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";
constexpr std::chrono::seconds kLookLimit{10};

// Why the database $1 cannot be exchanged. $2: whether its sessions are an obstacle, except the
// backend $3, which is siphon's own.
constexpr char kObstacleQuery[] = R"sql(
SELECT CASE
  WHEN NOT (r.rolsuper OR r.rolcreatedb) THEN 'the user may not create databases (CREATEDB)'
  WHEN NOT pg_catalog.pg_has_role(d.datdba, 'USAGE') THEN 'the database belongs to another role'
  WHEN d.datistemplate THEN 'the database is a template'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_replication_slots s WHERE s.database = d.datname)
    THEN 'the database has replication slots'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_subscription s WHERE s.subdbid = d.oid)
    THEN 'the database has subscriptions'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_prepared_xacts x WHERE x.database = d.datname)
    THEN 'the database has prepared transactions'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_shseclabel l WHERE l.objoid = d.oid
      AND l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass)
    THEN 'the database has a security label'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.aclexplode(d.datacl) a WHERE a.grantor <> d.datdba)
    THEN 'others than its owner have granted rights on the database'
  WHEN $2::pg_catalog.bool AND EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a
      WHERE a.datid = d.oid AND a.pid <> $3::pg_catalog.int4
        AND COALESCE(a.backend_type, '') <> 'autovacuum worker')
    THEN 'other sessions are connected to the database'
  ELSE '' END
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.rolname = current_user
WHERE d.datname = $1)sql";

// How to create a database like $1. Servers have the providers since 15 and 17, under these names.
constexpr char kLocaleQuery[] = R"sql(
SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, t.spcname,
  COALESCE(j.row ->> 'datlocprovider', ''),
  COALESCE(j.row ->> 'datlocale', j.row ->> 'daticulocale', ''),
  COALESCE(j.row ->> 'daticurules', '')
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace,
  LATERAL (SELECT pg_catalog.to_jsonb(d) AS row) AS j
WHERE d.datname = $1)sql";

// The settings of the database $1: the role, or '', name and value.
constexpr char kSettingsQuery[] = R"sql(
SELECT COALESCE(r.rolname, ''), pg_catalog.split_part(c.setting, '=', 1),
  pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1)
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
WHERE d.datname = $1)sql";

// The owner of the database $1, whether that is the user, its limit of connections, its comment.
constexpr char kPropertiesQuery[] = R"sql(
SELECT o.rolname, o.rolname = current_user, d.datconnlimit,
  pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles o ON o.oid = d.datdba
WHERE d.datname = $1)sql";

// The rights on the database $1; $2: those of a new database of the same owner. The grantee, or ''
// for PUBLIC, the right, and whether it may be granted on.
constexpr char kRightsQuery[] = R"sql(
SELECT COALESCE(r.rolname, ''), a.privilege_type, a.is_grantable
FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.aclexplode(
    CASE WHEN $2::pg_catalog.bool OR d.datacl IS NULL
    THEN pg_catalog.acldefault('d', d.datdba) ELSE d.datacl END) a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE d.datname = $1)sql";

// Settings whose value is a list of names (GUC_LIST_QUOTE): as one literal it would be one name.
constexpr std::string_view kLists[] = {"local_preload_libraries", "search_path",
                                       "session_preload_libraries", "temp_tablespaces"};

std::string RenameSql(std::string_view from, std::string_view to) {
  return absl::StrCat("ALTER DATABASE ", QuoteIdentifier(from), " RENAME TO ", QuoteIdentifier(to),
                      "; ");
}

std::string RoleSql(std::string_view name) {
  return name.empty() ? "PUBLIC" : QuoteIdentifier(name);
}

// The text of an error, without its advice.
std::string Detail(const absl::Status& status) {
  const std::optional<errs::Error> error = errs::GetError(status);
  return error.has_value() ? error->detail : std::string(status.message());
}

}  // namespace

SwapPlace::SwapPlace(Target target)
    : target_(std::move(target)), name_(NewScratchName()), admin_settings_(target_.settings) {
  admin_settings_["application_name"] = ScratchOwner(name_);
  // A database that is created, renamed or copied must not have a session.
  if (target_.role != Role::kNew) {
    admin_settings_["dbname"] = target_.name == "postgres" ? "template1" : "postgres";
  }
}

absl::StatusOr<std::unique_ptr<SwapPlace>> SwapPlace::Create(const base::Context& context,
                                                             Target target, std::string& why) {
  std::unique_ptr<SwapPlace> place(new SwapPlace(std::move(target)));
  absl::StatusOr<std::unique_ptr<Session>> admin =
      Session::Connect(context, place->admin_settings_);
  RETURN_IF_ERROR(context.Check());
  if (!admin.ok()) {
    why = absl::StrCat("no other database of the server can be reached: ", Detail(admin.status()));
    return nullptr;
  }
  place->admin_ = *std::move(admin);
  DropStaleScratch(context, *place->admin_);
  if (place->target_.role == Role::kNew) return place;
  ASSIGN_OR_RETURN(why, place->FindObstacle(context, /*sessions=*/true));
  if (!why.empty()) return nullptr;
  const absl::Status created = place->CreateScratch(context);
  RETURN_IF_ERROR(context.Check());
  if (created.ok()) return place;
  if (place->admin_->broken()) return created;
  why = absl::StrCat("a scratch database cannot be made: ", Detail(created));
  return nullptr;
}

absl::StatusOr<std::string> SwapPlace::FindObstacle(const base::Context& context, bool sessions) {
  ASSIGN_OR_RETURN(const Rows rows, admin_->Query(context, {"t"}, kObstacleQuery,
                                                  {target_.name, sessions ? "t" : "f",
                                                   absl::StrCat(target_.closed_pid)}));
  if (rows.size() != 1) return "the database is gone";
  return std::string(rows.Text(0, 0));
}

absl::Status SwapPlace::CreateScratch(const base::Context& context) {
  std::string sql = absl::StrCat("CREATE DATABASE ", QuoteIdentifier(name_), " TEMPLATE = ");
  if (target_.role == Role::kEmpty) {
    absl::StrAppend(&sql, QuoteIdentifier(target_.name));
  } else {
    ASSIGN_OR_RETURN(const Rows row,
                     admin_->QueryRow(context, {"ttttttt"}, kLocaleQuery, {target_.name}));
    absl::StrAppend(&sql, "template0 ENCODING = ", QuoteLiteral(row.Text(0, 0)),
                    " LC_COLLATE = ", QuoteLiteral(row.Text(0, 1)),
                    " LC_CTYPE = ", QuoteLiteral(row.Text(0, 2)),
                    " TABLESPACE = ", QuoteIdentifier(row.Text(0, 3)));
    const std::string_view provider = row.Text(0, 4);
    const std::string locale = QuoteLiteral(row.Text(0, 5));
    if (provider == "c") absl::StrAppend(&sql, " LOCALE_PROVIDER = libc");
    if (provider == "b") {
      absl::StrAppend(&sql, " LOCALE_PROVIDER = builtin BUILTIN_LOCALE = ", locale);
    }
    if (provider == "i") absl::StrAppend(&sql, " LOCALE_PROVIDER = icu ICU_LOCALE = ", locale);
    if (!row.Text(0, 6).empty()) {
      absl::StrAppend(&sql, " ICU_RULES = ", QuoteLiteral(row.Text(0, 6)));
    }
  }
  absl::StrAppend(&sql, kClosed);
  RETURN_IF_ERROR(admin_->Execute(context, sql));
  RETURN_IF_ERROR(OpenToUser(context, *admin_, name_));
  RETURN_IF_ERROR(CopySettings(context));
  ASSIGN_OR_RETURN(properties_, PropertiesSql(context));
  {
    // Finds out now whether the user may do that. The destructor rolls back.
    ASSIGN_OR_RETURN(const Transaction attempt, Transaction::Begin(context, *admin_, "BEGIN"));
    RETURN_IF_ERROR(admin_->Execute(context, properties_));
  }
  Settings settings = target_.settings;
  settings["dbname"] = name_;
  ASSIGN_OR_RETURN(inside_, Session::Connect(context, settings));
  return inside_->Execute(context, target_.kept);
}

absl::Status SwapPlace::CopySettings(const base::Context& context) {
  ASSIGN_OR_RETURN(const Rows rows,
                   admin_->Query(context, {"ttt"}, kSettingsQuery, {target_.name}));
  if (rows.size() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(context, *admin_, "BEGIN"));
  const std::string database = QuoteIdentifier(name_);
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view role = rows.Text(row, 0), name = rows.Text(row, 1);
    const std::string value = QuoteLiteral(rows.Text(row, 2));
    const bool list = std::find(std::begin(kLists), std::end(kLists), name) != std::end(kLists);
    std::string sql;
    if (list) {
      absl::StrAppend(&sql, "SELECT pg_catalog.set_config(", QuoteLiteral(name), ", ", value,
                      ", true); ");
    }
    absl::StrAppend(
        &sql,
        role.empty()
            ? absl::StrCat("ALTER DATABASE ", database)
            : absl::StrCat("ALTER ROLE ", QuoteIdentifier(role), " IN DATABASE ", database),
        " SET ", QuoteIdentifier(name), list ? " FROM CURRENT" : absl::StrCat(" TO ", value));
    RETURN_IF_ERROR(admin_->Execute(context, sql));
  }
  return transaction.Commit(context);
}

absl::StatusOr<std::string> SwapPlace::PropertiesSql(const base::Context& context) {
  const bool is_new = target_.role == Role::kNew;
  const std::string& model = is_new ? name_ : target_.name;
  ASSIGN_OR_RETURN(const Rows row, admin_->QueryRow(context, {"tbit?"}, kPropertiesQuery, {model}));
  const std::string database = absl::StrCat("DATABASE ", QuoteIdentifier(name_));
  const std::string owner = QuoteIdentifier(row.Text(0, 0));
  std::string sql;
  if (!row.Bool(0, 1)) absl::StrAppend(&sql, "ALTER ", database, " OWNER TO ", owner, "; ");
  if (row.Int(0, 2) != -1) {
    absl::StrAppend(&sql, "ALTER ", database, " CONNECTION LIMIT ", row.Int(0, 2), "; ");
  }
  if (!row.IsNull(0, 3)) {
    absl::StrAppend(&sql, "COMMENT ON ", database, " IS ", QuoteLiteral(row.Text(0, 3)), "; ");
  }
  absl::StrAppend(&sql, "REVOKE ALL ON ", database, " FROM PUBLIC, SESSION_USER, ", owner, "; ");
  ASSIGN_OR_RETURN(const Rows rights,
                   admin_->Query(context, {"ttb"}, kRightsQuery, {model, is_new ? "t" : "f"}));
  constexpr std::string_view kRights[] = {"CREATE", "CONNECT", "TEMPORARY"};
  for (int right = 0; right < rights.size(); ++right) {
    const std::string_view name = rights.Text(right, 1);
    if (std::find(std::begin(kRights), std::end(kRights), name) == std::end(kRights)) {
      return errs::UserError(kOp, errs::kDriverUnsupported,
                             absl::StrCat("the right ", ToUtf8(name), " on the database"));
    }
    absl::StrAppend(&sql, "GRANT ", name, " ON ", database, " TO ", RoleSql(rights.Text(right, 0)),
                    rights.Bool(right, 2) ? " WITH GRANT OPTION" : "", "; ");
  }
  return sql;
}

absl::StatusOr<bool> SwapPlace::IsPublished(const base::Context& context, const std::string& oid) {
  if (admin_->broken()) {
    ASSIGN_OR_RETURN(admin_, Session::Connect(context, admin_settings_));
  }
  ASSIGN_OR_RETURN(
      const std::string name,
      admin_->QueryText(context,
                        "SELECT COALESCE((SELECT d.datname FROM pg_catalog.pg_database d"
                        " WHERE d.oid = $1::pg_catalog.oid), '')",
                        {oid}));
  return name == target_.name;
}

absl::StatusOr<std::vector<std::string>> SwapPlace::ContentOf(const base::Context& context,
                                                              const std::string& database) const {
  Settings settings = target_.settings;
  settings["dbname"] = database;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Session::Connect(context, settings));
  return SomeContent(context, *session);
}

absl::Status SwapPlace::CheckStill(const base::Context& context) {
  if (target_.role == Role::kNew) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string obstacle, FindObstacle(context, /*sessions=*/false));
  if (!obstacle.empty()) {
    return errs::UserError(
        kOp, errs::kBusy,
        absl::StrCat("the database ", target_.name, " was changed during the restore: ", obstacle),
        "restore with --jobs 1");
  }
  if (target_.role != Role::kEmpty) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<std::string> content, ContentOf(context, target_.name));
  if (content.empty()) return absl::OkStatus();
  return errs::UserError(kOp, errs::kTargetNotEmpty,
                         absl::StrCat("others have filled the database ", target_.name,
                                      " during the restore: it holds ", base::ListSome(content, 3)),
                         "use --clean to replace its content");
}

void SwapPlace::DropPrevious(const base::Context& context, const std::string& previous) {
  // The exchange is done, also if the verb was cancelled.
  const base::Context briefly =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kLookLimit);
  std::string remains = previous;
  absl::Status status;
  if (target_.role == Role::kEmpty) {
    const absl::StatusOr<std::vector<std::string>> content = ContentOf(briefly, previous);
    status = content.status();
    if (content.ok() && !content->empty()) {
      status = errs::UserError(
          kOp, errs::kTargetNotEmpty,
          absl::StrCat("others have filled it during the restore: ", base::ListSome(*content, 3)));
    }
    if (!status.ok()) {
      // The next siphon would remove a database with the name of a scratch database.
      std::string kept = absl::StrCat("siphon_kept_", previous.substr(kScratchPrefix.size()));
      if (admin_->Execute(briefly, RenameSql(previous, kept)).ok()) remains = std::move(kept);
    }
  }
  if (status.ok()) {
    // Removing the files of a large database takes long.
    status = context.Stopped() ? DropDatabase(*admin_, previous)
                               : DropDatabase(context, *admin_, previous);
  }
  if (status.ok()) return;
  context.Warn(kStage, absl::StrCat("the previous content of ", target_.name,
                                    " remains in the database ", remains, ": ", Detail(status),
                                    "; drop this database if you do not need it"));
}

absl::Status SwapPlace::Publish(const base::Context& context) {
  inside_.reset();
  const std::string query = "SELECT oid FROM pg_catalog.pg_database WHERE datname = $1";
  absl::StatusOr<std::string> found = admin_->QueryText(context, query, {name_});
  // The session was idle while the rows were restored.
  if (admin_->broken()) {
    ASSIGN_OR_RETURN(admin_, Session::Connect(context, admin_settings_));
    found = admin_->QueryText(context, query, {name_});
  }
  ASSIGN_OR_RETURN(const std::string oid, std::move(found));
  RETURN_IF_ERROR(CheckStill(context));
  ASSIGN_OR_RETURN(properties_, PropertiesSql(context));
  const std::string previous = NewScratchName();
  const auto exchange = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(context, *admin_, "BEGIN"));
    RETURN_IF_ERROR(admin_->Execute(context, properties_));
    if (target_.role != Role::kNew) {
      RETURN_IF_ERROR(admin_->Execute(context, RenameSql(target_.name, previous)));
      // DropStaleScratch() drops only databases of its user.
      RETURN_IF_ERROR(admin_->Execute(
          context,
          absl::StrCat("ALTER DATABASE ", QuoteIdentifier(previous), " OWNER TO CURRENT_USER")));
    }
    RETURN_IF_ERROR(admin_->Execute(context, RenameSql(name_, target_.name)));
    return transaction.Commit(context);
  };
  absl::Status status = exchange();
  if (!status.ok()) {
    const base::Context briefly =
        base::Context().WithDeadline(std::chrono::steady_clock::now() + kLookLimit);
    // The answer to COMMIT may be lost.
    const absl::StatusOr<bool> published = IsPublished(briefly, oid);
    if (!published.ok()) {
      return errs::WithHint(status, absl::StrCat("check whether the database ", target_.name,
                                                 " has the content of the dump: the connection was "
                                                 "lost during the exchange of the databases"));
    }
    if (!*published) {
      if (!errs::Is(status, errs::kBusy)) return status;
      return errs::WithHint(status,
                            "others are connected to the database, so it cannot be exchanged: end "
                            "their sessions, or restore with --jobs 1");
    }
  }
  dropped_ = true;
  if (target_.role != Role::kNew) DropPrevious(context, previous);
  return absl::OkStatus();
}

absl::Status SwapPlace::Drop() {
  if (admin_ == nullptr || std::exchange(dropped_, true)) return absl::OkStatus();
  inside_.reset();
  return DropScratch(*admin_, admin_settings_, name_, /*with_role=*/false);
}

}  // namespace siphon::postgres
