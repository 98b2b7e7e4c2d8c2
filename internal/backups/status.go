package backups

import (
	"context"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
)

// Status is what can be recovered today.
type Status struct {
	backup.Status

	Place     string // the directory, or the target
	Databases []DatabaseStatus
	Receiver  *backup.ReceiverState // nil: none ever ran
	Slot      *backup.SlotStatus    // nil: the server was not asked

	empty error // there is nothing, and the audit trail knows of backups
}

// DatabaseStatus is the dumps of one database of one cluster.
type DatabaseStatus struct {
	backup.Identity

	Dumps, Bad     int
	Newest, Proven *backup.Entry // good ones
}

// Status looks at what is there. Only descriptions are read; without a server its slot is left out.
func (l *Location) Status(ctx context.Context) (Status, error) {
	repo, err := l.View(ctx)
	if err != nil {
		return Status{}, err
	}
	if err := l.Present(repo); err != nil {
		return Status{}, err
	}
	if l.From != "" {
		if err := repo.ReadEnds(ctx); err != nil {
			return Status{}, err
		}
	}
	s := Status{Place: repo.Place()}
	if s.Status, err = repo.Status(); err != nil {
		return s, err
	}
	s.Receiver = LatestReceiver(s.Receivers)
	if len(s.Clusters) > 0 && l.From == "" {
		slot := backup.DefaultSlot
		if s.Receiver != nil {
			slot = s.Receiver.Slot
		}
		s.Slot = l.AskSlot(ctx, repo, slot)
	}
	list, err := repo.List()
	if err != nil {
		return s, err
	}
	s.Databases = databases(list)
	if s.Dumps == 0 && s.bases() == 0 {
		s.empty = l.Emptied(ctx, repo)
	}
	return s, nil
}

// Verdict is the error when somebody's backups are none: what is not there does not restore.
func (s Status) Verdict() error {
	if s.empty != nil {
		return s.empty
	}
	bases := s.bases()
	var without []string
	for _, d := range s.Databases {
		if d.Newest == nil {
			without = append(without, d.Database)
		}
	}
	switch {
	case len(without) > 0 && (len(s.Databases) > 1 || bases == 0):
		return clierr.New(clierr.CheckFailed, "no_good_backup", "there is no good backup of "+strings.Join(without, ", "), "make one: axisor backup")
	case s.Newest == nil && bases == 0:
		return clierr.New(clierr.CheckFailed, "no_good_backup", "there is no good backup in "+s.Place, "make one: axisor backup")
	}
	return nil
}

func (s Status) bases() (n int) {
	for _, c := range s.Clusters {
		n += c.Bases
	}
	return n
}

func databases(list []backup.Entry) (out []DatabaseStatus) {
	for _, id := range backup.IdentitiesOf(list) {
		d := DatabaseStatus{Identity: id}
		own := slices.DeleteFunc(slices.Clone(list), func(e backup.Entry) bool { return e.Manifest == nil || e.Identity() != id })
		for _, e := range own {
			if d.Dumps++; e.State != backup.StateGood {
				d.Bad++
			}
		}
		d.Newest, d.Proven = backup.Newest(own)
		out = append(out, d)
	}
	return out
}
