package docs

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/pgserver"
)

// cluster gives the recovery guide a server whose log can be received. It returns commands to run after the guide.
func (s *stage) cluster(t *testing.T) (more string) {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{
		Dir: filepath.Join(filepath.Dir(s.dir), "server"), SegmentMB: 1, Settings: map[string]string{"full_page_writes": "on", "min_wal_size": "2MB"},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, server.Stop(ctx))
	})
	address := url.URL{Scheme: "postgres", Path: "/axisor", RawQuery: url.Values{"host": {server.SocketDir()}, "user": {"postgres"}}.Encode()}
	s.env = append(s.env, "DATABASE=axisor", "SOCKET="+server.SocketDir(), "DATABASE_URL="+address.String(),
		"RECOVERED="+filepath.Join(filepath.Dir(s.dir), "recovered"), "ENCRYPTION_KEY="+clitest.Key,
		"AXISOR_BACKUP_DIRECTORY="+filepath.Join(s.dir, "backups"))
	s.before = `createdb -h "$SOCKET" -U postgres "$DATABASE"; axisor migrate up; axisor user create --email ana@example.com --username ana --no-password`
	s.after = `axisor backup wal stop -q; kill -INT "$(head -n 1 "$RECOVERED/postmaster.pid" 2>/dev/null)" 2>/dev/null`
	return elsewhere
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
