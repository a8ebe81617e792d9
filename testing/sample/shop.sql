-- Copyright 2026 The siphon Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- A small shop: the sample database of ./tools/demo. Deterministic; about 3 MiB.

PRAGMA application_id = 0x53484f50;
PRAGMA user_version = 3;

BEGIN;

CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  joined TEXT NOT NULL
) STRICT;

CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  cents INTEGER NOT NULL CHECK (cents > 0),
  price REAL GENERATED ALWAYS AS (cents / 100.0) VIRTUAL,
  picture BLOB
) WITHOUT ROWID;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  ordered TEXT NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id, ordered);

CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  line INTEGER NOT NULL,
  sku TEXT NOT NULL REFERENCES products (sku),
  quantity INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (order_id, line)
);

CREATE VIEW revenue AS
  SELECT substr(o.ordered, 1, 7) AS month, sum(l.quantity * p.cents) / 100.0 AS total
  FROM orders o
  JOIN order_lines l ON l.order_id = o.id
  JOIN products p ON p.sku = l.sku
  GROUP BY month;

CREATE TABLE audit (at TEXT, what TEXT);
CREATE TRIGGER customers_renamed AFTER UPDATE OF name ON customers
BEGIN
  INSERT INTO audit VALUES (new.joined, old.name || ' is now ' || new.name);
END;

INSERT INTO customers (name, email, joined)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
SELECT 'Customer ' || i, 'customer' || i || '@example.com', date('2024-01-01', (i % 700) || ' days')
FROM n;

INSERT INTO products (sku, title, cents, picture)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
SELECT printf('SKU-%04d', i), 'Product ' || i, 99 + i * 37 % 9900, zeroblob(i % 5 * 64) FROM n;

INSERT INTO orders (customer_id, ordered)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
SELECT 1 + i * 7919 % 2000, datetime('2025-01-01', (i * 17) || ' minutes') FROM n;

INSERT INTO order_lines (order_id, line, sku, quantity)
SELECT o.id, l.n, printf('SKU-%04d', 1 + (o.id * 31 + l.n * 97) % 300), 1 + (o.id + l.n) % 4
FROM orders o, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) l
WHERE l.n <= 1 + o.id % 3;

CREATE VIRTUAL TABLE products_search USING fts5 (sku UNINDEXED, title);
INSERT INTO products_search SELECT sku, title FROM products;

COMMIT;
