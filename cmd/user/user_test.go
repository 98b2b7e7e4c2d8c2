package user_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// userFields are retyped here on purpose: the contract must not change by accident.
var userFields = []string{
	"id", "email", "username", "plan_type", "is_active", "email_verified", "two_factor_enabled", "login_attempts",
	"locked_until", "last_login_at", "last_login_ip", "social_provider", "preferences", "created_at", "updated_at",
}

const password = "Correct-Horse-7"

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func fields(names ...string) []string {
	all := append(slices.Clone(userFields), names...)
	slices.Sort(all)
	return all
}

func create(p *clitest.Program, name string, more ...string) map[string]any {
	args := append([]string{"user", "create", "--email", name + "@example.com", "--username", name, "--no-password", "-o", "json"}, more...)
	return p.OK(args...).JSON()
}

func TestCreate(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	prefs := filepath.Join(p.Dir, "prefs.json")
	require.NoError(t, os.WriteFile(prefs, []byte(`{"theme":"dark"}`), 0o644))

	r := p.Input(password+"\n").OK("user", "create", "--email", "Ana@Example.COM", "--username", "ana", "--plan", "pro", "--password-stdin",
		"--inactive", "--email-verified", "--preferences", "@prefs.json", "--reason", "ticket 7", "-o", "json")
	require.Empty(t, r.Stderr)
	u := r.JSON()
	require.Equal(t, fields("result"), keys(u))
	require.Equal(t, "ana@example.com", u["email"])
	require.Equal(t, "pro", u["plan_type"])
	require.Equal(t, false, u["is_active"])
	require.Equal(t, true, u["email_verified"])
	require.Equal(t, map[string]any{"theme": "dark"}, u["preferences"])
	require.Equal(t, "created", u["result"])
	require.Nil(t, u["locked_until"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT.*Z$`, u["created_at"])

	shown := p.OK("user", "show", "ANA@example.com", "-o", "json").JSON()
	require.Equal(t, true, shown["has_password"])
	entries := p.OK("audit", "list", "--user", "ana", "-o", "json").Items()
	require.Len(t, entries, 1)
	require.Equal(t, "user.create", entries[0]["action"])
	require.Equal(t, "ticket 7", entries[0]["details"].(map[string]any)["reason"])
	require.NotContains(t, fmt.Sprint(entries), password)

	file := filepath.Join(p.Dir, "pw")
	require.NoError(t, os.WriteFile(file, []byte(password), 0o600))
	r = p.OK("user", "create", "--email", "bob@example.com", "--username", "bob", "--password-file", "pw")
	require.Contains(t, r.Stderr, "user bob@example.com created")
	require.Contains(t, r.Stderr, "axisor user show bob@example.com")
	require.NotContains(t, r.Stdout+r.Stderr, password)
	require.Regexp(t, `^[0-9a-f-]{36}\n$`, p.OK("user", "create", "--email", "q@example.com", "--username", "quiet", "--no-password", "-q").Stdout)
}

func TestCreate_DryRun(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	u := create(p, "ana", "--dry-run")
	require.Equal(t, fields("result", "dry_run"), keys(u))
	require.Equal(t, true, u["dry_run"])
	r := p.OK("user", "create", "--email", "b@example.com", "--username", "bob", "--no-password", "-n")
	require.Contains(t, r.Stderr, "dry run: user b@example.com would be created; nothing was changed")
	require.Empty(t, p.OK("user", "list", "-o", "json").Items())
	require.Empty(t, p.OK("audit", "list", "-o", "json").Items())
}

func TestCreate_Conflict(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	ana := create(p, "ana")
	create(p, "bob")
	args := func(email, name string, more ...string) []string {
		return append([]string{"user", "create", "--email", email, "--username", name, "--no-password"}, more...)
	}
	r := p.Fails(4, args("ANA@example.com", "other")...)
	require.Empty(t, r.Stdout)
	require.Contains(t, r.Stderr, `error: a user with email "ana@example.com" exists`)
	require.Contains(t, r.Stderr, "hint: add --if-not-exists")
	e := p.Fails(4, args("new@example.com", "ana", "-o", "json")...).Error()
	require.Equal(t, "conflict", e["kind"])
	require.Equal(t, "user_exists", e["code"])
	require.EqualValues(t, 4, e["exit"])

	same := p.OK(args("Ana@Example.com", "ana", "--if-not-exists", "-o", "json")...).JSON()
	require.Equal(t, "already_exists", same["result"])
	require.Equal(t, ana["id"], same["id"])
	require.Contains(t, p.OK(args("ana@example.com", "ana", "--if-not-exists")...).Stderr, "exists already")
	r = p.Fails(4, args("ana@example.com", "bob", "--if-not-exists")...)
	require.Contains(t, r.Stderr, "belongs to another user")
	require.Len(t, p.OK("audit", "list", "-o", "json").Items(), 2)
}

func TestCreate_BadInput(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "open"), []byte(password), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "two"), []byte("one\ntwo\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "none"), nil, 0o600))
	good := func(more ...string) []string {
		return append([]string{"user", "create", "--email", "ana@example.com", "--username", "ana", "-o", "json"}, more...)
	}
	for name, c := range map[string]struct {
		args  []string
		stdin string
		code  int
		want  string
	}{
		"malformed e-mail":     {[]string{"user", "create", "--email", "ana@", "--username", "ana", "--no-password"}, "", 2, `invalid email "ana@"`},
		"two-letter username":  {[]string{"user", "create", "--email", "a@b.co", "--username", "ab", "--no-password"}, "", 2, "3 to 50 characters"},
		"unknown plan":         {good("--plan", "gold"), "", 2, "gold"},
		"preferences no JSON":  {good("--no-password", "--preferences", "{"), "", 2, "JSON object"},
		"preferences a list":   {good("--no-password", "--preferences", "[]"), "", 2, "JSON object"},
		"preferences no file":  {good("--no-password", "--preferences", "@nowhere"), "", 3, "no such file"},
		"preferences empty":    {good("--no-password", "--preferences", "@none"), "", 2, "is empty"},
		"no e-mail to ask for": {[]string{"user", "create", "--no-password"}, "", 2, "missing --email, --username"},
		"no password source":   {good(), password, 2, "missing --password-stdin, --password-file or --no-password, and"},
		"no input wanted":      {good("--no-input"), "", 2, "missing --password-stdin, --password-file or --no-password, and"},
		"two sources":          {good("--password-stdin", "--no-password"), password, 2, "exclude each other"},
		"empty password":       {good("--password-stdin"), "\n", 2, "--no-password"},
		"weak password":        {good("--password-stdin"), "weak", 2, "at least 8 characters"},
		"long password":        {good("--password-stdin"), "Aa1!" + strings.Repeat("x", 69), 2, "72 bytes"},
		"two lines":            {good("--password-file", "two"), "", 2, "on one line"},
		"password file open":   {good("--password-file", "open"), "", 10, "others can open"},
		"stray argument":       {good("ana"), "", 2, "takes no argument"},
		"password as a value":  {good("--password", password), "", 2, "unknown flag"},
	} {
		r := p.Input(c.stdin).Fails(c.code, c.args...)
		require.Empty(t, r.Stdout, name)
		require.Contains(t, r.Stderr, strings.ReplaceAll(c.want, `"`, escaped(c.args)), name)
		if c.stdin != "" && len(strings.TrimSpace(c.stdin)) > 0 {
			require.NotContains(t, r.Stderr, strings.TrimSpace(c.stdin)+`"`, name)
		}
	}
	require.Empty(t, p.OK("user", "list", "-o", "json").Items(), "nothing half-written")
}

// escaped is a quote as the error shows it: in JSON it has a backslash.
func escaped(args []string) string {
	if slices.Contains(args, "json") {
		return `\"`
	}
	return `"`
}

func TestList(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no users found\n", p.OK("user", "list").Stderr)
	for i, plan := range []string{"free", "pro", "pro", "basic"} {
		create(p, fmt.Sprintf("user%d", i), "--plan", plan)
	}
	create(p, "sleeper", "--inactive")

	first := p.OK("users", "ls", "--limit", "2", "--sort", "username", "-o", "json")
	items := first.Items()
	require.Equal(t, []any{"sleeper", "user0"}, []any{items[0]["username"], items[1]["username"]})
	require.Equal(t, fields(), keys(items[0]))
	next := first.JSON()["page"].(map[string]any)["next_cursor"].(string)
	rest := p.OK("user", "list", "--limit", "5", "--sort", "username", "--cursor", next, "-o", "json")
	require.Len(t, rest.Items(), 3)
	require.Nil(t, rest.JSON()["page"].(map[string]any)["next_cursor"])
	require.Contains(t, p.Fails(2, "user", "list", "--sort", "-email", "--cursor", next).Stderr, "sorted by username")

	for args, want := range map[string]int{
		"--plan pro": 2, "--inactive": 1, "--active": 4, "--locked": 0, "--search USER": 4, "--search er%": 0, "--since 1h": 5,
		"--until 2020-01-01": 0, "--all": 5,
	} {
		require.Len(t, p.OK(append([]string{"user", "list", "-o", "json"}, strings.Fields(args)...)...).Items(), want, args)
	}
	require.Equal(t, 5, strings.Count(p.OK("user", "list", "--all", "-o", "jsonl").Stdout, "\n"))
	require.Equal(t, "email,plan_type\nuser3@example.com,basic\n", p.OK("user", "list", "--plan", "basic", "-o", "csv", "--columns", "email,plan_type").Stdout)
	require.Contains(t, p.OK("user", "list", "--plan", "basic").Stdout, "user3@example.com")

	require.Equal(t, 2, p.Run("user", "list", "--active", "--inactive").Code)
	require.Equal(t, 2, p.Run("user", "list", "--plan", "gold").Code)
	require.Equal(t, 2, p.Run("user", "list", "--since", "yesterday-ish").Code)
	require.Equal(t, 2, p.Run("user", "list", "--columns", "password_hash").Code)
}

func TestShow(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	u := create(p, "ana", "--plan", "pro", "--preferences", `{"theme":"dark"}`)
	v := p.OK("user", "show", u["id"].(string), "-o", "json").JSON()
	require.Equal(t, fields("has_password", "plan", "usage", "accounts", "automations", "guard", "payments", "trades", "sessions"), keys(v))
	require.Equal(t, false, v["has_password"])
	require.Equal(t, "Pro", v["plan"].(map[string]any)["name"])
	require.Nil(t, v["guard"])
	require.Equal(t, []any{}, v["accounts"])
	usage := v["usage"].([]any)
	require.Len(t, usage, 5)
	require.Equal(t, map[string]any{"limit": "automations", "max": 15.0, "used": 0.0, "left": 15.0}, usage[1])
	create(p, "lia", "--plan", "lifetime")
	require.Equal(t, "null\n", p.OK("user", "show", "lia", "--jq", ".usage[1].left").Stdout, "unlimited")

	text := p.OK("user", "show", "ana").Stdout
	for _, want := range []string{"USER ana", "ana@example.com", "PLAN LIMITS", "EXCHANGE ACCOUNTS", "MARGIN GUARD", "not configured", "LAST TRADES", "SESSIONS"} {
		require.Contains(t, text, want)
	}
	require.Equal(t, u["id"].(string)+"\n", p.OK("user", "get", "ANA", "-q").Stdout)

	r := p.Fails(3, "user", "show", "anna@example.com")
	require.Empty(t, r.Stdout)
	require.Contains(t, r.Stderr, `error: no user "anna@example.com"`)
	require.Contains(t, r.Stderr, "hint: did you mean ana@example.com?")
	e := p.Fails(3, "user", "show", "nobody", "-o", "json").Error()
	require.Equal(t, "user_not_found", e["code"])
	require.Contains(t, p.Fails(2, "user", "show").Stderr, "axisor user show ana@example.com")
	require.Contains(t, p.Fails(2, "user", "shw", "ana").Stderr, "did you mean")
}

func TestUser_DatabaseTrouble(t *testing.T) {
	t.Parallel()
	none := clitest.New(t)
	args := []string{"user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "-o", "json"}
	require.Equal(t, "config", none.Fails(10, args...).Error()["kind"])
	dead := none.With("DATABASE_URL=postgres://nobody:geheim@127.0.0.1:1/none")
	r := dead.Fails(11, args...)
	require.Empty(t, r.Stdout)
	require.NotContains(t, r.Stderr, "geheim")
}
