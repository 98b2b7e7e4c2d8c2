package user

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
)

// importView counts what became of the rows.
type importView struct {
	Rows       int64   `json:"rows"`
	Created    int64   `json:"created"`
	Updated    int64   `json:"updated"`
	Unchanged  int64   `json:"unchanged"`
	Skipped    int64   `json:"skipped"`
	Rejected   int64   `json:"rejected"`
	DurationMs int64   `json:"duration_ms"`
	Rejects    *string `json:"rejects_file"`
}

func newImport(a *app.App) *cobra.Command {
	var conflict flags.Enum
	return verb.Import[importView]{
		Words: verb.Words{
			Short: "Bring many users in, from csv or jsonl",
			Long: `Bring users in from a file or, with -, from stdin. A csv file names its columns in the first line; a jsonl file has
one object a line. email and username are needed; the others are the fields of "user export", and password (in clear,
hashed here) or password_hash (bcrypt, taken as it is).

` + app.AboutRows + `

Each batch of rows is one transaction. A row that is wrong is rejected, with its line and the reason, and
does not stop the others; --rejects writes them to a file that can be corrected and imported again. A user who exists
stops the import (fail), is left alone (skip), or is changed to what the file says (update; an empty csv cell is null,
and empty password, plan and state change nothing). A password that the user has already is no change; another one ends
the user's sessions, and each change leaves the security events that the command for one user leaves. An import that was killed leaves whole batches: run it again with
--on-conflict skip.

--dry-run does everything in one transaction and takes it back; clear passwords are checked and not hashed. -q prints the
ids of the users who were created or updated.`,
			Examples: []string{
				"axisor user import users.csv --dry-run", "axisor user import users.jsonl --on-conflict skip --rejects rejected.csv",
				"ssh old-host export-users | axisor user import - --format csv --on-conflict update",
			},
			Try: "axisor user import users.csv",
			Exits: exits.Database(exits.NotFound("no such file"), exits.Conflict("a user exists and --on-conflict is fail"),
				exits.On(clierr.Partial, "some rows rejected"), exits.On(clierr.Interrupted, "")),
		},
		ID: "created", Columns: rejectColumns(), GoOn: "import the same file again with --on-conflict skip to go on",
		Flags: func(c *cobra.Command) {
			flags.RegisterEnum(c, &conflict, "on-conflict", admin.OnConflictFail, "what to do with a user who exists",
				admin.OnConflictFail, admin.OnConflictSkip, admin.OnConflictUpdate)
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, f *verb.File) (verb.Counts, error) {
			rows, err := rowsOf(f.In, f.Options)
			if err != nil {
				return verb.Counts{}, err
			}
			f.Began = true
			r, err := s.ImportUsers(ctx, m, progress.Until(f.Soft, rows), admin.ImportOptions{
				OnConflict: conflict.String(), Source: f.Name, Changed: f.Written,
				Reject: func(x admin.Rejected) error { return f.Rejects.Add(x.Row.Line, x.Reason, x.Row.Text, rejectCells(x)) },
			})
			return verb.Counts{
				Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Skipped: r.Skipped, Rejected: r.Rejected,
				Summary: fmt.Sprintf("%d created, %d updated, %d unchanged, %d skipped, %d rejected", r.Created, r.Updated, r.Unchanged, r.Skipped, r.Rejected),
			}, err
		},
		View: func(c verb.Counts, spent time.Duration, rejects *string) importView {
			return importView{c.Read, c.Created, c.Updated, c.Unchanged, c.Skipped, c.Rejected, spent.Milliseconds(), rejects}
		},
	}.Build(a)
}
