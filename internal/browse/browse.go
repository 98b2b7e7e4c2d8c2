// Package browse is a read-only terminal interface for support: a list of users with a live filter, and one user's
// profile, trades, payments, automations, margin guard and audit trail. It reads through a small interface that
// pkg/store satisfies, holds no secrets because those reads leave them out, writes nothing, and knows no command.
//
// The interface never waits for the database: every read is a message that arrives later, and one that is no longer
// wanted is cancelled.
package browse

import (
	"context"
	"errors"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	_ "github.com/axisor/axisor/internal/cli/dark" // before Bubble Tea asks the terminal
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Store is what is read.
type Store interface {
	ListUsers(ctx context.Context, f store.UserFilter, p store.Page) store.List[models.User]
	Profile(ctx context.Context, user models.User) (store.Profile, error)
	FindUser(ctx context.Context, ref string) (models.User, error)
	ListTrades(ctx context.Context, f store.TradeFilter, p store.Page) store.List[models.TradeLog]
	ListPayments(ctx context.Context, f store.PaymentFilter, p store.Page) store.List[store.Payment]
	ListAutomations(ctx context.Context, f store.AutomationFilter, p store.Page) store.List[models.Automation]
	ListGuardIntents(ctx context.Context, f store.GuardIntentFilter, p store.Page) store.List[models.GuardIntent]
	Timeline(ctx context.Context, f store.TimelineFilter, p store.Page) store.List[store.Event]
}

// Options say what to browse and where.
type Options struct {
	Store      Store
	In         io.Reader // terminals
	Out        io.Writer
	Env        []string
	Color      bool
	Now        func() time.Time
	Where      string // the database, shown at the top
	Production bool
	User       string // open this user at once; "" is the list
	Filter     string
}

// queryTime ends a read that nobody would wait for any longer.
const queryTime = 20 * time.Second

// Run shows the interface until the person leaves.
func Run(ctx context.Context, o Options) error {
	m := newModel(ctx, o)
	defer m.cancel()
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Env),
		tea.WithAltScreen(), tea.WithoutSignalHandler())
	_, err := p.Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// styles are the looks by meaning. Without colour they change nothing, and nothing depends on them.
type styles struct{ title, muted, bad, good, selected, alarm, active lipgloss.Style }

func newStyles(w io.Writer, color bool) styles {
	r := lipgloss.NewRenderer(w)
	r.SetColorProfile(termenv.Ascii)
	if color {
		r.SetColorProfile(termenv.ANSI)
	}
	s := r.NewStyle
	if !color {
		return styles{s(), s(), s(), s(), s(), s(), s()}
	}
	return styles{
		title: s().Bold(true), muted: s().Faint(true), bad: s().Foreground(lipgloss.Color("1")), good: s().Foreground(lipgloss.Color("2")),
		selected: s().Reverse(true), alarm: s().Bold(true).Foreground(lipgloss.Color("15")).Background(lipgloss.Color("1")),
		active: s().Bold(true).Foreground(lipgloss.Color("6")),
	}
}
