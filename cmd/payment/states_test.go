package payment_test

import (
	"encoding/hex"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// stated reads the table "state" of the operator's guide: verb → state → what becomes of it.
func stated(t *testing.T) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/operator.md")
	require.NoError(t, err)
	table, verbs := map[string]map[string]string{}, []string{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case strings.HasPrefix(line, "| state "):
			verbs = cells
			for _, verb := range verbs[1:] {
				table[verb] = map[string]string{}
			}
		case len(verbs) == 0 || strings.HasPrefix(line, "|-"):
		case !strings.HasPrefix(line, "|"):
			return table
		default:
			for i, cell := range cells[1:] {
				table[verbs[i+1]][cells[0]] = cell
			}
		}
	}
	return table
}

// desk is an installation, its database and a node that makes invoices with known preimages.
type desk struct {
	*clitest.Program
	db   *store.DB
	sim  *lightningsim.Sim
	user string
	sats int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Program: program(t), sats: 1000}
	for _, kv := range d.Env {
		if url, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			var err error
			d.db, err = store.Open(store.Options{URL: secret.New(url), MaxConnections: 2})
			require.NoError(t, err)
			t.Cleanup(func() { d.db.Close() })
		}
	}
	var err error
	d.sim, err = lightningsim.New(lightningsim.Options{Now: func() time.Time { return made.Add(-10 * time.Minute) }})
	require.NoError(t, err)
	d.user = d.OK("user", "show", "ana", "-o", "json").JSON()["id"].(string)
	return d
}

// put stores a payment in a state and returns its id and preimage. Its invoice was made ten minutes ago.
func (d *desk) put(t *testing.T, state string) (id, preimage string) {
	t.Helper()
	d.sats++ // two payments of one amount would be one purchase
	expiry := time.Hour
	if state == "overdue" {
		expiry, state = 5*time.Minute, "pending"
	}
	v, err := d.sim.Add(d.sats*1000, "test", expiry)
	require.NoError(t, err)
	row := models.Payment{
		UserID: d.user, AmountSats: int32(d.sats), LightningInvoice: v.Request, Status: models.PaymentStatus(state), PlanType: models.PlanBasic,
		PaymentHash: new(hex.EncodeToString(v.Hash[:])), ExpiresAt: new(v.CreatedAt.Add(expiry)), CreatedAt: v.CreatedAt, UpdatedAt: v.CreatedAt,
	}
	if state == "paid" || state == "refunded" {
		row.PaidAt = &v.CreatedAt
	}
	require.NoError(t, d.db.CreatePayment(t.Context(), &row))
	return row.ID, hex.EncodeToString(v.Preimage[:])
}

// The table in the operator's guide is what the commands do.
func TestStates_AsTheGuideSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	table := stated(t)
	require.Len(t, table, 6)
	for verb, states := range table {
		require.Len(t, states, 6, verb)
		for state, want := range states {
			id, preimage := d.put(t, state)
			args := map[string][]string{
				"settle":         {"settle", id, "--preimage", preimage},
				"settle --late":  {"settle", id, "--preimage", preimage, "--late", "--reason", "r"},
				"settle --force": {"settle", id, "--force", "--reason", "r"},
				"expire":         {"expire", "--backend", "none"},
				"fail":           {"fail", id},
				"refund":         {"refund", id, "--reason", "r"},
			}[verb]
			code, after := 0, want
			switch want {
			case "refused":
				code, after = 4, strings.Replace(state, "overdue", "pending", 1)
			case "unchanged":
				after = state
			}
			r := d.Run(append([]string{"payment"}, args...)...)
			require.Equal(t, code, r.Code, "%s of a payment that is %s: %s", verb, state, r.Stderr)
			require.Equal(t, after, d.OK("payment", "show", id, "-o", "json").JSON()["status"], "%s of a payment that is %s", verb, state)
		}
	}
}

// A time of payment that the invoice contradicts is refused, for a row that does not know its own expiry too.
func TestSettle_PaidAtAgainstTheInvoice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, preimage := d.put(t, "overdue")
	blank, blankPreimage := d.put(t, "overdue")
	require.NoError(t, d.db.Gorm(t.Context()).Exec(`UPDATE "Payment" SET expires_at = NULL, expiry_seconds = NULL WHERE id = ?`, blank).Error)
	longer, longerPreimage := d.put(t, "overdue")
	require.NoError(t, d.db.Gorm(t.Context()).Exec(`UPDATE "Payment" SET expires_at = expires_at + interval '1 day' WHERE id = ?`, longer).Error)
	settle := func(id, preimage, at string, more ...string) clitest.Result {
		return d.Run(append([]string{"payment", "settle", id, "--preimage", preimage, "--paid-at", at, "-o", "json"}, more...)...)
	}
	for _, more := range [][]string{nil, {"--late", "--reason", "r"}} {
		r := settle(id, preimage, "2025-12-31T23:59:57Z", more...)
		require.Equal(t, 4, r.Code)
		require.Equal(t, "paid_before_invoice", r.Error()["code"])
	}
	require.Equal(t, "paid_before_invoice",
		d.Fails(4, "payment", "settle", id, "--force", "--reason", "r", "--paid-at", "2025-12-31", "-o", "json").Error()["code"])
	for ref, secret := range map[string]string{id: preimage, blank: blankPreimage, longer: longerPreimage} {
		require.Equal(t, "payment_late", settle(ref, secret, "2026-01-01T00:05:01Z").Error()["code"])
		require.Equal(t, false, settle(ref, secret, "2026-01-01T00:04:59Z", "-n").JSON()["late"])
		require.Equal(t, true, settle(ref, secret, "2026-01-01T00:05:01Z", "--late", "--reason", "r").JSON()["late"])
	}
	require.NotContains(t, d.Run("payment", "check").Stdout, "paid_before_invoice")
}

// Who pays again after the plan was taken away gets it again.
func TestSettle_SecondPurchaseAfterTheFirstLostItsEffect(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pay := func() map[string]any {
		d.sats = 2000 // the same purchase
		id, preimage := d.put(t, "pending")
		return d.OK("payment", "settle", id, "--preimage", preimage, "-o", "json").JSON()
	}
	first := pay()
	require.Equal(t, "basic", first["plan_after"])
	require.Equal(t, first["id"], pay()["duplicate_of"], "the user has what was bought")
	d.OK("user", "set-plan", "ana", "free", "--reason", "subscription ended")
	again := pay()
	require.Nil(t, again["duplicate_of"])
	require.Equal(t, []any{"free", "basic"}, []any{again["plan_before"], again["plan_after"]})
}

// A plan that comes or goes with a payment leaves the trail, and the warnings, of user set-plan.
func TestPlan_OfAPaymentIsToldAsASetOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 3 { // one more than the plan basic has
		factory.Account(t, d.db, d.user)
	}
	d.OK("user", "set-plan", "ana", "pro")
	id, preimage := d.put(t, "pending")
	told := map[string]any{}
	said := func(plan string, args ...string) {
		r := d.OK(append(args, "-o", "json")...)
		told[plan] = r.JSON()["over_limits"]
		require.Contains(t, r.Stderr, "over the limit of "+plan+": exchange_accounts: 3 of")
	}
	said("basic", "payment", "settle", id, "--preimage", preimage, "--allow-downgrade")
	said("free", "payment", "refund", id, "--reason", "withdrew", "--plan", "free")
	want := maps.Clone(told)
	d.OK("user", "set-plan", "ana", "pro")
	said("basic", "user", "set-plan", "ana", "basic")
	said("free", "user", "set-plan", "ana", "free")
	require.Equal(t, want, told)

	events := map[any][]any{}
	for _, e := range d.OK("audit", "security", "list", "--user", "ana", "--action", "PLAN_CHANGED", "-o", "json").Items() {
		facts := e["details"].(map[string]any)
		events[facts["plan_after"]] = append(events[facts["plan_after"]], facts["over_limits"])
	}
	for plan := range want {
		require.Len(t, events[plan], 2)
		require.NotEmpty(t, events[plan][0])
		require.Equal(t, events[plan][0], events[plan][1], "by payment and by set-plan: %s", plan)
	}
}
