package payment_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lightningsim"
)

// made is a moment at which the derived examples can still be paid.
var made = time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)

func example(t *testing.T, id string) (invoice, preimage string) {
	t.Helper()
	raw, err := os.ReadFile("../../pkg/bolt11/testdata/examples.json")
	require.NoError(t, err)
	var all struct {
		Valid []struct{ ID, Invoice, Preimage string } `json:"valid"`
	}
	require.NoError(t, json.Unmarshal(raw, &all))
	for _, x := range all.Valid {
		if x.ID == id {
			return x.Invoice, x.Preimage
		}
	}
	require.Fail(t, "no example "+id)
	return "", ""
}

const basic = "plan_29000_sat_default_expiry"

func program(t *testing.T, env ...string) *clitest.Program {
	t.Helper()
	p := clitest.WithDB(t, env...)
	p.Now = func() time.Time { return made }
	p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password")
	return p
}

func create(t *testing.T, p *clitest.Program, id string) string {
	t.Helper()
	invoice, _ := example(t, id)
	return strings.TrimSpace(p.OK("payment", "create", "ana", "--plan", "basic", "--invoice", invoice, "-q").Stdout)
}

// The fields are a contract: they are typed here a second time on purpose.
func TestFields(t *testing.T) {
	t.Parallel()
	p := program(t)
	id := create(t, p, basic)
	one := p.OK("payment", "show", id, "-o", "json").JSON()
	for _, f := range []string{
		"id", "user_id", "user_email", "amount_sats", "status", "plan_type", "description", "payment_method", "payment_hash",
		"lightning_invoice", "preimage", "expiry_seconds", "amount", "evidence", "late", "duplicate_of", "expires_at", "paid_at",
		"created_at", "updated_at", "settlement", "refund", "findings",
	} {
		require.Contains(t, one, f)
		delete(one, f)
	}
	require.Empty(t, one)
}

func TestLife(t *testing.T) {
	t.Parallel()
	p := program(t)
	invoice, secret := example(t, basic)
	dry := p.OK("payment", "create", "ana", "--plan", "basic", "--invoice", invoice, "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, dry["dry_run"])
	require.Empty(t, p.OK("payment", "list", "-o", "json").Items())

	id := create(t, p, basic)
	require.Equal(t, "payment_exists", p.Fails(4, "payment", "create", "ana", "--plan", "basic", "--invoice", invoice, "-o", "json").Error()["code"])
	require.Equal(t, "already_exists", p.OK("payment", "create", "ana", "--plan", "basic", "--invoice", invoice, "--if-not-exists", "-o", "json").JSON()["result"])
	for _, ref := range []string{id, invoice, strings.ToUpper(invoice)} {
		require.Equal(t, id, p.OK("payment", "show", ref, "-o", "json").JSON()["id"])
	}
	hash, _ := p.OK("payment", "show", id, "-o", "json").JSON()["payment_hash"].(string)
	require.Equal(t, id, p.OK("payment", "get", hash, "-o", "json").JSON()["id"])
	require.Contains(t, p.OK("payment", "list").Stdout, "pending")

	require.Equal(t, "preimage_mismatch", p.Fails(4, "payment", "settle", id, "--preimage", strings.Repeat("ab", 32), "-o", "json").Error()["code"])
	require.Equal(t, "invalid_preimage", p.Fails(2, "payment", "settle", id, "--preimage", "xyz", "-o", "json").Error()["code"])
	p.Fails(2, "payment", "settle", id)
	p.Fails(2, "payment", "settle", id, "--force")
	p.Fails(2, "payment", "settle", id, "--preimage", secret, "--late")
	p.Fails(3, "payment", "settle", "nothing", "--preimage", secret)
	paid := p.OK("payment", "settle", id, "--preimage", secret, "-o", "json").JSON()
	require.Equal(t, []any{"paid", "updated", "free", "basic", "preimage"}, []any{paid["status"], paid["result"], paid["plan_before"], paid["plan_after"], paid["evidence"]})
	again := p.OK("payment", "settle", id, "--preimage", secret)
	require.Contains(t, again.Stderr, "already paid")
	require.Equal(t, "basic", p.OK("user", "show", "ana", "-o", "json").JSON()["plan_type"])
	require.Len(t, p.OK("audit", "list", "--action", "payment.settle", "-o", "json").Items(), 1)

	p.Fails(4, "payment", "fail", id)
	require.Contains(t, p.Fails(2, "payment", "refund", id).Stderr, "--reason")
	back := p.OK("payment", "refund", id, "--reason", "paid twice", "--plan", "free", "-o", "json").JSON()
	require.Equal(t, "refunded", back["status"])
	require.Equal(t, "free", p.OK("user", "show", "ana", "-o", "json").JSON()["plan_type"])
	r := p.OK("payment", "show", id, "-o", "json").JSON()
	require.EqualValues(t, 29000, r["refund"].(map[string]any)["amount_sats"])
	require.Contains(t, p.OK("payment", "show", id).Stdout, "paid twice")
	p.Fails(4, "payment", "refund", id, "--reason", "again")
}

func TestSettle_FiftyCommandsAtOnce(t *testing.T) {
	t.Parallel()
	p := program(t)
	id := create(t, p, basic)
	_, secret := example(t, basic)
	var mu sync.Mutex
	results := map[any]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			r := p.Run("payment", "settle", id, "--preimage", secret, "-o", "json")
			var v map[string]any
			if r.Code != 0 || json.Unmarshal([]byte(r.Stdout), &v) != nil {
				t.Errorf("exit %d: %s", r.Code, r.Stderr)
			}
			mu.Lock()
			results[v["result"]]++
			mu.Unlock()
		})
	}
	wg.Wait()
	require.Equal(t, map[any]int{"updated": 1, "unchanged": 49}, results)
	require.Len(t, p.OK("audit", "list", "--action", "payment.settle", "-o", "json").Items(), 1)
}

func TestExpireAndLate(t *testing.T) {
	t.Parallel()
	p := program(t)
	id := create(t, p, basic)
	other := create(t, p, "plan_29000_sat_expiry_900")
	require.Contains(t, p.OK("payment", "expire").Stderr, "0 payments expired")
	p.Now = func() time.Time { return made.Add(2 * time.Hour) }
	require.Len(t, p.OK("payment", "list", "--overdue", "-o", "json").Items(), 2)
	require.EqualValues(t, 2, p.OK("payment", "expire", "-n", "-o", "json").JSON()["expired"])
	require.EqualValues(t, 1, p.OK("payment", "expire", "--grace", "1h30m", "-o", "json").JSON()["expired"], "the one of 900 seconds")
	require.Equal(t, id+"\n", p.OK("payment", "expire", "-q").Stdout)
	require.EqualValues(t, 0, p.OK("payment", "expire", "-o", "json").JSON()["expired"])
	require.Len(t, p.OK("payment", "list", "--status", "expired", "-o", "json").Items(), 2)

	_, secret := example(t, basic)
	require.Equal(t, "payment_late", p.Fails(4, "payment", "settle", id, "--preimage", secret, "-o", "json").Error()["code"])
	late := p.OK("payment", "settle", id, "--preimage", secret, "--late", "--reason", "ticket 812", "-o", "json").JSON()
	require.Equal(t, true, late["late"])
	p.Fails(4, "payment", "fail", other)

	stats := p.OK("payment", "stats", "-o", "json").Items()
	require.EqualValues(t, 29000, stats[0]["revenue_sats"])
	require.InDelta(t, 0.5, stats[0]["conversion"], 1e-9)
	require.InDelta(t, 7200, stats[0]["time_to_pay_median_seconds"], 1)
	for by, group := range map[string]string{"day": "2026-01-01", "month": "2026-01", "plan": "basic", "method": "lightning"} {
		items := p.OK("payment", "stats", "--by", by, "-o", "json").Items()
		require.Len(t, items, 1)
		require.Equal(t, group, items[0]["group"])
	}
	empty := p.OK("payment", "stats", "--plan", "pro", "-o", "json").Items()
	require.Nil(t, empty[0]["conversion"], "not computable is not 0")
}

func TestCheckAndExport(t *testing.T) {
	t.Parallel()
	p := program(t)
	create(t, p, basic)
	require.Contains(t, p.OK("payment", "check").Stderr, "payments checked: 1")
	hostile, _ := example(t, "description_with_control_and_markup")
	p.OK("payment", "create", "ana", "--plan", "pro", "--invoice", hostile)
	require.NotContains(t, p.OK("payment", "list").Stdout, "\x1b")
	require.Contains(t, p.OK("payment", "list").Stdout, `\x1b[31m`)
	p.OK("payment", "create", "ana", "--plan", "pro", "--invoice", mustExample(t, "nano_amount_not_shortest"), "--description", "=1+1")
	lines := strings.Split(strings.TrimSpace(p.OK("payment", "export", "--columns", "plan_type,description").Stdout), "\n")
	require.ElementsMatch(t, []string{"plan_type,description", "basic,axisor plan basic", "pro,\x1b[31mred\x1b[0m <b>x</b>", "pro,'=1+1"}, lines)
	require.Len(t, strings.Split(strings.TrimSpace(p.OK("payment", "export", "-o", "jsonl").Stdout), "\n"), 3)

	one, ok := p.OK("payment", "list", "--limit", "1", "-o", "json").Items()[0]["id"].(string)
	require.True(t, ok)
	require.Contains(t, p.OK("payment", "check", one).Stderr, "payments checked: 1")
	p.Fails(3, "payment", "check", one, "nothing")

	wrong := p.With("AXISOR_PAYMENTS_NETWORK=regtest")
	r := wrong.Run("payment", "check", "-o", "json")
	require.Equal(t, 8, r.Code)
	require.Len(t, r.Items(), 3)
	require.Equal(t, "wrong_network", r.Items()[0]["finding"])
	require.Contains(t, wrong.Fails(2, "payment", "create", "ana", "--plan", "pro", "--invoice", mustExample(t, "n_field_low_s")).Stderr, "mainnet")
}

func mustExample(t *testing.T, id string) string {
	t.Helper()
	invoice, _ := example(t, id)
	return invoice
}

func TestDecode_NeedsNothing(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_URL=postgres://nobody@127.0.0.1:1/none")
	invoice, _ := example(t, "description_with_control_and_markup")
	r := p.OK("payment", "decode", "lightning:"+invoice)
	require.Contains(t, r.Stdout, `\x1b[31mred`)
	require.NotContains(t, r.Stdout, "\x1b")
	require.EqualValues(t, 29000, p.Input(invoice+"\n").OK("payment", "decode", "-", "-o", "json").JSON()["amount_sats"])
	require.Equal(t, "invoice_bad_checksum", p.Fails(2, "payment", "decode", invoice[:len(invoice)-1], "-o", "json").Error()["code"])
	require.Contains(t, p.OK("payment", "decode", mustExample(t, "pico_amount_one_week_cltv10_route_hint")).Stdout, "589390x3312x1")
}

func TestReconcileAndInvoice(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lnd", "lnbits"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := lightningsim.NewServer(t, func() time.Time { return made })
			p := program(t)
			p.Fails(10, "payment", "reconcile")
			p.Fails(10, "payment", "invoice", "ana", "--plan", "pro", "--backend", name)
			macaroon, err := hex.DecodeString(lightningsim.Macaroon)
			require.NoError(t, err)
			write := func(file string, data []byte, mode os.FileMode) string {
				path := filepath.Join(p.Dir, file)
				require.NoError(t, os.WriteFile(path, data, mode))
				require.NoError(t, os.Chmod(path, mode))
				return path
			}
			p = p.With("AXISOR_PAYMENTS_BACKEND="+name, "AXISOR_PAYMENTS_LND_URL="+sim.URL, "AXISOR_PAYMENTS_LNBITS_URL="+sim.URL,
				"AXISOR_PAYMENTS_LND_MACAROON_FILE="+write("lnd.macaroon", macaroon, 0o600),
				"AXISOR_PAYMENTS_LNBITS_KEY_FILE="+write("lnbits.key", []byte(lightningsim.LNbitsKey+"\n"), 0o600),
				"AXISOR_PAYMENTS_NODE_ID="+sim.NodeID())

			plan := p.OK("payment", "invoice", "ana", "--plan", "pro", "-n", "-o", "json").JSON()
			require.Equal(t, true, plan["dry_run"])
			one := p.OK("payment", "invoice", "ana", "--plan", "pro", "-o", "json").JSON()
			require.EqualValues(t, 500000, one["amount_sats"])
			require.Equal(t, sim.NodeID(), p.OK("payment", "decode", one["lightning_invoice"].(string), "-o", "json").JSON()["payee_node_id"])
			require.EqualValues(t, 0, p.OK("payment", "reconcile", "-o", "json").JSON()["open"])

			require.NoError(t, sim.Settle(one["payment_hash"].(string), made.Add(time.Minute), 0))
			r := p.Run("payment", "reconcile", "-o", "json")
			require.Equal(t, 8, r.Code)
			require.Equal(t, "payments_differ", r.Error()["code"])
			require.Equal(t, "settle", r.JSON()["items"].([]any)[0].(map[string]any)["class"])
			require.Contains(t, p.Run("payment", "reconcile").Stdout, "settled")
			require.EqualValues(t, 1, p.OK("payment", "reconcile", "--apply", "-o", "json").JSON()["applied"])
			require.EqualValues(t, 0, p.OK("payment", "reconcile", "--apply", "-o", "json").JSON()["applied"])
			require.Equal(t, "pro", p.OK("user", "show", "ana", "-o", "json").JSON()["plan_type"])

			foreign, err := sim.Add(5000, "rent", time.Hour)
			require.NoError(t, err)
			paid := hex.EncodeToString(foreign.Hash[:])
			require.NoError(t, sim.Settle(paid, made.Add(time.Minute), 0))
			require.Contains(t, p.Fails(8, "payment", "reconcile").Stdout, "node_only")
			p.Fails(2, "payment", "reconcile", "--ignore", paid)
			require.Contains(t, p.Fails(3, "payment", "reconcile", "--ignore", strings.Repeat("ab", 32), "--reason", "rent").Stderr, "axisor payment reconcile --rescan")
			require.Contains(t, p.OK("payment", "reconcile", "--ignore", paid, "--reason", "rent", "-n").Stderr, "would be ignored")
			require.Contains(t, p.OK("payment", "reconcile", "--ignore", paid, "--reason", "rent").Stderr, "is ignored from now on")
			require.Equal(t, []any{}, p.OK("payment", "reconcile", "-o", "json").JSON()["items"])
			require.Equal(t, "foreign", p.OK("payment", "reconcile", "--all", "-o", "json").JSON()["items"].([]any)[0].(map[string]any)["class"])

			sim.Fail(lightningsim.Fault{Status: 500})
			require.Equal(t, "node_unavailable", p.Fails(11, "payment", "reconcile", "-o", "json").Error()["code"])
			require.Equal(t, "invoice_unknown", p.Fails(11, "payment", "invoice", "ana", "--plan", "lifetime", "-o", "json").Error()["code"])
			sim.Heal()
			sim.Fail(lightningsim.Fault{Status: 401})
			require.Equal(t, "node_refused_key", p.Fails(6, "payment", "reconcile", "-o", "json").Error()["code"])

			write("lnd.macaroon", macaroon, 0o644)
			write("lnbits.key", []byte(lightningsim.LNbitsKey+"\n"), 0o644)
			require.Contains(t, p.Fails(10, "payment", "reconcile").Stderr, "others can open")
		})
	}
}
