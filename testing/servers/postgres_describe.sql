-- Copyright 2026 The siphon Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- What a database defines, one row for each thing: the same rows, in any order, for the same
-- definitions, whatever their OIDs and the order in which they were made. Members of extensions are not listed.
-- DescribePostgres() of postgres_sample.h sorts them and
-- adds the rows of tables.

SET search_path = pg_catalog;
SET quote_all_identifiers = off;

CREATE TEMPORARY TABLE member AS
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e';
CREATE INDEX member_index ON pg_temp.member (objid, classid);
CREATE FUNCTION pg_temp.own(class regclass, object oid) RETURNS boolean LANGUAGE sql STABLE AS
  $$SELECT object >= 16384 AND NOT EXISTS (SELECT FROM pg_temp.member m WHERE m.classid = class AND m.objid = object)$$;
CREATE FUNCTION pg_temp.acl(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql STABLE AS
  $$SELECT array_agg(a::text ORDER BY a::text COLLATE "C")::text FROM unnest(coalesce(acl, acldefault(kind, owner))) AS a$$;
CREATE FUNCTION pg_temp.sorted(options text[]) RETURNS text LANGUAGE sql STABLE AS
  $$SELECT array_agg(o ORDER BY o COLLATE "C")::text FROM unnest(options) AS o$$;
-- Of a relation in a schema that a user made, or "public".
CREATE TEMPORARY VIEW relation AS
  SELECT c.*, c.oid AS id, c.oid::regclass::text AS name, n.nspname AS schema
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND pg_temp.own('pg_class', c.oid);

SELECT 'schema', quote_ident(nspname), nspowner::regrole, pg_temp.acl(nspacl, 'n', nspowner)
FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema';

SELECT 'extension', extname, extversion, extnamespace::regnamespace FROM pg_extension;

SELECT 'relation', name, relkind, relpersistence, relowner::regrole,
       pg_temp.acl(relacl, CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, relowner),
       pg_temp.sorted(reloptions), relrowsecurity, relforcerowsecurity, relreplident,
       relispopulated, CASE WHEN reloftype <> 0 THEN reloftype::regtype END,
       CASE WHEN relkind = 'p' THEN pg_get_partkeydef(id) END, pg_get_expr(relpartbound, id),
       (SELECT array_agg(inhparent::regclass ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = id)
FROM relation WHERE relkind NOT IN ('i', 'I', 'c', 't');

SELECT 'column', r.name, row_number() OVER (PARTITION BY r.id ORDER BY attnum), quote_ident(attname),
       format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated,
       CASE WHEN attcollation <> 0 THEN attcollation::regcollation END, attstorage, attcompression,
       nullif(attstattarget, -1), attislocal, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(attacl) AS a),
       pg_temp.sorted(attoptions), pg_temp.sorted(attfdwoptions)
FROM relation r JOIN pg_attribute a ON attrelid = r.id AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef d ON adrelid = r.id AND adnum = attnum
WHERE relkind NOT IN ('i', 'I', 'S');

-- NOT NULL stands with the columns; only from 18 on it is a constraint.
SELECT 'constraint', coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text), quote_ident(conname),
       contype, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated, conislocal
FROM pg_constraint WHERE contype <> 'n' AND contype <> 't' AND pg_temp.own('pg_constraint', oid)
  AND connamespace::regnamespace::text NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_temp.member m WHERE m.objid IN (conrelid, contypid));

SELECT 'index', name, pg_get_indexdef(indexrelid), indisclustered, indisreplident, indisvalid,
       (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = indexrelid)
FROM relation JOIN pg_index ON indexrelid = id;

SELECT 'view', name, pg_get_viewdef(id) FROM relation WHERE relkind IN ('v', 'm');

SELECT 'rule', pg_get_ruledef(r.oid), ev_enabled FROM pg_rewrite r JOIN relation ON id = ev_class
WHERE rulename <> '_RETURN';

SELECT 'trigger', pg_get_triggerdef(t.oid), tgenabled FROM pg_trigger t JOIN relation ON id = tgrelid
WHERE NOT tgisinternal;

SELECT 'policy', schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies;

SELECT 'sequence', format('%I.%I', schemaname, sequencename), data_type, start_value, min_value, max_value,
       increment_by, cycle, cache_size, last_value,
       (SELECT array_agg(format('%s.%s %s', refobjid::regclass, refobjsubid, deptype) ORDER BY 1) FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = format('%I.%I', schemaname, sequencename)::regclass
        AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass) IS NOT NULL AS owned
FROM pg_sequences;

SELECT 'function', oid::regprocedure, proowner::regrole, pg_temp.acl(proacl, 'f', proowner),
       CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) ELSE prorettype::regtype::text END
FROM pg_proc WHERE pg_temp.own('pg_proc', oid) AND pronamespace::regnamespace::text NOT LIKE 'pg\_%';

SELECT 'aggregate', a.aggfnoid::regprocedure, aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggmtransfn,
       aggfinalextra, aggsortop::regoperator, aggtranstype::regtype, agginitval, p.proparallel
FROM pg_aggregate a JOIN pg_proc p ON p.oid = aggfnoid WHERE pg_temp.own('pg_proc', aggfnoid);

SELECT 'type', t.oid::regtype, typtype, typowner::regrole, pg_temp.acl(typacl, 'T', typowner), typcategory, typnotnull,
       typdefault, CASE WHEN typbasetype <> 0 THEN format_type(typbasetype, typtypmod) END,
       CASE WHEN typcollation <> 0 THEN typcollation::regcollation END, typinput, typoutput, typlen, typstorage,
       (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
       (SELECT format('%s %s %s %s', rngsubtype::regtype, rngsubdiff, rngcollation, rngmultitypid::regtype)
        FROM pg_range WHERE rngtypid = t.oid)
FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
WHERE pg_temp.own('pg_type', t.oid) AND typnamespace::regnamespace::text NOT LIKE 'pg\_%'
  AND (typelem = 0 OR typcategory <> 'A') AND (typrelid = 0 OR c.relkind = 'c')
  AND (typrelid = 0 OR pg_temp.own('pg_class', typrelid));

SELECT 'cast', castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod
FROM pg_cast WHERE pg_temp.own('pg_cast', oid);

SELECT 'operator', oid::regoperator, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprowner::regrole
FROM pg_operator WHERE pg_temp.own('pg_operator', oid);

SELECT 'in operator family', pg_describe_object('pg_amop'::regclass, oid, 0) FROM pg_amop WHERE pg_temp.own('pg_amop', oid)
  AND pg_temp.own('pg_opfamily', amopfamily)
UNION ALL
SELECT 'in operator family', pg_describe_object('pg_amproc'::regclass, oid, 0) FROM pg_amproc WHERE pg_temp.own('pg_amproc', oid)
  AND pg_temp.own('pg_opfamily', amprocfamily);

SELECT 'collation', to_jsonb(c) - 'oid' - 'collnamespace' - 'collowner' - 'collversion', collnamespace::regnamespace
FROM pg_collation c WHERE pg_temp.own('pg_collation', oid);

SELECT 'text search', pg_describe_object(class, id, 0), definition FROM (
  SELECT 'pg_ts_config'::regclass AS class, c.oid AS id,
         (SELECT string_agg(format('%s:%s', maptokentype, mapdict::regdictionary), ' ' ORDER BY maptokentype, mapseqno)
          FROM pg_ts_config_map WHERE mapcfg = c.oid) AS definition FROM pg_ts_config c
  UNION ALL SELECT 'pg_ts_dict', oid, dictinitoption FROM pg_ts_dict
  UNION ALL SELECT 'pg_ts_parser', oid, concat_ws(' ', prsstart, prstoken, prsend, prslextype) FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template', oid, concat_ws(' ', tmplinit, tmpllexize) FROM pg_ts_template) AS t
WHERE pg_temp.own(class, id);

SELECT 'object', kind, identity FROM (
  SELECT 'pg_conversion'::regclass AS class, oid AS id FROM pg_conversion UNION ALL SELECT 'pg_language', oid FROM pg_language
  UNION ALL SELECT 'pg_opclass', oid FROM pg_opclass UNION ALL SELECT 'pg_opfamily', oid FROM pg_opfamily
  UNION ALL SELECT 'pg_am', oid FROM pg_am UNION ALL SELECT 'pg_transform', oid FROM pg_transform) AS o,
  LATERAL (SELECT i.type AS kind, i.identity FROM pg_identify_object(class, id, 0) AS i) AS i
WHERE pg_temp.own(class, id);

SELECT 'statistics', pg_get_statisticsobjdef(oid), stxowner::regrole FROM pg_statistic_ext;

SELECT 'event trigger', evtname, evtevent, evtenabled, evttags, evtfoid::regprocedure, evtowner::regrole FROM pg_event_trigger;

SELECT 'foreign data wrapper', fdwname, pg_temp.sorted(fdwoptions), pg_temp.acl(fdwacl, 'F', fdwowner) FROM pg_foreign_data_wrapper
WHERE pg_temp.own('pg_foreign_data_wrapper', oid);
SELECT 'server', srvname, srvtype, srvversion, pg_temp.sorted(srvoptions), pg_temp.acl(srvacl, 'S', srvowner) FROM pg_foreign_server;
SELECT 'user mapping', srvname, usename, pg_temp.sorted(umoptions) FROM pg_user_mappings;
SELECT 'foreign table', ftrelid::regclass, srvname, pg_temp.sorted(ftoptions) FROM pg_foreign_table JOIN pg_foreign_server s ON s.oid = ftserver;

SELECT 'publication', pubname, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubowner::regrole FROM pg_publication;
SELECT 'published', to_jsonb(t) FROM pg_publication_tables t;

SELECT 'default privileges', defaclrole::regrole, nullif(defaclnamespace, 0)::regnamespace, defaclobjtype,
       (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) AS a) FROM pg_default_acl;

SELECT 'large object', m.oid, lomowner::regrole, pg_temp.acl(lomacl, 'L', lomowner), md5(lo_get(m.oid)), length(lo_get(m.oid))
FROM pg_largeobject_metadata m;

SELECT 'comment', pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
WHERE pg_temp.own(classoid::regclass, objoid) AND classoid <> 'pg_largeobject'::regclass
UNION ALL
SELECT 'comment', 'large object ' || objoid, description FROM pg_description WHERE classoid = 'pg_largeobject'::regclass;
