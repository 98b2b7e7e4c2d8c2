package store_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func search(t *testing.T, db *store.DB, text string, kinds ...string) []string {
	t.Helper()
	found, err := db.Search(t.Context(), store.Search{Text: text, Kinds: kinds, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, found.GaveUp)
	var out []string
	for _, h := range found.Hits {
		out = append(out, h.Kind+" "+h.Matched+" "+h.ID)
	}
	return out
}

func TestSearch_FindsByWhateverThereIs(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const hash = "00aa11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899"
	raw, err := hex.DecodeString(hash)
	require.NoError(t, err)
	ana := factory.User(t, db, func(u *models.User) {
		u.ID, u.Email, u.Username = "a1b2c3d4-0000-4000-8000-000000000001", "ana@example.com", "Ana_1"
	})
	factory.User(t, db, func(u *models.User) {
		u.ID, u.Email, u.Username = "a1b2ffff-0000-4000-8000-000000000002", "anabel@example.com", "bel"
	})
	account := factory.Account(t, db, ana.ID, func(a *models.UserExchangeAccounts) { a.ID = "acc00000-1" })
	factory.Automation(t, db, ana.ID, account.ID, func(a *models.Automation) { a.ID = "autom000-1" })
	factory.Trade(t, db, ana.ID, func(r *models.TradeLog) { r.ID, r.TradeID = "a1b2dddd-trade", "fedcba98-7654-4321-8000-123456789abc" })
	factory.Payment(t, db, ana.ID, func(p *models.Payment) { p.ID, p.PaymentHash = "pay00000-1", new(hash) })

	require.Equal(t, []string{"user email " + ana.ID, "user email a1b2ffff-0000-4000-8000-000000000002"}, search(t, db, "ANA"))
	require.Equal(t, []string{"user username " + ana.ID}, search(t, db, "Ana_"))
	require.Equal(t, []string{"user id " + ana.ID}, search(t, db, strings.ToUpper(ana.ID)))
	require.Len(t, search(t, db, "a1b2"), 3, "two users and a trade")
	require.Equal(t, []string{"trade id a1b2dddd-trade"}, search(t, db, "a1b2", "trade"))
	require.Equal(t, []string{"account id acc00000-1"}, search(t, db, "acc0"))
	require.Equal(t, []string{"automation id autom000-1"}, search(t, db, "autom"))
	require.Equal(t, []string{"payment payment_hash pay00000-1"}, search(t, db, "00AA11"))
	require.Equal(t, []string{"payment payment_hash pay00000-1"}, search(t, db, base64.StdEncoding.EncodeToString(raw)), "base64")
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "TradeLog" (id, user_id, trade_id, status, executed_at)
		SELECT 'named-trade', id, 'Order_77-XZ', 'success', now() FROM "User" LIMIT 1`).Error)
	require.Equal(t, []string{"trade trade_id named-trade"}, search(t, db, "Order_77-XZ"), "not every id is hex")
	require.Equal(t, []string{"trade trade_id a1b2dddd-trade"}, search(t, db, "FEDCBA98-7654-4321-8000-123456789abc"))
	require.Empty(t, search(t, db, "%"))
	require.Empty(t, search(t, db, "a_b"), "no pattern")
	require.Empty(t, search(t, db, "x' OR true --"))

	found, err := db.Search(t.Context(), store.Search{Text: "ana@example.com", Limit: 10})
	require.NoError(t, err)
	h := found.Hits[0]
	require.True(t, h.Exact)
	require.Equal(t, ana.ID, *h.UserID)
	require.Equal(t, "ana@example.com", *h.UserEmail)
	require.Contains(t, h.What, "Ana_1, free")
}

// An invoice that is stored without its hash is read through the table.
func TestSearch_InvoiceWithoutHash(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	u := factory.User(t, db)
	p := factory.Payment(t, db, u.ID, func(p *models.Payment) { p.PaymentHash, p.LightningInvoice = nil, "lnbc1abc" })
	found, err := db.Search(t.Context(), store.Search{Text: "lnbc1abc", Hash: strings.Repeat("0", 64), Limit: 10})
	require.NoError(t, err)
	require.Len(t, found.Hits, 1)
	require.Equal(t, p.ID, found.Hits[0].ID)
	require.Equal(t, "invoice", found.Hits[0].Matched)
}

// The plan of a search reads no table from end to end.
func TestSearch_UsesIndexesOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	factory.Trade(t, db, factory.User(t, db).ID)
	for _, text := range []string{"a1b2c3", "ana@example.com", strings.Repeat("0f", 32)} {
		lines, err := db.ExplainSearch(t.Context(), store.Search{Text: text, Limit: 10})
		require.NoError(t, err)
		plan := strings.Join(lines, "\n")
		require.NotContains(t, plan, "Seq Scan", text)
		for _, index := range []string{`"TradeLog_pkey"`, "idx_payment_hash", "idx_user_email_lower", "idx_guard_intent_trade_planned"} {
			require.Contains(t, plan, index)
		}
	}
}

func TestSearch_AScanIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	factory.Trade(t, db, factory.User(t, db).ID)
	done, err := db.SlowScan(t.Context(), 20*time.Millisecond)
	require.NoError(t, err)
	require.False(t, done)
}

// Databases sort by many rules: whatever the rule, every text that begins so lies in the range.
func TestSearch_PrefixRangeInOtherCollations(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	texts := []string{
		"a1b2c3d4-0000-4000-8000-000000000001", "ffffffff-ffff-4fff-bfff-ffffffffffff", "clh3k2j4z0000qw8zzzzzzzzz", "zzz",
		"ana.maria+tag@example.com", "ana-maria@example.com", "anazzz@zz.zz", "Ana_1", "o'brien@example.ie", "z_9@z.zz", "10000000-1", "ana",
	}
	for _, collation := range []string{`"C"`, `"en-x-icu"`, `"de-x-icu"`, `"und-x-icu"`} {
		for _, text := range texts {
			for n := 1; n <= len(text); n++ {
				low, high := store.PrefixRange(text[:n])
				var inside bool
				err := db.Gorm(t.Context()).Raw(`SELECT (?::text COLLATE `+collation+`) BETWEEN ? AND ?`, text, low, high).Scan(&inside).Error
				require.NoError(t, err)
				require.True(t, inside, "%q in %s, prefix %q", text, collation, text[:n])
			}
		}
	}
}

// In a large table the mistyped name is compared with its neighbours, not with whatever comes first.
func TestFindUser_NearNamesInALargeTable(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "User" (email, username)
		SELECT 'user' || lpad(g::text, 5, '0') || '@example.com', 'user' || lpad(g::text, 5, '0') FROM generate_series(1, 4000) g`).Error)
	for ref, want := range map[string]string{
		"user0367": "user03670", "user039999": "user03999", "USER03999@exmple.com": "user03999@example.com",
	} {
		_, err := db.FindUser(t.Context(), ref)
		var missing *store.NotFoundError
		require.ErrorAs(t, err, &missing)
		require.Contains(t, missing.Near, want, ref)
	}
}
