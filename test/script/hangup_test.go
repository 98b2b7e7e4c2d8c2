package script

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A lost session sends SIGHUP, often twice: from the kernel and from the shell. That is one stop, like SIGTERM.
func TestHangUp_IsOneStop(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.sealAgain(1500)
	p, free := i.hold(func() *process { return i.start(nil, "credential", "rekey") })
	defer free()
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	p.until("it says that it stops", func() bool { return strings.Contains(p.errors(), "stopping after") })
	for range 3 {
		require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	}
	free()
	p.ends(130)
	require.Equal(t, 1, i.count(`SELECT count(*) FROM "AuditLog" WHERE action = 'credential.rekey.batch'`), p.errors())
}

// What has no units is cancelled, and leaves nothing behind.
func TestHangUp_CancelsAWait(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.sealAgain(10)
	p, free := i.hold(func() *process { return i.start(nil, "credential", "rekey") })
	defer free()
	p.interrupt()
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	p.ends(130)
	require.Zero(t, i.count(`SELECT count(*) FROM "AuditLog" WHERE action = 'credential.rekey.batch'`))
}

// nohup asks for the opposite: the work goes on without the session.
func TestHangUp_IgnoredUnderNohup(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.sealAgain(10)
	p, free := i.hold(func() *process {
		program, err := exec.LookPath("axisor")
		require.NoError(t, err)
		p := &process{Cmd: exec.CommandContext(t.Context(), "nohup", program, "credential", "rekey"), t: t}
		p.Env, p.Dir, p.Stdout, p.Stderr = i.env, i.dir, &p.stdout, p
		require.NoError(t, p.Start())
		return p
	})
	defer free()
	for range 2 {
		require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	}
	free()
	p.ends(0)
	require.Equal(t, 1, i.count(`SELECT count(*) FROM "AuditLog" WHERE action = 'credential.rekey.batch'`))
}
