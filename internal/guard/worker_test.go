package guard_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/marginguard"
)

// work makes rounds with shards of two users and returns what the jobs told.
func (s *stage) work(t *testing.T, l guard.Loop, change ...func(*guard.Options)) []guard.Round {
	t.Helper()
	o := s.options()
	o.ShardSize = 2
	for _, c := range change {
		c(&o)
	}
	g, err := guard.New(o)
	require.NoError(t, err)
	var told []guard.Round
	l.Interval = 20 * time.Second
	l.Told = func(r guard.Round) { told = append(told, r) }
	if l.Rounds == 0 {
		l.Rounds = 1
	}
	l.Wait = func(context.Context, time.Duration) error { return nil }
	if err := g.Work(t.Context(), l); err != nil {
		require.NotEmpty(t, told)
		require.ErrorIs(t, err, told[len(told)-1].Err, "it ends with what the last round told")
	}
	return told
}

// sum adds up what jobs told.
func sum(t *testing.T, rounds []guard.Round) (users, added int) {
	t.Helper()
	for _, r := range rounds {
		require.NoError(t, r.Err)
		users += r.Users
		added += r.Result.Added
	}
	return users, added
}

func TestWorkers_ShareTheUsers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 9, nil)
	s.sim.MustPrice(91700)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { s.work(t, guard.Loop{Rounds: 2}) })
	}
	all.Wait()
	require.Len(t, s.posts(), len(people), "everybody got margin, once")
	for _, p := range people {
		require.Equal(t, int64(252631), s.margin(t, p))
	}
	require.LessOrEqual(t, s.reads(), 3*len(people), "nobody was looked at by two workers in one round")
	require.Equal(t, int64(5), s.count2(t, `SELECT count(*) FROM river.river_job WHERE state = 'completed'`), "one job a shard and round")
	lag, err := s.db.GuardLag(t.Context(), s.clock().Add(-time.Second))
	require.NoError(t, err)
	require.Zero(t, lag.Due)
	require.Equal(t, int64(len(people)), lag.ActiveUsers)

	runs := s.count(t, "guard_run")
	s.advance(20 * time.Second)
	users, added := sum(t, s.work(t, guard.Loop{}))
	require.Equal(t, len(people), users, "due again in the next round")
	require.Zero(t, added)
	require.Equal(t, runs, s.count(t, "guard_run"), "a shard without anything to tell leaves no run")
	require.Zero(t, s.count2(t, `SELECT count(*) FROM axisor.guard_run WHERE state = 'running'`))
}

func (s *stage) count2(t *testing.T, sql string) (n int64) {
	t.Helper()
	s.scan(t, &n, sql)
	return n
}

func TestWorker_CapsOfARoundReachTheNearest(t *testing.T) {
	t.Parallel()
	s := setup(t)
	far := s.person(t, "far")
	near := s.person(t, "near")
	s.sim.MustPrice(91700)
	s.exec(t, `UPDATE "MarginGuardConfig" SET margin_threshold = 20 WHERE user_id = ?`, near.id)
	_, added := sum(t, s.work(t, guard.Loop{MaxSats: 42105}))
	require.Equal(t, 1, added)
	require.Equal(t, int64(252631), s.margin(t, near))
	require.Equal(t, int64(210526), s.margin(t, far))
}

// TestWorkers_ACapOfARoundHoldsForAllOfThem: every shard would fit alone.
func TestWorkers_ACapOfARoundHoldsForAllOfThem(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.crowd(t, 12, nil)
	s.sim.MustPrice(91700)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { s.work(t, guard.Loop{MaxSats: 3*42105 + 50000}) })
	}
	all.Wait()
	sats := s.count2(t, `SELECT COALESCE(SUM(amount_sats), 0) FROM axisor.guard_intent WHERE state = 'applied'`)
	require.GreaterOrEqual(t, sats, int64(42105)) // who comes too late for the last sats waits for the next round
	require.LessOrEqual(t, sats, int64(3*42105+50000))

	s.advance(20 * time.Second)
	s.work(t, guard.Loop{MaxSats: 42105})
	require.Equal(t, sats+42105, s.count2(t, `SELECT SUM(amount_sats) FROM axisor.guard_intent WHERE state = 'applied'`), "a new round, a new cap")
}

// TestWorker_MoreJobsThanConnections: jobs of one process must not wait for
// connections that the locks of its other jobs hold.
func TestWorker_MoreJobsThanConnections(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 16, nil)
	s.sim.MustPrice(91700)
	_, added := sum(t, s.work(t, guard.Loop{}, func(o *guard.Options) {
		o.Concurrency = 16 // eight jobs at a time; the tests' pool has six connections
	}))
	require.Equal(t, len(people), added)
}

// TestWorker_ToldToStop finishes what is under way and leaves the rest of its
// shard to the others.
func TestWorker_ToldToStop(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 12, nil)
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Path: addMargin, Count: -1, Apply: true, DelayBefore: 30 * time.Millisecond})
	o := s.options()
	o.Concurrency = 2
	g, err := guard.New(o)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.Work(ctx, guard.Loop{Interval: 20 * time.Second}) }()
	require.Eventually(t, func() bool { return len(s.posts()) > 1 }, 10*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	sent := len(s.posts())
	require.Less(t, sent, len(people))
	require.Zero(t, s.count2(t, `SELECT count(*) FROM axisor.guard_intent WHERE state IN ('planned', 'sent', 'unknown')`))
	require.Equal(t, int64(sent), s.count2(t, `SELECT count(*) FROM axisor.guard_intent WHERE state = 'applied'`))
	require.Equal(t, int64(1), s.count2(t, `SELECT count(*) FROM river.river_job WHERE state = 'available' AND args->>'part' = '1'`))

	users, added := sum(t, s.work(t, guard.Loop{}, func(o *guard.Options) { o.ShardSize = 200 }))
	require.Equal(t, len(people)-sent, added)
	require.Less(t, users, len(people), "the first users of the shard are done for this round")
	for _, p := range people {
		s.once(t, p)
	}
}

// TestWorker_LeavesTheRoundToARun: a run of everybody does the work of all jobs.
func TestWorker_LeavesTheRoundToARun(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.crowd(t, 2, nil)
	release, err := s.db.LockGuardRun(t.Context(), "a run")
	require.NoError(t, err)
	rounds := s.work(t, guard.Loop{})
	require.Len(t, rounds, 1)
	require.True(t, rounds[0].Standby)
	release()
	require.Zero(t, s.reads())
}

// TestWorker_AFailedRoundIsNotTriedAgain before the next one.
func TestWorker_AFailedRoundIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	require.NoError(t, s.sim.SetSkew(time.Minute))
	rounds := s.work(t, guard.Loop{Rounds: 2})
	require.Len(t, rounds, 1)
	var market *marginguard.MarketError
	require.ErrorAs(t, rounds[0].Err, &market)
	require.Equal(t, int64(1), s.count2(t, `SELECT count(*) FROM river.river_job WHERE state = 'discarded'`))
	require.NoError(t, s.sim.SetSkew(0))
	s.advance(20 * time.Second)
	_, added := sum(t, s.work(t, guard.Loop{}))
	require.Equal(t, 1, added)
	require.Equal(t, int64(252631), s.margin(t, p))
}

// TestRiver_SchemaIsRivers compares our migration with River's own.
func TestRiver_SchemaIsRivers(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	driver := riverdatabasesql.New(db.SQL())
	ours, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: "river"})
	require.NoError(t, err)
	valid, err := ours.Validate(t.Context(), nil)
	require.NoError(t, err)
	require.True(t, valid.OK, "%v", valid.Messages)

	require.NoError(t, db.Gorm(t.Context()).Exec(`CREATE SCHEMA river_itself`).Error)
	theirs, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: "river_itself"})
	require.NoError(t, err)
	_, err = theirs.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	shape := func(schema string) (lines []string) {
		require.NoError(t, db.Gorm(t.Context()).Raw(`
			SELECT replace(line, '`+schema+`.', '') FROM (
				SELECT format('%s.%s %s %s null=%s default=%s %s', c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
				              NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), c.relpersistence) AS line
				FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
				LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
				WHERE c.relnamespace = '`+schema+`'::regnamespace AND c.relkind = 'r'
				UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
				FROM pg_constraint WHERE connamespace = '`+schema+`'::regnamespace
				UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '`+schema+`'
				UNION ALL SELECT format('%s %s', t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder))
				FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = '`+schema+`'::regnamespace GROUP BY t.typname
				UNION ALL SELECT regexp_replace(pg_get_functiondef(oid), '\s+', ' ', 'g') FROM pg_proc WHERE pronamespace = '`+schema+`'::regnamespace
				UNION ALL SELECT format('%s %s', line, version) FROM `+schema+`.river_migration) all_of_it
			ORDER BY 1`).Scan(&lines).Error)
		return lines
	}
	require.Equal(t, shape("river_itself"), shape("river"))
	require.Greater(t, len(shape("river")), 50)
}
