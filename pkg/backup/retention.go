package backup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Policy says which backups are kept: the union of its rules. A rule of zero is off; with
// every rule off everything is kept.
type Policy struct {
	KeepDays    int // every backup of the last N days
	KeepLast    int // the N newest
	KeepDaily   int // the newest of each of the last N days that have one
	KeepWeekly  int // the same by ISO week
	KeepMonthly int // the same by month
}

// Decision is what the policy says about one backup, and why.
type Decision struct {
	Entry  Entry
	Remove bool
	Reason string
}

// PrunePlan is the verdict on every backup, newest first.
type PrunePlan struct {
	Decisions []Decision
	// Stopped says why nothing is removed; empty when the rules were applied.
	Stopped string
	// Stale is set when that is because backups have stopped or none is good: somebody has to look.
	Stale bool
}

// Removals are the backups the plan would remove.
func (p PrunePlan) Removals() []Entry {
	var out []Entry
	for _, d := range p.Decisions {
		if d.Remove {
			out = append(out, d.Entry)
		}
	}
	return out
}

// PlanRetention decides what to remove, for each database apart: that the backups of one go on must not remove the
// last one of another. Base backups are judged by cluster. It is pure: no disk, no clock.
func PlanRetention(entries []Entry, policy Policy, now time.Time) PrunePlan {
	groups := map[Identity][]Entry{}
	var unread []Entry
	for _, e := range entries {
		id := e.Identity()
		if e.IsBase() {
			id.Database = ""
		}
		if e.Manifest == nil {
			unread = append(unread, e)
			continue
		}
		groups[id] = append(groups[id], e)
	}
	if len(groups) <= 1 { // what cannot be read is then of the same database, as far as anybody knows
		return planOne(entries, policy, now)
	}
	var all PrunePlan
	var stopped []string
	for id, list := range groups {
		p := planOne(list, policy, now)
		all.Decisions = append(all.Decisions, p.Decisions...)
		all.Stale = all.Stale || p.Stale
		if p.Stopped != "" {
			stopped = append(stopped, id.String()+": "+p.Stopped)
		}
	}
	for _, e := range unread {
		all.Decisions = append(all.Decisions, Decision{Entry: e, Reason: unreadable})
	}
	slices.SortStableFunc(all.Decisions, func(a, b Decision) int {
		return cmp.Or(b.Entry.when().Compare(a.Entry.when()), strings.Compare(a.Entry.ID, b.Entry.ID))
	})
	slices.Sort(stopped)
	if all.Stopped = strings.Join(stopped, "; "); (policy == Policy{}) {
		all.Stopped = noRule
	}
	return all
}

const (
	noRule     = "no retention rule is set"
	unreadable = "its manifest cannot be read"
)

// planOne decides about the backups of one database.
//
// Only good backups fill a rule's slots, so a row of failed ones cannot push a good one
// out. The newest good one, pinned ones and those whose manifest cannot be read are never
// removed. When the newest good one is itself older than KeepDays, or than two of the usual
// intervals, backups have stopped, and removing what is left would finish the damage: then
// nothing is removed.
func planOne(entries []Entry, policy Policy, now time.Time) PrunePlan {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int { return b.when().Compare(a.when()) })

	var plan PrunePlan
	newest := slices.IndexFunc(sorted, func(e Entry) bool { return e.State == StateGood })
	cutoff := now.AddDate(0, 0, -policy.KeepDays)
	switch {
	case policy == Policy{}:
		plan.Stopped = noRule
	case newest < 0:
		plan.Stopped = "there is no good backup"
	case policy.KeepDays > 0 && sorted[newest].when().Before(cutoff):
		plan.Stopped = fmt.Sprintf("the newest good backup is older than %d days", policy.KeepDays)
	case now.Sub(sorted[newest].when()) > patience(sorted):
		plan.Stopped = "backups seem to have stopped: the newest good one is of " + sorted[newest].when().UTC().Format(time.DateOnly)
	}
	plan.Stale = plan.Stopped != "" && policy != Policy{} && len(sorted) > 0
	slots := newSlots(policy)
	for i, e := range sorted {
		d := Decision{Entry: e}
		slot := ""
		if e.State == StateGood {
			slot = slots.take(e.when())
		}
		switch {
		case e.State == StateInvalid:
			d.Reason = unreadable
		case e.State == StateUnsigned:
			d.Reason = "it is not signed with the configured key"
		case e.Manifest.Pinned:
			d.Reason = "pinned"
		case i == newest:
			d.Reason = "newest good backup"
		case plan.Stopped != "":
			d.Reason = plan.Stopped
		case policy.KeepDays > 0 && !e.when().Before(cutoff):
			d.Reason = fmt.Sprintf("of the last %d days", policy.KeepDays)
		case slot != "":
			d.Reason = slot
		case newest > i:
			// Nothing good came after it; it may be all there is of these days.
			d.Reason = "no good backup is newer"
		default:
			d.Remove, d.Reason = true, "no rule keeps it"
		}
		plan.Decisions = append(plan.Decisions, d)
	}
	return plan
}

// patience is twice the usual time between good backups, and two days at least.
func patience(sorted []Entry) time.Duration {
	const least = 48 * time.Hour
	var gaps []time.Duration
	var last time.Time
	for _, e := range sorted {
		if e.State != StateGood {
			continue
		}
		if !last.IsZero() {
			gaps = append(gaps, last.Sub(e.when()))
		}
		last = e.when()
	}
	if len(gaps) == 0 {
		return least
	}
	slices.Sort(gaps)
	return max(least, 2*gaps[len(gaps)/2])
}

// slots counts down the rules that keep a number of backups.
type slots struct {
	last  int
	rules []*slotRule
}

type slotRule struct {
	name   string
	left   int
	period func(time.Time) string
	seen   string
}

func newSlots(p Policy) *slots {
	return &slots{last: p.KeepLast, rules: []*slotRule{
		{name: "daily", left: p.KeepDaily, period: func(t time.Time) string { return t.UTC().Format("2006-01-02") }},
		{name: "weekly", left: p.KeepWeekly, period: func(t time.Time) string {
			year, week := t.UTC().ISOWeek()
			return fmt.Sprintf("%d-%d", year, week)
		}},
		{name: "monthly", left: p.KeepMonthly, period: func(t time.Time) string { return t.UTC().Format("2006-01") }},
	}}
}

// take is called for good backups, newest first. Every rule is asked each time, so that one
// backup can fill several slots; the first rule that keeps it gives the reason.
func (s *slots) take(at time.Time) string {
	var reason string
	if s.last > 0 {
		s.last--
		reason = "one of the newest"
	}
	for _, rule := range s.rules {
		period := rule.period(at)
		if rule.left == 0 || period == rule.seen {
			continue
		}
		rule.left--
		rule.seen = period
		if reason == "" {
			reason = rule.name
		}
	}
	return reason
}
