package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/chart"
)

func preview(a *app.App) *cobra.Command {
	var (
		user    string
		limit   int
		reading flags.Enum
		files   picture.Files
	)
	return verb.Command{
		Words: verb.Words{
			Use:   "preview",
			Short: "Show what the guard would do now, and why",
			Long: `Reads every guarded user's running positions and shows for each of them the price that triggers an addition, the
distance to liquidation, and the decision. The nearest to liquidation come first. Nothing is sent and no row is
written.

The distance is in the terms of the reading: percent of the way from entry to liquidation that is left
(remaining) or gone (travelled), or percent of the price (price). WAY LEFT, on a terminal, is a bar that is full at the
entry price and empty at liquidation, with ┃ where margin is added. --svg, --png and --html draw these bars.`,
			Examples: []string{
				"axisor guard preview",
				"axisor guard preview --limit 20",
				"axisor guard preview --user ana@example.com -o json",
				`axisor guard preview --reading price --jq '.items[] | select(.verdict == "add") | .trade_id'`,
			},
			Exits: exits.Database(exits.NotFound("no such user"), exits.On(clierr.Denied, "the encryption key opens nothing"), exits.On(clierr.Partial, "some users could not be looked at"), exits.On(clierr.Unavailable, "the exchange, its price or the clock is not usable")),
		},
		Fields: output.Fields[positionView](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&user, "user", "", "only this `USER` (id, e-mail or username)")
			c.Flags().IntVarP(&limit, "limit", "L", 0, "show at most so many positions, the nearest to liquidation (default: all)")
			readingFlag(c, &reading)
			files.Register(c.Flags())
			flags.CompleteLive(c, "user", a.UserNames)
		},
		Check: func(call *verb.Call) error {
			if call.Given("limit") && limit < 1 {
				return clierr.Usagef("--limit %d: must be at least 1", limit)
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			p := call.Print
			userID, err := a.UserID(ctx, user)
			if err != nil {
				return err
			}
			result, err := dryRun(ctx, a, reading, userID)
			if err != nil {
				return err
			}
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			who, err := names(ctx, db, result.Items)
			if err != nil {
				return err
			}
			views := make([]positionView, 0, len(result.Items))
			for _, i := range result.Items {
				views = append(views, positionViewOf(i, who, result.Reading))
			}
			rest := 0
			if limit > 0 && limit < len(views) {
				views, rest = views[:limit], len(views)-limit
			}
			_, err = files.Write(a.Dir, a.Env, p.Notice, func() chart.Figure { return distanceFigure(views, result.Price) })
			if err != nil {
				return err
			}
			if err := output.Slice(p, positionDesc(a.Streams.OutTerminal()), views); err != nil {
				return err
			}
			if rest > 0 {
				p.Notice("%s farther from liquidation not shown", words.Count(rest, "position"))
			}
			if userID != "" && result.Users == 0 {
				p.Notice("%s", guard.NoTargets(ctx, db, userID, user))
			}
			if !p.Machine() {
				for _, i := range result.Items {
					for _, w := range warnings(i, result.Reading) {
						p.Warn("%s", w)
					}
				}
				p.Notice("%s", guard.Summary(result))
			}
			if result.Failed > 0 {
				return clierr.New(clierr.Partial, "guard_partial", "some users or positions could not be looked at",
					"the column why, or reason in json, tells the cause")
			}
			return nil
		},
	}.Build(a)
}
