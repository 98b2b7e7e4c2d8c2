package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// knownLosses is the file of a cluster's log that holds what a person has acknowledged.
const knownLosses = "acknowledged" + manifestExt

// losses is its content.
type losses struct {
	SchemaVersion int    `json:"schema_version"`
	Known         []loss `json:"known"`
	Checksum      string `json:"checksum"`
}

// loss is one finding of a verification that a person knows of.
type loss struct {
	Name string    `json:"name"` // of the missing or damaged file
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// AcknowledgeLoss notes that a loss in the log is known, so that verifications go on naming it and no longer fail for it.
// Only a loss that a later good base backup has made meaningless can be acknowledged; without that base backup, also when
// it goes away later, it counts. It reports what was newly noted.
func (r *Repository) AcknowledgeLoss(ctx context.Context, system string, names []string, dry bool) ([]LogProblem, error) {
	report, err := r.VerifyLog(ctx, LogCheck{Level: LevelDigest, System: system})
	if err != nil {
		return nil, err
	}
	bases, err := r.Bases()
	if err != nil {
		return nil, err
	}
	noted := map[string][]LogProblem{}
	var out []LogProblem
	for _, name := range names {
		at := slices.IndexFunc(report.Problems, func(p LogProblem) bool { return p.Name == name })
		if at < 0 {
			return nil, &NotFoundError{Ref: name, Log: true}
		}
		p := report.Problems[at]
		if !p.past(bases) {
			return nil, unreachable("make one: axisor backup base", "%s (%s) still matters: there is no good base backup that begins behind it", name, p.Kind)
		}
		if !p.Acknowledged {
			noted[p.System] = append(noted[p.System], p)
			out = append(out, p)
		}
	}
	if dry {
		return out, nil
	}
	for system, list := range noted {
		if err := r.note(ctx, system, list); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// note adds to what is known of one cluster.
func (r *Repository) note(ctx context.Context, system string, list []LogProblem) error {
	dir := filepath.Join(r.o.Directory, walFolder, system)
	return withCatalogue(ctx, dir, func() error {
		known, err := r.losses(system)
		if err != nil {
			return err
		}
		for _, p := range list {
			known.Known = append(known.Known, loss{Name: p.Name, Kind: p.Kind, At: r.o.Now().UTC()})
		}
		known.SchemaVersion = manifestVersion
		text, err := encodeChecked(&known, &known.Checksum)
		if err != nil {
			return err
		}
		return replaceFile(ctx, dir, knownLosses, text)
	})
}

// losses reads what is known of one cluster. A target has no such file.
func (r *Repository) losses(system string) (known losses, err error) {
	if r.target != nil {
		return known, nil
	}
	text, err := readSmall(filepath.Join(r.o.Directory, walFolder, system, knownLosses))
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err == nil {
		err = decodeChecked(text, &known)
	}
	if err != nil {
		return known, fmt.Errorf("read what losses are known: %w", err)
	}
	return known, nil
}

func (k losses) has(p LogProblem) bool {
	return slices.ContainsFunc(k.Known, func(l loss) bool { return l.Name == p.Name && l.Kind == p.Kind })
}

// past reports whether a good base backup begins behind the loss, so that recoveries from it do not need what is lost.
func (p LogProblem) past(bases []Entry) bool {
	return slices.ContainsFunc(bases, func(e Entry) bool {
		return e.State == StateGood && e.Manifest.Server.SystemIdentifier == p.System &&
			e.Manifest.Base.Timeline >= p.timeline && e.Manifest.Base.StartLSN >= p.until && p.until != 0
	})
}

// acknowledge marks the findings that are known and past.
func (r *Repository) acknowledge(system string, problems []LogProblem) error {
	known, err := r.losses(system)
	if err != nil || len(known.Known) == 0 {
		return err
	}
	bases, err := r.Bases()
	if err != nil {
		return err
	}
	for i, p := range problems {
		problems[i].Acknowledged = p.System == system && known.has(p) && p.past(bases)
	}
	return nil
}

// located notes which timeline a finding is on and from where on the log is whole again.
func (p LogProblem) located(size uint64, until wal.LSN) LogProblem {
	n, err := wal.ParseName(p.Name)
	if err != nil {
		return p
	}
	p.timeline, p.until = n.Timeline, until
	if until == 0 && n.Kind != wal.History && wal.ValidSize(size) {
		p.until = wal.LSN((n.Number(size) + 1) * size)
	}
	if n.Kind == wal.History {
		p.until = 1 // any base backup on that timeline or a newer one
	}
	return p
}
