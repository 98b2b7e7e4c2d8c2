package dev

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/lnsim"
)

type requestsOptions struct {
	app  *app.App
	last int
}

func newRequests(a *app.App) *cobra.Command {
	o := &requestsOptions{app: a}
	c := &cobra.Command{
		Use:   "requests",
		Short: "Show what the simulated exchange was asked",
		Long: `Shows the last requests the simulated exchange received and what became of them. "applied" tells whether the
exchange carried a request out, also when the answer was lost on the way.

Exit codes: 2, and 11 when the environment is not running.`,
		Example: `  axisor dev exchange requests --last 5
  axisor dev exchange requests -o json --jq '[.items[] | select(.path | endswith("add-margin"))] | length'`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.last < 1 {
				return clierr.Usagef("--last %d: must be positive", o.last)
			}
			return runRequests(c.Context(), o)
		},
	}
	c.Flags().IntVar(&o.last, "last", 20, "show the last `N`")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[requestView]())
	return c
}

func runRequests(ctx context.Context, o *requestsOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	sim, err := control(o.app)
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
	return output.Slice(p, requestDesc(), views)
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
		Seq: r.Seq, Time: output.At(r.Time), Method: r.Method, Path: r.Path, Body: optional(r.Body), Status: r.Status,
		Applied: r.Applied, Fault: r.Fault, AccountID: optional(r.AccountID),
	}
}
