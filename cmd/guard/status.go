package guard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// missed is how many intervals may pass without a finished run, and patience how long an addition may stay open:
// after that no read-back has been able to tell what became of it.
const (
	missed   = 3
	patience = 5 * time.Minute
)

type statusOptions struct {
	app      *app.App
	interval time.Duration
}

// statusView is the state of the guard. Problems is empty when all is well; ProblemCount also counts those beyond
// the first thousand.
type statusView struct {
	OK             bool          `json:"ok"`
	Wanting        int64         `json:"wanting"`
	Protected      int64         `json:"protected"`
	Positions      int64         `json:"positions"`
	Unprotected    int64         `json:"in_danger_unprotected"`
	ProblemCount   int64         `json:"problem_count"`
	Problems       []problemView `json:"problems"`
	Disabled       bool          `json:"disabled"`
	DisabledReason *string       `json:"disabled_reason"`
	DisabledUsers  int64         `json:"disabled_users"`
	ActiveConfigs  int64         `json:"active_configs"`
	OpenIntents    int64         `json:"open_intents"`
	OldestOpen     *output.Time  `json:"oldest_open_intent_at"`
	OpenBreakers   int64         `json:"open_breakers"`
	Surge          *string       `json:"surge"`
	SurgeAt        *output.Time  `json:"surge_at"`
	PendingNotices int64         `json:"pending_notices"`
	Workers        int           `json:"workers"`
	HeartbeatAt    *output.Time  `json:"heartbeat_at"`
	LastRunID      *string       `json:"last_run_id"`
	LastRunState   *string       `json:"last_run_state"`
	LastRunError   *string       `json:"last_run_error"`
	LastRunAt      *output.Time  `json:"last_run_at"`
	LastFinishedAt *output.Time  `json:"last_finished_at"`
	LastAdded      *int32        `json:"last_added"`
	LastAddedSats  *int64        `json:"last_added_sats"`
	LastFailed     *int32        `json:"last_failed"`
	LastUnknown    *int32        `json:"last_unknown"`
}

// problemView is one reason why somebody is not protected. Without a user it is about everybody, with a trade id about
// that position.
type problemView struct {
	UserID   *string `json:"user_id"`
	Username *string `json:"username"`
	TradeID  *string `json:"trade_id"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
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

func newStatus(a *app.App, run func(context.Context, *statusOptions) error) *cobra.Command {
	if run == nil {
		run = runStatus
	}
	o := &statusOptions{app: a}
	c := &cobra.Command{
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

What users and positions came to is that of the latest look at each of them, by a run, a watcher or a worker.

Exit codes: 0, 2, 8 when there is a problem, 10, 11, 12.`,
		Example: `  axisor guard status
  axisor guard status --interval 5m -o json`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.interval <= 0 {
				return clierr.Usagef("--interval %s: must be positive", o.interval)
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().DurationVar(&o.interval, "interval", time.Minute, "how often runs are expected")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.NoRowsKey, "true")
	flags.Fields(c, output.Fields[statusView]())
	return c
}

func runStatus(ctx context.Context, o *statusOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	if err := o.app.CheckSchema(ctx); err != nil {
		return err
	}
	health, err := db.GuardHealth(ctx)
	if err != nil {
		return err
	}
	now := o.app.Now()
	watched := unseen(health, now, o.interval)
	protection, err := db.GuardProtection(ctx, now.Add(-watched))
	if err != nil {
		return err
	}
	v := statusViewOf(health, now, o.interval)
	if err := v.protect(ctx, db, health, protection, now); err != nil {
		return err
	}
	if err := output.One(p, statusDesc(), v, v.describe); err != nil {
		return err
	}
	if !v.OK {
		return clierr.New(clierr.CheckFailed, "guard_unhealthy", v.sentence())
	}
	return nil
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
	d.Field("want protection", output.Count(v.Wanting, "user"))
	d.Field("have it", output.Count(v.Protected, "user"))
	d.Field("positions seen", v.Positions)
	d.Field("left in danger", output.Count(v.Unprotected, "position"))
	d.Field("switched off for", output.Count(v.DisabledUsers, "user"))
	open := output.Count(v.OpenIntents, "addition")
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
	d.Field("added", fmt.Sprintf("%s, %d sats", output.Count(int64(*v.LastAdded), "addition"), *v.LastAddedSats))
	d.Field("failed", v.LastFailed)
	d.Field("unknown", v.LastUnknown)
	if v.LastRunError != nil {
		d.Field("error", v.LastRunError)
	}
}

func statusViewOf(h store.GuardHealth, now time.Time, interval time.Duration) statusView {
	v := statusView{
		Problems: []problemView{}, Disabled: h.Control.Disabled, DisabledUsers: h.DisabledUsers, ActiveConfigs: h.ActiveConfigs,
		OpenIntents: h.OpenIntents, OldestOpen: output.AtPtr(h.OldestOpen),
		OpenBreakers: h.OpenBreakers, PendingNotices: h.PendingNotices,
	}
	if h.Surge != nil {
		v.Surge, v.SurgeAt = h.Surge.Reason, new(output.At(h.Surge.UpdatedAt))
	}
	if h.Control.Disabled {
		v.DisabledReason = h.Control.Reason
		v.problem(store.ProblemSwitchedOff, "the guard is switched off: %s", models.Deref(h.Control.Reason))
	}
	if r := h.LastRun; r != nil {
		v.LastRunID, v.LastRunState, v.LastRunError = &r.ID, new(string(r.State)), r.Error
		v.LastRunAt = new(output.At(r.StartedAt))
		v.LastAdded, v.LastAddedSats, v.LastFailed, v.LastUnknown = &r.Added, &r.AddedSats, &r.Failed, &r.Unknown
	}
	last := h.LastRound
	for _, w := range h.Workers {
		alive := now.Sub(w.BeatAt) <= missed*max(interval, time.Duration(w.IntervalMs)*time.Millisecond)
		if alive {
			v.Workers++
		}
		if v.HeartbeatAt == nil {
			v.HeartbeatAt = new(output.At(w.BeatAt))
		}
	}
	v.LastFinishedAt = output.AtPtr(last)
	switch {
	case last == nil:
		v.problem("no_run", "no run has finished yet")
	case now.Sub(*last) > missed*interval:
		v.problem("no_run", "no run has finished since %s", last.Format(time.RFC3339))
	}
	if r := h.LastRun; r != nil && r.State == models.GuardRunFailed && (last == nil || r.FinishedAt != nil && r.FinishedAt.After(*last)) {
		v.problem("run_failed", "the last run failed: %s", models.Deref(r.Error))
	}
	if h.LastDied {
		v.problem("run_died", "the run that began at %s died before its end; the next one finishes what it left", h.LastRun.StartedAt.Format(time.RFC3339))
	}
	if h.OldestOpen != nil && now.Sub(*h.OldestOpen) > patience {
		v.problem("addition_open", "an addition of %s has no known outcome: axisor guard history --state unknown", h.OldestOpen.Format(time.RFC3339))
	}
	return v
}

// problem adds one that is about everybody.
func (v *statusView) problem(code, format string, args ...any) {
	v.Problems = append(v.Problems, problemView{Code: code, Message: fmt.Sprintf(format, args...)})
}

// unseen is the age of a look from which its user counts as unprotected.
func unseen(h store.GuardHealth, now time.Time, interval time.Duration) time.Duration {
	age := missed * interval
	for _, w := range h.Workers {
		each := missed * time.Duration(w.IntervalMs) * time.Millisecond
		if now.Sub(w.BeatAt) > max(each, age) {
			continue
		}
		if w.Kind == models.WorkerWatch {
			each = store.GuardUnseen
		}
		age = max(age, each)
	}
	return age
}

// protect adds who wants protection and does not have it.
func (v *statusView) protect(ctx context.Context, db *store.DB, h store.GuardHealth, p store.GuardProtection, now time.Time) error {
	v.Wanting, v.Protected, v.Positions, v.Unprotected = p.Wanting, p.Protected, p.Positions, p.Unprotected
	held, err := db.GuardHeld(ctx, now)
	if err != nil {
		return err
	}
	for _, b := range held {
		v.problem("breaker_open", "nothing is guarded until %s: %s", models.Deref(b.OpenUntil).Format(time.RFC3339), models.Deref(b.Reason))
	}
	if len(v.Problems) > 0 && (h.Control.Disabled || h.LastRound == nil || len(held) > 0) {
		v.Protected = 0
	}
	if v.Wanting > 0 && v.Protected == 0 {
		v.problem("nobody_protected", "nobody is protected, and %s to be", wants(v.Wanting))
	}
	v.ProblemCount = int64(len(v.Problems)) + p.ProblemCount
	for _, u := range p.Problems {
		v.Problems = append(v.Problems, problemView{
			UserID: &u.UserID, Username: &u.Username, TradeID: text(u.TradeID), Code: u.Code, Message: u.Message,
		})
	}
	v.OK = len(v.Problems) == 0
	return nil
}

func wants(n int64) string {
	if n == 1 {
		return "1 user wants"
	}
	return fmt.Sprintf("%d users want", n)
}

// sentence says on one line what is wrong, as monitoring shows it.
func (v statusView) sentence() string {
	const most = 5
	var parts []string
	for _, p := range v.Problems {
		if len(parts) == most {
			break
		}
		switch {
		case p.UserID == nil:
			parts = append(parts, p.Message)
		case p.TradeID != nil:
			parts = append(parts, fmt.Sprintf("%s, trade %s: %s", *p.Username, *p.TradeID, p.Message))
		default:
			parts = append(parts, fmt.Sprintf("%s: %s", *p.Username, p.Message))
		}
	}
	if left := v.ProblemCount - int64(len(parts)); left > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(parts, "; ")
}
