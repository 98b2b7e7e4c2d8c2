package backups

import (
	"context"
	"errors"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
)

// ArchiveFile stores one file of the log, and with push copies it to every target before it returns.
func (l *Location) ArchiveFile(ctx context.Context, path string, push, dryRun bool) (backup.Archived, error) {
	repo, err := l.Open()
	if err != nil {
		return backup.Archived{}, err
	}
	cfg, err := l.Settings()
	if err != nil {
		return backup.Archived{}, err
	}
	d, err := repo.ArchiveLog(ctx, backup.ArchiveRequest{
		Path: l.App.Path(path), Compression: cfg.Compression, Recipients: cfg.Recipients, DryRun: dryRun,
	})
	if err != nil {
		return d, err
	}
	if d.Problem != "" {
		l.Warn("%s is stored as it is, but: %s", d.Name, d.Problem)
	}
	if !push || dryRun {
		return d, nil
	}
	targets, err := l.Targets()
	if err != nil {
		return d, err
	}
	for _, t := range targets {
		if err := repo.PushLogFile(ctx, d.System, d.Name, t); err != nil {
			return d, err
		}
	}
	return d, nil
}

// FetchFile puts one file of the log where the server wants it, from here or from a target.
func (l *Location) FetchFile(ctx context.Context, q backup.FetchRequest) (backup.Archived, error) {
	repo, err := l.Open()
	if err != nil {
		return backup.Archived{}, err
	}
	d, err := repo.FetchLog(ctx, q)
	if errors.Is(err, backup.ErrNotFound) || errors.Is(err, backup.ErrDamaged) || errors.Is(err, backup.ErrUnsigned) {
		return l.elsewhere(ctx, q, err)
	}
	return d, err
}

// elsewhere looks for the file on the targets. One that cannot be asked is no "there is no more": the
// server would end its recovery there.
func (l *Location) elsewhere(ctx context.Context, q backup.FetchRequest, here error) (backup.Archived, error) {
	targets, err := l.Targets()
	if err != nil {
		return backup.Archived{}, err
	}
	options, err := l.options()
	if err != nil {
		return backup.Archived{}, err
	}
	problem := here
	for _, t := range targets {
		d, err := backup.AtTarget(options, t).FetchLog(ctx, q)
		if err == nil {
			if !errors.Is(here, backup.ErrNotFound) {
				l.Warn("%s; the copy on %s was taken", here.Error(), t.Name)
			}
			return d, nil
		}
		if !errors.Is(err, backup.ErrNotFound) && errors.Is(problem, backup.ErrNotFound) {
			problem = err
		}
	}
	return backup.Archived{}, problem
}

// Acknowledge notes losses in the log as known, and returns those that were not before.
func (l *Location) Acknowledge(ctx context.Context, system string, names []string, dryRun bool) ([]string, error) {
	repo, err := l.Log(ctx, system)
	if err != nil {
		return nil, err
	}
	noted, err := repo.AcknowledgeLoss(ctx, system, names, dryRun)
	out := make([]string, 0, len(noted))
	for _, n := range noted {
		out = append(out, n.Name)
	}
	if err == nil && len(out) > 0 && !dryRun {
		l.audit(ctx, "backup.acknowledge", out[0], map[string]any{"names": out}, "the change")
	}
	return out, err
}

// Pin keeps a backup whatever retention says, or lets retention decide again. It reports whether anything changed.
func (l *Location) Pin(ctx context.Context, ref string, pin, dryRun bool) (e backup.Entry, changed bool, err error) {
	repo, e, err := l.Find(ctx, ref)
	if err != nil {
		return e, false, err
	}
	if dryRun {
		return e, e.Manifest != nil && e.Manifest.Pinned != pin, nil
	}
	if changed, err = repo.Pin(ctx, e, pin); err != nil {
		return e, changed, err
	}
	if changed {
		action := "backup.unpin"
		if pin {
			action = "backup.pin"
		}
		l.audit(ctx, action, e.ID, nil, "the change")
	}
	e, err = repo.Find(e.ID)
	return e, changed, err
}

// VerifyLog checks the archived log of one cluster. An encrypted archive is checked by its digests alone when there is no key and
// no level was chosen.
func (l *Location) VerifyLog(ctx context.Context, check backup.LogCheck, chosen bool) (backup.LogReport, error) {
	repo, err := l.Log(ctx, check.System)
	if err != nil {
		return backup.LogReport{}, err
	}
	report, err := repo.VerifyLog(ctx, check)
	if err != nil && check.Identities == nil && !chosen && errors.Is(err, backup.ErrNoIdentity) {
		l.Notice("the archive is encrypted: only digests are checked; add --identity FILE to check the records")
		check.Level = backup.LevelDigest
		report, err = repo.VerifyLog(ctx, check)
	}
	if err == nil && len(report.Ranges)+len(report.Problems) == 0 {
		err = clierr.New(clierr.NotFound, "log_missing", "there is no archived log to check in "+repo.Place(),
			"is it mounted? The log is kept with: axisor backup wal start")
	}
	return report, err
}
