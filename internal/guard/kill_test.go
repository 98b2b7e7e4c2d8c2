package guard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// childEnv carries the job of a process that this test starts of itself, to be
// killed; roundsEnv how often each step is to be hit.
const (
	childEnv  = "AXISOR_TEST_GUARD_CHILD"
	roundsEnv = "AXISOR_TEST_KILL_ROUNDS"
)

type job struct {
	Database, Exchange, User string
	Now                      time.Time
	Step                     guard.Step
	Work                     bool // be a worker for one round
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is one guard run that kills itself at a step, or is killed by its parent.
func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	db, err := store.Open(store.Options{URL: secret.New(j.Database), MaxConnections: 6})
	if err != nil {
		return err
	}
	keys, err := crypto.NewKeyring(secret.New(strings.Repeat("k", 32)), nil)
	if err != nil {
		return err
	}
	began := time.Now()
	o := (&stage{db: db, keys: keys, sim: &lnsim.Server{URL: j.Exchange}}).options()
	o.PID, o.Now = os.Getpid(), func() time.Time { return j.Now.Add(time.Since(began)) }
	o.Step = func(s guard.Step) {
		if s == j.Step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	g, err := guard.New(o)
	if err != nil {
		return err
	}
	if j.Work {
		return g.Work(context.Background(), guard.Loop{Interval: 20 * time.Second, Rounds: 1})
	}
	_, err = g.Run(context.Background(), guard.Request{Request: marginguard.Request{UserID: j.User}})
	return err
}

// spawn starts a child.
func (s *stage) spawn(t *testing.T, user string, step guard.Step) *exec.Cmd {
	t.Helper()
	return s.start(t, job{User: user, Step: step})
}

func (s *stage) start(t *testing.T, j job) *exec.Cmd {
	t.Helper()
	j.Database, j.Exchange, j.Now = s.db.URL().Reveal(), s.sim.URL, s.clock()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), childEnv+"="+string(text))
	c.Stderr = os.Stderr
	require.NoError(t, c.Start())
	return c
}

// killed reports whether a child ended by SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// clean runs the guard, waiting for the server to notice that the holder of the
// lock is dead.
func (s *stage) clean(t *testing.T, user string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := s.run(t, marginguard.Request{UserID: user})
		if errors.Is(err, store.ErrLocked) {
			return false
		}
		require.NoError(t, err)
		return true
	}, 20*time.Second, 10*time.Millisecond)
}

// once asserts that somebody got exactly one addition, and paid for one.
func (s *stage) once(t *testing.T, p person) {
	t.Helper()
	require.Equal(t, int64(252631), s.margin(t, p), "exactly one addition")
	account, ok := s.sim.Account(p.exchange)
	require.True(t, ok)
	require.Equal(t, int64(10_000_000-42105), account.Balance)
	applied, logs := 0, int64(0)
	for _, i := range s.intents(t) {
		if i.TradeID != p.trade {
			continue
		}
		require.False(t, i.State.Open(), i.State)
		if i.State == models.GuardApplied {
			applied++
		}
	}
	require.Equal(t, 1, applied, "one intent says so")
	s.scan(t, &logs, `SELECT count(*) FROM "TradeLog" WHERE trade_id = ? AND status = 'success'`, p.trade)
	require.Equal(t, int64(1), logs, "and one trade log")
	s.scan(t, &logs, `SELECT count(*) FROM axisor.guard_notice WHERE trade_id = ? AND kind = 'margin_added'`, p.trade)
	require.Equal(t, int64(1), logs, "and one notice")
}

func TestKill_AtEveryStep(t *testing.T) {
	t.Parallel()
	rounds := 2
	if text := os.Getenv(roundsEnv); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	for _, step := range guard.Steps() {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.sim.MustPrice(91700)
			for n := range rounds {
				p := s.person(t, fmt.Sprintf("user-%d", n))
				err := s.spawn(t, p.id, step).Wait()
				require.True(t, killed(err), "%v", err)
				s.advance(90 * time.Second) // the child's clock went on for as long as it took to come to the step
				s.clean(t, p.id)
				s.clean(t, p.id)
				s.once(t, p)
			}
		})
	}
}

func TestKill_AtRandomMoments(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.sim.MustPrice(91700)
	var people []person
	for n := range 12 {
		people = append(people, s.person(t, fmt.Sprintf("user-%d", n)))
	}
	// Slow answers, so that many a kill falls between a request and its answer.
	s.sim.MustFail(lnsim.Fault{Path: addMargin, Count: -1, Apply: true, DelayBefore: 10 * time.Millisecond, DelayAfter: 20 * time.Millisecond})
	kills := 0
	for range 12 {
		c := s.spawn(t, "", "")
		time.AfterFunc(time.Duration(30+rand.IntN(300))*time.Millisecond, func() { _ = c.Process.Kill() })
		if killed(c.Wait()) {
			kills++
		}
		s.advance(time.Duration(rand.IntN(40)) * time.Second)
	}
	require.Positive(t, kills)
	s.sim.ClearFaults()
	s.advance(90 * time.Second)
	s.clean(t, "")
	s.advance(90 * time.Second)
	s.clean(t, "")
	for _, p := range people {
		s.once(t, p)
	}
}

// TestKill_OneOfTwoWorkers kills a worker in the middle of its share; the next
// round of the other one has it.
func TestKill_OneOfTwoWorkers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 60, nil)
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Path: addMargin, Count: -1, Apply: true, DelayBefore: 20 * time.Millisecond, DelayAfter: 20 * time.Millisecond})
	doomed := s.start(t, job{Work: true})
	require.Eventually(t, func() bool { return len(s.posts()) > 3 }, 20*time.Second, time.Millisecond)
	other := s.start(t, job{Work: true})
	require.NoError(t, doomed.Process.Kill())
	require.True(t, killed(doomed.Wait()))
	var lost int64
	s.scan(t, &lost, `SELECT count(*) FROM river.river_job WHERE state = 'running'`)
	require.Equal(t, int64(1), lost, "the job of the dead one")
	s.exec(t, `UPDATE river.river_job SET attempted_at = attempted_at - interval '31 seconds' WHERE state = 'running'`)
	require.NoError(t, other.Wait())
	for range 2 {
		s.advance(90 * time.Second)
		c := s.start(t, job{Work: true})
		require.NoError(t, c.Wait())
	}
	for _, p := range people {
		s.once(t, p)
	}
}
