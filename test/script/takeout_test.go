package script

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// takeOut makes the sources without a protection: in a file, old becomes new.
type takeOut struct{ file, old, new string }

// protections are what stands against the attack of a script, one row for each way in which it must fail without. More
// than one edit is one protection in several lines.
func protections() []struct {
	script string
	edits  []takeOut
} {
	return []struct {
		script string
		edits  []takeOut
	}{
		{"stolen-database", []takeOut{{"pkg/crypto/v2.go", `, at.Table, at.Row, at.User, at.Field}`, `}`}}},
		{"stolen-database", []takeOut{{"pkg/admin/key.go", `if closed == 0 {`, `if closed >= 0 {`}}},
		{"stolen-database", []takeOut{{"pkg/secret/weak.go", `case len(characters) < fewestCharacters:`, `case len(text) > 0:
		return ""
	case len(characters) < fewestCharacters:`}}},
		{"lost-key", []takeOut{{"pkg/crypto/keyring.go", `if errors.Is(err, ErrWrongKey) {
				continue`, `if errors.Is(err, ErrWrongKey) {
				return secret.Secret{}, Info{}, ErrWrongKey`}}},
		{"process-list", []takeOut{{"pkg/pgpass/pgpass.go", `"PGPASSFILE="+f.nameFor(cmd)`, `"PGPASSWORD="+password`}}},
		{"secrets-in-output", []takeOut{{"internal/config/rules.go", `q.Set(name, "xxxxx")`, `q.Set(name, q.Get(name))`}}},
		{"other-users", []takeOut{{"pkg/ownfile/ownfile.go", `return info.Mode().Perm()&others != 0`, `return info == nil && others != 0`}}},
		{"other-users", []takeOut{{"pkg/backup/staged.go", `os.O_EXCL, 0o600`, `os.O_EXCL, 0o666`}}},
		{"strange-directory", []takeOut{{"pkg/ownfile/ownfile.go", `case mode.Perm()&othersWrite != 0 && mode&fs.ModeSticky == 0:`, `case mode == 0:`}}},
		{"strange-directory", []takeOut{{"pkg/ownfile/ownfile.go", `case regular && mode&othersWrite != 0:`, `case mode == 0:`}}},
		{"wire-to-the-exchange", []takeOut{{"pkg/lnmarkets/client.go", `c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }`, ``}}},
		{"wire-to-the-exchange", []takeOut{{"pkg/lnmarkets/address.go", `&& !loopback(u.Hostname())`, `&& u.Host == ""`}, {"internal/config/rules.go", `u.Scheme == "http" && isLoopback(u.Hostname()):`, `u.Scheme == "http" && (true || isLoopback(u.Host)):`}}},
		{"wire-to-the-exchange", []takeOut{{"pkg/lightning/http.go", `|| !loopback(u.Hostname())`, `|| u.Host == ""`}, {"internal/config/rules.go", `u.Scheme == "http" && isLoopback(u.Hostname()):`, `u.Scheme == "http" && (true || isLoopback(u.Host)):`}}},
		{"wire-to-the-database", []takeOut{{"pkg/pgtls/pgtls.go", `added["require_auth"] = "scram-sha-256"`, ``}}},
		{"margin-twice", []takeOut{{"pkg/marginguard/readback.go", `case applied && !unchanged:`, `case applied && !unchanged && now == nil:`}, {"pkg/marginguard/readback.go", `return Unknown, fmt.Sprintf("the margin changed by %d sats, which the addition of %d does not explain", grown, i.Amount)`, `return NotApplied, ""`}}},
		{"wrong-data", []takeOut{{"pkg/marginguard/market.go", `if offset.Abs() > maxOffset {`, `if offset.Abs() < 0 {`}, {"pkg/marginguard/decide.go", `age > MaxPriceAge {`, `age < -MaxPriceAge {`}, {"pkg/marginguard/decide.go", `age > MaxPositionAge {`, `age < -MaxPositionAge {`}, {"pkg/marginguard/attempt.go", `age > MaxPriceAge {`, `age < -MaxPriceAge {`}, {"pkg/marginguard/attempt.go", `age > MaxPositionAge {`, `age < -MaxPositionAge {`}, {"pkg/marginguard/market.go", `age > MaxPriceAge {`, `age < -MaxPriceAge {`}}},
		{"drained-margin", []takeOut{{"pkg/marginguard/runner.go", `if off && !req.DryRun {`, `if off && req.DryRun {`}, {"pkg/store/guard_intent.go", `WHERE c.disabled AND (c.user_id IS NULL OR c.user_id = i.user_id))`, `WHERE false AND c.disabled)`}, {"pkg/marginguard/decide.go", `case in.Disabled != "":`, `case in.Disabled == "\x00":`}}},
		{"drained-margin", []takeOut{{"pkg/store/guard_intent.go", `spent+p.Intent.AmountSats > p.RoundCap`, `spent < 0`}, {"pkg/marginguard/runner.go", `max(limit-req.Spent, 0))`, `max(limit-req.Spent, 1<<40))`}}},
		{"drained-margin", []takeOut{{"pkg/store/guard_intent.go", `case p.UserDayCap > 0 && sums`, `case p.UserDayCap < 0 && sums`}, {"pkg/marginguard/amount.go", `if in.Caps.UserDaySats > 0 {`, `if in.Caps.UserDaySats < 0 {`}}},
		{"faked-payment", []takeOut{{"pkg/admin/payment_settle.go", `hex.EncodeToString(sum[:]) != hash {`, `hex.EncodeToString(sum[:]) == "" {`}}},
		{"another-users-rows", []takeOut{{"pkg/store/as_user.go", `, "SET LOCAL ROLE "+RoleAuthenticated)`, `)`}, {"pkg/store/as_user.go", `role != RoleAuthenticated || `, ``}}},
		{"support-staff", []takeOut{{"pkg/namespace/rights.go", `return column != "payment_hash" && secret`, `return column != "payment_hash" && column != "password_hash" && secret`}}},
		{"stored-dump", []takeOut{{"pkg/backup/preflight.go", `if p.recipients, err = ParseRecipients(q.Recipients); err != nil {`, `if p.recipients, err = ParseRecipients(nil); err != nil {`}}},
		{"damaged-backup", []takeOut{{"pkg/backup/verify.go", `	if e.State == StateUnsigned {`, `	if e.State == StateGood {
		return nil
	}
	if e.State == StateUnsigned {`}}},
		{"attacking-dump", []takeOut{{"pkg/backup/scratch.go", ` LOGIN NOSUPERUSER `, ` LOGIN SUPERUSER `}}},
		{"exchanged-backup", []takeOut{{"pkg/backup/catalogue.go", `if err != nil {
		e.State, e.Problem = StateUnsigned, problemOf(err)`, `if err != nil && m == nil {
		e.State, e.Problem = StateUnsigned, problemOf(err)`}}},
		{"foreign-settings", []takeOut{{"pkg/backup/layout.go", `if err := p.setAside(); err != nil {`, `if err := error(nil); err != nil {`}}},
		{"foreign-settings", []takeOut{{"pkg/backup/settings.go", `if !known {`, `if false {`}, {"pkg/backup/settings.go", `if err != nil || n < limits[0] || n > limits[1] {`, `if !known {
			take = append(take, setting{name, from[name]})
			continue
		}
		if err != nil || n < limits[0] || n > limits[1] {`}}},
		{"open-backup-directory", []takeOut{{"pkg/backup/lock.go", `info.Mode().Perm()&0o022 != 0 {`, `info.Mode() == 0 {`}}},
		{"open-backup-directory", []takeOut{{"pkg/backup/lock.go", `f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)`, `f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NONBLOCK, 0o600)`}}},
		{"shared-directory", []takeOut{{"pkg/backup/scope.go", `func (r *Repository) covers(e Entry) bool { return r.scope == nil || r.scope.Covers(e) }`, `func (r *Repository) covers(e Entry) bool { return r.scope == nil || e.ID != "" }`}}},
		{"last-good-backup", []takeOut{{"pkg/backup/retention.go", `if e.State == StateGood {
			slot`, `if e.ID != "" {
			slot`}, {"pkg/backup/retention.go", `case i == newest:`, `case i < 0:`}}},
		{"last-good-backup", []takeOut{{"pkg/backup/retention.go", `sorted[newest].when().Before(cutoff):`, `sorted[newest].when().IsZero():`}, {"pkg/backup/retention.go", `> patience(sorted):`, `< 0:`}}},
		{"hostile-text", []takeOut{{"internal/cli/streams/safe.go", `return unicode.IsControl(r) || `, `return r == 0 || unicode.IsControl(0) || `}, {"internal/cli/streams/screen.go", `n, text := s.next(in[i:])`, `n, text := len(in[i:]), string(in[i:])`}}},
		{"hostile-text", []takeOut{{"internal/cli/streams/safe.go", `func c1(r rune) bool { return r >= 0x7f && r <= 0x9f }`, `func c1(r rune) bool { return r < 0 }`}}},
		{"hostile-text", []takeOut{{"pkg/rowfile/rows.go", "const formula = \"=+-@\\t\\r\"", "const formula = \"\\x00\""}}},
		{"mistakes", []takeOut{{"internal/cli/prompt/prompt.go", `func (p *Prompter) Type(ctx context.Context, question, name string) error {
	if p.yes {`, `func (p *Prompter) Type(ctx context.Context, question, name string) error {
	if p.yes || !p.Can() {`}}},
		{"mistakes", []takeOut{{"pkg/admin/service.go", `if mode.DryRun {`, `if mode.DryRun && now.IsZero() {`}}},
		{"mistakes", []takeOut{{"cmd/production.go", `err == nil && l.Production {`, `err == nil && l == nil {`}}},
		{"denial", []takeOut{{"pkg/admin/audit.go", `"actor": o.Actor, `, ``}}},
		{"supply-chain", []takeOut{{"go.mod", `require (
	filippo.io/age`, `replace filippo.io/age => example.org/age v1.0.0

require (
	filippo.io/age`}}},
		{"broken-service", []takeOut{{"cmd/backup/schedule_units.go", `NoNewPrivileges=yes
`, ``}}},
		{"broken-service", []takeOut{{"packaging/systemd/axisor-guard.service", `CapabilityBoundingSet=
`, ``}}},
	}
}

// Each protection is where the table says, so that taking it out is not a change of nothing, and no script is without.
func TestTakeOut_EveryAttackHasItsProtection(t *testing.T) {
	t.Parallel()
	scripts := map[string]bool{}
	for _, p := range protections() {
		scripts[p.script] = true
		sources(t, p.edits)
	}
	files, err := os.ReadDir(abuseScripts)
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, scripts[strings.TrimSuffix(f.Name(), ".txtar")], "%s: no protection is taken out for it", f.Name())
	}
}

// TestTakeOut proves that the scripts can fail: without its protection, each attack succeeds. It builds the program for
// every row, which takes minutes; `make take-out` asks for it.
func TestTakeOut(t *testing.T) {
	if os.Getenv("AXISOR_TEST_TAKE_OUT") == "" {
		t.Skip("make take-out runs it")
	}
	for _, p := range protections() {
		t.Run(p.script, func(t *testing.T) {
			dir := t.TempDir()
			replace := map[string]string{}
			for file, text := range sources(t, p.edits) {
				to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
				require.NoError(t, os.WriteFile(to, []byte(text), 0o600))
				replace[filepath.Join(root(t), file)] = to
			}
			overlay, err := json.Marshal(map[string]any{"Replace": compiled(replace)})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay"), overlay, 0o600))
			c := exec.CommandContext(t.Context(), "go", "test", "-overlay", filepath.Join(dir, "overlay"), "-vet=off", "-ldflags=-s -w", "-count=1", "-run", "TestAbuse$/^"+p.script+"$", ".")
			c.Env = append(os.Environ(), "AXISOR_TEST_TAKE_OUT=", "AXISOR_TEST_SOURCES="+changed(t, dir, replace))
			out, err := c.CombinedOutput()
			require.Error(t, err, "%s does not notice what is missing", p.script)
			require.Contains(t, string(out), "--- FAIL: TestAbuse/"+p.script, string(out))
			t.Logf("%s", lastLine(string(out), "FAIL: "))
		})
	}
}

// sources are the files as they are without a protection, by path.
func sources(t *testing.T, edits []takeOut) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, e := range edits {
		if _, ok := out[e.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root(t), e.file))
			require.NoError(t, err)
			out[e.file] = string(text)
		}
		require.Equal(t, 1, strings.Count(out[e.file], e.old), "%s does not have exactly one %q", e.file, e.old)
		out[e.file] = strings.Replace(out[e.file], e.old, e.new, 1)
	}
	return out
}

// changed is a folder of what scripts read of the sources, with the replaced files in it.
func changed(t *testing.T, dir string, replace map[string]string) string {
	t.Helper()
	to := filepath.Join(dir, "sources")
	for _, folder := range []string{"scripts", "packaging", ".ci"} {
		require.NoError(t, os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(root(t), folder))))
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
		text, err := os.ReadFile(filepath.Join(root(t), file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, file), text, 0o600))
	}
	for file, by := range replace {
		rel, err := filepath.Rel(root(t), file)
		require.NoError(t, err)
		text, err := os.ReadFile(by)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(to, rel)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(to, rel), text, 0o600))
	}
	return to
}

// compiled are those of the files that the compiler reads: a module file in an overlay changes what is downloaded.
func compiled(replace map[string]string) map[string]string {
	out := maps.Clone(replace)
	maps.DeleteFunc(out, func(file, _ string) bool { return filepath.Ext(file) != ".go" })
	return out
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

// lastLine is the last line of a script's log that begins with a word.
func lastLine(text, after string) string {
	if i := strings.LastIndex(text, "        "+after); i >= 0 {
		line, _, _ := strings.Cut(text[i:], "\n")
		return strings.TrimSpace(line)
	}
	return ""
}
