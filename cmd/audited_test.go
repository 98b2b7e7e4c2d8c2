package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// audited says, for every command that writes rows, how to make it write something in the world of these tests.
// A new command adds a line here, or to notAudited with the reason. Words in braces are ids of that world.
var audited = map[string]struct {
	args   string
	stdin  string
	action string // of the audit row; default: the path with dots
}{
	"account activate":                {args: "{spare}"},
	"account create":                  {args: "bob --exchange lnmarkets --name Main --from-file creds.json"},
	"account deactivate":              {args: "{account}"},
	"account delete":                  {args: "{spare} --yes"},
	"account rename":                  {args: "{account} Renamed"},
	"audit prune":                     {args: "--older-than 365d --yes"},
	"automation create":               {args: "ana --account {account} --type auto_entry --config-json @config.json"},
	"automation delete":               {args: "{automation} --yes"},
	"automation disable":              {args: "{automation}"},
	"automation enable":               {args: "{paused}"},
	"automation type disable":         {args: "tp_sl", action: "automation_type.disable"},
	"automation type enable":          {args: "margin_guard", action: "automation_type.enable"},
	"automation update":               {args: "{automation} --risk-level low"},
	"credential delete":               {args: "{credential} --yes"},
	"credential disable":              {args: "{credential}"},
	"credential enable":               {args: "{off}"},
	"credential set":                  {args: "bob --exchange lnmarkets --from-file creds.json", action: "credential.create"},
	"exchange create":                 {args: "--slug kraken --name Kraken"},
	"exchange credential-type add":    {args: "lnmarkets extra --name Extra", action: "exchange.credential_type."},
	"exchange credential-type remove": {args: "lnmarkets passphrase --yes", action: "exchange.credential_type."},
	"exchange delete":                 {args: "empty --yes"},
	"exchange disable":                {args: "lnmarkets"},
	"exchange enable":                 {args: "empty"},
	"exchange update":                 {args: "lnmarkets --website https://lnmarkets.example"},
	"guard config disable":            {args: "ana"},
	"guard config enable":             {args: "bob", action: "guard.config."},
	"guard config set":                {args: "ana --threshold 15", action: "guard.config."},
	"guard disable":                   {args: "--reason maintenance", action: "guard."},
	"guard enable":                    {args: "bob --reason done", action: "guard."},
	"payment expire":                  {args: "", action: "payment."},
	"payment fail":                    {args: "{payment}"},
	"payment refund":                  {args: "{paid} --reason asked"},
	"guard prune":                     {args: "--older-than 365d --yes"},
	"plan create":                     {args: "--slug team --name Team"},
	"plan delete":                     {args: "advanced --yes"},
	"plan disable":                    {args: "pro"},
	"plan enable":                     {args: "basic"},
	"plan limits set":                 {args: "pro --max-automations 99", action: "plan.set_limits"},
	"plan seed":                       {args: "", action: "plan.create"},
	"plan update":                     {args: "pro --price-sats 7"},
	"token prune":                     {args: "", action: "session.prune"},
	"trade import":                    {args: "trades.jsonl"},
	"trade prune":                     {args: "--older-than 365d --without-backup --reason archived --yes"},
	"user create":                     {args: "--email new@example.com --username newbie --password-stdin", stdin: auditedPassword},
	"user delete":                     {args: "ana --yes"},
	"user disable":                    {args: "ana"},
	"user enable":                     {args: "bob"},
	"user import":                     {args: "- --format csv", stdin: "email,username,password\nx@example.com,xavier," + auditedPassword + "\n"},
	"user reset-2fa":                  {args: "ana", action: "user.reset_2fa"},
	"user session prune":              {args: "", action: "session.prune"},
	"user session revoke":             {args: "ana --all", action: "session.revoke"},
	"user set-password":               {args: "ana --password-stdin", stdin: auditedPassword, action: "user.set_password"},
	"user set-plan":                   {args: "ana basic", action: "user.set_plan"},
	"user unlock":                     {args: "ana"},
	"user update":                     {args: "ana --username anna"},
	"user verify-email":               {args: "ana", action: "user.verify_email"},
}

// notAudited are commands whose effect is not rows that an operator changed, or which need more than a database;
// the reason says what stands in for this test.
var notAudited = map[string]string{
	"account check": "asks the exchange", "account test": "asks the exchange", "credential test": "asks the exchange",
	"credential rekey": "writes one row for the whole run, and runs on: see its own tests",
	"automation edit":  "opens an editor; the write is that of update",
	"guard run":        "the guard's own tables are its record", "guard watch": "as guard run", "guard worker": "as guard run",
	"guard resolve": "needs an intent of a run", "guard breaker reset": "needs a breaker of a run",
	"payment create": "needs an invoice of a node", "payment invoice": "needs a node", "payment reconcile": "needs a node",
	"payment settle": "needs an invoice of a node",
}

// notRows are nouns that change files, servers or the schema and not rows.
var notRows = []string{"backup", "restore", "migrate", "config", "dev", "db", "doctor"}

const (
	auditedPassword = "Correct-Horse-Battery-7"
	auditedSecret   = "exchange-secret-value-4711"
	auditedToken    = "session-token-value-4711"
	auditedTOTP     = "JBSWY3DPEHPK3PXPJBSWY3DP"
)

// world is an installation with something for every command to write.
type world struct {
	p   *clitest.Program
	db  *store.DB
	ids map[string]string
}

func newWorld(t *testing.T) world {
	t.Helper()
	p := clitest.WithDB(t)
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 2})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	for name, text := range map[string]string{
		"creds.json":  fmt.Sprintf(`{"api_key":"key-%[1]s","api_secret":%[1]q,"passphrase":"pass-%[1]s"}`, auditedSecret),
		"config.json": `{"strategy":"auto_entry","parameters":{"trigger_price":60000,"amount":10,"leverage":5}}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600))
	}
	locked := db.Now().Add(time.Hour)
	ana := factory.User(t, db, func(u *models.User) {
		u.Email, u.Username, u.PlanType, u.EmailVerified = "ana@example.com", "ana", models.PlanPro, new(false)
		u.LoginAttempts, u.LockedUntil, u.TwoFactorEnabled, u.TwoFactorSecret = new(int32(5)), &locked, new(true), new(auditedTOTP)
	})
	factory.User(t, db, func(u *models.User) { u.Email, u.Username, u.IsActive = "bob@example.com", "bob", new(false) })
	trade := fmt.Sprintf(`{"user_id":%q,"trade_id":"t1","status":"success","executed_at":"2026-08-12T09:30:00Z"}`, ana.ID)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "trades.jsonl"), []byte(trade+"\n"), 0o600))
	w := world{p: p, db: db, ids: map[string]string{}}
	account := factory.Account(t, db, ana.ID)
	w.ids["account"] = account.ID
	w.ids["spare"] = factory.Account(t, db, ana.ID, func(a *models.UserExchangeAccounts) { a.IsActive = false }).ID
	w.ids["automation"] = factory.Automation(t, db, ana.ID, account.ID).ID
	w.ids["paused"] = factory.Automation(t, db, ana.ID, account.ID, func(a *models.Automation) {
		a.IsActive, a.Status, a.Type = new(false), models.AutomationPaused, "margin_guard"
	}).ID
	factory.Guard(t, db, ana.ID)
	factory.Session(t, db, ana.ID, func(s *models.RefreshToken) { s.Token = auditedToken })
	factory.Session(t, db, ana.ID, func(s *models.RefreshToken) { s.ExpiresAt = db.Now().Add(-time.Hour) })
	w.ids["payment"] = factory.Payment(t, db, ana.ID, func(x *models.Payment) { x.ExpiresAt = new(db.Now().Add(-time.Hour)) }).ID
	w.ids["paid"] = factory.Payment(t, db, ana.ID, func(x *models.Payment) { x.Status, x.PaidAt = models.PaymentPaid, new(db.Now()) }).ID
	for _, sql := range []string{
		`INSERT INTO "AuditLog" (action, created_at) VALUES ('old', now() - interval '2 years')`,
		`INSERT INTO axisor.guard_run (state, reading, started_at, finished_at) VALUES ('finished', 'remaining', now() - interval '2 years', now() - interval '2 years')`,
		`INSERT INTO "Exchange" (name, slug, is_active) VALUES ('Empty', 'empty', false)`,
		`UPDATE "User" SET is_active = true WHERE username = 'bob'`,
		`UPDATE "Plan" SET is_active = false WHERE slug = 'basic'`,
		`DELETE FROM "Plan" WHERE slug = 'lifetime'`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) SELECT id, 'old', 'success', now() - interval '2 years' FROM "User" WHERE username = 'ana'`,
	} {
		require.NoError(t, db.Gorm(t.Context()).Exec(sql).Error)
	}
	return w
}

// prepare adds rows of the older credential store, and the states that a command is to turn around.
func (w world) prepare(t *testing.T, path string) {
	t.Helper()
	exec := func(sql string, args ...any) { require.NoError(t, w.db.Gorm(t.Context()).Exec(sql, args...).Error) }
	for i, name := range []string{"credential", "off"} {
		var id string
		require.NoError(t, w.db.Gorm(t.Context()).Raw(`INSERT INTO "UserExchangeCredentials" (user_id, exchange_id, credentials, is_active)
			SELECT u.id, e.id, '{}', ? FROM "User" u, "Exchange" e WHERE u.username = 'ana' AND e.slug = ? RETURNING id`,
			i == 0, []string{"lnmarkets", "empty"}[i]).Scan(&id).Error)
		w.ids[name] = id
	}
	switch path {
	case "exchange delete":
		exec(`DELETE FROM "UserExchangeCredentials"`)
	case "user enable":
		exec(`UPDATE "User" SET is_active = false WHERE username = 'bob'`)
	case "automation type enable":
		exec(`UPDATE "AutomationType" SET is_active = false`)
	case "guard enable":
		w.p.OK("guard", "disable", "bob", "--reason", "test")
	}
}

// state is a fingerprint of every table but those that record.
func (w world) state(t *testing.T) map[string]string {
	t.Helper()
	var tables []string
	require.NoError(t, w.db.Gorm(t.Context()).Raw(`SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'axisor'::regnamespace) ORDER BY 1`).Scan(&tables).Error)
	out := map[string]string{}
	for _, table := range tables {
		var sum string
		require.NoError(t, w.db.Gorm(t.Context()).Raw(`SELECT coalesce(md5(string_agg(x::text, ',' ORDER BY x::text)), '') FROM `+table+` x`).Scan(&sum).Error)
		out[table] = sum
	}
	return out
}

func (w world) auditRows(t *testing.T) []string {
	t.Helper()
	var actions []string
	require.NoError(t, w.db.Gorm(t.Context()).Raw(`SELECT action FROM "AuditLog" WHERE action <> 'old'`).Scan(&actions).Error)
	return actions
}

// TestAudited_EveryWriteLeavesItsRowInTheSameTransaction makes the audit table refuse rows: a command whose row is
// in the transaction of its change fails and changes nothing. Then it lets the row in, and looks for it. No column
// of either audit table may hold a secret afterwards.
func TestAudited_EveryWriteLeavesItsRowInTheSameTransaction(t *testing.T) {
	t.Parallel()
	for _, c := range leaves(t) {
		path := strings.TrimPrefix(c.CommandPath(), "axisor ")
		noun, _, _ := strings.Cut(path, " ")
		if c.Annotations[flags.EffectKey] == flags.Read || notAudited[path] != "" || slices.Contains(notRows, noun) {
			continue
		}
		how, known := audited[path]
		require.True(t, known, "axisor %s writes: add it to audited (or notAudited) in this file", path)
		t.Run(strings.ReplaceAll(path, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.prepare(t, path)
			line := how.args
			for name, id := range w.ids {
				line = strings.ReplaceAll(line, "{"+name+"}", id)
			}
			args := append(strings.Fields(path), strings.Fields(line)...)
			p := w.p.Input(how.stdin)

			rows, before := len(w.auditRows(t)), w.state(t)
			dry := p.OK(append(args, "--dry-run")...)
			require.Equal(t, before, w.state(t), "a dry run changes nothing")
			require.Regexp(t, `(?m)^dry run: .*\bwould\b`, dry.Stderr, "a dry run does not say that it happened")
			for _, sql := range []string{
				`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`,
				`CREATE TRIGGER refuse BEFORE INSERT ON "AuditLog" FOR EACH ROW EXECUTE FUNCTION refuse()`,
			} {
				require.NoError(t, w.db.Gorm(t.Context()).Exec(sql).Error)
			}
			r := p.Run(args...)
			require.Equal(t, 1, r.Code, "without its audit row it must fail: %s%s", r.Stdout, r.Stderr)
			require.Equal(t, before, w.state(t), "and change nothing")
			require.NoError(t, w.db.Gorm(t.Context()).Exec(`DROP FUNCTION refuse CASCADE`).Error)

			r = p.OK(args...)
			written := w.auditRows(t)
			want := how.action
			if want == "" {
				want = strings.ReplaceAll(path, " ", ".")
			}
			found := false
			for _, a := range written {
				found = found || a == want || strings.HasSuffix(want, ".") && strings.HasPrefix(a, want)
			}
			require.Greater(t, len(written), rows)
			after := w.state(t)
			if again := p.Run(append(args, "-o", "json")...); again.Code == 0 && again.JSON()["result"] == "unchanged" {
				require.Equal(t, after, w.state(t), "what is unchanged writes nothing")
			}
			require.True(t, found, "a row %q among %v", want, written)
			for _, table := range []string{"AuditLog", "SecurityAuditLog"} {
				var dump string
				require.NoError(t, w.db.Gorm(t.Context()).Raw(`SELECT coalesce(string_agg(x::text, ''), '') FROM "`+table+`" x`).Scan(&dump).Error)
				for _, s := range []string{auditedPassword, auditedSecret, auditedToken, auditedTOTP, "$2a$", clitest.Key} {
					require.NotContains(t, dump, s)
					require.NotContains(t, r.Stdout+r.Stderr, s)
				}
			}
		})
	}
}
