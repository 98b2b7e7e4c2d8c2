package credential

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/store"
)

type checkOptions struct {
	problems bool
	summary  bool
}

// valueView says of one stored value what opens it. It never says what the value is.
type valueView struct {
	Table   string  `json:"table"`
	ID      string  `json:"id"`
	UserID  string  `json:"user_id"`
	Field   *string `json:"field"` // null when one text holds the whole object
	State   string  `json:"state"`
	Format  *string `json:"format"`
	KeyID   *string `json:"key_id"`
	Problem bool    `json:"problem"`
}

// groupView counts values that are alike.
type groupView struct {
	Table   string  `json:"table"`
	State   string  `json:"state"`
	Format  *string `json:"format"`
	KeyID   *string `json:"key_id"`
	Problem bool    `json:"problem"`
	Values  int64   `json:"values"`
}

func newCheck(a *app.App) *cobra.Command {
	o := &checkOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "check", Short: "Say of every stored value what opens it",
			Long: `Reads every value of accounts and credentials and says which format it has and which key opens it, without ever
showing a value. Keys are named by an id that says nothing about them. It changes nothing and reads any number of
values in a fixed amount of memory.

States: current; outdated (opens with a previous key, or from another format than encryption.format); weak (written by
the design's code as printed, which protects little); clear_text; wrong_key (no configured key opens it); altered (v2:
changed, or moved from another row); not_accepted (opens, in a format that is not in encryption.accept: nothing proves
whose it is); unreadable (cut, or no text); flag (the network flag, meant to be in clear); empty.
weak, clear_text, wrong_key, altered, not_accepted and unreadable are problems. "axisor credential rekey" cures all that
opens, and with --accept-unbound what is not accepted.`,
			Examples: []string{
				"axisor credential check --summary",
				"axisor credential check --problems -o jsonl",
				"axisor credential check -o csv > values.csv",
			},
			Exits:    exits.Database(exits.On(clierr.CheckFailed, "there is a problem"), exits.On(clierr.Config, "there is no encryption key")),
			Excludes: [][]string{{"problems", "summary"}},
		},
		Fields: output.Fields[valueView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.problems, "problems", false, "only values with a problem")
			c.Flags().BoolVar(&o.summary, "summary", false, "numbers by table, state, format and key instead of single values")
		},
		Run: o.run,
	}.Build(a)
}

func checkDesc() output.Desc {
	return output.Desc{Noun: "values to report", ID: "id", Columns: []output.Column{
		{Field: "table", Drop: 2},
		{Field: "id"},
		{Field: "field"},
		{Field: "state", Role: stateRole},
		{Field: "format"},
		{Field: "key_id", Header: "KEY"},
		{Field: "user_id", Header: "USER", Drop: 1},
	}}
}

func summaryDesc() output.Desc {
	return output.Desc{Noun: "stored values", ID: "state", Columns: []output.Column{
		{Field: "table"}, {Field: "state", Role: stateRole}, {Field: "format"}, {Field: "key_id", Header: "KEY"}, {Field: "values"},
	}}
}

func stateRole(v any) int {
	switch s := crypto.State(v.(string)); {
	case s.Problem():
		return int(streams.Bad)
	case s == crypto.StateOutdated:
		return int(streams.Warn)
	}
	return int(streams.Good)
}

func (o *checkOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	keys, err := call.Keyring(ctx)
	if err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	rows, err := db.CountSealed(ctx)
	if err != nil {
		return err
	}
	bar := progress.Start(call.Streams, "checking credentials", rows, progress.Items, call.Globals.Quiet)
	counts := map[group]int64{}
	s := scan{db: db, keys: keys, bar: bar, counts: counts, problems: o.problems}
	if o.summary {
		for _, err := range s.values(ctx) {
			if err != nil {
				bar.Done()
				return err
			}
		}
		bar.Done()
		err = output.Slice(p, summaryDesc(), groups(counts))
	} else {
		err = output.List(p, checkDesc(), s.values(ctx), nil)
		bar.Done()
	}
	if err != nil {
		return err
	}
	return verdict(p, counts)
}

// scan goes over all values and counts them on the way.
type scan struct {
	db       *store.DB
	keys     *crypto.Keyring
	bar      *progress.Counter
	counts   map[group]int64
	problems bool
}

func (s scan) values(ctx context.Context) func(yield func(valueView, error) bool) {
	return func(yield func(valueView, error) bool) {
		for _, table := range store.SealedTables() {
			for page, err := range s.db.ScanSealed(ctx, table) {
				if err != nil {
					yield(valueView{}, err)
					return
				}
				for _, row := range page {
					at := crypto.Place{Table: string(table), Row: row.ID, User: row.UserID}
					for _, v := range s.keys.Inspect(at, row.Credentials) {
						s.count(group{table, v.State, v.Format, v.KeyID})
						if (!s.problems || v.State.Problem()) && !yield(viewOfValue(row, v), nil) {
							return
						}
					}
				}
				s.bar.Add(int64(len(page)))
			}
		}
	}
}

// mostGroups bounds the memory: a value may name any key.
const mostGroups = 1000

func (s scan) count(g group) {
	if _, known := s.counts[g]; !known && len(s.counts) >= mostGroups {
		g.keyID = ""
	}
	s.counts[g]++
}
