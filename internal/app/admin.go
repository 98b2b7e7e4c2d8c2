package app

import (
	"context"
	"os"

	"github.com/axisor/axisor/pkg/admin"
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
	a.admin = admin.New(db, admin.Options{
		Actor: a.Actor(), Host: host, Version: a.Build.Version, Profile: a.loaded.Profile, Now: a.Now,
	})
	return a.admin, nil
}

// Mode is how the write of this invocation is made.
func (a *App) Mode(dryRun bool) admin.Mode {
	return admin.Mode{DryRun: dryRun, Reason: a.Globals.Reason}
}
