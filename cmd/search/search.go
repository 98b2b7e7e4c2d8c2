// Package search holds `axisor search`: somebody has an id, an address, a hash or an invoice from a log or a mail,
// and does not know what it belongs to.
package search

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/store"
)

// shortest is the fewest characters worth looking for: one matches a fifteenth of everything.
const shortest = 2

type searchOptions struct {
	text  string
	kinds []string
	limit int
}

// hitView is one thing that was found.
type hitView struct {
	Kind      string      `json:"kind"`
	ID        string      `json:"id"`
	UserID    *string     `json:"user_id"`
	UserEmail *string     `json:"user_email"`
	What      string      `json:"what"`
	At        output.Time `json:"at"`
	Matched   string      `json:"matched"` // the field
	Exact     bool        `json:"exact"`
}

// New builds `axisor search`.
func New(a *app.App) *cobra.Command { return newSearch(a) }

func newSearch(a *app.App) *cobra.Command {
	o := &searchOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "search TEXT", Short: "Find a user, account, payment, automation or trade by what you have of it",
			Long: `Finds what a text belongs to, exact matches first: the beginning of an id of a user, account, payment, automation,
trade log or margin addition, of an e-mail in any case, of a username, of a payment hash; a whole payment hash in hex
or base64, a Lightning invoice, or the exchange's whole id of a trade. It searches no texts in the middle: "axisor
user list --search" does.

Everything is looked up in an index and takes milliseconds, except an invoice that is known by nothing but itself and
the exchange's id of a trade that no margin addition names: these are read through when nothing else matched, for two
seconds at most, and a note says when that was not enough.`,
			Examples: []string{
				"axisor search ana@",
				"axisor search 8f14e45f",
				"axisor search lnbc20u1p3… -o json --jq '.items[0].user_email'",
				"axisor search 8f14e45f --kind trade --kind payment -q",
			},
			Try:   "axisor search ana@example.com",
			Exits: exits.Database(exits.OK("also when nothing was found")),
		},
		Fields: output.Fields[hitView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			c.Flags().StringSliceVar(&o.kinds, "kind", nil, "only this `KIND`: "+strings.Join(store.SearchKinds(), ", ")+"; repeatable")
			flags.Complete(c, "kind", store.SearchKinds)
			c.Flags().IntVarP(&o.limit, "limit", "L", 10, "most hits of each way to match")
		},
		Check: func(call *verb.Call) error {
			o.text = strings.TrimSpace(call.Args[0])
			return o.validate()
		},
		Read: o.run,
	}.Build(a)
}

func (o *searchOptions) validate() error {
	if len([]rune(o.text)) < shortest {
		return clierr.Usagef("search needs at least %d characters, got %q", shortest, o.text)
	}
	if o.limit < 1 || o.limit > 1000 {
		return clierr.Usagef("--limit %d: must be between 1 and 1000", o.limit)
	}
	for _, k := range o.kinds {
		if !slices.Contains(store.SearchKinds(), k) {
			return clierr.Usagef("--kind %q: unknown", k).WithHint("use some of " + strings.Join(store.SearchKinds(), ", "))
		}
	}
	return nil
}

func (o *searchOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	p := call.Print
	what := store.Search{Text: o.text, Kinds: o.kinds, Limit: o.limit}
	if invoice, err := bolt11.Decode(o.text); err == nil {
		what.Text, what.Hash = strings.ToLower(o.text), invoice.Hash()
	} else if strings.HasPrefix(strings.ToLower(o.text), "lnbc") && len(o.text) > 40 {
		p.Notice("note: this looks like an invoice and cannot be read as one: %s", err)
	}
	found, err := db.Search(ctx, what)
	if err != nil {
		return err
	}
	views := make([]hitView, 0, len(found.Hits))
	for _, h := range found.Hits {
		views = append(views, hitView{h.Kind, h.ID, h.UserID, h.UserEmail, h.What, output.At(h.At), h.Matched, h.Exact})
	}
	if err := output.Slice(p, desc(), views); err != nil {
		return err
	}
	if len(found.GaveUp) > 0 {
		p.Notice("note: %s could not be read through in time; it may hold a match", words.And(found.GaveUp))
	}
	if len(views) == 0 && !p.Machine() {
		hint(ctx, db, p, o.text)
	}
	return nil
}

func desc() output.Desc {
	return output.Desc{Noun: "matches", ID: "id", Columns: []output.Column{
		{Field: "kind"}, {Field: "id", Whole: true}, {Field: "user_email", Header: "USER"}, {Field: "what"}, {Field: "at", Header: "WHEN", Drop: 1},
	}}
}

// hint proposes users with a similar name, for a typing error.
func hint(ctx context.Context, db *store.DB, p *output.Printer, text string) {
	var missing *store.NotFoundError
	if _, err := db.FindUser(ctx, text); errors.As(err, &missing) {
		for _, near := range missing.Near {
			p.Notice("hint: did you mean %s?", near)
		}
	}
}
