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
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
)

type createOptions struct {
	name, dir     string
	table, column string
	template      flags.Enum
}

// fileView is a new migration file.
type fileView struct {
	Version int64  `json:"version"`
	File    string `json:"file"`
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "create NAME", Short: "Write the file of a new migration",
			Long: `Writes NNNNN_NAME.sql, with the number after the highest one in the directory, from a template that is safe on a
database in use. NAME says what it does in small letters: add_note_to_trades. It needs no database.`,
			Examples: []string{
				"axisor migrate create add_note_to_trades --template column --table TradeLog --column note",
				"axisor migrate create index_trades_by_note --template index --table TradeLog --column note",
				"axisor migrate create drop_old_flags --dry-run",
			},
			Try: "axisor migrate create add_note_to_trades",
			Exits: exits.Local(exits.On(clierr.Usage, "the name is not of that form"), exits.NotFound("there is no such directory"),
				exits.Conflict("the file exists")),
		},
		Effect: flags.Write, Local: true, Fields: output.Fields[fileView](),
		Flags: func(c *cobra.Command) {
			flags.RegisterEnum(c, &o.template, "template", "sql", "what to begin with", migrate.Templates()...)
			c.Flags().StringVar(&o.table, "table", "table_name", "`TABLE` that it is about")
			c.Flags().StringVar(&o.column, "column", "column_name", "`COLUMN` that it is about")
			c.Flags().StringVar(&o.dir, "dir", "migrations", "`DIRECTORY` of the migrations")
		},
		Check: func(call *verb.Call) error {
			if o.name = call.Args[0]; !regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`).MatchString(o.name) {
				return clierr.Usagef("name %q: must be words in small letters, joined by _", o.name).WithHint("for example: add_note_to_trades")
			}
			for flag, value := range map[string]string{"table": o.table, "column": o.column} {
				if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`).MatchString(value) {
					return clierr.Usagef("--%s %q: must be a name of letters, digits and _", flag, value)
				}
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *createOptions) run(_ context.Context, call *verb.Call) error {
	dir := call.Path(o.dir)
	text, err := migrate.Scaffold(o.template.String(), o.table, o.column)
	if err != nil {
		return err
	}
	highest, err := highestNumber(dir)
	if err != nil {
		return err
	}
	v := fileView{Version: highest + 1, File: filepath.Join(o.dir, fmt.Sprintf("%05d_%s.sql", highest+1, o.name))}
	if !call.DryRun {
		if err := writeNew(filepath.Join(dir, filepath.Base(v.File)), text); err != nil {
			return err
		}
	}
	return output.Change(call.Print, output.Desc{Noun: "migration", ID: "file"}, v, output.ChangeInfo{
		Result: words.Created, DryRun: call.DryRun, Say: output.Say{Done: "wrote " + v.File, Would: "would write " + v.File}, Next: "axisor migrate lint " + v.File,
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
