package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
)

func TestServer_SizesIndexesAndActivity(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	s, err := db.Server(t.Context())
	require.NoError(t, err)
	require.Equal(t, "public", s.Schema)
	require.NotContains(t, s.Version, "(")
	require.Positive(t, s.Bytes)

	sizes, err := db.TableSizes(t.Context())
	require.NoError(t, err)
	require.Greater(t, len(sizes), 20)
	require.GreaterOrEqual(t, sizes[0].AllBytes, sizes[1].AllBytes)

	indexes, err := db.IndexStates(t.Context())
	require.NoError(t, err)
	covered := map[string]string{}
	for _, i := range indexes {
		require.True(t, i.Valid, i.Name)
		if i.CoveredBy != "" {
			covered[i.Name] = i.CoveredBy
		}
	}
	require.Equal(t, "User_email_key", covered["idx_user_email"])
	require.Equal(t, "idx_tradelog_user_executed", covered["idx_tradelog_user_id"])
	require.Equal(t, "idx_security_audit_user_id", covered["idx_security_audit_log_user_id"])
	require.NotContains(t, covered, "idx_payment_pending", "one with a condition is not the same")
	t.Logf("%d duplicates", len(covered))

	blocker, err := db.SQL().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer blocker.Rollback()
	_, err = blocker.ExecContext(t.Context(), `LOCK TABLE "Plan"; SELECT 'secret'`)
	require.NoError(t, err)
	go func() { _, _ = db.SQL().ExecContext(t.Context(), `SELECT count(*) FROM "Plan" WHERE name = 'hidden'`) }()
	require.Eventually(t, func() bool {
		sessions, err := db.Activity(t.Context(), false)
		if err != nil || len(sessions) < 2 || sessions[0].Blocks != 1 {
			return false
		}
		require.NotContains(t, sessions[0].Query, "secret")
		require.Equal(t, strconv.Itoa(sessions[0].PID), sessions[1].BlockedBy)
		require.NotContains(t, sessions[1].Query, "hidden")
		return true
	}, 20*time.Second, 20*time.Millisecond)
}
