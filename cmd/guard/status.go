package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

// statusView is the state of the guard. Problems is empty when all is well; ProblemCount also counts those beyond
// the first thousand.
type statusView struct {
	OK             bool            `json:"ok"`
	Wanting        int64           `json:"wanting"`
	Protected      int64           `json:"protected"`
	Positions      int64           `json:"positions"`
	Unprotected    int64           `json:"in_danger_unprotected"`
	ProblemCount   int64           `json:"problem_count"`
	Problems       []guard.Problem `json:"problems"`
	Disabled       bool            `json:"disabled"`
	DisabledReason *string         `json:"disabled_reason"`
	DisabledUsers  int64           `json:"disabled_users"`
	ActiveConfigs  int64           `json:"active_configs"`
	OpenIntents    int64           `json:"open_intents"`
	OldestOpen     *output.Time    `json:"oldest_open_intent_at"`
	OpenBreakers   int64           `json:"open_breakers"`
	Surge          *string         `json:"surge"`
	SurgeAt        *output.Time    `json:"surge_at"`
	PendingNotices int64           `json:"pending_notices"`
	Workers        int             `json:"workers"`
	HeartbeatAt    *output.Time    `json:"heartbeat_at"`
	LastRunID      *string         `json:"last_run_id"`
	LastRunState   *string         `json:"last_run_state"`
	LastRunError   *string         `json:"last_run_error"`
	LastRunAt      *output.Time    `json:"last_run_at"`
	LastFinishedAt *output.Time    `json:"last_finished_at"`
	LastAdded      *int32          `json:"last_added"`
	LastAddedSats  *int64          `json:"last_added_sats"`
	LastFailed     *int32          `json:"last_failed"`
	LastUnknown    *int32          `json:"last_unknown"`
}

func problemDesc() output.Desc {
	return output.Desc{Noun: "problems", Columns: []output.Column{
		{Field: "username", Header: "USER"},
		{Field: "trade_id", Header: "TRADE", Drop: 1},
		{Field: "code"},
		{Field: "message", Header: "WHY"},
	}}
}

func statusDesc() output.Desc { return output.Desc{Noun: "states", ID: "ok"} }

func status(a *app.App) *cobra.Command {
	var interval time.Duration
	return verb.Command{
		Words: verb.Words{
			Use:   "status",
			Short: "Show whether the guard does its work",
			Long: `Shows who wants protection and who has it, and the last run, the heartbeat of watchers and workers, open additions,
breakers and kill switches. Made for monitoring: it ends with 8, and names users and positions, whenever somebody
who wants protection does not have it:

  - the guard is switched off, a breaker holds it back, or no run finished within three intervals or the last one failed or died;
  - a user or account is not active or there is no account, the user is switched off, the credentials do not open,
    the key is refused or put aside, or anything else failed for this user in the last look;
  - a position in danger was left alone: a cap, the balance, a cool-down, an addition without a known outcome;
  - nobody has looked at a user for three intervals (45 minutes while a watcher works, which looks by the price).

What users and positions came to is that of the latest look at each of them, by a run, a watcher or a worker.`,
			Examples: []string{
				"axisor guard status",
				"axisor guard status --interval 5m -o json",
			},
			Exits: exits.Database(exits.On(clierr.CheckFailed, "there is a problem")),
		},
		NoRows: true, Fields: output.Fields[statusView](),
		Flags: func(c *cobra.Command) {
			c.Flags().DurationVar(&interval, "interval", time.Minute, "how often runs are expected")
		},
		Check: func(*verb.Call) error {
			if interval <= 0 {
				return clierr.Usagef("--interval %s: must be positive", interval)
			}
			return nil
		},
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			if err := call.CheckSchema(ctx); err != nil {
				return err
			}
			h, err := guard.CheckHealth(ctx, db, a.Now(), interval)
			if err != nil {
				return err
			}
			twice, err := db.TwiceGuarded(ctx)
			if err != nil {
				return err
			}
			if len(twice) > 0 {
				call.Print.Warn("the web application's monitor and this guard may both add margin, for %s with an active automation margin_guard (axisor doctor names them)",
					words.Count(len(twice), "user"))
			}
			v := statusViewOf(h)
			if err := output.One(call.Print, statusDesc(), v, v.describe); err != nil || v.OK {
				return err
			}
			return clierr.New(clierr.CheckFailed, "guard_unhealthy", h.Sentence())
		},
	}.Build(a)
}

// describe is the state for a person: first whether all is well.
func (v statusView) describe(d *output.Doc) {
	if v.OK {
		d.Line(streams.Good, "the guard does its work")
	}
	var named []any
	for _, p := range v.Problems {
		if p.UserID == nil {
			d.Line(streams.Bad, "problem: %s", p.Message)
			continue
		}
		named = append(named, p)
	}
	if len(named) > 0 {
		d.Table(problemDesc(), named...)
	}
	if left := v.ProblemCount - int64(len(v.Problems)); left > 0 {
		d.Line(streams.Bad, "and %d more", left)
	}
	d.Field("want protection", words.Count(v.Wanting, "user"))
	d.Field("have it", words.Count(v.Protected, "user"))
	d.Field("positions seen", v.Positions)
	d.Field("left in danger", words.Count(v.Unprotected, "position"))
	d.Field("switched off for", words.Count(v.DisabledUsers, "user"))
	open := words.Count(v.OpenIntents, "addition")
	if v.OldestOpen != nil {
		open += ", the oldest of " + v.OldestOpen.String()
	}
	d.Field("without outcome", open)
	d.Field("open breakers", v.OpenBreakers)
	if v.Surge != nil {
		d.Field("last surge", fmt.Sprintf("%s %s", v.SurgeAt, *v.Surge))
	}
	d.Field("notices waiting", v.PendingNotices)
	d.Field("watchers, workers", v.Workers)
	d.Field("heartbeat", v.HeartbeatAt)
	d.Field("round finished", v.LastFinishedAt)
	if v.LastRunID == nil {
		return
	}
	d.Section("last run")
	d.Field("id", v.LastRunID)
	d.Field("state", v.LastRunState)
	d.Field("started", v.LastRunAt)
	d.Field("added", fmt.Sprintf("%s, %d sats", words.Count(int64(*v.LastAdded), "addition"), *v.LastAddedSats))
	d.Field("failed", v.LastFailed)
	d.Field("unknown", v.LastUnknown)
	if v.LastRunError != nil {
		d.Field("error", v.LastRunError)
	}
}

func statusViewOf(h guard.Health) statusView {
	p := h.Protection
	v := statusView{
		OK: len(h.Problems) == 0, Wanting: p.Wanting, Protected: p.Protected, Positions: p.Positions, Unprotected: p.Unprotected,
		ProblemCount: h.ProblemCount, Problems: h.Problems, Disabled: h.Control.Disabled, DisabledUsers: h.DisabledUsers,
		ActiveConfigs: h.ActiveConfigs, OpenIntents: h.OpenIntents, OldestOpen: output.AtPtr(h.OldestOpen), OpenBreakers: h.OpenBreakers,
		PendingNotices: h.PendingNotices, Workers: h.Alive, LastFinishedAt: output.AtPtr(h.LastRound),
	}
	if h.Surge != nil {
		v.Surge, v.SurgeAt = h.Surge.Reason, new(output.At(h.Surge.UpdatedAt))
	}
	if h.Control.Disabled {
		v.DisabledReason = h.Control.Reason
	}
	if r := h.LastRun; r != nil {
		v.LastRunID, v.LastRunState, v.LastRunError = &r.ID, new(string(r.State)), r.Error
		v.LastRunAt = new(output.At(r.StartedAt))
		v.LastAdded, v.LastAddedSats, v.LastFailed, v.LastUnknown = &r.Added, &r.AddedSats, &r.Failed, &r.Unknown
	}
	if len(h.Workers) > 0 {
		v.HeartbeatAt = new(output.At(h.Workers[0].BeatAt))
	}
	return v
}
