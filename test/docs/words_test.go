package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/streams"
)

// A command in code either runs here or says why it cannot.
func TestNoCodeGoesUntested(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, b := range blocks(d.text) {
			if b.notRun != "" {
				require.Greater(t, len(b.notRun), 10, "%s:%d: say why it does not run", d.name, b.line)
				continue
			}
			if b.language == "sh" {
				require.NotContains(t, b.text, "&& axisor", "%s:%d: the shell would overlook a failure before &&: use two lines", d.name, b.line)
			} else {
				require.Empty(t, commandLines(b.text), "%s:%d: make it a sh block, or mark it: <!-- not run: why -->", d.name, b.line)
			}
		}
	}
}

// Commands in sentences, in marked blocks, in units and in the crontab exist, with their flags.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	s, _, _ := streams.Test("")
	root := cmd.NewRoot(app.New(s, buildinfo.Info{}, time.Now, nil, ""))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, d := range documents(t) {
		for _, line := range spans(d.text) {
			require.NoError(t, known(root, line), "%s: `%s`", d.name, line)
		}
		for _, b := range blocks(d.text) {
			if b.notRun != "" {
				for _, line := range commandLines(b.text) {
					require.NoError(t, known(root, line), "%s:%d: %s", d.name, b.line, line)
				}
			}
		}
	}
	invocation := regexp.MustCompile(`(?:^ExecStart=/usr/bin/|  axisor  )(axisor .+)`)
	found := 0
	for _, pattern := range []string{"../../packaging/systemd/*.service", "../../packaging/cron/*"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for line := range strings.Lines(string(text)) {
				if m := invocation.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
					found++
					require.NoError(t, known(root, m[1]), "%s: %s", file, line)
				}
			}
		}
	}
	require.Equal(t, 11, found)
}

// known checks one invocation against the command tree: the words before the first flag, and the flags.
func known(root *cobra.Command, line string) error {
	line = comment.ReplaceAllString(line, "")
	words := strings.Fields(line)[1:]
	var path []string
	for _, w := range words {
		if strings.ContainsAny(w[:1], "-|>&;<") {
			break
		}
		path = append(path, w)
	}
	c, rest, err := root.Find(path)
	if err != nil {
		return err
	}
	if c.HasSubCommands() && len(rest) > 0 && (c.Annotations[flags.EffectKey] == "" || c.ValidateArgs(rest) != nil) {
		return fmt.Errorf("%s has no command %s", c.CommandPath(), rest[0])
	}
	for _, w := range words {
		if strings.ContainsAny(w[:1], "|>&;") {
			break // the rest belongs to another program
		}
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case strings.HasPrefix(w, "--") && name != "" && c.Flag(name) == nil && name != "help":
			return fmt.Errorf("%s has no flag --%s", c.CommandPath(), name)
		case !strings.HasPrefix(w, "--") && len(w) == 2 && w[0] == '-' && w != "-h" &&
			c.Flags().ShorthandLookup(name) == nil && c.InheritedFlags().ShorthandLookup(name) == nil:
			return fmt.Errorf("%s has no flag -%s", c.CommandPath(), name)
		}
	}
	return nil
}

// Links between documents lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(root, filepath.Dir(d.name), m[1]))
			require.NoError(t, err, "%s links to %s", d.name, m[1])
		}
	}
}
