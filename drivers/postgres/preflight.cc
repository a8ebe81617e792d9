// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/preflight.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_sql.h"
#include "drivers/postgres/dump_census.h"
#include "drivers/postgres/exclude.h"
#include "drivers/postgres/grants.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/older_server.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/present_objects.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/scratch.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";

using Names = std::set<std::string>;

std::string Quoted(const Names& names) {
  return base::ListSome(std::vector<std::string>(names.begin(), names.end()));
}

absl::Status HoldsChosen(const Session& session, const Names& tables) {
  return errs::UserError(kOp, errs::kTargetNotEmpty,
                         absl::StrCat(session.target(), " holds ", Quoted(tables)),
                         "use --clean to replace it");
}

// Refuses tables that the options name literally and that exist. For patterns, the dump determines
// the tables; see CheckChosenAreNew().
absl::Status CheckNamedAreNew(const base::Context& context, Session& session,
                              const std::vector<std::string>& patterns) {
  ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context, session));
  Names there;
  for (const Relation& relation : relations) {
    const std::string name = DisplayName(relation.schema, relation.name);
    if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) there.insert(name);
  }
  if (there.empty()) return absl::OkStatus();
  return HoldsChosen(session, there);
}

// The first column of every row.
absl::StatusOr<Names> QueryNames(const base::Context& context, Session& session,
                                 const std::string& sql,
                                 const std::vector<std::string>& parameters = {}) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql, parameters));
  Names names;
  for (int row = 0; row < rows.size(); ++row) names.emplace(rows.Text(row, 0));
  return names;
}

// An array in PostgreSQL's text format, for a parameter.
std::string ArrayText(const Names& names) {
  return absl::StrCat("{",
                      absl::StrJoin(names, ",",
                                    [](std::string* out, const std::string& name) {
                                      out->push_back('"');
                                      for (const char c : name) {
                                        if (c == '"' || c == '\\') out->push_back('\\');
                                        out->push_back(c);
                                      }
                                      out->push_back('"');
                                    }),
                      "}");
}

absl::Status CheckNotEmpty(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const std::vector<std::string> found, SomeContent(context, session));
  if (found.empty()) return absl::OkStatus();
  return errs::UserError(kOp, errs::kTargetNotEmpty,
                         absl::StrCat(session.target(), " holds ", base::ListSome(found, 3)),
                         "use --clean to replace its content");
}

absl::Status CheckWritable(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.QueryRow(context, {"bt"},
                                    "SELECT pg_catalog.pg_is_in_recovery(),"
                                    " pg_catalog.current_setting('transaction_read_only')"));
  if (rows.Bool(0, 0)) {
    return errs::UserError(kOp, errs::kDatabase,
                           absl::StrCat(session.target(), " is a standby and accepts no writes"),
                           "restore into its primary");
  }
  if (rows.Text(0, 1) == "on") {
    return errs::UserError(
        kOp, errs::kDatabase, absl::StrCat(session.target(), " is read-only"),
        "see default_transaction_read_only of the server, the database and the user");
  }
  return absl::OkStatus();
}

absl::Status CheckCreate(const base::Context& context, Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(
      const Names there,
      QueryNames(context, session, "SELECT datname FROM pg_catalog.pg_database WHERE datname = $1",
                 {name}));
  if (!there.empty()) {
    return errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat("the database ", name),
                           "choose another name for --create, or restore into it with --clean");
  }
  return CheckMayCreateDatabases(context, session);
}

// Refuses a user who may not create anything in the database.
absl::Status CheckMayCreate(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const std::string may,
      session.QueryText(
          context,
          "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
          " OR pg_catalog.bool_or(pg_catalog.has_schema_privilege(n.oid, 'CREATE'))"
          " FROM pg_catalog.pg_namespace n"
          " WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"));
  if (may == "t") return absl::OkStatus();
  return errs::SystemError(
      kOp, errs::kDatabase,
      absl::StrCat(session.target(), ": the user may not create anything there"),
      "GRANT CREATE ON DATABASE, or restore as its owner");
}

bool ContainsAny(const Names& names, const Names& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return names.contains(name); });
}

absl::Status Replicates(const Session& session, const Names& subscriptions) {
  return errs::UserError(kOp, errs::kDatabase,
                         absl::StrCat(session.target(),
                                      " replicates from other servers by the"
                                      " subscription ",
                                      Quoted(subscriptions)),
                         "ALTER SUBSCRIPTION ... DISABLE first");
}

// Refuses to replace a database into which other servers replicate. Tells the user about slots on
// other servers that lose their subscription.
absl::Status CheckSubscriptions(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(
          context, {"tbt?"},
          "SELECT s.subname, s.subenabled, s.subslotname FROM pg_catalog.pg_subscription s"
          " JOIN pg_catalog.pg_database d ON d.oid = s.subdbid"
          " WHERE d.datname = pg_catalog.current_database() ORDER BY s.subname"));
  Names enabled, slots;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.Bool(row, 1)) enabled.emplace(rows.Text(row, 0));
    if (!rows.Text(row, 2).empty()) slots.emplace(rows.Text(row, 2));
  }
  if (!enabled.empty()) return Replicates(session, enabled);
  if (!slots.empty()) {
    context.Warn(kStage, absl::StrCat("subscriptions of the target are replaced; if their servers"
                                      " have the replication slot ",
                                      Quoted(slots), ", drop it there if nothing needs it"));
  }
  return absl::OkStatus();
}

// Compares the needs of an archive with a server.
class Needs {
 public:
  Needs(const base::Context& context, Session& session, const Archive& archive,
        const RestorePlan& plan, const verbs::RestoreOptions& options)
      : context_(context), session_(session), archive_(archive), plan_(plan), options_(options) {}

  absl::Status CheckExtensions() {
    Names wanted;
    for (const ArchiveEntry* entry : plan_.entries) {
      if (entry->kind == "EXTENSION") Add(entry->tag, wanted);
    }
    ASSIGN_OR_RETURN(const Names missing,
                     Missing(wanted, "SELECT name FROM pg_catalog.pg_available_extensions"));
    if (missing.empty()) return CheckSchemasOfExtensions();
    return errs::SystemError(kOp, errs::kNotFound,
                             absl::StrCat("the server lacks the extension ", Quoted(missing)),
                             "install it on the server's machine, or leave it out with"
                             " --exclude-object extension:NAME");
  }

  // The dump looks for the objects of an extension in the schema where they were.
  absl::Status CheckSchemasOfExtensions() {
    // pg_restore --clean creates extensions again.
    const bool replaced = options_.clean && !plan_.whole;
    if (!options_.create.empty() || replaced) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"tt"},
                                    "SELECT x.extname, n.nspname FROM pg_catalog.pg_extension x"
                                    " JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace"));
    std::map<std::string, std::string, std::less<>> there;
    for (int row = 0; row < rows.size(); ++row) there.emplace(rows.Text(row, 0), rows.Text(row, 1));
    for (const ArchiveEntry* entry : plan_.entries) {
      if (entry->kind != "EXTENSION") continue;
      const std::optional<ExtensionName> wanted =
          ParseExtension(ArchiveText(archive_, entry->definition));
      if (!wanted.has_value()) continue;
      const auto has = there.find(wanted->name);
      if (has == there.end() || has->second == wanted->schema) continue;
      return errs::UserError(
          kOp, errs::kDatabase,
          absl::StrCat(session_.target(), " has the extension ", wanted->name, " in the schema ",
                       has->second, ", and the dump in ", wanted->schema),
          absl::StrCat("ALTER EXTENSION ", QuoteIdentifier(wanted->name), " SET SCHEMA ",
                       QuoteIdentifier(wanted->schema), ", or drop the extension"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckRoles(const Names& future_roles) {
    const Names owners = Owners();
    Names wanted = owners, of_policies;
    for (const ArchiveEntry* entry : plan_.entries) {
      const bool acl = entry->kind == "ACL" || entry->kind == "DEFAULT ACL";
      const bool policy = entry->kind == "POLICY";
      if (!(acl && !options_.no_acl) && !policy) continue;
      for (const std::string& role : ParseGrantedRoles(entry->definition)) {
        Add(role, wanted);
        if (policy) Add(role, of_policies);
      }
    }
    for (const std::string& role : future_roles) wanted.erase(role);
    ASSIGN_OR_RETURN(const Names missing,
                     Missing(wanted, "SELECT rolname FROM pg_catalog.pg_roles"));
    if (missing.empty()) {
      RETURN_IF_ERROR(
          CheckMembership(owners, future_roles, "owns objects of the dump", "--no-owner"));
      return CheckMembership(RolesWithDefaults(), future_roles,
                             "has default privileges in the dump", "--no-acl");
    }
    std::string hint = "create it, or restore with --with-globals";
    // Policies cannot be left out, because users would see rows that they must not see.
    if (!ContainsAny(of_policies, missing)) {
      absl::StrAppend(&hint, ", or leave it out with ",
                      ContainsAny(owners, missing) ? "--no-owner --no-acl" : "--no-acl");
    }
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat("the server lacks the role ", Quoted(missing)), hint);
  }

  absl::Status CheckTablespaces(Findings& findings) {
    Names wanted;
    for (const ArchiveEntry* entry : plan_.entries) {
      Add(entry->tablespace, wanted);
    }
    ASSIGN_OR_RETURN(const Names missing,
                     Missing(wanted, "SELECT spcname FROM pg_catalog.pg_tablespace"));
    if (missing.empty()) return absl::OkStatus();
    findings.without_tablespaces = true;
    findings.warnings.push_back(
        absl::StrCat("the server lacks the tablespace ", Quoted(missing),
                     ", so everything goes to the default tablespace of the database"));
    return absl::OkStatus();
  }

  // Refuses chosen tables that need types or functions which neither the plan nor the target has: a
  // chosen table does not bring them along.
  absl::Status CheckChosenHaveTypes() {
    if (plan_.chosen.empty()) return absl::OkStatus();
    std::map<int32_t, const ArchiveEntry*> absent;  // Not in the plan.
    for (const ArchiveEntry& entry : archive_.entries) {
      constexpr std::string_view kNeeded[] = {"TYPE", "DOMAIN", "FUNCTION"};
      if (IsOneOf(entry.kind, kNeeded)) absent[entry.id] = &entry;
    }
    for (const ArchiveEntry* entry : plan_.entries) absent.erase(entry->id);
    if (absent.empty()) return absl::OkStatus();
    Names there;
    if (options_.create.empty()) {
      ASSIGN_OR_RETURN(const Rows rows,
                       session_.Query(context_, {"tt"},
                                      "SELECT n.nspname, t.typname FROM pg_catalog.pg_type t"
                                      " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
                                      " UNION SELECT n.nspname, p.proname || '()'"
                                      " FROM pg_catalog.pg_proc p"
                                      " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"));
      for (int row = 0; row < rows.size(); ++row) {
        there.insert(QuoteQualified(rows.Text(row, 0), rows.Text(row, 1)));
      }
    }
    for (const ArchiveEntry* entry : plan_.entries) {
      for (const int32_t id : entry->dependencies) {
        const auto found = absent.find(id);
        if (found == absent.end() || !IsKnown(*found->second)) continue;
        const ArchiveEntry& needed = *found->second;
        const bool function = needed.kind == "FUNCTION";
        std::string name = Text(needed.tag);
        // By its name alone.
        if (function) name = absl::StrCat(name.substr(0, name.find('(')), "()");
        if (there.contains(QuoteQualified(Text(needed.schema), name))) continue;
        return errs::UserError(
            kOp, errs::kNotFound,
            absl::StrCat(EntryName(archive_, *entry), " needs the ",
                         absl::StrReplaceAll(ExclusionOf(archive_, needed), {{":", " "}}),
                         ", which the target lacks"),
            "create it in the target first, or restore without --table");
      }
    }
    return absl::OkStatus();
  }

  // Refuses chosen tables that exist.
  absl::Status CheckChosenAreNew() {
    ASSIGN_OR_RETURN(const Names there, Present(plan_.chosen));
    if (there.empty()) return absl::OkStatus();
    return HoldsChosen(session_, there);
  }

  // Refuses to create objects of the database that exist: pg_restore would fail at them late.
  absl::Status CheckOthersAreNew() {
    ASSIGN_OR_RETURN(const NamedObjects there, ObjectsOfDatabase(context_, session_));
    for (const ArchiveEntry* entry : plan_.entries) {
      if (!IsKnown(*entry) || !there.contains({std::string(entry->kind), Text(entry->tag)}))
        continue;
      return errs::UserError(
          kOp, errs::kTargetNotEmpty,
          absl::StrCat(session_.target(), " holds the ", absl::AsciiStrToLower(entry->kind), " ",
                       ArchiveText(archive_, entry->tag)),
          absl::StrCat("drop it, use --clean, or leave it out with --exclude-object '",
                       ExclusionOf(archive_, *entry), "'"));
    }
    return absl::OkStatus();
  }

  // Refuses to replace tables into which other servers replicate: a table that is dropped leaves
  // its subscription, and the one that takes its place does not enter it.
  absl::Status CheckReplicated() {
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"tbtt"},
                                    "SELECT s.subname, s.subenabled, n.nspname, c.relname"
                                    " FROM pg_catalog.pg_subscription s"
                                    " JOIN pg_catalog.pg_subscription_rel r ON r.srsubid = s.oid"
                                    " JOIN pg_catalog.pg_class c ON c.oid = r.srrelid"
                                    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"));
    Names replaced, enabled, left;
    for (const ArchiveEntry* entry : plan_.relations) replaced.insert(EntryName(archive_, *entry));
    for (int row = 0; row < rows.size(); ++row) {
      const std::string name = DisplayName(rows.Text(row, 2), rows.Text(row, 3));
      if (!replaced.contains(name)) continue;
      if (rows.Bool(row, 1)) enabled.emplace(rows.Text(row, 0));
      left.insert(name);
    }
    if (!enabled.empty()) return Replicates(session_, enabled);
    if (left.empty()) return absl::OkStatus();
    context_.Warn(kStage, absl::StrCat("these tables leave their subscriptions; add them again with"
                                       " ALTER SUBSCRIPTION ... REFRESH PUBLICATION: ",
                                       Quoted(left)));
    return absl::OkStatus();
  }

  // Refuses rows that only an existing table can take. The rows of an extension's table belong to a
  // dump that creates the extension.
  absl::Status CheckRowsHaveTables() const {
    const bool defines = std::any_of(archive_.entries.begin(), archive_.entries.end(),
                                     [](const ArchiveEntry& entry) {
                                       return entry.kind == "TABLE" || entry.kind == "EXTENSION";
                                     });
    if (defines && options_.tables.empty()) return absl::OkStatus();
    Names names;
    for (const ArchiveEntry* entry : plan_.DataWithoutTable()) {
      names.insert(EntryName(archive_, *entry));
    }
    if (names.empty()) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("the dump has only the rows of ", Quoted(names), ", not the definition"),
        "rows alone go into existing tables: add --data-only");
  }

  // For rows alone: refuses tables that are missing or not empty.
  absl::Status CheckTablesTakeRows() {
    const std::vector<const ArchiveEntry*> tables = plan_.TablesWithData();
    ASSIGN_OR_RETURN(const Names there, Present(tables));
    Names missing, filled;
    for (const ArchiveEntry* table : tables) {
      const std::string name = EntryName(archive_, *table);
      if (!IsKnown(*table)) continue;
      if (!there.contains(name)) {
        missing.insert(name);
        continue;
      }
      if (options_.clean) continue;
      ASSIGN_OR_RETURN(
          const std::string has_rows,
          session_.QueryText(
              context_, absl::StrCat("SELECT EXISTS (SELECT 1 FROM ONLY ",
                                     QuoteQualified(Text(table->schema), Text(table->tag)), ")")));
      if (has_rows == "t") filled.insert(name);
    }
    RETURN_IF_ERROR(AddLargeObjects(filled));
    if (!missing.empty()) {
      return errs::UserError(kOp, errs::kNotFound,
                             absl::StrCat(session_.target(), " lacks the table ", Quoted(missing)),
                             "rows alone need existing tables; restore the definitions first");
    }
    if (filled.empty()) return absl::OkStatus();
    return errs::UserError(kOp, errs::kTargetNotEmpty,
                           absl::StrCat(session_.target(), " has content in ", Quoted(filled)),
                           "use --clean to replace them");
  }

 private:
  // Leaves out names in an encoding that siphon does not know.
  void Add(std::string_view text, Names& names) const {
    std::optional<std::string> name = SessionText(archive_, text, session_.is_sql_ascii());
    if (name.has_value() && !name->empty()) names.insert(*std::move(name));
  }

  // Of a known name.
  std::string Text(std::string_view text) const {
    return SessionText(archive_, text, session_.is_sql_ascii()).value_or("");
  }

  bool IsKnown(const ArchiveEntry& entry) const {
    return session_.is_sql_ascii() || (KnownText(archive_, entry.schema).has_value() &&
                                       KnownText(archive_, entry.tag).has_value());
  }

  Names Owners() const {
    Names owners;
    if (options_.no_owner) return owners;
    for (const ArchiveEntry* entry : plan_.entries) {
      // An entry without a drop statement has no owner of its own.
      if (entry->owner.empty() || entry->drop_statement.empty() || entry->kind == "DATABASE") {
        continue;
      }
      Add(entry->owner, owners);
    }
    return owners;
  }

  absl::StatusOr<Names> Missing(const Names& wanted, const std::string& sql) {
    if (wanted.empty()) return Names();
    ASSIGN_OR_RETURN(const Names there, QueryNames(context_, session_, sql));
    Names missing;
    std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                        std::inserter(missing, missing.end()));
    return missing;
  }

  // The roles whose default privileges the plan sets.
  Names RolesWithDefaults() const {
    Names roles;
    if (options_.no_acl) return roles;
    for (const ArchiveEntry* entry : plan_.entries) {
      if (entry->kind == "DEFAULT ACL") Add(entry->owner, roles);
    }
    return roles;
  }

  // Only a member of a role can give objects to that role, and set its default privileges.
  absl::Status CheckMembership(const Names& owners, const Names& future_roles,
                               std::string_view what, std::string_view option) {
    Names others;
    std::set_difference(owners.begin(), owners.end(), future_roles.begin(), future_roles.end(),
                        std::inserter(others, others.end()));
    if (others.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        const Names barred,
        QueryNames(context_, session_,
                   absl::StrCat("SELECT rolname FROM pg_catalog.pg_roles"
                                " WHERE rolname = ANY ($1::pg_catalog.text[])"
                                " AND NOT pg_catalog.pg_has_role(current_user, oid, '",
                                session_.server_major() >= 16 ? "SET" : "MEMBER", "')"),
                   {ArrayText(others)}));
    if (barred.empty()) return absl::OkStatus();
    return errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("the user is not a member of the role ", Quoted(barred), ", which ", what),
        absl::StrCat("grant the role to the user, or use ", option));
  }

  // Adds the large objects of the plan that exist.
  absl::Status AddLargeObjects(Names& filled) {
    const std::vector<std::string> objects = plan_.LargeObjects();
    if (options_.clean || objects.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        const Names there,
        QueryNames(context_, session_,
                   absl::StrCat("SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid IN (",
                                absl::StrJoin(objects, ", "), ")")));
    for (const std::string& oid : there) filled.insert(absl::StrCat("the large object ", oid));
    return absl::OkStatus();
  }

  // The names of the entries whose relation exists in the database.
  absl::StatusOr<Names> Present(const std::vector<const ArchiveEntry*>& entries) {
    Names schemas;
    for (const ArchiveEntry* entry : entries) Add(entry->schema, schemas);
    if (schemas.empty()) return Names();
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"tt"},
                                    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
                                    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                    " WHERE n.nspname = ANY ($1::pg_catalog.text[])",
                                    {ArrayText(schemas)}));
    Names all;
    for (int row = 0; row < rows.size(); ++row) {
      all.insert(DisplayName(rows.Text(row, 0), rows.Text(row, 1)));
    }
    Names present;
    for (const ArchiveEntry* entry : entries) {
      const std::string name = EntryName(archive_, *entry);
      if (all.contains(name)) present.insert(name);
    }
    return present;
  }

  const base::Context& context_;
  Session& session_;
  const Archive& archive_;
  const RestorePlan& plan_;
  const verbs::RestoreOptions& options_;
};

}  // namespace

absl::Status CheckTarget(const base::Context& context, Session& session,
                         const verbs::RestoreOptions& options) {
  RETURN_IF_ERROR(CheckWritable(context, session));
  if (!options.create.empty()) return CheckCreate(context, session, options.create);
  if (!options.data_only) RETURN_IF_ERROR(CheckMayCreate(context, session));
  if (options.clean && !options.data_only && options.tables.empty()) {
    return CheckSubscriptions(context, session);
  }
  if (options.clean || options.data_only) return absl::OkStatus();
  if (!options.tables.empty()) return CheckNamedAreNew(context, session, options.tables);
  return CheckNotEmpty(context, session);
}

absl::StatusOr<Findings> CheckNeeds(const base::Context& context, Session& session,
                                    const Archive& archive, const RestorePlan& plan,
                                    const verbs::RestoreOptions& options,
                                    const std::set<std::string>& future_roles) {
  RETURN_IF_ERROR(CheckSearchPath(archive));
  if (options.single_transaction.value_or(true)) {
    RETURN_IF_ERROR(CheckTransactionControl(archive, plan.entries));
  }
  Findings findings;
  findings.warnings = OlderServerWarnings(archive, plan, session.server_major());
  Needs needs(context, session, archive, plan, options);
  if (!options.data_only) RETURN_IF_ERROR(needs.CheckRowsHaveTables());
  RETURN_IF_ERROR(needs.CheckExtensions());
  RETURN_IF_ERROR(needs.CheckRoles(future_roles));
  RETURN_IF_ERROR(needs.CheckTablespaces(findings));
  if (!options.data_only) RETURN_IF_ERROR(needs.CheckChosenHaveTypes());
  if (!options.create.empty()) return findings;
  if (options.data_only) RETURN_IF_ERROR(needs.CheckTablesTakeRows());
  if (!options.data_only && !options.clean) {
    RETURN_IF_ERROR(needs.CheckChosenAreNew());
    RETURN_IF_ERROR(needs.CheckOthersAreNew());
  }
  const auto not_seen = options.annotations.find(std::string(kNotSeen));
  if (options.clean && plan.whole && not_seen != options.annotations.end()) {
    findings.warnings.push_back(
        absl::StrCat("the dump lacks objects that its database had (", not_seen->second,
                     "); --clean drops the objects of these kinds that the target has"));
  }
  // CheckTarget() looks at the subscriptions of the others.
  const bool chosen = options.clean && !options.data_only && !options.tables.empty();
  if (chosen) RETURN_IF_ERROR(needs.CheckReplicated());
  return findings;
}

}  // namespace siphon::postgres
