package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// The jobs use the configuration and the profile that the schedule was made with, wherever they are started.
func TestSchedule_KeepsItsConfiguration(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	file := filepath.Join(p.Dir, "ops.yaml")
	require.NoError(t, os.WriteFile(file, []byte("profiles: {prod: {backup: {keep_last: 9}}}\n"), 0o600))
	for _, kind := range [][]string{{"--physical"}, {"--physical", "--cron"}} {
		args := append([]string{"backup", "schedule", "--config", "ops.yaml", "--profile", "prod"}, kind...)
		text := p.OK(args...).Stdout
		require.Equal(t, 4, strings.Count(text, " --config "+file+" --profile prod backup "), text)
	}
	require.NotContains(t, p.OK("backup", "schedule").Stdout, "--config")
	text := p.With("AXISOR_CONFIG="+file, "AXISOR_PROFILE=prod").OK("backup", "schedule").Stdout
	require.Equal(t, 2, strings.Count(text, " --config "+file+" --profile prod backup "), "jobs do not have these variables: "+text)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "two words.yaml"), nil, 0o600))
	p.Fails(2, "backup", "schedule", "--config", "two words.yaml")
}

// The units that are written are confined as the packaged ones, except where the account or the places of the backups
// forbid it, and can write where this configuration sends backups.
func TestSchedule_IsAsConfinedAsThePackages(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://axisor@db.internal/axisor",
		"AXISOR_BACKUP_DIRECTORY=/srv/backups", "AXISOR_BACKUP_TARGETS=/mnt/offsite?keep_days=90,file:///mnt/second,s3://bucket/axisor?region=eu-west-1",
		"AXISOR_BACKUP_METRICS_FILE=/var/lib/node_exporter/axisor.prom", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	units := written(t, p, "--physical")
	places := "ReadWritePaths=-/mnt/offsite -/mnt/second -/srv/backups -/var/lib/node_exporter"
	for name, packaged := range map[string]string{
		"axisor-backup.service": "axisor-backup.service", "axisor-backup-verify.service": "axisor-backup-verify.service",
		"axisor-base.service": "axisor-backup.service", "axisor-wal.service": "axisor-backup.service",
	} {
		model, err := os.ReadFile(filepath.Join("../../packaging/systemd", packaged))
		require.NoError(t, err)
		_, rules, ok := strings.Cut(string(model), "# What it cannot do.")
		require.True(t, ok)
		checked := 0
		for _, rule := range strings.Split(strings.TrimSpace(rules), "\n")[1:] {
			switch {
			case strings.HasPrefix(rule, "#"):
			case strings.HasPrefix(rule, "ReadWritePaths="):
				require.Contains(t, units[name], "\n"+places+"\n", name)
			case rule == "RemoveIPC=yes": // would take the memory of the server that runs under this account
				require.NotContains(t, units[name], "RemoveIPC", name)
			case rule == "PrivateTmp=yes" || rule == "ProtectHome=yes": // depend on the program's own place, which is temporary here
				require.Regexp(t, "\n"+strings.TrimSuffix(rule, "yes")+"(yes|no|read-only)\n", units[name], name)
			default:
				require.Contains(t, units[name], "\n"+rule+"\n", name)
				checked++
			}
		}
		require.Greater(t, checked, 15)
	}
	home := p.With("AXISOR_BACKUP_DIRECTORY=/home/op/backups", "AXISOR_DATABASE_URL=postgres:///axisor?host=%2Ftmp")
	for name, text := range written(t, home) {
		if strings.HasSuffix(name, ".service") {
			require.Contains(t, text, "\nProtectHome=read-only\n", name)
			require.Contains(t, text, "\nPrivateTmp=no\n", name)
		}
	}
	require.Contains(t, p.OK("backup", "schedule").Stderr, "install -d -m 0700 -o postgres /srv/backups\n", "a confined job cannot make it")
	p.With("AXISOR_BACKUP_DIRECTORY=/srv/my backups").Fails(2, "backup", "schedule")
}

// written are the files of a schedule by their names.
func written(t *testing.T, p *clitest.Program, args ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, f := range p.OK(append([]string{"backup", "schedule", "-o", "json"}, args...)...).Items() {
		files[filepath.Base(f["file"].(string))] = f["content"].(string)
	}
	return files
}
