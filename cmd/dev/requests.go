package dev

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/verb"
)

type requestsOptions struct {
	last int
}

func newRequests(a *app.App) *cobra.Command {
	o := &requestsOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "requests", Short: "Show what the simulated exchange was asked",
			Long: `Shows the last requests the simulated exchange received and what became of them. "applied" tells whether the
exchange carried a request out, also when the answer was lost on the way.`,
			Examples: []string{
				"axisor dev exchange requests --last 5",
				`axisor dev exchange requests -o json --jq '[.items[] | select(.path | endswith("add-margin"))] | length'`,
			},
			Exits: exits.Local(exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Local: true, Fields: output.Fields[requestView](),
		Flags: func(c *cobra.Command) { c.Flags().IntVar(&o.last, "last", 20, "show the last `N`") },
		Check: func(_ *verb.Call) error {
			if o.last < 1 {
				return clierr.Usagef("--last %d: must be positive", o.last)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *requestsOptions) run(ctx context.Context, call *verb.Call) error {
	sim, err := control(call.App)
	if err != nil {
		return err
	}
	all, err := sim.Requests(ctx)
	if err != nil {
		return err
	}
	views := []requestView{}
	for _, r := range all[max(0, len(all)-o.last):] {
		views = append(views, requestOf(r))
	}
	return output.Slice(call.Print, requestDesc(), views)
}

// requestView is one request to the simulated exchange. Headers are not kept: they hold the key.
type requestView struct {
	Seq       int         `json:"seq"`
	Time      output.Time `json:"time"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Body      *string     `json:"body"`
	Status    int         `json:"status"`
	Applied   bool        `json:"applied"`
	Fault     bool        `json:"fault"`
	AccountID *string     `json:"account_id"`
}

func requestDesc() output.Desc {
	return output.Desc{Noun: "requests", ID: "seq", Columns: []output.Column{
		{Field: "seq"}, {Field: "time", Drop: 2}, {Field: "method"}, {Field: "path"}, {Field: "body", Drop: 1}, {Field: "status"}, {Field: "applied"},
	}}
}

func requestOf(r lnsim.Request) requestView {
	return requestView{
		Seq: r.Seq, Time: output.At(r.Time), Method: r.Method, Path: r.Path, Body: output.Optional(r.Body), Status: r.Status,
		Applied: r.Applied, Fault: r.Fault, AccountID: output.Optional(r.AccountID),
	}
}
