package app

import (
	"context"
	"os"
	"slices"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
)

// Admin is the service for every write. It refuses a schema older or newer than this binary.
func (a *App) Admin(ctx context.Context) (*admin.Service, error) {
	if a.admin != nil {
		return a.admin, nil
	}
	db, err := a.RawDB()
	if err != nil {
		return nil, err
	}
	if err := a.CheckSchema(ctx); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	policy, err := a.PasswordPolicy()
	if err != nil {
		return nil, err
	}
	a.admin = admin.New(db, admin.Options{
		Actor: a.Actor(), Host: host, Version: a.Build.Version, Profile: a.loaded.Profile, Now: a.Now, Passwords: policy,
	})
	return a.admin, nil
}

// PasswordPolicy is what new passwords must satisfy.
func (a *App) PasswordPolicy() (crypto.Policy, error) {
	cfg, err := a.Config()
	if err != nil {
		return crypto.Policy{}, err
	}
	has := func(class string) bool { return slices.Contains(cfg.Password.Require, class) }
	return crypto.Policy{
		MinLength: cfg.Password.MinLength, MaxLength: crypto.DefaultPolicy().MaxLength,
		Lower: has("lower"), Upper: has("upper"), Digit: has("digit"), Special: has("special"),
	}, nil
}

// Mode is how the write of this invocation is made.
func (a *App) Mode(dryRun bool) admin.Mode {
	return admin.Mode{DryRun: dryRun, Reason: a.Globals.Reason}
}
