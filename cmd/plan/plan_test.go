package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func open(t *testing.T, p *clitest.Program) *store.DB {
	t.Helper()
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 3})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func create(p *clitest.Program, name, plan string) string {
	return p.OK("user", "create", "--email", name+"@example.com", "--username", name, "--plan", plan, "--no-password", "-o", "json").JSON()["id"].(string)
}

func TestListAndShow(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	items := p.OK("plans", "list", "-o", "json").Items()
	require.Len(t, items, 5)
	require.Equal(t, "free", items[0]["slug"])
	require.Equal(t, []string{
		"created_at", "description", "features", "has_advanced", "has_api_access", "has_priority", "id", "is_active", "max_notifications", "name",
		"price_monthly", "price_sats", "price_yearly", "slug", "sort_order", "stripe_price_id", "updated_at",
	}, slices.Sorted(maps.Keys(items[0])))
	create(p, "ana", "pro")
	v := p.OK("plan", "show", "PRO", "-o", "json").JSON()
	require.EqualValues(t, 1, v["users"])
	require.EqualValues(t, 15, v["limits"].(map[string]any)["max_automations"])
	text := p.OK("plan", "show", "lifetime").Stdout
	require.Contains(t, text, "unlimited")
	e := p.Fails(3, "plan", "show", "prp", "-o", "json").Error()
	require.Equal(t, "plan_not_found", e["code"])
	require.Contains(t, e["hints"], "did you mean pro?")
	p.Fails(2, "plan", "show")
}

func TestCreateUpdateSwitchDelete(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	args := []string{"plan", "create", "--slug", "team", "--name", "Team", "--price-sats", "900000", "--features", `["API"]`, "--api-access", "--max-notifications", "-1"}
	require.Equal(t, true, p.OK(append(args, "--dry-run", "-o", "json")...).JSON()["dry_run"])
	p.Fails(3, "plan", "show", "team")
	r := p.OK(args...)
	require.Contains(t, r.Stderr, "plan team is created")
	require.Contains(t, r.Stderr, "only free, basic, advanced, pro and lifetime")
	v := p.OK("plan", "show", "team", "-o", "json").JSON()
	require.Equal(t, true, v["has_api_access"])
	require.Equal(t, []any{"API"}, v["features"])
	require.Equal(t, false, v["limits"].(map[string]any)["stored"])
	require.Equal(t, "plan_exists", p.Fails(4, append(args, "-o", "json")...).Error()["code"])
	require.Equal(t, "already_exists", p.OK(append(args, "--if-not-exists", "-o", "json")...).JSON()["result"])
	require.Contains(t, p.Fails(4, "plan", "create", "--slug", "team2", "--name", "Team").Stderr, `name "Team" exists`)
	p.Fails(2, "plan", "create", "--slug", "Team 2", "--name", "x")
	p.Fails(2, "plan", "create", "--slug", "team2")
	p.Fails(2, "plan", "create", "--slug", "team2", "--name", "x", "--price-sats", "-5")

	v = p.OK("plan", "update", "team", "--price-sats", "1", "--price-yearly", "7", "--api-access=false", "--clear", "features", "-o", "json").JSON()
	require.Equal(t, []any{1.0, 7.0, false, nil}, []any{v["price_sats"], v["price_yearly"], v["has_api_access"], v["features"]})
	require.Nil(t, p.OK("plan", "update", "team", "--price-yearly", "-1", "-o", "json").JSON()["price_yearly"])
	require.Equal(t, "unchanged", p.OK("plan", "update", "team", "--price-sats", "1", "-o", "json").JSON()["result"])
	p.Fails(2, "plan", "update", "team")
	p.Fails(3, "plan", "update", "nothing", "--price-sats", "1")
	require.Equal(t, false, p.OK("plan", "disable", "team", "-o", "json").JSON()["is_active"])
	require.Equal(t, "unchanged", p.OK("plan", "disable", "team", "-o", "json").JSON()["result"])
	require.Equal(t, true, p.OK("plan", "enable", "team", "-n", "-o", "json").JSON()["is_active"])
	require.Len(t, p.OK("plan", "list", "--inactive", "-o", "json").Items(), 1)

	create(p, "ana", "pro")
	create(p, "bob", "pro")
	e := p.Fails(4, "plan", "delete", "pro", "--yes", "-o", "json").Error()
	require.Equal(t, "plan_in_use", e["code"])
	require.Contains(t, e["message"], "users: 2")
	require.Equal(t, "confirmation_needed", p.Fails(2, "plan", "delete", "team", "-o", "json").Error()["code"])
	p.OK("plan", "delete", "team", "--dry-run")
	require.Equal(t, "deleted", p.OK("plan", "delete", "team", "--yes", "-o", "json").JSON()["result"])
	p.Fails(3, "plan", "delete", "team", "--yes")
	var actions []any
	for _, e := range p.OK("audit", "list", "--resource", "plan", "-o", "json").Items() {
		actions = append(actions, e["action"])
	}
	require.Equal(t, []any{"plan.delete", "plan.disable", "plan.update", "plan.update", "plan.create"}, actions)
}

func TestLimitsAndUsage(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana", "basic")
	acc := factory.Account(t, db, ana)
	factory.Automation(t, db, ana, acc.ID)
	v := p.OK("plan", "limits", "set", "basic", "--max-automations", "-1", "--max-backtests", "0", "-o", "json").JSON()
	require.Equal(t, []any{-1.0, 0.0, 2.0}, []any{v["max_automations"], v["max_backtests"], v["max_exchange_accounts"]})
	require.Equal(t, "unchanged", p.OK("plan", "limits", "set", "basic", "--max-automations", "-1", "-o", "json").JSON()["result"])
	require.Contains(t, p.OK("plan", "limits", "show", "basic").Stdout, "unlimited")
	p.Fails(2, "plan", "limits", "set", "basic", "--max-automations", "-2")
	p.Fails(2, "plan", "limits", "set", "basic")
	p.Fails(3, "plan", "limits", "show", "gold")

	u := p.OK("plan", "usage", "ANA@example.com", "-o", "json").JSON()
	require.Equal(t, "basic", u["plan_type"])
	require.Equal(t, map[string]any{"limit": "exchange_accounts", "max": 2.0, "used": 1.0, "left": 1.0}, u["usage"].([]any)[0])
	require.Equal(t, map[string]any{"limit": "automations", "max": -1.0, "used": 1.0, "left": nil}, u["usage"].([]any)[1])
	require.Contains(t, p.OK("plan", "usage", "ana").Stdout, "exchange_accounts")
	require.Equal(t, "user_not_found", p.Fails(3, "plan", "usage", "carl", "-o", "json").Error()["code"])
}

func TestSeed(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	before := p.OK("plan", "list", "-o", "json", "--jq", "[.items[] | del(.id,.created_at,.updated_at)]").Stdout
	for _, s := range p.OK("plan", "seed", "-o", "json").Items() {
		require.Equal(t, "unchanged", s["result"])
	}
	require.Empty(t, p.OK("audit", "list", "-o", "json").Items())
	require.NoError(t, db.Gorm(t.Context()).Exec(`DELETE FROM "Plan" WHERE slug <> 'free'`).Error)
	require.NoError(t, db.Gorm(t.Context()).Exec(`DELETE FROM "PlanLimits"`).Error)
	require.Contains(t, p.OK("plan", "seed", "-n").Stderr, "5 of 5 plans would be")
	require.Len(t, p.OK("plan", "list", "-o", "json").Items(), 1)
	p.OK("plan", "seed")
	require.Equal(t, before, p.OK("plan", "list", "-o", "json", "--jq", "[.items[] | del(.id,.created_at,.updated_at)]").Stdout, "what the migrations insert")
	require.EqualValues(t, -1, p.OK("plan", "limits", "show", "lifetime", "-o", "json").JSON()["max_automations"])
	require.Len(t, p.OK("audit", "list", "-o", "json").Items(), 9)
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	require.Contains(t, p.OK("plan", "reconcile").Stderr, "no disagreements")
	paid := func(user string, plan models.PlanType) {
		factory.Payment(t, db, user, func(x *models.Payment) {
			x.PlanType, x.Status, x.PaidAt = plan, models.PaymentPaid, new(db.Now().Add(-time.Hour))
		})
	}
	factory.User(t, db, func(u *models.User) { u.Username, u.Email, u.PlanType = "unpaid", "unpaid@example.com", "pro" })
	below := factory.User(t, db, func(u *models.User) { u.Username, u.Email, u.PlanType = "below", "below@example.com", "basic" })
	paid(below.ID, "pro")
	fine := factory.User(t, db, func(u *models.User) { u.PlanType = "pro" })
	paid(fine.ID, "pro")
	create(p, "granted", "lifetime")
	lowered := create(p, "lowered", "pro")
	paid(lowered, "pro")
	p.OK("user", "set-plan", "lowered", "free", "--reason", "refunded")

	r := p.Run("plan", "reconcile", "-o", "json")
	require.Equal(t, 8, r.Code, r.Stderr)
	var got []any
	for _, f := range r.Items() {
		got = append(got, f["username"], f["finding"])
	}
	require.Equal(t, []any{"below", "below_paid", "unpaid", "unpaid"}, got)
	require.Equal(t, "plans_disagree", r.Error()["code"])
	p.OK("user", "set-plan", "below", "pro")
	p.OK("user", "set-plan", "unpaid", "free")
	p.OK("plan", "reconcile")
	require.NoError(t, db.Gorm(t.Context()).Exec(`DELETE FROM "Plan" WHERE slug = 'lifetime'`).Error)
	require.Equal(t, "no_plan", p.Run("plan", "reconcile", "-o", "json").Items()[0]["finding"])
}
