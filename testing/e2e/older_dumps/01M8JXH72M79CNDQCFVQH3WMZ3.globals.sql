-- siphon globals 1
-- Roles that are missing are made.
-- role 'postgres'
DO $siphon$
DECLARE
  missing pg_catalog.text[] := ARRAY(
    SELECT wanted FROM pg_catalog.unnest(ARRAY['postgres']::pg_catalog.text[]) AS wanted
    WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = wanted));
BEGIN
  IF 'postgres' = ANY (missing) THEN
    CREATE ROLE "postgres" WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;
  END IF;
END
$siphon$;

-- Tablespaces
-- Their folders must exist on the server.
