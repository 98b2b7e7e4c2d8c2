package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// Violation is a rule that is missing or not proven and that existing rows break.
type Violation struct {
	Table, Rule string
	Rows        int64
	Examples    []string // ids of a few of them, at most 5
}

// String says what a violation is, with some of the rows.
func (v Violation) String() string {
	rows, breaks := v.words()
	return fmt.Sprintf("%s of %q %s %s: %s", rows, v.Table, breaks, v.Rule, strings.Join(v.Examples, ", "))
}

// words counts the rows, and says that they do it.
func (v Violation) words() (rows, breaks string) {
	if v.Rows == 1 {
		return "1 row", "breaks"
	}
	return fmt.Sprintf("%d rows", v.Rows), "break"
}

// ViolationsError names the rows that stand in the way of repairs. Nothing was changed for the rules that they break. It is an
// ErrViolations.
type ViolationsError struct {
	Violations []Violation
}

func (e *ViolationsError) Error() string {
	var said []string
	for _, v := range e.Violations {
		said = append(said, v.String())
	}
	return ErrViolations.Error() + ": " + strings.Join(said, "; ")
}

// Unwrap gives the sentinel.
func (*ViolationsError) Unwrap() error { return ErrViolations }

// violations counts the rows that break the rule that the repair of a finding would make or prove. nil when there are none,
// and when that cannot be counted because columns are missing or of another type: then the repair itself tells.
func (m *Migrator) violations(ctx context.Context, want *Catalog, f Finding) (*Violation, error) {
	separator := ": "
	if f.Kind == "column" {
		separator = "."
	}
	at := strings.LastIndex(f.Object, separator)
	if at < 0 || f.Problem == Extra {
		return nil, nil
	}
	v := Violation{Table: f.Object[:at], Rule: f.Object[at+len(separator):]}
	t := want.Tables[v.Table]
	if t == nil {
		return nil, nil
	}
	broken := ""
	switch f.Kind {
	case "column":
		if f.Problem != Missing && t.column(v.Rule).NotNull {
			broken, v.Rule = quoted(v.Rule)+" IS NULL", v.Rule+" NOT NULL"
		}
	case "constraint":
		if c, ok := t.constraint(v.Rule, f.Expected); ok {
			broken = brokenRule(v.Table, c)
		}
	case "index":
		broken = brokenIndex(v.Table, t.Indexes[v.Rule].Definition)
	}
	if broken == "" {
		return nil, nil
	}
	return m.countRows(ctx, v, idOf(t), broken)
}

// countRows completes a violation with the rows t of its table that fulfil a condition.
func (m *Migrator) countRows(ctx context.Context, v Violation, id, broken string) (*Violation, error) {
	p, err := m.place(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := m.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("count rows: %w", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `SELECT set_config('search_path', $1, true)`, namespace.Identifier(p.shared)); err != nil {
		return nil, fmt.Errorf("count rows: %w", err)
	}
	var examples string
	err = tx.QueryRowContext(ctx, p.names.Rename(fmt.Sprintf(`SELECT count(*), COALESCE(string_agg(id, E'\n' ORDER BY n) FILTER (WHERE n <= 5), '')
		FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM (SELECT %s AS id FROM %s t WHERE %s) rows) broken`,
		id, relation(v.Table), broken))).Scan(&v.Rows, &examples)
	if strings.HasPrefix(sqlState(err), "42") && sqlState(err) != "42501" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("count the rows of %s that break %s: %w", v.Table, v.Rule, err)
	}
	if v.Rows == 0 {
		return nil, nil
	}
	v.Examples = strings.Split(examples, "\n")
	return &v, nil
}

// countBroken says of rules that are there and not proven which rows break them.
func (m *Migrator) countBroken(ctx context.Context, want *Catalog, lists ...[]Finding) error {
	for _, findings := range lists {
		for i, f := range findings {
			if f.Problem != Invalid {
				continue
			}
			v, err := m.violations(ctx, want, f)
			if err != nil {
				return err
			}
			if v != nil {
				rows, breaks := v.words()
				findings[i].Actual += fmt.Sprintf("; %s %s it: %s", rows, breaks, strings.Join(v.Examples, ", "))
			}
		}
	}
	return nil
}

// blocked tells whether rows are in the way of a repair, and remembers which.
func (m *Migrator) blocked(ctx context.Context, want *Catalog, f Finding, e *ViolationsError) (bool, error) {
	v, err := m.violations(ctx, want, f)
	if err != nil || v == nil {
		return false, err
	}
	e.Violations = append(e.Violations, *v)
	return true, nil
}

// join adds the rows that were in the way to what else went wrong.
func (e *ViolationsError) join(err error) error {
	if len(e.Violations) == 0 {
		return err
	}
	return errors.Join(err, e)
}
