package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// bloated is how many times larger than its entries an index may be; half-empty pages are normal.
const bloated = 3

type indexView struct {
	Table     string   `json:"table"`
	Name      string   `json:"name"`
	Bytes     int64    `json:"bytes"`
	Scans     int64    `json:"scans"` // since the statistics were reset
	Unique    bool     `json:"unique"`
	Bloat     float64  `json:"bloat"`
	CoveredBy *string  `json:"covered_by"`
	Problems  []string `json:"problems"` // missing, invalid, duplicate, unused, bloated
}

func newIndex(a *app.App) *cobra.Command {
	problems := false
	return verb.Command{
		Words: verb.Words{
			Use: "index", Short: "Show the indexes: missing, invalid, double, unused, bloated",
			Long: `Lists every index with its size and use, and what is remarkable about it: missing (the design names it), invalid
(a build failed; it costs writes and serves nobody), duplicate (another index has the same columns, or begins
with them), unused (no scan since the statistics were reset, and no key) or bloated. The design itself names
some duplicates; they cost writes and do no other harm. "drop-duplicates" does without them.`,
			Examples: []string{"axisor db index --problems", "axisor db index -o json --jq '[.items[] | select(.covered_by)] | length'"},
			Exits:    unreachable(exits.On(clierr.CheckFailed, "an index is missing or invalid")),
		},
		Fields: output.Fields[indexView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&problems, "problems", false, "only those with a remark")
			c.AddCommand(newIndexDrop(a))
		},
		Server: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			return showIndexes(ctx, call.Print, db, problems)
		},
	}.Build(a)
}

func showIndexes(ctx context.Context, p *output.Printer, db *store.DB, problems bool) error {
	states, err := db.IndexStates(ctx)
	if err != nil {
		return err
	}
	missing, err := missingIndexes(ctx, db)
	if err != nil {
		return err
	}
	views := missing
	broken, double := len(missing), 0
	for _, s := range states {
		v := indexView{
			Table: s.Table, Name: s.Name, Bytes: s.Bytes, Scans: s.Scans, Unique: s.Unique, Bloat: s.Bloat,
			CoveredBy: output.Optional(s.CoveredBy), Problems: remarks(s),
		}
		if !s.Valid {
			broken++
		}
		if s.CoveredBy != "" {
			double++
		}
		if !problems || len(v.Problems) > 0 {
			views = append(views, v)
		}
	}
	desc := output.Desc{Noun: "indexes", ID: "name", Columns: []output.Column{
		{Field: "table"}, {Field: "name", Wrap: true}, {Field: "bytes"}, {Field: "scans", Drop: 3}, {Field: "problems", Wrap: true}, {Field: "covered_by", Drop: 2},
	}}
	if err := output.Slice(p, desc, views); err != nil {
		return err
	}
	if double > 0 && !p.Machine() {
		p.Notice("%d duplicates cost every write and help no query; axisor db index drop-duplicates drops the design's own", double)
	}
	if broken > 0 {
		return clierr.New(clierr.CheckFailed, "indexes_broken", fmt.Sprintf("%d indexes are missing or invalid", broken),
			"axisor migrate verify --fix --yes builds them again, concurrently")
	}
	return nil
}

func remarks(s store.IndexState) []string {
	found := []string{}
	for _, r := range []struct {
		word string
		is   bool
	}{
		{"invalid", !s.Valid},
		{"duplicate", s.CoveredBy != ""},
		{"unused", s.Scans == 0 && !s.Unique && !s.Constraint},
		{"bloated", s.Bloat > bloated},
	} {
		if r.is {
			found = append(found, r.word)
		}
	}
	return found
}

// missingIndexes are those that verify misses; a database of another version is judged by verify alone.
func missingIndexes(ctx context.Context, db *store.DB) ([]indexView, error) {
	m, err := migrate.New(db.SQL(), migrate.Options{})
	if err != nil {
		return nil, err
	}
	findings, err := m.Verify(ctx)
	var version *migrate.VersionError
	if err != nil && !errors.As(err, &version) {
		return nil, err
	}
	var views []indexView
	for _, f := range findings {
		if f.Kind == "index" && f.Problem == migrate.Missing {
			table, name, _ := strings.Cut(f.Object, ": ")
			views = append(views, indexView{Table: table, Name: name, Problems: []string{"missing"}})
		}
	}
	slices.SortFunc(views, func(a, b indexView) int { return strings.Compare(a.Table+a.Name, b.Table+b.Name) })
	return views, nil
}
