CREATE TRIGGER notes_changed AFTER UPDATE OF body ON notes
BEGIN
  INSERT INTO audit VALUES (date('now'), 'note ' || old.id || ' changed');
END;
