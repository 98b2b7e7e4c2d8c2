package credential_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// fill stores accounts under the old key in the application's format.
func (b *fixture) fill(t *testing.T, n int) {
	t.Helper()
	kr, err := keyring(t, oldKey).Writing(crypto.FormatAppCBC)
	require.NoError(t, err)
	var ids, columns models.Texts
	for i := range n {
		id := fmt.Sprintf("row-%05d", i)
		sealed, err := kr.EncryptFields(crypto.Place{}, map[string]secret.Secret{
			"API Key": secret.New(canary + id), "API Secret": secret.New(id + canary), "isTestnet": secret.New("false"),
		})
		require.NoError(t, err)
		column, err := models.NewJSON(sealed)
		require.NoError(t, err)
		ids, columns = append(ids, id), append(columns, string(column))
	}
	b.exec(t, `INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, account_name, credentials)
		SELECT v.id, u.id, e.id, v.id, v.c::jsonb FROM (SELECT unnest(?::text[]) AS id, unnest(?::text[]) AS c) v, "Exchange" e, "User" u
		WHERE u.username = 'ana'`, ids, columns)
}

// intact opens every value with one key alone and compares it.
func (b *fixture) intact(t *testing.T, n int) {
	t.Helper()
	kr, seen := keyring(t, clitest.Key), 0
	for page, err := range b.db.ScanSealed(t.Context(), store.SealedAccounts) {
		require.NoError(t, err)
		for _, row := range page {
			opened, err := kr.DecryptJSON(crypto.Place{Table: string(row.Table), Row: row.ID, User: row.UserID}, row.Credentials)
			require.NoError(t, err, row.ID)
			require.Equal(t, canary+row.ID, opened["API Key"].Reveal())
			require.Equal(t, row.ID+canary, opened["API Secret"].Reveal())
			require.Equal(t, "false", opened["isTestnet"].Reveal())
			seen++
		}
	}
	require.Equal(t, n, seen)
}

func TestCheckAndRekey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.OK("credential", "check", "-o", "json").Items())
	b.fill(t, 3)
	items := b.OK("credential", "check", "-o", "json").Items()
	require.Len(t, items, 9)
	require.Equal(t, "outdated", items[0]["state"])
	require.Equal(t, "app-cbc", items[0]["format"])
	require.Equal(t, "API Key", items[0]["field"])
	require.Equal(t, false, items[0]["problem"])
	oldID, err := keyring(t, oldKey).KeyID()
	require.NoError(t, err)
	require.Equal(t, oldID, items[0]["key_id"])
	require.Equal(t, "flag", items[2]["state"])

	b.exec(t, `INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials)
		SELECT 'clear', u.id, e.id, '{"api_key": "`+canary+`"}' FROM "User" u, "Exchange" e WHERE u.username = 'bob'`)
	r := b.Fails(8, "credential", "check", "--problems", "-o", "json")
	require.Len(t, r.Items(), 1)
	require.Equal(t, "clear_text", r.Items()[0]["state"])
	require.Equal(t, "credentials_problem", r.Error()["code"])
	require.NotContains(t, r.Stdout+r.Stderr, canary)
	groups := b.Fails(8, "credential", "check", "--summary", "-o", "json").Items()
	require.Len(t, groups, 3)
	require.EqualValues(t, 6, groups[0]["values"])

	dry := b.OK("credential", "rekey", "--dry-run", "-o", "json").JSON()
	require.EqualValues(t, 7, dry["values_encrypted"])
	require.Equal(t, true, dry["dry_run"])
	done := b.OK("credential", "rekey", "--reason", "rotation", "-o", "json").JSON()
	require.EqualValues(t, 7, done["values_encrypted"])
	require.EqualValues(t, 4, done["rows_changed"])
	require.Equal(t, map[string]any{"outdated": 6.0, "clear_text": 1.0, "flag": 3.0}, done["found"])
	b.intact(t, 3)
	require.Contains(t, b.OK("credential", "check").Stderr, "10 values looked at, 0 with a problem, 0 outdated")
	require.Equal(t, "unchanged", b.OK("credential", "rekey", "-o", "json").JSON()["result"])

	for _, format := range []string{"v2", "app-cbc", "seed"} {
		b.OK("credential", "rekey", "--to-format", format, "--accept-unbound")
		groups := b.With("AXISOR_ENCRYPTION_FORMAT="+format, "AXISOR_ENCRYPTION_PREVIOUS_KEYS=").OK("credential", "check", "--summary", "-o", "json").Items()
		require.Equal(t, "current", groups[0]["state"])
		require.Equal(t, format, groups[0]["format"])
	}
	b.intact(t, 3)

	b.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = jsonb_set(credentials, '{API Key}', '"000102030405060708090a0b0c0d0e0f:00"') WHERE id = 'row-00001'`)
	left := b.Fails(7, "credential", "rekey", "-o", "json")
	require.Equal(t, "rekey_incomplete", left.Error()["code"])
	require.EqualValues(t, 1, left.JSON()["values_left"])
	b.Fails(8, "credential", "check")
	require.Contains(t, b.Fails(10, "credential", "check", "--config", "/nowhere.yaml").Stderr, "/nowhere.yaml")
}

func TestCheck_AValueMovedToAnotherRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, 2)
	v2 := b.With("AXISOR_ENCRYPTION_FORMAT=v2")
	v2.OK("credential", "rekey", "--accept-unbound")
	v2.OK("credential", "check")
	b.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = (SELECT credentials FROM "UserExchangeAccounts" WHERE id = 'row-00000')`)
	items := v2.Fails(8, "credential", "check", "--problems", "-o", "json").Items()
	require.Len(t, items, 2)
	for _, i := range items {
		require.Equal(t, "altered", i["state"])
		require.Equal(t, "row-00001", i["id"])
	}
}

// A rotation that is killed at any moment loses nothing, and the next one goes on.
func TestRekey_KilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const rows, kills = 4000, 20
	b.fill(t, rows)
	begin := time.Now()
	require.NoError(t, b.process(t, "credential", "rekey").Run())
	whole, killed := time.Since(begin), 0
	b.exec(t, `DELETE FROM "UserExchangeAccounts"`)
	b.fill(t, rows)
	both := keyring(t, clitest.Key, oldKey)
	for range kills {
		c := b.process(t, "credential", "rekey")
		require.NoError(t, c.Start())
		timer := time.AfterFunc(time.Duration(rand.Int64N(int64(whole))), func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if err == nil { // through: put the old state back, and give the next ones less time
			whole = whole * 3 / 4
			b.exec(t, `DELETE FROM "UserExchangeAccounts"`)
			b.fill(t, rows)
			continue
		}
		require.False(t, c.ProcessState.Exited(), "it was killed and did not fail: %s", c.Stderr)
		killed++
		b.opens(t, both)
	}
	require.GreaterOrEqual(t, killed, kills/2)
	b.OK("credential", "rekey")
	b.intact(t, rows)
}

// opens asks of every value that one of the keys opens it.
func (b *fixture) opens(t *testing.T, keys *crypto.Keyring) {
	t.Helper()
	for page, err := range b.db.ScanSealed(t.Context(), store.SealedAccounts) {
		require.NoError(t, err)
		for _, row := range page {
			for _, v := range keys.Inspect(crypto.Place{Table: string(row.Table), Row: row.ID, User: row.UserID}, row.Credentials) {
				require.False(t, v.State.Problem(), "%s %s: %s", row.ID, v.Field, v.State)
			}
		}
	}
}

// process is the program as a process of its own.
func (b *fixture) process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), self(t), args...)
	c.Dir, c.Env, c.Stderr = b.Dir, append(append([]string{}, b.Env...), asProgram+"=1"), &bytes.Buffer{}
	return c
}
