package backup

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/chart"
)

type listOptions struct {
	app   *app.App
	place place
	kind  flags.Enum
	page  flags.Page
	files picture.Files
}

func sortable() []string { return []string{"started_at", "bytes"} }

func newList(a *app.App, run func(context.Context, *listOptions) error) *cobra.Command {
	if run == nil {
		run = runList
	}
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List backups, newest first",
		Long: `List the backups of the configured database, newest first, with what is known of each: good,
failed (a check found damage), missing (a file is gone or has the wrong size), invalid (the
manifest cannot be trusted) or unsigned (backup.signing_key_file demands a signature). --database and
--all-databases show those of others in the same directory. Base backups are listed with --kind base or all. Only manifests are
read; "backup verify" reads the data. Files that axisor did not write are ignored. --svg, --png and --html
draw how the size of the dumps develops.

A directory that is not there, and no backup where the audit trail knows of some, is no empty list.

Exit codes: 0, 2, 3, 6, 10, 11 (a target does not answer).`,
		Example: "  axisor backup list\n  axisor backup list --kind all\n  axisor backup list -o json --jq '.items[] | select(.state != \"good\")'",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	o.place.register(c, false)
	o.place.registerDatabase(c, true)
	o.place.registerFrom(c)
	flags.RegisterEnum(c, &o.kind, "kind", "dump", "which backups", "dump", "base", "all")
	o.page.Register(c, sortable()...)
	o.files.Register(c.Flags())
	flags.Mark(c, flags.EffectKey, flags.Read)
	fieldsOf[listView](c)
	return c
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.view(ctx, o.app, p.Notice)
	if err != nil {
		return err
	}
	if err := present(repo, &o.place); err != nil {
		return err
	}
	list, err := repo.List()
	if err != nil {
		return err
	}
	dumps := list
	if kind := o.kind.String(); kind != "dump" {
		bases, err := repo.Bases()
		if err != nil {
			return err
		}
		if kind == "base" {
			list = nil
		}
		list = append(slices.Clone(list), bases...)
		slices.SortStableFunc(list, func(a, b backup.Entry) int { return strings.Compare(b.ID, a.ID) })
	}
	views := make([]listView, 0, len(list))
	for _, e := range list {
		views = append(views, listViewOf(e))
	}
	if len(dumps)+len(views) == 0 {
		if err := emptied(ctx, o.app, repo, &o.place); err != nil {
			return err
		}
	}
	page, next, err := paged(views, o.page)
	if err != nil {
		return err
	}
	err = output.List(p, listDesc(), output.Each(page), func() string { return next })
	if err != nil {
		return err
	}
	if len(dumps) > 0 && !p.Machine() {
		if len(dumps) > 1 && o.app.Streams.ErrTerminal() {
			p.Notice("%s", trend(dumps))
		}
		p.Notice("%s", ages(dumps, o.app.Now()))
	}
	_, err = o.files.Write(o.app.Dir, o.app.Env, p.Notice, func() chart.Figure { return sizeFigure(dumps) })
	return err
}

// ages is what somebody who looks at the list wants to know first.
func ages(list []backup.Entry, now time.Time) string {
	good, proven := backup.Newest(list)
	switch {
	case good == nil:
		return "there is no good backup: axisor backup create"
	case proven == nil:
		return fmt.Sprintf("newest good one: %s, %s; none was proven by a test restore: axisor backup verify latest --deep",
			good.ID, output.Ago(now.Sub(good.Manifest.StartedAt)))
	case good.ID == proven.ID:
		return fmt.Sprintf("newest good one, proven by a test restore: %s, %s", good.ID, output.Ago(now.Sub(good.Manifest.StartedAt)))
	}
	return fmt.Sprintf("newest good one: %s, %s; newest proven by a test restore: %s, made %s", good.ID, output.Ago(now.Sub(good.Manifest.StartedAt)),
		proven.ID, output.Ago(now.Sub(proven.Manifest.StartedAt)))
}

// paged sorts and cuts. The cursor is the id of the last backup of the page before.
func paged(views []listView, page flags.Page) ([]listView, string, error) {
	if field := strings.TrimPrefix(page.Sort, "-"); field != "" {
		slices.SortStableFunc(views, func(a, b listView) int {
			order := strings.Compare(a.ID, b.ID)
			if field == "bytes" {
				order = cmp.Or(cmp.Compare(number(a.Bytes), number(b.Bytes)), order)
			}
			if strings.HasPrefix(page.Sort, "-") {
				return -order
			}
			return order
		})
	}
	if page.Cursor != "" {
		at := slices.IndexFunc(views, func(v listView) bool { return v.ID == page.Cursor })
		if at < 0 {
			return nil, "", clierr.Usagef("--cursor %q: no such backup any more", page.Cursor).WithHint("start again without --cursor")
		}
		views = views[at+1:]
	}
	if page.All || len(views) <= page.Limit {
		return views, "", nil
	}
	return views[:page.Limit], views[page.Limit-1].ID, nil
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// ids completes the ids of the backups; an unreadable directory completes nothing.
func ids(a *app.App, p *place) flags.Names {
	return func(context.Context, string) []string {
		repo, err := p.open(a)
		if err != nil {
			return nil
		}
		list, err := repo.List()
		if err != nil {
			return nil
		}
		return append([]string{"latest"}, idsOf(list)...)
	}
}

func idsOf(list []backup.Entry) []string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}
