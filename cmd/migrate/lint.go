package migrate

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
)

type lintOptions struct{ locks bool }

// lockView is a lock that a transaction of a migration holds until its end.
type lockView struct {
	File      string `json:"file"`
	Direction string `json:"direction"` // up, down
	Table     string `json:"table"`
	Lock      string `json:"lock"`
	FromLine  int    `json:"from_line"`
	ToLine    int    `json:"to_line"` // of the last statement of the transaction
}

// remarkView is one thing in a file that can hurt.
type remarkView struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Rewrite string `json:"rewrite"`
}

func newLint(a *app.App) *cobra.Command {
	o := &lintOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "lint [FILE]...", Short: "Find statements that hurt a database in use",
			Long: `Reads migration files, or without an argument this program's own, and names every statement that locks people
out, writes a table anew, loses data, breaks running programs or fails halfway, with the safe way to write it.
It reads with PostgreSQL's own grammar, also DO blocks and what EXECUTE runs there as far as it is written down.
It needs no database. Starting the grammar takes a second or two.

With --locks it lists instead which table locks each transaction holds, and from which line to which: nothing
is let go before the end of a transaction. Triggers and functions that are called may take more.

A comment line above a statement silences one rule for it, with a reason:
  -- axisor: lint-ignore table-drop unused since the last release`,
			Examples: []string{
				"axisor migrate lint",
				"axisor migrate lint migrations/*.sql",
				"axisor migrate lint 00042_add_note.sql --locks",
				"axisor migrate lint 00042_add_note.sql -o json --jq '.items[].rule'",
			},
			Exits: exits.Local(exits.NotFound("there is no such file"), exits.On(clierr.CheckFailed, "something was found")),
		},
		Local: true, Fields: output.Fields[remarkView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.locks, "locks", false, "list the table locks that each transaction holds")
		},
		Run: o.run,
	}.Build(a)
}

func (o *lintOptions) run(_ context.Context, call *verb.Call) error {
	var remarks []migrate.Remark
	var locks []migrate.Lock
	look := func(name, text string) {
		if o.locks {
			locks = append(locks, migrate.Locks(name, text)...)
			return
		}
		for _, r := range migrate.Lint(name, text) {
			r.File = name
			remarks = append(remarks, r)
		}
	}
	if len(call.Args) == 0 {
		if err := migrate.EachOwn(look); err != nil {
			return err
		}
	}
	for _, name := range call.Args {
		text, err := call.ReadFile(name)
		if err != nil {
			return err
		}
		look(name, string(text))
	}
	if o.locks {
		return printLocks(call.Print, locks)
	}
	return printRemarks(call.Print, remarks)
}

func printLocks(p *output.Printer, locks []migrate.Lock) error {
	views := make([]lockView, 0, len(locks))
	for _, l := range locks {
		views = append(views, lockView{File: l.File, Direction: l.Direction, Table: l.Table, Lock: l.Mode, FromLine: l.Line, ToLine: l.Until})
	}
	return output.Slice(p, output.Desc{Noun: "locks", ID: "table", Columns: []output.Column{
		{Field: "file"}, {Field: "direction"}, {Field: "table"}, {Field: "lock"}, {Field: "from_line"}, {Field: "to_line"},
	}}, views)
}

func printRemarks(p *output.Printer, remarks []migrate.Remark) error {
	if len(remarks) == 0 && !p.Machine() {
		p.Notice("nothing in these migrations hurts")
		return nil
	}
	views := make([]remarkView, 0, len(remarks))
	for _, r := range remarks {
		views = append(views, remarkView(r))
	}
	desc := output.Desc{Noun: "remarks", ID: "rule", Columns: []output.Column{
		{Field: "file"}, {Field: "line"}, {Field: "rule"}, {Field: "message", Wrap: true}, {Field: "rewrite", Wrap: true, Drop: 1},
	}}
	if err := output.Slice(p, desc, views); err != nil || len(views) == 0 {
		return err
	}
	return clierr.New(clierr.CheckFailed, "dangerous_migration", words.Count(len(views), "remark")+" about these migrations")
}
