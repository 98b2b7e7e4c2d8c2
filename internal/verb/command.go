// Package verb builds commands from declarations. A noun says what is its own (words, flags, which rows, what is written);
// everything that every command does alike (arguments, printer, connection, confirmation, dry run, what is said
// afterwards, fields, effect, exit codes) is done here once. It knows no noun.
package verb

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

// Words are what a command says of itself.
type Words struct {
	// Use is the name with the arguments in capitals, as in "rename ACCOUNT NAME". How many arguments are taken follows
	// from it: [ARG] may be missing, ARG... may be repeated, FILE|- is a file or stdin.
	Use      string
	Short    string
	Long     string       // default: Short as a sentence
	Examples []string     // complete invocations
	Try      string       // the one that a wrong argument shows; default: the first
	Exits    []exits.Code // what the help lists; see package exits
	Needs    []string     // flags without which it cannot be done
	Excludes [][]string   // flags of which it takes one at most, set by set
}

// Command is a command as a value. The verbs of this package make one; a command that is like no other fills it itself.
type Command struct {
	Words

	Aliases  []string
	Effect   string      // flags.Write or flags.Destroy; default: flags.Read
	Local    bool        // it needs neither configuration nor database
	NoRows   bool        // it shows no rows of users
	Fields   []string    // JSON names of the result
	Complete flags.Names // words for the first argument; nil: none
	Flags    func(c *cobra.Command)
	Printer  func() (*output.Printer, error) // nil: that of the application
	// Check looks at flags and arguments before anything is opened.
	Check func(call *Call) error
	// One of these acts. The runner connects for all but Run: Server looks at a server whatever schema it has, Read at our
	// rows, and Write changes them.
	Run    func(ctx context.Context, call *Call) error
	Server func(ctx context.Context, call *Call, db *store.DB) error
	Read   func(ctx context.Context, call *Call, db *store.DB) error
	Write  func(ctx context.Context, call *Call, db *store.DB, svc *admin.Service) error
}

// Call is one invocation of a command.
type Call struct {
	*app.App

	Cmd    *cobra.Command
	Args   []string
	Print  *output.Printer // nil in Check
	DryRun bool
}

// Arg is the argument at an index, "" when it was left out.
func (c *Call) Arg(i int) string {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return ""
}

// Given reports whether a flag was given.
func (c *Call) Given(flag string) bool { return c.Cmd.Flags().Changed(flag) }

// Mode is how the writes of the invocation are made.
func (c *Call) Mode() admin.Mode { return c.App.Mode(c.DryRun) }

// Open connects for a command that writes.
func (c *Call) Open(ctx context.Context) (*store.DB, *admin.Service, error) {
	svc, err := c.Admin(ctx)
	if err != nil {
		return nil, nil, err
	}
	db, err := c.DB(ctx)
	return db, svc, err
}

// Build makes the cobra command.
func (v Command) Build(a *app.App) *cobra.Command {
	if v.Printer == nil {
		v.Printer = a.Printer
	}
	var writes flags.Writes
	c := &cobra.Command{
		Use: v.Use, Aliases: v.Aliases, Short: v.Short, Long: v.Long,
		Example: "  " + strings.Join(v.Examples, "\n  "),
		Args:    arguments(v.Use, v.try()),
		RunE: func(c *cobra.Command, args []string) error {
			call := &Call{App: a, Cmd: c, Args: args, DryRun: writes.DryRun}
			if err := v.given(call); err != nil {
				return err
			}
			if v.Check != nil {
				if err := v.Check(call); err != nil {
					return err
				}
			}
			var err error
			if call.Print, err = v.Printer(); err != nil {
				return err
			}
			return v.act(c.Context(), call)
		},
	}
	if v.Long == "" {
		c.Long = v.Short + "."
	}
	if v.Flags != nil {
		v.Flags(c)
	}
	switch v.Effect {
	case flags.Write:
		writes.Register(c)
	case flags.Destroy:
		writes.RegisterDestroy(c)
	default:
		flags.Mark(c, flags.EffectKey, flags.Read)
	}
	if v.Complete != nil {
		c.ValidArgsFunction = flags.Live(v.Complete, strings.HasSuffix(v.Use, "..."))
	}
	if v.Local {
		flags.Mark(c, flags.LocalKey, "true")
	}
	if v.NoRows {
		flags.Mark(c, flags.NoRowsKey, "true")
	}
	if v.Fields != nil {
		flags.Fields(c, v.Fields)
	}
	exits.Mark(c, v.Exits)
	return c
}

// try is the invocation that an error shows.
func (w Words) try() string { return cmp.Or(w.Try, w.Examples[0]) }

// given refuses a call without a flag that the command needs, or with two that exclude each other.
func (w Words) given(call *Call) error {
	var missing []string
	for _, name := range w.Needs {
		if !call.Given(name) {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return clierr.Usagef("%s needs %s", call.Cmd.CommandPath(), words.And(missing)).WithHint("for example: " + w.try())
	}
	for _, set := range w.Excludes {
		var taken []string
		for _, name := range set {
			if f := call.Cmd.Flags().Lookup(name); f.Changed && f.Value.String() != "false" {
				taken = append(taken, "--"+name)
			}
		}
		if len(taken) > 1 {
			return clierr.Usagef("%s exclude each other", words.And(taken))
		}
	}
	return nil
}

// act connects as far as the command needs it, and runs it.
func (v Command) act(ctx context.Context, call *Call) error {
	switch {
	case v.Write != nil:
		db, svc, err := call.Open(ctx)
		if err != nil {
			return err
		}
		return v.Write(ctx, call, db, svc)
	case v.Read != nil:
		db, err := call.DB(ctx)
		if err != nil {
			return err
		}
		return v.Read(ctx, call, db)
	case v.Server != nil:
		db, err := call.RawDB()
		if err != nil {
			return err
		}
		return v.Server(ctx, call, db)
	}
	return v.Run(ctx, call)
}

// arguments is the rule that a usage line states.
func arguments(use, example string) cobra.PositionalArgs {
	_, rest, _ := strings.Cut(strings.ReplaceAll(use, "|-", ""), " ")
	names, more := strings.Fields(rest), strings.Contains(rest, "...")
	switch {
	case len(names) == 0:
		return flags.None()
	case strings.HasPrefix(names[0], "[") && more:
		return cobra.ArbitraryArgs
	case strings.HasPrefix(names[0], "["):
		return flags.AtMostOne(example, strings.Trim(names[0], "[]"))
	case more:
		return flags.AtLeastOne(example, strings.TrimSuffix(names[0], "..."))
	}
	return flags.Exactly(example, names...)
}
