package credential

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/store"
)

// group is what values are counted by.
type group struct {
	table  store.SealedTable
	state  crypto.State
	format crypto.Format
	keyID  string
}

func viewOfValue(row store.Sealed, v crypto.Value) valueView {
	return valueView{
		Table: string(row.Table), ID: row.ID, UserID: row.UserID, Field: known(v.Field), State: string(v.State),
		Format: known(string(v.Format)), KeyID: known(v.KeyID), Problem: v.State.Problem(),
	}
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func groups(counts map[group]int64) []groupView {
	views := make([]groupView, 0, len(counts))
	for g, n := range counts {
		views = append(views, groupView{
			Table: string(g.table), State: string(g.state), Format: known(string(g.format)), KeyID: known(g.keyID),
			Problem: g.state.Problem(), Values: n,
		})
	}
	slices.SortFunc(views, func(a, b groupView) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(b.Values, a.Values), cmp.Compare(a.State, b.State),
			cmp.Compare(text(a.Format), text(b.Format)), cmp.Compare(text(a.KeyID), text(b.KeyID)))
	})
	return views
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// verdict is the summary for a person, and the error when there is a problem.
func verdict(p *output.Printer, counts map[group]int64) error {
	var all, problems, outdated int64
	for g, n := range counts {
		all += n
		if g.state.Problem() {
			problems += n
		}
		if g.state == crypto.StateOutdated {
			outdated += n
		}
	}
	said := fmt.Sprintf("%d values looked at, %d with a problem, %d outdated", all, problems, outdated)
	if problems > 0 {
		return clierr.New(clierr.CheckFailed, "credentials_problem", said,
			"axisor credential check --problems shows them, axisor credential rekey cures those that open")
	}
	if !p.Machine() {
		p.Notice("%s", said)
		if outdated > 0 {
			p.Notice("next: axisor credential rekey --dry-run")
		}
	}
	return nil
}
