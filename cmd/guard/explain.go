package guard

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// recent is how many of the last additions an explanation shows.
const recent = 10

func explain(a *app.App) *cobra.Command {
	var reading flags.Enum
	return verb.Command{
		Words: verb.Words{
			Use:   "explain USER",
			Short: "Explain what the guard would do for one user, and what it did",
			Long: `Reads the user's running positions and shows for each of them every number of the decision, the rule that decided,
and the trigger price under each reading of the threshold. Then the additions that have no known outcome, the last ones
made, and the guarded positions that ended. Nothing is sent and no row is written.

It warns when a position would have fired at its own entry price, which costs margin without any danger, and says
why a user is not looked at.`,
			Examples: []string{
				"axisor guard explain ana@example.com",
				"axisor guard explain ana --reading price",
				"axisor guard explain ana -o json --jq '.positions[] | [.trade_id, .verdict, .reason]'",
			},
			Exits: exits.Database(exits.NotFound("no such user"), exits.On(clierr.Denied, "the encryption key opens nothing"), exits.On(clierr.Partial, "the positions could not be read"), exits.On(clierr.Unavailable, "the exchange, its price or the clock is not usable")),
		},
		Fields: output.Fields[explainView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) { readingFlag(c, &reading) },
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			user, err := db.FindUser(ctx, call.Args[0])
			if err != nil {
				return err
			}
			result, err := dryRun(ctx, a, reading, user.ID)
			if err != nil {
				return err
			}
			known, err := guard.ReadRecord(ctx, db, user.ID, recent)
			if err != nil {
				return err
			}
			v := explainViewOf(user, known, result)
			if result.Users == 0 && v.DisabledReason == nil {
				v.Warnings = append(v.Warnings, guard.NoTargets(ctx, db, user.ID, user.Username))
			}
			err = output.One(call.Print, explainDesc(), v, func(d *output.Doc) { describeExplain(d, v, a.Streams.OutTerminal()) })
			if err != nil || result.Failed == 0 {
				return err
			}
			return clierr.New(clierr.Partial, "guard_partial", "not everything could be looked at", "the reasons are shown beside the positions")
		},
	}.Build(a)
}

// explainViewOf puts together what the decision, the database and the past say.
func explainViewOf(user models.User, known guard.Record, r marginguard.Result) explainView {
	v := explainView{
		User: user.Username, UserID: user.ID, Reading: string(r.Reading), Price: r.Price, DisabledReason: known.Off,
		Positions: []positionView{}, OpenAdditions: []intentView{}, LastAdditions: []intentView{}, Ended: []endView{}, Warnings: []string{},
	}
	if known.Config != nil {
		v.Config = new(configViewOf(*known.Config, known.Setting, user.Username))
	}
	for _, i := range known.Last {
		v.LastAdditions = append(v.LastAdditions, intentViewOf(i))
	}
	for _, i := range known.Open {
		v.OpenAdditions = append(v.OpenAdditions, intentViewOf(i))
	}
	for _, end := range known.Ended {
		v.Ended = append(v.Ended, endViewOf(end))
	}
	v.add(r)
	return v
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
	if !i.FiresAtEntry(r) || i.Decision == marginguard.NotSelected || i.Decision == marginguard.Resolve {
		return nil
	}
	return []string{fmt.Sprintf("%s fires at its own entry price under the reading %q: a threshold of %g %% is too large for a leverage of %.1f",
		i.TradeID, r, i.Threshold, i.LeverageBefore)}
}
