// Command guard times a guard run over many users against a simulated exchange with a latency, beside the bound that the
// latency sets (latency × requests / concurrency), and the query that picks crossed positions out of the watch index
// beside a scan without the index.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	key         = "a key for measuring, nothing else here"
	concurrency = 64
	latency     = 50 * time.Millisecond
)

func main() {
	o := harness.Flags()
	serve := flag.Int("serve", 0, "be the exchange of so many users (used by the program itself)")
	flag.Parse()
	if *serve > 0 {
		if err := exchange(*serve, latency); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	harness.Main(o, run)
}

func run(ctx context.Context, b *harness.Harness) (err error) {
	users := b.Pick(64, 1000, 5000)
	db, err := b.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sim, end, err := start(ctx, users)
	if err != nil {
		return err
	}
	defer end()
	if err := fill(ctx, db, sim.Keys); err != nil {
		return err
	}
	b.Env = append(
		b.Env, "AXISOR_ENCRYPTION_KEY="+key, "AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=1000",
		"AXISOR_LNMARKETS_LIMIT_SCOPE=key", "AXISOR_LNMARKETS_PUBLIC_RPS=1000", fmt.Sprintf("AXISOR_GUARD_CONCURRENCY=%d", concurrency),
	)
	bound := harness.Contestant{Name: "bound", Run: func(context.Context) (harness.Sample, error) {
		return harness.Sample{Wall: latency * time.Duration(users) / concurrency}, nil
	}}
	guarded := harness.Contestant{Name: "guard run", Run: func(ctx context.Context) (harness.Sample, error) {
		s, err := b.Axisor(ctx, "guard", "run", "-o", "json", "--jq", "[.users, .positions, .failed]")
		if want := fmt.Sprintf("[%d,%d,0]", users, 3*users); err == nil && strings.Join(strings.Fields(string(s.Out)), "") != want {
			err = fmt.Errorf("[users, positions, failed] = %s, want %s", s.Out, want)
		}
		return s, err
	}}
	samples, err := harness.Turns(ctx, 0, b.Pick(1, 5, 5), guarded, bound)
	if err != nil {
		return err
	}
	row := harness.Row{Claim: fmt.Sprintf("guard run over %d users", users), Rival: "latency × requests / concurrency", Unit: "s", Goal: 1.3}
	row = row.Against(samples[0], samples[1], harness.Seconds)
	cpu := row.Against(samples[0], samples[1], harness.CPUMilliseconds).Ours
	row.Note = fmt.Sprintf("%.2f ms of processor time a request, %s", cpu/float64(users), harness.Peak(samples[0]))
	if err := b.Emit(row); err != nil {
		return err
	}
	return watchIndex(ctx, b, db, users, b.Pick(3000, 100_000, 300_000))
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

// start starts the exchange and waits until it says where it is.
func start(ctx context.Context, users int) (hello, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return hello{}, nil, err
	}
	c := exec.CommandContext(ctx, self, fmt.Sprintf("-serve=%d", users))
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
func watchIndex(ctx context.Context, b *harness.Harness, db *store.DB, users, positions int) error {
	for _, sql := range []string{
		`INSERT INTO axisor.guard_watch (account_id, trade_id, user_id, side, trigger_price, refreshed_at)
		 SELECT 'account-user-' || lpad((i % ` + fmt.Sprint(users) + `)::text, 6, '0'), 'trade-' || i, 'user-' || lpad((i % ` + fmt.Sprint(users) + `)::text, 6, '0'),
		        CASE WHEN i % 2 = 0 THEN 'buy' ELSE 'sell' END,
		        CASE WHEN i % 2 = 0 THEN 95000 - random() * 28500 ELSE 95000 + random() * 28500 END, now()
		 FROM generate_series(1, ` + fmt.Sprint(positions) + `) i`, "ANALYZE axisor.guard_watch",
	} {
		if _, err := db.SQL().ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	const low, high = 94500, 95000.5
	var picked, scanned int
	timed := func(name string, query func(context.Context) error) harness.Contestant {
		return harness.Contestant{Name: name, Run: func(ctx context.Context) (harness.Sample, error) {
			began := time.Now()
			err := query(ctx)
			return harness.Sample{Wall: time.Since(began)}, err
		}}
	}
	samples, err := harness.Turns(ctx, 2, b.Pick(3, 21, 41), timed("index", func(ctx context.Context) error {
		ids, err := db.GuardCrossed(ctx, low, high)
		picked = len(ids)
		return err
	}), timed("scan", func(ctx context.Context) error {
		return db.SQL().QueryRowContext(ctx, `SELECT count(DISTINCT user_id) FROM axisor.guard_watch
			WHERE (side || '' = 'buy' AND trigger_price + 0 >= $1) OR (side || '' = 'sell' AND trigger_price + 0 <= $2)`, low, high).Scan(&scanned)
	}))
	if err != nil {
		return err
	}
	if picked != scanned {
		return fmt.Errorf("the index finds %d users, a scan %d", picked, scanned)
	}
	return b.Emit(harness.Row{
		Claim: fmt.Sprintf("crossed among %d watched positions", positions), Rival: "a scan without the index", Unit: "ms",
	}.Against(samples[0], samples[1], harness.Milliseconds))
}
