package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type deleteOptions struct {
	app       *app.App
	anonymize bool
	ifExists  bool
}

func newDelete(a *app.App) *cobra.Command {
	o := &deleteOptions{app: a}
	return verb.Command{
		Words: verb.Words{
			Use: "delete USER", Short: "Delete a user, or remove the person and keep the books",
			Long: `Delete a user with everything that belongs to it: accounts, credentials, automations, trades, payments, sessions.
The audit trail stays, without its link to the user. --dry-run counts, per table, what would go; rows that forbid the
deletion are found before anything is tried. A terminal has to type the username.

--anonymize removes the person and keeps trades and payments: profile, credentials, accounts, automations, sessions
and settings are deleted, the audit trail is cleared of addresses, and a nameless, disabled row stays under a hash of
the id, so that the books still add up.

Neither can be undone, except from a backup.`,
			Examples: []string{
				"axisor user delete ana@example.com --dry-run",
				"axisor user delete ana@example.com --anonymize --reason 'erasure request of 12 March'",
				"axisor user delete ana --yes --if-exists",
			},
			Exits: exits.Destroys(exits.NotFound("no such user; 0 with --if-exists"), exits.Conflict("something forbids it")),
		},
		Aliases: []string{"rm"}, Effect: flags.Destroy, Fields: output.Fields[removalView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.anonymize, "anonymize", false, "remove the person, keep trades and payments")
			c.Flags().BoolVar(&o.ifExists, "if-exists", false, "a user who does not exist is no error")
		},
		Write: o.run,
	}.Build(a)
}

// removalView is what is, or would be, left of a user.
type removalView struct {
	ID       string       `json:"id"`
	Email    string       `json:"email"`
	Username string       `json:"username"`
	KeptAs   *string      `json:"kept_as"` // id of the nameless row
	Effects  []effectView `json:"effects"`
}

type effectView struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Action string `json:"action"` // deleted, unlinked, kept or scrubbed
	Rows   int64  `json:"rows"`
}

func removalDesc() output.Desc { return output.Desc{Noun: "users", ID: "id"} }

func removalOf(r admin.Removal) removalView {
	v := removalView{ID: r.User.ID, Email: r.User.Email, Username: r.User.Username, Effects: []effectView{}}
	if r.NewID != "" {
		v.KeptAs = &r.NewID
	}
	for _, e := range r.Effects {
		v.Effects = append(v.Effects, effectView(e))
	}
	return v
}

func (o *deleteOptions) run(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
	p := call.Print
	plan, err := svc.UserEffects(ctx, call.Args[0], o.anonymize)
	if o.ifExists && errors.Is(err, store.ErrNotFound) {
		p.Notice("there is no user %q", streams.Visible(call.Args[0]))
		return nil
	}
	if err != nil {
		return err
	}
	if !call.DryRun {
		if err := o.confirm(ctx, p, plan); err != nil {
			return err
		}
	}
	act := svc.DeleteUser
	if o.anonymize {
		act = svc.AnonymizeUser
	}
	done, err := act(ctx, call.Mode(), plan.User.ID)
	if err != nil {
		return err
	}
	return output.Change(p, removalDesc(), removalOf(done), output.ChangeInfo{
		Result: done.Status, DryRun: done.DryRun, Say: output.Say{Done: removalSaid(done), Would: removalSaid(done), Already: removalSaid(done)},
	})
}

// confirm shows what will happen and asks for the username.
func (o *deleteOptions) confirm(ctx context.Context, p *output.Printer, plan admin.Removal) error {
	if o.app.Prompt().Can() && !o.app.Globals.Yes {
		p.Notice("%s", summary(plan))
		for _, e := range plan.Effects {
			p.Notice("  %-26s %-9s %d", e.Table, e.Action, e.Rows)
		}
	}
	word := "delete"
	if o.anonymize {
		word = "anonymize"
	}
	return o.app.Prompt().Type(ctx, fmt.Sprintf("%s user %s (%s) permanently", word, plan.User.Username, plan.User.Email), plan.User.Username)
}

func summary(r admin.Removal) string {
	if r.NewID != "" {
		return fmt.Sprintf("user %s (%s) would be anonymized; this is what happens to its rows:", r.User.Username, r.User.Email)
	}
	return fmt.Sprintf("user %s (%s) would be deleted, with or from:", r.User.Username, r.User.Email)
}

func removalSaid(r admin.Removal) string {
	gone, kept := int64(0), int64(0)
	for _, e := range r.Effects {
		if e.Action == store.EffectDeleted {
			gone += e.Rows
		}
		if e.Action == "kept" {
			kept += e.Rows
		}
	}
	switch {
	case r.NewID != "" && r.DryRun:
		return fmt.Sprintf("user %s would be anonymized as %s; %s would go and %s stay", r.User.Email, r.NewID, words.Count(gone, "row"), words.Count(kept, "row"))
	case r.NewID != "":
		return fmt.Sprintf("the person is removed; %s stay under %s", words.Count(kept, "row"), r.NewID)
	case r.DryRun:
		return fmt.Sprintf("user %s would be deleted with %s of other tables", r.User.Email, words.Count(gone, "row"))
	}
	return fmt.Sprintf("user %s is deleted with %s of other tables", r.User.Email, words.Count(gone, "row"))
}
