package guard

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// recent is how many of the last additions an explanation shows.
const recent = 10

type explainOptions struct {
	app     *app.App
	user    string
	reading flags.Enum
}

func newExplain(a *app.App, run func(context.Context, *explainOptions) error) *cobra.Command {
	if run == nil {
		run = runExplain
	}
	o := &explainOptions{app: a}
	c := &cobra.Command{
		Use:   "explain USER",
		Short: "Explain what the guard would do for one user, and what it did",
		Long: `Reads the user's running positions and shows for each of them every number of the decision, the rule that decided,
and the trigger price under each reading of the threshold. Then the additions that have no known outcome, the last ones
made, and the guarded positions that ended. Nothing is sent and no row is written.

It warns when a position would have fired at its own entry price, which costs margin without any danger, and says
why a user is not looked at.

Exit codes: 0, 2, 3 when the user does not exist, 6 when the encryption key opens nothing, 7 when the positions could not be read, 10, 11 when the exchange,
its price or the clock is not usable, 12.`,
		Example: `  axisor guard explain ana@example.com
  axisor guard explain ana --reading price
  axisor guard explain ana -o json --jq '.positions[] | [.trade_id, .verdict, .reason]'`,
		Args:              flags.Exactly("axisor guard explain ana@example.com", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.user = args[0]
			return run(c.Context(), o)
		},
	}
	flags.RegisterEnum(c, &o.reading, "reading", "", "what a threshold means (default: guard.reading)", readings()...)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[explainView]())
	return c
}

func runExplain(ctx context.Context, o *explainOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	user, err := db.FindUser(ctx, o.user)
	if err != nil {
		return err
	}
	g, err := open(ctx, o.app, opening{reading: o.reading.String(), readOnly: true})
	if err != nil {
		return err
	}
	result, err := g.Run(ctx, dryRun(user.ID))
	if err != nil {
		return classify(err)
	}
	v, err := explanation(ctx, db, user, result)
	if err != nil {
		return err
	}
	if result.Users == 0 && v.DisabledReason == nil {
		v.Warnings = append(v.Warnings, noTargets(ctx, o.app, user.ID, user.Username))
	}
	if err := output.One(p, explainDesc(), v, func(d *output.Doc) { describeExplain(d, v, o.app.Streams.OutTerminal()) }); err != nil {
		return err
	}
	if result.Failed > 0 {
		return clierr.New(clierr.Partial, "guard_partial", "not everything could be looked at", "the reasons are shown beside the positions")
	}
	return nil
}

// explanation puts together what the decision, the database and the past say.
func explanation(ctx context.Context, db *store.DB, user models.User, r marginguard.Result) (explainView, error) {
	v := explainView{
		User: user.Username, UserID: user.ID, Reading: string(r.Reading), Price: r.Price,
		Positions: []positionView{}, OpenAdditions: []intentView{}, LastAdditions: []intentView{}, Ended: []endView{}, Warnings: []string{},
	}
	config, err := db.GuardConfig(ctx, user.ID)
	if err != nil {
		return v, err
	}
	if config != nil {
		setting, err := db.GuardSetting(ctx, user.ID)
		if err != nil {
			return v, err
		}
		v.Config = new(configViewOf(*config, setting, user.Username))
	}
	for _, who := range []string{"", user.ID} {
		control, err := db.GuardControl(ctx, who)
		if err != nil {
			return v, err
		}
		if control.Disabled && v.DisabledReason == nil {
			v.DisabledReason = new(models.Deref(control.Reason))
		}
	}
	for i, err := range db.ListGuardIntents(ctx, store.GuardIntentFilter{UserID: user.ID}, store.Page{Limit: recent}).Items {
		if err != nil {
			return v, err
		}
		v.LastAdditions = append(v.LastAdditions, intentViewOf(i))
	}
	for _, state := range []models.GuardState{models.GuardUnknown, models.GuardSent, models.GuardPlanned} {
		for i, err := range db.ListGuardIntents(ctx, store.GuardIntentFilter{UserID: user.ID, State: state}, store.Page{All: true}).Items {
			if err != nil {
				return v, err
			}
			v.OpenAdditions = append(v.OpenAdditions, intentViewOf(i))
		}
	}
	ends, err := db.GuardEnds(ctx, user.ID, recent)
	if err != nil {
		return v, err
	}
	for _, end := range ends {
		v.Ended = append(v.Ended, endViewOf(end))
	}
	v.add(r)
	return v, nil
}

// add takes over the items of a dry run.
func (v *explainView) add(r marginguard.Result) {
	who := map[string]string{v.UserID: v.User}
	for _, i := range r.Items {
		v.Positions = append(v.Positions, positionViewOf(i, who, r.Reading))
		v.Warnings = append(v.Warnings, warnings(i, r.Reading)...)
	}
	if len(v.OpenAdditions) > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf(
			"%d additions have no known outcome; they count as spent and their positions are left alone until the next run or \"axisor guard resolve\"",
			len(v.OpenAdditions)))
	}
}

// warnings are what a person should change about a position's configuration.
func warnings(i marginguard.Item, r marginguard.Reading) []string {
	if !i.FiresAtEntry(r) || i.Word == marginguard.NotSelected || i.Word == marginguard.Resolve {
		return nil
	}
	return []string{fmt.Sprintf("%s fires at its own entry price under the reading %q: a threshold of %g %% is too large for a leverage of %.1f",
		i.TradeID, r, i.Threshold, i.LeverageBefore)}
}
