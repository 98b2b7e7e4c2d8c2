package credential

import (
	"context"
	"fmt"
	"strings"
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
	"github.com/axisor/axisor/pkg/crypto"
)

type rekeyOptions struct {
	format  flags.Enum
	unbound bool // see admin.RekeyInput
}

// rekeyView is what a rotation found and did.
type rekeyView struct {
	KeyID           string           `json:"key_id"`
	Format          string           `json:"format"`
	Rows            int64            `json:"rows"`
	RowsChanged     int64            `json:"rows_changed"`
	Values          int64            `json:"values"`
	ValuesEncrypted int64            `json:"values_encrypted"`
	ValuesLeft      int64            `json:"values_left"`    // they do not open, or are nobody's for certain, and were not touched
	ValuesUnbound   int64            `json:"values_unbound"` // of those: nothing proves that they belong to their row
	RowsBusy        int64            `json:"rows_busy"`      // others kept changing them
	Found           map[string]int64 `json:"found"`          // values by their state before
	DurationMS      int64            `json:"duration_ms"`
}

func newRekey(a *app.App) *cobra.Command {
	o := &rekeyOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "rekey", Short: "Encrypt everything again with the current key",
			Long: `Encrypts every value of accounts and credentials again that is not under the current key in the configured format:
values under encryption.previous_keys, in older formats, and in clear text. Values that do not open are left as they
are and reported.

A value in v2 says for good which row and user it belongs to, and nothing proves that of one in another format or in
clear text: somebody may have moved it there. So they become v2 only with --accept-unbound; without it they are left and
named. The first change to v2 needs it. Once a rotation has left nothing in another format, the database remembers that,
and v2 alone is opened (encryption.accept).

It works in batches, each one transaction that also writes its audit row, and opens every new value before it is
committed. It may be stopped or killed at any moment and started again: what is done is recognised. Other programs may
go on working: a value that one of them changes meanwhile is never overwritten. A summary goes to AuditLog and
SecurityAuditLog. Only what changes gets a new updated_at.

The web application reads app-cbc alone, and keeps opened credentials in its cache for up to five minutes.`,
			Examples: []string{
				"axisor credential rekey --dry-run",
				"axisor credential rekey --reason 'key of 2026-08'",
				"axisor credential rekey --to-format v2 --accept-unbound -o json",
			},
			Exits: exits.Database(exits.OK("also when there is nothing to do"),
				exits.On(clierr.Partial, "some values were left or rows were busy"), exits.On(clierr.Config, "there is no encryption key"),
				exits.On(clierr.Locked, "rows stay locked by others"), exits.On(clierr.Interrupted, "interrupted")),
		},
		Effect: flags.Write, Fields: output.Fields[rekeyView](),
		Flags: func(c *cobra.Command) {
			var formats []string
			for _, f := range crypto.Writable() {
				formats = append(formats, string(f))
			}
			flags.RegisterEnum(c, &o.format, "to-format", "", "format to write instead of encryption.format", formats...)
			c.Flags().BoolVar(&o.unbound, "accept-unbound", false, "also make v2 of values that nothing proves to belong to their row")
		},
		Run: o.run,
	}.Build(a)
}

func rekeyDesc() output.Desc { return output.Desc{Noun: "rotations", ID: "key_id"} }

func (o *rekeyOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	keys, err := call.Keyring(ctx)
	if err != nil {
		return err
	}
	usual := string(keys.Format())
	if f := o.format.String(); f != "" {
		if keys, err = keys.Writing(crypto.Format(f)); err != nil {
			return err
		}
	}
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
	total, err := db.CountSealed(ctx)
	if err != nil {
		return err
	}
	begin := call.Now()
	bar := progress.Start(call.Streams, "encrypting credentials", total, progress.Items, call.Globals.Quiet)
	work, add, release := call.Stop.Between(ctx, "the batch in flight", bar)
	defer release()
	result, err := svc.Rekey(work, call.Mode(), admin.RekeyInput{Keys: keys, Progress: add, AcceptUnbound: o.unbound})
	bar.Done()
	if err != nil && progress.Stopped(ctx, work) {
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped: %d values of %d rows are encrypted again, of %d rows",
			result.Sealed, result.RowsChanged, total), "run it again to go on; until then keep the older key in encryption.previous_keys")
	}
	if err != nil {
		if !call.DryRun && result.RowsChanged > 0 {
			p.Notice("%d values of %d rows were encrypted before this; run it again to go on", result.Sealed, result.RowsChanged)
		}
		return err
	}
	v := rekeyViewOf(result)
	v.DurationMS = call.Now().Sub(begin).Milliseconds()
	values := fmt.Sprintf("%d of %d values", v.ValuesEncrypted, v.Values)
	how := fmt.Sprintf("encrypted again, as %s under key %s, in %s", v.Format, v.KeyID, (time.Duration(v.DurationMS) * time.Millisecond).Round(10*time.Millisecond))
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Say: output.Say{
		Done: values + " are " + how, Would: values + " would be " + how, Already: fmt.Sprintf("nothing to do: %d values looked at", v.Values),
	}}
	if v.ValuesEncrypted == 0 {
		info.Result = words.Unchanged
	}
	if err := output.Change(p, rekeyDesc(), v, info); err != nil {
		return err
	}
	if usual != v.Format && !p.Machine() {
		p.Notice("encryption.format is %s: set it to %s, or new values and the next rekey go back", usual, v.Format)
	}
	if result.Unbound > 0 && !p.Machine() {
		p.Notice("%s", unboundRows(result))
	}
	return leftOver(result)
}

// rowsNamed is how many rows a notice names; "axisor credential check" names all.
const rowsNamed = 20

// unboundRows names the values that would open and were left.
func unboundRows(r admin.RekeyResult) string {
	var b strings.Builder
	b.WriteString("nothing proves that these values belong to their rows; they were left:")
	named := int64(0)
	for _, f := range r.Failed {
		if f.Unbound && named < rowsNamed {
			fmt.Fprintf(&b, "\n  %s %s %s (%s)", f.Table, f.ID, f.Field, f.State)
			named++
		}
	}
	if more := r.Unbound - named; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

func rekeyViewOf(r admin.RekeyResult) rekeyView {
	v := rekeyView{
		KeyID: r.KeyID, Format: string(r.Format), Rows: r.Rows, RowsChanged: r.RowsChanged, Values: r.Values,
		ValuesEncrypted: r.Sealed, ValuesLeft: r.Left, ValuesUnbound: r.Unbound, RowsBusy: r.Busy, Found: map[string]int64{},
	}
	for state, n := range r.States {
		v.Found[string(state)] = n
	}
	return v
}

// leftOver is the error of a rotation that could not do everything.
func leftOver(r admin.RekeyResult) error {
	if r.Left == 0 && r.Busy == 0 {
		return nil
	}
	var parts []string
	if n := r.Left - r.Unbound; n > 0 {
		parts = append(parts, fmt.Sprintf("%d values do not open and were left as they are", n))
	}
	if r.Unbound > 0 {
		parts = append(parts, fmt.Sprintf("%d values are not bound to a row and were left as they are", r.Unbound))
	}
	if r.Busy > 0 {
		parts = append(parts, fmt.Sprintf("%d rows were changed by others each time", r.Busy))
	}
	e := clierr.New(clierr.Partial, "rekey_incomplete", strings.Join(parts, "; "), "axisor credential check --problems")
	if r.Unbound > 0 {
		e = e.WithHint("when all of them are sure to be in their own rows, as before the first change to v2: axisor credential rekey --accept-unbound")
	}
	var failed []map[string]any
	for _, f := range r.Failed {
		failed = append(failed, map[string]any{"table": f.Table, "id": f.ID, "field": f.Field, "state": f.State, "unbound": f.Unbound})
	}
	e.Details = map[string]any{"left": failed}
	return e
}
