package backups

import (
	"context"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
)

// Prune removes backups that no rule of a policy keeps, and the log that only they needed.
type Prune struct {
	Location

	Policy backup.Policy
	// Dumps and Physical are what is decided, by Plan and again by Run; Removed and Segments are what Run removed.
	Dumps    backup.PrunePlan
	Physical backup.PhysicalPlan
	Removed  []backup.Entry
	Segments int

	repo *backup.Repository
}

// Plan decides what goes and removes nothing.
func (p *Prune) Plan(ctx context.Context) (err error) {
	p.Strict = true
	if p.repo, err = p.View(ctx); err != nil {
		return err
	}
	if err = p.Present(p.repo); err != nil {
		return err
	}
	if p.Dumps, err = p.repo.PlanPrune(p.Policy); err != nil {
		return err
	}
	if p.Physical, err = p.repo.PlanPhysical(p.Policy); err != nil {
		return err
	}
	if p.Total() == 0 {
		return p.Emptied(ctx, p.repo)
	}
	return nil
}

// Total is how many backups there are.
func (p *Prune) Total() int { return len(p.Dumps.Decisions) + len(p.Physical.Bases.Decisions) }

// Going are the backups that the plan removes.
func (p *Prune) Going() []backup.Entry {
	return append(p.Dumps.Removals(), p.Physical.Bases.Removals()...)
}

// Run removes what no rule keeps at that moment.
func (p *Prune) Run(ctx context.Context) error {
	var bases []backup.Entry
	var err error
	if p.Dumps, p.Removed, err = p.repo.Prune(ctx, p.Policy); err != nil {
		return err
	}
	if p.Physical, bases, p.Segments, err = p.repo.PrunePhysical(ctx, p.Policy); err != nil {
		return err
	}
	p.Removed = append(p.Removed, bases...)
	p.audit(ctx, "backup.prune", "", map[string]any{"removed": IDs(p.Removed), "policy": p.Policy}, "the removal")
	return nil
}

// Stale makes cron tell when retention has refused: that backups have stopped is what needs attention, and an
// exit code of zero would hide it until the day of need.
func (p *Prune) Stale() error {
	var problems, hints []string
	if p.Dumps.Stale {
		problems, hints = append(problems, "no dump was removed: "+p.Dumps.Stopped), append(hints, makeOne)
	}
	if bases := p.Physical.Bases; bases.Stale {
		problems, hints = append(problems, "no base backup was removed: "+bases.Stopped), append(hints, "make one: axisor backup base")
	}
	if len(problems) == 0 {
		return nil
	}
	return clierr.New(clierr.CheckFailed, "backups_stopped", strings.Join(problems, "; "), hints...)
}
