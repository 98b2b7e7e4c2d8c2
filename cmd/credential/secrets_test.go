package credential_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

// No secret that goes into the program comes out of it: not on stdout or stderr at -vv, in any format, not in the
// process list while it works, not in the audit tables, and not in what a backup says about itself.
func TestNoSecretComesOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := b.sim.NewUser(1000)
	secrets := []string{canary, oldKey, clitest.Key, good.Key, good.Secret, good.Passphrase}
	clean := func(what, text string) {
		t.Helper()
		for _, s := range secrets {
			require.NotContains(t, text, s, what)
		}
	}
	b.fill(t, 5)
	b.file(t, keysOf(good))
	wrong := []string{"ENCRYPTION_KEY=" + canary + "-a-key-that-opens-nothing-0123456789", "AXISOR_ENCRYPTION_PREVIOUS_KEYS="}
	steps := []struct {
		args  []string
		env   []string
		stdin string
	}{
		{args: []string{"credential", "set", "ana", "--exchange", "lnmarkets", "--from-file", keyFile}},
		{args: []string{"credential", "set", "bob", "--exchange", "lnmarkets", "--from-stdin"}, stdin: `{"api_key":"` + canary + `1","api_secret":"` + canary + `2","passphrase":"` + canary + `3"}`},
		{args: []string{"credential", "set", "bob", "--exchange", "lnmarkets", "--from-stdin"}, stdin: `{"api_key":"` + canary},
		{args: []string{"credential", "set", "bob", "--exchange", "lnmarkets", "--from-stdin"}, stdin: `{"api_key":["` + canary + `"]}`},
		{args: []string{"account", "create", "ana", "--exchange", "lnmarkets", "--name", "Main", "--activate", "--from-file", keyFile}},
		{args: []string{"credential", "show", "ana"}},
		{args: []string{"credential", "list"}},
		{args: []string{"account", "list"}},
		{args: []string{"account", "show", "ana/Main"}},
		{args: []string{"account", "test", "--all"}},
		{args: []string{"credential", "test", "--all"}},
		{args: []string{"credential", "test", "ana"}, env: []string{"AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3"}},
		{args: []string{"credential", "check"}},
		{args: []string{"credential", "check"}, env: wrong},
		{args: []string{"credential", "show", "ana", "--reveal", "--field", "api_key", "--yes"}, env: wrong},
		{args: []string{"credential", "show", "ana", "--reveal", "--field", "nothing", "--yes"}},
		{args: []string{"credential", "rekey"}, env: wrong},
		{args: []string{"credential", "rekey", "--dry-run"}},
		{args: []string{"credential", "rekey", "--to-format", "v2", "--accept-unbound"}},
		{args: []string{"credential", "check", "--summary"}},
		{args: []string{"guard", "preview", "--user", "ana"}},
		{args: []string{"doctor"}},
		{args: []string{"config", "show", "--origins"}},
		{args: []string{"audit", "list"}},
	}
	for _, format := range []string{"table", "json"} {
		for _, s := range steps {
			r := b.With(s.env...).Input(s.stdin).Run(append(s.args, "-vv", "--log-format", "json", "-o", format)...)
			require.NotContains(t, r.Stderr, "goroutine ", s.args)
			clean(strings.Join(s.args, " "), r.Stdout+r.Stderr)
		}
	}

	clean("the process list", b.processList(t))
	for _, table := range []string{"AuditLog", "SecurityAuditLog"} {
		rows := b.text(t, `SELECT string_agg(a::text, E'\n') FROM "`+table+`" a`)
		require.NotEmpty(t, rows)
		clean(table, rows)
	}
	made := b.OK("backup", "create", "-vv", "-o", "json")
	clean("backup create", made.Stdout+made.Stderr)
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(b.Dir, "backups"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		raw, err := os.ReadFile(path)
		clean(path, string(raw))
		files++
		return err
	}))
	require.Positive(t, files)
}

// processList looks at the program from outside, again and again while it encrypts.
func (b *fixture) processList(t *testing.T) string {
	t.Helper()
	b.exec(t, `DELETE FROM "UserExchangeAccounts" WHERE id LIKE 'row-%'`)
	b.fill(t, 2000) // a rotation of many takes long enough to be seen
	c := b.process(t, "credential", "rekey", "--to-format", "seed")
	require.NoError(t, c.Start())
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	var seen bytes.Buffer
	found := false
	deadline := time.After(time.Minute)
	for {
		out, err := exec.CommandContext(t.Context(), "ps", "axww", "-o", "args").Output()
		require.NoError(t, err)
		found = found || bytes.Contains(out, []byte("credential rekey"))
		seen.Write(out)
		select {
		case err := <-done:
			require.NoError(t, err, c.Stderr)
			require.True(t, found, "the process was never seen")
			return seen.String()
		case <-deadline:
			t.Fatal("the rotation does not end")
		default:
		}
	}
}
