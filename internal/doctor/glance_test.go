package doctor_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func glance(t *testing.T, url string) (doctor.State, string) {
	t.Helper()
	c := &config.Config{}
	c.Database.URL = secret.New(url)
	c.Backup.Directory = t.TempDir()
	in := doctor.Installation{
		Config: func() (*config.Loaded, error) { return &config.Loaded{Config: c}, nil },
		DB: func() (*store.DB, error) {
			db, err := store.Open(store.Options{URL: c.Database.URL})
			if err == nil {
				t.Cleanup(func() { _ = db.Close() })
			}
			return db, err
		},
		Now: time.Now,
	}
	return doctor.Glance(t.Context(), in, 2*time.Second)
}

func TestGlance_FollowsTheWayFromNothing(t *testing.T) {
	t.Parallel()
	state, _ := glance(t, "")
	require.Equal(t, doctor.NoConfig, state)
	state, _ = glance(t, testdb.Empty(t).Reveal())
	require.Equal(t, doctor.NoSchema, state)
	url := testdb.NewURL(t)
	state, _ = glance(t, url.Reveal())
	require.Equal(t, doctor.NoUsers, state)
	db, err := store.Open(store.Options{URL: url})
	require.NoError(t, err)
	defer db.Close()
	u := factory.User(t, db)
	state, _ = glance(t, url.Reveal())
	require.Equal(t, doctor.StaleBackup, state, "nobody wants protection")
	_, err = db.SQL().ExecContext(t.Context(), `INSERT INTO "MarginGuardConfig" (user_id, is_active) VALUES ($1, true)`, u.ID)
	require.NoError(t, err)
	state, text := glance(t, url.Reveal())
	require.Equal(t, doctor.Unprotected, state)
	require.Contains(t, text, "0 of 1 users who want protection have it; first "+u.Username)
	_, err = db.SQL().ExecContext(t.Context(), `UPDATE "MarginGuardConfig" SET is_active = false`)
	require.NoError(t, err)
	state, text = glance(t, url.Reveal())
	require.Equal(t, doctor.StaleBackup, state)
	require.Contains(t, text, "no good backup")
}

// A server that takes the connection and says nothing must not keep the program's bare name waiting.
func TestGlance_NeverHangs(t *testing.T) {
	t.Parallel()
	state, text := glance(t, "postgres://u@127.0.0.1:1/d")
	require.Equal(t, doctor.Unreachable, state)
	require.Contains(t, text, "127.0.0.1:1")

	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	c := &config.Config{}
	c.Database.URL = secret.New("postgres://u@" + l.Addr().String() + "/d")
	in := doctor.Installation{
		Config: func() (*config.Loaded, error) { return &config.Loaded{Config: c}, nil },
		DB:     func() (*store.DB, error) { return store.Open(store.Options{URL: c.Database.URL}) },
		Now:    time.Now,
	}
	began := time.Now()
	state, text = doctor.Glance(t.Context(), in, 50*time.Millisecond)
	require.Equal(t, doctor.Unreachable, state)
	require.Contains(t, text, "did not answer within 50ms")
	require.Less(t, time.Since(began), 10*time.Second)
}
