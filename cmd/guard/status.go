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

// statusView is the state of the guard. Problems is empty when all is well.
type statusView struct {
	OK             bool         `json:"ok"`
	Problems       []string     `json:"problems"`
	Disabled       bool         `json:"disabled"`
	DisabledReason *string      `json:"disabled_reason"`
	DisabledUsers  int64        `json:"disabled_users"`
	ActiveConfigs  int64        `json:"active_configs"`
	OpenIntents    int64        `json:"open_intents"`
	OldestOpen     *output.Time `json:"oldest_open_intent_at"`
	OpenBreakers   int64        `json:"open_breakers"`
	Surge          *string      `json:"surge"`
	SurgeAt        *output.Time `json:"surge_at"`
	PendingNotices int64        `json:"pending_notices"`
	Workers        int          `json:"workers"`
	HeartbeatAt    *output.Time `json:"heartbeat_at"`
	LastRunID      *string      `json:"last_run_id"`
	LastRunState   *string      `json:"last_run_state"`
	LastRunError   *string      `json:"last_run_error"`
	LastRunAt      *output.Time `json:"last_run_at"`
	LastFinishedAt *output.Time `json:"last_finished_at"`
	LastAdded      *int32       `json:"last_added"`
	LastAddedSats  *int64       `json:"last_added_sats"`
	LastFailed     *int32       `json:"last_failed"`
	LastUnknown    *int32       `json:"last_unknown"`
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
		Long: `Shows the last run, the heartbeat of watchers and workers, open additions, breakers and kill switches. It is a problem, with exit code 8, when no run finished
within three intervals, when an addition has had no known outcome for five minutes, or when the guard is switched
off for everybody. Made for monitoring.

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
	health, err := db.GuardHealth(ctx)
	if err != nil {
		return err
	}
	v := statusViewOf(health, o.app.Now(), o.interval)
	if err := output.One(p, statusDesc(), v, v.describe); err != nil {
		return err
	}
	if !v.OK {
		return clierr.New(clierr.CheckFailed, "guard_unhealthy", strings.Join(v.Problems, "; "))
	}
	return nil
}

// describe is the state for a person: first whether all is well.
func (v statusView) describe(d *output.Doc) {
	if v.OK {
		d.Line(streams.Good, "the guard does its work")
	}
	for _, problem := range v.Problems {
		d.Line(streams.Bad, "problem: %s", problem)
	}
	d.Field("protects", output.Count(v.ActiveConfigs, "user"))
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
		Problems: []string{}, Disabled: h.Control.Disabled, DisabledUsers: h.DisabledUsers, ActiveConfigs: h.ActiveConfigs,
		OpenIntents: h.OpenIntents, OldestOpen: output.AtPtr(h.OldestOpen),
		OpenBreakers: h.OpenBreakers, PendingNotices: h.PendingNotices,
	}
	if h.Surge != nil {
		v.Surge, v.SurgeAt = h.Surge.Reason, new(output.At(h.Surge.UpdatedAt))
	}
	if h.Control.Disabled {
		v.DisabledReason = h.Control.Reason
		v.Problems = append(v.Problems, "the guard is switched off: "+models.Deref(h.Control.Reason))
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
		v.Problems = append(v.Problems, "no run has finished yet")
	case now.Sub(*last) > missed*interval:
		v.Problems = append(v.Problems, fmt.Sprintf("no run has finished since %s", last.Format(time.RFC3339)))
	}
	if h.OldestOpen != nil && now.Sub(*h.OldestOpen) > patience {
		v.Problems = append(v.Problems, fmt.Sprintf("an addition of %s has no known outcome: axisor guard history --state unknown",
			h.OldestOpen.Format(time.RFC3339)))
	}
	v.OK = len(v.Problems) == 0
	return v
}
