package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/rowfile"
)

type importOptions struct {
	app      *app.App
	file     string
	table    flags.Table
	conflict flags.Enum
	rejects  flags.Rejects
	writes   flags.Writes
}

func newImport(a *app.App) *cobra.Command {
	o := &importOptions{app: a}
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Bring many users in, from csv or jsonl",
		Long: `Bring users in from a file or, with -, from stdin. A csv file names its columns in the first line; a jsonl file has
one object a line. email and username are needed; the others are the fields of "user export", and password (in clear,
hashed here) or password_hash (bcrypt, taken as it is).

` + app.AboutRows + `

Each batch of rows is one transaction. A row that is wrong is rejected, with its line and the reason, and
does not stop the others; --rejects writes them to a file that can be mended and imported again. A user who exists
stops the import (fail), is left alone (skip), or is changed to what the file says (update; an empty csv cell is null,
and empty password, plan and state change nothing). A password that the user has already is no change; another one ends
the user's sessions, and each change leaves the security events that the command for one user leaves. An import that was killed leaves whole batches: run it again with
--on-conflict skip.

--dry-run does everything in one transaction and takes it back; clear passwords are checked and not hashed. -q prints the
ids of the users who were created or updated.

Exit codes: 0, 2, 3 (no such file), 4 (a user exists and --on-conflict is fail), 7 (some rows rejected), 10, 11, 12, 130.`,
		Example: `  axisor user import users.csv --dry-run
  axisor user import users.jsonl --on-conflict skip --rejects rejected.csv
  ssh old-host export-users | axisor user import - --format csv --on-conflict update`,
		Args: flags.Exactly("axisor user import users.csv", "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.file = args[0]
			return runImport(c.Context(), o)
		},
	}
	o.table.Register(c, rowfile.FormatCSV, rowfile.FormatJSONL)
	flags.RegisterEnum(c, &o.conflict, "on-conflict", admin.OnConflictFail, "what to do with a user who exists",
		admin.OnConflictFail, admin.OnConflictSkip, admin.OnConflictUpdate)
	o.rejects.Register(c)
	o.writes.Register(c)
	flags.Fields(c, output.Fields[importView]())
	return c
}

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

func runImport(ctx context.Context, o *importOptions) (err error) {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	soft, release := o.app.Stop.Context(ctx, "the rows that were read")
	defer release()
	in, size, name, err := o.app.Input(soft, o.file, "axisor user import")
	if err != nil {
		return err
	}
	defer in.Close()
	start := o.app.Now()
	bytes := progress.Start(p.Streams(), "import", size, progress.Bytes, o.app.Globals.Quiet)
	rows, err := rowsOf(progress.Reader(bytes, in), o.app.Rows(o.file, o.table))
	if progress.Stopped(ctx, soft) { // before there was a header
		err = clierr.New(clierr.Interrupted, "interrupted", "stopped; no row was read")
	}
	if err != nil {
		bytes.Done()
		return err
	}
	bad, err := o.app.OpenRejects(p, o.rejects, in, rejectColumns())
	if err != nil {
		bytes.Done()
		return err
	}
	ids, err := app.NewIDs(p, o.app.Globals.Quiet && !o.rejects.Stdout())
	if err != nil {
		return err
	}
	defer ids.Close()
	r, err := svc.ImportUsers(ctx, o.app.Mode(o.writes.DryRun), progress.Until(soft, rows), admin.ImportOptions{
		OnConflict: o.conflict.String(), Source: name,
		Reject:  func(x admin.Rejected) error { return bad.Add(x.Row.Line, x.Reason, "", rejectCells(x)) },
		Changed: ids.Collector(),
	})
	bytes.Done()
	if printErr := ids.Print(); err == nil { // also when it failed: batches of before are in
		err = printErr
	}
	if closeErr := bad.Close(true); err == nil {
		err = closeErr
	}
	if errors.Is(err, progress.ErrStopped) && !o.writes.DryRun {
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped after %s: %d created, %d updated, %d rejected",
			output.Count(r.Read, "row"), r.Created, r.Updated, r.Rejected), "import the same file again with --on-conflict skip to go on")
	}
	if err != nil {
		return err
	}
	return o.print(p, r, o.app.Now().Sub(start))
}

func (o *importOptions) print(p *output.Printer, r admin.ImportResult, spent time.Duration) error {
	v := importView{
		Rows: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Skipped: r.Skipped, Rejected: r.Rejected,
		DurationMs: spent.Milliseconds(), Rejects: o.rejects.Name(),
	}
	said := fmt.Sprintf("%d created, %d updated, %d unchanged, %d skipped, %d rejected, in %s",
		r.Created, r.Updated, r.Unchanged, r.Skipped, r.Rejected, spent.Round(10*time.Millisecond))
	rows := output.Count(r.Read, "row") + " read: "
	say := output.Say{Done: rows + said, Would: rows + "would be " + said, Already: rows + said}
	result := admin.StatusUnchanged
	switch {
	case r.Created > 0:
		result = admin.StatusCreated
	case r.Updated > 0:
		result = admin.StatusUpdated
	}
	err := app.Imported(p, o.rejects, output.Desc{ID: "created"}, v, output.ChangeInfo{Result: result, DryRun: r.DryRun, Say: say})
	if err != nil || r.Rejected == 0 {
		return err
	}
	return app.RowsRejected(output.Count(r.Rejected, "row")+" rejected", o.rejects)
}
