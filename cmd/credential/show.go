package credential

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type showOptions struct {
	app    *app.App
	target target
	reveal bool
	field  string
}

func newShow(a *app.App) *cobra.Command {
	o := &showOptions{app: a}
	return verb.Command{
		Words: verb.Words{
			Use: "show CREDENTIAL", Short: "Show stored credentials, without their values",
			Long: `Shows one row of the older store with the names of its fields. CREDENTIAL is an id or a user.

--reveal --field NAME decrypts one field and prints its value and nothing else. It asks on the terminal, or needs
--yes; before the value is printed, who asked for which field stands in AuditLog and SecurityAuditLog. A field may
be named in any spelling.`,
			Examples: []string{
				"axisor credential show ana@example.com",
				"axisor credential show ana --exchange lnmarkets --reveal --field api_key",
				"axisor credential show ana --reveal --field api_secret --yes --reason 'ticket 7' | wl-copy",
			},
			Exits: exits.Database(exits.On(clierr.Usage, "it cannot ask and --yes is missing"), exits.NotFound(""),
				exits.Conflict("the user has several"), exits.On(clierr.Cancelled, "the answer was no"),
				exits.On(clierr.Denied, "the value does not open with the configured keys")),
		},
		Aliases: []string{"get"}, Fields: output.Fields[view](),
		Flags: func(c *cobra.Command) {
			o.target.register(c, a)
			c.Flags().BoolVar(&o.reveal, "reveal", false, "print the value of one field in clear (asks; kept in the audit trail)")
			c.Flags().StringVar(&o.field, "field", "", "which `NAME`d field to reveal")
		},
		Check: func(call *verb.Call) error {
			o.target.ref = call.Args[0]
			if o.field != "" && !o.reveal {
				return clierr.Usagef("--field goes with --reveal")
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *showOptions) run(ctx context.Context, call *verb.Call) error {
	row, err := o.target.find(ctx, call.App)
	if err != nil {
		return err
	}
	if !o.reveal {
		return output.One(call.Print, desc(), viewOf(row), nil)
	}
	if err := o.chooseField(ctx, row); err != nil {
		return err
	}
	keys, err := call.Keyring(ctx)
	if err != nil {
		return err
	}
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("print %s of the credentials on %s in clear?", o.field, row.ExchangeSlug)
	if err := call.Prompt().Confirm(ctx, question); err != nil {
		return err
	}
	got, err := svc.RevealCredential(ctx, call.App.Mode(false), row.ID, o.field, keys)
	if err != nil {
		return err
	}
	return print(call.Print, got)
}

// chooseField asks which field, when no flag said.
func (o *showOptions) chooseField(ctx context.Context, row store.Credential) error {
	if o.field != "" {
		return nil
	}
	if len(row.Fields) == 0 || !o.app.Prompt().Can() {
		return clierr.Usagef("--reveal prints one field: say which with --field").
			WithHint("stored are: " + strings.Join(row.Fields, ", "))
	}
	return o.app.Prompt().Ask(ctx, prompt.Field{Title: "Field to reveal", Options: row.Fields, Value: &o.field, Flag: "--field"})
}

// revealedView is one value in clear. It is no field of any other output.
type revealedView struct {
	ID    string `json:"id"`
	Field string `json:"field"`
	Value string `json:"value"`
}

// print writes the value alone for a person and a pipe, and an object when a format is asked for.
func print(p *output.Printer, r admin.Revealed) error {
	if p.Format() != output.Table {
		v := revealedView{ID: r.Credential.ID, Field: r.Field, Value: r.Value.Reveal()}
		return output.One(p, output.Desc{Noun: "values", ID: "id"}, v, nil)
	}
	_, err := fmt.Fprintln(p.Streams().Out, r.Value.Reveal())
	return err
}
