package guard

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func configSortable() []string {
	return []string{"updated_at", "created_at", "user_id", "margin_threshold", "add_margin_percentage"}
}

func configList(a *app.App) *cobra.Command {
	var (
		page   flags.Page
		active flags.Active
		mode   flags.Enum
	)
	return verb.Command{
		Words: verb.Words{
			Use:   "list",
			Short: "List guard configurations",
			Long:  `Lists guard configurations, the last changed first.`,
			Examples: []string{
				"axisor guard config list --active",
				"axisor guard config list --mode individual -o json",
			},
			Exits: exits.Database(exits.On(clierr.Partial, "something of a row cannot be read")),
		},
		Aliases: []string{"ls"}, Fields: output.Fields[configView](),
		Flags: func(c *cobra.Command) {
			active.Register(c)
			flags.RegisterEnum(c, &mode, "mode", "", "only this mode", modes()...)
			page.Register(c, configSortable()...)
		},
		Check: func(*verb.Call) error { return errors.Join(page.Validate(configSortable()...), active.Validate()) },
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			list := db.ListGuardConfigs(ctx, store.GuardConfigFilter{Active: active.Value(), Mode: models.GuardMode(mode.String())}, store.Page(page))
			if err := output.List(call.Print, configDesc(), withNames(ctx, db, list.Items), list.Next); err != nil {
				return err
			}
			return guard.Defective(list.Defects()...)
		},
	}.Build(a)
}

func configShow(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use:      "show USER",
			Short:    "Show a user's guard configuration",
			Long:     `Shows the guard configuration of one user.`,
			Examples: []string{"axisor guard config show ana@example.com"},
			Exits:    exits.Database(exits.NotFound("no such user, or no configuration"), exits.On(clierr.Partial, "something of it cannot be read")),
		},
		Aliases: []string{"get"}, Fields: output.Fields[configView](), Complete: a.UserNames,
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			user, err := db.FindUser(ctx, call.Args[0])
			if err != nil {
				return err
			}
			row, defects, err := db.ReadGuardConfig(ctx, user.ID)
			if err != nil {
				return err
			}
			if row == nil {
				return noConfig(user)
			}
			setting, err := db.GuardSetting(ctx, user.ID)
			if err != nil {
				return err
			}
			if err := output.One(call.Print, configDesc(), configViewOf(*row, setting, user.Username), nil); err != nil || defects == "" {
				return err
			}
			return guard.Defective("the configuration of " + user.Username + ": " + defects)
		},
	}.Build(a)
}

func noConfig(u models.User) error {
	return clierr.New(clierr.NotFound, "guard_config_not_found",
		fmt.Sprintf("user %q has no guard configuration", u.Username), "axisor guard config set "+u.Username)
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
			settings, err := db.GuardSettings(ctx, ids)
			if err != nil {
				yield(configView{}, err)
				return false
			}
			for _, c := range block {
				if !yield(configViewOf(c, settings[c.UserID], name(who, c.UserID)), nil) {
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
