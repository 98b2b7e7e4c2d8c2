package migrate

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
)

const (
	// lockBudget bounds how long a transaction of a migration waits for table locks, all of them together: whoever comes
	// after it queues behind the lock that it waits for, and behind those that it has. With the work that follows, nobody
	// waits longer than half a second.
	lockBudget = 400 * time.Millisecond
	// quietPatience bounds the wait for a lock behind which no reader and no writer queues. An automatic VACUUM that is in
	// the way gives up when somebody has waited for deadlock_timeout, a second by default.
	quietPatience = 3 * time.Second
)

// tableLock is a lock that a migration needs on a table that others may be using.
type tableLock struct {
	Table string `json:"table"` // quoted as in a statement; axisor's own tables and the queue's with their schema
	Mode  string `json:"mode"`  // the server's name of the strongest lock, as LOCK TABLE writes it
}

// fileLocks are the locks of a migration's two directions, in the order in which to take them: referring tables before
// those that they refer to, as a writer's statement and the check of its foreign keys do.
type fileLocks struct {
	Up   []tableLock `json:"up,omitempty"`
	Down []tableLock `json:"down,omitempty"`
}

// locksJSON lists the locks of every released migration that has strong ones, as the server was seen to grant them.
//
//go:embed locks.json
var locksJSON []byte

var releasedLocks = sync.OnceValues(func() (map[string]fileLocks, error) {
	var all map[string]fileLocks
	if err := exactjson.Unmarshal(locksJSON, &all); err != nil {
		return nil, fmt.Errorf("read locks.json: %w", err)
	}
	return all, nil
})

// takeLocks is a statement, on one line, that takes locks with one budget for all of them. Before that it takes a lock that
// keeps out neither readers nor writers, so that what works on a table for long (VACUUM, building an index) is waited for
// while nobody waits for us. What comes later in the transaction has what is left of the budget. A table that is gone is
// passed over.
func takeLocks(locks []tableLock) string {
	var tables, modes []string
	for _, l := range locks {
		tables = append(tables, literal(l.Table))
		modes = append(modes, literal(l.Mode))
	}
	const left = `GREATEST(20, (extract(epoch FROM deadline - clock_timestamp()) * 1000)::integer)::text`
	return strings.Join([]string{
		`DO ` + locksTag + ` DECLARE tables CONSTANT text[] := ARRAY[` + strings.Join(tables, ", ") + `];`,
		`modes CONSTANT text[] := ARRAY[` + strings.Join(modes, ", ") + `];`,
		`deadline timestamptz; busy text; quiet boolean;`,
		`BEGIN FOREACH quiet IN ARRAY ARRAY[true, false] LOOP`,
		`deadline := clock_timestamp() + interval '` + fmt.Sprint(lockBudget.Milliseconds()) + ` milliseconds';`,
		`FOR i IN 1 .. cardinality(tables) LOOP busy := tables[i];`,
		`CONTINUE WHEN to_regclass(busy) IS NULL OR quiet AND modes[i] IN ('ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE');`,
		`PERFORM set_config('lock_timeout', CASE WHEN quiet THEN '` + fmt.Sprint(quietPatience.Milliseconds()) + `' ELSE ` + left + ` END, true);`,
		`EXECUTE format('LOCK TABLE %s IN %s MODE', busy, CASE WHEN quiet THEN '` + lockUpdate + `' ELSE modes[i] END);`,
		`END LOOP; END LOOP;`,
		`PERFORM set_config('lock_timeout', ` + left + `, true);`,
		`EXCEPTION WHEN lock_not_available THEN RAISE EXCEPTION 'table % is busy', busy USING ERRCODE = 'lock_not_available';`,
		`END ` + locksTag + `;`,
	}, " ")
}

// locksTag quotes the block of takeLocks, and tells it from what a file says.
const locksTag = "$axisor_locks$"

// withinBudget puts the locks of a migration in front of its parts, in place of how long each of its statements would
// wait for a lock.
func withinBudget(text string, locks fileLocks) string {
	up, down, _ := strings.Cut(text, markDown)
	return bounded(up, locks.Up) + text[len(up):len(text)-len(down)] + bounded(down, locks.Down)
}

func bounded(part string, locks []tableLock) string {
	set := regexp.MustCompile(`(?im)^([ \t]*SET LOCAL lock_timeout = )'[^']*'(;?)`)
	at := set.FindStringSubmatchIndex(part)
	if at == nil || len(locks) == 0 {
		return set.ReplaceAllString(part, "${1}'"+statementLockTimeout+"'${2}")
	}
	return part[:at[0]] + takeLocks(locks) + part[at[1]:]
}

// keyLocks are the locks that adding a foreign key takes: on the table, and on the one it refers to.
func keyLocks(script string) (locks []tableLock) {
	if !strings.Contains(script, " FOREIGN KEY ") {
		return nil
	}
	for _, m := range regexp.MustCompile(`(?:^|[^-\w])(?:ALTER TABLE (?:ONLY )?|REFERENCES )`+namePattern).FindAllStringSubmatch(script, -1) {
		locks = append(locks, tableLock{m[1], lockShareRow})
	}
	return locks
}
