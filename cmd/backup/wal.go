package backup

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/backup"
)

// newWAL groups the commands of the log archive.
func newWAL(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "wal",
		Short: "Keep the write-ahead log, so that every point between base backups can be recovered",
	}
	c.AddCommand(newWALStart(a, nil), newWALStatus(a, nil), newWALStop(a, nil), newWALReceive(a, nil),
		newWALArchive(a, nil), newWALFetch(a, nil), newWALVerify(a, nil), newWALSalvage(a, nil),
		newWALAcknowledge(a, nil))
	return c
}

// walFileView is one file of the log that was archived or fetched.
type walFileView struct {
	Name             string  `json:"name"`
	SystemIdentifier string  `json:"system_identifier"`
	File             string  `json:"file"`
	Bytes            int64   `json:"bytes"`
	Problem          *string `json:"problem"`
}

func walDesc() output.Desc { return output.Desc{Noun: "log files", ID: "name"} }

func walFileViewOf(d backup.Archived) walFileView {
	v := walFileView{Name: d.Name, SystemIdentifier: d.System, File: d.Path, Bytes: d.Bytes}
	if d.Problem != "" {
		v.Problem = &d.Problem
	}
	return v
}

type walArchiveOptions struct {
	app   *app.App
	place place
	path  string
	push  bool
	write flags.Writes
}

func newWALArchive(a *app.App, run func(context.Context, *walArchiveOptions) error) *cobra.Command {
	if run == nil {
		run = runWALArchive
	}
	o := &walArchiveOptions{app: a}
	c := &cobra.Command{
		Use:   "archive PATH",
		Short: "Store one file of the log (for archive_command)",
		Long: `Store one file of the write-ahead log, compressed and, when backup.recipients are set, encrypted.
It ends with 0 only when the file is on disk and was read back, so the server may recycle its own.
Storing the same content again is fine; another content under the same name is refused, because
one of the two belongs to another history. A segment that is not finished is refused, unless the server itself
says that it is: for what a dead server has left, see "axisor backup wal salvage". For postgresql.conf:

  archive_mode = on
  archive_command = 'axisor backup wal archive -q "%p"'

Without --push the targets get it with the next "axisor backup", "backup base" or "backup push". With it,
success means that every target has it too: the server keeps its log, on its own disk, while one is away.

Exit codes: 0, 1 (disk full), 2, 3 (no such file), 4 (different content), 6, 8 (not a sound segment), 10,
11 (a target is away), 13, 130.`,
		Example: "  axisor backup wal archive pg_wal/000000010000000000000007",
		Args:    flags.Exactly("axisor backup wal archive pg_wal/000000010000000000000007", "PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().BoolVar(&o.push, "push", false, "copy it to backup.targets before success is reported")
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[walFileView](c)
	return c
}

func runWALArchive(ctx context.Context, o *walArchiveOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	d, err := repo.ArchiveLog(ctx, backup.ArchiveRequest{
		Path: o.app.Path(o.path), Compression: cfg.Backup.Compression, Recipients: cfg.Backup.Recipients, DryRun: o.write.DryRun,
	})
	if err != nil {
		return err
	}
	if d.Problem != "" {
		warn(p, d.Name+" is stored as it is, but: "+d.Problem)
	}
	if o.push && !o.write.DryRun {
		targets, err := configuredTargets(o.app)
		if err != nil {
			return err
		}
		for _, t := range targets {
			if err := repo.PushLogFile(ctx, d.System, d.Name, t); err != nil {
				return err
			}
		}
	}
	info := output.ChangeInfo{Result: output.Created, DryRun: o.write.DryRun, Said: d.Name + " is archived"}
	if d.Already {
		info.Result, info.Said = output.AlreadyExists, d.Name+" was archived before"
	}
	return output.Change(p, walDesc(), walFileViewOf(d), info)
}

type walFetchOptions struct {
	app      *app.App
	place    place
	name, to string
	system   string
	identity string
	write    flags.Writes
}

func newWALFetch(a *app.App, run func(context.Context, *walFetchOptions) error) *cobra.Command {
	if run == nil {
		run = runWALFetch
	}
	o := &walFetchOptions{app: a}
	c := &cobra.Command{
		Use:   "fetch NAME PATH",
		Short: "Give one file of the log back (for restore_command of a standby)",
		Long: `Put one file of the write-ahead log where the server wants it, checked against its digests. A
segment that is still being received is given as far as it is there. A server takes any code up to
125 for "there is no more" and would end its recovery at a damaged file; this line stops it instead:

  restore_command = 'axisor backup wal fetch -q %f "%p"; s=$?; [ $s -le 3 ] && exit $s; exit 255'

What is missing or damaged here is looked for on each of backup.targets. "axisor restore pitr" does not
need this command: it lays out the log itself, checked.

Exit codes: 0, 2, 3 (not in the archive), 6, 8 (damaged), 10, 11 (a target that may have it is away), 130.`,
		Example: "  axisor backup wal fetch 000000010000000000000007 pg_wal/RECOVERYXLOG",
		Args:    flags.Exactly("axisor backup wal fetch 000000010000000000000007 pg_wal/RECOVERYXLOG", "NAME", "PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			o.name, o.to = args[0], args[1]
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.system, "system", "", "system `IDENTIFIER` of the cluster (default: of the data directory, or the only one)")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for an encrypted archive")
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[walFileView](c)
	return c
}

func runWALFetch(ctx context.Context, o *walFetchOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	to := o.app.Path(o.to)
	q := backup.FetchRequest{
		Name: o.name, To: to, System: o.system, Data: filepath.Dir(filepath.Dir(to)), Identities: identities(o.app, o.identity), DryRun: o.write.DryRun,
	}
	d, err := repo.FetchLog(ctx, q)
	if errors.Is(err, backup.ErrNotFound) || errors.Is(err, backup.ErrDamaged) || errors.Is(err, backup.ErrUnsigned) {
		d, err = o.elsewhere(ctx, p, q, err)
	}
	if err != nil {
		return err
	}
	d.Path = to
	return output.Change(p, walDesc(), walFileViewOf(d), output.ChangeInfo{Result: output.Created, DryRun: o.write.DryRun, Said: d.Name + " is at " + to})
}

// elsewhere looks for the file on the targets. One that cannot be asked is no "there is no more": the
// server would end its recovery there.
func (o *walFetchOptions) elsewhere(ctx context.Context, p *output.Printer, q backup.FetchRequest, here error) (backup.Archived, error) {
	targets, err := configuredTargets(o.app)
	if err != nil {
		return backup.Archived{}, err
	}
	options, err := o.place.options(o.app)
	if err != nil {
		return backup.Archived{}, err
	}
	problem := here
	for _, t := range targets {
		d, err := backup.AtTarget(options, t).FetchLog(ctx, q)
		if err == nil {
			if !errors.Is(here, backup.ErrNotFound) {
				warn(p, here.Error()+"; the copy on "+t.Name+" was taken")
			}
			return d, nil
		}
		if !errors.Is(err, backup.ErrNotFound) && errors.Is(problem, backup.ErrNotFound) {
			problem = err
		}
	}
	return backup.Archived{}, problem
}

// walRangeView is an unbroken run of the log, or a finding when problem is set.
type walRangeView struct {
	Kind             string       `json:"kind"` // range, hole, damaged, history
	SystemIdentifier string       `json:"system_identifier"`
	Name             *string      `json:"name"` // of a finding
	Timeline         *uint32      `json:"timeline"`
	StartLSN         *string      `json:"start_lsn"`
	EndLSN           *string      `json:"end_lsn"`
	Segments         *int         `json:"segments"`
	Bytes            *int64       `json:"bytes"`
	FirstTime        *output.Time `json:"first_time"`
	LastTime         *output.Time `json:"last_time"`
	Problem          *string      `json:"problem"`
	ParentTimeline   *uint32      `json:"parent_timeline"` // of a timeline's first range
	BranchLSN        *string      `json:"branch_lsn"`      // where it left the parent
	Acknowledged     bool         `json:"acknowledged"`    // a finding that is known, and that no newer base backup depends on
}

type walVerifyOptions struct {
	app      *app.App
	place    place
	level    flags.Enum
	chosen   bool
	system   string
	identity string
}

func newWALVerify(a *app.App, run func(context.Context, *walVerifyOptions) error) *cobra.Command {
	if run == nil {
		run = runWALVerify
	}
	o := &walVerifyOptions{app: a}
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the log archive: no holes, no damage, one cluster",
		Long: `Check the archived log: every stored file against its digest, every segment against its name, its
cluster and its timeline, that none is missing in between, and that each timeline has its history and
joins the one that it left. At the level decode (default) each
record's own checksum is checked as well, over the borders of segments. An encrypted archive needs
--identity for that; without it and without --level, the digests alone are checked.

It is about the configured cluster, unless --system names another one.

What was lost stays named. When a newer base backup does not need it, "axisor backup wal acknowledge NAME" notes that
it is known, and it no longer fails the check.

Exit codes: 0, 2, 3 (no log), 6, 8 (hole or damage found), 10, 11, 130.`,
		Example: "  axisor backup wal verify\n  axisor backup wal verify --level digest -o json",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			o.chosen = c.Flags().Changed("level")
			return explain(run(c.Context(), o))
		},
	}
	flags.RegisterEnum(c, &o.level, "level", "decode", "how thoroughly", "digest", "decode")
	c.Flags().StringVar(&o.system, "system", "", "the cluster with this `IDENTIFIER` (default: the configured one)")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for an encrypted archive")
	o.place.register(c, false)
	o.place.registerFrom(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	fieldsOf[walRangeView](c)
	return c
}

func runWALVerify(ctx context.Context, o *walVerifyOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.log(ctx, o.app, o.system, p.Notice)
	if err != nil {
		return err
	}
	check := backup.LogCheck{Level: backup.Level(o.level.String()), System: o.system, Identities: identities(o.app, o.identity)}
	report, err := repo.VerifyLog(ctx, check)
	if err != nil && o.identity == "" && !o.chosen && isNoIdentity(err) {
		p.Notice("the archive is encrypted: only digests are checked; add --identity FILE to check the records")
		check.Level = backup.LevelDigest
		report, err = repo.VerifyLog(ctx, check)
	}
	if err != nil {
		return err
	}
	if len(report.Ranges)+len(report.Problems) == 0 {
		return clierr.New(clierr.NotFound, "log_missing", "there is no archived log to check in "+repo.Place(),
			"is it mounted? The log is kept with: axisor backup wal start")
	}
	if err := output.Slice(p, rangeDesc(), rangeViews(report)); err != nil {
		return err
	}
	left := len(report.Problems)
	for _, b := range report.Problems {
		if b.Acknowledged {
			left--
		}
	}
	if left > 0 {
		return clierr.New(clierr.CheckFailed, "log_broken", count(int64(left), "problem")+" in the log archive: points behind a hole cannot be recovered from an older base backup",
			"make a fresh one: axisor backup base; then axisor backup wal acknowledge NAME")
	}
	return nil
}

// log opens what has the log of the configured cluster, or of the one that is named.
func (p *place) log(ctx context.Context, a *app.App, system string, tell func(format string, args ...any)) (*backup.Repository, error) {
	repo, err := p.catalogue(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := present(repo, p); err != nil || system != "" {
		return repo, err
	}
	return p.narrow(ctx, a, repo, tell)
}

func rangeDesc() output.Desc {
	return output.Desc{Noun: "log", ID: "name", Columns: []output.Column{
		{Field: "kind"},
		{Field: "timeline"},
		{Field: "branch_lsn", Header: "BRANCHED AT", Drop: 3},
		{Field: "start_lsn", Header: "FROM"},
		{Field: "end_lsn", Header: "TO"},
		{Field: "segments"},
		{Field: "bytes", Header: "SIZE", Format: size},
		{Field: "first_time", Drop: 2},
		{Field: "last_time", Drop: 1},
		{Field: "name"},
		{Field: "problem", Wrap: true},
	}}
}

func rangeViews(report backup.LogReport) []walRangeView {
	out := make([]walRangeView, 0, len(report.Ranges)+len(report.Problems))
	for _, r := range report.Ranges {
		start, end := r.Start.String(), r.End.String()
		v := walRangeView{
			Kind: "range", SystemIdentifier: r.System, Timeline: &r.Timeline, StartLSN: &start, EndLSN: &end, Segments: &r.Segments,
			Bytes: &r.Bytes, FirstTime: output.AtPtr(r.FirstTime), LastTime: output.AtPtr(r.LastTime),
		}
		if r.Parent != 0 {
			at := r.Branch.String()
			v.ParentTimeline, v.BranchLSN = &r.Parent, &at
		}
		out = append(out, v)
	}
	for _, b := range report.Problems {
		out = append(out, walRangeView{Kind: b.Kind, SystemIdentifier: b.System, Name: &b.Name, Problem: &b.Problem, Acknowledged: b.Acknowledged})
	}
	return out
}
