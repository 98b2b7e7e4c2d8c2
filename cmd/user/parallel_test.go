package user_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// Many cron jobs that make sure of the same person at once leave one row, and none of them fails.
func TestCreate_IfNotExistsInParallel(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t, "AXISOR_DATABASE_MAX_CONNECTIONS=1")
	const jobs = 100
	results := make([]clitest.Result, jobs)
	gate := make(chan struct{}, 16) // the test server has a limit of connections
	var wg sync.WaitGroup
	for i := range jobs {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			email := "ana@example.com"
			if i%2 == 1 {
				email = "Ana@Example.com"
			}
			results[i] = p.Run("user", "create", "--email", email, "--username", "ana", "--no-password", "--if-not-exists", "-o", "json")
		})
	}
	wg.Wait()
	created := 0
	for _, r := range results {
		require.Equal(t, 0, r.Code, r.Stderr)
		if r.JSON()["result"] == "created" {
			created++
		}
	}
	require.Equal(t, 1, created)
	require.Len(t, p.OK("user", "list", "-o", "json").Items(), 1)
	require.Len(t, p.OK("audit", "list", "-o", "json").Items(), 1)
}
