// Command docgen writes the reference pages from the command tree and the configuration type, so that they
// cannot tell another story than the program. `make docs` runs it; the build fails when its output is stale.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/archtest"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
)

func main() {
	version := flag.String("version", "dev", "version in the man pages")
	date := flag.String("date", "1970-01-01T00:00:00Z", "date in the man pages, RFC 3339")
	share := flag.String("share", "", "write man pages and completions into this directory, for packages, and no reference")
	flag.Parse()
	dir := "docs"
	if flag.NArg() > 0 {
		dir = flag.Arg(0)
	}
	var err error
	if *share != "" {
		err = packaged(*share, *version, *date)
	} else {
		err = generate(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func tree() *cobra.Command {
	s, _, _ := streams.Test("")
	return cmd.NewRoot(app.New(s, buildinfo.Info{}, time.Now, nil, ""))
}

func generate(dir string) error {
	root := tree()
	ref := filepath.Join(dir, "reference")
	if err := os.RemoveAll(ref); err != nil {
		return err
	}
	if err := os.MkdirAll(ref, 0o755); err != nil {
		return err
	}
	files := map[string]string{
		filepath.Join(dir, "exit-codes.md"):    exitCodes(),
		filepath.Join(dir, "configuration.md"): configuration(),
		filepath.Join(dir, "json-output.md"):   jsonOutput(root),
		filepath.Join(ref, "README.md"):        index(root),
	}
	for _, noun := range root.Commands() {
		if noun.IsAvailableCommand() && noun.Name() != "help" && noun.Name() != "completion" {
			files[filepath.Join(ref, noun.Name()+".md")] = page(noun)
		}
	}
	if err := architecture(filepath.Join(dir, "architecture.md")); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// architecture writes the import rules into a page that people write.
func architecture(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	page, ok := archtest.Page(string(raw))
	if !ok {
		return fmt.Errorf("%s has lost the marks between which the import rules are written", name)
	}
	return os.WriteFile(name, []byte(page), 0o644)
}

const generated = "<!-- Written by `make docs` from the program itself; edits are lost. -->\n\n"

func exitCodes() string {
	var b strings.Builder
	b.WriteString(generated + "# Exit codes\n\nThe same for every command; frozen once released. `axisor help exit-codes` prints them.\n\n| code | kind | meaning |\n|---|---|---|\n")
	for _, e := range clierr.ExitCodes() {
		fmt.Fprintf(&b, "| %d | `%s` | %s |\n", e.Code, e.Kind, e.Meaning)
	}
	return b.String()
}

// The words around the table of keys, in Markdown; the man page drops the marks.
const (
	configurationIntro = "Read from the first of `./.axisor.yaml`, `$XDG_CONFIG_HOME/axisor/config.yaml`, `~/.axisor.yaml`, `/etc/axisor/config.yaml`.\n" +
		"A flag beats `AXISOR_*`, which beats `DATABASE_URL`, `ENCRYPTION_KEY` and `PG*`, which beat the profile, the file and the\n" +
		"default; a profile that was named explicitly beats the generic variables. `axisor config show --origins` says where each value came from."
	configurationProfiles = "`profiles: {NAME: {…}}` overrides any of these; `--profile`, `AXISOR_PROFILE` or `default_profile` choose one. A profile with\n" +
		"`production: true` shows a banner on the terminal before a command that touches the database, and a person at a terminal has to type its\n" +
		"name before something is written or destroyed. Scripts (no terminal) see no banner; where they need `--yes` today they still do."
)

func configuration() string {
	var b strings.Builder
	b.WriteString(generated + "# Configuration\n\n" + configurationIntro + "\n\n" +
		"| key | environment | default | meaning |\n|---|---|---|---|\n")
	for _, k := range config.Keys() {
		def := k.Default
		if def == "" {
			def = "–"
		} else {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", k.Name, k.Env(), def, cell(k.Summary))
	}
	b.WriteString("\n" + configurationProfiles + "\n")
	return b.String()
}

func jsonOutput(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(generated + "# JSON output\n\n" +
		"Fields may be added; ignore the ones you do not know. Lists are `{\"items\":[…],\"page\":{\"next_cursor\":null|\"…\"}}`, `jsonl` is one\n" +
		"object a line, one thing is the object itself. Times are RFC 3339 in UTC, sats are integers, null is null. A write adds `result`\n" +
		"(`created`, `updated`, `deleted`, `unchanged`, `already_exists`) and, with `--dry-run`, `\"dry_run\": true`.\n\n" +
		"With `json` and `jsonl` every line on stderr is one object, too: `{\"notice\":…}`, `{\"warning\":…}`, `{\"progress\":…}`, log lines, and last\n" +
		"`{\"error\":{…}}`. A `jsonl` list that fails in the middle has printed what came before.\n\n" +
		"With `AXISOR_PROGRESS=json` long work also writes one object a second to stderr, and a last one with `finished`:\n" +
		"`{\"progress\":{\"label\",\"unit\":\"items\"|\"bytes\",\"done\",\"total\"|null,\"per_second\",\"elapsed_ms\",\"left_ms\"|null,\"finished\"}}`.\n\n" +
		"| command | fields |\n|---|---|\n")
	visit(root, func(c *cobra.Command) {
		if names := flags.FieldsOf(c); len(names) > 0 {
			fmt.Fprintf(&b, "| `%s` | `%s` |\n", c.CommandPath(), strings.Join(names, "` `"))
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if names := flags.FieldsAdded(f); len(names) > 0 {
				fmt.Fprintf(&b, "| `%s --%s` | also `%s` |\n", c.CommandPath(), f.Name, strings.Join(names, "` `"))
			}
		})
	})
	return b.String()
}

func index(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(generated + "# Command reference\n\n| command | does |\n|---|---|\n")
	visit(root, func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() {
			fmt.Fprintf(&b, "| [`%s`](%s.md) | %s |\n", c.CommandPath(), noun(c).Name(), cell(c.Short))
		}
	})
	b.WriteString("\n## Flags of every command\n\n" + flagTable(root.PersistentFlags()))
	return b.String()
}

func page(noun *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# axisor %s\n\n%s\n", generated, noun.Name(), strings.TrimSpace(noun.Long))
	visit(noun, func(c *cobra.Command) {
		if !c.Runnable() || c.HasSubCommands() && c.Annotations[flags.EffectKey] == "" {
			return
		}
		fmt.Fprintf(&b, "\n## %s\n\n", c.CommandPath())
		if c != noun {
			b.WriteString(strings.TrimSpace(c.Long) + "\n\n")
		}
		fmt.Fprintf(&b, "```\n%s\n```\n", c.UseLine())
		if c.Example != "" {
			fmt.Fprintf(&b, "\nExamples:\n\n```sh\n%s\n```\n", dedent(c.Example))
		}
		if c.LocalNonPersistentFlags().HasAvailableFlags() {
			b.WriteString("\n" + flagTable(c.LocalNonPersistentFlags()))
		}
	})
	return b.String()
}

func flagTable(fs *pflag.FlagSet) string {
	var b strings.Builder
	b.WriteString("| flag | meaning |\n|---|---|\n")
	eachFlag(fs, func(names, value, usage string) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimSpace(names+" "+value), cell(usage))
	})
	return b.String()
}

// eachFlag gives the names of each flag that help shows, the name of its value, and its meaning with the default.
func eachFlag(fs *pflag.FlagSet, fn func(names, value, usage string)) {
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		names := "--" + f.Name
		if f.Shorthand != "" {
			names = "-" + f.Shorthand + ", " + names
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		fn(names, value, usage)
	})
}

func noun(c *cobra.Command) *cobra.Command {
	for c.HasParent() && c.Parent().HasParent() {
		c = c.Parent()
	}
	return c
}

func visit(c *cobra.Command, fn func(*cobra.Command)) {
	if c.Name() == "help" || c.Name() == "completion" || !c.IsAvailableCommand() && c.HasParent() && !c.IsAdditionalHelpTopicCommand() {
		return
	}
	fn(c)
	for _, child := range c.Commands() {
		visit(child, fn)
	}
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}

func dedent(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "\n")
}
