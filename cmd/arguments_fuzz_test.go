package cmd_test

import (
	"strings"
	"testing"
)

// Whatever is typed is understood or refused: no argument and no value of a flag ends the program otherwise. Nothing is run.
func FuzzArguments(f *testing.F) {
	for _, line := range []string{
		"user list --since 7d --limit 3 -o json", "trade list --since 2026-08-12T09:30:00Z --until yesterday", "user import - --map a=b,c=- --rejects x",
		"guard backtest --prices x --compare 1,2,3", "backup wal verify --timeout 3s", "payment settle x --paid-at 0", "--columns a,b audit list --sort -created_at",
		"automation create --config-json {}", "trade stats --by day --from 1970-01-01", "nonsense", "user lst", "-o", "--limit=-1 user list", "help exit-codes",
	} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		c, rest, err := tree().Find(args)
		if err != nil || c.DisableFlagParsing || c.ParseFlags(rest) != nil {
			return
		}
		if c.ValidateArgs(c.Flags().Args()) == nil {
			_ = c.ValidateRequiredFlags()
		}
	})
}
