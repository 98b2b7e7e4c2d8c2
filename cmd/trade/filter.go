package trade

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// filter are the flags that choose trade logs, the same in every command.
type filter struct {
	executed   flags.Range
	user       string
	automation string
	name       string // of the user, when resolved
	trade      string
	status     string
	action     string
}

func (f *filter) register(c *cobra.Command, a *app.App) {
	f.registerWhich(c, a)
	f.executed.Register(c)
}

// registerWhich is register without the range of times, for commands that have one of their own.
func (f *filter) registerWhich(c *cobra.Command, a *app.App) {
	s := c.Flags()
	s.StringVar(&f.user, "user", "", "only of this `USER` (id, e-mail or username)")
	s.StringVar(&f.automation, "automation", "", "only of the automation with this `ID`")
	s.StringVar(&f.trade, "trade", "", "only about the exchange's trade with this `ID`")
	s.StringVar(&f.status, "status", "", "only with this `STATUS`; success and failure mean every word for it")
	s.StringVar(&f.action, "action", "", "only with this `ACTION`, such as add_margin")
	flags.Complete(c, "status", statuses)
	flags.Complete(c, "action", func() []string { return []string{"add_margin"} })
	flags.CompleteLive(c, "user", a.UserNames)
}

// checkCapital refuses a --capital that nothing can be relative to.
func checkCapital(call *verb.Call, sats float64) error {
	if call.Given("capital") && !(sats > 0 && sats < 1e15) {
		return clierr.Usagef("--capital %v: must be a positive number of sats", sats)
	}
	return nil
}

func statuses() []string {
	return flags.Words([]models.TradeStatus{
		models.TradeSuccess, models.TradeFailure, models.TradeFailed, models.TradePending, models.TradeCancelled,
		models.TradeCompleted, models.TradeExecuted, models.TradeAppError, models.TradeExchangeError,
	})
}

func (f *filter) resolve(ctx context.Context, a *app.App, db *store.DB) (store.TradeFilter, error) {
	out := store.TradeFilter{AutomationID: f.automation, TradeID: f.trade, Status: models.TradeStatus(f.status), Action: f.action}
	if s := out.Status; s != "" && s != models.TradeFailure && !s.Valid() {
		return out, clierr.Usagef("--status %q: no such status", f.status).
			WithHint("success and failure mean every word for it; single words are failed, pending, cancelled, completed, executed, app_error, exchange_error")
	}
	var err error
	if out.Executed, err = a.TimeRange(&f.executed); err != nil {
		return out, err
	}
	if out.AutomationID, err = db.StoredID(ctx, store.AutomationIDs, f.automation); err != nil {
		return out, err
	}
	if f.user != "" {
		u, err := db.FindUser(ctx, f.user)
		if err != nil {
			return out, err
		}
		out.UserID, f.name = u.ID, u.Username
	}
	return out, nil
}

// describe says in words what a filter chose, for the heads of reports.
func (f *filter) describe() string {
	var words []string
	for _, part := range []struct{ name, value string }{
		{"user", cmp.Or(f.name, f.user)}, {"automation", f.automation}, {"trade", f.trade}, {"status", f.status}, {"action", f.action},
	} {
		if part.value != "" {
			words = append(words, part.name+" "+part.value)
		}
	}
	if len(words) == 0 {
		return "all trades"
	}
	return "trades of " + strings.Join(words, ", ")
}

// title is describe as a headline.
func (f *filter) title() string {
	text := f.describe()
	return streams.Visible(strings.ToUpper(text[:1]) + text[1:])
}
