package db

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
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
	idle := false
	return verb.Command{
		Words: verb.Words{
			Use: "activity", Short: "Show who works on the database and who stops whom",
			Long: `Lists the sessions that run a statement or hold a transaction open, those that stop others first, then the
oldest. Strings inside statements are left out: they may hold what nobody should read.`,
			Examples: []string{"axisor db activity", "axisor db activity -o json --jq '.items[] | select(.blocks > 0) | .pid'"},
			Exits:    unreachable(),
		},
		Fields: output.Fields[sessionView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&idle, "idle", false, "also connections that do nothing")
		},
		Server: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			sessions, err := db.Activity(ctx, idle)
			if err != nil {
				return err
			}
			return printSessions(call.Print, sessions)
		},
	}.Build(a)
}

func printSessions(p *output.Printer, sessions []store.Session) error {
	views := make([]sessionView, 0, len(sessions))
	for _, s := range sessions {
		views = append(views, sessionView{
			PID: s.PID, Role: s.Role, Application: s.Application, State: s.State, Since: output.At(s.Since),
			Wait: output.Optional(s.Wait), BlockedBy: output.Optional(s.BlockedBy), Blocks: s.Blocks, Query: s.Query,
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
