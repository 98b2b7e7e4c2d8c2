package user

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
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
	var span flags.Range
	var filter store.SessionFilter
	var ref string
	sessions := verb.Subject[models.RefreshToken, sessionView]{View: sessionOf, Desc: func() output.Desc {
		d := columns("id", "created_at", "last_used_at", "expires_at", "is_revoked", "ip_address", "user_agent")
		d.Noun = "sessions"
		return d
	}}
	return sessions.List(a, verb.List[models.RefreshToken]{
		Words: verb.Words{
			Use: "list USER", Short: "List the sessions of a user, newest first",
			Long:     `List the sessions of a user, newest first: from where, since when, last used. Tokens are not shown.`,
			Examples: []string{"axisor user session list ana@example.com --live", "axisor user session list ana -o json"},
			Exits:    exits.Database(exits.NotFound("no such user")),
		},
		Complete: a.UserNames,
		Sort:     []string{"created_at", "last_used_at", "expires_at"},
		Check: func(call *verb.Call) error {
			ref = call.Args[0]
			return nil
		},
		Filter: func(a *app.App, c *cobra.Command) verb.Query[models.RefreshToken] {
			c.Flags().BoolVar(&filter.Live, "live", false, "only sessions that are neither revoked nor expired")
			span.Register(c)
			return func(ctx context.Context, db *store.DB, page store.Page) (list store.List[models.RefreshToken], err error) {
				if filter.Created, err = a.TimeRange(&span); err != nil {
					return list, err
				}
				u, err := db.FindUser(ctx, ref)
				if err != nil {
					return list, err
				}
				filter.UserID = u.ID
				return db.ListSessions(ctx, filter, page), nil
			}
		},
	})
}

func newSessionRevoke(a *app.App) *cobra.Command {
	var all bool
	return verb.Command{
		Words: verb.Words{
			Use: "revoke USER [SESSION...]", Short: "End sessions of a user",
			Long: `End some sessions of a user, named by id, or all of them. The user has to log in again when the access token that is
in use runs out.`,
			Examples: []string{
				"axisor user session revoke ana@example.com --all --reason 'laptop stolen'",
				"axisor user session revoke ana 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f",
			},
			Exits: exits.Database(exits.OK("also when they were over already"), exits.NotFound("no such user or session")),
		},
		Effect: flags.Write, Fields: output.Fields[revokedView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) { c.Flags().BoolVar(&all, "all", false, "end every session") },
		Check: func(call *verb.Call) error {
			if all == (len(call.Args) > 1) {
				return clierr.Usagef("name the sessions to end, or say --all").WithHint("axisor user session list " + call.Args[0])
			}
			return nil
		},
		Write: revokeSessions,
	}.Build(a)
}

// revokedView says what ended.
type revokedView struct {
	UserID   string   `json:"user_id"`
	Email    string   `json:"email"`
	Revoked  int      `json:"revoked"`
	Sessions []string `json:"session_ids"`
}

func revokeSessions(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
	c, err := svc.RevokeSessions(ctx, call.Mode(), call.Args[0], call.Args[1:])
	if err != nil {
		return err
	}
	v := revokedView{UserID: c.User.ID, Email: c.User.Email, Revoked: len(c.Revoked), Sessions: append([]string{}, c.Revoked...)}
	result := words.Updated
	sessions := words.Count(v.Revoked, "session") + " of " + v.Email
	say := output.Say{Done: sessions + " ended", Would: sessions + " would end", Already: "no live session of " + v.Email + " was left to end"}
	if v.Revoked == 0 {
		result = words.Unchanged
	}
	return output.Change(call.Print, output.Desc{ID: "user_id"}, v, output.ChangeInfo{Result: result, DryRun: c.DryRun, Say: say})
}

func newSessionPrune(a *app.App, path string) *cobra.Command {
	var older flags.OlderThan
	return verb.Command{
		Words: verb.Words{
			Use: "prune", Short: "Delete sessions that are over",
			Long: `Delete the sessions of all users that are expired or revoked. They are useless to everybody, so nothing is asked;
meant for cron. --older-than keeps those that ended only recently, for questions about them.`,
			Examples: []string{"axisor " + path, "axisor " + path + " --older-than 30d --dry-run"}, Exits: exits.Database(),
		},
		Effect: flags.Write, Fields: output.Fields[prunedView](),
		Flags: func(c *cobra.Command) { older.Register(c, "those that have been over for", "30d") },
		Check: func(call *verb.Call) error {
			if !older.Given() {
				return nil
			}
			return older.Validate(call.Cmd)
		},
		Write: func(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
			return pruneSessions(ctx, call, svc, older.Span)
		},
	}.Build(a)
}

// prunedView counts the sessions that were deleted.
type prunedView struct {
	Deleted int64 `json:"deleted"`
	Expired int64 `json:"expired"`
	Revoked int64 `json:"revoked"`
}

func pruneSessions(ctx context.Context, call *verb.Call, svc *admin.Service, span time.Duration) error {
	bar := progress.Start(call.Streams, "session prune", 0, progress.Items, call.Globals.Quiet)
	n, err := svc.PruneSessions(ctx, call.Mode(), span)
	bar.Add(n.Expired + n.Revoked)
	bar.Done()
	if err != nil {
		return err
	}
	v := prunedView{Deleted: n.Expired + n.Revoked, Expired: n.Expired, Revoked: n.Revoked}
	result, sessions := words.Deleted, words.Count(v.Deleted, "session")
	if v.Deleted == 0 {
		result = words.Unchanged
	}
	say := output.Say{Done: sessions + " deleted", Would: sessions + " would be deleted", Already: "no session to delete"}
	return output.Change(call.Print, output.Desc{ID: "deleted"}, v, output.ChangeInfo{Result: result, DryRun: call.DryRun, Say: say})
}
