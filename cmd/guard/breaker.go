package guard

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type breakerOptions struct {
	app   *app.App
	ids   []string
	all   bool
	write flags.Writes
}

// breakerView is a circuit breaker, or a count that may open one.
type breakerView struct {
	ID        string       `json:"id"`
	Scope     string       `json:"scope"`
	Subject   string       `json:"subject"`
	Open      bool         `json:"open"`
	Failures  int32        `json:"failures"`
	Reason    *string      `json:"reason"`
	OpenedAt  *output.Time `json:"opened_at"`
	OpenUntil *output.Time `json:"open_until"`
	UpdatedAt output.Time  `json:"updated_at"`
}

func breakerDesc() output.Desc {
	return output.Desc{Noun: "circuit breakers", ID: "id", Columns: []output.Column{
		{Field: "id", Drop: 2},
		{Field: "scope"},
		{Field: "subject", Drop: 1},
		{Field: "open"},
		{Field: "failures"},
		{Field: "open_until"},
		{Field: "reason", Drop: 3},
	}}
}

func newBreaker(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:     "breaker",
		Aliases: []string{"breakers"},
		Short:   "Circuit breakers: what the guard does not try for now",
		Long: `A breaker stops calls that have failed too often: of one account's key, of the exchange, or of a run that wants to
add far more than usual.`,
	}
	c.AddCommand(newBreakerList(a, nil), newBreakerReset(a, nil))
	return c
}

func newBreakerList(a *app.App, run func(context.Context, *breakerOptions) error) *cobra.Command {
	if run == nil {
		run = runBreakerList
	}
	o := &breakerOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List circuit breakers",
		Long: `Lists breakers that are open, and keys that have begun to fail. The subject is an account's id, an address of the
exchange, or what a run was stopped for.

Exit codes: 0, 2, 7 when something of a row cannot be read, 10, 11, 12.`,
		Example: `  axisor guard breaker list
  axisor guard breaker list -o json --jq '.items[] | select(.open)'`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context(), o) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.NoRowsKey, "true")
	flags.Fields(c, output.Fields[breakerView]())
	return c
}

func newBreakerReset(a *app.App, run func(context.Context, *breakerOptions) error) *cobra.Command {
	if run == nil {
		run = runBreakerReset
	}
	o := &breakerOptions{app: a}
	const example = "axisor guard breaker reset --all"
	c := &cobra.Command{
		Use:   "reset [ID...]",
		Short: "Close circuit breakers",
		Long: `Closes the named breakers, or all with --all: the next run tries again. A key that is still refused opens its
breaker again after two runs.

Exit codes: 0, 2, 3 when there is no such breaker, 10, 11, 12.`,
		Example: "  " + example + "\n  axisor guard breaker reset 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 --reason 'key renewed'",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if o.all == (len(args) > 0) {
				return clierr.Usagef("%s needs ids or --all", c.CommandPath()).WithHint("for example: " + example)
			}
			o.ids = args
			return run(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "close every breaker")
	o.write.Register(c)
	flags.Fields(c, output.Fields[breakerView]())
	return c
}

func runBreakerList(ctx context.Context, o *breakerOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	rows, defects, err := db.GuardBreakers(ctx)
	if err != nil {
		return err
	}
	if err := output.Slice(p, breakerDesc(), o.views(rows, false)); err != nil {
		return err
	}
	return defective(defects)
}

func runBreakerReset(ctx context.Context, o *breakerOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	ids := o.ids
	if o.all {
		ids = nil
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	if ids, err = db.WholeIDs(ctx, store.BreakerIDs, ids); err != nil {
		return err
	}
	closed, err := svc.ResetGuardBreakers(ctx, o.app.Mode(o.write.DryRun), ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(closed, func(b models.GuardBreaker) bool { return b.ID == id }) {
			return clierr.New(clierr.NotFound, "guard_breaker_not_found", fmt.Sprintf("no breaker %q", id), "axisor guard breaker list")
		}
	}
	if err := output.Slice(p, breakerDesc(), o.views(closed, true)); err != nil {
		return err
	}
	verb := "closed"
	if o.write.DryRun {
		verb = "would be closed"
	}
	p.Notice("%d breakers %s", len(closed), verb)
	return nil
}

func (o *breakerOptions) views(rows []models.GuardBreaker, closed bool) []breakerView {
	views := make([]breakerView, 0, len(rows))
	for _, b := range rows {
		if b.Failures == 0 && !closed {
			continue
		}
		views = append(views, breakerView{
			ID: b.ID, Scope: b.Scope, Subject: b.Subject, Failures: b.Failures, Reason: b.Reason,
			Open:     !closed && b.OpenUntil != nil && b.OpenUntil.After(o.app.Now()),
			OpenedAt: output.AtPtr(b.OpenedAt), OpenUntil: output.AtPtr(b.OpenUntil), UpdatedAt: output.At(b.UpdatedAt),
		})
	}
	return views
}
