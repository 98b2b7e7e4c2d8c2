package notification_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func TestNotification(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no notification channels found\n", p.OK("notification", "list").Stderr)
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url)})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	ana := p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "-q").Stdout
	p.OK("user", "create", "--email", "bob@example.com", "--username", "bob", "--no-password")
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "Notification" (id, user_id, type, channel_config, is_enabled) VALUES ('one', ?, 'telegram', '{"chatId":"42","token":"hunter2"}', true)`, strings.TrimSpace(ana)).Error)

	items := p.OK("notifications", "list", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, []string{
		"channel_config", "created_at", "id", "is_enabled", "type", "updated_at", "user_id",
	}, slices.Sorted(maps.Keys(items[0])))
	require.NotContains(t, p.OK("notification", "list", "-o", "json").Stdout, "hunter2")
	count := func(args ...string) int {
		return len(p.OK(append([]string{"notification", "list", "-o", "json"}, args...)...).Items())
	}
	require.Equal(t, 1, count("--user", "ANA@example.com", "--type", "telegram"))
	require.Equal(t, 0, count("--user", "bob"))
	require.Equal(t, 0, count("--inactive"))
	require.Equal(t, 0, count("--until", "2001-01-01"))
	require.Contains(t, p.OK("notification", "list").Stdout, "one")
	require.Equal(t, "user_not_found", p.Fails(3, "notification", "list", "--user", "carl", "-o", "json").Error()["code"])
	p.Fails(2, "notification", "list", "--sort", "secret")
}
