// Package recovery executes the recovery guide: every command of docs/recovery.md, in order, in one shell,
// against a server of its own.
package recovery

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/pgserver"
)

// programEnv makes this test binary the program; it reaches the receiver, which starts the program again.
const programEnv = "AXISOR_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) == "" {
		os.Exit(m.Run())
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

func TestGuide(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "axisor-guide-*") // the server's account cannot enter t.TempDir
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "server"), Settings: map[string]string{"full_page_writes": "on"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
		require.NoError(t, os.RemoveAll(dir))
	})
	bin := filepath.Join(dir, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "axisor")))
	work := filepath.Join(dir, "work")
	require.NoError(t, os.Mkdir(work, 0o755))

	guide, err := os.ReadFile("../../docs/recovery.md")
	require.NoError(t, err)
	script := "set -eu -o pipefail\n" +
		// Whatever happens, nothing of it stays behind.
		`trap 'axisor backup wal stop -q || true; kill -INT $(head -n 1 "$RECOVERED/postmaster.pid" 2>/dev/null) 2>/dev/null || true' EXIT` + "\n" +
		`createdb -h "$SOCKET" -U postgres "$DATABASE"; axisor migrate up; axisor user create --email ana@example.com --username ana --no-password` + "\n" +
		"set -x\n" + strings.Join(blocks(string(guide)), "\n") + elsewhere
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", script)
	c.Dir = work
	c.WaitDelay = 10 * time.Second
	address := url.URL{Scheme: "postgres", Host: "", Path: "/axisor", RawQuery: url.Values{"host": {s.SocketDir()}, "user": {"postgres"}}.Encode()}
	c.Env = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + work, programEnv + "=1", "DATABASE=axisor", "SOCKET=" + s.SocketDir(),
		"DATABASE_URL=" + address.String(), "RECOVERED=" + filepath.Join(dir, "recovered"), "ENCRYPTION_KEY=" + clitest.Key, "USER=tester",
		"AXISOR_BACKUP_DIRECTORY=" + filepath.Join(work, "backups"),
	}
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
}

// elsewhere follows the guide: a standby finds the log on a target, and a server that archives to one.
const elsewhere = `
mkdir other; code() { c=0; "$@" || c=$?; echo $c; }
S=$(basename "$(ls -d offsite/wal/*)"); F=$(basename "$(ls offsite/wal/"$S"/00000001/*.zst | head -n 1)" .zst)
axisor backup wal fetch "$F" "$F" --directory "$PWD/nothing-here" --system "$S"
test "$(code axisor backup wal fetch 00000009.history none --directory "$PWD/nothing-here" --system "$S" | tail -n 1)" = 3
mv offsite offsite-away
test "$(code axisor backup wal fetch "$F" again --directory "$PWD/nothing-here" --system "$S" | tail -n 1)" = 11
mv offsite-away offsite
AXISOR_BACKUP_TARGETS="$PWD/other" axisor backup wal archive "$F" --push --directory "$PWD/third"
test -s "other/wal/$S/00000001/$F.zst" && test -s "third/wal/$S/00000001/$F.zst"
AXISOR_BACKUP_TARGETS="$PWD/other" axisor backup wal archive "$F" --push --directory "$PWD/third"
test "$(AXISOR_BACKUP_TARGETS="$PWD/away" code axisor backup wal archive "$F" --push --directory "$PWD/third" | tail -n 1)" = 11
`

// blocks are the commands of the guide.
func blocks(text string) []string {
	var out []string
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "\n```sh\n")
		if !ok {
			return out
		}
		block, tail, _ := strings.Cut(after, "\n```")
		out, rest = append(out, block), tail
	}
}
