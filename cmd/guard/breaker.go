package guard

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

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

func breaker(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:     "breaker",
		Aliases: []string{"breakers"},
		Short:   "Circuit breakers: what the guard does not try for now",
		Long: `A breaker stops calls that have failed too often: of one account's key, of the exchange, or of a run that wants to
add far more than usual.`,
	}
	c.AddCommand(breakerList(a), breakerReset(a))
	return c
}

func breakerList(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use:   "list",
			Short: "List circuit breakers",
			Long: `Lists breakers that are open, and keys that have begun to fail. The subject is an account's id, an address of the
exchange, or what a run was stopped for.`,
			Examples: []string{
				"axisor guard breaker list",
				"axisor guard breaker list -o json --jq '.items[] | select(.open)'",
			},
			Exits: exits.Database(exits.On(clierr.Partial, "something of a row cannot be read")),
		},
		Aliases: []string{"ls"}, NoRows: true, Fields: output.Fields[breakerView](),
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			rows, defects, err := db.GuardBreakers(ctx)
			if err != nil {
				return err
			}
			if err := output.Slice(call.Print, breakerDesc(), breakerViews(rows, a.Now(), false)); err != nil {
				return err
			}
			return guard.Defective(defects...)
		},
	}.Build(a)
}

func breakerReset(a *app.App) *cobra.Command {
	var all bool
	return verb.Command{
		Words: verb.Words{
			Use:   "reset [ID...]",
			Short: "Close circuit breakers",
			Long: `Closes the named breakers, or all with --all: the next run tries again. A key that is still refused opens its
breaker again after two runs.`,
			Examples: []string{
				"axisor guard breaker reset --all",
				"axisor guard breaker reset 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 --reason 'key renewed'",
			},
			Exits: exits.Database(exits.NotFound("no such breaker")),
		},
		Effect: flags.Write, Fields: output.Fields[breakerView](),
		Flags: func(c *cobra.Command) { c.Flags().BoolVar(&all, "all", false, "close every breaker") },
		Check: func(call *verb.Call) error {
			if all == (len(call.Args) > 0) {
				return clierr.Usagef("%s needs ids or --all", call.Cmd.CommandPath()).WithHint("for example: axisor guard breaker reset --all")
			}
			return nil
		},
		Write: func(ctx context.Context, call *verb.Call, db *store.DB, svc *admin.Service) error {
			named := call.Args
			if all {
				named = nil
			}
			ids, err := db.WholeIDs(ctx, store.BreakerIDs, named)
			if err != nil {
				return err
			}
			closed, err := svc.ResetGuardBreakers(ctx, call.Mode(), ids)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if !slices.ContainsFunc(closed, func(b models.GuardBreaker) bool { return b.ID == id }) {
					return &store.NotFoundError{Kind: string(store.BreakerIDs), Ref: id}
				}
			}
			if err := output.Slice(call.Print, breakerDesc(), breakerViews(closed, a.Now(), true)); err != nil {
				return err
			}
			said := "closed"
			if call.DryRun {
				said = "would be closed"
			}
			call.Print.Notice("%d breakers %s", len(closed), said)
			return nil
		},
	}.Build(a)
}

func breakerViews(rows []models.GuardBreaker, now time.Time, closed bool) []breakerView {
	views := make([]breakerView, 0, len(rows))
	for _, b := range rows {
		if b.Failures == 0 && !closed {
			continue
		}
		views = append(views, breakerView{
			ID: b.ID, Scope: b.Scope, Subject: b.Subject, Failures: b.Failures, Reason: b.Reason,
			Open:     !closed && b.OpenUntil != nil && b.OpenUntil.After(now),
			OpenedAt: output.AtPtr(b.OpenedAt), OpenUntil: output.AtPtr(b.OpenUntil), UpdatedAt: output.At(b.UpdatedAt),
		})
	}
	return views
}
