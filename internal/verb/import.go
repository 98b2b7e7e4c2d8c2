package verb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/rowfile"
)

// Import brings the rows of a csv or jsonl file in, and shows a view V of what became of them.
type Import[V any] struct {
	Words

	ID      string   // the field of the view that stands for it
	Columns []string // of the file of rejected rows
	Flags   func(c *cobra.Command)
	// Whole says that everything is one transaction, so a failure leaves nothing.
	Whole bool
	// Do reads and writes the rows. It returns the counts up to a failure, too.
	Do   func(ctx context.Context, s *admin.Service, m admin.Mode, f *File) (Counts, error)
	View func(c Counts, spent time.Duration, rejects *string) V
	// GoOn is how an import that was stopped is gone on with.
	GoOn string
}

// File is a file that is being imported.
type File struct {
	Name    string // what is told to the audit trail
	In      io.Reader
	Options rowfile.Options
	Rejects *app.Rejects
	Written func(ids []string) error // takes the ids of what was written; nil when nobody wants them
	// Soft is done when no further row should be begun.
	Soft context.Context //nolint:containedctx // it belongs to the reading of this file
	// Began says that the header was read, so rows may have been written.
	Began bool
}

// Counts are what became of the rows of a file.
type Counts struct {
	Read, Created, Updated, Unchanged, Skipped, Rejected int64
	Summary                                              string // in words
}

func (c Counts) result() string {
	switch {
	case c.Created > 0:
		return words.Created
	case c.Updated > 0:
		return words.Updated
	}
	return words.Unchanged
}

// Build makes `import`.
func (i Import[V]) Build(a *app.App) *cobra.Command {
	var table flags.Table
	var rejects flags.Rejects
	if i.Use == "" {
		i.Use = "import FILE|-"
	}
	return Command{
		Words: i.Words, Effect: flags.Write, Fields: output.Fields[V](),
		Flags: func(c *cobra.Command) {
			table.Register(c, rowfile.FormatCSV, rowfile.FormatJSONL)
			rejects.Register(c)
			i.Flags(c)
		},
		Run: func(ctx context.Context, call *Call) error {
			begin := call.Now()
			soft, release := ctx, func() {}
			if !i.Whole {
				soft, release = call.Stop.Context(ctx, "the rows that were read")
			}
			defer release()
			n, err := i.run(ctx, soft, call, call.Rows(call.Args[0], table), rejects)
			if err != nil {
				return err
			}
			return i.print(call, n, call.Now().Sub(begin), rejects)
		},
	}.Build(a)
}

func (i Import[V]) run(ctx, soft context.Context, call *Call, o rowfile.Options, rejects flags.Rejects) (Counts, error) {
	in, size, name, err := call.Input(soft, call.Args[0], call.Cmd.CommandPath())
	if err != nil {
		return Counts{}, err
	}
	defer in.Close()
	svc, err := call.Admin(ctx)
	if err != nil {
		return Counts{}, err
	}
	f := &File{Name: name, Options: o, Soft: soft}
	if f.Rejects, err = call.OpenRejects(call.Print, rejects, in, i.Columns); err != nil {
		return Counts{}, err
	}
	f.Options.Part = f.Rejects.Part
	ids, err := app.NewIDs(call.Print, call.Globals.Quiet && !rejects.Stdout())
	if err != nil {
		return Counts{}, errors.Join(err, f.Rejects.Close(false))
	}
	defer ids.Close()
	f.Written = ids.Collector()
	bar := progress.Start(call.Streams, "import", size, progress.Bytes, call.Globals.Quiet)
	f.In = progress.Reader(bar, in)
	n, err := i.Do(ctx, svc, call.Mode(), f)
	bar.Done()
	keep := err == nil || f.Began && !i.Whole // the batches of before are in
	if keep {
		err = errors.Join(err, ids.Print())
	}
	if err := errors.Join(err, f.Rejects.Close(keep)); err != nil {
		return n, i.stopped(ctx, call, f, n, err)
	}
	return n, nil
}

// stopped says of an import that was interrupted what it leaves.
func (i Import[V]) stopped(ctx context.Context, call *Call, f *File, n Counts, err error) error {
	switch {
	case i.Whole && errors.Is(err, context.Canceled):
		return clierr.New(clierr.Interrupted, "interrupted", "interrupted; nothing was imported", i.GoOn).WithCause(err)
	case !f.Began && progress.Stopped(ctx, f.Soft): // before there was a header
		return clierr.New(clierr.Interrupted, "interrupted", "stopped; no row was read")
	case errors.Is(err, progress.ErrStopped) && !call.DryRun:
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped after %s: %s", words.Count(n.Read, "row"), n.Summary), i.GoOn)
	}
	if file := (*rowfile.FormatError)(nil); errors.As(err, &file) && !i.Whole && !call.DryRun && n.Created+n.Updated > 0 {
		return clierr.New(clierr.Partial, "file_invalid", fmt.Sprintf("%v; before that, %d were created and %d updated", err, n.Created, n.Updated),
			"correct the file, and "+i.GoOn).WithCause(err)
	}
	return err
}

func (i Import[V]) print(call *Call, n Counts, spent time.Duration, rejects flags.Rejects) error {
	said, rows := fmt.Sprintf("%s, in %s", n.Summary, spent.Round(10*time.Millisecond)), words.Count(n.Read, "row")+" read: "
	err := app.Imported(call.Print, rejects, output.Desc{ID: i.ID}, i.View(n, spent, rejects.Name()), output.ChangeInfo{
		Result: n.result(), DryRun: call.DryRun, Say: output.Say{Done: rows + said, Would: rows + "would be " + said, Already: rows + said},
	})
	if err != nil || n.Rejected == 0 {
		return err
	}
	return app.RowsRejected(fmt.Sprintf("%d of %s rejected", n.Rejected, words.Count(n.Read, "row")), rejects)
}
