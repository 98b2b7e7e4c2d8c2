package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/wholefile"
	"github.com/axisor/axisor/internal/words"
)

type initOptions struct {
	app        *app.App
	urlFile    string
	keyFile    string
	keyCommand string
	backups    string
	network    string
	force      bool
	offline    bool

	checks initChecks

	// ask and canAsk are the person at the terminal; tests answer instead.
	ask    func(context.Context, ...prompt.Field) error
	canAsk func() bool
}

// initView is what was written. The address carries no password.
type initView struct {
	File            string  `json:"file"`
	DatabaseURL     string  `json:"database_url"`
	KeyFile         *string `json:"key_file"`
	KeyCreated      bool    `json:"key_created"`
	KeyCommand      *string `json:"key_command"` // the program without its arguments
	BackupDirectory string  `json:"backup_directory"`
	Network         string  `json:"network"`
	initChecks
}

func newInit(a *app.App) *cobra.Command {
	o := &initOptions{
		app: a,
		ask: func(ctx context.Context, f ...prompt.Field) error { return a.Prompt().Ask(ctx, f...) },
		// The streams do not exist yet while the command tree is built.
		canAsk: func() bool { return a.Prompt().Can() },
	}
	return verb.Command{
		Words: verb.Words{
			Use: "init", Short: "Write a first configuration file",
			Long: `Writes a configuration file of mode 0600: ./.axisor.yaml, or the one that --config names. On a terminal it asks
for what no flag says. The database is tried and pg_dump is looked for; what does not exist yet is reported and does
not keep the file from being written (--offline tries nothing).

The encryption key is not written into it: it stays in a file of its own, which is made with a new random key
when it does not exist, or comes from a program (--key-command), which is run once to see that it prints a key.
If the web application already has an ENCRYPTION_KEY, put that key there first: a new key does not open what the
old one wrote. An existing configuration is replaced with --force only, an existing key file never.`,
			Examples: []string{
				"axisor config init",
				"axisor config init --database-url-file /run/secrets/database-url --key-file /etc/axisor/encryption.key",
				`axisor config init --database-url-file url --key-command "pass show axisor/encryption-key" --offline`,
				`printf %s "$URL" | axisor --config /etc/axisor/config.yaml config init --database-url-file - --backup-directory /srv/backups`,
			},
			Exits: exits.Local(exits.NotFound("a file that was named does not exist"), exits.Conflict("the configuration exists"),
				exits.On(clierr.Cancelled, ""), exits.On(clierr.Config, "a value or a file is not acceptable")),
			Excludes: [][]string{{"key-file", "key-command"}},
		},
		Effect: flags.Write, Local: true, Fields: output.Fields[initView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.urlFile, "database-url-file", "", "`FILE` with the connection URL on one line, - for stdin")
			f.StringVar(&o.keyFile, "key-file", "", "`FILE` of the encryption key, made when missing (default: beside the configuration)")
			f.StringVar(&o.keyCommand, "key-command", "", "`PROGRAM` and arguments that print the key, run without a shell")
			f.StringVar(&o.backups, "backup-directory", "", "`DIR` for backups (default: /backups/postgresql)")
			f.StringVar(&o.network, "network", "", "LN Markets network: mainnet|signet|testnet4 (default: mainnet)")
			f.BoolVar(&o.force, "force", false, "replace an existing configuration file")
			f.BoolVar(&o.offline, "offline", false, "do not try the database, the key command, or look for pg_dump")
			k, _ := config.LookupKey("lnmarkets.network")
			flags.Complete(c, "network", func() []string { return k.Enum })
		},
		Run: o.run,
	}.Build(a)
}

func (o *initOptions) run(ctx context.Context, call *verb.Call) error {
	p, file := call.Print, o.target()
	if err := o.free(file); err != nil {
		return err
	}
	values, err := o.values(ctx, p, file)
	if err != nil {
		return err
	}
	view := initView{
		File: file, DatabaseURL: config.RedactDatabaseURL(values["database.url"]), KeyFile: output.Optional(values[keyFileKey]),
		BackupDirectory: values["backup.directory"], Network: values["lnmarkets.network"], initChecks: o.checks,
	}
	if program, _, _ := strings.Cut(strings.TrimSpace(o.keyCommand), " "); program != "" {
		view.KeyCommand = &program
	}
	if view.KeyCreated, err = config.NeedsKey(values[keyFileKey]); err != nil {
		return err
	}
	if !call.DryRun {
		if err := config.WriteFirst(file, values, view.KeyCreated, o.force); err != nil {
			return err
		}
	}
	say := output.Say{Done: "wrote " + file, Would: "would write " + file}
	if view.KeyCreated {
		key := " and a new encryption key to " + *view.KeyFile + " (keep a copy of it: without it stored credentials are lost)"
		say.Done, say.Would = say.Done+key, say.Would+key
	}
	return output.Change(p, output.Desc{Noun: "files", ID: "file"}, view, output.ChangeInfo{
		Result: words.Created, DryRun: call.DryRun, Say: say, Next: o.next(),
	})
}

// next is what to do with the new configuration.
func (o *initOptions) next() string {
	switch {
	case o.checks.ConnectionError != nil || o.checks.ServerVersion == nil:
		return "axisor db ping"
	case o.checks.Schema != nil && *o.checks.Schema == "current":
		return "axisor doctor"
	}
	return "axisor migrate up"
}

// target is the file to write.
func (o *initOptions) target() string {
	name := o.app.Globals.ConfigFile
	if name == "" {
		name = o.app.Getenv("AXISOR_CONFIG")
	}
	if name == "" {
		name = config.FileName
	}
	return o.app.Path(name)
}

// free reports a file that is in the way before anybody is asked anything.
func (o *initOptions) free(file string) error {
	if _, err := os.Lstat(file); err == nil && !o.force {
		return fmt.Errorf("write %s: %w", file, wholefile.ErrExists)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return &config.Error{Source: file, Rule: "cannot be written", Err: err}
	}
	return nil
}
