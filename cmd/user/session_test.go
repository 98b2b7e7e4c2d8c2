package user_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

func TestSession_ListAndRevoke(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana, bob := create(p, "ana")["id"].(string), create(p, "bob")["id"].(string)
	require.Equal(t, "no sessions found\n", p.OK("user", "session", "list", "ana").Stderr)
	a, b := factory.Session(t, db, ana), factory.Session(t, db, ana)
	other := factory.Session(t, db, bob)
	factory.Session(t, db, ana, func(r *models.RefreshToken) { r.ExpiresAt = db.Now().Add(-time.Hour) })

	r := p.OK("user", "sessions", "list", "ana", "-o", "json")
	require.Len(t, r.Items(), 3)
	require.NotContains(t, r.Stdout, a.Token)
	require.NotContains(t, keys(r.Items()[0]), "token")
	require.Len(t, p.OK("user", "session", "list", "ana", "--live", "-o", "json").Items(), 2)

	p.Fails(2, "user", "session", "revoke", "ana")
	p.Fails(2, "user", "session", "revoke", "ana", a.ID, "--all")
	require.Equal(t, "session_not_found", p.Fails(3, "user", "session", "revoke", "ana", other.ID, "-o", "json").Error()["code"])
	p.Fails(3, "user", "session", "revoke", "carl", "--all")

	require.EqualValues(t, 2, p.OK("user", "session", "revoke", "ana", "--all", "-n", "-o", "json").JSON()["revoked"])
	require.Equal(t, []any{a.ID}, p.OK("user", "session", "revoke", "ana", a.ID, "-o", "json").JSON()["session_ids"])
	require.Equal(t, "unchanged", p.OK("user", "session", "revoke", "ana", a.ID, "-o", "json").JSON()["result"])
	require.Equal(t, []any{b.ID}, p.OK("user", "session", "revoke", "ana", "--all", "-o", "json").JSON()["session_ids"])
	require.Len(t, p.OK("user", "session", "list", "bob", "--live", "-o", "json").Items(), 1, "nobody else's")
	require.Equal(t, "updated", p.OK("user", "session", "revoke", "bob", "--all", "-o", "json").JSON()["result"])
}

// The web application keeps its session in a column that the design does not have.
func TestSession_RevokeAllReachesTheWebApplication(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana")
	require.NoError(t, db.Gorm(t.Context()).Exec(`ALTER TABLE "User" ADD session_expires_at timestamp(6) DEFAULT now() + interval '7 days'`).Error)
	p.OK("user", "session", "revoke", "ana", "--all")
	var past bool
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT session_expires_at < now() AT TIME ZONE 'UTC' FROM "User"`).Scan(&past).Error)
	require.True(t, past)
}

func TestSession_Prune(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	ago := func(d time.Duration) time.Time { return db.Now().Add(-d) }
	live := factory.Session(t, db, ana)
	factory.Session(t, db, ana, func(r *models.RefreshToken) { r.ExpiresAt = ago(time.Hour) })
	factory.Session(t, db, ana, func(r *models.RefreshToken) { r.ExpiresAt = ago(40 * 24 * time.Hour) })
	factory.Session(t, db, ana, func(r *models.RefreshToken) { r.IsRevoked, r.CreatedAt = true, ago(time.Hour) })

	require.EqualValues(t, 3, p.OK("user", "session", "prune", "-n", "-o", "json").JSON()["deleted"])
	require.EqualValues(t, 1, p.OK("token", "prune", "--older-than", "30d", "-o", "json").JSON()["deleted"])
	v := p.OK("user", "session", "prune", "-o", "json").JSON()
	require.Equal(t, []any{1.0, 1.0}, []any{v["expired"], v["revoked"]})
	require.Equal(t, "unchanged", p.OK("tokens", "prune", "-o", "json").JSON()["result"])
	require.Equal(t, live.ID+"\n", p.OK("user", "session", "list", "ana", "-q").Stdout)
	require.Len(t, p.OK("audit", "list", "--action", "session.prune", "-o", "json").Items(), 2)
	p.Fails(2, "token", "prune", "--older-than", "soon")
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	furnished(t, p, db, "bob")
	at := db.Now().Add(-time.Hour).Truncate(time.Second)
	for i := range 30 { // many at one instant: the order must still be total
		factory.Trade(t, db, ana, func(l *models.TradeLog) { l.ExecutedAt = at.Add(-time.Duration(i/10) * time.Minute) })
	}
	factory.Session(t, db, ana, func(r *models.RefreshToken) { r.CreatedAt = at })
	factory.Payment(t, db, ana, func(x *models.Payment) {
		x.CreatedAt, x.PaidAt, x.Status = at.Add(-time.Minute), new(at), models.PaymentPaid
	})
	all := p.OK("user", "timeline", "ana", "--all", "-o", "json").Items()
	require.Len(t, all, 34)
	require.Equal(t, "user.create", all[0]["action"])
	require.Equal(t, []string{"action", "at", "details", "id", "source", "status"}, keys(all[0]))
	for i := 1; i < len(all); i++ {
		require.GreaterOrEqual(t, all[i-1]["at"], all[i]["at"])
	}
	var paged []map[string]any
	cursor := ""
	for range 10 {
		args := []string{"user", "timeline", "ana", "--limit", "7", "-o", "json"}
		if cursor != "" {
			args = append(args, "--cursor", cursor)
		}
		r := p.OK(args...)
		paged = append(paged, r.Items()...)
		next := r.JSON()["page"].(map[string]any)["next_cursor"]
		if next == nil {
			break
		}
		cursor = next.(string)
	}
	require.Equal(t, all, paged)
	require.Len(t, p.OK("user", "timeline", "ana", "--source", "payment,session", "-o", "json").Items(), 3)
	require.Len(t, p.OK("user", "timeline", "ana", "--since", "30m", "-o", "json").Items(), 1)
	require.Contains(t, p.OK("user", "timeline", "ana", "--limit", "3").Stdout, "user.create")
	require.Equal(t, "no events found\n", p.OK("user", "timeline", "ana", "--until", "2001-01-01").Stderr)
	p.Fails(2, "user", "timeline", "ana", "--cursor", "nonsense")
	p.Fails(2, "user", "timeline", "ana", "--source", "mail")
	p.Fails(2, "user", "timeline", "ana", "--follow", "-o", "json")
	p.Fails(2, "user", "timeline", "ana", "--follow", "--all")
	p.Fails(3, "user", "timeline", "carl")
}

func TestTimeline_Follow(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	create(p, "ana")
	done := make(chan clitest.Result, 1)
	go func() {
		done <- p.Run("user", "timeline", "ana@example.com", "--follow", "--interval", "100ms", "-o", "jsonl", "--timeout", "6s")
	}()
	p.OK("user", "update", "ana", "--username", "anna")
	p.OK("user", "unlock", "ana@example.com")
	p.OK("user", "disable", "anna")
	r := <-done
	require.Equal(t, 11, r.Code, "it ends only when told: %s", r.Stderr)
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	for _, want := range []string{"user.create", "user.update", "user.disable", "USER_DISABLED"} {
		require.Equal(t, 1, strings.Count(r.Stdout, `"`+want+`"`), want)
	}
	require.Len(t, lines, 4)
	require.Contains(t, lines[0], "user.create", "oldest first")
}
