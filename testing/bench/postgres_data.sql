-- Copyright 2026 The siphon Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- The benchmark's database, the same each time, for psql: a narrow table with skewed keys, one with
-- rows of a kilobyte, and thirty small ones, with the indexes and foreign keys that such have.
-- :entries and :documents are the numbers of rows; 5,000,000 and 300,000 make 860 MB of COPY text.

SELECT setseed(0.5);

CREATE TABLE entries (
  id bigint NOT NULL,
  account integer NOT NULL,
  article integer NOT NULL,
  state smallint NOT NULL,
  quantity integer NOT NULL,
  price numeric(12, 2) NOT NULL,
  total numeric(14, 4) NOT NULL,
  made timestamp NOT NULL,
  changed timestamp,
  code varchar(16) NOT NULL,
  remark varchar(64)
);
INSERT INTO entries
SELECT
  n,
  1 + (a ^ 4 * 1000000)::integer,
  1 + (b ^ 3 * 50000)::integer,
  (c ^ 2 * 8)::integer,
  1 + (d ^ 5 * 100)::integer,
  (b * 999 + 0.5)::numeric(12, 2),
  (b * d * 12345.678)::numeric(14, 4),
  timestamp '2021-01-01' + n * interval '20 seconds' + c * interval '1 hour',
  CASE WHEN a < 0.4 THEN timestamp '2024-06-01' + d * interval '400 days' END,
  upper(left(md5(n || '/' || a), 10)),
  CASE WHEN d < 0.25 THEN
    (ARRAY['paid in cash', 'as a present', 'ring twice', 'leave with the neighbour', 'by night',
           'came back: too small', 'handle with care', 'knows us well'])[1 + (c * 7)::integer]
    || ' / ' || (a * 100000)::integer
  END
FROM (
  SELECT n, random() AS a, random() AS b, random() AS c, random() AS d
  FROM generate_series(1, :entries) AS n
) AS rows;

CREATE TABLE kinds (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO kinds SELECT n, 'kind ' || n || ' ' || md5(n::text) FROM generate_series(1, 500) AS n;

CREATE TABLE documents (
  id integer NOT NULL,
  kind integer NOT NULL,
  key char(36) NOT NULL,
  title varchar(120) NOT NULL,
  body text NOT NULL,
  properties jsonb NOT NULL,
  made timestamp NOT NULL
);
CREATE FUNCTION pg_temp.prose(seed integer, words integer) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(
    CASE
      WHEN i % 3 = 0 THEN left(md5(seed || '-' || i), 8 + i % 7 * 2)
      ELSE (ARRAY['a', 'backup', 'carries', 'each', 'row', 'across', 'größer', 'tables', 'stay',
                  'whole', 'until', 'the', 'journal', 'wraps', 'around', 'client', 'closes',
                  'früher', 'than', 'index', 'pages', 'are', 'written', 'to', 'disk'])
           [1 + (seed::bigint * 37 + i * 13 + (random() * 24)::integer) % 25]
    END,
    CASE WHEN i % 17 = 0 THEN E'\n' ELSE ' ' END)
  FROM generate_series(1, words) AS i
$$;
INSERT INTO documents
SELECT
  n,
  1 + (random() ^ 2 * 499)::integer,
  md5('key ' || n)::uuid::text,
  'Document ' || n || ' ' || left(md5(n::text), 20) || ' ' || pg_temp.prose(n, 4),
  pg_temp.prose(n, 70 + (random() * 40)::integer),
  jsonb_build_object(
    'key', md5('p' || n), 'number', n, 'score', round((random() * 1000)::numeric, 3),
    'marks', jsonb_build_array(left(md5('m' || n), 6), 'green', 'with "quotes"'),
    'place', jsonb_build_object('street', left(md5('s' || n), 18),
                                'code', (random() * 99999)::integer),
    'whole', n % 3 = 0, 'nothing', NULL),
  timestamp '2022-01-01' + n * interval '3 minutes'
FROM generate_series(1, :documents) AS n;

DO $$
BEGIN
  FOR i IN 1..30 LOOP
    EXECUTE format(
      'CREATE TABLE small_%1$s (id integer PRIMARY KEY, part integer NOT NULL, '
      'name varchar(40) NOT NULL, amount numeric(10, 3), done boolean, made timestamp NOT NULL);'
      'INSERT INTO small_%1$s SELECT n, 1 + n %% 400, left(md5((n * %1$s)::text), 20) || '' row '', '
      '(random() * 1000)::numeric(10, 3), n %% 2 = 0, '
      'timestamp ''2023-03-03'' + n * interval ''1 minute'' FROM generate_series(1, 10000) AS n;'
      'CREATE INDEX ON small_%1$s (part)', i);
  END LOOP;
END
$$;

ALTER TABLE entries ADD PRIMARY KEY (id);
CREATE INDEX ON entries (account);
CREATE INDEX ON entries (made);
ALTER TABLE documents ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON documents (key);
CREATE INDEX ON documents (kind);
ALTER TABLE documents ADD FOREIGN KEY (kind) REFERENCES kinds (id);
ALTER TABLE small_2 ADD FOREIGN KEY (part) REFERENCES small_1 (id);
VACUUM ANALYZE;
