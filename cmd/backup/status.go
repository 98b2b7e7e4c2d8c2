package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
)

// statusView is what can be recovered today.
type statusView struct {
	Directory string         `json:"directory"` // or the target of --from
	Databases []databaseView `json:"databases"` // the configured one, or all
	NewestID  *string        `json:"newest_id"` // newest good dump
	NewestAt  *output.Time   `json:"newest_at"`
	ProvenID  *string        `json:"proven_id"` // newest one that a test restore has proven
	ProvenAt  *output.Time   `json:"proven_at"`
	Backups   int            `json:"backups"`
	Bad       int            `json:"bad"`
	Clusters  []clusterView  `json:"clusters"`
	Receiver  receiverView   `json:"receiver"`

	far bool // the receiver has no part in it
}

// databaseView is the dumps of one database of one cluster.
type databaseView struct {
	Database         string       `json:"database"`
	SystemIdentifier string       `json:"system_identifier"`
	Backups          int          `json:"backups"`
	Bad              int          `json:"bad"`
	NewestID         *string      `json:"newest_id"`
	NewestAt         *output.Time `json:"newest_at"`
	ProvenID         *string      `json:"proven_id"`
}

// clusterView is the physical part, one per cluster whose log is archived here.
type clusterView struct {
	SystemIdentifier string       `json:"system_identifier"`
	Timeline         uint32       `json:"timeline"` // the newest
	Bases            int          `json:"bases"`
	NewestBase       *string      `json:"newest_base"`
	NewestBaseAt     *output.Time `json:"newest_base_at"`
	FirstTime        *output.Time `json:"first_recoverable_time"`
	FirstLSN         *string      `json:"first_recoverable_lsn"`
	LastTime         *output.Time `json:"last_recoverable_time"` // of the last archived transaction
	LastLSN          *string      `json:"last_recoverable_lsn"`
	Segments         int          `json:"segments"`
	Bytes            int64        `json:"bytes"`
	Holes            int          `json:"holes"` // that nobody has acknowledged
}

func status(a *app.App) *cobra.Command {
	var l backups.Location
	return command(a, &l, databases|target, verb.Command{
		Words: verb.Words{
			Use:   "status",
			Short: "Show what can be recovered today",
			Long: `Show the newest good and the newest proven dump, the first and the last point in time that can be
recovered, and whether the log is being received. Only descriptions are read, no data; "axisor backup
verify" and "axisor backup wal verify" read the data. Without a server its slot is left out.

It is about the configured database and its cluster, unless --database or --all-databases says otherwise.`,
			Examples: []string{
				"axisor backup status",
				"axisor backup status -o json --jq '.clusters[].last_recoverable_time'",
			},
			Exits: exits.And(exits.Configured(exits.NotFound("no directory, or no backup where some were made"), exits.On(clierr.CheckFailed, "no good backup")), clierr.Denied, clierr.Unavailable),
		},
		Fields: output.Fields[statusView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			s, err := l.Status(ctx)
			if err != nil {
				return err
			}
			v := statusViewOf(s, l.From != "")
			if err := output.One(call.Print, output.Desc{Noun: "status", ID: "directory"}, v, func(d *output.Doc) { v.write(d, a.Now()) }); err != nil {
				return err
			}
			return s.Verdict()
		},
	})
}

func statusViewOf(s backups.Status, far bool) statusView {
	v := statusView{
		Directory: s.Place, Databases: []databaseView{}, Backups: s.Dumps, Bad: s.Bad, Clusters: []clusterView{},
		Receiver: receiverViewOf(s.Receiver, s.Slot), far: far,
	}
	if s.Newest != nil {
		at := output.At(s.Newest.Manifest.StartedAt)
		v.NewestID, v.NewestAt = &s.Newest.ID, &at
	}
	if s.Proven != nil {
		at := output.At(s.Proven.Manifest.LastGood(backup.LevelDeep).At)
		v.ProvenID, v.ProvenAt = &s.Proven.ID, &at
	}
	for _, d := range s.Databases {
		one := databaseView{Database: d.Database, SystemIdentifier: d.System, Backups: d.Dumps, Bad: d.Bad}
		if d.Newest != nil {
			at := output.At(d.Newest.Manifest.StartedAt)
			one.NewestID, one.NewestAt = &d.Newest.ID, &at
		}
		if d.Proven != nil {
			one.ProvenID = &d.Proven.ID
		}
		v.Databases = append(v.Databases, one)
	}
	for _, c := range s.Clusters {
		v.Clusters = append(v.Clusters, clusterViewOf(c))
	}
	return v
}

func clusterViewOf(c backup.ClusterStatus) clusterView {
	v := clusterView{
		SystemIdentifier: c.System, Timeline: c.Timeline, Bases: c.Bases, Segments: c.Segments, Bytes: c.Bytes, Holes: c.Holes,
		FirstTime: output.AtPtr(c.FirstTime), LastTime: output.AtPtr(c.LastTime),
	}
	if c.NewestBase != nil {
		at := output.At(c.NewestBase.Manifest.StartedAt)
		v.NewestBase, v.NewestBaseAt = &c.NewestBase.ID, &at
	}
	if c.FirstLSN != nil {
		text := c.FirstLSN.String()
		v.FirstLSN = &text
	}
	if c.LastLSN != nil {
		text := c.LastLSN.String()
		v.LastLSN = &text
	}
	return v
}

func (v statusView) write(d *output.Doc, now time.Time) {
	d.Section("dumps")
	d.Field("directory", v.Directory)
	for _, one := range v.Databases {
		if len(v.Databases) == 1 {
			d.Field("database", one.Database+" of cluster "+one.SystemIdentifier)
			continue
		}
		newest := "no good one"
		if one.NewestID != nil {
			newest = "newest " + *one.NewestID
		}
		d.Field(one.Database, fmt.Sprintf("of cluster %s: %s, %s", one.SystemIdentifier, words.Count(int64(one.Backups), "backup"), newest))
	}
	d.Field("newest", v.NewestID)
	d.Field("proven", v.ProvenID)
	d.Field("backups", fmt.Sprintf("%d, %d of them bad", v.Backups, v.Bad))
	switch {
	case v.NewestAt == nil:
		d.Line(streams.Bad, "there is no good dump")
	case now.Sub(time.Time(*v.NewestAt)) > 48*time.Hour:
		d.Line(streams.Warn, "warning: the newest good dump is %s old", output.Ago(now.Sub(time.Time(*v.NewestAt))))
	}
	for _, c := range v.Clusters {
		d.Section("cluster", c.SystemIdentifier)
		d.Field("base backups", c.Bases)
		d.Field("newest base", c.NewestBase)
		d.Field("recoverable from", c.FirstTime)
		switch {
		case c.LastTime != nil:
			d.Field("recoverable to", c.LastTime)
		case c.LastLSN != nil:
			d.Field("recoverable to", "position "+*c.LastLSN+", no transaction since the base backup")
		}
		d.Field("log", fmt.Sprintf("%s in %s, timeline %d", bytesText(c.Bytes), words.Count(int64(c.Segments), "segment"), c.Timeline))
		if c.Holes > 0 {
			d.Line(streams.Bad, "the log has %s: axisor backup wal verify", words.Count(int64(c.Holes), "hole"))
		}
	}
	if len(v.Clusters) == 0 {
		d.Line(streams.Muted, "no point in time can be recovered: there is no base backup (axisor backup base)")
		return
	}
	if v.far {
		return
	}
	d.Section("log receiver")
	d.Field("running", v.Receiver.Running)
	if v.Receiver.TargetError != nil {
		d.Line(streams.Bad, "not every target has the log: %s", *v.Receiver.TargetError)
	}
	d.Field("slot", v.Receiver.Slot)
	d.Field("slot active", v.Receiver.SlotActive)
	if v.Receiver.LagBytes != nil {
		d.Field("behind", bytesText(*v.Receiver.LagBytes))
	}
	if v.Receiver.RetainedBytes != nil {
		d.Field("kept by server", bytesText(*v.Receiver.RetainedBytes))
	}
}
