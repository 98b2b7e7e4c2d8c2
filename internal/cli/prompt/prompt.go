// Package prompt owns questions to a person. It asks on the terminal only, never in a pipe, and it is the only
// importer of the form library. Every question has a flag that answers it for scripts; the error says which.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/huh"

	"github.com/axisor/axisor/internal/cli/clierr"
	_ "github.com/axisor/axisor/internal/cli/dark" // before the form library asks the terminal
	"github.com/axisor/axisor/internal/cli/streams"
)

// Prompter asks questions.
type Prompter struct {
	s   *streams.Streams
	yes bool
	// production is the profile whose name answers a confirmation instead of a yes; typed says that it was given.
	production string
	typed      bool

	run func(context.Context, *huh.Form) error // seam for tests
}

// New makes a prompter; yes answers every confirmation.
func New(s *streams.Streams, yes bool) *Prompter {
	p := &Prompter{s: s, yes: yes}
	p.run = func(ctx context.Context, f *huh.Form) error {
		return f.WithInput(s.In).WithOutput(s.Stderr()).WithTheme(huh.ThemeBase()).WithShowHelp(true).RunWithContext(ctx)
	}
	return p
}

// Production makes confirmations ask for the name of the profile: on the one system where a reflex costs money,
// a reflex must not be enough.
func (p *Prompter) Production(profile string) { p.production = profile }

// Enter asks for the name of a production profile before a command writes. Without one, without a terminal (a
// script chose its profile deliberately) and with --yes it asks nothing.
func (p *Prompter) Enter(ctx context.Context, what string) error {
	if p.production == "" || p.yes || !p.Can() {
		return nil
	}
	if err := p.Type(ctx, what+" writes to production", p.production); err != nil {
		return err
	}
	p.typed = true
	return nil
}

// Can reports whether a person can be asked.
func (p *Prompter) Can() bool { return p.s.CanPrompt() }

// Field is one question of a form.
type Field struct {
	Title       string
	Description string
	Value       *string            // in: the proposal, which is taken when nothing is typed; out: the answer
	Secret      bool               // do not show what is typed
	Options     []string           // choose one of these
	Validate    func(string) error // nil accepts anything
	Flag        string             // the flag that answers it in a script

	proposal string
}

// Ask shows the fields one after the other. Without a terminal it is a usage error that names the flags.
func (p *Prompter) Ask(ctx context.Context, fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	if !p.Can() {
		var missing []string
		for _, f := range fields {
			if !slices.Contains(missing, f.Flag) { // a secret is asked for twice
				missing = append(missing, f.Flag)
			}
		}
		return clierr.Usagef("missing %s, and there is no terminal to ask on", strings.Join(missing, ", ")).
			WithHint("add " + strings.Join(missing, " "))
	}
	var groups []*huh.Group
	for i, f := range fields {
		fields[i].proposal = *f.Value
		groups = append(groups, huh.NewGroup(fields[i].widget()))
	}
	err := answered(p.run(ctx, huh.NewForm(groups...)))
	for _, f := range fields {
		if *f.Value == "" {
			*f.Value = f.proposal
		}
	}
	return err
}

func (f Field) widget() huh.Field {
	title := streams.Visible(f.Title)
	if len(f.Options) > 0 {
		return huh.NewSelect[string]().Title(title).Description(f.Description).Options(huh.NewOptions(f.Options...)...).Value(f.Value)
	}
	*f.Value = "" // whoever types another answer does not have to delete the proposal first
	in := huh.NewInput().Title(title).Description(f.Description).Value(f.Value).Placeholder(streams.Visible(f.proposal))
	if f.Secret {
		in = in.EchoMode(huh.EchoModeNone).Placeholder("")
	}
	if f.Validate != nil {
		in = in.Validate(func(typed string) error {
			if typed == "" && f.proposal != "" {
				typed = f.proposal
			}
			return f.Validate(typed)
		})
	}
	return in
}

// NewSecret asks for a new secret twice.
func (p *Prompter) NewSecret(ctx context.Context, title, flag string, validate func(string) error) (string, error) {
	var first, second string
	err := p.Ask(ctx,
		Field{Title: title, Value: &first, Secret: true, Flag: flag, Validate: validate},
		Field{Title: title + ", again", Value: &second, Secret: true, Flag: flag, Validate: func(again string) error {
			if again != first {
				return errors.New("the two do not match")
			}
			return nil
		}})
	return first, err
}

// Confirm asks yes or no; --yes answers it. Without a terminal and --yes it is a usage error.
func (p *Prompter) Confirm(ctx context.Context, question string) error {
	if p.yes {
		return nil
	}
	if !p.Can() {
		return needYes(question)
	}
	if p.production != "" && !p.typed {
		return p.Type(ctx, question, p.production)
	}
	ok := false
	form := huh.NewForm(huh.NewGroup(huh.NewConfirm().Title(streams.Visible(question)).Affirmative("Yes").Negative("No").Value(&ok)))
	if err := answered(p.run(ctx, form)); err != nil {
		return err
	}
	if !ok {
		return cancelled()
	}
	return nil
}

// Type asks to type the name of what is about to be destroyed; --yes answers it.
func (p *Prompter) Type(ctx context.Context, question, name string) error {
	if p.yes {
		return nil
	}
	if !p.Can() {
		return needYes(question)
	}
	var typed string
	err := p.Ask(ctx, Field{Title: question, Description: fmt.Sprintf("type %s to confirm", streams.Visible(name)), Value: &typed, Flag: "--yes"})
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) != name {
		return cancelled()
	}
	return nil
}

func needYes(question string) error {
	return clierr.New(clierr.Usage, "confirmation_needed", "confirmation needed: "+question, "add --yes to confirm, or --dry-run to see what would happen")
}

func cancelled() error {
	return clierr.New(clierr.Cancelled, "cancelled", "cancelled; nothing was changed")
}

func answered(err error) error {
	if errors.Is(err, huh.ErrUserAborted) {
		return cancelled()
	}
	return err
}
