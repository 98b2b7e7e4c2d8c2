package cmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

// words are a command's name and as many arguments as it needs, each of them x.
func words(c *cobra.Command) []string {
	args := strings.Fields(c.CommandPath())[1:]
	_, rest, _ := strings.Cut(c.Use, " ")
	for arg := range strings.FieldsSeq(rest) {
		if !strings.HasPrefix(arg, "[") && !strings.HasPrefix(arg, "-") {
			args = append(args, "x")
		}
	}
	return args
}

// A shell variable that is not set makes an empty value. It must never mean "no filter", "everybody" or "all of it".
func TestContract_WhatIsGivenAndEmptyIsAUsageError(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none")
	tried := 0
	for _, c := range leaves(t) {
		try := func(f *pflag.Flag) {
			switch f.Value.Type() {
			case "string", "stringSlice", "stringArray", "word":
			default:
				return
			}
			for _, empty := range []string{"", "  "} {
				r := p.Fails(2, append(words(c), "--"+f.Name, empty)...)
				require.Empty(t, r.Stdout)
				require.Regexp(t, `--`+f.Name+` (is given and empty|"\s*": use one of)`, r.Stderr, c.CommandPath())
				tried++
			}
		}
		c.Flags().VisitAll(try)
		c.InheritedFlags().VisitAll(try)
	}
	require.Greater(t, tried, 1000)
}

func TestContract_AnEmptyArgumentIsAUsageError(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none")
	for _, c := range leaves(t) {
		_, rest, takes := strings.Cut(c.Use, " ")
		if !takes || strings.HasPrefix(rest, "--") {
			continue
		}
		args := words(c)
		path := strings.Fields(c.CommandPath())[1:]
		if len(args) == len(path) {
			args = append(args, "x") // the optional one
		}
		for i := len(path); i < len(args); i++ {
			broken := append([]string{}, args...)
			broken[i] = ""
			r := p.Fails(2, broken...)
			require.Empty(t, r.Stdout)
			require.Regexp(t, `empty argument|needs an? `, r.Stderr, c.CommandPath())
		}
	}
}

func TestContract_NoLocalFlagHasTheNameOfAGlobalOne(t *testing.T) {
	t.Parallel()
	global := tree().PersistentFlags()
	for _, c := range leaves(t) {
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			require.Nil(t, global.Lookup(f.Name), "%s --%s", c.CommandPath(), f.Name)
		})
	}
}

// Whoever names a file or a profile means it, also where the command could do without.
func TestContract_ANamedConfigurationHasToBeThere(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	for _, c := range leaves(t) {
		if noun := strings.Fields(c.CommandPath())[1]; noun == "config" || noun == "dev" || noun == "version" {
			continue
		}
		r := p.Fails(10, append(words(c), "--config", "no-such.yaml")...)
		require.Contains(t, r.Stderr, "no-such.yaml", c.CommandPath())
		require.Contains(t, p.Fails(10, append(words(c), "--profile", "no-such")...).Stderr, "no-such", c.CommandPath())
	}
}

// A dead database proves that nothing was done before the column was looked at.
func TestContract_ColumnsAndFormatsAreCheckedBeforeTheWork(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none")
	for _, c := range leaves(t) {
		for _, args := range [][]string{{"--columns", "no_such_field"}, {"-o", "xml"}, {"-q", "--columns", "id"}, {"--jq", "nonsense("}} {
			r := p.Fails(2, append(words(c), args...)...)
			require.Empty(t, r.Stdout, c.CommandPath())
		}
		if c.Annotations[flags.ListKey] != "" {
			require.Contains(t, p.Fails(2, append(words(c), "--all", "--limit", "5")...).Stderr, "--all and --limit")
			require.Contains(t, p.Fails(2, append(words(c), "--all", "--cursor", "abc")...).Stderr, "--all and --cursor")
		}
	}
}

func TestContract_WithJSONEveryLineOnStderrIsAnObject(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none?connect_timeout=1", "ENCRYPTION_KEY="+clitest.Key)
	for _, c := range leaves(t) {
		if path := c.CommandPath(); strings.HasPrefix(path, "axisor dev") || c.Annotations[flags.EffectKey] != flags.Read {
			continue
		}
		r := p.Run(append(words(c), "-o", "json", "-v", "--timeout", "5s")...)
		if r.Code != 0 && r.Code != 8 && r.Code != 7 {
			require.Empty(t, r.Stdout, c.CommandPath())
		}
		for line := range strings.Lines(r.Stderr) {
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &object), "axisor %s: %s", strings.Join(r.Args, " "), line)
		}
	}
}

// full is a disk without space.
type full struct{ wrote bool }

func (f *full) Write([]byte) (int, error) {
	f.wrote = true
	return 0, &os.PathError{Op: "write", Path: "stdout", Err: syscall.ENOSPC}
}

// Whatever writes its result onto a full disk says so, with one code: help, rows, csv that the server makes.
func TestContract_AFullDiskIsOneError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := func(args ...string) (code int, stderr string, wrote bool) {
		var errs bytes.Buffer
		var disk full
		code = cmd.Main(t.Context(), cmd.Process{Args: args, Env: w.p.Env, Dir: w.p.Dir, Stdin: strings.NewReader(""), Stdout: &disk, Stderr: &errs})
		return code, errs.String(), disk.wrote
	}
	tried := 0
	for _, c := range leaves(t) {
		path := strings.Fields(c.CommandPath())[1:]
		lines := [][]string{append(append([]string{}, path...), "--help")}
		if c.Annotations[flags.ListKey] != "" && len(words(c)) == len(path) || c.Name() == "export" {
			for _, format := range []string{"table", "csv", "jsonl", "json", "yaml"} {
				lines = append(lines, append(append([]string{}, path...), "-o", format))
			}
		}
		for _, args := range lines {
			code, stderr, wrote := run(args...)
			if !wrote {
				continue // nothing to show
			}
			require.Equal(t, 1, code, "axisor %v: %s", args, stderr)
			require.Contains(t, stderr, "no space left", "axisor %v", args)
			tried++
		}
	}
	require.Greater(t, tried, 200)
	_, stderr, _ := run("user", "export", "-o", "json")
	require.Contains(t, stderr, `"disk_full"`)
}

// A filter that fails after something was written must not let it look undone.
func TestJQ_ThatFailsAfterAWriteSaysThatTheWriteStands(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	r := p.Fails(1, "user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "--jq", `error("broken")`)
	require.Equal(t, "jq_failed", r.Error()["code"])
	require.Contains(t, r.Stderr, "stands")
	require.Equal(t, "pro", strings.TrimSpace(p.OK("user", "set-plan", "ana", "pro", "--jq", ".plan_type").Stdout))
	require.Equal(t, "usage", p.Fails(2, "user", "disable", "ana", "--dry-run", "--jq", ".id.x").Error()["code"], "nothing was written")
	require.Equal(t, "usage", p.Fails(2, "user", "show", "ana", "--jq", ".id.x").Error()["code"])
}

func TestJQ_IsBoundInTimeAndMemory(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	began := time.Now()
	r := p.Fails(11, "version", "--jq", "[limit(1; repeat(empty))]", "--timeout", "300ms")
	require.Equal(t, "timeout", r.Error()["code"])
	require.Less(t, time.Since(began), 20*time.Second)
	r = p.Fails(1, "version", "--jq", `("x" * 65536) as $long | [range(1e12) | $long + tostring]`, "--timeout", "5m")
	require.Equal(t, "jq_failed", r.Error()["code"])
	require.Contains(t, r.Stderr, "memory")
}

// A reader that stands still must not keep a list or an export from ending in time.
func TestPipe_ThatNobodyReadsEndsByTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := factory.User(t, w.db)
	require.NoError(t, w.db.Gorm(t.Context()).Exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at, error_message)
		SELECT ?, 'n' || n, 'success', now(), repeat('x', 100) FROM generate_series(1, 5000) n`, ana.ID).Error)
	for _, line := range []string{
		"trade export", "trade export -o jsonl", "trade list --all", "trade list --all -o csv", "trade list --all -o yaml", "trade list --all -o json --jq .",
	} {
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		var errs bytes.Buffer
		began := time.Now()
		code := cmd.Main(t.Context(), cmd.Process{
			Args: append(strings.Fields(line), "--timeout", "2s"), Env: w.p.Env, Dir: w.p.Dir, Stdin: strings.NewReader(""), Stdout: writer, Stderr: &errs,
		})
		require.Equal(t, 11, code, "%s: %s", line, errs.String())
		require.Less(t, time.Since(began), 30*time.Second, line)
		require.NoError(t, writer.Close())
		require.NoError(t, reader.Close())
	}
}

// --quiet leaves stdout to the ids; how the list goes on is told beside it.
func TestQuiet_TellsTheNextCursorOnStderr(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	factory.User(t, w.db, func(u *models.User) { u.Username = "third" })
	r := w.p.OK("user", "list", "-q", "--limit", "2")
	require.Len(t, strings.Fields(r.Stdout), 2)
	_, cursor, found := strings.Cut(strings.TrimSpace(r.Stderr), "more: --cursor ")
	require.True(t, found, r.Stderr)
	r = w.p.OK("user", "list", "-q", "--limit", "2", "--cursor", cursor)
	require.Len(t, strings.Fields(r.Stdout), 1)
	require.Empty(t, r.Stderr)
}

func TestHelp_OfWhatDoesNotExistIsAUsageError(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	for args, want := range map[string]string{
		"help usr":       `did you mean "axisor user"?`,
		"help user lst":  `did you mean "axisor user list"?`,
		"completion bsh": `did you mean "axisor completion bash"`,
		"help zzzzz":     "axisor --help",
	} {
		r := p.Fails(2, strings.Fields(args)...)
		require.Empty(t, r.Stdout, args)
		require.Contains(t, r.Stderr, want, args)
	}
	require.Contains(t, p.OK("help", "user", "list").Stdout, "axisor user list")
	require.Contains(t, p.OK("help", "exit-codes").Stdout, "interrupted")
	require.NotContains(t, p.OK("__complete", "user", "list", "--").Stdout, "`")
}
