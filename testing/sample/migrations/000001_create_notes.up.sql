-- What people say of the shop.
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  body TEXT NOT NULL
);
CREATE INDEX notes_by_customer ON notes (customer_id);
