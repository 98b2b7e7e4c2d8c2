package backup_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/testdb"
)

func backups(p *clitest.Program) string { return filepath.Join(p.Dir, "backups") }

func stored(t *testing.T, p *clitest.Program) []string {
	t.Helper()
	list, err := os.ReadDir(backups(p))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var out []string
	for _, f := range list {
		if !strings.HasSuffix(f.Name(), ".lock") {
			out = append(out, f.Name())
		}
	}
	return out
}

func TestCreate_Contract(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	r := p.OK("backup", "-o", "json")
	got := r.JSON()
	var names []string
	dec := json.NewDecoder(strings.NewReader(r.Stdout))
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				names = append(names, v)
				var skip any
				require.NoError(t, dec.Decode(&skip))
			}
		}
	}
	require.Equal(t, []string{
		"id", "file", "bytes", "sha256", "database", "server_version", "started_at", "duration_ms", "format",
		"compression", "encrypted", "verified", "pruned", "tables", "rows", "warnings", "targets", "result",
	}, names)
	require.Regexp(t, `^\d{8}_\d{6}$`, got["id"])
	require.Equal(t, filepath.Join(backups(p), "axisor_backup_"+got["id"].(string)+".dump.zst"), got["file"])
	require.FileExists(t, got["file"].(string))
	require.Len(t, got["sha256"], 64)
	require.Equal(t, true, got["verified"])
	require.Equal(t, []any{}, got["pruned"])
	require.Equal(t, "custom", got["format"])
	require.Equal(t, "zstd:1", got["compression"])
	require.Contains(t, r.Stderr, "backup "+got["id"].(string)+" of ", "one line for cron, also beside json")

	require.Equal(t, []string{got["id"].(string)}, audited(t, p, "backup.create"))
}

func TestCreate_DryRunWritesNothing(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	got := p.OK("backup", "create", "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, got["dry_run"])
	require.Nil(t, got["bytes"])
	require.NoDirExists(t, backups(p))
	require.Contains(t, p.OK("backup", "-n").Stderr, "nothing was changed")
}

func TestBackup_MistypedVerbMakesNoBackup(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	r := p.Fails(2, "backup", "lst")
	require.Contains(t, r.Stderr, `"axisor backup list"?`)
	p.Fails(2, "backup", "nonsense")
	p.Fails(2, "backup", "create", "stray")
	require.NoDirExists(t, backups(p))
}

func TestCreate_Errors(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	file := filepath.Join(p.Dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, test := range []struct {
		name string
		code int
		kind string
		p    *clitest.Program
		args []string
	}{
		{"no database configured", 10, "no_database_configured", clitest.New(t), nil},
		{"server down", 11, "database_unreachable", p.With("DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x"), nil},
		{"no pg_dump", 14, "tool_missing", p, []string{"--pg-bin", t.TempDir()}},
		{"directory is a file", 10, "backup_directory_unusable", p, []string{"--directory", file}},
		{"directory cannot be made", 10, "backup_directory_unusable", p, []string{"--directory", filepath.Join(file, "below")}},
		{"bad codec", 2, "usage", p, []string{"--compression", "lz4"}},
		{"bad wait", 2, "usage", p, []string{"--lock-wait", "0s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := test.p.Fails(test.code, append([]string{"backup", "-o", "json"}, test.args...)...)
			require.Empty(t, r.Stdout)
			require.Equal(t, test.kind, r.Error()["code"])
			require.NotContains(t, r.Stderr, "hunter2")
			require.Empty(t, stored(t, p))
		})
	}
}

func TestCreate_DatabaseWithoutSchema(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t, "DATABASE_URL="+testdb.Empty(t).Reveal())
	r := p.OK("backup")
	require.Contains(t, r.Stderr, "warning: the backup is good, but it could not be written into the audit trail")
	p.OK("backup", "verify", "--deep")
}

// A backup is best made from a standby, and that takes no audit row.
func TestCreate_ReadOnlyServer(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	exec(t, p, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	r := p.OK("backup", "-o", "json")
	require.NotContains(t, r.Stderr, "audit")
	require.Empty(t, audited(t, p, "backup.create"))
	require.Equal(t, true, r.JSON()["verified"])
}

func TestList(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "backup_directory_missing", p.Fails(3, "backup", "list", "-o", "json").Error()["code"])
	require.NoError(t, os.Mkdir(backups(p), 0o700))
	require.JSONEq(t, `{"items":[],"page":{"next_cursor":null}}`, p.OK("backup", "list", "-o", "json").Stdout)
	require.Contains(t, p.OK("backup", "list").Stderr, "no backups")
	var made []string
	for range 3 {
		made = append(made, strings.TrimSpace(p.OK("backup", "-q").Stdout))
	}
	items := p.OK("backup", "ls", "-o", "json").Items()
	require.Len(t, items, 3)
	require.Equal(t, made[2], items[0]["id"], "newest first")
	require.Equal(t, "good", items[0]["state"])
	require.Equal(t, "decode", items[0]["verified_level"])
	require.Nil(t, items[0]["proven_at"])

	var page struct {
		Page struct {
			Next string `json:"next_cursor"`
		} `json:"page"`
	}
	require.NoError(t, json.Unmarshal([]byte(p.OK("backup", "list", "--limit", "2", "-o", "json").Stdout), &page))
	rest := p.OK("backup", "list", "--cursor", page.Page.Next, "-o", "json").Items()
	require.Len(t, rest, 1)
	require.Equal(t, made[0], rest[0]["id"])
	require.Equal(t, strings.Join(made, "\n")+"\n", p.OK("backup", "list", "--sort", "started_at", "-q").Stdout)
	p.Fails(2, "backup", "list", "--cursor", "20000101_000000")

	shown := p.OK("backup", "show", "latest", "-o", "json").JSON()
	require.Equal(t, made[2], shown["id"])
	require.NotEmpty(t, shown["table_rows"])
	require.NotNil(t, shown["migration_version"])
	require.Contains(t, p.OK("backup", "show", made[0]).Stdout, "CHECKS")
	r := p.Fails(3, "backup", "show", made[0][:9]+"999999")
	require.Contains(t, r.Stderr, "did you mean "+made[2])
}

func TestVerify(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Contains(t, p.Fails(3, "backup", "verify").Stderr, "no good backup yet")
	first, second := strings.TrimSpace(p.OK("backup", "-q").Stdout), strings.TrimSpace(p.OK("backup", "-q").Stdout)

	got := p.OK("backup", "verify", "--deep", "-o", "json").JSON()
	require.Equal(t, second, got["id"])
	require.Equal(t, true, got["ok"])
	require.Equal(t, "deep", got["level"])
	require.NotNil(t, p.OK("backup", "show", second, "-o", "json").JSON()["proven_at"])

	path := filepath.Join(backups(p), "axisor_backup_"+first+".dump.zst")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o600))
	r := p.Fails(8, "backup", "verify", "--all", "--level", "digest", "-o", "json")
	items := r.Items()
	require.Len(t, items, 2)
	require.Equal(t, true, items[0]["ok"])
	require.Equal(t, false, items[1]["ok"])
	require.Contains(t, items[1]["problem"], "has changed")
	require.Equal(t, "check_failed", r.Error()["kind"])
	require.Equal(t, "failed", p.OK("backup", "list", "-o", "json").Items()[1]["state"])

	p.Fails(2, "backup", "verify", "--all", first)
	p.Fails(2, "backup", "verify", "--deep", "--level", "digest")
	p.Fails(2, "backup", "verify", "--level", "quick")
	p.Fails(14, "backup", "verify", second, "--pg-bin", t.TempDir())
}

func TestVerify_Encrypted(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	p := clitest.WithDB(t, "AXISOR_BACKUP_RECIPIENTS="+key.Recipient().String())
	file := filepath.Join(p.Dir, "key.txt")
	require.NoError(t, os.WriteFile(file, []byte("# test key\n"+key.String()+"\n"), 0o600))
	made := p.OK("backup", "-o", "json").JSON()
	require.Equal(t, true, made["encrypted"])
	require.True(t, strings.HasSuffix(made["file"].(string), ".dump.zst.age"))

	r := p.OK("backup", "verify", "-o", "json")
	require.Equal(t, "digest", r.JSON()["level"])
	require.Contains(t, r.Stderr, "is encrypted: only its digest is checked")
	require.Contains(t, p.Fails(2, "backup", "verify", "--level", "decode").Stderr, "--identity FILE")
	p.OK("backup", "verify", "--deep", "--identity", "key.txt")
	require.NoError(t, os.WriteFile(file, []byte("AGE-SECRET-KEY-NONSENSE\n"), 0o600))
	r = p.Fails(2, "backup", "verify", "--level", "decode", "--identity", file)
	require.NotContains(t, r.Stderr, "NONSENSE")
	p.Fails(3, "backup", "verify", "--level", "decode", "--identity", "absent.txt")
}

func TestPrune(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	now := time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { return now }
	var made []string
	for range 4 {
		made = append(made, strings.TrimSpace(p.OK("backup", "-q", "--no-prune").Stdout))
		now = now.AddDate(0, 0, 20)
	}
	plan := p.OK("backup", "prune", "-n", "-o", "json").Items()
	require.Len(t, plan, 4)
	require.Equal(t, []any{"keep", "remove", "remove", "remove"}, []any{plan[0]["action"], plan[1]["action"], plan[2]["action"], plan[3]["action"]})
	require.Equal(t, true, plan[0]["dry_run"])
	require.Contains(t, p.Fails(2, "backup", "prune").Stderr, "--yes")
	require.Len(t, stored(t, p), 12, "asking removed nothing")

	done := p.OK("backup", "prune", "--keep-last", "3", "--yes", "-o", "json").Items()
	require.Equal(t, "removed", done[3]["action"])
	require.Equal(t, made[0], done[3]["id"])
	require.Len(t, stored(t, p), 9)
	require.Len(t, audited(t, p, "backup.prune"), 1)

	// The next backup prunes by the configured 30 days.
	require.Equal(t, []any{made[2], made[1]}, p.OK("backup", "-o", "json").JSON()["pruned"])

	// 31 days without a backup: whatever is left stays.
	now = now.AddDate(0, 0, 31)
	r := p.Fails(8, "backup", "prune", "--yes", "-o", "json")
	require.Equal(t, "backups_stopped", r.Error()["code"])
	require.Contains(t, r.Stderr, "no dump was removed: the newest good backup is older than 30 days")
	p.Fails(8, "backup", "prune", "--dry-run")
	require.Len(t, stored(t, p), 6)
	p.Fails(2, "backup", "prune", "--keep-days", "-1")
}

func TestRestore(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	id := strings.TrimSpace(p.OK("backup", "-q").Stdout)
	name := "axisor_restored_" + strings.ToLower(filepath.Base(p.Dir)) + "_" + id

	require.Contains(t, p.Fails(2, "restore").Stderr, "--to-database")
	plan := p.OK("restore", "--to-database", name, "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, plan["dry_run"])
	got := p.OK("restore", id, "--to-database", name, "-o", "json").JSON()
	defer exec(t, p, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	require.Equal(t, []string{id}, audited(t, p, "backup.restore"))
	require.Equal(t, true, got["created"])
	require.Positive(t, got["rows"])
	r := p.Fails(4, "restore", id, "--to-database", name, "-o", "json")
	require.Equal(t, "target_not_empty", r.Error()["code"])
	p.Fails(3, "restore", "20000101_000000", "--to-database", name)

	moved := filepath.Join(p.Dir, "elsewhere")
	require.NoError(t, os.Rename(backups(p), moved))
	file := filepath.Join(moved, "axisor_backup_"+id+".dump.zst")
	p.OK("restore", file, "--to-database", name+"_2", "--dry-run")
	require.NoError(t, os.Truncate(file, 100))
	p.Fails(8, "restore", file, "--to-database", name+"_2")
}

// What takes the name of a database in use keeps its properties; what cannot be kept is foretold, named and not a success.
func TestRestore_LostProperties(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	id := strings.TrimSpace(p.OK("backup", "-q").Stdout)
	name := "axisor_lost_" + strings.ToLower(filepath.Base(p.Dir)) + "_" + id
	quoted := pgx.Identifier{name}.Sanitize()
	p.OK("restore", id, "--to-database", name)
	defer exec(t, p, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)")
	exec(t, p, "ALTER DATABASE "+quoted+" SET statement_timeout TO '5min'; REVOKE CONNECT ON DATABASE "+quoted+" FROM PUBLIC")
	got := p.OK("restore", id, "--to-database", name, "--replace", "--yes", "-o", "json").JSON()
	require.Empty(t, got["not_kept"])
	roles := func(flags ...string) []any {
		return p.OK(append([]string{"restore", id, "--to-database", name, "--replace", "--plan", "-o", "json"}, flags...)...).JSON()["roles"].([]any)
	}
	require.Less(t, len(roles("--keep-owner=false", "--keep-acl=false")), len(roles()), "what is left out needs no role")

	exec(t, p, `UPDATE pg_db_role_setting SET setconfig = setconfig || '{knob_of_old_times=3}' FROM pg_database d
		WHERE setdatabase = d.oid AND d.datname = '`+name+"'")
	plan := p.OK("restore", id, "--to-database", name, "--replace", "--plan", "-o", "json")
	require.Equal(t, []any{"setting knob_of_old_times: this server does not know it"}, plan.JSON()["not_kept"])
	require.Contains(t, p.OK("restore", id, "--to-database", name, "--replace", "--plan").Stderr, "cannot be kept: setting knob_of_old_times")
	r := p.Fails(7, "restore", id, "--to-database", name, "--replace", "--yes", "-o", "json")
	require.Equal(t, "properties_lost", r.Error()["code"])

	require.Contains(t, p.Fails(2, "restore", id, "--to-database", name+"_x", "--map-role", "PUBLIC=postgres").Stderr, "is not a role")
}

// A dump that cannot be restored in one piece is refused with a way on, and kept in part when that is asked for.
func TestRestore_InPart(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	exec(t, p, `CREATE FUNCTION fine(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE TABLE odd (n int CHECK (fine(n)), secret text);
		INSERT INTO odd VALUES (1, 'hunter2'); CREATE OR REPLACE FUNCTION fine(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false'`)
	id := strings.TrimSpace(p.OK("backup", "-q").Stdout)
	name := "axisor_part_" + strings.ToLower(filepath.Base(p.Dir)) + "_" + id
	defer exec(t, p, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	refused := p.Fails(14, "restore", id, "--to-database", name)
	require.Contains(t, refused.Stderr, "--continue-on-error")
	require.Contains(t, refused.Stderr, "axisor backup cat ID | pg_restore")
	require.NotContains(t, refused.Stderr, "hunter2")
	p.Fails(2, "restore", id, "--to-database", name, "--continue-on-error", "--replace", "--yes")
	got := p.Fails(7, "restore", id, "--to-database", name, "--continue-on-error", "-o", "json")
	failed := got.JSON()["failed"].([]any)
	require.Len(t, failed, 2)
	require.Contains(t, failed[0], "TABLE DATA public.odd: ")
	require.Equal(t, "table public.odd has 0 rows instead of 1", failed[1])
	require.NotContains(t, got.Stdout+got.Stderr, "hunter2")
}
