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
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/chart"
)

func sortable() []string { return []string{"started_at", "bytes"} }

func list(a *app.App) *cobra.Command {
	var (
		l     backups.Location
		kind  flags.Enum
		page  flags.Page
		files picture.Files
	)
	c := command(a, &l, databases|target, verb.Command{
		Words: verb.Words{
			Use:   "list",
			Short: "List backups, newest first",
			Long: `List the backups of the configured database, newest first, with what is known of each: good,
failed (a check found damage), missing (a file is gone or has the wrong size), invalid (the
manifest cannot be trusted) or unsigned (backup.signing_key_file demands a signature). --database and
--all-databases show those of others in the same directory. Base backups are listed with --kind base or all. Only manifests are
read; "backup verify" reads the data. Files that axisor did not write are ignored. --svg, --png and --html
draw how the size of the dumps develops.

A directory that does not exist, and no backup where the audit trail knows of some, is no empty list.`,
			Examples: []string{
				"axisor backup list",
				"axisor backup list --kind all",
				`axisor backup list -o json --jq '.items[] | select(.state != "good")'`,
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.Unavailable, "a target does not answer")), clierr.NotFound, clierr.Denied),
		},
		Aliases: []string{"ls"}, Fields: output.Fields[listView](),
		Check: func(*verb.Call) error { return page.Validate(sortable()...) },
		Run: func(ctx context.Context, call *verb.Call) error {
			list, dumps, err := listed(ctx, &l, kind.String())
			if err != nil {
				return err
			}
			views := make([]listView, 0, len(list))
			for _, e := range list {
				views = append(views, listViewOf(e))
			}
			page, next, err := paged(views, page)
			if err != nil {
				return err
			}
			p := call.Print
			if err := output.List(p, listDesc(), output.Each(page), func() string { return next }); err != nil {
				return err
			}
			if len(dumps) > 0 && !p.Machine() {
				if len(dumps) > 1 && a.Streams.ErrTerminal() {
					p.Notice("%s", trend(dumps))
				}
				p.Notice("%s", ages(dumps, a.Now()))
			}
			_, err = files.Write(a.Dir, a.Env, p.Notice, func() chart.Figure { return sizeFigure(dumps) })
			return err
		},
	})
	flags.RegisterEnum(c, &kind, "kind", "dump", "which backups", "dump", "base", "all")
	page.Register(c, sortable()...)
	files.Register(c.Flags())
	return c
}

// listed are the backups of a kind, newest first, and the dumps among all.
func listed(ctx context.Context, l *backups.Location, kind string) (list, dumps []backup.Entry, err error) {
	repo, err := l.View(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := l.Present(repo); err != nil {
		return nil, nil, err
	}
	if dumps, err = repo.List(); err != nil {
		return nil, nil, err
	}
	if kind != "base" {
		list = slices.Clone(dumps)
	}
	if kind != "dump" {
		bases, err := repo.Bases()
		if err != nil {
			return nil, nil, err
		}
		list = append(list, bases...)
		slices.SortStableFunc(list, func(a, b backup.Entry) int { return strings.Compare(b.ID, a.ID) })
	}
	if len(dumps)+len(list) == 0 {
		err = l.Emptied(ctx, repo)
	}
	return list, dumps, err
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
