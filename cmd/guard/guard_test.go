package guard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// stage is the program over a database and a simulated exchange.
type stage struct {
	*clitest.Program
	db  *store.DB
	sim *lnsim.Server
}

func setup(t *testing.T, change ...func(*lnsim.Options)) *stage {
	t.Helper()
	url := testdb.NewURL(t)
	db, err := store.Open(store.Options{URL: url, MaxConnections: 3})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	sim := lnsim.NewServer(t, func(o *lnsim.Options) {
		o.Price = 95000
		for _, c := range change {
			c(o)
		}
	})
	p := clitest.New(t, "DATABASE_URL="+url.Reveal(), "ENCRYPTION_KEY="+clitest.Key,
		"AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=1000", "AXISOR_LNMARKETS_PUBLIC_RPS=1000")
	return &stage{Program: p, db: db, sim: sim}
}

// person makes a user with an account and one position, and returns its trade id.
func (s *stage) person(t *testing.T, name string, key ...string) string {
	t.Helper()
	k := s.sim.NewUser(10_000_000)
	trade := s.sim.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526})
	keys, err := crypto.NewKeyring(secret.New(clitest.Key), nil)
	require.NoError(t, err)
	if len(key) > 0 {
		k.Secret = key[0]
	}
	sealed, err := keys.EncryptFields(crypto.Place{}, map[string]secret.Secret{
		"api_key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
	})
	require.NoError(t, err)
	text, err := json.Marshal(sealed)
	require.NoError(t, err)
	g := s.db.Gorm(t.Context())
	require.NoError(t, g.Exec(`INSERT INTO "User" (email, username, updated_at) VALUES (?, ?, now())`, name+"@example.com", name).Error)
	require.NoError(t, g.Exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active, updated_at)
		SELECT u.id, e.id, ?::jsonb, true, now() FROM "User" u, "Exchange" e WHERE u.username = ? AND e.slug = 'lnmarkets'`,
		string(text), name).Error)
	return trade.ID
}

func (s *stage) guarded(t *testing.T, name string, key ...string) string {
	t.Helper()
	id := s.person(t, name, key...)
	s.OK("guard", "config", "enable", name)
	return id
}

func TestConfig_SetShowListSwitch(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	missing := s.Fails(3, "guard", "config", "show", "anna", "-o", "json")
	require.Equal(t, "guard_config_not_found", missing.Error()["code"])
	s.Fails(3, "guard", "config", "set", "nobody", "--threshold", "10")

	dry := s.OK("guard", "config", "set", "anna", "--threshold", "12.5", "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, dry["dry_run"])
	s.Fails(3, "guard", "config", "show", "anna")

	made := s.OK("guard", "config", "set", "ANNA@example.com", "--threshold", "12.5", "--reason", "first", "-o", "json").JSON()
	require.Equal(t, "created", made["result"])
	require.InDelta(t, 12.5, made["margin_threshold"], 0)
	require.InDelta(t, 20, made["add_margin_percentage"], 0)
	require.Equal(t, "global", made["mode"])
	require.Equal(t, false, made["is_active"])
	require.Equal(t, []any{}, made["selected_positions"])
	require.Nil(t, made["individual_configs"])

	same := s.OK("guard", "config", "set", "anna", "--threshold", "12.5", "-o", "json").JSON()
	require.Equal(t, "unchanged", same["result"])

	id := "6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"
	unit := s.OK("guard", "config", "set", "anna", "--mode", "unit", "--position", strings.ToUpper(id), "-o", "json").JSON()
	require.Equal(t, []any{id}, unit["selected_positions"])
	individual := s.OK("guard", "config", "set", "anna", "--mode", "individual", "--position", id+":15", "--position", "aa-1", "-o", "json").JSON()
	require.Equal(t, []any{}, individual["selected_positions"])
	require.Equal(t, map[string]any{
		id: map[string]any{"enabled": true, "threshold": 15.0}, "aa-1": map[string]any{"enabled": true},
	}, individual["individual_configs"])
	on := s.OK("guard", "config", "enable", "anna", "-o", "json").JSON()
	require.Equal(t, true, on["is_active"])
	require.Equal(t, "individual", on["mode"])
	require.Equal(t, on["individual_configs"], s.OK("guard", "config", "show", "anna", "-o", "json").JSON()["individual_configs"])

	items := s.OK("guard", "config", "list", "--active", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, "anna", items[0]["user"])
	require.Empty(t, s.OK("guard", "configs", "list", "--inactive", "-o", "json").Items())

	var actions []string
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT action FROM "AuditLog" WHERE resource = 'guard_config' ORDER BY created_at`).Scan(&actions).Error)
	require.Equal(t, []string{"guard.config.create", "guard.config.update", "guard.config.update", "guard.config.enable"}, actions)
}

func TestConfig_RefusesBadValues(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	for _, args := range []string{
		"--threshold 0.9", "--threshold 50.1", "--threshold NaN", "--add 0", "--add 100.1", "--mode both",
		"--mode unit", "--mode individual", "--position aa-1", "--mode unit --position pos_1",
		"--mode unit --position aa-1:15", "--mode individual --position aa-1:51", "--mode individual --position aa-1:x",
	} {
		r := s.Fails(2, append([]string{"guard", "config", "set", "anna"}, strings.Fields(args)...)...)
		require.Empty(t, r.Stdout, args)
		require.Contains(t, r.Stderr, "error: ", args)
	}
	var n int64
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT count(*) FROM "MarginGuardConfig"`).Scan(&n).Error)
	require.Zero(t, n)
}

func TestPreviewAndRun(t *testing.T) {
	t.Parallel()
	s := setup(t)
	anna, bob := s.guarded(t, "anna"), s.guarded(t, "bob")
	s.OK("guard", "config", "set", "bob", "--threshold", "5")
	s.sim.MustPrice(91700)

	items := s.OK("guard", "preview", "-o", "json").Items()
	nearest := s.OK("guard", "preview", "--limit", "1", "-o", "json")
	require.Equal(t, items[:1], nearest.Items())
	require.Contains(t, nearest.Stderr, "not shown")
	s.Fails(2, "guard", "preview", "--limit", "0")
	require.Len(t, items, 2)
	require.Equal(t, anna, items[0]["trade_id"], "the nearest to its trigger comes first")
	require.Equal(t, "add", items[0]["verdict"])
	require.InDelta(t, 42105, items[0]["amount_sats"], 0)
	require.InDelta(t, 91711.4, items[0]["trigger_price"], 0)
	require.InDelta(t, 91346, items[0]["liquidation"], 0)
	require.Equal(t, bob, items[1]["trade_id"])
	require.Equal(t, "ok", items[1]["verdict"])
	require.InDelta(t, 9.69, items[0]["way_left"], 0.005)
	table := s.OK("guard", "preview")
	require.Contains(t, table.Stdout, "TRIGGER")
	require.NotContains(t, table.Stdout, "█", "a pipe gets no drawing")
	svg := filepath.Join(t.TempDir(), "distance.svg")
	s.OK("guard", "preview", "--svg", svg)
	drawn, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.Contains(t, string(drawn), "9.69 %, in danger")
	require.Contains(t, string(drawn), "bob, long")
	require.Contains(t, table.Stdout, "long")
	require.Contains(t, table.Stderr, "1 would be added (42105 sats)")

	dry := s.OK("guard", "run", "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, dry["dry_run"])
	require.Nil(t, dry["run_id"])
	require.InDelta(t, 42105, dry["added_sats"], 0)
	require.Empty(t, s.sim.RequestsTo("POST", "/v3/futures/isolated/trade/add-margin"))
	require.Empty(t, s.OK("guard", "history", "-o", "json").Items())

	run := s.OK("guard", "run", "-o", "json").JSON()
	require.ElementsMatch(t, []string{
		"run_id", "started_at", "finished_at", "dry_run", "price", "users", "positions", "triggered", "added",
		"added_sats", "skipped", "failed", "unknown", "items",
	}, keys(run))
	require.InDelta(t, 1, run["added"], 0)
	first := run["items"].([]any)[0].(map[string]any)
	require.ElementsMatch(t, []string{
		"user_id", "account_id", "trade_id", "side", "verdict", "amount_sats", "margin_before", "margin_after",
		"liquidation_before", "liquidation_after", "status", "error",
	}, keys(first))
	require.Equal(t, "applied", first["status"])
	require.Equal(t, "buy", first["side"])
	require.InDelta(t, 252631, first["margin_after"], 0)
	require.InDelta(t, 90649, first["liquidation_after"], 0)
	require.Equal(t, dry["items"].([]any)[0].(map[string]any)["liquidation_after"], first["liquidation_after"])

	trades := s.OK("trade", "list", "--user", "anna", "--action", "add_margin", "-o", "json").Items()
	require.Len(t, trades, 1)
	require.Equal(t, "success", trades[0]["status"])
	require.Equal(t, anna, trades[0]["trade_id"])
	one := s.OK("trade", "show", trades[0]["id"].(string), "-o", "json").JSON()
	require.Equal(t, trades[0], one)
	s.Fails(3, "trade", "show", "nothing")
	history := s.OK("guard", "history", "--user", "anna", "-o", "json").Items()
	require.Equal(t, "applied", history[0]["state"])
	require.Equal(t, run["run_id"], history[0]["run_id"])

	human := s.OK("guard", "run")
	require.Contains(t, human.Stdout, "2 users, 2 positions, 0 in danger, 0 added (0 sats)")
	require.Equal(t, true, s.OK("guard", "status", "-o", "json").JSON()["ok"])
	s.Fails(2, "guard", "run", "--max-sats", "0")
	s.Fails(2, "guard", "run", "--reading", "guess")
	s.Fails(3, "guard", "run", "--user", "nobody")
}

func TestRun_ExitCodes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.guarded(t, "anna")
	s.guarded(t, "bob", "wrong secret")
	s.sim.MustPrice(91700)

	partial := s.Run("guard", "run", "-o", "json")
	require.Equal(t, 7, partial.Code, partial.Stderr)
	require.Equal(t, "guard_partial", partial.Error()["code"])
	require.InDelta(t, 1, partial.JSON()["added"], 0)
	require.InDelta(t, 1, partial.JSON()["failed"], 0)
	require.NotContains(t, partial.Stdout+partial.Stderr, "wrong secret")

	release, err := s.db.LockGuardRun(t.Context(), "somebody else")
	require.NoError(t, err)
	locked := s.Fails(13, "guard", "run", "-o", "json")
	require.Empty(t, locked.Stdout)
	require.Contains(t, locked.Error()["message"], "somebody else")
	release()

	s.Fails(2, "guard", "disable")
	s.OK("guard", "disable", "--reason", "maintenance")
	off := s.Fails(4, "guard", "run", "-o", "json")
	require.Equal(t, "guard_disabled", off.Error()["code"])
	require.Contains(t, off.Error()["message"], "maintenance")
	s.Run("guard", "status")
	require.Equal(t, 8, s.Run("guard", "status").Code)
	s.OK("guard", "enable", "--reason", "over")

	s.sim.MustFail(lnsim.Fault{Path: "/v3/time", Count: -1, Status: 400})
	down := s.Fails(11, "guard", "run", "-o", "json")
	require.Empty(t, down.Stdout)
	require.Equal(t, "exchange_unusable", down.Error()["code"])
	s.sim.ClearFaults()

	require.NoError(t, s.sim.SetSkew(time.Minute))
	require.Contains(t, s.Fails(11, "guard", "run").Stderr, "clock")
	require.NoError(t, s.sim.SetSkew(0))

	wrong := s.With("ENCRYPTION_KEY=some-other-key-that-opens-nothing-here").Run("guard", "run", "-o", "json")
	require.Equal(t, 6, wrong.Code)
	s.With("ENCRYPTION_KEY=").Fails(10, "guard", "run")
}

func TestTradeList_Pages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	require.NoError(t, s.db.Gorm(t.Context()).Exec(`
		INSERT INTO "TradeLog" (user_id, trade_id, status, action, executed_at)
		SELECT u.id, 't' || n, CASE WHEN n % 2 = 0 THEN 'success' ELSE 'failed' END, 'add_margin', timestamp '2026-08-01' + n * interval '1 minute'
		FROM "User" u, generate_series(1, 7) n WHERE u.username = 'anna'`).Error)
	var seen []string
	cursor := ""
	for {
		args := []string{"trade", "list", "--limit", "3", "-o", "json"}
		if cursor != "" {
			args = append(args, "--cursor", cursor)
		}
		r := s.OK(args...)
		for _, i := range r.Items() {
			seen = append(seen, fmt.Sprint(i["trade_id"]))
		}
		next := r.JSON()["page"].(map[string]any)["next_cursor"]
		if next == nil {
			break
		}
		cursor = next.(string)
	}
	require.Equal(t, []string{"t7", "t6", "t5", "t4", "t3", "t2", "t1"}, seen)
	require.Len(t, s.OK("trade", "list", "--status", "success", "-o", "json").Items(), 3)
	require.Len(t, s.OK("trade", "list", "--since", "2026-08-01T00:03:00Z", "--until", "2026-08-01T00:05:00Z", "-o", "json").Items(), 2)
	s.Fails(3, "trade", "list", "--automation", "none")
	s.Fails(3, "trade", "list", "--user", "nobody")
	require.Contains(t, s.OK("trades", "ls").Stdout, "add_margin")
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestResolve_AnUnexplainedChange(t *testing.T) {
	t.Parallel()
	s := setup(t)
	trade := s.guarded(t, "anna")
	s.sim.MustPrice(91700)
	g := s.db.Gorm(t.Context())
	// An addition whose answer was lost, and a margin that somebody else changed since.
	require.NoError(t, g.Exec(`INSERT INTO axisor.guard_intent (user_id, account_id, trade_id, side, amount_sats, margin_before,
		liquidation_before, entry_price, price, threshold, state, planned_at, sent_at, updated_at)
		SELECT u.id, a.id, ?, 'buy', 42105, 200000, 91500, 95000, 91700, 10, 'unknown', now() - interval '10 min',
		       now() - interval '10 min', now() FROM "User" u JOIN "UserExchangeAccounts" a ON a.user_id = u.id`, trade).Error)
	r := s.Run("guard", "run", "-o", "json")
	require.Equal(t, 7, r.Code)
	require.InDelta(t, 1, r.JSON()["unknown"], 0)
	require.InDelta(t, 0, r.JSON()["added"], 0)
	require.Equal(t, 8, s.Run("guard", "status").Code)

	id := s.OK("guard", "history", "--state", "unknown", "-o", "json").Items()[0]["id"].(string)
	s.Fails(2, "guard", "resolve", id, "--reason", "x")
	s.Fails(2, "guard", "resolve", id, "--applied", "--not-applied", "--reason", "x")
	s.Fails(2, "guard", "resolve", id, "--applied")
	s.Fails(3, "guard", "resolve", "nothing", "--applied", "--reason", "x")
	dry := s.OK("guard", "resolve", id, "--not-applied", "--reason", "looked it up", "--dry-run", "-o", "json").JSON()
	require.Equal(t, "not_applied", dry["state"])
	done := s.OK("guard", "resolve", id, "--not-applied", "--reason", "looked it up", "-o", "json").JSON()
	require.Equal(t, "not_applied", done["state"])
	require.Equal(t, "operator: looked it up", done["resolution"])
	require.Equal(t, "unchanged", s.OK("guard", "resolve", id, "--not-applied", "--reason", "again", "-o", "json").JSON()["result"])
	s.Fails(4, "guard", "resolve", id, "--applied", "--reason", "changed my mind")
	require.Len(t, s.OK("trade", "list", "--status", "failed", "-o", "json").Items(), 1)

	require.InDelta(t, 1, s.OK("guard", "run", "-o", "json").JSON()["added"], 0)
}

func TestExplain_SaysEverything(t *testing.T) {
	t.Parallel()
	s := setup(t)
	id := s.guarded(t, "anna")
	s.sim.MustPrice(91700)
	v := s.OK("guard", "explain", "anna", "-o", "json").JSON()
	require.Equal(t, "anna", v["user"])
	require.Equal(t, true, v["config"].(map[string]any)["is_active"])
	x := v["positions"].([]any)[0].(map[string]any)
	require.Equal(t, id, x["trade_id"])
	require.Equal(t, "add", x["verdict"])
	require.InDelta(t, 42105, x["amount_sats"], 0)
	require.InDelta(t, 90649, x["liquidation_after"], 0)
	require.InDelta(t, 91711.4, x["trigger_price"], 0)
	require.Equal(t, map[string]any{"remaining": 91711.4, "price": 101495.6, "travelled": 94634.6}, x["trigger_prices"])
	require.Equal(t, false, x["fires_at_entry"])
	require.Empty(t, v["warnings"])

	price := s.OK("guard", "explain", "anna", "--reading", "price", "-o", "json").JSON()
	require.Len(t, price["warnings"], 1)
	require.Contains(t, price["warnings"].([]any)[0], "own entry price")
	require.Contains(t, s.OK("guard", "preview", "--reading", "price").Stderr, "own entry price")

	s.OK("guard", "run")
	after := s.OK("guard", "explain", "anna", "-o", "json").JSON()
	require.Len(t, after["last_additions"], 1)
	require.Empty(t, after["open_additions"])
	text := s.OK("guard", "explain", "anna").Stdout
	for _, part := range []string{"trigger, travelled", "LAST ADDITIONS", "42105", "91700"} {
		require.Contains(t, text, part)
	}

	s.person(t, "bert")
	s.Fails(3, "guard", "explain", "nobody")
	require.Contains(t, s.OK("guard", "explain", "bert", "-o", "json").JSON()["warnings"].([]any)[0], "no guard configuration")
	s.OK("guard", "disable", "anna", "--reason", "on holiday")
	require.Equal(t, "on holiday", s.OK("guard", "explain", "anna", "-o", "json").JSON()["disabled_reason"])
}

func TestBreaker_ListAndReset(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.guarded(t, "anna", "wrong")
	s.guarded(t, "bert")
	require.Empty(t, s.OK("guard", "breaker", "list", "-o", "json").Items())
	for range 3 {
		require.Equal(t, 7, s.Run("guard", "run").Code, "the third run says that a user is without protection")
	}
	items := s.OK("guard", "breaker", "list", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, true, items[0]["open"])
	require.InDelta(t, 1, s.Run("guard", "status", "-o", "json").JSON()["open_breakers"], 0)
	s.Fails(2, "guard", "breaker", "reset")
	s.Fails(3, "guard", "breaker", "reset", "nothing")
	s.OK("guard", "breaker", "reset", items[0]["id"].(string), "--reason", "key renewed")
	require.Empty(t, s.OK("guard", "breaker", "list", "-o", "json").Items())
	s.Fails(7, "guard", "run")
}

func TestConfig_RestoreToAndCross(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.guarded(t, "anna")
	s.Fails(2, "guard", "config", "set", "anna", "--restore-to", "95")
	s.Fails(2, "guard", "config", "set", "anna", "--restore-to", "10")
	v := s.OK("guard", "config", "set", "anna", "--restore-to", "30", "--cross", "-o", "json").JSON()
	require.InDelta(t, 30, v["restore_to"], 0)
	require.Equal(t, true, v["cross_margin"])
	s.Fails(2, "guard", "config", "set", "anna", "--threshold", "35")
	require.Equal(t, "unchanged", s.OK("guard", "config", "set", "anna", "--restore-to", "30", "-o", "json").JSON()["result"])
	require.InDelta(t, 30, s.OK("guard", "config", "list", "-o", "json").Items()[0]["restore_to"], 0)
	v = s.OK("guard", "config", "set", "anna", "--restore-to", "0", "--cross=false", "-o", "json").JSON()
	require.Nil(t, v["restore_to"])
	require.Equal(t, false, v["cross_margin"])
}
