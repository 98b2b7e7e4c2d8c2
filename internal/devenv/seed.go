package devenv

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// seedWorkers write at the same time; more would only wait for each other.
	seedWorkers = 4
	// seedAccount is the name of every seeded user's exchange account.
	seedAccount  = "main"
	seedExchange = "lnmarkets"
)

// Seed says what to fill the database and the exchange with, and through what.
type Seed struct {
	Users   int
	DB      *store.DB
	Admin   *admin.Service
	Sealer  admin.Sealer
	Control *Control
	Reason  string
	Done    func() // called after each user; may be nil
}

// Seeded counts what was made; the rest was there.
type Seeded struct {
	Users, Accounts, Configs, Positions int64
}

// Person is the n-th seeded user, from 1. Everything about one follows from the number, so that seeding again, here
// or elsewhere, gives the same people.
type Person struct {
	Email, Username string
	Plan            models.PlanType
	Trader          Trader
	Position        Position
	GuardThreshold  float64
}

// PersonNumber describes the n-th seeded user. Every eighth is a long so close to liquidation that a fall of the
// price by three per cent endangers it; the others survive that.
func PersonNumber(n int) Person {
	name := fmt.Sprintf("trader-%04d", n)
	plans := models.PlanTypes()
	p := Person{
		Email: name + "@example.com", Username: name, Plan: plans[n%len(plans)], GuardThreshold: 10,
		Trader:   NewTrader(name, int64(500_000+n%7*250_000)),
		Position: Position{Side: futures.Buy, Quantity: int64(500 + n%10*500), Leverage: float64(5 + n%16)},
	}
	switch {
	case n%8 == 0:
		p.Position.Leverage = float64(28 + n/8%3)
	case n%5 == 1:
		p.Position.Side = futures.Sell
	}
	return p
}

// Run makes whatever is missing. The users have no password: nobody has to log in as them, and a known password
// would be a hole if the database were not the one it seems to be.
func (s Seed) Run(ctx context.Context) (Seeded, error) {
	opened, err := s.fillExchange(ctx)
	if err != nil {
		return Seeded{}, err
	}
	var users, accounts, configs atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for n := 1; n <= s.Users && ctx.Err() == nil; n++ {
		group.Go(func() error {
			made, err := s.person(ctx, PersonNumber(n))
			users.Add(made.Users)
			accounts.Add(made.Accounts)
			configs.Add(made.Configs)
			if err == nil && s.Done != nil {
				s.Done()
			}
			return err
		})
	}
	err = group.Wait()
	return Seeded{Users: users.Load(), Accounts: accounts.Load(), Configs: configs.Load(), Positions: opened}, err
}

// fillExchange gives every person an account, a key and an untouched position.
func (s Seed) fillExchange(ctx context.Context) (opened int64, err error) {
	market, err := s.Control.State(ctx)
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, a := range market.Accounts {
		known[a.ID] = true
	}
	var accounts []lnsim.Account
	var keys []lnsim.Key
	var trades []lnsim.TradeSpec
	for n := 1; n <= s.Users; n++ {
		p := PersonNumber(n)
		if !known[p.Trader.AccountID()] {
			accounts, keys = append(accounts, p.Trader.Account()), append(keys, p.Trader.Key())
		}
		if spec, ok := p.Trader.missing(market, p.Position); ok {
			trades = append(trades, spec)
		}
	}
	return int64(len(trades)), s.Control.Put(ctx, accounts, keys, trades)
}

func (s Seed) person(ctx context.Context, p Person) (made Seeded, err error) {
	mode := admin.Mode{Reason: s.Reason}
	user, err := s.Admin.CreateUser(ctx, mode, admin.CreateUserInput{
		Email: p.Email, Username: p.Username, Plan: p.Plan, EmailVerified: new(true), IfNotExists: true,
	})
	if err != nil {
		return made, err
	}
	if user.Status == words.Created {
		made.Users++
	}
	accounts, err := s.DB.AccountsOf(ctx, user.After.ID)
	if err != nil {
		return made, err
	}
	if len(accounts) == 0 {
		fields := map[string]secret.Secret{}
		for name, value := range p.Trader.Credentials() {
			fields[name] = secret.New(value)
		}
		_, err := s.Admin.CreateAccount(ctx, mode, admin.CreateAccountInput{
			User: user.After.ID, Exchange: seedExchange, Name: seedAccount, Fields: fields, Activate: true,
		}, s.Sealer)
		if err != nil {
			return made, err
		}
		made.Accounts++
	}
	config, err := s.Admin.SetGuardConfig(ctx, mode, admin.GuardConfigInput{
		User: user.After.ID, Active: new(true), Mode: new(models.GuardGlobal), Threshold: &p.GuardThreshold, AddPercent: new(20.0),
	})
	if err == nil && config.Status == words.Created {
		made.Configs++
	}
	return made, err
}

// Is reports whether an address is this environment's development database.
func (e *Env) Is(url secret.Secret) bool {
	ours, err := e.DatabaseURL()
	if err != nil {
		return false
	}
	a, errA := store.ParseURL(ours.Reveal())
	b, errB := store.ParseURL(url.Reveal())
	return errA == nil && errB == nil && a.Host == b.Host && a.Port == b.Port && a.Database == b.Database
}
