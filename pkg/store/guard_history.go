package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// GuardIntentFilter narrows a list of intents.
type GuardIntentFilter struct {
	UserID  string
	RunID   string
	TradeID string
	State   models.GuardState
	Planned TimeRange
	// Ends adds the ends of guarded positions, in the form of an intent of no sats
	// whose state is liquidated, closed or gone.
	Ends bool
}

func guardIntents() listing[models.GuardIntent] {
	type i = models.GuardIntent
	return listing[i]{
		tolerant: true, table: "guard_intent", order: "-planned_at", id: func(r *i) string { return r.ID },
		sorts: map[string]sortKey[i]{
			"planned_at":  byTime("planned_at", func(r *i) time.Time { return r.PlannedAt }),
			"amount_sats": byInt("amount_sats", func(r *i) int64 { return r.AmountSats }),
		},
	}
}

// ListGuardIntents lists additions, newest first unless asked otherwise.
func (d *DB) ListGuardIntents(ctx context.Context, f GuardIntentFilter, p Page) List[models.GuardIntent] {
	return guardIntents().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		if f.Ends {
			q = q.Table(intentsAndEnds)
		}
		q = f.Planned.on(q, "planned_at")
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.RunID != "" {
			q = q.Where("run_id = ?", f.RunID)
		}
		if f.TradeID != "" {
			q = q.Where("trade_id = ?", f.TradeID)
		}
		if f.State != "" {
			q = q.Where("state = ?", f.State)
		}
		return q
	})
}

// GuardHealth is what tells whether the guard does its work.
type GuardHealth struct {
	// LastRun is the newest run, LastFinished the newest that came to its end;
	// nil when there is none.
	LastRun, LastFinished *models.GuardRun
	// LastRound is when a run, or a round of a watcher or worker, last came to
	// its end; a quiet round leaves no run.
	LastRound *time.Time
	// LastDied says that LastRun ended with its process, before its end.
	LastDied    bool
	OpenIntents int64
	// OldestOpen is when the oldest open intent was planned.
	OldestOpen    *time.Time
	Control       models.GuardControl
	DisabledUsers int64
	ActiveConfigs int64
	OpenBreakers  int64
	// Surge is the last run that added, or wanted to add, far more than runs used
	// to; nil when there was none, or its breaker was reset.
	Surge *models.GuardBreaker
	// PendingNotices are alerts of the last day that were not delivered yet.
	PendingNotices int64
	// Workers are the processes that guard all the time and have not stopped,
	// the last heard of first.
	Workers []models.GuardWorker
}

// GuardHealth reads it.
func (d *DB) GuardHealth(ctx context.Context) (GuardHealth, error) {
	var h GuardHealth
	for _, want := range []struct {
		to    **models.GuardRun
		where string
	}{{&h.LastRun, "true"}, {&h.LastFinished, "state = 'finished'"}} {
		all, err := tolerant[models.GuardRun](ctx, d, d.Gorm(ctx).Model(&models.GuardRun{}).Where(credible("started_at", "?"), d.ahead()).Where(want.where).Order("started_at DESC, id DESC").Limit(1))
		if err != nil {
			return h, err
		}
		rows := rowsOf(all)
		if len(rows) > 0 {
			*want.to = &rows[0]
		}
	}
	var counts struct {
		Open, Disabled, Active, Breakers, Notices int64
		Oldest, Round                             *time.Time
	}
	err := d.Gorm(ctx).Raw(`
		SELECT (SELECT count(*) FROM axisor.guard_intent WHERE state IN `+openStates+`) AS open,
		       (SELECT min(planned_at) FROM axisor.guard_intent WHERE `+credible("planned_at", "@ahead")+` AND state IN `+openStates+`) AS oldest,
		       GREATEST((SELECT max(finished_at) FROM axisor.guard_run WHERE state = 'finished' AND `+credible("finished_at", "@ahead")+`),
		                (SELECT max(finished_at) FROM axisor.guard_worker WHERE `+credible("finished_at", "@ahead")+`)) AS round,
		       (SELECT count(*) FROM axisor.guard_control WHERE disabled AND user_id IS NOT NULL) AS disabled,
		       (SELECT count(*) FROM "MarginGuardConfig" WHERE is_active) AS active,
		       (SELECT count(*) FROM axisor.guard_breaker WHERE isfinite(open_until) AND open_until > now() AT TIME ZONE 'UTC') AS breakers,
		       (SELECT count(*) FROM axisor.guard_notice
		        WHERE state = 'pending' AND created_at > now() AT TIME ZONE 'UTC' - interval '1 day') AS notices`, map[string]any{"ahead": d.ahead()}).Scan(&counts).Error
	if err != nil {
		return h, err
	}
	h.LastRound = counts.Round
	h.OpenBreakers, h.PendingNotices = counts.Breakers, counts.Notices
	workers, err := tolerant[models.GuardWorker](ctx, d, d.Gorm(ctx).Model(&models.GuardWorker{}).Where("stopped_at IS NULL AND "+credible("beat_at", "?"), d.ahead()).Order("beat_at DESC, id").Limit(batch))
	if err != nil {
		return h, err
	}
	h.Workers = rowsOf(workers)
	surge, err := d.GuardBreaker(ctx, BreakerRun, BreakerSurge)
	if err != nil {
		return h, err
	}
	if surge.ID != "" {
		h.Surge = &surge
	}
	h.OpenIntents, h.OldestOpen, h.DisabledUsers, h.ActiveConfigs = counts.Open, counts.Oldest, counts.Disabled, counts.Active
	if h.LastRun != nil && h.LastRun.State == models.GuardRunRunning {
		if h.LastDied, err = d.guardDead(ctx, h.LastRun.ID); err != nil {
			return h, err
		}
	}
	h.Control, err = d.GuardControl(ctx, "")
	return h, err
}

// Usernames returns the names of users by id; an id without a user is left out.
func (d *DB) Usernames(ctx context.Context, ids []string) (map[string]string, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	names := make(map[string]string, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), batch)
		var rows []struct{ ID, Username string }
		if err := d.Gorm(ctx).Raw(`SELECT id, username FROM "User" WHERE id IN ?`, ids[:n]).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			names[r.ID] = r.Username
		}
		ids = ids[n:]
	}
	return names, nil
}

// GuardIntentByID reads one addition.
func (d *DB) GuardIntentByID(ctx context.Context, id string) (models.GuardIntent, error) {
	return byBeginning(ctx, d, GuardIntentIDs, id, func(id string) (models.GuardIntent, error) { return d.guardIntentByID(ctx, id) })
}

func (d *DB) guardIntentByID(ctx context.Context, id string) (models.GuardIntent, error) {
	all, err := tolerant[models.GuardIntent](ctx, d, d.Gorm(ctx).Model(&models.GuardIntent{}).Where("id = ?", id).Limit(1))
	rows := rowsOf(all)
	if err != nil {
		return models.GuardIntent{}, err
	}
	if len(rows) == 0 {
		return models.GuardIntent{}, &NotFoundError{Kind: "guard_intent", Ref: id}
	}
	return rows[0], nil
}
