package backup

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// knownExtensions may be made by a superuser in a scratch database before anything of the dump is in it. Their
// scripts are those installed on the server, and none of them acts by itself (runs jobs, connects elsewhere). An
// extension that is not here is made by the login without rights, if its authors declared it safe for that.
func knownExtensions() string {
	return ` amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance fuzzystrmatch
		hstore hstore_plperl hstore_plpython3u insert_username intagg intarray isn jsonb_plperl jsonb_plpython3u lo ltree
		ltree_plpython3u moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm pg_stat_statements pg_surgery
		pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plperl plperlu plpgsql plpython3u pltcl pltclu
		postgres_fdw file_fdw refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2
		address_standardizer address_standardizer_data_us h3 hll hypopg ip4r pg_hint_plan pg_repack pg_partman pgaudit
		pgrouting pgtap postgis postgis_raster postgis_sfcgal postgis_tiger_geocoder postgis_topology prefix rum temporal_tables
		vector semver pgvector orafce periods plpgsql_check pg_similarity pg_uuidv7 unit `
}

func isKnownExtension(name string) bool {
	for known := range strings.FieldsSeq(knownExtensions()) {
		if known == name {
			return true
		}
	}
	return false
}

// prepare makes, as the one who made the database and while nothing of the dump is in it, what the login without
// rights could not make: known extensions and the schemas they are in. It returns the entries that are there then.
func (s *scratch) prepare(ctx context.Context, contents *toc.Contents) (map[int]bool, error) {
	done := map[int]bool{}
	inside := s.admin.clone()
	inside.config.Database = s.name
	conn, err := inside.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer inside.close(ctx, conn)
	owner := pgx.Identifier{s.name}.Sanitize()
	run := func(sql string) error {
		_, err := conn.Exec(ctx, sql)
		return inside.classify(ctx, "prepare scratch database", err)
	}
	// Before release 15 it belongs to the superuser.
	if versionFromNumber(s.server.VersionNumber).Major < 15 {
		if err := run("ALTER SCHEMA public OWNER TO " + owner); err != nil {
			return nil, err
		}
	}
	schemas := map[string]int{}
	for _, e := range contents.Entries {
		if e.Kind == "SCHEMA" {
			schemas[e.Name] = e.ID
		}
	}
	for _, e := range contents.Entries {
		switch {
		case e.Kind == "EXTENSION" && isKnownExtension(e.Name):
			sql := "CREATE EXTENSION IF NOT EXISTS " + pgx.Identifier{e.Name}.Sanitize()
			if schema := e.ExtensionSchema(); schema != "" && schema != "pg_catalog" {
				if err := run("CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{schema}.Sanitize() + " AUTHORIZATION " + owner); err != nil {
					return nil, err
				}
				if id, there := schemas[schema]; there {
					done[id] = true
				}
				sql += " SCHEMA " + pgx.Identifier{schema}.Sanitize()
			}
			if err := run(sql); err != nil {
				if errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
					return nil, err
				}
				s.note("extension " + e.Name + " cannot be made on the server of this check: " + err.Error())
			}
			done[e.ID] = true // not again by the login, whose message would be a worse one
		case e.Kind == "FOREIGN DATA WRAPPER" && bareWrapper(e):
			name := pgx.Identifier{e.Name}.Sanitize()
			if err := run("CREATE FOREIGN DATA WRAPPER " + name + "; GRANT USAGE ON FOREIGN DATA WRAPPER " + name + " TO " + owner); err != nil {
				return nil, err
			}
			done[e.ID] = true
		}
	}
	return done, run(handOver(s.name))
}

// bareWrapper reports whether a wrapper has no code: no function of the dump is called then.
func bareWrapper(e toc.Entry) bool {
	return !strings.Contains(e.Definition, "HANDLER ") && !strings.Contains(e.Definition, "VALIDATOR ") && !strings.Contains(e.Definition, "OPTIONS")
}

// handOver lets the login use what extensions made, and fill their tables of settings. Functions that connect to
// other servers are kept from it.
func handOver(login string) string {
	name := quoteLiteral(login)
	return `DO $do$ DECLARE r record; BEGIN
		FOR r IN SELECT format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %I', fdwname, ` + name + `) AS sql FROM pg_foreign_data_wrapper
			UNION ALL SELECT format('GRANT ALL ON %s TO %I', c.oid::regclass, ` + name + `) FROM pg_class c
				JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' WHERE c.relkind IN ('r', 'S', 'p')
			UNION ALL SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure) FROM pg_proc p
				JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
				JOIN pg_extension x ON x.oid = d.refobjid WHERE x.extname = 'dblink'
		LOOP EXECUTE r.sql; END LOOP; END $do$`
}
