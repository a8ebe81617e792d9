INSERT INTO notes (customer_id, body)
SELECT id, 'bought first on ' || joined || '; and came back' FROM customers WHERE id <= 100;
