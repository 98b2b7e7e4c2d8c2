// Package app composes the program for one invocation: it hands commands their streams, configuration,
// connections and services, each made on first use, so that help, completion and version touch nothing. It is
// also the one place where errors of other packages are sorted into kinds (classify.go). It knows no command.
package app

import (
	"context"
	"log/slog"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/store"
)

// Globals are the flags every command has.
type Globals struct {
	ConfigFile  string
	Profile     string
	Output      string
	JQ          string
	Columns     []string
	NoHeaders   bool
	Quiet       bool
	Verbose     int
	LogFormat   string
	NoColor     bool
	NoInput     bool
	Yes         bool
	Timeout     time.Duration
	Reason      string
	DatabaseURL string
	AsUser      string
}

// App is one invocation of the program.
type App struct {
	Streams *streams.Streams
	Build   buildinfo.Info
	Now     func() time.Time
	Env     []string // KEY=VALUE of the process that called
	Dir     string   // working directory
	Globals *Globals
	Stop    *progress.Stop // asked by the first signal

	context func() context.Context // of the command that runs
	loaded  *config.Loaded
	printer *output.Printer
	prompt  *prompt.Prompter
	log     *slog.Logger
	db      *store.DB
	session *store.DB // that of --as-user
	admin   *admin.Service
	keyring *crypto.Keyring
	schema  error
	checked bool
	closers []func() error
}

// New makes the App of one invocation.
func New(s *streams.Streams, build buildinfo.Info, now func() time.Time, env []string, dir string) *App {
	return &App{Streams: s, Build: build, Now: now, Env: env, Dir: dir, Globals: &Globals{}, Stop: &progress.Stop{}}
}

// Bind says which context the command runs under, for what has no argument for it: writing into a pipe that nobody
// reads, and --jq.
func (a *App) Bind(ctx context.Context) {
	a.context = func() context.Context { return ctx }
	a.Streams.StopWriting(func() error {
		if a.Stop.Asked() {
			return progress.ErrStopped
		}
		return ctx.Err()
	})
}

// bound is the context that Bind was given last, which may be after the printer was made.
func (a *App) bound() context.Context { return a.context() }

// Getenv looks a variable up in the environment of the invocation; the last one wins, as in a shell.
func (a *App) Getenv(name string) string {
	for _, entry := range slices.Backward(a.Env) {
		if k, v, ok := strings.Cut(entry, "="); ok && k == name {
			return v
		}
	}
	return ""
}

// Close releases what was opened, in reverse order.
func (a *App) Close() {
	for _, release := range slices.Backward(a.closers) {
		if err := release(); err != nil {
			a.Log().Debug("close", "error", err)
		}
	}
	a.closers = nil
}

// OnClose registers something to release at the end of the invocation.
func (a *App) OnClose(fn func() error) { a.closers = append(a.closers, fn) }

// Log is the logger of the invocation: stderr only, level warn unless -v or -vv.
func (a *App) Log() *slog.Logger {
	if a.log == nil {
		level := slog.LevelWarn
		switch {
		case a.Globals.Verbose >= 2:
			level = slog.LevelDebug
		case a.Globals.Verbose == 1:
			level = slog.LevelInfo
		}
		o := &slog.HandlerOptions{Level: level, ReplaceAttr: utc}
		if a.Globals.LogFormat == "json" {
			a.log = slog.New(slog.NewJSONHandler(a.Streams.Err, o))
		} else {
			a.log = slog.New(slog.NewTextHandler(a.Streams.Err, o))
		}
	}
	return a.log
}

func utc(_ []string, at slog.Attr) slog.Attr {
	if at.Key == slog.TimeKey && at.Value.Kind() == slog.KindTime {
		at.Value = slog.TimeValue(at.Value.Time().UTC())
	}
	return at
}

// Printer is the writer of results, made from the global flags and the configured default format.
func (a *App) Printer() (*output.Printer, error) {
	if a.printer != nil {
		return a.printer, nil
	}
	g := a.Globals
	format := g.Output
	if format == "" {
		// A broken configuration must not keep version or help from printing: the command that needs the
		// configuration reports it.
		if l, err := a.LoadConfig(); err == nil {
			format = l.Config.Output.Format
			if !g.NoColor {
				a.Streams.SetColor(l.Config.Output.Color)
			}
		}
	}
	p, err := output.New(a.Streams, output.Options{
		Format: format, JQ: g.JQ, Columns: g.Columns, NoHeaders: g.NoHeaders, Quiet: g.Quiet, Now: a.Now, Context: a.bound,
	})
	if err != nil {
		return nil, err
	}
	a.printer = p
	return p, nil
}

// Prompt asks the person at the terminal.
func (a *App) Prompt() *prompt.Prompter {
	if a.prompt == nil {
		a.prompt = prompt.New(a.Streams, a.Globals.Yes)
		if l, err := a.LoadConfig(); err == nil && l.Production {
			a.prompt.Production(l.Profile)
		}
	}
	return a.prompt
}

// Actor is who is written into the audit trail: the configured name, else the OS user.
func (a *App) Actor() string {
	if l, err := a.LoadConfig(); err == nil && l.Config.Audit.Actor != "" {
		return l.Config.Audit.Actor
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return a.Getenv("USER")
}
