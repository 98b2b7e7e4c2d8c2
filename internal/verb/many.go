package verb

import (
	"fmt"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
)

// PrintMany prints several rows that were written together, each with its result, and says how many of them changed: done
// and would are sentences with two numbers, as in "%d of %d users enabled". dryRun is nil for a change that was made.
func PrintMany[R, V any](call *Call, d output.Desc, changes []admin.Change[R], view func(row R, result string, dryRun *bool) V, done, would string) error {
	views, changed := make([]V, 0, len(changes)), 0
	for _, c := range changes {
		var dryRun *bool
		if c.DryRun {
			dryRun = &c.DryRun
		}
		views = append(views, view(*c.After, c.Status, dryRun))
		if c.Status != words.Unchanged {
			changed++
		}
	}
	if err := output.Slice(call.Print, d, views); err != nil || call.Print.Machine() {
		return err
	}
	if call.DryRun {
		call.Print.Notice("dry run: %s; nothing was changed", fmt.Sprintf(would, changed, len(views)))
		return nil
	}
	call.Print.Notice("%s", fmt.Sprintf(done, changed, len(views)))
	return nil
}
