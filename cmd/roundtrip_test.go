package cmd_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

// hostilePieces are what files of rows have broken on: ends of lines, quotes, formulas, marks, halves of escapes.
var hostilePieces = []string{
	"a", "\r\n", "\n", "\r", "\"", ",", ";", "\t", "'", "=1", "'=1", "+", "-5", "@x", " ", "ü", "\u0085", "\u2028", "\ufeff", "\\.", `\n`, "\\",
	"sep=;", "\x1b[31m", "\x7f", "\u009b", "\ufffe", "null", "{}", "#", "𝄞", "NaN", "0x1p4", "12:30", "yes", "~",
}

// hostileText is a text of hostile pieces with a limit in bytes, of those that ok takes.
func hostileText(r *rand.Rand, limit int, ok func(string) bool) string {
	var b strings.Builder
	for b.Len() < 3 || r.IntN(4) > 0 {
		if piece := hostilePieces[r.IntN(len(hostilePieces))]; ok == nil || ok(piece) {
			if b.Len()+len(piece) > limit {
				break
			}
			b.WriteString(piece)
		}
	}
	return b.String()
}

const roundTrips = 1000

// maybe is null now and then.
func maybe[T any](r *rand.Rand, v T) *T {
	if r.IntN(4) == 0 {
		return nil
	}
	return &v
}

func hostileUsers(r *rand.Rand) (users []models.User) {
	printable := func(s string) bool { return !strings.ContainsAny(s, "\r\n\t\x1b\x7f\u0085\u009b\u2028 ") }
	visible := func(s string) bool { return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) }
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	for i := range roundTrips {
		u := models.User{
			ID: fmt.Sprintf("%s%d", hostileText(r, 100, visible), i), Email: fmt.Sprintf("u%d@hostile.example", i),
			Username: fmt.Sprintf("%s%04d", hostileText(r, 20, printable), i), PlanType: models.PlanTypes()[r.IntN(len(models.PlanTypes()))],
			IsActive: new(r.IntN(2) == 0), EmailVerified: maybe(r, true), LoginAttempts: maybe(r, int32(r.IntN(9))), LockedUntil: maybe(r, at),
			SocialProvider: maybe(r, hostileText(r, 100, nil)), LastLoginIP: maybe(r, "2001:db8::1"),
			CreatedAt: at.Add(time.Duration(i) * time.Microsecond), UpdatedAt: at,
		}
		if r.IntN(2) == 0 {
			u.Preferences, _ = models.NewJSON(map[string]any{"x": hostileText(r, 100, nil), "n": 1.5})
		}
		users = append(users, u)
	}
	return users
}

func hostileTrades(r *rand.Rand, user string) (trades []models.TradeLog) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	numbers := []float64{0, -1, 1e-9, 0.1, 123456789.125, -21e14, 5e-324, 1.0000000000000002}
	number := func() *float64 { return maybe(r, numbers[r.IntN(len(numbers))]) }
	for i := range roundTrips {
		trades = append(trades, models.TradeLog{
			ID: fmt.Sprintf("%s%d", hostileText(r, 100, nil), i), UserID: user, TradeID: hostileText(r, 200, nil), Status: "success",
			Action: maybe(r, hostileText(r, 200, nil)), PnL: number(), Amount: number(), Price: number(),
			ErrorMessage: maybe(r, hostileText(r, 5000, nil)), ExecutedAt: at.Add(time.Duration(i) * time.Microsecond), CreatedAt: at,
		})
	}
	return trades
}

// TestRoundTrip_HostileRows: what an export or a list writes, an import reads, and each row is what it was, to the byte.
func TestRoundTrip_HostileRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db := w.db.Gorm(t.Context())
	owner := factory.User(t, w.db)
	r := rand.New(rand.NewPCG(18, 5))
	require.NoError(t, db.CreateInBatches(hostileUsers(r), 100).Error)
	require.NoError(t, db.CreateInBatches(hostileTrades(r, owner.ID), 100).Error)
	for noun, c := range map[string]struct{ table, mine string }{
		"user":  {`"User"`, `email LIKE 'u%@hostile.example'`},
		"trade": {`"TradeLog"`, `user_id = '` + owner.ID + `'`},
	} {
		rows := func() (all []string) {
			require.NoError(t, db.Raw(`SELECT row_to_json(t)::text FROM `+c.table+` t WHERE `+c.mine+` ORDER BY id COLLATE "C"`).Scan(&all).Error)
			return all
		}
		want := rows()
		require.Len(t, want, roundTrips)
		for _, out := range []string{"export -o csv", "export -o jsonl", "list --all -o csv", "list --all -o jsonl"} {
			args := append([]string{noun}, strings.Fields(out)...)
			if noun == "trade" {
				args = append(args, "--user", owner.ID)
			} else {
				args = append(args, "--search", "@hostile.example")
			}
			file := w.p.OK(args...).Stdout
			require.NoError(t, db.Exec(`DELETE FROM `+c.table+` WHERE `+c.mine).Error)
			w.p.Input(file).OK(noun, "import", "-")
			got := rows()
			require.Len(t, got, len(want), out)
			for i := range want {
				require.Equal(t, want[i], got[i], out)
			}
		}
	}
}
