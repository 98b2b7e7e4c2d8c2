package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/chart"
)

type previewOptions struct {
	app     *app.App
	user    string
	limit   int
	reading flags.Enum
	files   picture.Files
}

func newPreview(a *app.App, run func(context.Context, *previewOptions) error) *cobra.Command {
	if run == nil {
		run = runPreview
	}
	o := &previewOptions{app: a}
	c := &cobra.Command{
		Use:   "preview",
		Short: "Show what the guard would do now, and why",
		Long: `Reads every guarded user's running positions and shows for each of them the price that triggers an addition, the
distance to liquidation, and the decision. The nearest to liquidation come first. Nothing is sent and no row is
written.

The distance is in the terms of the reading: percent of the way from entry to liquidation that is left
(remaining) or gone (travelled), or percent of the price (price). WAY LEFT, on a terminal, is a bar that is full at the
entry price and empty at liquidation, with ┃ where margin is added. --svg, --png and --html draw these bars.

Exit codes: 0, 2, 3 when the user does not exist, 6 when the encryption key opens nothing, 7 when some users could not be looked at, 10, 11 when the
exchange, its price or the clock is not usable, 12.`,
		Example: `  axisor guard preview
  axisor guard preview --limit 20
  axisor guard preview --user ana@example.com -o json
  axisor guard preview --reading price --jq '.items[] | select(.verdict == "add") | .trade_id'`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("limit") && o.limit < 1 {
				return clierr.Usagef("--limit %d: must be at least 1", o.limit)
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.user, "user", "", "only this `USER` (id, e-mail or username)")
	c.Flags().IntVarP(&o.limit, "limit", "L", 0, "show at most so many positions, the nearest to liquidation (default: all)")
	flags.RegisterEnum(c, &o.reading, "reading", "", "what a threshold means (default: guard.reading)", readings()...)
	o.files.Register(c.Flags())
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[positionView]())
	return c
}

func runPreview(ctx context.Context, o *previewOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	userID, err := findUser(ctx, o.app, o.user)
	if err != nil {
		return err
	}
	g, err := open(ctx, o.app, opening{reading: o.reading.String(), readOnly: true})
	if err != nil {
		return err
	}
	result, err := g.Run(ctx, dryRun(userID))
	if err != nil {
		return classify(err)
	}
	who, err := names(ctx, o.app, result.Items)
	if err != nil {
		return err
	}
	views := make([]positionView, 0, len(result.Items))
	for _, i := range result.Items {
		views = append(views, positionViewOf(i, who, result.Reading))
	}
	rest := 0
	if o.limit > 0 && o.limit < len(views) {
		views, rest = views[:o.limit], len(views)-o.limit
	}
	_, err = o.files.Write(o.app.Dir, o.app.Env, p.Notice, func() chart.Figure { return distanceFigure(views, result.Price) })
	if err != nil {
		return err
	}
	if err := output.Slice(p, positionDesc(o.app.Streams.OutTerminal()), views); err != nil {
		return err
	}
	if rest > 0 {
		p.Notice("%s farther from liquidation not shown", output.Count(rest, "position"))
	}
	if userID != "" && result.Users == 0 {
		p.Notice("%s", noTargets(ctx, o.app, userID, o.user))
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
}
