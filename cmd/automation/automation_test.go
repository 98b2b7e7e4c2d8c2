package automation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	good = `{"strategy":"take_profit","parameters":{"trigger_price":60000,"amount":1000,"leverage":5}}`
	app  = `{"take_profit_percentage":5,"stop_loss_percentage":2,"enabled":true}`
)

// world is a user on plan pro with one account.
type world struct {
	*clitest.Program
	db      *store.DB
	user    models.User
	account models.UserExchangeAccounts
}

func newWorld(t *testing.T, plan models.PlanType) world {
	t.Helper()
	p := clitest.WithDB(t)
	var address string
	for _, e := range p.Env {
		if rest, ok := cut(e, "DATABASE_URL="); ok {
			address = rest
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(address)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	u := factory.User(t, db, func(u *models.User) { u.PlanType = plan })
	return world{p, db, u, factory.Account(t, db, u.ID)}
}

func cut(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

func (w world) create(more ...string) []string {
	return append([]string{"automation", "create", w.user.Email, "--account", w.account.AccountName, "--type", "tp_sl", "--config-json", good}, more...)
}

func TestCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanPro)

	dry := w.OK(w.create("-o", "json", "--dry-run")...).JSON()
	require.Equal(t, true, dry["dry_run"])
	require.Empty(t, w.OK("automation", "list", "-o", "json").Items())

	made := w.OK(w.create("-o", "json", "--risk-level", "low", "--reason", "ticket 7")...).JSON()
	require.Equal(t, "active", made["status"])
	require.Equal(t, true, made["is_active"])
	require.Equal(t, "low", made["risk_level"])
	require.Equal(t, "pro", made["plan_type"])
	require.Equal(t, w.account.ID, made["user_exchange_account_id"])
	id := made["id"].(string)

	shown := w.OK("automation", "show", id, "-o", "json").JSON()
	require.Equal(t, "take_profit", shown["config"].(map[string]any)["strategy"])
	log := w.OK("audit", "list", "--action", "automation.create", "-o", "json").Items()
	require.Len(t, log, 1)
	require.Equal(t, id, log[0]["resource_id"])

	second := w.Fails(4, w.create("-o", "json")...)
	require.Equal(t, "automation_active", second.Error()["code"])
	w.OK(w.create("--inactive")...)
	require.Len(t, w.OK("automation", "list", "--inactive", "-o", "json").Items(), 1)
	require.Len(t, w.OK("automation", "list", "--user", w.user.Username, "--status", "paused", "-o", "json").Items(), 1)
}

func TestCreate_Refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanFree)
	stranger := factory.Account(t, w.db, factory.User(t, w.db).ID)
	for name, c := range map[string]struct {
		code int
		word string
		args []string
	}{
		"unknown user":    {3, "user_not_found", []string{"nobody", "--account", "x", "--type", "tp_sl", "--config-json", good}},
		"unknown type":    {3, "automation_type_not_found", []string{w.user.ID, "--account", w.account.ID, "--type", "dca", "--config-json", good}},
		"unknown account": {3, "account_not_found", []string{w.user.ID, "--account", "Main", "--type", "tp_sl", "--config-json", good}},
		"foreign account": {4, "account_of_another_user", []string{w.user.ID, "--account", stranger.ID, "--type", "tp_sl", "--config-json", good}},
		"app shape":       {2, "invalid_config", []string{w.user.ID, "--account", w.account.ID, "--type", "tp_sl", "--config-json", app}},
		"rule":            {2, "invalid_config", []string{w.user.ID, "--account", w.account.ID, "--type", "tp_sl", "--config-json", `{"strategy":"take_profit","parameters":{"leverage":101}}`}},
		"no file":         {3, "file_not_found", []string{w.user.ID, "--account", w.account.ID, "--type", "tp_sl", "--config-json", "@none.json"}},
		"missing flag":    {2, "usage", []string{w.user.ID, "--account", w.account.ID}},
	} {
		r := w.Fails(c.code, append([]string{"automation", "create", "-o", "json"}, c.args...)...)
		require.Empty(t, r.Stdout, name)
		require.Equal(t, c.word, r.Error()["code"], name)
		if name == "rule" {
			require.Contains(t, r.Stderr, "/parameters/leverage")
			require.Contains(t, r.Stderr, "maximum")
		}
	}
	w.OK("automation", "type", "disable", "auto_entry")
	r := w.Fails(4, "automation", "create", w.user.ID, "--account", w.account.ID, "--type", "auto_entry", "--config-json", good, "-o", "json")
	require.Equal(t, "automation_type_inactive", r.Error()["code"])

	// Plan free allows one automation.
	w.OK(w.create()...)
	r = w.Fails(4, "automation", "create", w.user.ID, "--account", w.account.ID, "--type", "margin_guard", "--config-json", good, "-o", "json")
	require.Equal(t, "automation_limit", r.Error()["code"])
	w.OK("automation", "create", w.user.ID, "--account", w.account.ID, "--type", "margin_guard", "--config-json", good, "--override-limit")
	log := w.OK("audit", "list", "--action", "automation.create", "-o", "json").Stdout
	require.Contains(t, log, "limit_overridden")
}

func TestCreate_Unlimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanLifetime)
	for range 20 {
		factory.Automation(t, w.db, w.user.ID, w.account.ID, func(a *models.Automation) { a.IsActive = new(false) })
	}
	w.OK(w.create()...)
}

func TestUpdateSwitchDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanPro)
	a := factory.Automation(t, w.db, w.user.ID, w.account.ID)
	b := factory.Automation(t, w.db, w.user.ID, w.account.ID, func(a *models.Automation) {
		a.IsActive, a.Config, a.Status = new(false), models.JSON(app), models.AutomationActive
	})
	factory.Trade(t, w.db, w.user.ID, func(l *models.TradeLog) { l.AutomationID = &a.ID })

	// A stored configuration of the web application stays; a new one has to be ours.
	require.Equal(t, "updated", w.OK("automation", "update", b.ID, "--risk-level", "high", "-o", "json").JSON()["result"])
	require.Equal(t, "unchanged", w.OK("automation", "update", b.ID, "--risk-level", "high", "-o", "json").JSON()["result"])
	w.Fails(2, "automation", "update", b.ID, "--config-json", app)
	w.Fails(2, "automation", "update", b.ID)
	// The same configuration with its keys in another order is no change.
	require.Equal(t, "unchanged", w.OK("automation", "update", a.ID, "--config-json",
		`{"parameters":{"trigger_price":60000},"strategy":"take_profit"}`, "-o", "json").JSON()["result"])

	require.Equal(t, "automation_active", w.Fails(4, "automation", "enable", b.ID, "-o", "json").Error()["code"])
	off := w.OK("automation", "disable", a.ID, "-o", "json").JSON()
	require.Equal(t, "paused", off["status"])
	require.Equal(t, false, off["is_active"])
	require.Equal(t, "unchanged", w.OK("automation", "disable", a.ID, "-o", "json").JSON()["result"])
	require.Equal(t, "updated", w.OK("automation", "disable", b.ID, "-o", "json").JSON()["result"], "its status said active")
	require.Equal(t, "active", w.OK("automation", "enable", b.ID, "-o", "json").JSON()["status"])

	// In bulk: a preview and a question.
	r := w.Fails(2, "automation", "disable", "--user", w.user.Email)
	require.Contains(t, r.Stderr, b.ID)
	require.Contains(t, r.Stderr, "--yes")
	dry := w.OK("automation", "disable", "--user", w.user.Email, "--type", "tp_sl", "--dry-run")
	require.Contains(t, dry.Stderr, "1 of 1 automations would become paused")
	require.Len(t, w.OK("automation", "list", "--active", "-o", "json").Items(), 1)
	require.Len(t, w.OK("automation", "disable", "--type", "tp_sl", "--yes", "-o", "json").Items(), 1)
	w.Fails(4, "automation", "enable", "--user", w.user.Email, "--yes") // both are on one account: none is started
	require.Empty(t, w.OK("automation", "list", "--active", "-o", "json").Items())
	w.Fails(2, "automation", "enable")
	w.Fails(2, "automation", "enable", a.ID, "--user", w.user.Email)
	w.Fails(3, "automation", "enable", "none")

	w.Fails(2, "automation", "delete", a.ID)
	gone := w.OK("automation", "delete", a.ID, "--yes")
	require.Contains(t, gone.Stderr, "1 trade log lost the link")
	w.Fails(3, "automation", "show", a.ID)
	require.Len(t, w.OK("trade", "list", "-o", "json").Items(), 1)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanFree)
	one := factory.Automation(t, w.db, w.user.ID, w.account.ID, func(a *models.Automation) { a.Config = models.JSON(app) })
	r := w.OK("automation", "check", "-o", "json")
	require.Len(t, r.Items(), 1)
	require.Equal(t, "app_config", r.Items()[0]["code"])
	require.Equal(t, "no findings found\n1 automation checked, no problems\n", w.OK("automation", "check", "--problems").Stderr)

	stranger := factory.Account(t, w.db, factory.User(t, w.db).ID)
	factory.Automation(t, w.db, w.user.ID, stranger.ID, func(a *models.Automation) { a.Config = models.JSON(`{"what":1}`) })
	factory.Automation(t, w.db, w.user.ID, w.account.ID, func(a *models.Automation) {
		a.Config, a.Status = models.JSON(`{"strategy":"auto_entry","parameters":{}}`), models.AutomationPaused
	})
	bad := w.Run("automation", "check", "-o", "json", "--user", w.user.Email)
	require.Equal(t, 8, bad.Code)
	codes := map[string]int{}
	for _, f := range bad.Items() {
		codes[f["code"].(string)]++
	}
	require.Equal(t, map[string]int{
		"app_config": 1, "unknown_config": 1, "foreign_account": 1, "strategy_misfit": 1, "status_mismatch": 1, "duplicate_active": 2, "over_limit": 3,
	}, codes)
	require.NotEmpty(t, one.ID)
}

func TestValidateAndSchema(t *testing.T) {
	t.Parallel()
	p := clitest.New(t) // neither configuration nor database
	require.Equal(t, true, p.OK("automation", "validate", "--config-json", good, "-o", "json").JSON()["valid"])
	r := p.Input(good).OK("automation", "validate", "--config-json", "-", "--type", "auto_entry", "-o", "json")
	require.Contains(t, r.JSON()["warning"], "does not fit")
	require.Contains(t, p.Fails(2, "automation", "validate", "--config-json", `{"strategy":"x"}`).Stderr, "/strategy")
	p.Fails(2, "automation", "validate", "--config-json", "")
	p.Fails(2, "automation", "validate", "--config-json", "nonsense")
	require.Contains(t, p.OK("automation", "schema").Stdout, `"maximum": 100`)
	require.Equal(t, "object", p.OK("automation", "schema", "-o", "json").JSON()["type"])
	require.NotContains(t, p.OK("automation", "schema", "--type", "auto_entry").Stdout, "stop_loss")
	p.Fails(2, "automation", "schema", "--type", "none")
}

func TestEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanPro)
	a := factory.Automation(t, w.db, w.user.ID, w.account.ID)
	editor := func(script string) string {
		path := filepath.Join(t.TempDir(), "editor")
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
		return "EDITOR=" + path
	}
	r := w.With(editor(`sed -i s/60000/65000/ "$1"`)).OK("automation", "edit", a.ID, "-o", "json")
	require.EqualValues(t, 65000, r.JSON()["config"].(map[string]any)["parameters"].(map[string]any)["trigger_price"])
	require.Equal(t, "unchanged", w.With(editor("exit 0")).OK("automation", "edit", a.ID, "-o", "json").JSON()["result"])

	for _, r := range []clitest.Result{
		w.With(editor("touch started")).Fails(2, "automation", "edit", a.ID, "--no-input"), w.With("EDITOR=", "VISUAL=").Fails(2, "automation", "edit", a.ID),
	} {
		require.Contains(t, r.Stderr, "needs a terminal")
		require.Contains(t, r.Stderr, "--config-json @FILE")
	}
	require.NoFileExists(t, filepath.Join(w.Dir, "started"))

	bad := w.With(editor(`sed -i s/take_profit/nonsense/ "$1"`)).Fails(2, "automation", "edit", a.ID)
	require.Contains(t, bad.Stderr, "your version is kept in ")
	require.Contains(t, bad.Stderr, "/strategy")
	w.With(editor("exit 3")).Fails(14, "automation", "edit", a.ID)
	w.With("EDITOR=/none/editor", "VISUAL=").Fails(14, "automation", "edit", a.ID)
	shown := w.OK("automation", "show", a.ID, "-o", "json").JSON()
	require.Equal(t, "take_profit", shown["config"].(map[string]any)["strategy"])
}

func TestTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, models.PlanPro)
	factory.Automation(t, w.db, w.user.ID, w.account.ID)
	items := w.OK("automation", "type", "list", "-o", "json").Items()
	require.Len(t, items, 3)
	require.Equal(t, "tp_sl", items[2]["slug"])
	require.EqualValues(t, 1, items[2]["automations"])
	off := w.OK("automation", "type", "disable", "tp_sl", "-o", "json").JSON()
	require.Equal(t, false, off["is_active"])
	require.Equal(t, "unchanged", w.OK("automation", "type", "disable", "tp_sl", "-o", "json").JSON()["result"])
	require.Equal(t, true, w.OK("automation", "type", "enable", "tp_sl", "-o", "json").JSON()["is_active"])
	require.Contains(t, w.Fails(3, "automation", "type", "enable", "tpsl").Stderr, "tp_sl")
}
