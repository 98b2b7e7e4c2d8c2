package browse

import (
	"context"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// filterPause lets somebody finish a word before the database is asked.
const filterPause = 150 * time.Millisecond

// model is the whole interface.
type model struct {
	o      Options
	ctx    context.Context //nolint:containedctx // a bubbletea model lives as long as its context
	cancel context.CancelFunc
	style  styles

	width, height int
	help          bool

	users  *list
	filter textinput.Model
	typed  int // counts changes of the filter; an older pause is out of date

	user *userScreen // nil: the list is shown
	open *detail     // nil: no row is open
	err  error       // of opening a user
}

type filterMsg int

// openMsg is the answer to a user named on the command line.
type openMsg struct {
	user models.User
	err  error
}

func newModel(ctx context.Context, o Options) *model {
	ctx, cancel := context.WithCancel(ctx)
	m := &model{o: o, ctx: ctx, cancel: cancel, style: newStyles(o.Out, o.Color), width: 80, height: 24}
	m.filter = textinput.New()
	m.filter.Prompt, m.filter.Placeholder = "/", "part of an e-mail or username"
	m.filter.SetValue(o.Filter)
	m.filter.Cursor.SetMode(cursor.CursorStatic) // a blinking one redraws for ever, also over a slow line
	m.filter.PlaceholderStyle = m.style.muted
	if !o.Color {
		m.filter.Cursor.Style, m.filter.Cursor.TextStyle = m.style.muted, m.style.muted
	}
	m.users = userList()
	return m
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	load := m.find()
	if m.o.User == "" {
		return load
	}
	return tea.Batch(load, func() tea.Msg {
		ctx, cancel := context.WithTimeout(m.ctx, queryTime)
		defer cancel()
		u, err := m.o.Store.FindUser(ctx, m.o.User)
		return openMsg{u, err}
	})
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.filter.Width = max(10, msg.Width-4)
		return m, nil
	case pageMsg:
		msg.list.accept(msg)
		return m, nil
	case profileMsg:
		msg.screen.accept(msg)
		return m, nil
	case openMsg:
		if m.err = msg.err; m.err == nil {
			return m, m.enter(msg.user)
		}
		return m, nil
	case filterMsg:
		if int(msg) == m.typed {
			return m, m.find()
		}
		return m, nil
	case tea.KeyMsg:
		return m, m.keysOf(msg)
	}
	return m, nil
}

// keysOf takes apart what arrived at once: over a slow line several keys come as one message.
func (m *model) keysOf(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyRunes || msg.Paste || len(msg.Runes) < 2 {
		return m.key(msg)
	}
	cmds := make([]tea.Cmd, 0, len(msg.Runes))
	for _, r := range msg.Runes {
		cmds = append(cmds, m.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
	}
	return tea.Batch(cmds...)
}

// key handles a key by what is on top: help, an open row, the filter, then the screen.
func (m *model) key(k tea.KeyMsg) tea.Cmd {
	name := k.String()
	m.err = nil
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case m.help:
		m.help = false
		return nil
	case m.filter.Focused():
		return m.typing(k)
	case name == "?":
		m.help = true
		return nil
	case name == "q":
		return tea.Quit
	case m.open != nil:
		if m.open.key(name, m.body()) {
			m.open = nil
		}
		return nil
	case m.user != nil:
		return m.userKey(name)
	}
	return m.listKey(name)
}

// typing feeds the filter. Every change asks the database after a pause; an arrow leaves the filter for the list.
func (m *model) typing(k tea.KeyMsg) tea.Cmd {
	before := m.filter.Value()
	switch k.String() {
	case "enter", "down", "tab":
		m.filter.Blur()
		return nil
	case "esc":
		m.filter.Blur()
		m.filter.SetValue("")
	default:
		var cmd tea.Cmd
		m.filter, cmd = m.filter.Update(k)
		if m.filter.Value() == before {
			return cmd
		}
	}
	if m.filter.Value() == before {
		return nil
	}
	m.typed++
	typed := m.typed
	return tea.Tick(filterPause, func(time.Time) tea.Msg { return filterMsg(typed) })
}

func (m *model) listKey(name string) tea.Cmd {
	switch name {
	case "/":
		return m.filter.Focus()
	case "esc":
		if m.filter.Value() != "" {
			m.filter.SetValue("")
			return m.find()
		}
		return nil
	case "enter", "right", "l":
		if r, ok := m.users.selected(); ok {
			return m.enter(r.data.(models.User))
		}
		return nil
	}
	return m.scroll(m.users, name)
}

// scroll moves the cursor of a list, or reads it again.
func (m *model) scroll(l *list, name string) tea.Cmd {
	height := m.body() - 1
	switch name {
	case "r":
		return l.reload(m.ctx)
	case "up", "k":
		return l.move(m.ctx, -1, height)
	case "down", "j":
		return l.move(m.ctx, 1, height)
	case "pgup", "ctrl+b":
		return l.move(m.ctx, -height, height)
	case "pgdown", "ctrl+f", " ":
		return l.move(m.ctx, height, height)
	case "home", "g":
		return l.move(m.ctx, -len(l.rows), height)
	case "end", "G":
		return l.move(m.ctx, len(l.rows), height)
	}
	return nil
}

// body is how many lines are left for what is shown: the title, the line below it and the two at the bottom are
// taken.
func (m *model) body() int { return max(3, m.height-4) }

// View implements tea.Model.
func (m *model) View() string {
	if m.width < 40 || m.height < 8 {
		return "this terminal is too small: 40 columns and 8 lines at least"
	}
	title := m.style.title.Render("axisor browse")
	if m.o.Production {
		title += " " + m.style.alarm.Render(" PRODUCTION ")
	}
	title += "  " + m.style.muted.Render(streams.Visible(m.o.Where))
	second, body, state, failed := m.screen()
	bottom := m.style.muted.Render(state)
	if failed != nil {
		bottom = m.style.bad.Render("error: " + streams.Visible(firstLine(failed)))
	}
	lines := append([]string{title, second}, fill(body, m.body())...)
	lines = append(lines, bottom, m.style.muted.Render(m.keys()))
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, "…")
	}
	return strings.Join(lines, "\n")
}

// screen is the line below the title, the body and the state of what is shown.
func (m *model) screen() (second string, body []string, state string, failed error) {
	switch {
	case m.help:
		return "", helpText(), "", nil
	case m.user != nil:
		second, body, state, failed = m.user.view(m)
	default:
		second = m.filter.View()
		if !m.filter.Focused() && m.filter.Value() == "" {
			second = m.style.muted.Render("users, newest first")
		}
		body, state, failed = m.users.view(m.style, m.width, m.body()), m.users.state(), m.users.err
	}
	if m.open != nil {
		body = m.open.view(m.style, m.width, m.body())
		state = "esc closes"
	}
	if m.err != nil {
		failed = m.err
	}
	return second, body, state, failed
}

func (m *model) keys() string {
	switch {
	case m.help:
		return "any key: back"
	case m.open != nil:
		return "↑↓ scroll  esc back  ? help  q quit"
	case m.filter.Focused():
		return "type to filter  enter: to the list  esc: all users"
	case m.user != nil:
		return "tab ←→ 1-6 tabs  ↑↓ move  enter open  r reload  esc back  ? help  q quit"
	}
	return "/ filter  ↑↓ move  enter open  r reload  ? help  q quit"
}

func helpText() []string {
	return strings.Split(`  Everywhere
    ?            this help           q, ctrl+c    quit
    ↑ ↓  k j     move                r            read again
    pgup pgdn    a page              home end     first, last row read so far

  Users
    /            filter by a part of the e-mail or username, as you type
    enter        open the user       esc          all users again

  One user
    tab  ← →     next, previous tab  1 … 6        a tab
    enter        all there is of a row            esc  back

  Nothing here can change anything. Rows are read as you come to them.`, "\n")
}

func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

func userList() *list {
	return &list{name: "users", columns: []column{
		{title: "E-MAIL", width: 26, flex: true},
		{title: "USERNAME", width: 16},
		{title: "PLAN", width: 8},
		{title: "STATE", width: 8},
		{title: "LAST LOGIN", width: 10, right: true},
		{title: "CREATED", width: 8, right: true},
		{title: "ID", width: 36},
	}}
}

// find reads the users that the filter leaves. Its text is taken now: the read runs beside whatever is typed next.
func (m *model) find() tea.Cmd {
	filter := store.UserFilter{Search: strings.TrimSpace(m.filter.Value())}
	m.users.fetch = func(ctx context.Context, after string) (page, error) {
		return collect(m.o.Store.ListUsers(ctx, filter, store.Page{Limit: pageSize, Cursor: after}), m.userRow)
	}
	return m.users.reload(m.ctx)
}

func (m *model) userRow(u models.User) row {
	state := "active"
	switch {
	case !u.Active():
		state = "disabled"
	case u.LockedAt(m.o.Now()):
		state = "locked"
	}
	return row{id: u.ID, data: u, cells: []string{
		u.Email, u.Username, string(u.PlanType), state, m.agoOr(u.LastLoginAt, "never"), m.ago(u.CreatedAt), u.ID,
	}}
}

// collect reads one page into rows.
func collect[T any](l store.List[T], of func(T) row) (page, error) {
	all, err := l.Collect()
	if err != nil {
		return page{}, err
	}
	p := page{next: l.Next()}
	for _, v := range all {
		p.rows = append(p.rows, of(v))
	}
	return p, nil
}
