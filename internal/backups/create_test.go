package backups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/store"
)

// One backup from hook to audit trail, without a command line: what fails after the dump leaves the backup and is told, what
// fails before it leaves nothing.
func TestBackup_Run(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hooks, hook := filepath.Join(dir, "hooks"), filepath.Join(dir, "hook")
	require.NoError(t, os.WriteFile(hook, []byte("#!/bin/sh\necho $1 $AXISOR_BACKUP_STATUS $AXISOR_BACKUP_ID >>"+hooks+"\nexit $2\n"), 0o700))
	config := filepath.Join(dir, "axisor.yaml")
	configure := func(pre, post string) {
		require.NoError(t, os.WriteFile(config, []byte("backup: {pre_hook: ["+hook+", pre, '"+pre+"'], post_hook: ["+hook+", post, '"+post+"']}\n"), 0o600))
	}
	env := []string{
		"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + testdb.NewURL(t).Reveal(), "AXISOR_CONFIG=" + config,
		"AXISOR_BACKUP_DIRECTORY=" + filepath.Join(dir, "backups"), "AXISOR_BACKUP_TARGETS=" + filepath.Join(dir, "offsite"),
	}
	var a *app.App
	run := func() (made Result, warned []string, err error) {
		s, _, _ := streams.Test("")
		a = app.New(s, buildinfo.Info{}, time.Now, env, dir)
		t.Cleanup(a.Close)
		b := Backup{
			Location: Location{
				App: a, Notice: func(string, ...any) {}, Warn: func(format string, _ ...any) { warned = append(warned, format) },
			},
			LockWait: time.Second, Monitor: monitor.Monitor{Job: "backup", Log: a.Log(), Now: a.Now},
			Facts: func(m Result) any { return map[string]any{"copied": m.Copied} },
		}
		made, err = b.Run(t.Context())
		return made, warned, err
	}
	code := func(err error) string {
		var told *clierr.Error
		require.ErrorAs(t, err, &told)
		return told.Code
	}

	configure("3", "0")
	_, _, err := run()
	require.Equal(t, "hook_failed", code(err))
	require.NoDirExists(t, filepath.Join(dir, "backups"))
	require.NoError(t, os.Remove(hooks))

	configure("0", "0") // the target is not mounted
	made, warned, err := run()
	require.NoError(t, err)
	require.NotContains(t, strings.Join(warned, "\n"), "audit trail")
	require.FileExists(t, made.Path())
	require.Equal(t, "copy_failed", code(made.Failed))
	text, err := os.ReadFile(hooks)
	require.NoError(t, err)
	require.Equal(t, []string{"pre", "post failed " + made.ID}, strings.Split(strings.TrimSpace(string(text)), "\n"), "the copy comes before the hook")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "offsite"), 0o700))
	configure("0", "4") // and a hook that fails is told before anything else
	made, _, err = run()
	require.NoError(t, err)
	require.Equal(t, "hook_failed", code(made.Failed))
	require.Equal(t, []string{filepath.Join(dir, "offsite")}, made.Copied)
	db, err := a.RawDB()
	require.NoError(t, err)
	n := 0
	for row, err := range db.ListAudit(t.Context(), store.AuditFilter{Action: "backup.create", Resource: "backup"}, store.Page{All: true}).Items {
		require.NoError(t, err)
		require.NotNil(t, row.ResourceID)
		n++
	}
	require.Equal(t, 2, n)
}

// A backup that is named together with a database that has none is not found.
func TestVerify_OfNobodysDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _, _ := streams.Test("")
	a := app.New(s, buildinfo.Info{}, time.Now, []string{"HOME=" + dir, "AXISOR_BACKUP_DIRECTORY=" + dir}, dir)
	v := Verify{Location: Location{App: a, Database: "absent"}, Ref: "20200101_000000"}
	_, _, err := v.Run(t.Context())
	require.Equal(t, clierr.NotFound, (&app.App{}).Classify(err).Kind)
}
