DROP TRIGGER notes_changed;
