package automation

import (
	"context"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type checkOptions struct {
	user     string
	kind     string
	problems bool
}

// finding is one thing to know about an automation.
type finding struct {
	ID      string `json:"id"`
	UserID  string `json:"user_id"`
	Type    string `json:"type"`
	Code    string `json:"code"`
	Level   string `json:"level"`
	Message string `json:"message"`
}

const (
	levelNote    = "note"
	levelProblem = "problem"
)

func newCheck(a *app.App) *cobra.Command {
	o := &checkOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "check", Short: "Find automations that are not what they should be",
			Long: `Reads automations and reports, without changing anything:

app_config (note) a configuration as the web application writes it, without a strategy; strategy_misfit (note) a strategy
that does not fit the type; type_inactive (note); invalid_config a configuration that breaks its rules; unknown_config one
of no known shape; status_mismatch is_active and status disagree (enable or disable puts both right); foreign_account the
account is another user's; duplicate_active a second active one of the type on the account; over_limit more than the plan
of the user allows. All but notes are problems.`,
			Examples: []string{
				"axisor automation check --problems",
				"axisor automation check --user ana@example.com -o json",
			},
			Exits: exits.Database(exits.NotFound("the user does not exist"), exits.On(clierr.CheckFailed, "there is a problem")),
		},
		Fields: output.Fields[finding](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.user, "user", "", "only of this `USER` (id, e-mail or username)")
			c.Flags().StringVar(&o.kind, "type", "", "only of this type (`SLUG`)")
			c.Flags().BoolVar(&o.problems, "problems", false, "no notes")
			flags.CompleteLive(c, "user", a.UserNames)
			flags.Complete(c, "type", typeWords)
		},
		Read: o.run,
	}.Build(a)
}

func checkDesc() output.Desc {
	return output.Desc{Noun: "findings", ID: "id", Columns: []output.Column{
		{Field: "id"}, {Field: "type", Drop: 1}, {Field: "code", Role: codeRole}, {Field: "message", Wrap: true}, {Field: "user_id", Header: "USER", Drop: 2},
	}}
}

func codeRole(v any) int {
	switch v {
	case "app_config", "strategy_misfit", "type_inactive":
		return int(streams.Muted)
	}
	return int(streams.Bad)
}

func (o *checkOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	p := call.Print
	user, err := call.UserID(ctx, o.user)
	if err != nil {
		return err
	}
	f := store.AutomationFilter{Type: o.kind, UserID: user}
	checked, problems := 0, 0
	var items iter.Seq2[finding, error] = func(yield func(finding, error) bool) {
		for a, err := range db.AutomationsToCheck(ctx, f).Items {
			if err != nil {
				yield(finding{}, err)
				return
			}
			checked++
			for _, found := range inspect(a) {
				if found.Level == levelProblem {
					problems++
				} else if o.problems {
					continue
				}
				if !yield(found, nil) {
					return
				}
			}
		}
	}
	if err := output.List(p, checkDesc(), items, nil); err != nil {
		return err
	}
	if problems > 0 {
		return clierr.New(clierr.CheckFailed, "automation_problems", fmt.Sprintf("%s in %s", words.Count(problems, "problem"), words.Count(checked, "automation")),
			"axisor automation edit ID or disable ID puts one right")
	}
	if !p.Machine() {
		p.Notice("%s checked, no problems", words.Count(checked, "automation"))
	}
	return nil
}

// inspect looks at one automation.
func inspect(a store.AutomationFacts) []finding {
	var out []finding
	add := func(level, code, format string, args ...any) {
		out = append(out, finding{a.ID, a.UserID, a.Type, code, level, fmt.Sprintf(format, args...)})
	}
	shape, err := automation.Recognise(a.Type, a.Config)
	switch {
	case shape == automation.ShapeUnknown:
		add(levelProblem, "unknown_config", "the configuration has no known shape: %v", err)
	case err != nil:
		add(levelProblem, "invalid_config", "%v", err)
	case shape == automation.ShapeApp:
		add(levelNote, "app_config", "the configuration is in the web application's own form")
	default:
		if text := misfit(a.Type, automation.Strategy(a.Config)); text != nil {
			add(levelNote, "strategy_misfit", "%s", *text)
		}
	}
	active := a.IsActive == nil || *a.IsActive
	if a.Disagrees {
		add(levelProblem, "status_mismatch", "is_active is %t and status is %s", active, a.Status)
	}
	if a.AccountUserID != a.UserID {
		add(levelProblem, "foreign_account", "account %s belongs to another user", a.UserExchangeAccountID)
	}
	if active && a.Twins > 0 {
		add(levelProblem, "duplicate_active", "%d more of this type are active on account %s", a.Twins, a.UserExchangeAccountID)
	}
	if a.Most != models.Unlimited && a.Have > a.Most {
		add(levelProblem, "over_limit", "the user has %d automations and plan %s allows %d", a.Have, a.UserPlan, a.Most)
	}
	if active && !a.TypeActive {
		add(levelNote, "type_inactive", "type %s is not active", a.Type)
	}
	return out
}
