package cmd_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/clitest"
)

func tree() *cobra.Command {
	s, _, _ := streams.Test("")
	return cmd.NewRoot(app.New(s, buildinfo.Info{}, time.Now, nil, ""))
}

// leaves are the commands that do something.
func leaves(t *testing.T) []*cobra.Command {
	t.Helper()
	var out []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" || c.IsAdditionalHelpTopicCommand() {
			return
		}
		for _, child := range c.Commands() {
			walk(child)
		}
		if c.HasParent() && (!c.HasSubCommands() || c.Annotations[flags.EffectKey] != "") {
			out = append(out, c)
		}
	}
	walk(tree())
	require.Greater(t, len(out), 3)
	return out
}

func TestContract_EveryCommandIsDocumented(t *testing.T) {
	t.Parallel()
	for _, c := range leaves(t) {
		path := c.CommandPath()
		require.NotEmpty(t, c.Short, path)
		require.False(t, strings.HasSuffix(c.Short, "."), "%s: Short ends with a period", path)
		require.Contains(t, c.Long, "Exit codes:", "%s: Long must list the exit codes that matter", path)
		require.Contains(t, c.Example, "axisor "+strings.TrimPrefix(path, "axisor "), "%s: needs an example of itself", path)
		require.NotNil(t, c.Args, "%s: needs an argument rule", path)
		require.Contains(t, []string{flags.Read, flags.Write, flags.Destroy}, c.Annotations[flags.EffectKey], "%s: needs an effect", path)
	}
}

// Arguments are written as in the manual pages of other tools: what is replaced in capitals, [optional], more...
func TestContract_ArgumentsAreWrittenAlike(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`^\[?(--|[A-Z][A-Z0-9-]*)(\|([A-Z][A-Z0-9-]*|-|latest))*(\.\.\.)?\]?(\.\.\.)?$`)
	for _, c := range leaves(t) {
		fields := strings.Fields(c.Use)
		for i, arg := range fields[1:] {
			if strings.HasPrefix(arg, "--") || strings.HasPrefix(fields[i], "--") {
				continue // a flag that is always needed, and its value
			}
			require.Regexp(t, word, arg, c.CommandPath())
		}
	}
}

func TestContract_FlagsOfListsAndWrites(t *testing.T) {
	t.Parallel()
	for _, c := range leaves(t) {
		path := c.CommandPath()
		if c.Annotations[flags.ListKey] != "" {
			for _, name := range []string{"limit", "cursor", "all"} {
				require.NotNil(t, c.Flags().Lookup(name), "%s: a list needs --%s", path, name)
			}
			require.NotEmpty(t, flags.FieldsOf(c), "%s: a list names its fields", path)
		}
		if c.Annotations[flags.EffectKey] != flags.Read {
			f := c.Flags().Lookup("dry-run")
			require.NotNil(t, f, "%s writes and needs --dry-run", path)
			require.Equal(t, "n", f.Shorthand, path)
		} else {
			require.Nil(t, c.Flags().Lookup("dry-run"), "%s only reads", path)
		}
	}
}

// No flag may take a secret as its value: it would stand in the process list and in the shell history.
func TestContract_NoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	bad := regexp.MustCompile(`(password|secret|passphrase|token|api-key|encryption-key|private)`)
	for _, c := range leaves(t) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if bad.MatchString(f.Name) && f.Value.Type() != "bool" {
				require.Regexp(t, `-(file|stdin|command)$`, f.Name, "%s --%s", c.CommandPath(), f.Name)
			}
		})
	}
}

func TestContract_ShortFlagsAreTheSharedOnes(t *testing.T) {
	t.Parallel()
	shared := map[string]string{"o": "output", "q": "quiet", "v": "verbose", "y": "yes", "n": "dry-run", "L": "limit", "h": "help"}
	for _, c := range leaves(t) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Shorthand != "" {
				require.Equal(t, shared[f.Shorthand], f.Name, "%s -%s", c.CommandPath(), f.Shorthand)
			}
		})
	}
}

// secretFields must never appear in any output.
var secretFields = []string{"password_hash", "two_factor_secret", "two_factor_backup_codes", "token", "credentials", "preimage"}

func TestContract_NoViewHasASecretField(t *testing.T) {
	t.Parallel()
	for _, c := range leaves(t) {
		for _, f := range flags.FieldsOf(c) {
			require.False(t, slices.Contains(secretFields, f) && f != "preimage", "%s prints %s", c.CommandPath(), f)
			require.Regexp(t, `^[a-z][a-z0-9_]*$`, f, c.CommandPath())
		}
	}
}

// Help needs nothing: a broken configuration and a dead database must not keep an operator from reading it.
func TestContract_HelpNeedsNeitherConfigurationNorDatabase(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none", "AXISOR_OUTPUT_FORMAT=nonsense")
	for _, c := range leaves(t) {
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		r := p.OK(args...)
		require.Contains(t, r.Stdout, "Usage:", c.CommandPath())
		require.Empty(t, r.Stderr, c.CommandPath())
	}
}

func TestContract_MistypedCommandsAreUsageErrors(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	for args, want := range map[string]string{
		"exchang list":          `did you mean "axisor exchange"?`,
		"exchange lst":          `did you mean "axisor exchange list"?`,
		"exchange":              `axisor exchange --help`,
		"exchange list --al":    `did you mean --all?`,
		"exchange list stray":   "",
		"user list --plan prro": "did you mean pro?",
		"user list --plan zzzz": "axisor user list --help",
		"nonsense":              "axisor --help",
	} {
		r := p.Fails(2, strings.Fields(args)...)
		require.Empty(t, r.Stdout, args)
		require.Contains(t, r.Stderr, want, args)
		r = p.Fails(2, append(strings.Fields(args), "-o", "json")...)
		require.Empty(t, r.Stdout, args)
		require.Equal(t, "usage", r.Error()["kind"], args)
		require.EqualValues(t, 2, r.Error()["exit"], args)
	}
}

func TestContract_PluralsAreHiddenAliases(t *testing.T) {
	t.Parallel()
	root := tree()
	for _, c := range root.Commands() {
		if c.HasSubCommands() && c.Name() != "completion" {
			require.Contains(t, c.Aliases, c.Name()+"s")
		}
	}
	clitest.New(t).OK("exchanges", "--help")
}
