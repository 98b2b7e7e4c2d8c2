package backup

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTablespaces copies a cluster with a directory outside its own, and recovers it to new places only.
func TestTablespaces(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx := t.Context()
	outside := filepath.Join(c.dir, "outside it")
	require.NoError(t, os.Mkdir(outside, 0o700))
	if c.account != nil {
		require.NoError(t, os.Chown(outside, c.account.UID, c.account.GID))
	}
	c.exec(t, "CREATE TABLESPACE far LOCATION "+quoteLiteral(outside))
	c.exec(t, "CREATE TABLE distant (n int PRIMARY KEY, filler text) TABLESPACE far")
	c.exec(t, "INSERT INTO distant SELECT i, repeat('y', 200) FROM generate_series(1, 5000) i")
	c.commit(t, 1, 5)
	base := c.base(t)
	require.Len(t, base.Manifest.Base.Tablespaces, 1)
	require.Equal(t, outside, base.Manifest.Base.Tablespaces[0].Location)
	c.exec(t, "INSERT INTO distant VALUES (6000, 'after the copy')")
	c.commit(t, 6, 10)
	c.archiveAll(t)

	// A disk that fills up ends the stream, and nothing of it is left.
	left := &atomic.Int64{}
	left.Store(300 << 10)
	small := newRepository(c.repo.o.Directory)
	small.open = func(path string) (stagedFile, error) {
		f, err := openPartial(path)
		return &fullDisk{stagedFile: f, left: left}, err
	}
	_, err := small.Base(ctx, BaseRequest{Request: Request{URL: c.url, Compression: "none"}})
	require.ErrorIs(t, err, ErrNoSpace)
	bases, err := c.repo.Bases()
	require.NoError(t, err)
	require.Len(t, bases, 1)

	o := c.request("recovered", PITRTarget{Latest: true})
	_, err = c.repo.RecoverTo(ctx, o)
	var missing *TablespacesError
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, outside)
	for _, bad := range []map[string]string{
		{outside: outside},
		{outside: filepath.Join(o.Directory, "in")},
		{outside: "relative"},
		{outside: c.server.DataDir()},
		{outside: filepath.Join(c.dir, "new"), "/nowhere": filepath.Join(c.dir, "new2")},
	} {
		o.Tablespaces = bad
		_, err = c.repo.RecoverTo(ctx, o)
		require.Error(t, err, "%v", bad)
		require.NoDirExists(t, o.Directory, "refused before anything was written")
	}

	place := filepath.Join(c.dir, "new place")
	o.Tablespaces = map[string]string{outside: place}
	d, err := c.repo.RecoverTo(ctx, o)
	require.NoError(t, err)
	require.Len(t, c.recovered(t, d), 10)
	b := &bundle{url: d.URL("postgres")}
	require.EqualValues(t, 5001, b.count(t, d.URL("postgres"), "SELECT count(*) FROM distant"))
	require.EqualValues(t, 1, b.count(t, d.URL("postgres"), "SELECT (pg_tablespace_location(oid) = "+quoteLiteral(place)+")::int FROM pg_tablespace WHERE spcname = 'far'"))
	stopServer(t, d)
	names, err := os.ReadDir(place)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	require.EqualValues(t, 5001, b.count(t, c.url, "SELECT count(*) FROM distant"), "the running server kept its own")

	// A failure in the middle leaves neither directory behind.
	archive := filepath.Join(base.dir, base.Manifest.Archive.Name)
	o.Tablespaces = map[string]string{outside: place + "2"}
	plan, err := c.repo.planPITR(ctx, o)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(o.Directory, 0o700))
	flip(t, archive)
	require.Error(t, c.repo.layOut(ctx, plan))
	require.NoError(t, plan.clearSpaces())
	require.NoDirExists(t, place+"2")
}
