package backup

import (
	"cmp"
	"context"
	_ "embed" // for the corpus
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
)

//go:embed testdata/schema_features.sql
var featuresText string

// feature is one thing that a schema can hold.
type feature struct {
	name string
	min  int    // release that it needs
	own  bool   // it needs a database of its own
	note string // what a deep check remarks about it
	sql  string
}

func features(t *testing.T) []feature {
	t.Helper()
	var out []feature
	for _, block := range strings.Split("\n"+featuresText, "\n--- ")[1:] {
		head, sql, _ := strings.Cut(block, "\n")
		head, note, _ := strings.Cut(head, " note=")
		words := strings.Fields(head)
		f := feature{name: words[0], sql: sql, note: note}
		for _, w := range words[1:] {
			if number, ok := strings.CutPrefix(w, "min="); ok {
				var err error
				f.min, err = strconv.Atoi(number)
				require.NoError(t, err)
				continue
			}
			require.Equal(t, "own", w, head)
			f.own = true
		}
		out = append(out, f)
	}
	require.Greater(t, len(out), 60)
	return out
}

// make builds the feature in a schema of its own, "" for the ordinary one.
func (f feature) make(t *testing.T, conn *pgx.Conn, schema string) {
	t.Helper()
	sql := f.sql
	if schema != "" {
		sql = fmt.Sprintf("CREATE SCHEMA %s; SET search_path = %s; ", schema, schema) + sql
	}
	sql = strings.ReplaceAll(sql, "@schema@", cmp.Or(schema, "public"))
	sql = strings.ReplaceAll(sql, "@name@", "sub_"+conn.Config().Database)
	_, err := conn.Exec(t.Context(), "SET client_encoding = 'UTF8'")
	require.NoError(t, err)
	_, err = conn.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err, f.name)
}

// proven makes a backup of a database and proves it.
func proven(t *testing.T, url secret.Secret) Report {
	t.Helper()
	repo := newRepository(t.TempDir())
	e, err := repo.Create(t.Context(), Request{URL: url, NoGlobals: true, Hash: true})
	require.NoError(t, err)
	report, err := repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: url, Hash: true})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	require.Empty(t, leftOf(t, url), "nothing stays")
	return report
}

// leftOf lists what checks have left on a server: databases and logins. Other tests make some of their own for a
// moment, so only what stays counts.
func leftOf(t *testing.T, url secret.Secret) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url.Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for deadline := time.Now().Add(20 * time.Second); ; {
		rows, err := conn.Query(t.Context(), `SELECT name FROM (SELECT datname::text AS name FROM pg_database UNION SELECT rolname FROM pg_roles) x
			WHERE starts_with(name, $1) AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = name)`, scratchPrefix)
		require.NoError(t, err)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		if len(list) == 0 || time.Now().After(deadline) {
			return list
		}
	}
}

// TestVerify_SchemaFeatures proves backups of everything that a schema can hold. None of it is a difference.
func TestVerify_SchemaFeatures(t *testing.T) {
	t.Parallel()
	var shared []feature
	for _, f := range features(t) {
		if !f.own {
			shared = append(shared, f)
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			url := testdb.Empty(t)
			conn := open(t, url)
			if f.min > majorOf(t, conn) {
				t.Skip("needs a newer release")
			}
			f.make(t, conn, "")
			t.Cleanup(func() { forgetSubscriptions(t, url) })
			report := proven(t, url)
			if f.note == "" {
				require.Empty(t, report.Warnings)
				return
			}
			require.Contains(t, strings.Join(report.Warnings, "; "), f.note)
		})
	}
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		url := testdb.Empty(t)
		conn := open(t, url)
		for i, f := range shared {
			if f.min <= majorOf(t, conn) {
				f.make(t, conn, fmt.Sprintf("f%02d_%s", i, f.name))
			}
		}
		require.Empty(t, proven(t, url).Warnings)
	})
}

// TestVerify_Encodings proves backups of databases whose names and texts are not in UTF-8.
func TestVerify_Encodings(t *testing.T) {
	t.Parallel()
	for encoding, word := range map[string]string{
		"LATIN1": "\xe9t\xe9", "LATIN9": "\xa4", "WIN1251": "\xcf\xf0\xe8", "KOI8R": "\xf0\xd2\xc9", "EUC_JP": "\xc6\xfc\xcb\xdc", "SQL_ASCII": "\xe9\xff", "EUC_KR": "\xc7\xd1", "UTF8": "日本é",
		"MULE_INTERNAL": "\x81\xe9", "EUC_TW": "\xc4\xe3", "WIN1252": "\x80", "ISO_8859_7": "\xe1",
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			server := testdb.Empty(t)
			admin := open(t, server)
			name := "enc_" + randomName(t)
			_, err := admin.Exec(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE template0 ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C'", name, encoding))
			require.NoError(t, err)
			b := &bundle{url: server}
			t.Cleanup(func() { b.dropAfter(t, name) })
			url := newRepository(t.TempDir()).urlOf(server, name)
			conn := open(t, url)
			_, err = conn.Exec(t.Context(), "SELECT set_config('client_encoding', getdatabaseencoding(), false)")
			require.NoError(t, err)
			_, err = conn.PgConn().Exec(t.Context(), fmt.Sprintf(`CREATE SCHEMA "s%[1]s"; CREATE TABLE "s%[1]s"."%[1]s" ("%[1]s" varchar CHECK ("%[1]s" IN ('%[1]s', 'x')));
				CREATE SEQUENCE "q%[1]s"; SELECT nextval('"q%[1]s"'); CREATE TABLE "p%[1]s" (n int) PARTITION BY RANGE (n); CREATE TABLE "p1%[1]s" PARTITION OF "p%[1]s" DEFAULT;
				INSERT INTO "p%[1]s" VALUES (1), (2), (3); CREATE TABLE "o%[1]s" (n int); INSERT INTO "o%[1]s" VALUES (1); COMMENT ON TABLE "p%[1]s" IS '%[1]s';
				INSERT INTO "s%[1]s"."%[1]s" VALUES ('%[1]s')`, word)).ReadAll()
			require.NoError(t, err)
			require.Empty(t, proven(t, url).Warnings)
		})
	}
}

func open(t *testing.T, url secret.Secret) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url.Reveal())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func majorOf(t *testing.T, conn *pgx.Conn) int {
	t.Helper()
	v, err := ParseVersion(conn.PgConn().ParameterStatus("server_version"))
	require.NoError(t, err)
	return v.Major
}

// forgetSubscriptions lets a test's database be dropped.
func forgetSubscriptions(t *testing.T, url secret.Secret) {
	t.Helper()
	e, err := newEndpoint(url, "", nil)
	require.NoError(t, err)
	admin, err := newEndpoint(url, "postgres", nil)
	require.NoError(t, err)
	clean, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	conn, err := admin.connect(clean)
	require.NoError(t, err)
	defer admin.close(clean, conn)
	require.NoError(t, clearDatabase(clean, admin, conn, e.config.Database))
}
