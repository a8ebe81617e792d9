-- Copyright 2026 The siphon Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- What the owner of one database, who has no other right, can put in the way of a superuser who
-- works on it: a schema whose operators, functions, types, tables and views stand in for those of
-- pg_catalog. Each writes "TRAP SPRUNG" into the server's log when a superuser runs it. Run as the
-- owner; a search_path that names the schema arms it.

CREATE SCHEMA trap;

CREATE FUNCTION trap.spring(what pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
  IF current_setting('is_superuser') = 'on' THEN
    RAISE LOG 'TRAP SPRUNG: %', what;
  END IF;
  RETURN true;
END $$;

-- Every operator of pg_catalog once more, and comparisons between types that pg_catalog has none
-- for: those are chosen even where pg_catalog comes first in the search_path.
DO $do$
DECLARE
  o record;
  body text;
  serial int := 0;
BEGIN
  FOR o IN
    SELECT oprname, pg_catalog.format_type(oprleft, NULL) AS l,
      pg_catalog.format_type(oprright, NULL) AS r, pg_catalog.format_type(oprresult, NULL) AS result,
      true AS known
    FROM pg_catalog.pg_operator
    WHERE oprkind = 'b' AND oprnamespace = 'pg_catalog'::regnamespace
    UNION ALL
    SELECT n.name, l.type, r.type, CASE n.name WHEN '||' THEN 'text' ELSE 'boolean' END, false
    FROM unnest('{=,<>,<,>,<=,>=,||,~,!~,~~}'::text[]) AS n(name),
      unnest('{smallint,integer,bigint,oid,real,double precision,text,name,boolean,regclass,"\"char\"",character varying}'::text[])
        AS l(type),
      unnest('{smallint,integer,bigint,oid,real,double precision,text,name,boolean,regclass,"\"char\"",character varying}'::text[])
        AS r(type)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_operator k WHERE k.oprname = n.name
      AND k.oprleft = l.type::regtype AND k.oprright = r.type::regtype)
  LOOP
    serial := serial + 1;
    BEGIN
      IF o.known THEN
        body := format('RETURN $1 OPERATOR(pg_catalog.%s) $2;', o.oprname);
      ELSIF o.oprname = '||' THEN
        body := 'RETURN pg_catalog.concat($1, $2);';
      ELSE
        body := format('RETURN $1::pg_catalog.text OPERATOR(pg_catalog.%s) $2::pg_catalog.text;',
          o.oprname);
      END IF;
      EXECUTE format('CREATE FUNCTION trap.operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L',
        serial, o.l, o.r, o.result, format('BEGIN PERFORM trap.spring(%L); %s END',
          format('%s(%s, %s)', o.oprname, o.l, o.r), body));
      EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s, '
        'FUNCTION = trap.operator_%s)', o.oprname, o.l, o.r, serial);
    EXCEPTION WHEN OTHERS THEN
      -- Pseudo-types, which only C takes.
    END;
  END LOOP;
  RAISE LOG 'operators that are traps: %', (SELECT count(*) FROM pg_catalog.pg_operator
    WHERE oprnamespace = 'trap'::regnamespace);
END $do$;

-- The functions that a tool would call.
DO $do$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT proname, pg_catalog.pg_get_function_identity_arguments(oid) AS arguments,
      pg_catalog.pg_get_function_result(oid) AS result
    FROM pg_catalog.pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
      AND proname ~ '^(pg_|current_|has_|to_|set_|array_|string_|format|version|upper|lower|length|host|unnest|starts_with|now|quote_|txid|obj_|shobj_|lo_|replace|concat|timezone|date_)'
  LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname,
        f.arguments, f.result, format('BEGIN PERFORM trap.spring(%L); RETURN%s; END', f.proname,
          CASE WHEN f.result ~ '^(SETOF|TABLE|void)' THEN '' ELSE ' NULL' END));
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
END $do$;

CREATE FUNCTION trap.step(pg_catalog.int8, pg_catalog.int8) RETURNS pg_catalog.int8
LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.spring('aggregate'); RETURN $1; END $$;
CREATE AGGREGATE trap.max(pg_catalog.int8) (SFUNC = trap.step, STYPE = pg_catalog.int8);
CREATE AGGREGATE trap.min(pg_catalog.int8) (SFUNC = trap.step, STYPE = pg_catalog.int8);
CREATE AGGREGATE trap.sum(pg_catalog.int8) (SFUNC = trap.step, STYPE = pg_catalog.int8);
CREATE FUNCTION trap.count_step(pg_catalog.int8) RETURNS pg_catalog.int8
LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.spring('count(*)'); RETURN $1; END $$;
CREATE AGGREGATE trap.count(*) (SFUNC = trap.count_step, STYPE = pg_catalog.int8,
  INITCOND = '0');

-- Types by their bare names.
DO $do$
DECLARE
  t pg_catalog.text;
BEGIN
  FOREACH t IN ARRAY '{text,name,oid,int4,int8,bool,regclass,regtype,timestamptz}'::pg_catalog.text[]
  LOOP
    EXECUTE pg_catalog.format(
      'CREATE DOMAIN trap.%I AS pg_catalog.%I CHECK (trap.spring(%L))', t, t, 'type ' || t);
  END LOOP;
END $do$;

-- Every table and view of pg_catalog.
DO $do$
DECLARE
  r pg_catalog.name;
BEGIN
  FOR r IN
    SELECT relname FROM pg_catalog.pg_class
    WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind IN ('r', 'v')
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE VIEW trap.%I AS SELECT * FROM pg_catalog.%I '
        'WHERE trap.spring(%L)', r, r, r);
    EXCEPTION WHEN OTHERS THEN
      -- A column of a pseudo-type.
    END;
  END LOOP;
END $do$;

-- Something to keep: rows, a trigger, a policy, a foreign key.
CREATE TABLE trap.customers (id pg_catalog.int8 PRIMARY KEY, name pg_catalog.text);
CREATE TABLE trap.orders (id pg_catalog.int8 PRIMARY KEY,
  customer pg_catalog.int8 REFERENCES trap.customers, price pg_catalog.float4);
INSERT INTO trap.customers SELECT i, 'customer ' || i FROM pg_catalog.generate_series(1, 50) AS i;
INSERT INTO trap.orders SELECT i, 1 + i % 50, i FROM pg_catalog.generate_series(1, 500) AS i;
CREATE FUNCTION trap.on_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM trap.spring('trigger');
  RETURN NULL;
END $$;
CREATE TRIGGER change AFTER INSERT OR DELETE OR TRUNCATE ON trap.orders
  FOR EACH STATEMENT EXECUTE FUNCTION trap.on_change();
ALTER TABLE trap.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE trap.customers FORCE ROW LEVEL SECURITY;
CREATE POLICY policy ON trap.customers USING (trap.spring('policy'));
