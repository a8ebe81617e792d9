// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_OBJECT_KINDS_H_
#define DRIVERS_POSTGRES_OBJECT_KINDS_H_

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

// The kinds of objects that a database has: the only list of them. Emptying a database or a schema,
// the check that a target is empty and the census of a dump all read it.
namespace siphon::postgres {

// A kind of objects. PostgreSQL's manual, chapter "System Catalogs". Columns and conditions are SQL
// about `o`, a row of the catalogue.
struct ObjectKind {
  // The catalogue, by which pg_depend and archives name the object: "pg_class".
  std::string_view catalog;
  std::string_view name;  // The object's name; "": it has none.
  // The oid of its schema; "": it belongs to the database, or is part of a relation.
  std::string_view schema = {};
  // The oid of the relation that it is a part of, and goes with; "": none.
  std::string_view relation = {};
  std::string_view condition = "true";  // The rows that are objects of this kind.
  // The words of its DROP; "": the type that pg_identify_object() names.
  std::string_view words = {};
  // The name in its DROP; "": the identity that pg_identify_object() names.
  std::string_view drop_name = {};
  // --clean drops it by a statement of its own.
  bool wiped = true;
  std::string_view rows = {};  // The catalogue with the rows, if it is another.

  bool in_schema() const { return !schema.empty(); }
  bool of_database() const { return schema.empty() && relation.empty(); }
  // A target that has one is not empty.
  bool is_content() const { return in_schema() || catalog == "pg_largeobject"; }
};

// A query of the objects of some kinds, in a session with an empty search_path. Its columns:
//   n          the position of the kind in the list
//   class      the catalogue's oid, as a regclass
//   oid
//   namespace  the schema's oid, or NULL
//   relation   the relation's oid, or NULL
//   name       the name, or ''
//   words      the words of its DROP, or ''
//   drop_name  the name in its DROP, or ''
//   wiped
// Members of extensions and objects of the system are among them.
std::string ObjectsSql(absl::FunctionRef<bool(const ObjectKind&)> of);

// A condition about a row `o` of ObjectsSql(): it is neither a member of an extension nor a part of
// another object, with which it goes (the constructors of a range, the sequence of an identity
// column).
inline constexpr std::string_view kStandsAlone =
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    " WHERE d.classid = o.class AND d.objid = o.oid AND (d.deptype = 'e'"
    " OR (d.deptype = 'i' AND (d.classid <> d.refclassid OR d.objid <> d.refobjid))))";

// The statement that drops the object, if it is still there, as an expression about `o` and the row
// `i` of pg_identify_object().
inline constexpr std::string_view kDropStatement =
    "pg_catalog.format('DROP %s IF EXISTS %s CASCADE',"
    " CASE o.words WHEN '' THEN pg_catalog.upper(i.type) ELSE o.words END,"
    " CASE o.drop_name WHEN '' THEN i.identity ELSE o.drop_name END)";

// A condition about a schema `n` of the user's: --clean keeps it, because it or something in it
// belongs to an extension, or because every database has it.
inline constexpr std::string_view kKeptSchema =
    "(n.nspname = 'public'"
    " OR EXISTS (SELECT 1 FROM pg_catalog.pg_extension x WHERE x.extnamespace = n.oid)"
    " OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend s JOIN pg_catalog.pg_depend e"
    " ON e.classid = s.classid AND e.objid = s.objid AND e.deptype = 'e'"
    " WHERE s.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
    " AND s.refobjid = n.oid))";

// A condition about a schema `n`: it is not one of the system's.
inline constexpr std::string_view kUsersSchema =
    "(n.nspname <> 'information_schema' AND n.nspname !~ '^pg_')";

// A condition about a row `o`. Objects that initdb made have smaller oids (FirstNormalObjectId in
// access/transam.h).
inline constexpr std::string_view kOfUsers = "o.oid >= 16384";

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_OBJECT_KINDS_H_
