package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/config"
)

// manual writes man pages. Cobra's own generator reads help as Markdown, which eats the stars and angle brackets
// of AXISOR_* and <user>; here every word stays what it is in --help.
type manual struct {
	version string
	date    time.Time
}

// pages are the manual, by file name: a page for each command, the configuration file and the help topics.
func (m manual) pages(root *cobra.Command) map[string]string {
	out := map[string]string{"axisor.yaml.5": m.configuration()}
	for _, c := range root.Commands() {
		if c.IsAdditionalHelpTopicCommand() {
			out["axisor-"+c.Name()+".7"] = m.topic(c)
		}
	}
	visit(root, func(c *cobra.Command) {
		if !c.IsAdditionalHelpTopicCommand() {
			out[pageName(c)+".1"] = m.command(c)
		}
	})
	return out
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func (m manual) head(name string, section int, short string) string {
	return fmt.Sprintf(".TH %q %d %q %q %q\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), section,
		m.date.UTC().Format(time.DateOnly), "axisor "+m.version, "axisor manual", roff(name), roff(short))
}

func (m manual) command(c *cobra.Command) string {
	var b strings.Builder
	b.WriteString(m.head(pageName(c), 1, strings.ToLower(c.Short[:1])+c.Short[1:]))
	b.WriteString(".SH SYNOPSIS\n")
	if c.Runnable() && (!c.HasSubCommands() || c.Annotations[flags.EffectKey] != "") {
		fmt.Fprintf(&b, ".B %s\n", roff(c.UseLine()))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, ".br\n.B %s\n.I command\n", roff(c.CommandPath()))
	}
	text, codes := cutExitCodes(c.Long)
	b.WriteString(".SH DESCRIPTION\n" + paragraphs(text))
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, child := range c.Commands() {
			if child.IsAvailableCommand() && child.Name() != "help" {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(child.Name()), roff(child.Short))
			}
		}
	}
	local := c.LocalNonPersistentFlags()
	if c.HasParent() {
		b.WriteString(options("OPTIONS", local))
	} else {
		b.WriteString(options("OPTIONS OF EVERY COMMAND", c.PersistentFlags()))
	}
	if codes != "" {
		b.WriteString(".SH EXIT STATUS\n" + paragraphs(codes))
	}
	if c.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + verbatim(dedent(c.Example)))
	}
	b.WriteString(".SH SEE ALSO\n" + seeAlso(c) + "\n")
	return b.String()
}

func seeAlso(c *cobra.Command) string {
	var out []string
	add := func(name string, section int) { out = append(out, fmt.Sprintf("\\fB%s\\fR(%d)", roff(name), section)) }
	if c.HasParent() {
		add(pageName(c.Parent()), 1)
	}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" && child.Name() != "completion" {
			add(pageName(child), 1)
		}
	}
	add("axisor.yaml", 5)
	add("axisor-environment", 7)
	add("axisor-exit-codes", 7)
	return strings.Join(out, ",\n")
}

func (m manual) topic(c *cobra.Command) string {
	return m.head("axisor-"+c.Name(), 7, c.Short) + ".SH DESCRIPTION\n" + paragraphs(c.Long) + ".SH SEE ALSO\n\\fBaxisor\\fR(1)\n"
}

func (m manual) configuration() string {
	var b strings.Builder
	b.WriteString(m.head("axisor.yaml", 5, "configuration of axisor"))
	b.WriteString(".SH DESCRIPTION\n" + paragraphs(strings.ReplaceAll(configurationIntro+"\n\n"+configurationProfiles, "`", "")) + ".SH KEYS\n")
	for _, k := range config.Keys() {
		fmt.Fprintf(&b, ".TP\n.BR %s \" (%s)\"\n%s", roff(k.Name), roff(k.Env()), roff(k.Summary))
		if k.Default != "" {
			fmt.Fprintf(&b, " (default: %s)", roff(k.Default))
		}
		b.WriteString("\n")
	}
	return b.String() + ".SH SEE ALSO\n\\fBaxisor\\fR(1),\n\\fBaxisor\\-config\\fR(1)\n"
}

func options(title string, fs *pflag.FlagSet) string {
	var b strings.Builder
	eachFlag(fs, func(names, value, usage string) {
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fR", roff(names))
		if value != "" {
			fmt.Fprintf(&b, " \\fI%s\\fR", roff(value))
		}
		b.WriteString("\n" + roff(usage) + "\n")
	})
	if b.Len() == 0 {
		return ""
	}
	return ".SH " + title + "\n" + b.String()
}

// cutExitCodes takes the paragraph about exit codes, which the house wants at the end of every help text.
func cutExitCodes(long string) (text, codes string) {
	before, after, found := strings.Cut(long, "Exit codes:")
	if !found {
		return long, ""
	}
	codes, rest, _ := strings.Cut(after, "\n\n")
	return strings.TrimSpace(before + "\n\n" + rest), strings.TrimSpace(codes)
}

// paragraphs lets the page fill lines; indented ones, such as small tables, stay as they are.
func paragraphs(text string) string {
	var b strings.Builder
	for i, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		var run []string
		flush := func() {
			if len(run) > 0 {
				b.WriteString(verbatim(strings.Join(run, "\n")))
				run = nil
			}
		}
		for line := range strings.SplitSeq(p, "\n") {
			if strings.HasPrefix(line, "  ") {
				run = append(run, line)
				continue
			}
			flush()
			b.WriteString(roff(line) + "\n")
		}
		flush()
	}
	return b.String()
}

func verbatim(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = roff(line)
	}
	return ".nf\n" + strings.Join(lines, "\n") + "\n.fi\n"
}

// roff keeps a line from being read as markup: a hyphen stays the one that can be pasted into a shell.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
