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
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newEdit(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "edit ID", Short: "Change a configuration in an editor",
			Long: `Opens the configuration of an automation in the editor of $VISUAL or $EDITOR and stores what was saved, when it
satisfies "axisor automation schema". What does not is kept in a file, and nothing is changed. When somebody else changed
the configuration in the meantime, it is kept too.`,
			Try:      "axisor automation edit " + idExample,
			Examples: []string{"EDITOR=nano axisor automation edit " + idExample},
			Exits: exits.Database(exits.OK("also when nothing was edited"), exits.On(clierr.Usage, "the result is not valid"),
				exits.NotFound(""), exits.Conflict("it was changed meanwhile"), exits.On(clierr.Tool, "the editor failed")),
		},
		Effect: flags.Write, Fields: output.Fields[view](),
		Check: editable,
		Read:  runEdit,
	}.Build(a)
}

// editable refuses an editor that would wait for nobody: with --no-input always, and without a terminal unless the
// environment names one, which may be a script.
func editable(call *verb.Call) error {
	named := call.Getenv("VISUAL") + call.Getenv("EDITOR")
	if call.Globals.NoInput || named == "" && !call.App.Prompt().Can() {
		return clierr.Usagef("an editor needs a terminal, and there is none or --no-input was given").
			WithHint("axisor automation update " + call.Args[0] + " --config-json @FILE")
	}
	return nil
}

func runEdit(ctx context.Context, call *verb.Call, db *store.DB) error {
	row, err := db.AutomationByID(ctx, call.Args[0], false)
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
	if err := edit(ctx, call, name); err != nil {
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
	if err := save(ctx, call, row, config); err != nil {
		call.Streams.Err.Write([]byte("your version is kept in " + name + "\n")) //nolint:errcheck // the error below matters more
		return err
	}
	return os.Remove(name)
}

// save stores what came out of the editor, unless the row is no longer what the editor began with.
func save(ctx context.Context, call *verb.Call, row models.Automation, config models.JSON) error {
	in := admin.AutomationInput{Config: config}
	if err := in.Check(); err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	now, err := db.AutomationByID(ctx, call.Args[0], false)
	if err != nil {
		return err
	}
	if config != nil && !bytes.Equal(now.Config, row.Config) {
		return clierr.New(clierr.Conflict, "automation_changed", "the configuration was changed while you edited it", "run the command again")
	}
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	done, err := svc.UpdateAutomation(ctx, call.Mode(), call.Args[0], in)
	if err != nil {
		return err
	}
	return subject().PrintChange(call, done, updated())
}

// edit runs the editor on the terminal of the caller.
func edit(ctx context.Context, call *verb.Call, name string) error {
	editor := call.Getenv("VISUAL")
	if editor == "" {
		editor = call.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	words := append(strings.Fields(editor), name)         // editors are given with flags, such as "code --wait"
	c := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // running the editor that the caller names is the point
	c.Stdin, c.Stdout, c.Stderr = call.Streams.In, call.Streams.Stderr(), call.Streams.Stderr()
	c.Env, c.Dir = call.Env, call.Dir
	if call.Streams.OutTerminal() {
		c.Stdout = call.Streams.Stdout()
	}
	if err := c.Run(); err != nil {
		return clierr.New(clierr.Tool, "editor_failed", fmt.Sprintf("editor %q: %v", words[0], err), "set EDITOR to one that works; nothing was changed")
	}
	return nil
}
