// Package flags owns the flags and arguments that mean the same thing in every command: paging, time ranges,
// dry runs, enumerations, and argument counts with an example to try. It knows no noun.
package flags

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
)

// Annotation keys of commands, read by the contract test and the documents.
const (
	// EffectKey says what a command does to the world: read, write or destroy.
	EffectKey = "axisor:effect"
	// ListKey marks commands that print a list.
	ListKey = "axisor:list"
	// FieldsKey names the JSON fields of the result, comma separated.
	FieldsKey = "axisor:fields"
	// LocalKey marks commands that need neither configuration nor database.
	LocalKey = "axisor:local"
	// NoRowsKey marks commands, and the groups of them, that are about a server or files and show no rows of users.
	NoRowsKey = "axisor:no-rows"
)

// Effects of a command.
const (
	Read    = "read"
	Write   = "write"
	Destroy = "destroy"
)

// Mark records a fact about a command.
func Mark(c *cobra.Command, key, value string) {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[key] = value
}

// Writes are the flags of a command that writes. Reason and yes are global flags.
type Writes struct{ DryRun bool }

// Register adds --dry-run and marks the command as writing.
func (w *Writes) Register(c *cobra.Command) {
	Mark(c, EffectKey, Write)
	c.Flags().BoolVarP(&w.DryRun, "dry-run", "n", false, "do everything but change nothing, and show the result")
}

// RegisterDestroy is Register for commands that destroy and therefore ask first.
func (w *Writes) RegisterDestroy(c *cobra.Command) {
	w.Register(c)
	Mark(c, EffectKey, Destroy)
}

// Rejects are the flags of an import that say where rejected rows go.
type Rejects struct {
	File  string // "" is nowhere, - stdout
	Force bool   // replace the file
}

// Register adds --rejects and --force.
func (r *Rejects) Register(c *cobra.Command) {
	c.Flags().StringVar(&r.File, "rejects", "", "write rejected rows to this `FILE`, as csv with line and reason; - is stdout")
	c.Flags().BoolVar(&r.Force, "force", false, "replace the file of rejected rows if it exists")
}

// Stdout reports whether the rows go there, in place of the result.
func (r *Rejects) Stdout() bool { return r.File == "-" }

// Name is the file, or nil.
func (r *Rejects) Name() *string {
	if r.File == "" || r.Stdout() {
		return nil
	}
	return &r.File
}

// Page are the paging flags of a list.
type Page struct {
	Limit  int
	Cursor string
	All    bool
	Sort   string
}

// DefaultLimit is the page size of lists.
const DefaultLimit = 50

// Register adds --limit, --cursor, --all and, when sortable fields are given, --sort.
func (p *Page) Register(c *cobra.Command, sortable ...string) {
	Mark(c, ListKey, "true")
	f := c.Flags()
	f.IntVarP(&p.Limit, "limit", "L", DefaultLimit, "rows per page")
	f.StringVar(&p.Cursor, "cursor", "", "continue after this cursor of the previous page")
	f.BoolVar(&p.All, "all", false, "all rows, streamed")
	if len(sortable) > 0 {
		f.StringVar(&p.Sort, "sort", "", "sort by `FIELD`, -FIELD for descending: "+strings.Join(sortable, ", "))
		Complete(c, "sort", func() []string {
			var all []string
			for _, s := range sortable {
				all = append(all, s, "-"+s)
			}
			return all
		})
	}
}

// Validate checks the paging flags against the sortable fields.
func (p *Page) Validate(sortable ...string) error {
	if p.Limit < 1 || p.Limit > 10000 {
		return clierr.Usagef("--limit %d: must be between 1 and 10000", p.Limit).WithHint("use --all for everything")
	}
	if p.Sort != "" && !slices.Contains(sortable, strings.TrimPrefix(p.Sort, "-")) {
		return clierr.Usagef("--sort %q: unknown field", p.Sort).WithHint("use one of " + strings.Join(sortable, ", ") + ", with - in front for descending")
	}
	return nil
}

// Range is a span of time given by --since and --until.
type Range struct{ since, until string }

// Register adds --since and --until.
func (r *Range) Register(c *cobra.Command) {
	c.Flags().StringVar(&r.since, "since", "", "from this `TIME` on: RFC 3339, a date, or a span such as 7d, 12h")
	c.Flags().StringVar(&r.until, "until", "", "before this `TIME`: RFC 3339, a date, or a span such as 7d, 12h")
}

// Resolve turns the flags into instants in UTC; nil means unbounded.
func (r *Range) Resolve(now time.Time) (since, until *time.Time, err error) {
	if since, err = ParseTime("--since", r.since, now); err != nil {
		return nil, nil, err
	}
	if until, err = ParseTime("--until", r.until, now); err != nil {
		return nil, nil, err
	}
	if since != nil && until != nil && !since.Before(*until) {
		return nil, nil, clierr.Usagef("--since %s is not before --until %s", r.since, r.until)
	}
	return since, until, nil
}

// ParseTime reads RFC 3339, a date (UTC midnight) or a span back from now. Empty text gives nil.
func ParseTime(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} { // as imports take them
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	if d, err := ParseSpan(text); err == nil {
		t := now.Add(-d).UTC()
		return &t, nil
	}
	return nil, clierr.Usagef("%s %q is not a time", flag, text).
		WithHint("use RFC 3339 (2026-08-12T09:30:00Z), a date (2026-08-12) or a span (7d, 12h, 30m)")
}

// ParseSpan reads a positive span: Go durations, and whole days and weeks as 7d and 2w.
func ParseSpan(text string) (time.Duration, error) {
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if n := len(text); n > 1 {
		if u, ok := unit[text[n-1]]; ok {
			var count int
			if _, err := fmt.Sscanf(text[:n-1]+";", "%d;", &count); err == nil && count > 0 && count < 100000 {
				return time.Duration(count) * u, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("span %q is not positive", text)
	}
	return d, err
}

// Enum is a flag that takes one of a few words.
type Enum struct {
	value   string
	allowed []string
}

// Words are the texts of an enumeration, for RegisterEnum and Complete.
func Words[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return words
}

// RegisterEnum adds an enumeration flag that validates, shows its words in the help and completes them.
func RegisterEnum(c *cobra.Command, e *Enum, name, def, usage string, allowed ...string) {
	e.value, e.allowed = def, allowed
	c.Flags().Var(e, name, usage+" {"+strings.Join(allowed, "|")+"}")
	Complete(c, name, func() []string { return allowed })
}

func (e *Enum) String() string { return e.value }

// Set accepts one of the allowed words.
func (e *Enum) Set(v string) error {
	if !slices.Contains(e.allowed, v) {
		return &EnumError{e.allowed}
	}
	e.value = v
	return nil
}

// EnumError refuses a value that is none of the allowed words.
type EnumError struct{ Allowed []string }

func (e *EnumError) Error() string { return "use one of " + strings.Join(e.Allowed, ", ") }

// Type names the flag's kind in the help.
func (e *Enum) Type() string { return "word" }

// Complete registers static completion for a flag.
func Complete(c *cobra.Command, flag string, words func() []string) {
	// The only error is an unknown flag, which the contract test would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	})
}

// Names asks for words that start with a prefix, such as the users of the database.
type Names func(ctx context.Context, prefix string) []string

// Live completes the first argument (every argument when many) with words from the database.
func Live(names Names, many bool) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(c.Context(), prefix), cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteLive is Live for a flag.
func CompleteLive(c *cobra.Command, flag string, names Names) {
	// The only error is an unknown flag, which the contract test would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return names(c.Context(), prefix), cobra.ShellCompDirectiveNoFileComp
	})
}
