package browse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// session presses keys on a model and waits for what they start, the way bubbletea does, without a terminal.
type session struct {
	t *testing.T
	m *model
}

func open(t *testing.T, s Store, change func(*Options)) *session {
	t.Helper()
	o := Options{Store: s, Out: io.Discard, Now: func() time.Time { return time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC) }, Where: "postgres://u@h/d"}
	if change != nil {
		change(&o)
	}
	x := &session{t: t, m: newModel(t.Context(), o)}
	t.Cleanup(x.m.cancel)
	x.run(x.m.Init())
	return x
}

func (x *session) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			x.run(c)
		}
	default:
		_, next := x.m.Update(msg)
		x.run(next)
	}
}

// press presses keys by name; anything longer than a name is typed.
func (x *session) press(keys ...string) *session {
	special := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "down": tea.KeyDown, "up": tea.KeyUp, "end": tea.KeyEnd, "home": tea.KeyHome,
		"pgdown": tea.KeyPgDown, "left": tea.KeyLeft, "backspace": tea.KeyBackspace,
	}
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		if kind, ok := special[k]; ok {
			msg = tea.KeyMsg{Type: kind}
		}
		_, cmd := x.m.Update(msg)
		x.run(cmd)
	}
	return x
}

// screen is what is shown; it always fits.
func (x *session) screen() string {
	x.t.Helper()
	text := x.m.View()
	lines := strings.Split(text, "\n")
	require.LessOrEqual(x.t, len(lines), x.m.height)
	for _, l := range lines {
		require.LessOrEqual(x.t, ansi.StringWidth(l), x.m.width, l)
	}
	require.NotContains(x.t, text, "\x1b", "no colour was asked for, and nothing from the database drives the terminal")
	return text
}

// TestSession_WholeWay is a support case: find the user, look at every tab, open a row, go back.
func TestSession_WholeWay(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for i := range 120 {
		factory.User(t, db, func(u *models.User) {
			u.Email, u.Username = fmt.Sprintf("u%03d@example.com", i), fmt.Sprintf("u%03d", i)
			u.CreatedAt = time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC)
		})
	}
	ana := factory.User(t, db, func(u *models.User) {
		u.Email, u.Username, u.PasswordHash, u.TwoFactorSecret = "ana@example.com", "evil\x1b[2J", new("$2a$canary"), new("canary")
		u.CreatedAt = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	})
	factory.Trade(t, db, ana.ID, func(r *models.TradeLog) { r.TradeID = "trade-of-ana" })
	factory.Payment(t, db, ana.ID, func(p *models.Payment) { p.LightningInvoice, p.Preimage = "lnbccanary", new("canary") })
	factory.Guard(t, db, ana.ID)

	x := open(t, db, nil)
	require.Contains(t, x.screen(), "> ana@example.com")
	require.Contains(t, x.screen(), `evil\x1b[2J`)
	require.Contains(t, x.screen(), "of more than 50 users")
	x.press("end").press("end").press("end")
	require.Contains(t, x.screen(), "121 of 121 users", "pages are read as the cursor comes to them")
	x.press("home")
	require.Contains(t, x.screen(), "> ana@example.com")

	x.press("/u01")
	require.Contains(t, x.screen(), "1 of 10 users")
	x.press("esc")
	require.Contains(t, x.screen(), "more than 50 users")
	x.press("/").press(strings.Split("ANA@", "")...).press("enter", "enter")
	require.Contains(t, x.screen(), "[profile]")
	require.Contains(t, x.screen(), "0 of 1")

	x.press("2")
	require.Contains(t, x.screen(), "[trades]")
	require.Contains(t, x.screen(), "1 of 1 trades")
	x.press("enter")
	require.Contains(t, x.screen(), "trade-of-ana")
	require.Contains(t, x.screen(), "executed")
	x.press("esc", "tab")
	require.Contains(t, x.screen(), "1 of 1 payments")
	all := x.screen() + x.press("enter").screen()
	require.NotContains(t, all, "canary", "no invoice, no preimage")
	x.press("esc", "tab")
	require.Contains(t, x.screen(), "no automations")
	x.press("tab")
	require.Contains(t, x.screen(), "margin guard")
	x.press("tab")
	require.Contains(t, x.screen(), "[audit]")
	x.press("tab")
	require.Contains(t, x.screen(), "[profile]", "the tabs go round")
	require.NotContains(t, x.screen(), "canary")
	x.press("?")
	require.Contains(t, x.screen(), "Nothing here can change anything")
	x.press("x", "esc")
	require.Contains(t, x.screen(), "> ana@example.com")
	for _, size := range [][2]int{{40, 8}, {200, 60}, {57, 11}, {10, 3}} {
		x.run(func() tea.Msg { return tea.WindowSizeMsg{Width: size[0], Height: size[1]} })
		require.NotEmpty(t, x.m.View())
		if size[0] >= 40 {
			x.screen()
			x.press("enter", "6")
			require.Contains(t, x.screen(), "audit")
			x.press("esc")
		}
	}
}

// broken is a store whose lists fail until they are mended.
type broken struct {
	Store
	err error
}

func (b *broken) ListUsers(context.Context, store.UserFilter, store.Page) store.List[models.User] {
	return store.List[models.User]{
		Items: func(yield func(models.User, error) bool) {
			if b.err != nil {
				yield(models.User{}, b.err)
				return
			}
			yield(models.User{ID: "1", Email: "ana@example.com"}, nil)
		},
		Next: func() string { return "" },
	}
}

// An error is a line at the bottom, and r reads again. Moving does not ask a dead server over and over.
func TestSession_ErrorsAreALineAndNotTheEnd(t *testing.T) {
	t.Parallel()
	b := &broken{err: errors.New("database unavailable: \x1b[31mconnection refused\nand more")}
	x := open(t, b, nil)
	require.Contains(t, x.screen(), `error: database unavailable: \x1b[31mconnection refused`)
	before := x.m.users.ticket
	x.press("down", "end", "pgdown")
	require.Equal(t, before, x.m.users.ticket)
	b.err = nil
	require.Contains(t, x.press("r").screen(), "> ana@example.com")
}

// Answers that come late belong to a question that is no longer asked.
func TestList_LateAnswersAreDropped(t *testing.T) {
	t.Parallel()
	l := &list{name: "users", columns: []column{{title: "E-MAIL", width: 10}}}
	var ended []string
	fetch := func(word string) func(context.Context, string) (page, error) {
		return func(ctx context.Context, _ string) (page, error) {
			if ctx.Err() != nil {
				ended = append(ended, word)
			}
			return page{rows: []row{{id: word, cells: []string{word}}}}, nil
		}
	}
	l.fetch = fetch("old")
	old := l.reload(t.Context())
	l.fetch = fetch("new")
	fresh := l.reload(t.Context())
	l.accept(fresh().(pageMsg))
	l.accept(old().(pageMsg))
	require.Len(t, l.rows, 1)
	require.Equal(t, "new", l.rows[0].id)
	require.Equal(t, []string{"old"}, ended, "and the database is told to stop")
}

// The profile of a user who was left while it was read is never shown as that of the next one.
func TestSession_ALateProfileStaysWithItsUser(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ana := factory.User(t, db, func(u *models.User) { u.Email, u.Username = "ana@example.com", "ana" })
	bob := factory.User(t, db, func(u *models.User) { u.Email, u.Username = "bob@example.com", "bob" })
	x := open(t, db, nil)
	late := x.m.enter(ana)()
	x.m.leave()
	x.run(x.m.enter(bob))
	_, next := x.m.Update(late)
	require.Nil(t, next)
	require.Contains(t, x.screen(), "bob@example.com")
	require.NotContains(t, x.screen(), "ana@example.com")
}
