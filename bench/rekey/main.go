// Command rekey times `axisor credential rekey` beside psql rewriting the same rows with one UPDATE and no encryption at
// all. With -kills it then kills further rotations at random moments until they are through, and proves that not one
// value was lost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	fieldsPerRow = 3
	oldKey       = "old-key-of-the-bench-0123456789abcdef"
	newKey       = "new-key-of-the-bench-0123456789abcdef"
	lastKey      = "last-key-of-the-bench-0123456789abcdef"
)

func main() {
	o := harness.Flags()
	kills := flag.Int("kills", 0, "how often to kill a rotation, after the comparison")
	harness.Main(o, func(ctx context.Context, b *harness.Harness) (err error) {
		f := &field{Harness: b, rows: b.Pick(300, 10_000, 67_000)}
		if f.db, err = b.Open(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.db.Close()) }()
		if err := f.exec(ctx, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'bench@example.com', 'bench')`); err != nil {
			return err
		}
		whole, err := f.compare(ctx)
		if err != nil || *kills == 0 {
			return err
		}
		return f.killed(ctx, *kills, whole)
	})
}

// field is the harness with sealed credentials.
type field struct {
	*harness.Harness

	db   *store.DB
	rows int
}

func (f *field) compare(ctx context.Context) (time.Duration, error) {
	fresh := func(ctx context.Context) error { return errors.Join(f.refill(ctx), f.exec(ctx, "CHECKPOINT")) }
	ours := harness.Contestant{Name: "axisor", Before: fresh, Run: func(ctx context.Context) (harness.Sample, error) {
		return f.Discard(ctx, f.rekey(newKey, oldKey)...)
	}, After: func(ctx context.Context) error { return f.intact(ctx, newKey) }}
	theirs := f.Command("psql", f.Psql(`UPDATE "UserExchangeAccounts" SET updated_at = now(), credentials = jsonb_build_object(
		'api_key', credentials->'api_secret', 'api_secret', credentials->'api_key', 'passphrase', credentials->'passphrase')`)...)
	theirs.Before = fresh
	samples, err := harness.Turns(ctx, 0, f.Pick(1, 5, 5), ours, theirs)
	if err != nil {
		return 0, err
	}
	row := harness.Row{Claim: fmt.Sprintf("rotation of %d credentials", f.rows*fieldsPerRow), Rival: "psql UPDATE, no encryption", Unit: "s", Note: harness.Peak(samples[0])}
	return samples[0][0].Wall, f.Emit(row.Against(samples[0], samples[1], harness.Seconds))
}

// rekey is the command line of a rotation; env sets the keys for that process only.
func (f *field) rekey(current, previous string) []string {
	return []string{"env", "AXISOR_ENCRYPTION_KEY=" + current, "AXISOR_ENCRYPTION_PREVIOUS_KEYS=" + previous, f.Program, "credential", "rekey", "-o", "json"}
}

// killed rotates back and forth with a process that is killed at random moments.
func (f *field) killed(ctx context.Context, kills int, whole time.Duration) error {
	current, previous := lastKey, newKey
	if err := f.refill(ctx); err != nil {
		return err
	}
	if _, err := f.Discard(ctx, f.rekey(newKey, oldKey)...); err != nil {
		return err
	}
	for range kills {
		short, cancel := context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(whole))))
		argv := f.rekey(current, previous)
		c := exec.CommandContext(short, argv[0], argv[1:]...)
		c.Dir, c.Env = f.Dir, f.Env
		err := c.Run()
		late := short.Err() == nil
		cancel()
		if err == nil { // it was faster than the killer: the next one rotates back
			current, previous = previous, current
		} else if late {
			return err
		}
	}
	if _, err := f.Discard(ctx, f.rekey(current, previous)...); err != nil {
		return err
	}
	f.Say("killed %d times with SIGKILL, then run to the end: every value is there", kills)
	return f.intact(ctx, current)
}

// intact opens every value and compares it.
func (f *field) intact(ctx context.Context, key string) error {
	kr, err := crypto.NewKeyring(secret.New(key), nil)
	if err != nil {
		return err
	}
	seen := 0
	for page, err := range f.db.ScanSealed(ctx, store.SealedAccounts) {
		if err != nil {
			return err
		}
		for _, row := range page {
			fields, err := kr.DecryptJSON(crypto.Place{Table: string(row.Table), Row: row.ID, User: row.UserID}, row.Credentials)
			if err != nil {
				return fmt.Errorf("row %s: %w", row.ID, err)
			}
			for name, value := range fields {
				if value.Reveal() != plain(row.ID, name) {
					return fmt.Errorf("row %s: %s is not what was stored", row.ID, name)
				}
				seen++
			}
		}
	}
	if seen != f.rows*fieldsPerRow {
		return fmt.Errorf("%d values, want %d", seen, f.rows*fieldsPerRow)
	}
	return nil
}

func plain(id, field string) string { return field + " of " + id }

// refill makes all rows anew, under the old key, half in the design's and half in the application's format.
func (f *field) refill(ctx context.Context) error {
	kr, err := crypto.NewKeyring(secret.New(oldKey), nil)
	if err != nil {
		return err
	}
	app, err := kr.Writing(crypto.FormatAppCBC)
	if err != nil {
		return err
	}
	if err := f.exec(ctx, `TRUNCATE "UserExchangeAccounts" CASCADE`); err != nil {
		return err
	}
	const page = 5000
	for start := 0; start < f.rows; start += page {
		var ids, columns models.Texts
		for i := start; i < min(start+page, f.rows); i++ {
			with := kr
			if i%2 == 1 {
				with = app
			}
			id := "row-" + strconv.Itoa(i)
			fields := map[string]secret.Secret{}
			for _, name := range []string{"api_key", "api_secret", "passphrase"} {
				fields[name] = secret.New(plain(id, name))
			}
			sealed, err := with.EncryptFields(crypto.Place{}, fields)
			if err != nil {
				return err
			}
			column, err := models.NewJSON(sealed)
			if err != nil {
				return err
			}
			ids, columns = append(ids, id), append(columns, string(column))
		}
		err := f.db.Gorm(ctx).Exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials)
			SELECT v.id, 'u1', e.id, v.c::jsonb FROM (SELECT unnest(?::text[]) AS id, unnest(?::text[]) AS c) v, "Exchange" e`, ids, columns).Error
		if err != nil {
			return err
		}
	}
	return f.exec(ctx, `VACUUM ANALYZE "UserExchangeAccounts"`)
}

func (f *field) exec(ctx context.Context, sql string) error {
	return f.db.Gorm(ctx).Exec(sql).Error
}
