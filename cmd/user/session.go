package user

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newSession(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:     "session",
		Aliases: []string{"sessions"},
		Short:   "Sessions of users: who is logged in, and ending that",
		Long: `Sessions are the refresh tokens of users. The tokens themselves are never shown. Revoking all sessions of a user
also ends what the web application keeps beside them, where its schema has the column session_expires_at.`,
	}
	c.AddCommand(newSessionList(a), newSessionRevoke(a), newSessionPrune(a, "user session prune"))
	return c
}

// NewToken builds `axisor token`, the operator's name for the stored tokens.
func NewToken(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Stored tokens: delete those that are over",
		Long:  `Refresh tokens of all users. "axisor user session" shows and ends those of one.`,
	}
	c.AddCommand(newSessionPrune(a, "token prune"))
	return c
}

func newSessionList(a *app.App) *cobra.Command {
	var page flags.Page
	var span flags.Range
	var live bool
	sortable := []string{"created_at", "last_used_at", "expires_at"}
	c := &cobra.Command{
		Use:     "list USER",
		Aliases: []string{"ls"},
		Short:   "List the sessions of a user, newest first",
		Long: `List the sessions of a user, newest first: from where, since when, last used. Tokens are not shown.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example:           "  axisor user session list ana@example.com --live\n  axisor user session list ana -o json",
		Args:              flags.Exactly("axisor user session list "+userExample, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			if err := page.Validate(sortable...); err != nil {
				return err
			}
			return runSessionList(c.Context(), a, args[0], store.SessionFilter{Live: live}, page, span)
		},
	}
	page.Register(c, sortable...)
	c.Flags().BoolVar(&live, "live", false, "only sessions that are neither revoked nor expired")
	span.Register(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[sessionView]())
	return c
}

func runSessionList(ctx context.Context, a *app.App, ref string, f store.SessionFilter, page flags.Page, span flags.Range) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	when, err := a.TimeRange(&span)
	if err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	u, err := db.FindUser(ctx, ref)
	if err != nil {
		return err
	}
	f.UserID = u.ID
	f.Created = when
	list := db.ListSessions(ctx, f, store.Page(page))
	d := columns("id", "created_at", "last_used_at", "expires_at", "is_revoked", "ip_address", "user_agent")
	d.Noun = "sessions"
	return output.List(p, d, output.Map(list.Items, sessionOf), list.Next)
}

func newSessionRevoke(a *app.App) *cobra.Command {
	var all bool
	var writes flags.Writes
	const example = "axisor user session revoke " + userExample + " --all"
	c := &cobra.Command{
		Use:   "revoke USER [SESSION...]",
		Short: "End sessions of a user",
		Long: `End some sessions of a user, named by id, or all of them. The user has to log in again when the access token that is
in use runs out.

Exit codes: 0 (also when they were over already), 2, 3 (no such user or session), 10, 11, 12.`,
		Example:           "  " + example + " --reason 'laptop stolen'\n  axisor user session revoke ana 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f",
		Args:              flags.AtLeastOne(example, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 1) {
				return clierr.Usagef("name the sessions to end, or say --all").WithHint("axisor user session list " + args[0])
			}
			return runSessionRevoke(c.Context(), a, writes.DryRun, args[0], args[1:])
		},
	}
	c.Flags().BoolVar(&all, "all", false, "end every session")
	writes.Register(c)
	flags.Fields(c, output.Fields[revokedView]())
	return c
}

// revokedView says what ended.
type revokedView struct {
	UserID   string   `json:"user_id"`
	Email    string   `json:"email"`
	Revoked  int      `json:"revoked"`
	Sessions []string `json:"session_ids"`
}

func runSessionRevoke(ctx context.Context, a *app.App, dryRun bool, ref string, ids []string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := svc.RevokeSessions(ctx, a.Mode(dryRun), ref, ids)
	if err != nil {
		return err
	}
	v := revokedView{UserID: c.User.ID, Email: c.User.Email, Revoked: len(c.Revoked), Sessions: append([]string{}, c.Revoked...)}
	result := admin.StatusUpdated
	sessions := output.Count(v.Revoked, "session") + " of " + v.Email
	say := output.Say{Done: sessions + " ended", Would: sessions + " would end", Already: "no live session of " + v.Email + " was left to end"}
	if v.Revoked == 0 {
		result = admin.StatusUnchanged
	}
	return output.Change(p, output.Desc{ID: "user_id"}, v, output.ChangeInfo{Result: result, DryRun: c.DryRun, Say: say})
}

func newSessionPrune(a *app.App, path string) *cobra.Command {
	var older flags.OlderThan
	var writes flags.Writes
	c := &cobra.Command{
		Use:   "prune",
		Short: "Delete sessions that are over",
		Long: `Delete the sessions of all users that are expired or revoked. They are useless to everybody, so nothing is asked;
meant for cron. --older-than keeps those that ended only recently, for questions about them.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor " + path + "\n  axisor " + path + " --older-than 30d --dry-run",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if older.Given() {
				if err := older.Validate(c); err != nil {
					return err
				}
			}
			return runSessionPrune(c.Context(), a, writes.DryRun, older.Span)
		},
	}
	older.Register(c, "those that have been over for", "30d")
	writes.Register(c)
	flags.Fields(c, output.Fields[prunedView]())
	return c
}

// prunedView counts the sessions that were deleted.
type prunedView struct {
	Deleted int64 `json:"deleted"`
	Expired int64 `json:"expired"`
	Revoked int64 `json:"revoked"`
}

func runSessionPrune(ctx context.Context, a *app.App, dryRun bool, span time.Duration) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	bar := progress.Start(p.Streams(), "session prune", 0, progress.Items, a.Globals.Quiet)
	n, err := svc.PruneSessions(ctx, a.Mode(dryRun), span)
	bar.Add(n.Expired + n.Revoked)
	bar.Done()
	if err != nil {
		return err
	}
	v := prunedView{Deleted: n.Expired + n.Revoked, Expired: n.Expired, Revoked: n.Revoked}
	result, sessions := admin.StatusDeleted, output.Count(v.Deleted, "session")
	if v.Deleted == 0 {
		result = admin.StatusUnchanged
	}
	say := output.Say{Done: sessions + " deleted", Would: sessions + " would be deleted", Already: "no session to delete"}
	return output.Change(p, output.Desc{ID: "deleted"}, v, output.ChangeInfo{Result: result, DryRun: dryRun, Say: say})
}
