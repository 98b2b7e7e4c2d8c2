package account

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

type checkOptions struct {
	fix bool
}

// finding is one user whose accounts are not as they should be.
type finding struct {
	UserID      string   `json:"user_id"`
	Email       string   `json:"email"`
	Problem     string   `json:"problem"`  // several_active, none_active
	Severity    string   `json:"severity"` // fail, warn
	Accounts    int      `json:"accounts"`
	Active      int      `json:"active"`
	Fixed       bool     `json:"fixed"`
	Kept        *string  `json:"kept"`
	Deactivated []string `json:"deactivated"`
}

const (
	severalActive = "several_active"
	noneActive    = "none_active"
)

func newCheck(a *app.App) *cobra.Command {
	o := &checkOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "check", Short: "Find users with more than one active account, or none",
			Long: `Every user with accounts should have exactly one active account over all exchanges. Several make it a matter of luck
which one is traded on: that is a failure. None means that nothing is traded: that is a warning, for it may be meant.

--fix leaves the oldest active account of each such user active and switches the others off, one transaction per
user. It never makes an account active.`,
			Examples: []string{
				"axisor account check",
				"axisor account check --fix --dry-run",
				"axisor account check --fix --reason 'weekly repair'",
			},
			Exits: exits.Database(exits.On(clierr.CheckFailed, "users with several active accounts are left")),
		},
		Effect: flags.Write, Fields: output.Fields[finding](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.fix, "fix", false, "leave only the oldest active account of each user active")
		},
		Check: func(call *verb.Call) error {
			if call.DryRun && !o.fix {
				return clierr.Usagef("--dry-run goes with --fix")
			}
			return nil
		},
		Read: o.run,
	}.Build(a)
}

func checkDesc() output.Desc {
	return output.Desc{Noun: "wrong numbers of active accounts", ID: "user_id", Columns: []output.Column{
		{Field: "severity", Role: severityRole},
		{Field: "email"},
		{Field: "problem", Wrap: true},
		{Field: "accounts"},
		{Field: "active"},
		{Field: "fixed"},
		{Field: "kept", Drop: 1},
	}}
}

func severityRole(v any) int {
	if v == "fail" {
		return int(streams.Bad)
	}
	return int(streams.Warn)
}

func (o *checkOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	rows, err := db.WrongActiveCounts(ctx)
	if err != nil {
		return err
	}
	findings := make([]finding, 0, len(rows))
	left := 0
	for _, r := range rows {
		f := finding{
			UserID: r.UserID, Email: r.Email, Problem: severalActive, Severity: "fail", Accounts: r.Accounts, Active: r.Active,
			Deactivated: []string{},
		}
		if r.Active == 0 {
			f.Problem, f.Severity = noneActive, "warn"
		} else if o.fix {
			if err := repair(ctx, call, &f); err != nil {
				return err
			}
		}
		if f.Problem == severalActive && !f.Fixed {
			left++
		}
		findings = append(findings, f)
	}
	if err := output.Slice(call.Print, checkDesc(), findings); err != nil {
		return err
	}
	if left == 0 {
		return nil
	}
	return clierr.New(clierr.CheckFailed, "several_active_accounts",
		fmt.Sprintf("%d users have more than one active account", left), "axisor account check --fix")
}

func repair(ctx context.Context, call *verb.Call, f *finding) error {
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	kept, off, err := svc.KeepOldestActive(ctx, call.Mode(), f.UserID)
	if err != nil {
		return err
	}
	f.Kept, f.Deactivated, f.Fixed = &kept, append(f.Deactivated, off...), !call.DryRun
	return nil
}
