-- One feature of PostgreSQL per block: what a schema may hold that a backup has to bring back.
-- A block begins with "--- name", then options: min=MAJOR needs that release, own a
-- database of its own, note=TEXT says what a check remarks. All others share a database, each in a schema of its own.

--- check_in_varchar
CREATE TABLE t (status varchar(20) CHECK (status IN ('open', 'closed', 'void'))); INSERT INTO t VALUES ('open'), (NULL);
--- check_not_in_varchar
CREATE TABLE t (c varchar NOT NULL CONSTRAINT odd CHECK (c NOT IN ('a', 'b'))); INSERT INTO t VALUES ('z');
--- check_in_bpchar
CREATE TABLE t (c char(3) CHECK (c IN ('abc', 'x'))); INSERT INTO t VALUES ('x');
--- check_in_text
CREATE TABLE t (c text CHECK (c = ANY (ARRAY['a', 'b']))); INSERT INTO t VALUES ('a');
--- check_in_numbers
CREATE TABLE t (a smallint CHECK (a IN (1, 2)), b bigint CHECK (b IN (1, 2)), c numeric(6, 2) CHECK (c IN (1, 2.5)), d real CHECK (d IN (1, 2)),
  e double precision CHECK (e BETWEEN 0 AND 1)); INSERT INTO t VALUES (1, 2, 2.5, 1, 0.5);
--- check_dates
CREATE TABLE t (d date CHECK (d > '2000-01-01'), ts timestamptz CHECK (ts IN ('2024-01-01 00:00+00', '2025-01-01 00:00+02')), i interval CHECK (i < '1 day'),
  tm time CHECK (tm <> '12:00'), tz timetz CHECK (tz >= '00:00+00')); INSERT INTO t VALUES ('2024-02-29', '2024-01-01 00:00+00', '1 hour', '11:00', '10:00+01');
--- check_other_types
CREATE TABLE t (u uuid CHECK (u <> '00000000-0000-0000-0000-000000000000'), b bytea CHECK (b <> '\x00'), j jsonb CHECK (j ? 'a'), n inet CHECK (n << '10.0.0.0/8'),
  m macaddr CHECK (m <> '00:00:00:00:00:00'), bt bit(3) CHECK (bt IN (B'101', B'111')), mo money CHECK (mo > '1'), p point CHECK (p[0] > 0), ok boolean CHECK (ok IS NOT FALSE));
INSERT INTO t VALUES (md5('a')::uuid, '\x01', '{"a": 1}', '10.1.1.1', '08:00:2b:01:02:03', B'101', '2', '(1,2)', true);
--- check_name_and_oid
CREATE TABLE t (n name CHECK (n IN ('a', 'b')), o oid CHECK (o IN (1, 2)), r regclass CHECK (r <> 'pg_class'::regclass)); INSERT INTO t VALUES ('a', 1, 'pg_type');
--- check_case
CREATE TABLE t (a varchar, b int, CHECK (CASE WHEN a IN ('x', 'y') THEN b > 0 ELSE b IS NULL END)); INSERT INTO t VALUES ('x', 1), ('q', NULL);
--- check_row_and_array
CREATE TABLE t (a int, b varchar[], CHECK ((a, cardinality(b)) > (0, 0)), CHECK (b <@ ARRAY['p', 'q']::varchar[])); INSERT INTO t VALUES (1, '{p}');
--- check_regular_expression
CREATE TABLE t (a varchar CHECK (a ~ '^[a-z]+''\\d{2}$' OR a LIKE 'x\_%' OR a SIMILAR TO '(b|c)%')); INSERT INTO t VALUES ('x_1');
--- check_not_valid
CREATE TABLE t (a int); INSERT INTO t VALUES (-1); ALTER TABLE t ADD CONSTRAINT late CHECK (a > 0) NOT VALID;
--- check_no_inherit
CREATE TABLE t (a int CHECK (a > 0) NO INHERIT); CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (-1);
--- check_function
CREATE FUNCTION good(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> '''''; CREATE TABLE t (a text CHECK (good(a))); INSERT INTO t VALUES ('x');
--- view_in_varchar
CREATE TABLE t (s varchar, n int); CREATE VIEW v AS SELECT n FROM t WHERE s IN ('a', 'b') AND n NOT IN (1, 2); INSERT INTO t VALUES ('a', 3);
--- view_complex
CREATE TABLE t (a int, b varchar, at timestamptz); CREATE VIEW v AS WITH x AS (SELECT a, b, row_number() OVER (PARTITION BY b ORDER BY at DESC) r FROM t)
  SELECT a, coalesce(b, '') || 'x' AS b, extract(year FROM now()) y FROM x WHERE r = 1 UNION ALL SELECT 1, 'q', 2 ORDER BY 1;
--- view_options
CREATE TABLE t (a int); CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION;
--- view_recursive
CREATE RECURSIVE VIEW v (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM v WHERE n < 5;
--- view_circular
CREATE TABLE t (id int PRIMARY KEY, n text); CREATE VIEW v AS SELECT id, n FROM t GROUP BY id; INSERT INTO t VALUES (1, 'a');
--- partial_index
CREATE TABLE t (id int PRIMARY KEY, s varchar); CREATE INDEX i ON t (id) WHERE s IN ('open', 'new'); INSERT INTO t VALUES (1, 'new');
--- expression_index
CREATE TABLE t (a text, b int, j jsonb); CREATE UNIQUE INDEX i ON t (lower(a), (b + 1)); CREATE INDEX g ON t USING gin (j jsonb_path_ops); INSERT INTO t VALUES ('A', 1, '{}');
--- index_options
CREATE TABLE t (a text, b int, c int); CREATE INDEX i ON t (a COLLATE "C" text_pattern_ops DESC NULLS LAST) INCLUDE (b) WITH (fillfactor = 70); CREATE INDEX h ON t USING hash (b); CREATE INDEX br ON t USING brin (c);
--- index_nulls_not_distinct min=15
CREATE TABLE t (a int, UNIQUE NULLS NOT DISTINCT (a)); INSERT INTO t VALUES (NULL);
--- index_clustered_and_identity
CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t CLUSTER ON i; ALTER TABLE t REPLICA IDENTITY USING INDEX i; INSERT INTO t VALUES (1);
--- index_statistics
CREATE TABLE t (a int, b int); CREATE INDEX i ON t ((a + b)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 500; CREATE STATISTICS s (dependencies, mcv) ON a, b FROM t;
--- matview_populated
CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); CREATE MATERIALIZED VIEW m AS SELECT sum(a) s FROM t; CREATE UNIQUE INDEX u ON m (s);
--- matview_not_populated
CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t WITH NO DATA;
--- matview_nested
CREATE TABLE t (a varchar); INSERT INTO t VALUES ('x'); CREATE MATERIALIZED VIEW z AS SELECT a FROM t WHERE a IN ('x', 'y'); CREATE MATERIALIZED VIEW y AS SELECT a, count(*) n FROM z GROUP BY 1;
CREATE VIEW w AS SELECT * FROM y; CREATE MATERIALIZED VIEW a AS SELECT n FROM w; REFRESH MATERIALIZED VIEW a;
--- matview_volatile own note=went on while
CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT nextval('s') n, random() r, now() t;
--- domain
CREATE DOMAIN percent AS numeric(5, 2) DEFAULT 0 NOT NULL CHECK (VALUE BETWEEN 0 AND 100); CREATE DOMAIN kind AS varchar CHECK (VALUE IN ('a', 'b'));
CREATE TABLE t (p percent, k kind); INSERT INTO t VALUES (50, 'a');
--- enum
CREATE TYPE mood AS ENUM ('ok', 'it''s bad'); ALTER TYPE mood ADD VALUE 'über' BEFORE 'ok'; CREATE TABLE t (m mood DEFAULT 'ok' CHECK (m IN ('ok', 'it''s bad'))); INSERT INTO t DEFAULT VALUES;
--- composite
CREATE TYPE pair AS (a int, b text); CREATE TABLE t (p pair, list pair[], CHECK ((p).a > 0)); INSERT INTO t VALUES (ROW(1, 'x'), ARRAY[ROW(2, 'y')::pair]); CREATE TABLE typed OF pair (PRIMARY KEY (a));
--- range_and_exclusion
CREATE EXTENSION btree_gist; CREATE TABLE t (room int, at tstzrange, EXCLUDE USING gist (room WITH =, at WITH &&) WHERE (room <> 0)); INSERT INTO t VALUES (1, '[2024-01-01, 2024-01-02)');
--- range_type
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi); CREATE TABLE t (r floats, CHECK (NOT isempty(r))); INSERT INTO t VALUES ('[1,2]');
--- multirange min=14
CREATE TABLE t (m int4multirange CHECK (m @> 3)); INSERT INTO t VALUES ('{[1,5), [7,9)}');
--- generated_column
CREATE TABLE t (a numeric, b numeric GENERATED ALWAYS AS (a * 2 + 0.5) STORED, c varchar GENERATED ALWAYS AS (CASE WHEN a IN (1, 2) THEN 'low' ELSE 'high' END) STORED); INSERT INTO t (a) VALUES (1);
--- identity_column
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 7 CACHE 20), b int GENERATED BY DEFAULT AS IDENTITY, v text); INSERT INTO t (v) VALUES ('a'), ('b');
--- serial_and_sequences
CREATE TABLE t (id serial PRIMARY KEY, b bigserial); INSERT INTO t DEFAULT VALUES; CREATE SEQUENCE down INCREMENT -5 MINVALUE -1000 MAXVALUE -1 CYCLE; SELECT nextval('down'), nextval('down');
CREATE SEQUENCE unused AS smallint; ALTER SEQUENCE unused OWNED BY t.b; CREATE SEQUENCE "Odd 'Name" START 42; SELECT nextval('"Odd ''Name"');
--- default_values
CREATE TABLE t (a text DEFAULT 'it''s', b timestamptz DEFAULT now() + interval '1 day', c uuid DEFAULT gen_random_uuid(), d int[] DEFAULT '{1,2}', e jsonb DEFAULT '{"a": [1]}'); INSERT INTO t DEFAULT VALUES;
--- foreign_keys
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES p MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1, 2), (NULL, NULL);
--- foreign_keys_circular
CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1;
--- partitions_range
CREATE TABLE t (at date, v int, PRIMARY KEY (at, v)) PARTITION BY RANGE (at); CREATE TABLE t24 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE rest PARTITION OF t DEFAULT; CREATE INDEX i ON t (v); INSERT INTO t VALUES ('2024-05-05', 1), ('1999-01-01', 2);
--- partitions_list_and_hash
CREATE TABLE t (k varchar, v int) PARTITION BY LIST (k); CREATE TABLE ab PARTITION OF t FOR VALUES IN ('a', 'b') PARTITION BY HASH (v);
CREATE TABLE ab0 PARTITION OF ab FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE ab1 PARTITION OF ab FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO t SELECT 'a', generate_series(1, 20);
--- partitions_expression
CREATE TABLE t (at timestamptz, k text) PARTITION BY RANGE (lower(k), date_trunc('day', at AT TIME ZONE 'UTC')); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('a', MINVALUE) TO ('m', MAXVALUE); INSERT INTO t VALUES (now(), 'B');
--- inheritance
CREATE TABLE base (id int PRIMARY KEY, n text); CREATE TABLE more (extra int CHECK (extra > 0)) INHERITS (base); CREATE TABLE two (LIKE base INCLUDING ALL); ALTER TABLE two INHERIT base; INSERT INTO base VALUES (1); INSERT INTO more VALUES (2, 'x', 3); INSERT INTO two VALUES (3);
--- rules
CREATE TABLE t (a int); CREATE TABLE log (a int); CREATE RULE r AS ON INSERT TO t WHERE NEW.a IN (1, 2) DO ALSO INSERT INTO log VALUES (NEW.a); CREATE RULE n AS ON DELETE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE n; INSERT INTO t VALUES (1);
--- triggers
CREATE TABLE t (a int, b varchar); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := NEW.a + 1; RETURN NEW; END $$;
CREATE TRIGGER up BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW WHEN (NEW.b IN ('x', 'y')) EXECUTE FUNCTION f('an''arg'); CREATE CONSTRAINT TRIGGER c AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER s AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER s; INSERT INTO t VALUES (1, 'x');
--- functions
CREATE FUNCTION add(a int, b int DEFAULT 2, VARIADIC c int[] DEFAULT '{}') RETURNS int LANGUAGE sql STABLE PARALLEL SAFE COST 5 SET search_path = 'pg_catalog' AS 'SELECT a + b';
CREATE FUNCTION rows(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE sql ROWS 5 AS $$ SELECT 1, 'x' $$; CREATE PROCEDURE p(INOUT x int) LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN x := x * 2; END $$;
--- function_sql_standard min=14
CREATE TABLE t (s varchar, n int); CREATE FUNCTION f(x varchar) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE s IN ('a', x) AND n = ANY ('{1,2}'); END;
--- aggregate_and_operator
CREATE FUNCTION step(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + coalesce($2, 0)'; CREATE AGGREGATE total(int) (SFUNC = step, STYPE = int, INITCOND = '0', PARALLEL = safe);
CREATE OPERATOR |+| (FUNCTION = step, LEFTARG = int, RIGHTARG = int, COMMUTATOR = |+|); CREATE TABLE t (a int CHECK (a OPERATOR(@schema@.|+|) 1 > 0)); INSERT INTO t VALUES (1);
--- casts
CREATE TYPE celsius AS (v float8); CREATE FUNCTION c2t(celsius) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).v::text'; CREATE CAST (celsius AS text) WITH FUNCTION c2t(celsius) AS ASSIGNMENT;
--- collations
CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk'); CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE t (a text COLLATE german, b text COLLATE ci UNIQUE, CHECK (a COLLATE "C" > '')); INSERT INTO t VALUES ('ä', 'X');
--- text_search
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, STOPWORDS = english); CREATE TEXT SEARCH CONFIGURATION c (COPY = english); ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR asciiword WITH d;
CREATE TABLE t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('@schema@.c', a)) STORED); CREATE INDEX i ON t USING gin (v); INSERT INTO t (a) VALUES ('quick foxes');
--- policies
CREATE TABLE t (owner varchar, a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (owner IN ('a', current_user)) WITH CHECK (a > 0); INSERT INTO t VALUES ('a', 1);
--- policies_forced
CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY none ON t USING (false);
--- grants
CREATE TABLE t (a int, b int); GRANT SELECT (a), UPDATE ON t TO PUBLIC; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC;
--- default_privileges
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; CREATE SCHEMA s2; ALTER DEFAULT PRIVILEGES IN SCHEMA s2 REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; CREATE TABLE t (a int);
--- comments own
CREATE TABLE t (a int CONSTRAINT k CHECK (a > 0)); COMMENT ON TABLE t IS 'it''s a "table"'; COMMENT ON COLUMN t.a IS E'two\nlines'; COMMENT ON CONSTRAINT k ON t IS 'positive'; COMMENT ON SCHEMA public IS 'ours'; DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''the one''', current_database()); END $$;
--- publication own
CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE PUBLICATION one FOR TABLE t WITH (publish = 'insert'); CREATE PUBLICATION every FOR ALL TABLES; COMMENT ON PUBLICATION one IS 'x';
--- publication_filter min=15 own
CREATE TABLE t (a int PRIMARY KEY, s varchar); ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION part FOR TABLE t (a, s) WHERE (a > 1 AND s IS NOT NULL); CREATE PUBLICATION schemas FOR TABLES IN SCHEMA public;
--- subscription own
CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE SUBSCRIPTION @name@ CONNECTION 'host=/nonexistent password=hunter2' PUBLICATION p WITH (connect = false); COMMENT ON SUBSCRIPTION @name@ IS 'x';
--- event_trigger own
CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no definitions here'; END $$; CREATE TABLE t (a int); INSERT INTO t VALUES (1);
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ev(); ALTER EVENT TRIGGER et ENABLE ALWAYS;
--- foreign_table
CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER nothing OPTIONS (host 'a'); CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'hunter2'); CREATE FOREIGN TABLE ft (a int CHECK (a > 0), b text) SERVER s OPTIONS (x 'y'); CREATE TABLE t (a int); INSERT INTO t VALUES (1);
--- postgres_fdw
CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1'); CREATE FOREIGN TABLE ft (a int OPTIONS (column_name 'b')) SERVER far; CREATE VIEW v AS SELECT a FROM ft; CREATE MATERIALIZED VIEW m AS SELECT a FROM ft WITH NO DATA;
--- large_objects
SELECT lo_from_bytea(4711, '\xdeadbeef'), lo_from_bytea(4712, ''); COMMENT ON LARGE OBJECT 4711 IS 'x'; GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC; CREATE TABLE t (o oid); INSERT INTO t VALUES (4711);
--- extensions
CREATE SCHEMA ext; CREATE EXTENSION pgcrypto SCHEMA ext; CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION dblink;
CREATE TABLE t (e citext UNIQUE CHECK (e IN ('A', 'b')), h hstore, u uuid DEFAULT uuid_generate_v4(), p text DEFAULT encode(ext.gen_random_bytes(4), 'hex')); CREATE INDEX g ON t USING gin (e gin_trgm_ops); INSERT INTO t VALUES ('a', 'x=>1');
--- extension_with_data
CREATE EXTENSION ltree; CREATE EXTENSION tablefunc; CREATE EXTENSION unaccent; CREATE EXTENSION lo; CREATE TABLE t (p ltree, r lo); CREATE TRIGGER m BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION lo_manage(r); INSERT INTO t VALUES ('a.b', NULL);
--- odd_names
CREATE SCHEMA "Ünï côdé"; CREATE TABLE "Ünï côdé"."table "" with 'all'; --" ("Col umn" varchar CHECK ("Col umn" IN ('a', 'b')), "select" int PRIMARY KEY); INSERT INTO "Ünï côdé"."table "" with 'all'; --" VALUES ('a', 1);
--- names_of_kinds
CREATE TABLE "TABLE DATA" ("COMMENT" int); CREATE SEQUENCE "SEQUENCE SET"; CREATE TABLE "SUBSCRIPTION" (a int); COMMENT ON TABLE "SUBSCRIPTION" IS 'a table'; CREATE TABLE "a b" (x int); CREATE TABLE b (x int); INSERT INTO "a b" VALUES (1); INSERT INTO b VALUES (1), (2);
--- table_options
CREATE UNLOGGED TABLE u (a int); INSERT INTO u VALUES (1); CREATE TABLE t (a text, b int) WITH (fillfactor = 50, autovacuum_enabled = false); ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STATISTICS 10, ALTER b SET (n_distinct = 5); INSERT INTO t VALUES (repeat('x', 10000), 1);
--- dropped_columns
CREATE TABLE t (a int, gone text, b int NOT NULL DEFAULT 7); INSERT INTO t VALUES (1, 'x', 2); ALTER TABLE t DROP COLUMN gone, ADD COLUMN c varchar DEFAULT 'later' CHECK (c IN ('later', 'now'));
--- no_columns_no_rows
CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES; CREATE TABLE none (a int);
--- schemas_without_public own
CREATE SCHEMA app; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1); DROP SCHEMA public;
--- json_and_xml
CREATE TABLE t (j json, x xml, p jsonpath DEFAULT '$.a[*] ? (@ > 1)', CHECK (x IS DOCUMENT)); INSERT INTO t VALUES ('{"a":  1}', '<a b="c"/>');
--- function_search_path
CREATE SCHEMA lib; CREATE FUNCTION lib.norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(btrim($1)) $$; CREATE TABLE t (a text, UNIQUE (a)); CREATE UNIQUE INDEX n ON t (lib.norm(a)); INSERT INTO t VALUES (' A');
--- temporal_types_arrays
CREATE TABLE t (a timestamptz[] CHECK (a[1] IN ('2024-01-01 00:00+00')), b daterange[] , c varchar(5)[] CHECK ('x' = ANY (c)), d int[][] CHECK (array_ndims(d) = 2)); INSERT INTO t VALUES (ARRAY['2024-01-01 00:00+00'::timestamptz], '{}', '{x}', '{{1},{2}}');
--- access_and_tablespace_defaults
CREATE TABLE t (a int) USING heap TABLESPACE pg_default; CREATE INDEX i ON t (a) TABLESPACE pg_default; INSERT INTO t VALUES (1);
--- unstable_check
CREATE TABLE t (at timestamptz CHECK (at < '2999-01-01'::date), n numeric CHECK (n = round(n, 2)), s text CHECK (s IS NFC NORMALIZED)); INSERT INTO t VALUES (now(), 1.25, 'é');
--- views_with_rules_and_triggers
CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (NEW.a); RETURN NEW; END $$; CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION ins(); ALTER VIEW v ALTER a SET DEFAULT 3; INSERT INTO v VALUES (1);
--- operator_class own note=OPERATOR CLASS public.backwards
CREATE FUNCTION cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT -btint4cmp($1, $2)'; CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 cmp(int, int);
CREATE TABLE t (a int); CREATE INDEX i ON t (a backwards); INSERT INTO t VALUES (1);
