package backup

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
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

func databaseViews(list []backup.Entry) []databaseView {
	out := []databaseView{}
	for _, id := range backup.IdentitiesOf(list) {
		v := databaseView{Database: id.Database, SystemIdentifier: id.System}
		own := slices.DeleteFunc(slices.Clone(list), func(e backup.Entry) bool { return e.Manifest == nil || e.Identity() != id })
		for _, e := range own {
			if v.Backups++; e.State != backup.StateGood {
				v.Bad++
			}
		}
		good, proven := backup.Newest(own)
		if good != nil {
			at := output.At(good.Manifest.StartedAt)
			v.NewestID, v.NewestAt = &good.ID, &at
		}
		if proven != nil {
			v.ProvenID = &proven.ID
		}
		out = append(out, v)
	}
	return out
}

// verdict is the error when somebody's backups are none: what is not there does not restore.
func (v statusView) verdict(ctx context.Context, o *statusOptions, repo *backup.Repository) error {
	bases := 0
	for _, c := range v.Clusters {
		bases += c.Bases
	}
	var without []string
	for _, d := range v.Databases {
		if d.NewestID == nil {
			without = append(without, d.Database)
		}
	}
	if v.Backups == 0 && bases == 0 {
		if err := emptied(ctx, o.app, repo, &o.place); err != nil {
			return err
		}
	}
	switch {
	case len(without) > 0 && (len(v.Databases) > 1 || bases == 0):
		return clierr.New(clierr.CheckFailed, "no_good_backup", "there is no good backup of "+strings.Join(without, ", "), "make one: axisor backup")
	case v.NewestID == nil && bases == 0:
		return clierr.New(clierr.CheckFailed, "no_good_backup", "there is no good backup in "+v.Directory, "make one: axisor backup")
	}
	return nil
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

type statusOptions struct {
	app   *app.App
	place place
}

func newStatus(a *app.App, run func(context.Context, *statusOptions) error) *cobra.Command {
	if run == nil {
		run = runStatus
	}
	o := &statusOptions{app: a}
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what can be recovered today",
		Long: `Show the newest good and the newest proven dump, the first and the last point in time that can be
recovered, and whether the log is being received. Only descriptions are read, no data; "axisor backup
verify" and "axisor backup wal verify" read the data. Without a server its slot is left out.

It is about the configured database and its cluster, unless --database or --all-databases says otherwise.

Exit codes: 0, 2, 3 (no directory, or no backup where some were made), 6, 8 (no good backup), 10, 11.`,
		Example: "  axisor backup status\n  axisor backup status -o json --jq '.clusters[].last_recoverable_time'",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	o.place.register(c, false)
	o.place.registerDatabase(c, true)
	o.place.registerFrom(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	fieldsOf[statusView](c)
	return c
}

func runStatus(ctx context.Context, o *statusOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.view(ctx, o.app, p.Notice)
	if err != nil {
		return err
	}
	if err := present(repo, &o.place); err != nil {
		return err
	}
	if o.place.from != "" {
		if err := repo.ReadEnds(ctx); err != nil {
			return err
		}
	}
	s, err := repo.Status()
	if err != nil {
		return err
	}
	v := statusView{
		Directory: repo.Place(), Backups: s.Dumps, Bad: s.Bad, Clusters: []clusterView{}, Receiver: receiverView{Slot: backup.DefaultSlot},
		far: o.place.from != "",
	}
	if s.Newest != nil {
		at := output.At(s.Newest.Manifest.StartedAt)
		v.NewestID, v.NewestAt = &s.Newest.ID, &at
	}
	if s.Proven != nil {
		at := output.At(s.Proven.Manifest.LastGood(backup.LevelDeep).At)
		v.ProvenID, v.ProvenAt = &s.Proven.ID, &at
	}
	for _, c := range s.Clusters {
		v.Clusters = append(v.Clusters, clusterViewOf(c))
	}
	for _, r := range s.Receivers {
		if r.Running || v.Receiver.StartedAt == nil {
			v.Receiver = receiverViewOf(r)
		}
	}
	if len(s.Clusters) > 0 && o.place.from == "" {
		if slot, ok := askSlot(ctx, o.app, p, repo, v.Receiver.Slot); ok {
			v.Receiver.slot(slot)
		}
	}
	list, err := repo.List()
	if err != nil {
		return err
	}
	v.Databases = databaseViews(list)
	if err := output.One(p, output.Desc{Noun: "status", ID: "directory"}, v, func(d *output.Doc) { v.write(d, o.app.Now()) }); err != nil {
		return err
	}
	return v.verdict(ctx, o, repo)
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
		d.Field(one.Database, fmt.Sprintf("of cluster %s: %s, %s", one.SystemIdentifier, count(int64(one.Backups), "backup"), newest))
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
		d.Field("log", fmt.Sprintf("%s in %s, timeline %d", bytesText(c.Bytes), count(int64(c.Segments), "segment"), c.Timeline))
		if c.Holes > 0 {
			d.Line(streams.Bad, "the log has %s: axisor backup wal verify", count(int64(c.Holes), "hole"))
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
