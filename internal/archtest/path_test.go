package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCommandsResolvePathsInOneWay: ~ and relative paths mean the same to every command. app.App.Path is where that is
// decided, so no command joins a path with the working directory itself.
func TestCommandsResolvePathsInOneWay(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`filepath\.(IsAbs|Abs)\(|config\.Absolute\(`)
	seen := 0
	eachSource(t, func(name, path string) {
		if !strings.HasPrefix(name, "cmd/") && !strings.HasPrefix(name, "internal/credential/") {
			return
		}
		seen++
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		if call := own.FindString(string(text)); call != "" {
			t.Errorf("%s calls %s: use app.App.Path", name, strings.TrimSuffix(call, "("))
		}
	})
	require.Greater(t, seen, 100)
}
