// Package cmd builds the command tree, runs it, and turns its outcome into an exit code. Each noun lives in a
// package of its own below; this one owns what they share: global flags, signals, help topics, the one error
// renderer.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
)

// Process is everything an invocation takes from its surroundings.
type Process struct {
	Args   []string // without the program name
	Env    []string // KEY=VALUE
	Dir    string   // working directory
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time // nil: the system clock
	// Exit ends the process at once, for work that does not stop when it is told to twice; nil: never.
	Exit func(code int)
}

// Main runs one invocation and returns its exit code. The first SIGINT, SIGTERM or SIGHUP lets work that is made of
// units finish the one in flight and cancels everything else; the next one cancels that, too, and ends the process
// when even this does not help. A lost terminal is one stop, however often SIGHUP comes.
func Main(ctx context.Context, p Process) int {
	now := p.Now
	if now == nil {
		now = time.Now
	}
	a := app.New(nil, buildinfo.Get(), now, p.Env, p.Dir)
	a.Streams = streams.New(p.Stdin, p.Stdout, p.Stderr, a.Getenv)
	ctx, stop := signals(ctx, a, p.Exit)
	defer stop()
	defer a.Close()
	a.Bind(ctx)

	root := rootFor(a, p.Args)
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(a.Streams.Out)
	root.SetErr(p.Stderr)
	c, err := root.ExecuteContextC(ctx)
	// Help and much else does not look whether it could be written; and what a reader of rows calls a lost connection may
	// be the disk that is full.
	if failed := a.Streams.WriteError(); failed != nil {
		err = failed
	}
	if err == nil {
		return 0
	}
	return conclude(ctx, a, c, p.Args, err)
}

// errInterrupted is the cancellation cause set by a signal.
var errInterrupted = errors.New("interrupted")

// patience is how long cancelled work may take to clean up before the process ends without it.
const patience = 3 * time.Second

func signals(parent context.Context, a *app.App, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	hangUp := hangUps(ch, done)
	go func() {
		select {
		case <-ch:
		case <-done:
			return
		}
		unit, asked := a.Stop.Ask()
		if !asked {
			cancel(errInterrupted)
			signal.Stop(ch) // the next one has its default effect: the process ends
			return
		}
		if !a.Globals.Quiet && a.Streams.Progress() != "json" {
			if a.Streams.ErrTerminal() {
				fmt.Fprintln(a.Streams.Err) // ^C and a progress line stand there
			}
			fmt.Fprintf(a.Streams.Err, "stopping after %s; once more (Ctrl-C) stops now\n", unit)
		}
		select {
		case <-ch:
		case <-done:
			return
		}
		cancel(errInterrupted)
		signal.Stop(ch)
		if exit == nil {
			return
		}
		select {
		case <-time.After(patience):
			exit(clierr.Interrupted.Exit())
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		signal.Stop(hangUp)
		close(done)
		cancel(nil)
	}
}

// hangUps passes the first SIGHUP on. When a session is lost the kernel and the shell both send one, and neither may
// cut short what the first has asked to finish. Where nohup has it ignored, it stays ignored.
func hangUps(to chan<- os.Signal, done <-chan struct{}) chan<- os.Signal {
	ch := make(chan os.Signal, 1)
	if signal.Ignored(syscall.SIGHUP) {
		return ch
	}
	signal.Notify(ch, syscall.SIGHUP)
	go func() {
		select {
		case s := <-ch:
			to <- s
		case <-done:
		}
	}()
	return ch
}

// start applies the global flags before a command runs. The returned function ends its deadline.
func start(a *app.App, c *cobra.Command) (stop func(), err error) {
	g := a.Globals
	if g.NoColor {
		a.Streams.SetColor("never")
	}
	if g.NoInput {
		a.Streams.ForbidInput()
	}
	if g.LogFormat != "text" && g.LogFormat != "json" {
		return nil, clierr.Usagef("--log-format %q: use text or json", g.LogFormat)
	}
	if g.Timeout < 0 {
		return nil, clierr.Usagef("--timeout %s: must be positive", g.Timeout)
	}
	// A file or profile that somebody names is meant, also by a command that could do without.
	if (g.ConfigFile != "" || g.Profile != "") && c.Root() != c && top(c).GroupID != groupWorkshop {
		if _, err := a.LoadConfig(); err != nil {
			return nil, err
		}
	}
	if g.AsUser != "" && !readsRows(c) {
		return nil, clierr.Usagef("--as-user reads the rows of one user, and %s does not", c.CommandPath()).WithHint("run it without --as-user")
	}
	p, err := a.Printer()
	if err != nil {
		return nil, err
	}
	flush := func() {}
	if f := p.Format(); (f == output.JSON || f == output.JSONL) && !a.Streams.CanPrompt() {
		flush = a.Streams.ErrorsAsJSON()
	}
	if g.Timeout == 0 {
		return flush, nil
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), g.Timeout, timeoutError{g.Timeout})
	c.SetContext(ctx)
	a.Bind(ctx)
	return func() {
		cancel()
		flush()
	}, nil
}

// timeoutError is why the context of a command with --timeout ended.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("gave up after --timeout %s", e.after) }

// Is makes it what every deadline is.
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// top is the noun that a command belongs to.
func top(c *cobra.Command) *cobra.Command {
	for c.HasParent() && c.Parent().HasParent() {
		c = c.Parent()
	}
	return c
}

// readsRows tells commands that show rows of the platform from those that write, and those about a machine.
func readsRows(c *cobra.Command) bool {
	for parent := c; parent != nil; parent = parent.Parent() {
		if parent.Annotations[flags.LocalKey] != "" || parent.Annotations[flags.NoRowsKey] != "" {
			return false
		}
	}
	return c.Annotations[flags.EffectKey] == flags.Read
}

// conclude prints the error once and returns the exit code.
func conclude(ctx context.Context, a *app.App, c *cobra.Command, args []string, err error) int {
	e := a.Classify(err)
	stopped := a.Stop.Asked() && errors.Is(err, context.Canceled)
	var own *clierr.Error
	tells := errors.As(err, &own) && own.Kind == clierr.Interrupted // how far the work came
	if !tells && (errors.Is(context.Cause(ctx), errInterrupted) || stopped) {
		e = clierr.New(clierr.Interrupted, "interrupted", "interrupted").WithCause(err)
	}
	if e.Cause != nil {
		a.Log().Debug("command failed", "code", e.Code, "cause", e.Cause)
	}
	if wantsJSON(a, args) {
		if clierr.WriteJSON(a.Streams.Err, e) == nil {
			return e.Kind.Exit()
		}
	}
	clierr.WriteText(a.Streams.Err, e, func(label string, isError bool) string {
		if isError {
			return a.Streams.PaintErr(streams.Bad, label)
		}
		return a.Streams.PaintErr(streams.Muted, label)
	})
	if e.ShowUsage && c != nil {
		fmt.Fprintf(a.Streams.Err, "usage: %s\n", c.UseLine())
	}
	return e.Kind.Exit()
}

// wantsJSON also understands a command line whose flags could not be parsed.
func wantsJSON(a *app.App, args []string) bool {
	machine := func(format string) bool { return format == "json" || format == "jsonl" }
	if a.Globals.Output != "" {
		return machine(a.Globals.Output)
	}
	if a.Globals.JQ != "" {
		return true
	}
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, "--output="); ok && machine(v) {
			return true
		}
		if v, ok := strings.CutPrefix(arg, "-o"); ok && machine(strings.TrimPrefix(v, "=")) {
			return true
		}
		if (arg == "-o" || arg == "--output") && i+1 < len(args) && machine(args[i+1]) {
			return true
		}
	}
	if l, err := a.LoadConfig(); err == nil {
		return machine(l.Config.Output.Format)
	}
	return false
}

func flagNames(c *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	c.Flags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	slices.Sort(names)
	return slices.Compact(names)
}
