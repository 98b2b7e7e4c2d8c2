package automation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type editOptions struct {
	app   *app.App
	id    string
	write flags.Writes
}

func newEdit(a *app.App) *cobra.Command {
	o := &editOptions{app: a}
	c := &cobra.Command{
		Use:   "edit ID",
		Short: "Change a configuration in an editor",
		Long: `Opens the configuration of an automation in the editor of $VISUAL or $EDITOR and stores what was saved, when it
satisfies "axisor automation schema". What does not is kept in a file, and nothing is changed. When somebody else changed
the configuration in the meantime, it is kept too.

Exit codes: 0 also when nothing was edited, 2 when the result is not valid, 3, 4 when it was changed meanwhile, 10, 11, 12,
14 when the editor failed.`,
		Example: "  EDITOR=nano axisor automation edit " + idExample,
		Args:    flags.Exactly("axisor automation edit "+idExample, "ID"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			return runEdit(c.Context(), o)
		},
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runEdit(ctx context.Context, o *editOptions) error {
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	row, err := db.AutomationByID(ctx, o.id, false)
	if err != nil {
		return err
	}
	var before bytes.Buffer
	if err := json.Indent(&before, row.Config, "", "  "); err != nil {
		return fmt.Errorf("show config: %w", err)
	}
	before.WriteByte('\n')
	draft, err := os.CreateTemp("", "axisor-automation-*.json") // for its owner only
	if err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	name := draft.Name()
	if _, err := draft.Write(before.Bytes()); err != nil {
		return errors.Join(fmt.Errorf("write draft: %w", err), draft.Close(), os.Remove(name))
	}
	if err := draft.Close(); err != nil {
		return errors.Join(fmt.Errorf("write draft: %w", err), os.Remove(name))
	}
	if err := o.edit(ctx, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	after, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	config := models.JSON(bytes.TrimSpace(after))
	if bytes.Equal(after, before.Bytes()) { // a configuration of the web application need not satisfy the schema to stay
		config = nil
	}
	if err := o.save(ctx, row, config); err != nil {
		o.app.Streams.Err.Write([]byte("your version is kept in " + name + "\n")) //nolint:errcheck // the error below matters more
		return err
	}
	return os.Remove(name)
}

// save stores what came out of the editor, unless the row is no longer what the editor began with.
func (o *editOptions) save(ctx context.Context, row models.Automation, config models.JSON) error {
	in := admin.AutomationInput{Config: config}
	if err := in.Check(); err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	now, err := db.AutomationByID(ctx, o.id, false)
	if err != nil {
		return err
	}
	if config != nil && !bytes.Equal(now.Config, row.Config) {
		return clierr.New(clierr.Conflict, "automation_changed", "the configuration was changed while you edited it", "run the command again")
	}
	return update(ctx, o.app, o.id, in, o.write.DryRun)
}

// edit runs the editor on the terminal of the caller.
func (o *editOptions) edit(ctx context.Context, name string) error {
	editor := o.app.Getenv("VISUAL")
	if editor == "" {
		editor = o.app.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	words := append(strings.Fields(editor), name)         // editors are given with flags, such as "code --wait"
	c := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // running the editor that the caller names is the point
	c.Stdin, c.Stdout, c.Stderr = o.app.Streams.In, o.app.Streams.Stderr(), o.app.Streams.Stderr()
	c.Env, c.Dir = o.app.Env, o.app.Dir
	if o.app.Streams.OutTerminal() {
		c.Stdout = o.app.Streams.Stdout()
	}
	if err := c.Run(); err != nil {
		return clierr.New(clierr.Tool, "editor_failed", fmt.Sprintf("editor %q: %v", words[0], err), "set EDITOR to one that works; nothing was changed")
	}
	return nil
}
