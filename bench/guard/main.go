// Command guard times one guard run over many users against a simulated exchange with a latency, beside the bound
// that the latency sets (latency × requests / concurrency), in the same run on the same machine; and the query that
// picks crossed positions out of the watch index beside a scan without the index. `make bench-guard` runs it; it makes a
// development environment of its own in a temporary folder and deletes it afterwards.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const key = "a key for measuring, nothing else here"

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	users := flag.Int("users", 10_000, "guarded users with three positions each")
	index := flag.Int("index", 300_000, "positions in the watch index")
	concurrency := flag.Int("concurrency", 64, "users looked at together")
	latency := flag.Duration("latency", 50*time.Millisecond, "latency of the exchange")
	serve := flag.Bool("serve", false, "be the exchange (used by the program itself)")
	flag.Parse()
	var err error
	if *serve {
		err = exchange(*users, *latency)
	} else {
		err = bench(context.Background(), *program, *users, *index, *concurrency, *latency)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// hello is what the exchange tells the one who started it.
type hello struct {
	URL  string      `json:"url"`
	Keys []lnsim.Key `json:"keys"`
}

// exchange is the simulator in a process of its own, so that its processor time is not the guard's.
func exchange(users int, latency time.Duration) error {
	sim := lnsim.New(lnsim.Options{Price: 95000})
	var out hello
	for range users {
		account, err := sim.AddAccount(lnsim.Account{Balance: 10_000_000})
		if err != nil {
			return err
		}
		k, err := sim.AddKey(lnsim.Key{AccountID: account.ID})
		if err != nil {
			return err
		}
		out.Keys = append(out.Keys, k)
		for _, quantity := range []int64{1000, 2000, 5000} {
			if _, err := sim.OpenTrade(lnsim.TradeSpec{AccountID: account.ID, Side: "buy", Quantity: quantity, Price: 95000, Leverage: 25}); err != nil {
				return err
			}
		}
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	out.URL = "http://" + listener.Addr().String() + "/v3"
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		return err
	}
	inner := sim.Handler()
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		inner.ServeHTTP(w, r)
	})}
	return server.Serve(listener)
}

func bench(ctx context.Context, program string, users, index, concurrency int, latency time.Duration) (err error) {
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
	axisor := func(env []string, args ...string) (*exec.Cmd, []byte, error) {
		c := exec.CommandContext(ctx, program, args...)
		c.Dir, c.Env = dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			err = fmt.Errorf("axisor %s: %w: %s", strings.Join(args, " "), err, said.String())
		}
		return c, out, err
	}
	defer func() {
		_, _, down := axisor(nil, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, down, os.RemoveAll(dir))
	}()
	for _, verb := range [][]string{{"dev", "up"}, {"migrate", "up"}} {
		if _, _, err := axisor(nil, verb...); err != nil {
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
	db, err := store.Open(store.Options{URL: secret.New(string(found[1])), MaxConnections: 4})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	sim, end, err := start(ctx, users, latency)
	if err != nil {
		return err
	}
	defer end()
	if err := fill(ctx, db, sim.Keys); err != nil {
		return err
	}

	env := []string{
		"ENCRYPTION_KEY=" + key, "AXISOR_LNMARKETS_BASE_URL=" + sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=1000", "AXISOR_LNMARKETS_LIMIT_SCOPE=key",
		"AXISOR_LNMARKETS_PUBLIC_RPS=1000", fmt.Sprintf("AXISOR_GUARD_CONCURRENCY=%d", concurrency),
	}
	began := time.Now()
	c, out, err := axisor(env, "guard", "run", "-o", "json", "--jq", "[.users, .positions, .failed]")
	if err != nil {
		return err
	}
	took := time.Since(began)
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("no resource usage")
	}
	bound := latency * time.Duration(users) / time.Duration(concurrency)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	fmt.Printf("guard run: [users, positions, failed] = %s\n", strings.Join(strings.Fields(string(out)), ""))
	fmt.Printf("  %.2f s, bound %.2f s (%s × %d / %d): %.2f times the bound\n",
		took.Seconds(), bound.Seconds(), latency, users, concurrency, took.Seconds()/bound.Seconds())
	fmt.Printf("  %.2f ms of processor time a request, %d MB at most\n",
		float64(cpu.Microseconds())/1000/float64(users), usage.Maxrss/1024)
	return watchIndex(ctx, db, users, index)
}

// start starts the exchange and waits until it says where it is.
func start(ctx context.Context, users int, latency time.Duration) (hello, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return hello{}, nil, err
	}
	c := exec.CommandContext(ctx, self, "-serve", fmt.Sprintf("-users=%d", users), fmt.Sprintf("-latency=%s", latency))
	c.Stderr = os.Stderr
	pipe, err := c.StdoutPipe()
	if err != nil {
		return hello{}, nil, err
	}
	if err := c.Start(); err != nil {
		return hello{}, nil, err
	}
	end := func() { _ = c.Process.Kill(); _ = c.Wait() }
	var out hello
	if err := json.NewDecoder(bufio.NewReader(pipe)).Decode(&out); err != nil {
		end()
		return hello{}, nil, err
	}
	return out, end, nil
}

// fill makes the users, with credentials sealed as the program seals them.
func fill(ctx context.Context, db *store.DB, keys []lnsim.Key) error {
	ring, err := crypto.NewKeyring(secret.New(key), nil)
	if err != nil {
		return err
	}
	ids, sealed := make([]string, 0, len(keys)), make([]string, 0, len(keys))
	for i, k := range keys {
		fields, err := ring.EncryptFields(crypto.Place{}, map[string]secret.Secret{
			"api_key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
		})
		if err != nil {
			return err
		}
		text, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		ids, sealed = append(ids, fmt.Sprintf("user-%06d", i)), append(sealed, string(text))
	}
	for _, sql := range []string{
		`INSERT INTO "User" (id, email, username, updated_at) SELECT id, id || '@example.com', id, now() FROM unnest($1::text[], $2::text[]) AS x (id, c)`,
		`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials, is_active, updated_at)
		 SELECT 'account-' || x.id, x.id AS user_id, e.id, x.c::jsonb, true, now() FROM unnest($1::text[], $2::text[]) AS x (id, c), "Exchange" e WHERE e.slug = 'lnmarkets'`,
		`INSERT INTO "MarginGuardConfig" (user_id, is_active, updated_at) SELECT id, true, now() FROM unnest($1::text[], $2::text[]) AS x (id, c)`,
	} {
		if _, err := db.SQL().ExecContext(ctx, sql, ids, sealed); err != nil {
			return err
		}
	}
	_, err = db.SQL().ExecContext(ctx, "ANALYZE")
	return err
}

// watchIndex times the query of every round of a watcher.
func watchIndex(ctx context.Context, db *store.DB, users, positions int) error {
	for _, sql := range []string{
		`INSERT INTO guard_watch (account_id, trade_id, user_id, side, trigger_price, refreshed_at)
		 SELECT 'account-user-' || lpad((i % ` + fmt.Sprint(users) + `)::text, 6, '0'), 'trade-' || i, 'user-' || lpad((i % ` + fmt.Sprint(users) + `)::text, 6, '0'),
		        CASE WHEN i % 2 = 0 THEN 'buy' ELSE 'sell' END,
		        CASE WHEN i % 2 = 0 THEN 95000 - random() * 28500 ELSE 95000 + random() * 28500 END, now()
		 FROM generate_series(1, ` + fmt.Sprint(positions) + `) i`, "ANALYZE guard_watch",
	} {
		if _, err := db.SQL().ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	const low, high = 94500, 95000.5
	median := func(f func() error) (time.Duration, error) {
		var all []time.Duration
		for range 21 {
			began := time.Now()
			if err := f(); err != nil {
				return 0, err
			}
			all = append(all, time.Since(began))
		}
		slices.Sort(all)
		return all[len(all)/2], nil
	}
	var picked, scanned int
	indexed, err := median(func() error {
		ids, err := db.GuardCrossed(ctx, low, high)
		picked = len(ids)
		return err
	})
	if err != nil {
		return err
	}
	full, err := median(func() error {
		return db.SQL().QueryRowContext(ctx, `SELECT count(DISTINCT user_id) FROM guard_watch
			WHERE (side || '' = 'buy' AND trigger_price + 0 >= $1) OR (side || '' = 'sell' AND trigger_price + 0 <= $2)`, low, high).Scan(&scanned)
	})
	if err != nil {
		return err
	}
	if picked != scanned {
		return fmt.Errorf("the index finds %d users, a scan %d", picked, scanned)
	}
	fmt.Printf("watch index: %d users of %d positions in %.1f ms, a scan takes %.1f ms: %.2f of it\n",
		picked, positions, indexed.Seconds()*1000, full.Seconds()*1000, indexed.Seconds()/full.Seconds())
	return nil
}
