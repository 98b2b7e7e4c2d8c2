package migrate

import (
	"fmt"
	"strings"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

// stepView is one migration that a run applied, took back, or would.
type stepView struct {
	Version    int64  `json:"version"`
	Name       string `json:"name"`
	DurationMs *int64 `json:"duration_ms"`
	// Statements are what a dry run would execute; null after a real run.
	Statements []statementView `json:"statements"`
}

// statementView is one statement and what it holds while it runs.
type statementView struct {
	SQL   string  `json:"sql"`
	Lock  *string `json:"lock"`
	Table *string `json:"table"`
	Note  string  `json:"note"`
}

// runView is what a run of up or down did.
type runView struct {
	FromVersion int64      `json:"from_version"`
	Version     int64      `json:"version"`
	Head        int64      `json:"head"`
	Migrations  []stepView `json:"migrations"` // in the order they ran
}

// statusView is one migration and whether the database has it.
type statusView struct {
	Version   int64        `json:"version"`
	Name      string       `json:"name"`
	State     string       `json:"state"` // applied, pending, unknown
	AppliedAt *output.Time `json:"applied_at"`
}

// versionView compares the database with this program.
type versionView struct {
	Version int64  `json:"version"`
	Head    int64  `json:"head"`
	State   string `json:"state"` // current, none, old, new
}

// findingView is one difference between the live schema and the expected one.
type findingView struct {
	Kind     string  `json:"kind"` // enum, table, column, constraint, index, policy, row_security, owner, grant, search_path
	Object   string  `json:"object"`
	Problem  string  `json:"problem"` // missing, different, invalid, extra, noted
	Expected *string `json:"expected"`
	Actual   *string `json:"actual"`
	FixSQL   *string `json:"fix_sql"`
}

func stepDesc() output.Desc {
	return output.Desc{Noun: "migrations", ID: "version", Columns: []output.Column{
		{Field: "version"}, {Field: "name"}, {Field: "duration_ms", Header: "MS"},
	}}
}

func runDesc() output.Desc { return output.Desc{Noun: "migrations", ID: "version"} }

func statusDesc() output.Desc {
	return output.Desc{Noun: "migrations", ID: "version", Columns: []output.Column{
		{Field: "version"}, {Field: "name"}, {Field: "state"}, {Field: "applied_at"},
	}}
}

func versionDesc() output.Desc { return output.Desc{Noun: "schema", ID: "version"} }

func findingDesc() output.Desc {
	return output.Desc{Noun: "differences", ID: "object", Columns: []output.Column{
		{Field: "problem", Wrap: true}, {Field: "kind"}, {Field: "object", Wrap: true}, {Field: "expected", Wrap: true, Drop: 1}, {Field: "actual", Wrap: true, Drop: 2},
	}}
}

func stepsOf(applied []migrate.Applied) []stepView {
	steps := make([]stepView, 0, len(applied))
	for _, a := range applied {
		ms := a.Duration.Milliseconds()
		steps = append(steps, stepView{Version: a.Version, Name: short(a.Name), DurationMs: &ms})
	}
	return steps
}

// scriptOf adds to planned steps what each of them would execute.
func scriptOf(m *migrate.Migrator, steps []stepView, direction string) error {
	for i := range steps {
		script, err := m.Script(steps[i].Version, direction)
		if err != nil {
			return err
		}
		steps[i].Statements = []statementView{}
		for _, s := range script {
			steps[i].Statements = append(steps[i].Statements, statementView{
				SQL: s.SQL, Lock: output.Optional(s.Lock), Table: output.Optional(s.Table), Note: s.Note,
			})
		}
	}
	return nil
}

// printScript prints what a dry run would execute, as a script with remarks.
func printScript(p *output.Printer, steps []stepView) error {
	for _, step := range steps {
		if _, err := fmt.Fprintf(p.Streams().Out, "\n-- %d %s\n", step.Version, step.Name); err != nil {
			return err
		}
		for _, s := range step.Statements {
			var held []string
			for _, part := range []*string{s.Lock, s.Table} {
				if part != nil {
					held = append(held, *part)
				}
			}
			remark := strings.Join(held, " on ")
			if remark != "" && s.Note != "" {
				remark += ": "
			}
			if remark += s.Note; remark != "" {
				remark = "-- " + remark + "\n"
			}
			if _, err := fmt.Fprintf(p.Streams().Out, "%s%s;\n", remark, s.SQL); err != nil {
				return err
			}
		}
	}
	return nil
}

func plannedOf(items []migrate.Item) []stepView {
	steps := make([]stepView, 0, len(items))
	for _, i := range items {
		steps = append(steps, stepView{Version: i.Version, Name: short(i.Name)})
	}
	return steps
}

// short is the name of a file without number and suffix: create_identity_tables.
func short(file string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(file, ".sql"), "_")
	return name
}

func statusOf(i migrate.Item) statusView {
	v := statusView{Version: i.Version, Name: short(i.Name), State: string(i.State)}
	if i.AppliedAt != nil {
		at := output.At(*i.AppliedAt)
		v.AppliedAt = &at
	}
	return v
}

func findingOf(f migrate.Finding) findingView {
	return findingView{
		Kind: f.Kind, Object: f.Object, Problem: f.Problem,
		Expected: output.Optional(f.Expected), Actual: output.Optional(f.Actual), FixSQL: output.Optional(f.FixSQL),
	}
}

// printRun prints what a run did: the migrations as a table for people, one object for programs.
func printRun(p *output.Printer, v runView, info output.ChangeInfo) error {
	switch p.Format() {
	case output.JSON, output.JSONL, output.YAML:
		return output.Change(p, runDesc(), v, info)
	}
	if len(v.Migrations) > 0 {
		if err := output.Slice(p, stepDesc(), v.Migrations); err != nil {
			return err
		}
	}
	if info.DryRun && !p.Machine() {
		if err := printScript(p, v.Migrations); err != nil {
			return err
		}
	}
	said := info.Summary
	if info.DryRun {
		said = "dry run: " + said + "; nothing was changed"
	}
	p.Notice("%s", said)
	if info.Next != "" && !info.DryRun {
		p.Notice("next: %s", info.Next)
	}
	return nil
}

func atVersion(version, head int64) string {
	if version == head {
		return fmt.Sprintf("the schema is at version %d, the newest", version)
	}
	return fmt.Sprintf("the schema is at version %d of %d", version, head)
}
