package migrate

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type verifyOptions struct {
	app *app.App
	fix bool
}

func newVerify(a *app.App, run func(context.Context, *verifyOptions) error) *cobra.Command {
	if run == nil {
		run = runVerify
	}
	o := &verifyOptions{app: a}
	c := &cobra.Command{
		Use:   "verify",
		Short: "Compare the live schema with the one this program expects",
		Long: `Compares tables, columns, types, defaults, constraints, indexes (also invalid ones), enums, row security and
policies with what this program expects, and lists every difference. Indexes and constraints are compared by
what they are, not by their names. Tables that are not axisor's are ignored. It writes nothing.

With --fix it prints, instead of the list, the SQL that repairs what a statement can repair safely; read it
before you run it, and run it statement by statement (psql does), because indexes are built concurrently.

Exit codes: 8 when there is a difference, 11 without a database, 12 when migrations are pending or unknown.`,
		Example: `  axisor migrate verify
  axisor migrate verify -o json --jq '.items[].object'
  axisor migrate verify --fix > repair.sql`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.fix, "fix", false, "print the SQL that repairs the differences")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[findingView]())
	return c
}

func runVerify(ctx context.Context, o *verifyOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	s, err := connect(ctx, o.app, 0)
	if err != nil {
		return err
	}
	findings, err := s.m.Verify(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	if len(findings) == 0 && !p.Machine() {
		p.Notice("the schema is the one this program expects")
		return nil
	}
	views := make([]findingView, 0, len(findings))
	for _, f := range findings {
		views = append(views, findingOf(f))
	}
	if o.fix && !p.Machine() {
		err = printFixes(p, views)
	} else {
		err = output.Slice(p, findingDesc(), views)
	}
	if err != nil || len(findings) == 0 {
		return err
	}
	e := clierr.New(clierr.CheckFailed, "schema_drift", plural(len(findings), "difference")+" between the live schema and the expected one")
	if !o.fix {
		e = e.WithHint("axisor migrate verify --fix prints the SQL that repairs them")
	}
	return e
}

func printFixes(p *output.Printer, views []findingView) error {
	for _, v := range views {
		text := fmt.Sprintf("-- %s %s: %s\n", v.Kind, v.Object, v.Problem)
		if v.FixSQL != nil {
			text += *v.FixSQL + "\n"
		} else {
			text += "-- no statement repairs this safely; decide by hand\n"
		}
		if _, err := fmt.Fprintln(p.Streams().Out, text); err != nil {
			return err
		}
	}
	return nil
}
