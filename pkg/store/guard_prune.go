package store

import (
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/namespace"
)

// GuardOld counts rows of the guard's history.
type GuardOld struct{ Notices, Intents, Runs, Ends, Outcomes int64 }

// Total is all of them.
func (o GuardOld) Total() int64 { return o.Notices + o.Intents + o.Runs + o.Ends + o.Outcomes }

// Plus adds another count.
func (o GuardOld) Plus(n GuardOld) GuardOld {
	return GuardOld{o.Notices + n.Notices, o.Intents + n.Intents, o.Runs + n.Runs, o.Ends + n.Ends, o.Outcomes + n.Outcomes}
}

// What is history and what is not: an open intent, a notice that waits, a run
// under way, and whatever these belong to, stay whatever their age.
const (
	oldNotice = `n.state <> 'pending' AND n.created_at < @before`
	oldIntent = `i.state NOT IN ` + openStates + ` AND i.resolved_at < @before AND i.planned_at < @before
		AND NOT EXISTS (SELECT FROM axisor.guard_notice n WHERE n.intent_id = i.id AND NOT (` + oldNotice + `))`
	oldRun = `r.state <> 'running' AND r.finished_at < @before
		AND NOT EXISTS (SELECT FROM axisor.guard_intent i WHERE i.run_id = r.id AND NOT (` + oldIntent + `))
		AND NOT EXISTS (SELECT FROM axisor.guard_notice n WHERE n.run_id = r.id AND NOT (` + oldNotice + `))`
	// What a configuration may still name would be found missing, and told, again.
	oldEnd = `e.kind = 'end' AND e.told_at < @before
		AND NOT EXISTS (SELECT FROM "MarginGuardConfig" c WHERE c.user_id = e.user_id AND c.mode <> 'global')`
	// Of a user who wants protection, since when nobody looked is no history.
	oldOutcome = `o.looked_at < @before
		AND NOT EXISTS (SELECT FROM "MarginGuardConfig" c WHERE c.user_id = o.user_id AND c.is_active)`
)

// CountGuardOld counts what DeleteGuardOld would delete.
func (d *DB) CountGuardOld(ctx context.Context, before time.Time) (GuardOld, error) {
	var n GuardOld
	err := d.Gorm(ctx).Raw(`
		SELECT (SELECT count(*) FROM axisor.guard_notice n WHERE `+oldNotice+`) AS notices,
		       (SELECT count(*) FROM axisor.guard_intent i WHERE `+oldIntent+`) AS intents,
		       (SELECT count(*) FROM axisor.guard_run r WHERE `+oldRun+`) AS runs,
		       (SELECT count(*) FROM axisor.guard_event e WHERE `+oldEnd+`) AS ends,
		       (SELECT count(*) FROM axisor.guard_outcome o WHERE `+oldOutcome+`) AS outcomes`, map[string]any{"before": before}).Scan(&n).Error
	return n, err
}

// DeleteGuardOld deletes at most limit rows of the guard's history that are older
// than before: notices, then intents, then runs, then the ends of positions and the
// outcomes of looks, so that nothing goes along with another row uncounted. None
// deleted means that none are left.
func (d *DB) DeleteGuardOld(ctx context.Context, before time.Time, limit int) (GuardOld, error) {
	var n GuardOld
	for _, part := range []struct {
		count                   *int64
		table, name, key, where string
	}{
		{&n.Notices, "guard_notice", "n", "id", oldNotice},
		{&n.Intents, "guard_intent", "i", "id", oldIntent},
		{&n.Runs, "guard_run", "r", "id", oldRun},
		{&n.Ends, "guard_event", "e", "id", oldEnd},
		{&n.Outcomes, "guard_outcome", "o", "user_id", oldOutcome},
	} {
		done := d.Gorm(ctx).Exec(fmt.Sprintf(`DELETE FROM %[1]s WHERE %[4]s IN (SELECT %[2]s.%[4]s FROM %[1]s %[2]s WHERE %[3]s LIMIT @limit)`,
			namespace.Table(part.table), part.name, part.where, part.key), map[string]any{"before": before, "limit": limit})
		if done.Error != nil || done.RowsAffected > 0 {
			*part.count = done.RowsAffected
			return n, done.Error
		}
	}
	return n, nil
}
