package backup

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

// helperEnv makes this test binary a backup program that can be killed.
const helperEnv = "AXISOR_BACKUP_TEST_HELPER"

type helperJob struct {
	Dir, URL, Tools string
	Restore         *helperRestore // instead of a backup
}

type helperRestore struct {
	ID, Database string
	Jobs         int
}

func TestMain(m *testing.M) {
	if text := os.Getenv(helperEnv); text != "" {
		os.Exit(helper(text))
	}
	os.Exit(m.Run())
}

func helper(text string) int {
	var job helperJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return 3
	}
	repo := newRepository(job.Dir)
	if job.Tools != "" {
		repo.o.Tools = Finder{Directory: job.Tools}
	}
	ctx, stop := signalContext()
	defer stop()
	if q := job.Restore; q != nil {
		if _, err := repo.RestoreTo(ctx, repo.entry(q.ID), Restore{Server: secret.New(job.URL), Database: q.Database, Jobs: q.Jobs}); err != nil {
			return 1
		}
		return 0
	}
	if _, err := repo.Create(ctx, Request{URL: secret.New(job.URL)}); err != nil {
		return 1
	}
	return 0
}

func startHelper(t *testing.T, job helperJob) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), helperEnv+"="+string(text))
	require.NoError(t, cmd.Start())
	return cmd
}

// TestKill_WhileTheDumpWaits kills the parent while pg_dump waits for a locked table: it
// reads and writes nothing then, so only the parent-death signal can end it.
func TestKill_WhileTheDumpWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pidFile := filepath.Join(t.TempDir(), "pid")
	tools := fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac
		echo $$ > `+pidFile+`.new; mv `+pidFile+`.new `+pidFile+`; exec $REAL "$@"`)
	ctx := t.Context()
	conn := b.connect(t)
	_, err := conn.Exec(ctx, `BEGIN; LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)

	cmd := startHelper(t, helperJob{Dir: b.dir, URL: b.url.Reveal(), Tools: tools})
	eventually(t, "the dump runs", func() bool { _, err := os.Stat(pidFile); return err == nil })
	text, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(child, 0))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	killed := time.Now()
	eventually(t, "the child has gone", func() bool { return gone(child) })
	require.Less(t, time.Since(killed), 5*time.Second)

	list, err := b.repo.List()
	require.NoError(t, err)
	require.Empty(t, list)
	require.NotEmpty(t, files(t, b.dir), "the killed run left its partial file")
	_, err = conn.Exec(ctx, "ROLLBACK")
	require.NoError(t, err)
	e := b.create(t, b.request())
	require.Len(t, files(t, b.dir), 3, "and the next run swept it")
	report, err := b.repo.Verify(ctx, e, Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
}

// TestKill_AtAnyMoment kills at spread moments; whatever is listed afterwards must be good.
func TestKill_AtAnyMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	started := time.Now()
	require.NoError(t, startHelper(t, helperJob{Dir: b.dir, URL: b.url.Reveal()}).Wait())
	whole := time.Since(started)
	const trials = 16
	for trial := range trials {
		cmd := startHelper(t, helperJob{Dir: b.dir, URL: b.url.Reveal()})
		signal := syscall.SIGKILL
		if trial%2 == 1 {
			signal = syscall.SIGTERM
		}
		timer := time.AfterFunc(whole*time.Duration(trial+1)/trials, func() { _ = cmd.Process.Signal(signal) })
		_ = cmd.Wait()
		timer.Stop()
		list, err := b.repo.List()
		require.NoError(t, err)
		for _, e := range list {
			require.Equal(t, StateGood, e.State, e.Problem)
		}
	}
	b.create(t, b.request())
	list, err := b.repo.List()
	require.NoError(t, err)
	require.Len(t, files(t, b.dir), 3*len(list), "no residue after the next run")
	for _, e := range list {
		report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDecode})
		require.NoError(t, err)
		require.True(t, report.OK, report.Problem)
	}
}

// gone reports whether a process has ended; a zombie waiting for its parent counts.
func gone(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(after, "Z")
}
