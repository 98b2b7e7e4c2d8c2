package db

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/output"
)

type sessionView struct {
	PID         int         `json:"pid"`
	Role        string      `json:"role"`
	Application string      `json:"application"`
	State       string      `json:"state"`
	Since       output.Time `json:"since"`
	Wait        *string     `json:"wait"`
	BlockedBy   *string     `json:"blocked_by"` // pids
	Blocks      int         `json:"blocks"`
	Query       string      `json:"query"` // without its string values
}

func newActivity(a *app.App) *cobra.Command {
	all := false
	c := reading(a, &cobra.Command{
		Use:   "activity",
		Short: "Show who works on the database and who stops whom",
		Long: `Lists the sessions that run a statement or hold a transaction open, those that stop others first, then the
oldest. Strings inside statements are left out: they may hold what nobody should read.

Exit codes: 11 without a database.`,
		Example: `  axisor db activity
  axisor db activity -o json --jq '.items[] | select(.blocks > 0) | .pid'`,
	}, output.Fields[sessionView](), func(ctx context.Context, a *app.App, p *output.Printer) error {
		return runActivity(ctx, a, p, all)
	})
	c.Flags().BoolVar(&all, "idle", false, "also connections that do nothing")
	return c
}

func runActivity(ctx context.Context, a *app.App, p *output.Printer, idle bool) error {
	db, err := a.RawDB()
	if err != nil {
		return err
	}
	sessions, err := db.Activity(ctx, idle)
	if err != nil {
		return err
	}
	views := make([]sessionView, 0, len(sessions))
	for _, s := range sessions {
		views = append(views, sessionView{
			PID: s.PID, Role: s.Role, Application: s.Application, State: s.State, Since: output.At(s.Since),
			Wait: optional(s.Wait), BlockedBy: optional(s.BlockedBy), Blocks: s.Blocks, Query: s.Query,
		})
	}
	desc := output.Desc{Noun: "sessions", ID: "pid", Columns: []output.Column{
		{Field: "pid"},
		{Field: "application"},
		{Field: "state"},
		{Field: "since"},
		{Field: "blocks"},
		{Field: "blocked_by"},
		{Field: "wait", Drop: 2},
		{Field: "query", Drop: 1},
	}}
	return output.Slice(p, desc, views)
}
