// Package exits owns which exit codes a command declares and how its help says so. The codes are data: the help, the
// reference and the contract test read the same list.
package exits

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
)

const key = "axisor:exits"

// Code is one exit code of a command and, where that is not obvious, when the command ends with it.
type Code struct {
	Exit int
	When string
}

// OK says more about exit code 0, such as "also when nothing had to change".
func OK(when string) Code { return Code{0, when} }

// On is the exit code of a kind of failure, with what it means for this command; "" when that is obvious.
func On(k clierr.Kind, when string) Code { return Code{k.Exit(), when} }

// NotFound says which thing may not exist.
func NotFound(when string) Code { return On(clierr.NotFound, when) }

// Conflict says what stands in the way.
func Conflict(when string) Code { return On(clierr.Conflict, when) }

// Local are the codes of a command that needs neither configuration nor database.
func Local(more ...Code) []Code { return merge([]Code{{Exit: 0}, {Exit: 2}}, more) }

// Configured are the codes of a command that reads the configuration.
func Configured(more ...Code) []Code { return merge(Local(), append([]Code{{Exit: 10}}, more...)) }

// Database are the codes of a command that reads or writes rows.
func Database(more ...Code) []Code {
	return merge(Configured(), append([]Code{{Exit: 11}, {Exit: 12}}, more...))
}

// Destroys are the codes of a command that asks before it deletes rows.
func Destroys(more ...Code) []Code {
	return Database(append([]Code{On(clierr.Usage, "also when it cannot ask and --yes is missing"), On(clierr.Cancelled, "the answer was no")}, more...)...)
}

func merge(base, more []Code) []Code {
	all := slices.Clone(base)
	for _, c := range more {
		if i := slices.IndexFunc(all, func(have Code) bool { return have.Exit == c.Exit }); i >= 0 {
			all[i] = c
			continue
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Code) int { return cmp.Compare(a.Exit, b.Exit) })
	return all
}

// Mark records the codes of a command.
func Mark(c *cobra.Command, codes []Code) {
	lines := make([]string, 0, len(codes))
	for _, x := range codes {
		lines = append(lines, strconv.Itoa(x.Exit)+" "+x.When)
	}
	flags.Mark(c, key, strings.Join(lines, "\n"))
}

// Of returns what Mark recorded.
func Of(c *cobra.Command) []Code {
	var codes []Code
	for line := range strings.Lines(c.Annotations[key]) {
		number, when, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if n, err := strconv.Atoi(number); err == nil {
			codes = append(codes, Code{n, when})
		}
	}
	return codes
}

// Paragraph is the last paragraph of a command's help.
func Paragraph(codes []Code) string {
	words := make([]string, 0, len(codes))
	for _, c := range codes {
		word := strconv.Itoa(c.Exit)
		if c.When != "" {
			word += " (" + c.When + ")"
		}
		words = append(words, word)
	}
	return "Exit codes: " + strings.Join(words, ", ") + "."
}

// And adds kinds of failure whose meaning is obvious.
func And(codes []Code, kinds ...clierr.Kind) []Code {
	more := make([]Code, 0, len(kinds))
	for _, k := range kinds {
		more = append(more, On(k, ""))
	}
	return merge(codes, more)
}
