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
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "two words.yaml"), nil, 0o600))
	p.Fails(2, "backup", "schedule", "--config", "two words.yaml")
}
