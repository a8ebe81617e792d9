-- Copyright 2026 The siphon Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- A database with something of everything that PostgreSQL 14 to 18 can hold and pg_dump carries.
-- Loads as a superuser into an empty database, by psql or as one string through libpq; the rows are
-- the same each time. Roles belong to the cluster, so they may be there already.
--
-- "accounts" and "items" stand alone, as the driver contract wants them.

-- Publications warn where wal_level is not "logical".
SET client_min_messages = error;
SET check_function_bodies = on;

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['sample_owner', 'sample_reader', 'sample_member', 'Sample "Quoted"'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
  END LOOP;
END $$;
ALTER ROLE sample_member LOGIN PASSWORD 'the member''s password' CONNECTION LIMIT 7 VALID UNTIL 'infinity';
ALTER ROLE sample_member SET work_mem = '5MB';
GRANT sample_reader TO sample_member;
COMMENT ON ROLE sample_reader IS 'reads samples';

-- Extensions ---------------------------------------------------------------------------------

CREATE SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION ltree SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION postgres_fdw SCHEMA extensions;
CREATE EXTENSION file_fdw SCHEMA extensions;
COMMENT ON EXTENSION citext IS 'text without regard to case';

-- The contract's tables ----------------------------------------------------------------------

CREATE TABLE accounts (
  id integer PRIMARY KEY,
  owner text NOT NULL,
  amount bigint NOT NULL
);
INSERT INTO accounts SELECT i, 'owner ' || i, 1000 FROM generate_series(1, 1000) AS i;
CREATE INDEX accounts_owner ON accounts (owner);

CREATE TABLE items (
  name text PRIMARY KEY,
  price double precision,
  data bytea
);
-- A thousand bytes each that do not compress.
INSERT INTO items
  SELECT 'item ' || i, i / 7.0::double precision,
         (SELECT string_agg(decode(md5(i || '/' || part), 'hex'), '' ORDER BY part)
          FROM generate_series(1, 62) AS part)
  FROM generate_series(1, 3000) AS i;

-- Types --------------------------------------------------------------------------------------

CREATE SCHEMA types AUTHORIZATION sample_owner;
COMMENT ON SCHEMA types IS 'every type';

CREATE TYPE types.mood AS ENUM ('sad', 'so so', 'it''s "fine"', 'glad');
CREATE TYPE types.point3 AS (x double precision, y double precision, z double precision);
CREATE TYPE types.located AS (name text COLLATE "C", at types.point3, moods types.mood[]);
COMMENT ON COLUMN types.located.at IS 'where';
CREATE DOMAIN types.percent AS numeric(5, 2) DEFAULT 0 CONSTRAINT in_percent CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN types.word AS text COLLATE "C" NOT NULL CHECK (VALUE !~ '\s');
CREATE DOMAIN types.words AS types.word[];
CREATE TYPE types.floatrange AS RANGE (subtype = double precision, subtype_diff = float8mi);

-- A base type of its own, with the functions of text.
CREATE TYPE types.label;
CREATE FUNCTION types.label_in(cstring) RETURNS types.label AS 'textin' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION types.label_out(types.label) RETURNS cstring AS 'textout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE types.label (INPUT = types.label_in, OUTPUT = types.label_out, LIKE = text);

CREATE TABLE types.built_in (
  id integer PRIMARY KEY,
  a_smallint smallint, an_integer integer, a_bigint bigint,
  a_numeric numeric, a_price numeric(12, 2), a_negative_scale numeric(5, 0),
  a_real real, a_double double precision, a_money money,
  a_boolean boolean, a_char character(5), a_varchar character varying(20), a_text text,
  a_byte "char", a_name name, a_bytea bytea,
  a_date date, a_time time, a_time3 time(3), a_timetz time with time zone,
  a_timestamp timestamp, a_timestamptz timestamp with time zone, an_interval interval,
  a_short_interval interval day to second(3),
  a_uuid uuid, a_json json, a_jsonb jsonb, a_jsonpath jsonpath, an_xml xml,
  a_point point, a_line line, a_segment lseg, a_box box, a_path path, a_polygon polygon, a_circle circle,
  an_inet inet, a_cidr cidr, a_mac macaddr, a_mac8 macaddr8,
  some_bits bit(8), more_bits bit varying(20),
  a_tsvector tsvector, a_tsquery tsquery,
  an_int4range int4range, an_int8range int8range, a_numrange numrange,
  a_tsrange tsrange, a_tstzrange tstzrange, a_daterange daterange,
  an_int4multirange int4multirange, a_datemultirange datemultirange, a_tstzmultirange tstzmultirange,
  an_oid oid, a_regclass regclass, a_regtype regtype, a_regproc regprocedure,
  a_pg_lsn pg_lsn, a_snapshot pg_snapshot, an_xid xid, an_xid8 xid8, a_tid tid,
  a_vector int2vector, an_oidvector oidvector, a_cursor refcursor
);
INSERT INTO types.built_in VALUES
  (1, 32767, 2147483647, 9223372036854775807,
   12345678901234567890123456789.000000000000000000000000000001, 1234567890.12, 99999,
   3.4028235e38, 1.7976931348623157e308, '92233720368547758.07',
   true, 'ab', E'tab\there', E'back\\slash, line\nfeed, \\. and ''quotes''',
   'x', 'a name', '\x00ff01fe5c',
   '2024-02-29', '23:59:59.999999', '12:34:56.789', '12:00:00+05:30',
   '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789012+00', '1 year 2 months 3 days 04:05:06.789',
   '3 days 04:05:06.789',
   '123e4567-e89b-12d3-a456-426614174000', '{"b": 1,  "a": [1.50, "x"]}', '{"b": 1, "a": [1.50, "ü"]}',
   '$.a[*] ? (@ > 1)', '<a b="c">text &amp; more</a>',
   '(1,2)', '{1,-1,0}', '[(0,0),(1,1)]', '(2,2),(0,0)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(1,1),5>',
   '192.168.0.1/24', '2001:db8::/32', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
   B'10101010', B'10101',
   to_tsvector('simple', 'a quick brown fox'), to_tsquery('simple', 'quick & !slow'),
   '[1,10)', '[1,)', '(1.5,2.5]', '[2024-01-01 00:00,2024-01-02 00:00)',
   '[2024-01-01 00:00+00,infinity)', 'empty',
   '{[1,3),[5,7)}', '{[2024-01-01,2024-01-08)}', '{}',
   4294967295, 'pg_class', 'integer', 'now()',
   '16/B374D848', '10:20:10,14,15', '123', '9223372036854775807', '(42,7)',
   '1 2 3', '1 2 4294967295', 'a cursor'),
  (2, -32768, -2147483648, -9223372036854775808,
   'NaN', -0.01, 0, 'NaN', '-Infinity', '-92233720368547758.08',
   false, '', '', '', '', '', '\x',
   '4713-01-01 BC', '00:00', '24:00', '00:00-15:59',
   '-infinity', 'infinity', '-178000000 years', '-1 days',
   '00000000-0000-0000-0000-000000000000', 'null', 'null', '$', '',
   '(NaN,Infinity)', '{0,1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((0,0))', '((0,0))', '<(0,0),0>',
   '::', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00',
   B'00000000', B'', '', '',
   'empty', '(,)', '(,)', '(,)', '(,)', '(,)', '{(,)}', '{}', '{(,)}',
   0, NULL, NULL, NULL, '0/0', '1:1:', '0', '0', '(0,0)', '', '', ''),
  (3, NULL, NULL, NULL, 'Infinity', NULL, NULL, 'Infinity', 'NaN', NULL, NULL, NULL, NULL,
   E'\u00fc\u4e2d\U0001F600 \t\\N \\x41', NULL, NULL, NULL, 'infinity', NULL, NULL, NULL,
   '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999+00', NULL, NULL, NULL, NULL, '18446744073709551616.000000001',
   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL);

CREATE TABLE types.made (
  id integer PRIMARY KEY,
  mood types.mood DEFAULT 'so so',
  spot types.point3,
  place types.located,
  share types.percent,
  one_word types.word DEFAULT 'word',
  some_words types.words,
  span types.floatrange,
  tag types.label,
  nobody_cares extensions.citext,
  pairs extensions.hstore,
  tree extensions.ltree
);
INSERT INTO types.made VALUES
  (1, 'it''s "fine"', '(1,2,3)', ROW('here', '(0,0,0)', '{sad,glad}'), 99.99, 'one', '{two,three}',
   '[0.5,1.5)', 'a label', 'MiXeD', 'a=>1,"b c"=>NULL', 'top.middle.leaf'),
  (2, NULL, NULL, ROW(NULL, NULL, '{}'), NULL, 'x', '{}', 'empty', '', '', '', '');

CREATE TABLE types.arrays (
  id integer PRIMARY KEY,
  numbers integer[],
  grid integer[3][3],
  shifted text[],
  moods types.mood[],
  spots types.point3[],
  documents jsonb[],
  bytes bytea[]
);
INSERT INTO types.arrays VALUES
  (1, '{1,NULL,3}', '{{1,2},{3,4}}', '[-1:1]={"a, b","c\"d",NULL}', '{sad,"it''s \"fine\""}',
   ARRAY[ROW(1, 2, 3)::types.point3, NULL], ARRAY['{"a":1}', 'null']::jsonb[], ARRAY['\x00', '\xff']::bytea[]),
  (2, '{}', NULL, '{}', '{}', '{}', '{}', '{}');

-- Tables -------------------------------------------------------------------------------------

CREATE SCHEMA shop AUTHORIZATION sample_owner;
SET search_path = shop, extensions, pg_catalog;

CREATE SEQUENCE order_numbers START 1000 INCREMENT 10 MAXVALUE 9999999 CACHE 5;
CREATE SEQUENCE countdown AS smallint START -1 INCREMENT -1 MINVALUE -100 MAXVALUE -1 CYCLE;
SELECT nextval('order_numbers'), nextval('order_numbers'), nextval('countdown'), nextval('countdown');
COMMENT ON SEQUENCE order_numbers IS 'in tens';

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 5) PRIMARY KEY,
  email citext NOT NULL UNIQUE,
  name text NOT NULL,
  full_name text GENERATED ALWAYS AS (name || ' <' || email::text || '>') STORED,
  gone integer,
  joined date NOT NULL DEFAULT '2024-01-01',
  CONSTRAINT has_a_name CHECK (name <> '')
);
ALTER TABLE customers DROP COLUMN gone;
ALTER TABLE customers ALTER COLUMN name SET STATISTICS 200;
ALTER TABLE customers ALTER COLUMN full_name SET STORAGE EXTERNAL;
INSERT INTO customers (email, name, joined)
  SELECT 'customer' || i || '@example.org', 'Customer ' || i, date '2024-01-01' + i
  FROM generate_series(1, 200) AS i;
COMMENT ON TABLE customers IS 'who buys; "quoted" and ''quoted'' \backslash';
COMMENT ON COLUMN customers.email IS 'without regard to case';
COMMENT ON CONSTRAINT has_a_name ON customers IS 'nobody is nameless';

CREATE TABLE orders (
  number bigint NOT NULL DEFAULT nextval('order_numbers'),
  customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  placed timestamptz NOT NULL,
  total numeric(12, 2) NOT NULL CHECK (total >= 0),
  note text,
  PRIMARY KEY (number, placed, customer)
) PARTITION BY RANGE (placed);
CREATE TABLE orders_2023 PARTITION OF orders FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00')
  PARTITION BY HASH (customer);
CREATE TABLE orders_2024_0 PARTITION OF orders_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_2024_1 (note text, total numeric(12, 2) NOT NULL, placed timestamptz NOT NULL,
                            customer bigint NOT NULL, number bigint NOT NULL DEFAULT nextval('order_numbers'),
                            CONSTRAINT orders_total_check CHECK (total >= 0));
ALTER TABLE orders_2024 ATTACH PARTITION orders_2024_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
CREATE INDEX orders_customer ON orders (customer) INCLUDE (total);
INSERT INTO orders (customer, placed, total, note)
  SELECT 5 * (1 + i % 200), timestamptz '2022-12-01 00:00+00' + i * interval '12 hours', i / 4.0,
         CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'note ' || i END
  FROM generate_series(1, 2000) AS i;

CREATE TABLE by_country (country text NOT NULL, value integer) PARTITION BY LIST (country);
CREATE TABLE by_country_de PARTITION OF by_country FOR VALUES IN ('de', 'at');
CREATE TABLE by_country_none PARTITION OF by_country FOR VALUES IN ('none') WITH (fillfactor = 70);
INSERT INTO by_country VALUES ('de', 1), ('at', 2);

CREATE TABLE reservations (
  room integer NOT NULL,
  during tstzrange NOT NULL,
  EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0)
);
INSERT INTO reservations VALUES (1, '[2024-01-01 10:00+00,2024-01-01 11:00+00)'), (1, '[2024-01-01 11:00+00,2024-01-01 12:00+00)');

-- Two tables that need each other, and one that needs itself.
CREATE TABLE employees (id integer PRIMARY KEY, boss integer REFERENCES employees, department integer);
CREATE TABLE departments (id integer PRIMARY KEY, head integer REFERENCES employees);
ALTER TABLE employees ADD CONSTRAINT works_in FOREIGN KEY (department) REFERENCES departments;
INSERT INTO employees VALUES (1, NULL, NULL), (2, 1, NULL);
INSERT INTO departments VALUES (1, 1);
UPDATE employees SET department = 1;
ALTER TABLE employees ADD CONSTRAINT not_checked_yet CHECK (id < 2) NOT VALID;

CREATE TABLE parent_a (a integer NOT NULL DEFAULT 1);
CREATE TABLE parent_b (b text CHECK (b <> ''), a integer);
CREATE TABLE child (c integer) INHERITS (parent_a, parent_b);
INSERT INTO parent_a VALUES (1);
INSERT INTO child VALUES (2, 'b', 3);

CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE no_rows (id serial PRIMARY KEY, value text COLLATE "POSIX");
CREATE UNLOGGED TABLE unlogged (id integer GENERATED BY DEFAULT AS IDENTITY, value text);
INSERT INTO unlogged (value) VALUES ('kept'), ('as well');
CREATE TABLE typed OF types.point3 (x WITH OPTIONS NOT NULL);
INSERT INTO typed VALUES (1, 2, 3);
CREATE TABLE wide (id integer PRIMARY KEY, body text COMPRESSION pglz) WITH (fillfactor = 80, autovacuum_enabled = off);
INSERT INTO wide SELECT i, repeat('line ' || i || E'\n\ttab \\ ', 20000) FROM generate_series(1, 5) AS i;
ALTER TABLE wide CLUSTER ON wide_pkey;
ALTER TABLE departments REPLICA IDENTITY FULL;

CREATE INDEX customers_name_trigrams ON customers USING gin (name gin_trgm_ops);
CREATE INDEX customers_recent ON customers (lower(name) DESC NULLS LAST) WHERE joined > '2024-03-01';
CREATE INDEX wide_hash ON wide USING hash (id);
CREATE INDEX wide_brin ON wide USING brin (id) WITH (pages_per_range = 16);
CREATE UNIQUE INDEX customers_by_expression ON customers ((id % 1000), name);
CREATE STATISTICS customers_both (dependencies, mcv) ON name, joined FROM customers;
CREATE STATISTICS customers_month ON date_trunc('month', joined::timestamp), name FROM customers;
COMMENT ON INDEX customers_recent IS 'since March';
COMMENT ON STATISTICS customers_both IS 'go together';

-- Names that must be quoted ------------------------------------------------------------------

CREATE SCHEMA "Mixed Schema";
CREATE TABLE "Mixed Schema"."Quoted ""Table""" (
  "select" integer PRIMARY KEY,
  "Spalte mit Ü" text,
  "a.b" text,
  "back\slash" text,
  "  spaces  " text DEFAULT 'it''s'
);
INSERT INTO "Mixed Schema"."Quoted ""Table""" VALUES (1, 'ü', '.', '\', ' ');
CREATE TABLE "Mixed Schema"."a name of sixty-three bytes, which is as long as a name can be!" (id integer PRIMARY KEY);
CREATE TABLE "Mixed Schema"."order" ("order" integer, "desc" integer, "表" text);
INSERT INTO "Mixed Schema"."order" VALUES (1, 2, '値');
CREATE INDEX "An Index" ON "Mixed Schema"."order" ("order");
CREATE TYPE "Mixed Schema"."Enum" AS ENUM ('A', 'a');
CREATE FUNCTION "Mixed Schema"."Function"("Argument" integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';

-- Functions, operators, aggregates, casts ----------------------------------------------------

CREATE SCHEMA code;
SET search_path = code, pg_catalog;

CREATE FUNCTION add_one(integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1 + 1';
CREATE FUNCTION in_standard_sql(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql
  BEGIN ATOMIC
    SELECT a + b;
    SELECT a * b;
  END;
CREATE FUNCTION rows_of(n integer, OUT a integer, OUT b text) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 10 COST 5 AS $body$
BEGIN
  -- $$ and 'quotes' and \ stand here.
  RETURN QUERY SELECT i, 'row ' || i FROM generate_series(1, n) AS i;
END
$body$;
CREATE FUNCTION guarded() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '3MB'
  AS 'SELECT current_user::text';
CREATE FUNCTION total(VARIADIC integer[]) RETURNS bigint LANGUAGE sql AS 'SELECT sum(i) FROM unnest($1) AS i';
CREATE FUNCTION first_of(anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1[1]';
CREATE PROCEDURE touch(INOUT value integer) LANGUAGE plpgsql AS $$ BEGIN value := value + 1; END $$;
REVOKE EXECUTE ON FUNCTION guarded() FROM PUBLIC;
COMMENT ON FUNCTION add_one(integer) IS 'adds one';

CREATE AGGREGATE sum_of_squares(double precision) (
  SFUNC = float8pl, STYPE = double precision, INITCOND = '0', COMBINEFUNC = float8pl, PARALLEL = SAFE);
CREATE AGGREGATE last_of(ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
  FINALFUNC = mode_final, FINALFUNC_EXTRA);

CREATE TYPE complex AS (r double precision, i double precision);
CREATE FUNCTION complex_add(complex, complex) RETURNS complex LANGUAGE sql IMMUTABLE
  AS 'SELECT ROW($1.r + $2.r, $1.i + $2.i)::code.complex';
CREATE FUNCTION complex_below(complex, complex) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.r < $2.r';
CREATE FUNCTION complex_same(complex, complex) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.r = $2.r';
CREATE FUNCTION complex_order(complex, complex) RETURNS integer LANGUAGE sql IMMUTABLE
  AS 'SELECT CASE WHEN $1.r < $2.r THEN -1 WHEN $1.r = $2.r THEN 0 ELSE 1 END';
CREATE OPERATOR + (LEFTARG = complex, RIGHTARG = complex, FUNCTION = complex_add, COMMUTATOR = +);
CREATE OPERATOR <<< (LEFTARG = complex, RIGHTARG = complex, FUNCTION = complex_below, RESTRICT = scalarltsel);
CREATE OPERATOR === (LEFTARG = complex, RIGHTARG = complex, FUNCTION = complex_same, COMMUTATOR = ===);
CREATE OPERATOR FAMILY complex_family USING btree;
CREATE OPERATOR CLASS complex_class FOR TYPE complex USING btree FAMILY complex_family AS
  OPERATOR 1 <<<, OPERATOR 3 ===, FUNCTION 1 complex_order(complex, complex);
CREATE FUNCTION complex_text(complex) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT $1.r || '+' || $1.i || 'i'$$;
CREATE CAST (complex AS text) WITH FUNCTION complex_text(complex) AS ASSIGNMENT;
CREATE CAST (bigint AS types.label) WITH INOUT;
COMMENT ON CAST (complex AS text) IS 'for people';
CREATE CONVERSION latin1_again FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE sorted (word text COLLATE german PRIMARY KEY, loose text COLLATE any_case);
INSERT INTO sorted VALUES ('Äpfel', 'A'), ('Apfel', 'a'), ('Zebra', 'ä');

CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION plainly (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plainly ALTER MAPPING FOR asciiword, word WITH plain, german_stem;
CREATE TEXT SEARCH PARSER like_default (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE like_simple (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH CONFIGURATION plainly IS 'German stems';

-- Views, rules, triggers, policies -----------------------------------------------------------

SET search_path = shop, extensions, pg_catalog;

CREATE VIEW big_orders WITH (security_barrier = true) AS SELECT * FROM orders WHERE total > 100 WITH LOCAL CHECK OPTION;
CREATE RECURSIVE VIEW bosses (id, boss) AS
  SELECT id, boss FROM employees WHERE boss IS NULL
  UNION ALL SELECT e.id, e.boss FROM employees e JOIN bosses b ON e.boss = b.id;
CREATE VIEW editable AS SELECT id, name FROM customers;
CREATE RULE no_delete AS ON DELETE TO editable DO INSTEAD NOTHING;
CREATE RULE note_insert AS ON INSERT TO no_rows WHERE new.value = 'rule' DO ALSO UPDATE departments SET head = head;
CREATE RULE tell AS ON DELETE TO no_rows DO ALSO NOTIFY no_rows;
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS sum FROM orders GROUP BY customer;
CREATE UNIQUE INDEX totals_customer ON totals (customer);
CREATE MATERIALIZED VIEW totals_again AS SELECT count(*) FROM totals;
CREATE MATERIALIZED VIEW never_filled AS SELECT 1 AS one WITH NO DATA;
COMMENT ON VIEW big_orders IS 'over a hundred';
COMMENT ON MATERIALIZED VIEW totals IS 'by customer';

CREATE TABLE changes (what text, rows bigint);
CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.changes SELECT TG_TABLE_NAME, count(*) FROM fresh;
  RETURN NULL;
END $$;
CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
-- A restore that fired these would add rows to "changes".
CREATE TRIGGER counted AFTER INSERT ON customers REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION count_changes();
CREATE TRIGGER on_name BEFORE UPDATE OF name ON customers FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name) EXECUTE FUNCTION stay();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON employees DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stay();
CREATE TRIGGER instead INSTEAD OF UPDATE ON editable FOR EACH ROW EXECUTE FUNCTION stay();
CREATE TRIGGER on_each_part AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stay();
CREATE TRIGGER asleep BEFORE INSERT ON no_rows FOR EACH ROW EXECUTE FUNCTION stay();
ALTER TABLE no_rows DISABLE TRIGGER asleep;
ALTER TABLE customers ENABLE ALWAYS TRIGGER on_name;
COMMENT ON TRIGGER counted ON customers IS 'counts';

CREATE TABLE secrets (id integer PRIMARY KEY, owner name NOT NULL DEFAULT current_user, secret text);
INSERT INTO secrets VALUES (1, 'sample_reader', 'one'), (2, 'sample_owner', 'two'), (3, 'postgres', 'three');
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY readers ON secrets AS RESTRICTIVE FOR SELECT TO sample_reader USING (id < 100);
COMMENT ON POLICY own ON secrets IS 'each his own';

CREATE FUNCTION ignore_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE EVENT TRIGGER sample_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION ignore_ddl();
COMMENT ON EVENT TRIGGER sample_ddl IS 'does nothing';

-- Outside ------------------------------------------------------------------------------------

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE from_file (line text) SERVER files OPTIONS (filename '/dev/null', format 'text');
CREATE SERVER elsewhere TYPE 'postgres' VERSION '17' FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host 'no.such.host.invalid', port '1', dbname 'nowhere');
CREATE USER MAPPING FOR sample_reader SERVER elsewhere OPTIONS (user 'someone', password 'the mapping''s password');
-- To read it would take a network: whoever counts its rows fails.
CREATE FOREIGN TABLE far_away (id integer OPTIONS (column_name 'ID') NOT NULL, value text) SERVER elsewhere
  OPTIONS (schema_name 'there', table_name 'far');
COMMENT ON FOREIGN TABLE far_away IS 'not here';
CREATE FOREIGN DATA WRAPPER nothing;

CREATE PUBLICATION some_tables FOR TABLE customers, departments WITH (publish = 'insert, update');
CREATE PUBLICATION no_tables;

-- Large objects ------------------------------------------------------------------------------

SELECT lo_from_bytea(700001, decode(repeat('00ff5c', 100000), 'hex'));
SELECT lo_from_bytea(700002, '');
SELECT lo_from_bytea(700003, 'text');
COMMENT ON LARGE OBJECT 700001 IS 'large';
ALTER LARGE OBJECT 700003 OWNER TO sample_owner;
GRANT SELECT ON LARGE OBJECT 700003 TO sample_reader;

-- Owners and privileges ----------------------------------------------------------------------

ALTER TABLE changes OWNER TO sample_owner;
ALTER FUNCTION code.add_one(integer) OWNER TO sample_owner;
ALTER TYPE types.mood OWNER TO "Sample ""Quoted""";
GRANT USAGE ON SCHEMA shop TO sample_reader, "Sample ""Quoted""";
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO sample_reader;
GRANT INSERT, UPDATE ON orders TO sample_reader WITH GRANT OPTION;
GRANT SELECT (id, name), UPDATE (name) ON customers TO "Sample ""Quoted""";
GRANT USAGE ON SEQUENCE order_numbers TO sample_reader;
GRANT EXECUTE ON FUNCTION code.guarded() TO sample_reader;
GRANT USAGE ON FOREIGN SERVER elsewhere TO sample_reader;
REVOKE USAGE ON TYPE types.percent FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE sample_owner IN SCHEMA shop GRANT SELECT ON TABLES TO sample_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE sample_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- What came later ----------------------------------------------------------------------------

DO $$
DECLARE
  version integer := current_setting('server_version_num')::integer / 10000;
BEGIN
  IF version >= 15 THEN
    EXECUTE 'CREATE TABLE once_null (a integer UNIQUE NULLS NOT DISTINCT)';
    EXECUTE 'CREATE VIEW as_caller WITH (security_invoker = true) AS SELECT id FROM secrets';
    EXECUTE 'CREATE PUBLICATION one_schema FOR TABLES IN SCHEMA types';
    EXECUTE 'CREATE PUBLICATION some_rows FOR TABLE customers (id, name) WHERE (id > 10)';
    EXECUTE 'CREATE TABLE set_null (a integer, b integer, FOREIGN KEY (a) REFERENCES employees ON DELETE SET NULL (a))';
    EXECUTE 'CREATE TABLE negative_scale (a numeric(3, -2), b numeric(3, 5))';
    EXECUTE 'INSERT INTO negative_scale VALUES (12345, 0.00123)';
  END IF;
  IF version >= 16 THEN
    EXECUTE 'CREATE TABLE stored (a text STORAGE MAIN)';
    EXECUTE 'CREATE COLLATION with_rules (provider = icu, locale = ''und'', rules = ''&a < g'')';
  END IF;
  IF version >= 17 THEN
    EXECUTE 'CREATE COLLATION built_in (provider = builtin, locale = ''C.UTF-8'')';
    EXECUTE 'CREATE TABLE parted_identity (id bigint GENERATED ALWAYS AS IDENTITY, a integer) PARTITION BY RANGE (a)';
    EXECUTE 'CREATE TABLE parted_identity_1 PARTITION OF parted_identity FOR VALUES FROM (0) TO (10)';
    EXECUTE 'INSERT INTO parted_identity (a) VALUES (1), (2)';
  END IF;
  IF version >= 18 THEN
    EXECUTE 'CREATE TABLE virtual (a integer, twice integer GENERATED ALWAYS AS (a * 2) VIRTUAL)';
    EXECUTE 'INSERT INTO virtual VALUES (21)';
    EXECUTE 'CREATE TABLE over_time (id integer, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS))';
    EXECUTE 'INSERT INTO over_time VALUES (1, ''[2024-01-01,2024-02-01)''), (1, ''[2024-02-01,)'')';
    EXECUTE 'CREATE TABLE not_enforced (a integer CHECK (a > 0) NOT ENFORCED)';
    EXECUTE 'INSERT INTO not_enforced VALUES (-1)';
  END IF;
END $$;

RESET search_path;
RESET client_min_messages;
