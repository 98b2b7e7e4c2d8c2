package toc_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/backup/toc"
)

// dumped makes a database with what an archive can hold, and dumps it.
func dumped(t *testing.T, flags ...string) (archive []byte, restore string) {
	t.Helper()
	ctx := t.Context()
	url := testdb.Empty(t).Reveal()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	role := `"toc ""Rôle"" ` + strings.TrimPrefix(conn.Config().Database, "axisor_") + `"`
	_, err = conn.Exec(ctx, `CREATE ROLE `+role+`;
		CREATE TABLE "Odd ""Name" (n int, t text);
		INSERT INTO "Odd ""Name" SELECT i, E'a\nb\\.\n\n\n' || repeat('x', i) FROM generate_series(1, 3000) i;
		CREATE TABLE none (n int); ALTER TABLE none OWNER TO `+role+`;
		CREATE TABLE blank (t text); INSERT INTO blank VALUES (''), (NULL), (E'\\.');
		GRANT SELECT ON none TO `+role+`; GRANT SELECT (n) ON "Odd ""Name" TO `+role+` WITH GRANT OPTION; GRANT SELECT ON blank TO PUBLIC;
		ALTER DEFAULT PRIVILEGES FOR ROLE `+role+` GRANT SELECT ON TABLES TO `+role+`;
		ALTER TABLE none ENABLE ROW LEVEL SECURITY;
		CREATE POLICY "to" ON none FOR SELECT TO `+role+`, CURRENT_USER USING (n > 0 AND 'TO x' <> '');
		CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (k 'FOR x');
		CREATE USER MAPPING FOR `+role+` SERVER away;
		SELECT lo_from_bytea(0, decode(repeat('ab', 100000), 'hex')), lo_from_bytea(0, '')`)
	require.NoError(t, err)
	t.Cleanup(func() {
		clean, err := pgx.Connect(context.Background(), url)
		require.NoError(t, err)
		defer clean.Close(context.Background())
		_, err = clean.Exec(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	bin, err := pgserver.Find(ctx)
	require.NoError(t, err)
	archive, err = exec.CommandContext(ctx, bin.Path("pg_dump"), append(flags, "-Fc", "-Z0", url)...).Output()
	require.NoError(t, err)
	return archive, bin.Path("pg_restore")
}

func walk(data []byte, size func() int) ([]toc.TableRows, error) {
	var w toc.Walker
	for len(data) > 0 {
		n := min(len(data), size())
		if _, err := w.Write(data[:n]); err != nil {
			return nil, err
		}
		data = data[n:]
	}
	return w.Close()
}

func TestWalker(t *testing.T) {
	t.Parallel()
	archive, _ := dumped(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, size := range map[string]func() int{
		"whole": func() int { return len(archive) }, "byte by byte": func() int { return 1 }, "random": func() int { return 1 + random.IntN(5000) },
	} {
		rows, err := walk(archive, size)
		require.NoError(t, err, name)
		slices.SortFunc(rows, func(a, b toc.TableRows) int { return strings.Compare(a.Name, b.Name) })
		require.Equal(t, []toc.TableRows{{"public", `Odd "Name`, 3000}, {"public", "blank", 3}, {"public", "none", 0}}, rows, name)
	}

	short, _ := dumped(t, "--table=blank")
	require.Less(t, len(short), 64<<10, "shorter than what is collected before another look")
	rows, err := walk(short, func() int { return 100 })
	require.NoError(t, err)
	require.Equal(t, []toc.TableRows{{"public", "blank", 3}}, rows)

	// Cut anywhere, it is never complete.
	for range 300 {
		cut := random.IntN(len(archive))
		_, err := walk(archive[:cut], func() int { return 1 << 16 })
		require.Error(t, err, "cut at %d of %d", cut, len(archive))
	}
	_, err = walk(append(slices.Clone(archive), 0), func() int { return 1 << 16 })
	require.Error(t, err, "something behind the end")
	lost := bytes.Replace(archive, []byte("\\.\n\n\n"), []byte("\\.\n\nx"), 1)
	_, err = walk(lost, func() int { return 1 << 16 })
	require.ErrorContains(t, err, "end mark")
	newer := slices.Clone(archive)
	newer[6] = 99
	_, err = walk(newer, func() int { return 1 << 16 })
	require.ErrorIs(t, err, toc.ErrUnknownFormat)
	_, err = walk([]byte("-- a script, no archive"), func() int { return 5 })
	require.ErrorContains(t, err, "does not begin")
	require.NotErrorIs(t, err, toc.ErrUnknownFormat)

	// Whatever is damaged, it ends and does not crash.
	for range 2000 {
		bad := slices.Clone(archive[:min(len(archive), 60_000)])
		for range 1 + random.IntN(3) {
			bad[random.IntN(len(bad))] ^= byte(1 << random.IntN(8))
		}
		_, _ = walk(bad, func() int { return 1 << 15 })
	}
}

func TestRenamer(t *testing.T) {
	t.Parallel()
	archive, restore := dumped(t)
	c, err := toc.Parse(archive)
	require.NoError(t, err)
	roles := c.Roles()
	require.Len(t, roles.Policies, 2)
	at := slices.IndexFunc(roles.Policies, func(s string) bool { return strings.HasPrefix(s, `toc "Rôle" `) })
	require.GreaterOrEqual(t, at, 0)
	old := roles.Policies[at]
	require.Contains(t, roles.Owners, old)
	require.Contains(t, roles.Granted, old)
	require.NotContains(t, roles.All(), "PUBLIC")
	require.NotContains(t, roles.All(), "public", "a mapping for everybody is one for no role")

	script := func(archive []byte) string {
		cmd := exec.CommandContext(t.Context(), restore, "--file=-")
		cmd.Stdin = bytes.NewReader(archive)
		out, err := cmd.Output()
		require.NoError(t, err)
		var b strings.Builder
		for line := range strings.Lines(string(out)) {
			if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
				b.WriteString(line)
			}
		}
		return b.String()
	}
	before := script(archive)
	quoted := `"` + strings.ReplaceAll(old, `"`, `""`) + `"`
	require.Contains(t, before, quoted)
	var renamed bytes.Buffer
	r := toc.NewRenamer(&renamed, map[string]string{old: `new "role"`})
	for chunk := range slices.Chunk(archive, 777) {
		_, err := r.Write(chunk)
		require.NoError(t, err)
	}
	require.NoError(t, r.Close())
	after := script(renamed.Bytes())
	require.Equal(t, strings.ReplaceAll(before, quoted, `"new ""role"""`), after, "nothing but the role has changed")
	_, err = walk(renamed.Bytes(), func() int { return 1 << 16 })
	require.NoError(t, err)

	var same bytes.Buffer
	r = toc.NewRenamer(&same, map[string]string{"nobody": "somebody"})
	_, err = r.Write(archive)
	require.NoError(t, err)
	require.Equal(t, archive, same.Bytes())
}
