package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/namespace"
)

type verifyOptions struct {
	fix     bool
	against flags.Enum
}

func newVerify(a *app.App) *cobra.Command {
	o := &verifyOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "verify", Short: "Compare the live schema with the one this program expects",
			Long: `Compares tables, columns, types, defaults, constraints, indexes (also invalid ones), enums, row security and
policies with what this program expects, and lists every difference, also tables and schemas that stand before the
shared ones in the search path, foreign keys that are switched off, triggers and rules of others, tables that
inherit, unlogged tables, columns with a collation of their own, and what other roles may do: with tables, columns,
sequences, schemas, views of secrets, and what is made tomorrow. Indexes and constraints are compared by
what they are, not by their names. Tables that are not axisor's are ignored. It writes nothing.

What is "noted" is no difference: a role that was given what is no secret to read, and logins that no row security
holds. It does not change the exit code, and no repair touches it.

With --fix it prints, instead of the list, the SQL that repairs what a statement can repair safely; with --fix
--yes it runs that SQL, each statement by itself, indexes concurrently. Nothing of it deletes rows. Rights of a role
that has sessions in the database are left to you: it may be the application.
With --against app it compares a database in the web application's own naming with the design, table by
table; it proposes no repair there.`,
			Examples: []string{
				"axisor migrate verify",
				"axisor migrate verify -o json --jq '.items[].object'",
				"axisor migrate verify --fix > repair.sql",
				"axisor migrate verify --against app",
			},
			Exits: exits.Database(exits.On(clierr.CheckFailed, "there is a difference; with --fix --yes, when one is left"),
				exits.On(clierr.Unavailable, "without a database"), exits.On(clierr.Schema, "migrations are pending or unknown"),
				exits.On(clierr.Locked, "a migration is running")),
		},
		Effect: flags.Write, Fields: output.Fields[findingView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.fix, "fix", false, "print the SQL that repairs the differences; with --yes run it")
			flags.RegisterEnum(c, &o.against, "against", "schema", "what to compare with", "schema", "app")
		},
		Run: o.run,
	}.Build(a)
}

func (o *verifyOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	s, err := connect(ctx, call.App, 0)
	if err != nil {
		return err
	}
	check := s.m.Verify
	if o.against.String() == "app" {
		check = s.m.VerifyApplication
	}
	findings, err := check(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	run := o.fix && call.Globals.Yes && !call.DryRun
	if run {
		repaired, err := s.m.Repair(ctx, findings)
		for _, f := range repaired {
			p.Notice("repaired: %s %s", f.Kind, f.Object)
		}
		if err != nil {
			return s.failure(ctx, err)
		}
		if findings, err = check(ctx); err != nil {
			return s.failure(ctx, err)
		}
	}
	differ := migrate.Differences(findings)
	if len(differ) == 0 && !p.Machine() {
		if len(findings) > 0 && !o.fix {
			if err := output.Slice(p, findingDesc(), findingsOf(findings)); err != nil {
				return err
			}
		}
		said := "the schema is the one this program expects"
		if shared, own, err := s.m.Schemas(ctx); err == nil {
			said += fmt.Sprintf(" (shared tables in %s, axisor's own in %s)", shared, own)
		}
		if chosen, err := s.m.WithoutRedundant(ctx); err == nil && chosen {
			said += ", without the redundant indexes, as was chosen (axisor db index drop-duplicates)"
		}
		p.Notice("%s", said)
		return nil
	}
	views := findingsOf(findings)
	if o.fix && !run && !p.Machine() {
		err = printFixes(ctx, p, s.m, findings)
	} else {
		err = output.Slice(p, findingDesc(), views)
	}
	if err != nil || len(differ) == 0 {
		return err
	}
	e := clierr.New(clierr.CheckFailed, "schema_drift", words.Count(len(differ), "difference")+" between the live schema and the expected one")
	if !o.fix && slices.ContainsFunc(views, func(v findingView) bool { return v.FixSQL != nil }) {
		e = e.WithHint("axisor migrate verify --fix prints the SQL that repairs them")
	}
	return e
}

// undecided says why there is no statement.
func undecided(f migrate.Finding) string {
	if f.Problem == migrate.Noted {
		return "-- " + f.Actual + ": no difference, if you want it so\n"
	}
	return "-- no statement repairs this safely; decide by hand\n"
}

func printFixes(ctx context.Context, p *output.Printer, m *migrate.Migrator, findings []migrate.Finding) error {
	if slices.ContainsFunc(findings, func(f migrate.Finding) bool { return f.FixSQL != "" }) {
		shared, _, err := m.Schemas(ctx)
		if err != nil {
			return err
		}
		// The statements name the shared tables without a schema.
		if _, err := fmt.Fprintf(p.Streams().Out, "SET search_path = %s;\n\n", namespace.Identifier(shared)); err != nil {
			return err
		}
	}
	for _, f := range findings {
		v := findingOf(f)
		text := fmt.Sprintf("-- %s %s: %s\n", v.Kind, v.Object, v.Problem)
		if v.FixSQL != nil {
			text += *v.FixSQL + "\n"
		} else {
			text += undecided(f)
			if f.ByHand != "" {
				text += "-- for example: " + strings.ReplaceAll(f.ByHand, "\n", "\n-- ") + "\n"
			}
		}
		if _, err := fmt.Fprintln(p.Streams().Out, text); err != nil {
			return err
		}
	}
	return nil
}
