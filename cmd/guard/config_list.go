package guard

import (
	"context"
	"errors"
	"iter"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type configListOptions struct {
	app    *app.App
	page   flags.Page
	active flags.Active
	mode   flags.Enum
}

func configSortable() []string {
	return []string{"updated_at", "created_at", "user_id", "margin_threshold", "add_margin_percentage"}
}

func newConfigList(a *app.App, run func(context.Context, *configListOptions) error) *cobra.Command {
	if run == nil {
		run = runConfigList
	}
	o := &configListOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List guard configurations",
		Long: `Lists guard configurations, the last changed first.

Exit codes: 0, 2, 7 when something of a row cannot be read, 10, 11, 12.`,
		Example: `  axisor guard config list --active
  axisor guard config list --mode individual -o json`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(configSortable()...), o.active.Validate()); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.active.Register(c)
	flags.RegisterEnum(c, &o.mode, "mode", "", "only this mode", modes()...)
	o.page.Register(c, configSortable()...)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[configView]())
	return c
}

func runConfigList(ctx context.Context, o *configListOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	list := db.ListGuardConfigs(ctx, store.GuardConfigFilter{
		Active: o.active.Value(), Mode: models.GuardMode(o.mode.String()),
	}, store.Page(o.page))
	if err := output.List(p, configDesc(), withNames(ctx, db, list.Items), list.Next); err != nil {
		return err
	}
	return defective(list.Defects())
}

// nameBlock is how many rows get their usernames by one query.
const nameBlock = 500

// withNames adds usernames to a stream of configurations, block by block.
func withNames(ctx context.Context, db *store.DB, rows iter.Seq2[models.MarginGuardConfig, error]) iter.Seq2[configView, error] {
	return func(yield func(configView, error) bool) {
		var block []models.MarginGuardConfig
		flush := func() bool {
			ids := make([]string, 0, len(block))
			for _, c := range block {
				ids = append(ids, c.UserID)
			}
			who, err := db.Usernames(ctx, ids)
			if err != nil {
				yield(configView{}, err)
				return false
			}
			wishes, err := db.GuardSettings(ctx, ids)
			if err != nil {
				yield(configView{}, err)
				return false
			}
			for _, c := range block {
				if !yield(configViewOf(c, wishes[c.UserID], name(who, c.UserID)), nil) {
					return false
				}
			}
			block = block[:0]
			return true
		}
		for row, err := range rows {
			if err != nil {
				yield(configView{}, err)
				return
			}
			block = append(block, row)
			if len(block) == nameBlock && !flush() {
				return
			}
		}
		if len(block) > 0 {
			flush()
		}
	}
}
