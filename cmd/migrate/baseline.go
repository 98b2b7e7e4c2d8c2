package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
)

type baselineOptions struct {
	lockTimeout time.Duration
}

// violationView is a rule of the design that rows break.
type violationView struct {
	Table    string   `json:"table"`
	Rule     string   `json:"rule"`
	Rows     int64    `json:"rows"`
	Examples []string `json:"examples"` // ids
}

// prismaView is what Prisma's own history says.
type prismaView struct {
	Present    bool `json:"present"`
	Applied    int  `json:"applied"`
	Failed     int  `json:"failed"`
	RolledBack int  `json:"rolled_back"`
}

// baselineView is what adopting did, or would do.
type baselineView struct {
	Version    int64           `json:"version"`
	Head       int64           `json:"head"`
	Prisma     prismaView      `json:"prisma"`
	Added      []findingView   `json:"added"`      // in order
	Kept       []findingView   `json:"kept"`       // different, and left as it is
	Blocking   []findingView   `json:"blocking"`   // no safe statement repairs these
	Violations []violationView `json:"violations"` // rows that break missing rules
	Migrations []stepView      `json:"migrations"` // applied afterwards
}

func newBaseline(a *app.App) *cobra.Command {
	o := &baselineOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "baseline", Short: "Adopt a database whose tables Prisma made",
			Long: `Recognises the design's tables by their structure, whether or not Prisma left its history, and adds what the
design has on top: missing tables and columns, indexes (concurrently), checks (added without reading the
table, then validated), row security. No table is written anew and no row is changed. Then it records the
migrations that are thereby fulfilled and applies the others. Interrupted, it goes on when run again.

Before anything is changed it counts the rows that break a rule it would add, and stops when there are any.
What differs without harm, such as another action of a foreign key, is listed and left. A database with the
web application's own table names is recognised and refused; verify --against app lists how it differs.`,
			Examples: []string{
				"axisor migrate baseline --dry-run",
				"axisor migrate baseline",
				"axisor migrate baseline -n -o json --jq '.violations[]'",
			},
			Exits: exits.Database(exits.Conflict("the schema is axisor's own already or there is nothing to adopt"),
				exits.On(clierr.CheckFailed, "rows or columns forbid it"), exits.On(clierr.Unavailable, "without a database"),
				exits.On(clierr.Schema, "the tables have the web application's names"),
				exits.On(clierr.Locked, "another run holds the lock")),
		},
		Effect: flags.Write, Fields: output.Fields[baselineView](),
		Flags: func(c *cobra.Command) { lockTimeoutFlag(c, &o.lockTimeout) },
		Run:   o.run,
	}.Build(a)
}

func (o *baselineOptions) run(ctx context.Context, call *verb.Call) error {
	s, err := connect(ctx, call.App, o.lockTimeout)
	if err != nil {
		return err
	}
	done, err := s.m.Baseline(ctx, call.DryRun)
	refused := refusal(err, done)
	if err != nil && refused == nil {
		return s.failure(ctx, err)
	}
	if refused != nil && (done == nil || call.Print.Machine()) {
		return refused
	}
	v := baselineOf(done, call.DryRun)
	if v.Version, v.Head, err = s.m.Version(ctx); err != nil {
		return s.failure(ctx, err)
	}
	if err := printBaseline(call.Print, v, call.DryRun, refused != nil); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	return nil
}

// refusal gives the answer to a database that cannot be adopted, nil for every other error.
func refusal(err error, a *migrate.Adoption) *clierr.Error {
	var e *clierr.Error
	switch {
	case errors.Is(err, migrate.ErrApplicationNames):
		e = clierr.New(clierr.Schema, "application_schema", err.Error(),
			"this is the web application's own naming, in which rows mean slightly different things; nothing was changed",
			"axisor migrate verify --against app lists the differences")
	case errors.Is(err, migrate.ErrNothingToAdopt):
		e = clierr.New(clierr.Conflict, "nothing_to_adopt", err.Error(), "for an empty database: axisor migrate up", "is this the right database? axisor config show --origins")
	case errors.Is(err, migrate.ErrOwnSchema):
		e = clierr.New(clierr.Conflict, "own_schema", err.Error(), "axisor migrate up")
	case errors.Is(err, migrate.ErrViolations):
		e = clierr.New(clierr.CheckFailed, "rows_break_rules", err.Error()+"; nothing was changed", "correct these rows, then run the command again")
		var list []violationView
		for _, v := range a.Violations {
			e.Hints = append(e.Hints, v.String())
			list = append(list, violationView(v))
		}
		e = e.WithDetails(map[string]any{"violations": list})
	case errors.Is(err, migrate.ErrCannotAdopt):
		e = clierr.New(clierr.CheckFailed, "schema_differs", err.Error()+"; nothing was changed", "axisor migrate baseline --dry-run lists them; change them by hand")
		e = e.WithDetails(map[string]any{"blocking": findingsOf(a.Blocking)})
	default:
		return nil
	}
	return e.WithCause(err)
}

func findingsOf(list []migrate.Finding) []findingView {
	views := make([]findingView, 0, len(list))
	for _, f := range list {
		views = append(views, findingOf(f))
	}
	return views
}

func baselineOf(a *migrate.Adoption, dryRun bool) baselineView {
	v := baselineView{
		Prisma: prismaView{Present: a.Prisma.Present, Applied: a.Prisma.Applied, Failed: a.Prisma.Failed, RolledBack: a.Prisma.Taken},
		Added:  findingsOf(a.Steps), Kept: findingsOf(a.Kept), Blocking: findingsOf(a.Blocking),
		Violations: []violationView{}, Migrations: stepsOf(a.Applied),
	}
	if dryRun {
		v.Migrations = plannedOf(a.Pending)
	}
	for _, broken := range a.Violations {
		v.Violations = append(v.Violations, violationView(broken))
	}
	return v
}

// printBaseline prints one object for programs; for people the additions as a table and the rest in sentences.
func printBaseline(p *output.Printer, v baselineView, dryRun, refused bool) error {
	info := output.ChangeInfo{Result: words.Updated, DryRun: dryRun, Summary: atVersion(v.Version, v.Head), Next: "axisor migrate verify"}
	if len(v.Added) == 0 && len(v.Migrations) == 0 {
		info.Result, info.Summary = words.Unchanged, info.Summary+"; nothing was missing"
	}
	desc := output.Desc{Noun: "additions", ID: "version"}
	switch p.Format() {
	case output.JSON, output.JSONL, output.YAML, output.CSV:
		return output.Change(p, desc, v, info)
	}
	if p.Machine() {
		return output.Change(p, desc, v, info)
	}
	list := v.Added
	if refused {
		list = v.Blocking
	}
	if len(list) > 0 {
		if err := output.Slice(p, findingDesc(), list); err != nil {
			return err
		}
	}
	if v.Prisma.Failed > 0 {
		p.Warn("Prisma's history has %s; its state was judged by the tables alone", words.Count(v.Prisma.Failed, "failed migration"))
	}
	for _, k := range v.Kept {
		p.Notice("left as it is: %s %s (%s)", k.Kind, k.Object, k.Problem)
	}
	switch {
	case refused:
	case dryRun:
		p.Notice("dry run: %s would be made, then %s applied; nothing was changed", words.Count(len(v.Added), "addition"), words.Count(len(v.Migrations), "migration"))
	default:
		p.Notice("%s made, %s applied; %s", words.Count(len(v.Added), "addition"), words.Count(len(v.Migrations), "migration"), info.Summary)
		p.Notice("next: %s", info.Next)
	}
	return nil
}
