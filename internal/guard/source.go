package guard

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// remembered is how far back an addition may hold back the next one.
const remembered = 24 * time.Hour

// source reads targets from the database.
type source struct {
	db  *store.DB
	now func() time.Time
}

// Targets implements marginguard.Source.
func (s source) Targets(ctx context.Context, q marginguard.Query) iter.Seq2[marginguard.Target, error] {
	return func(yield func(marginguard.Target, error) bool) {
		filter := store.GuardTargetFilter{
			UserID: q.UserID, Users: q.Users, Range: store.GuardShard{After: q.After, Until: q.Until},
			SpentSince: q.SpentSince, AddsSince: s.now().UTC().Add(-remembered),
		}
		for row, err := range s.db.GuardTargets(ctx, filter) {
			if err != nil {
				yield(marginguard.Target{}, err)
				return
			}
			t := target(row, s.now())
			t.KnownIntents, t.Since = row.KnownIntents, filter.AddsSince
			if !yield(t, nil) {
				return
			}
		}
	}
}

func target(row store.GuardTarget, now time.Time) marginguard.Target {
	t := marginguard.Target{
		UserID: row.Config.UserID, AccountID: row.AccountID, ConfigID: row.Config.ID, PlanType: string(row.PlanType),
		Credentials: row.Credentials, Disabled: row.Off,
		Spent: marginguard.Spent{UserDay: row.UserDay, PositionDay: row.PositionDay, LastAdd: row.LastAdd},
	}
	t.Config, t.Defects, t.Problem = Config(row.Config)
	for _, why := range row.Defects {
		t.Defects = append(t.Defects, marginguard.Defect{Reason: why})
	}
	for _, trade := range slices.Sorted(maps.Keys(row.Frozen)) {
		t.Defects = append(t.Defects, marginguard.Defect{TradeID: trade, Reason: row.Frozen[trade], Freezes: true})
	}
	t.Config.RestoreTo, t.Config.Cross = models.Deref(row.Setting.RestoreTo), row.Setting.CrossMargin
	// A refused key is tried again as soon as it is another one.
	b := row.Breaker
	if b.Fingerprint == nil || *b.Fingerprint == fingerprint(row.Credentials) {
		t.Failures = int(b.Failures)
		if b.OpenUntil != nil && b.OpenedAt != nil {
			// A breaker of an older version may have been opened for a day.
			until, sooner := earlier(*b.OpenUntil, b.OpenedAt.Add(refusedMost)), b.OpenedAt.Add(refusedNear)
			if until.After(now) {
				t.Breaker, t.AskAgain, t.AskSooner = models.Deref(b.Reason), until, earlier(until, sooner)
			}
		}
	}
	for _, w := range row.IndexEntries {
		t.Known = append(t.Known, marginguard.IndexEntry{TradeID: w.TradeID, Side: marginguard.Side(w.Side), Trigger: w.TriggerPrice})
	}
	t.Accounts = row.Accounts
	happened(&t, row.Events)
	for _, i := range row.Open {
		t.Open = append(t.Open, intent(i))
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Stored is a user's configuration together with the settings of our own; nil when there is none.
func Stored(ctx context.Context, db *store.DB, userID string) (*marginguard.Config, error) {
	row, err := db.GuardConfig(ctx, userID)
	if err != nil || row == nil {
		return nil, err
	}
	c, _, err := Config(*row)
	if err != nil {
		return nil, err
	}
	setting, err := db.GuardSetting(ctx, userID)
	if err != nil {
		return nil, err
	}
	c.RestoreTo = models.Deref(setting.RestoreTo)
	return &c, nil
}

// Config reads a stored configuration in every spelling that is in use. What of it
// cannot be read comes as defects, unless nothing is left to protect anybody by: that
// is the error. Columns that the mode does not use are not looked at.
func Config(row models.MarginGuardConfig) (marginguard.Config, []marginguard.Defect, error) {
	mode, err := marginguard.ParseMode(string(row.Mode))
	if err != nil {
		return marginguard.Config{}, nil, err
	}
	c := marginguard.Config{
		Mode: mode, Threshold: models.Deref(row.MarginThreshold), AddPercent: models.Deref(row.AddMarginPercentage),
	}
	numbers := c.Validate()
	switch mode {
	case marginguard.Individual:
		if c.Settings, err = marginguard.ParseSettings(row.IndividualConfigs); err != nil {
			return c, nil, err
		}
		var defects []marginguard.Defect
		if numbers != nil {
			defects = append(defects, marginguard.Defect{Reason: numbers.Error()})
		}
		return c, defects, nil
	case marginguard.Unit:
		var defects []marginguard.Defect
		for _, id := range row.SelectedPositions {
			one := c
			one.Positions = []string{id}
			if err := one.Validate(); err != nil && numbers == nil {
				defects = append(defects, marginguard.Defect{Reason: err.Error()})
				continue
			}
			c.Positions = append(c.Positions, id)
		}
		return c, defects, numbers
	}
	return c, nil, numbers
}

func intent(i models.GuardIntent) marginguard.Intent {
	return marginguard.Intent{
		ID: i.ID, TradeID: i.TradeID, Side: marginguard.Side(i.Side), Amount: i.AmountSats,
		State: marginguard.State(i.State), PlannedAt: i.PlannedAt, SentAt: models.Deref(i.SentAt), HTTPStatus: int(models.Deref(i.HTTPStatus)),
		Before: marginguard.Snapshot{
			Margin: i.MarginBefore, Liquidation: i.LiquidationBefore, SumFundingFees: i.FundingBefore,
			SumCashInMargin: i.CashInMarginBefore, SumCashInPL: i.CashInPLBefore,
		},
	}
}

// controls reads the kill switch for everybody.
type controls struct{ db *store.DB }

// Off implements marginguard.Switch.
func (c controls) Off(ctx context.Context) (string, bool, error) {
	row, err := c.db.GuardControl(ctx, "")
	return models.Deref(row.Reason), row.Disabled, err
}
