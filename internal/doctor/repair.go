package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// repair makes a finding go away, or with dryRun only tries to, and says what it did. Only what cannot hurt has one:
// it takes nothing away, can be repeated, and leaves audit rows where it writes rows.
type repair func(ctx context.Context, dryRun bool) (string, error)

// Fixable tells whether Repair can do something about a result.
func (r Result) Fixable() bool { return r.repair != nil }

// with adds a repair to a result.
func (r Result) with(fn repair) Result {
	r.repair = fn
	return r
}

// Repaired is what became of one repair.
type Repaired struct {
	Name   string // of the check
	Action string // what was done, or would be
	Err    error
}

// Repair does what the results offer, in their order: files before the database, the schema before its rows. One that
// fails does not keep the others from being tried.
func Repair(ctx context.Context, results []Result, dryRun bool) []Repaired {
	var done []Repaired
	for _, r := range results {
		if r.repair == nil || ctx.Err() != nil {
			continue
		}
		said, err := r.repair(ctx, dryRun)
		done = append(done, Repaired{Name: r.Name, Action: said, Err: err})
	}
	return done
}

// chmod gives a file or directory its mode.
func chmod(path string, mode os.FileMode) repair {
	return func(_ context.Context, dryRun bool) (string, error) {
		if !dryRun {
			if err := os.Chmod(path, mode); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("mode %04o of %s", mode, path), nil
	}
}

// all makes one repair of several.
func all(repairs []repair) repair {
	return func(ctx context.Context, dryRun bool) (string, error) {
		var said []string
		var failed []error
		for _, r := range repairs {
			s, err := r(ctx, dryRun)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			said = append(said, s)
		}
		return strings.Join(said, ", "), errors.Join(failed...)
	}
}

// buildIndexes builds missing and invalid indexes, concurrently; other differences are for a person.
func buildIndexes(m *migrate.Migrator, findings []migrate.Finding) repair {
	var broken []migrate.Finding
	var names []string
	for _, f := range findings {
		if f.Kind == "index" && f.FixSQL != "" && (f.Problem == migrate.Missing || f.Problem == migrate.Invalid) {
			broken, names = append(broken, f), append(names, f.Object)
		}
	}
	if len(broken) == 0 {
		return nil
	}
	return func(ctx context.Context, dryRun bool) (string, error) {
		said := "indexes built: " + some(names)
		if dryRun {
			return said, nil
		}
		_, err := m.Repair(ctx, broken)
		return said, err
	}
}

func analyze(db *store.DB, tables []string) repair {
	return func(ctx context.Context, dryRun bool) (string, error) {
		if !dryRun {
			if err := db.Analyze(ctx, tables); err != nil {
				return "", err
			}
		}
		return "statistics of " + some(tables), nil
	}
}

func (v *visit) seedReference(ctx context.Context, dryRun bool) (string, error) {
	svc, err := v.in.Admin(ctx)
	if err != nil {
		return "", err
	}
	added, err := svc.SeedReference(ctx, admin.Mode{DryRun: dryRun, Reason: v.in.Reason})
	slices.Sort(added)
	return "inserted " + strings.Join(added, ", "), err
}

func (v *visit) expirePayments(ctx context.Context, dryRun bool) (string, error) {
	n, err := v.in.Expire(ctx, dryRun)
	return words.Count(n, "payment") + " expired", err
}
