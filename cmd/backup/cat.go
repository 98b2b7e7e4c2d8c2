package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
)

func cat(a *app.App) *cobra.Command {
	var l backups.Location
	var key string
	return command(a, &l, database|target, verb.Command{
		Words: verb.Words{
			Use:   "cat ID|FILE|latest",
			Short: "Write a backup's archive to stdout, as pg_restore reads it",
			Long: `Write a backup as pg_dump made it, decrypted and unpacked, to stdout: plain pg_restore reads it. The
stored bytes are checked before the first byte is written and the content after the last one: use
the output only when the exit code is 0. A terminal is refused.`,
			Examples: []string{
				"axisor backup cat latest > axisor.dump && pg_restore --list axisor.dump",
				"axisor backup cat 20260812_030000 --identity key.txt > axisor.dump",
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.CheckFailed, "damaged")), clierr.NotFound, clierr.Denied, clierr.Interrupted),
		},
		Complete: l.Names,
		Flags:    func(c *cobra.Command) { identity(c, &key, "encrypted backups") },
		Check: func(call *verb.Call) error {
			if a.Streams.OutTerminal() {
				return clierr.Usagef("an archive is not for a terminal").WithHint("axisor backup cat " + call.Args[0] + " > axisor.dump")
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			repo, e, err := l.Find(ctx, call.Args[0])
			if err != nil {
				return err
			}
			return repo.Cat(ctx, e, l.Identities(key), a.Streams.Out, nil)
		},
	})
}
