package credential

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/exchange"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Outcomes of a test that is over before the exchange is asked.
const (
	unreadable  exchange.Outcome = "unreadable"
	unsupported exchange.Outcome = "unsupported"
)

const (
	// together is how many tests are under way at once; the rate limit paces them.
	together = 8
	// giveUp is how many tests in a row may fail to reach the exchange.
	giveUp = 5
)

// Subject is one set of stored credentials.
type Subject struct {
	Table      store.SealedTable
	ID         string
	UserID     string
	ExchangeID string
	Name       *string // of an account
	Slug       string
}

// Tester tests stored credentials against their exchanges.
type Tester struct {
	app  *app.App
	mode admin.Mode
	db   *store.DB
	svc  *admin.Service
	keys *crypto.Keyring
	opts exchange.Options

	mu     sync.Mutex
	opened map[string]opened // by exchange id
}

type opened struct {
	exchange exchange.Exchange
	row      models.Exchange
	err      error
}

// NewTester makes a tester from the configuration. It asks nobody yet.
func NewTester(ctx context.Context, a *app.App, dryRun bool) (*Tester, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	keys, err := a.Keyring(ctx)
	if err != nil {
		return nil, err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return nil, err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return nil, err
	}
	return &Tester{
		app: a, mode: a.Mode(dryRun), db: db, svc: svc, keys: keys, opened: map[string]opened{},
		opts: exchange.Options{
			BaseURL: cfg.LNMarkets.BaseURL, Network: cfg.LNMarkets.Network, Timeout: cfg.LNMarkets.Timeout,
			PrivateRPS: cfg.LNMarkets.PrivateRPS, PublicRPS: cfg.LNMarkets.PublicRPS,
			LimitPerKey: cfg.LNMarkets.LimitScope == "key", Now: a.Now, Log: a.Log(), Version: a.Build.Version,
		},
	}, nil
}

func (t *Tester) open(ctx context.Context, id string) opened {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o, ok := t.opened[id]; ok {
		return o
	}
	var o opened
	if o.row, o.err = t.db.FindExchange(ctx, id); o.err == nil {
		o.exchange, o.err = exchange.Open(o.row.Slug, models.Deref(o.row.APIVersion), t.opts)
	}
	t.opened[id] = o
	return o
}

// One tests one set of credentials, records what that says about them, and returns the result as a view. An
// exchange that cannot be asked at all is an error.
func (t *Tester) One(ctx context.Context, s Subject) (View, error) {
	o := t.open(ctx, s.ExchangeID)
	if o.err != nil {
		return View{}, unsupportedError(o.err)
	}
	return t.test(ctx, s, o)
}

func (t *Tester) test(ctx context.Context, s Subject, o opened) (View, error) {
	v := View{ID: s.ID, UserID: s.UserID, Exchange: s.Slug, AccountName: s.Name, MissingScopes: []string{}}
	rows, err := t.db.SealedRows(ctx, s.Table, []string{s.ID})
	if err != nil {
		return v, err
	}
	if len(rows) == 0 {
		return v, &store.NotFoundError{Kind: "account", Ref: s.ID}
	}
	at := crypto.Place{Table: string(rows[0].Table), Row: rows[0].ID, User: rows[0].UserID}
	fields, err := t.keys.DecryptSealed(at, rows[0].Credentials, exchange.Sent)
	if errors.Is(err, crypto.ErrClearText) {
		v.Outcome, v.Detail = string(unreadable), exchange.ClearText
		return v, nil
	}
	if err != nil {
		v.Outcome, v.Detail = string(unreadable), "the stored values cannot be opened: "+err.Error()
		return v, nil //nolint:nilerr // that it does not open is the result
	}
	r := o.exchange.Test(ctx, fields)
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	v.Outcome, v.Detail, v.ClockOffsetMS = string(r.Outcome), r.Detail, r.Offset.Milliseconds()
	v.MissingScopes = append(v.MissingScopes, r.MissingScopes...)
	if !r.Outcome.Conclusive() {
		return v, nil
	}
	verified := r.Outcome == exchange.Works
	v.Recorded, err = t.svc.RecordTest(ctx, t.mode, rows[0], admin.TestResult{
		Outcome: v.Outcome, Verified: verified, Missing: r.MissingScopes,
	})
	if err != nil {
		return v, err
	}
	if v.Recorded {
		v.IsVerified = &verified
	} else {
		v.Detail += "; the credentials were changed meanwhile, so the result was not kept"
	}
	v.Recorded = v.Recorded && !t.mode.DryRun
	return v, nil
}

// Reach asks an exchange for what needs no credentials, so that one answer stands for thousands.
func (t *Tester) reach(ctx context.Context, o opened) error {
	r := o.exchange.Reach(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.Outcome != exchange.Works {
		return failure(string(r.Outcome), r.Detail)
	}
	return nil
}

// All tests many, in their order, several at once. It ends early when the exchange is not there.
func (t *Tester) All(ctx context.Context, subjects iter.Seq2[Subject, error], bar *progress.Counter) iter.Seq2[View, error] {
	type answer struct {
		view View
		err  error
	}
	return func(yield func(View, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan answer, together)
		var work sync.WaitGroup
		defer work.Wait()
		defer cancel()
		work.Go(func() {
			defer close(queue)
			for s, err := range subjects {
				slot := make(chan answer, 1)
				select {
				case queue <- slot:
				case <-ctx.Done():
					return
				}
				if err != nil {
					slot <- answer{err: err}
					return
				}
				work.Go(func() {
					v, err := t.many(ctx, s)
					slot <- answer{v, err}
				})
			}
		})
		row := 0
		for slot := range queue {
			a := <-slot
			bar.Add(1)
			if a.err == nil && a.view.Outcome == string(exchange.Unreachable) {
				row++
			} else {
				row = 0
			}
			if !yield(a.view, a.err) || a.err != nil {
				return
			}
			if row == giveUp {
				yield(View{}, failure(a.view.Outcome, a.view.Detail))
				return
			}
		}
	}
}

// many is One for a run in which one bad row must not stop the others.
func (t *Tester) many(ctx context.Context, s Subject) (View, error) {
	v := View{ID: s.ID, UserID: s.UserID, Exchange: s.Slug, AccountName: s.Name, MissingScopes: []string{}}
	o := t.open(ctx, s.ExchangeID)
	if errors.Is(o.err, exchange.ErrUnsupported) {
		v.Outcome, v.Detail = string(unsupported), o.err.Error()
		return v, nil
	}
	if o.err != nil {
		return v, o.err
	}
	if err := t.reach(ctx, o); err != nil {
		return v, err
	}
	got, err := t.test(ctx, s, o)
	var gone *store.NotFoundError
	if errors.As(err, &gone) { // deleted since it was listed
		v.Outcome, v.Detail = "gone", "deleted meanwhile"
		return v, nil
	}
	return got, err
}

func unsupportedError(err error) error {
	var u *exchange.UnsupportedError
	if !errors.As(err, &u) {
		return err
	}
	e := clierr.New(clierr.Conflict, "exchange_unsupported", u.Error()).WithCause(err)
	if u.Hint != "" {
		e.Hints = append(e.Hints, u.Hint)
	}
	return e
}

// Failure is the error that a test with this result ends with; nil when the credentials work.
func (v View) Failure() error {
	if v.Outcome == string(exchange.Works) {
		return nil
	}
	return failure(v.Outcome, v.Detail)
}

func failure(outcome, detail string) error {
	kind, hint := clierr.Denied, ""
	switch exchange.Outcome(outcome) {
	case exchange.Unreachable:
		kind, hint = clierr.Unavailable, "is lnmarkets.base_url right? axisor config show --origins"
	case exchange.ClockOff:
		kind, hint = clierr.Unavailable, "set the clock of this machine (timedatectl, chronyc tracking)"
	case exchange.RateLimited:
		kind, hint = clierr.Unavailable, "wait a minute; lower lnmarkets.private_rps if other programs use the same address"
	case exchange.OtherNetwork:
		kind, hint = clierr.Config, "set lnmarkets.network to the network of this key"
	case exchange.Incomplete, unsupported:
		kind = clierr.Conflict
	case exchange.MissingScope:
		hint = "make a key with this permission at the exchange and store it"
	case exchange.WrongKey, exchange.WrongSignature, exchange.Refused:
		hint = "store the right values: axisor credential set, or axisor account create"
	case unreadable:
		hint = "axisor credential check tells which key each value needs"
	}
	e := clierr.New(kind, "credential_"+outcome, detail)
	if hint != "" {
		e.Hints = append(e.Hints, hint)
	}
	return e
}

// summary is the outcomes with their numbers, for a person.
func summary(outcomes map[string]int) string {
	var parts []string
	for _, o := range slices.Sorted(maps.Keys(outcomes)) {
		parts = append(parts, fmt.Sprintf("%d %s", outcomes[o], o))
	}
	return strings.Join(parts, ", ")
}

// Summary is how a run over many ends: nil when all of them work.
func Summary(outcomes map[string]int) error {
	total, works := 0, outcomes[string(exchange.Works)]
	for _, n := range outcomes {
		total += n
	}
	if works == total {
		return nil
	}
	return clierr.New(clierr.Partial, "credentials_failed", fmt.Sprintf("%d of %d do not work", total-works, total))
}
