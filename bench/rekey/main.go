// Command rekey times `axisor credential rekey` on 200,000 values beside psql rewriting the same rows with one UPDATE and
// no encryption at all, in the same run on the same machine, and then kills a second rotation at random moments until it
// is through, and proves that not one value was lost. Run it with `make bench-rekey`; it makes a
// development environment of its own in a temporary folder and deletes it afterwards.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const fieldsPerRow = 3

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	values := flag.Int("values", 200_000, "values to encrypt again")
	kills := flag.Int("kills", 20, "how often to kill the second rotation")
	flag.Parse()
	if err := bench(context.Background(), *program, *values, *kills); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// bed is the environment the programs run in.
type bed struct {
	dir, program string
	db           *store.DB
	rows         int
}

func bench(ctx context.Context, program string, values, kills int) (err error) {
	b := &bed{rows: (values + fieldsPerRow - 1) / fieldsPerRow}
	if b.program, err = filepath.Abs(program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "axisor-bench-*"); err != nil {
		return err
	}
	if err := os.Chmod(b.dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	defer func() {
		if b.db != nil {
			err = errors.Join(err, b.db.Close())
		}
		downErr := b.run(ctx, nil, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(b.dir))
	}()
	for _, args := range [][]string{{"dev", "up"}, {"migrate", "up"}} {
		if err := b.run(ctx, nil, args...); err != nil {
			return err
		}
	}
	if err := b.fill(ctx); err != nil {
		return err
	}
	fmt.Printf("%d values in %d rows, %d processors; the database keeps every commit (fsync on)\n\n", b.rows*fieldsPerRow, b.rows, runtime.NumCPU())

	theirs, err := b.timed(ctx, func() error {
		return b.exec(ctx, `UPDATE "UserExchangeAccounts" SET updated_at = now(), credentials = jsonb_build_object(
			'api_key', credentials->'api_secret', 'api_secret', credentials->'api_key', 'passphrase', credentials->'passphrase')`)
	})
	if err != nil {
		return err
	}
	if err := b.refill(ctx); err != nil {
		return err
	}
	ours, err := b.timed(ctx, func() error {
		return b.run(ctx, keys(newKey, oldKey), "credential", "rekey", "-o", "json")
	})
	if err != nil {
		return err
	}
	n := float64(b.rows * fieldsPerRow)
	fmt.Printf("%-52s %8.2f s %10.0f values/s\n", "psql: one UPDATE of the same rows, no encryption", theirs.Seconds(), n/theirs.Seconds())
	fmt.Printf("%-52s %8.2f s %10.0f values/s   %.2fx psql\n", "axisor credential rekey, start to exit", ours.Seconds(), n/ours.Seconds(), ours.Seconds()/theirs.Seconds())
	if err := b.intact(ctx, newKey); err != nil {
		return err
	}
	return b.killed(ctx, kills, ours)
}

const (
	oldKey  = "old-key-of-the-bench-0123456789abcdef"
	newKey  = "new-key-of-the-bench-0123456789abcdef"
	lastKey = "last-key-of-the-bench-0123456789abcdef"
)

func keys(current, previous string) []string {
	return []string{"AXISOR_ENCRYPTION_KEY_FILE=", "AXISOR_ENCRYPTION_KEY=" + current, "AXISOR_ENCRYPTION_PREVIOUS_KEYS=" + previous}
}

// killed rotates back and forth with a process that is killed at random moments.
func (b *bed) killed(ctx context.Context, kills int, whole time.Duration) error {
	current, previous := lastKey, newKey
	for kill := range kills {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(whole))))
		err := b.run(ctx, keys(current, previous), "credential", "rekey", "-o", "json")
		cancel()
		if err == nil { // it was faster than the killer: the next one rotates back
			current, previous = previous, current
			fmt.Printf("kill %2d: too late, it was through\n", kill+1)
			continue
		}
		if ctx.Err() == nil {
			return err
		}
	}
	if err := b.run(ctx, keys(current, previous), "credential", "rekey", "-o", "json"); err != nil {
		return err
	}
	fmt.Printf("\nkilled %d times with SIGKILL, then run to the end\n", kills)
	return b.intact(ctx, current)
}

// intact opens every value and compares it.
func (b *bed) intact(ctx context.Context, key string) error {
	kr, err := crypto.NewKeyring(secret.New(key), nil)
	if err != nil {
		return err
	}
	seen := 0
	for page, err := range b.db.ScanSealed(ctx, store.SealedAccounts) {
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
	if seen != b.rows*fieldsPerRow {
		return fmt.Errorf("%d values, want %d", seen, b.rows*fieldsPerRow)
	}
	fmt.Printf("all %d values open with the current key and are what they were\n", seen)
	return nil
}

func plain(id, field string) string { return field + " of " + id }

func (b *bed) fill(ctx context.Context) error {
	raw, err := os.ReadFile(filepath.Join(b.dir, ".axisor.yaml"))
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`url: "(postgres://[^"]+)"`).FindSubmatch(raw)
	if found == nil {
		return errors.New("no database.url in .axisor.yaml")
	}
	if b.db, err = store.Open(store.Options{URL: secret.New(string(found[1])), MaxConnections: 2}); err != nil {
		return err
	}
	return errors.Join(b.exec(ctx, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'bench@example.com', 'bench')`), b.refill(ctx))
}

// refill makes all rows anew, under the old key, half in the design's and half in the application's format.
func (b *bed) refill(ctx context.Context) error {
	kr, err := crypto.NewKeyring(secret.New(oldKey), nil)
	if err != nil {
		return err
	}
	app, err := kr.Writing(crypto.FormatAppCBC)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, `TRUNCATE "UserExchangeAccounts" CASCADE`); err != nil {
		return err
	}
	const page = 5000
	for start := 0; start < b.rows; start += page {
		var ids, columns models.Texts
		for i := start; i < min(start+page, b.rows); i++ {
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
		err := b.db.Gorm(ctx).Exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials)
			SELECT v.id, 'u1', e.id, v.c::jsonb FROM (SELECT unnest(?::text[]) AS id, unnest(?::text[]) AS c) v, "Exchange" e`, ids, columns).Error
		if err != nil {
			return err
		}
	}
	return b.exec(ctx, `VACUUM ANALYZE "UserExchangeAccounts"`)
}

func (b *bed) exec(ctx context.Context, sql string) error {
	return b.db.Gorm(ctx).Exec(sql).Error
}

func (b *bed) timed(ctx context.Context, fn func() error) (time.Duration, error) {
	if err := b.exec(ctx, "CHECKPOINT"); err != nil {
		return 0, err
	}
	begin := time.Now()
	err := fn()
	return time.Since(begin), err
}

// run runs axisor; a context that ends kills it with SIGKILL.
func (b *bed) run(ctx context.Context, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, b.program, args...)
	var errw bytes.Buffer
	cmd.Dir, cmd.Stderr = b.dir, &errw
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN")}, env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("axisor %s: %w\n%s", strings.Join(args, " "), err, errw.String())
	}
	return nil
}
