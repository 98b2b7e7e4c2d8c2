// Command userlist measures that the last page of `axisor user list` is as fast as the first, beside psql with the
// OFFSET that most administration pages use, and `axisor user show` of a user with many trades. `go run
// ./bench/userlist` runs it on a private PostgreSQL of its own.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	psql := flag.String("psql", "psql", "psql to compare with")
	users := flag.Int("users", 1_000_000, "users in the database")
	trades := flag.Int("trades", 1_000_000, "trade logs in the database, a fifth of them of one user")
	runs := flag.Int("runs", 15, "runs of each command, taking turns")
	flag.Parse()
	if err := bench(context.Background(), *program, *psql, *users, *trades, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, program, psql string, users, trades, runs int) (err error) {
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "axisor-bench-*")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	b := bed{dir: dir}
	defer func() {
		_, _, downErr := b.run(ctx, program, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(dir))
	}()
	for _, args := range [][]string{{"dev", "up"}, {"migrate", "up"}} {
		if _, _, err := b.run(ctx, program, args...); err != nil {
			return err
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, ".axisor.yaml"))
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`url: "(postgres://[^"]+)"`).FindSubmatch(raw)
	if found == nil {
		return errors.New("no database.url in .axisor.yaml")
	}
	url := string(found[1])
	fill := []string{
		url, "-X", "-q", "-v", "ON_ERROR_STOP=1",
		"-c", fmt.Sprintf(`INSERT INTO "User" (email, username, plan_type, created_at, updated_at) SELECT 'p' || i || '@example.com', 'person' || i,
			(ARRAY['free','basic','pro'])[1 + i %% 3]::"PlanType", timestamp '2024-01-01' + i * interval '1 second', now() FROM generate_series(1, %d) i`, users),
		"-c", fmt.Sprintf(`INSERT INTO "TradeLog" (user_id, trade_id, status, pnl, executed_at) SELECT
			(SELECT id FROM "User" WHERE username = 'person' || CASE WHEN i %% 5 = 0 THEN 1 ELSE 1 + i %% 1000 END), 't' || i, 'success', i,
			timestamp '2024-01-01' + i * interval '1 second' FROM generate_series(1, %d) i`, trades),
		"-c", "VACUUM ANALYZE",
	}
	if _, _, err := b.run(ctx, psql, fill...); err != nil {
		return err
	}
	cursor, err := b.lastPage(ctx, program)
	if err != nil {
		return err
	}
	sql := `SELECT * FROM "User" ORDER BY created_at DESC, id DESC LIMIT 50 OFFSET `
	things := []struct {
		name string
		args []string
	}{
		{"axisor user list, first page", []string{program, "user", "list", "-o", "json"}},
		{"axisor user list, last page", []string{program, "user", "list", "-o", "json", "--cursor", cursor}},
		{"psql OFFSET, first page", []string{psql, url, "-X", "-q", "-c", sql + "0"}},
		{"psql OFFSET, last page", []string{psql, url, "-X", "-q", "-c", sql + fmt.Sprint(users-50)}},
		{"axisor user show, many trades", []string{program, "user", "show", "person1", "-o", "json"}},
	}
	took := make([][]time.Duration, len(things))
	for i := range runs + 1 { // the first turn warms the caches and is not counted
		for n, t := range things {
			d, _, err := b.run(ctx, t.args[0], t.args[1:]...)
			if err != nil {
				return err
			}
			if i > 0 {
				took[n] = append(took[n], d)
			}
		}
	}
	fmt.Printf("%d users, %d trade logs, %d runs each, taking turns, medians of the whole program\n\n", users, trades, runs)
	medians := make([]float64, len(things))
	for n, t := range things {
		slices.Sort(took[n])
		medians[n] = float64(took[n][len(took[n])/2]) / float64(time.Millisecond)
		fmt.Printf("%-30s %8.1f ms\n", t.name, medians[n])
	}
	fmt.Printf("\nlast page / first page: axisor %.2f, psql with OFFSET %.2f\n", medians[1]/medians[0], medians[3]/medians[2])
	return nil
}

type bed struct{ dir string }

// lastPage makes the cursor of the last page. Walking there page by page would take twenty thousand runs, so this
// one place outside the program knows what a cursor holds.
func (b bed) lastPage(ctx context.Context, program string) (string, error) {
	_, out, err := b.run(ctx, program, "user", "list", "--sort", "created_at", "--limit", "51", "-o", "json")
	if err != nil {
		return "", err
	}
	var page struct {
		Items []struct {
			ID        string    `json:"id"`
			CreatedAt time.Time `json:"created_at"`
		} `json:"items"`
	}
	if err := json.Unmarshal(out, &page); err != nil {
		return "", err
	}
	last := page.Items[len(page.Items)-1]
	raw, err := json.Marshal(map[string]string{"s": "-created_at", "v": last.CreatedAt.Format("2006-01-02 15:04:05.999999"), "i": last.ID})
	return base64.RawURLEncoding.EncodeToString(raw), err
}

func (b bed) run(ctx context.Context, program string, args ...string) (time.Duration, []byte, error) {
	c := exec.CommandContext(ctx, program, args...)
	var out, errw bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = b.dir, &out, &errw
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN")}
	begin := time.Now()
	if err := c.Run(); err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args[:min(2, len(args))], " "), err, errw.String())
	}
	return time.Since(begin), out.Bytes(), nil
}
