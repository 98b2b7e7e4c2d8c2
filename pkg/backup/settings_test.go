package backup

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestCarried(t *testing.T) {
	t.Parallel()
	_, _, err := carried(map[string]string{
		"max_wal_senders": " 7", "max_connections": "20", "restore_command": "touch x", "Max_Connections": "3", "include": "/etc/passwd",
	})
	require.Error(t, err, "a number and nothing else")
	take, left, err := carried(map[string]string{
		"max_wal_senders": "7", "max_connections": "020", "restore_command": "touch x", "Max_Connections": "3", "include": "/etc/passwd",
	})
	require.NoError(t, err)
	require.Equal(t, "max_connections = '20'\nmax_wal_senders = '7'\n", settingsText(take))
	require.Equal(t, []string{"Max_Connections", "include", "restore_command"}, left)
	for _, value := range []string{"", "-1", "5000000000", "20'\narchive_command = 'x", "1e3", `20\`} {
		_, _, err := carried(map[string]string{"max_connections": value})
		require.Error(t, err, value)
	}
}

func TestQuoteSetting(t *testing.T) {
	t.Parallel()
	for _, test := range [][2]string{
		{"plain", "'plain'"}, {"it's", "'it''s'"}, {`a\`, `'a\\'`}, {`\'`, `'\\'''`}, {"two\nlines\r", `'two\nlines\r'`},
	} {
		require.Equal(t, test[1], quoteSetting(test[0]))
	}
}

// A backup may come from anywhere: what it says of settings may size the server and do nothing else.
func TestPITR_TakesNoProgramFromABackup(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for _, sql := range []string{
		"ALTER SYSTEM SET recovery_end_command = 'touch axisor_end'", "ALTER SYSTEM SET archive_cleanup_command = 'touch axisor_clean'",
		"ALTER SYSTEM SET archive_command = 'touch axisor_archive'", "ALTER SYSTEM SET session_preload_libraries = 'axisor_none'",
		"ALTER SYSTEM SET work_mem = '9MB'",
	} {
		c.exec(t, sql)
	}
	base := c.base(t)
	c.commit(t, 1, 5)
	c.archiveAll(t)
	require.NoError(t, amend(t.Context(), base, func(m *Manifest) {
		m.Base.Settings["recovery_end_command"] = "touch axisor_end"
		m.Base.Settings["ssl_passphrase_command"] = `x\`
		m.Base.Settings["shared_preload_libraries"] = "axisor_none"
	}))
	o := c.request("strange", PITRTarget{Name: `it's a \`})
	c.exec(t, "SELECT pg_create_restore_point($1)", o.Target.Name)
	c.commit(t, 6, 7)
	c.archiveAll(t)
	o.Promote = true
	d, err := c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	defer stopServer(t, d)
	require.Equal(t, []int{1, 2, 3, 4, 5}, c.recovered(t, d))
	conn, err := pgx.Connect(t.Context(), d.URL("postgres").Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for name, want := range map[string]string{
		"recovery_end_command": "", "archive_cleanup_command": "", "session_preload_libraries": "", "shared_preload_libraries": "",
		"ssl_passphrase_command": "", "work_mem": "4MB", "max_connections": "20",
	} {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		require.Equal(t, want, got, name)
	}
	for _, name := range []string{"axisor_end", "axisor_clean", "axisor_archive"} {
		require.NoFileExists(t, filepath.Join(d.DataDirectory, name))
	}
	require.FileExists(t, filepath.Join(d.DataDirectory, recoveryFolder, autoConf), "a person can look what was set")
	said := strings.Join(d.Warnings, "\n")
	require.Contains(t, said, "left out: recovery_end_command, shared_preload_libraries, ssl_passphrase_command")
	require.Contains(t, said, "ALTER SYSTEM")

	require.NoError(t, amend(t.Context(), base, func(m *Manifest) { m.Base.Settings["max_connections"] = `20\` }))
	_, err = c.repo.RecoverTo(t.Context(), c.request("broken", PITRTarget{Latest: true}))
	require.ErrorIs(t, err, ErrDamaged)
	require.NoDirExists(t, filepath.Join(c.dir, "broken"))
}
