package guard

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
)

// workersView is what guards now, and how far its round has come.
type workersView struct {
	ActiveUsers int64        `json:"active_users"`
	Positions   int64        `json:"positions"`
	DueUsers    int64        `json:"due_users"`
	OldestLook  *output.Time `json:"oldest_look_at"`
	LagSeconds  *int64       `json:"lag_seconds"`
	// Shards are the jobs of the queue; failed ones are those of the last hour.
	WaitingShards int64        `json:"waiting_shards"`
	RunningShards int64        `json:"running_shards"`
	FailedShards  int64        `json:"failed_shards"`
	ShardWaitSecs int64        `json:"shard_wait_seconds"`
	Workers       []workerView `json:"workers"`
}

// workerView is one process.
type workerView struct {
	ID         string       `json:"id"`
	Kind       string       `json:"kind"`
	Host       string       `json:"host"`
	PID        int32        `json:"pid"`
	Version    *string      `json:"version"`
	IntervalMs int64        `json:"interval_ms"`
	Alive      bool         `json:"alive"`
	Users      int32        `json:"users"`
	StartedAt  output.Time  `json:"started_at"`
	BeatAt     output.Time  `json:"beat_at"`
	FinishedAt *output.Time `json:"finished_at"`
	Error      *string      `json:"error"`
}

func workersDesc() output.Desc { return output.Desc{Noun: "workers"} }

func workerDesc() output.Desc {
	return output.Desc{Noun: "workers", ID: "id", Columns: []output.Column{
		{Field: "kind"},
		{Field: "host"},
		{Field: "pid", Header: "PID"},
		{Field: "alive"},
		{Field: "users"},
		{Field: "beat_at", Header: "HEARTBEAT"},
		{Field: "error", Drop: 1},
	}}
}

func worker(a *app.App) *cobra.Command {
	var l loop
	var status bool
	return verb.Command{
		Words: verb.Words{
			Use:   "worker",
			Short: "Guard all the time, on any number of machines",
			Long: `Looks at every user once in each interval, together with all other workers on this database. Users are divided into
shards of 200, each shard is a job in the queue (River, in the schema river), and whoever is free takes the next one.
Give all workers the same interval. Any process may be killed at any time: the next round has its users again, at most
half a minute later. What keeps workers from adding twice are the written intents, not who took whom, so that "guard run"
from cron beside them is safe. A cap of --max-sats holds for all workers together.

All requests of all workers share one rate limit while lnmarkets.limit_scope is ip, so that more workers behind one
address are no faster: "guard watch" asks for far less. While a job is under way, "guard run" ends with 13.

With --status it shows the processes that guard, how far the round has come and what the queue holds, and changes
nothing. On SIGTERM, SIGINT or SIGHUP the users under way are finished, the rest of the shard goes back to the queue, and it
ends with 0.

With --rounds it ends with the code of a last round that failed, as of "axisor guard run".`,
			Examples: []string{
				"axisor guard worker --interval 60s",
				"axisor guard worker --status",
				"axisor guard worker --status -o json --jq .lag_seconds",
			},
			Exits: exits.And(exits.Database(exits.OK("told to stop"), exits.On(clierr.Unavailable, "the database cannot be reached at the start")), clierr.Denied),
		},
		Effect: flags.Write, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&status, "status", false, "show workers, lag and shares instead of working")
			l.register(c)
		},
		Check: l.check,
		Run: func(ctx context.Context, call *verb.Call) error {
			if status {
				return showWorkers(ctx, call, l.Interval)
			}
			return l.run(ctx, call, (*guard.Guard).Work)
		},
	}.Build(a)
}

func showWorkers(ctx context.Context, call *verb.Call, interval time.Duration) error {
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	if err := call.CheckSchema(ctx); err != nil {
		return err
	}
	now := call.Now().UTC()
	health, err := db.GuardHealth(ctx)
	if err != nil {
		return err
	}
	lag, err := db.GuardLag(ctx, now.Add(-interval))
	if err != nil {
		return err
	}
	queue, err := db.GuardQueue(ctx, guard.ShardKind)
	if err != nil {
		return err
	}
	v := workersView{
		WaitingShards: queue.Waiting, RunningShards: queue.Running, FailedShards: queue.Failed,
		ShardWaitSecs: int64(queue.Oldest.Seconds()),
		ActiveUsers:   lag.ActiveUsers, Positions: lag.Positions, DueUsers: lag.Due, OldestLook: output.AtPtr(lag.Oldest),
		Workers: []workerView{},
	}
	if lag.Oldest != nil {
		v.LagSeconds = new(int64(now.Sub(*lag.Oldest).Seconds()))
	}
	for _, w := range health.Workers {
		v.Workers = append(v.Workers, workerView{
			ID: w.ID, Kind: w.Kind, Host: w.Host, PID: w.PID, Version: w.Version, IntervalMs: w.IntervalMs,
			Alive: guard.Alive(w, now, 0),
			Users: w.Users, StartedAt: output.At(w.StartedAt), BeatAt: output.At(w.BeatAt),
			FinishedAt: output.AtPtr(w.FinishedAt), Error: w.Error,
		})
	}
	return output.One(call.Print, workersDesc(), v, func(d *output.Doc) { describeWorkers(d, v) })
}

func describeWorkers(d *output.Doc, v workersView) {
	d.Field("guarded users", v.ActiveUsers)
	d.Field("users due", v.DueUsers)
	d.Field("positions watched", v.Positions)
	if v.LagSeconds != nil {
		d.Field("longest since a look", (time.Duration(*v.LagSeconds) * time.Second).String())
	}
	d.Field("shards waiting", v.WaitingShards)
	d.Field("shards under way", v.RunningShards)
	d.Field("shards failed in an hour", v.FailedShards)
	if v.WaitingShards > 0 {
		d.Field("longest wait of a shard", (time.Duration(v.ShardWaitSecs) * time.Second).String())
	}
	d.Section("workers")
	if len(v.Workers) == 0 {
		d.Line(0, "none")
		return
	}
	output.TableOf(d, workerDesc(), v.Workers)
}
