package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

type createOptions struct {
	app           *app.App
	name, dir     string
	table, column string
	template      flags.Enum
	write         flags.Writes
}

// fileView is a new migration file.
type fileView struct {
	Version int64  `json:"version"`
	File    string `json:"file"`
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{app: a}
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Write the file of a new migration",
		Long: `Writes NNNNN_NAME.sql, with the number after the highest one in the directory, from a template that is safe on a
database in use. NAME says what it does in small letters: add_note_to_trades. It needs no database.

Exit codes: 2 when the name is not of that form, 3 when there is no such directory, 4 when the file exists.`,
		Example: `  axisor migrate create add_note_to_trades --template column --table TradeLog --column note
  axisor migrate create index_trades_by_note --template index --table TradeLog --column note
  axisor migrate create drop_old_flags --dry-run`,
		Args: flags.Exactly("axisor migrate create add_note_to_trades", "NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.name = args[0]; !regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`).MatchString(o.name) {
				return clierr.Usagef("name %q: must be words in small letters, joined by _", o.name).WithHint("for example: add_note_to_trades")
			}
			for flag, value := range map[string]string{"table": o.table, "column": o.column} {
				if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`).MatchString(value) {
					return clierr.Usagef("--%s %q: must be a name of letters, digits and _", flag, value)
				}
			}
			return runCreate(c.Context(), o)
		},
	}
	flags.RegisterEnum(c, &o.template, "template", "sql", "what to begin with", migrate.Templates()...)
	c.Flags().StringVar(&o.table, "table", "table_name", "`TABLE` that it is about")
	c.Flags().StringVar(&o.column, "column", "column_name", "`COLUMN` that it is about")
	c.Flags().StringVar(&o.dir, "dir", "migrations", "`DIRECTORY` of the migrations")
	o.write.Register(c)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[fileView]())
	return c
}

func runCreate(_ context.Context, o *createOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	dir := o.app.Path(o.dir)
	text, err := migrate.Scaffold(o.template.String(), o.table, o.column)
	if err != nil {
		return err
	}
	highest, err := highestNumber(dir)
	if err != nil {
		return err
	}
	v := fileView{Version: highest + 1, File: filepath.Join(o.dir, fmt.Sprintf("%05d_%s.sql", highest+1, o.name))}
	if !o.write.DryRun {
		if err := writeNew(filepath.Join(dir, filepath.Base(v.File)), text); err != nil {
			return err
		}
	}
	return output.Change(p, output.Desc{Noun: "migration", ID: "file"}, v, output.ChangeInfo{
		Result: output.Created, DryRun: o.write.DryRun, Say: output.Say{Done: "wrote " + v.File, Would: "would write " + v.File}, Next: "axisor migrate lint " + v.File,
	})
}

func highestNumber(dir string) (int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	var highest int64
	for _, e := range entries {
		if m := regexp.MustCompile(`^(\d+)_.*\.sql$`).FindStringSubmatch(e.Name()); m != nil {
			if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				highest = max(highest, n)
			}
		}
	}
	return highest, nil
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // source code, not a secret
	if errors.Is(err, fs.ErrExist) {
		return clierr.New(clierr.Conflict, "file_exists", fmt.Sprintf("%s exists", path), "choose another name")
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
