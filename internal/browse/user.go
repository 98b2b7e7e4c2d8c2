package browse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Tabs of a user, in the order of the keys 1 to 6.
const (
	tabProfile = iota
	tabTrades
	tabPayments
	tabAutomations
	tabGuard
	tabAudit
)

func tabNames() []string {
	return []string{"profile", "trades", "payments", "automations", "guard", "audit"}
}

// userScreen is one user.
type userScreen struct {
	user    models.User
	tab     int
	lists   [tabAudit + 1]*list // nil for the profile
	profile detail
	guard   *models.MarginGuardConfig
	loading bool
	err     error
	ticket  int
	cancel  context.CancelFunc
}

// profileMsg is the answer to the read of a profile. It names its screen: one that comes late must not be shown as
// somebody else's.
type profileMsg struct {
	screen  *userScreen
	ticket  int
	profile store.Profile
	details []field
	err     error
}

// enter opens a user. The profile is read now, each tab when it is first looked at.
func (m *model) enter(u models.User) tea.Cmd {
	m.open, m.user = nil, &userScreen{user: u}
	m.user.lists = m.userLists(u.ID)
	return m.readProfile()
}

func (m *model) readProfile() tea.Cmd {
	u := m.user
	if u.cancel != nil {
		u.cancel()
	}
	ctx, cancel := context.WithTimeout(m.ctx, queryTime)
	u.cancel = cancel
	u.ticket++
	u.loading, u.err = true, nil
	ticket, id := u.ticket, u.user.ID
	return func() tea.Msg {
		defer cancel()
		fresh, err := m.o.Store.FindUser(ctx, id)
		if err != nil {
			return profileMsg{screen: u, ticket: ticket, err: err}
		}
		p, err := m.o.Store.Profile(ctx, fresh)
		return profileMsg{screen: u, ticket: ticket, profile: p, details: m.profileFields(p), err: err}
	}
}

func (u *userScreen) accept(msg profileMsg) {
	if msg.ticket != u.ticket {
		return
	}
	u.loading, u.err = false, msg.err
	if msg.err != nil {
		return
	}
	u.user, u.guard = msg.profile.User, msg.profile.Guard
	u.profile.fields = msg.details
}

// leave goes back to the list and gives up what is still being read.
func (m *model) leave() {
	u := m.user
	if u.cancel != nil {
		u.cancel()
	}
	for _, l := range u.lists {
		if l != nil {
			l.stop()
		}
	}
	m.user = nil
}

func (m *model) userKey(name string) tea.Cmd {
	u := m.user
	tabs := len(tabNames())
	switch name {
	case "esc", "backspace":
		m.leave()
		return nil
	case "tab", "right", "l":
		return m.show((u.tab + 1) % tabs)
	case "shift+tab", "left", "h":
		return m.show((u.tab + tabs - 1) % tabs)
	case "1", "2", "3", "4", "5", "6":
		return m.show(int(name[0] - '1'))
	}
	l := u.lists[u.tab]
	if l == nil {
		if name == "r" {
			return m.readProfile()
		}
		u.profile.key(name, m.body())
		return nil
	}
	if name == "enter" {
		if r, ok := l.selected(); ok {
			m.open = &detail{title: r.id, fields: r.details}
		}
		return nil
	}
	return m.scroll(l, name)
}

// show opens a tab and reads it when it was not read yet.
func (m *model) show(tab int) tea.Cmd {
	m.user.tab = tab
	l := m.user.lists[tab]
	if l == nil || len(l.rows) > 0 || l.done || l.loading {
		return nil
	}
	return l.reload(m.ctx)
}

func (u *userScreen) view(m *model) (second string, body []string, state string, failed error) {
	second = u.heading(m.style, m.width)
	l := u.lists[u.tab]
	if l == nil {
		if u.loading {
			state = "loading the profile…"
		}
		return second, u.profile.view(m.style, m.width, m.body()), state, u.err
	}
	body = nil
	height := m.body()
	if u.tab == tabGuard {
		body = append(body, "  "+m.guardLine(), "")
		height -= 2
	}
	return second, append(body, l.view(m.style, m.width, height)...), l.state(), l.err
}

// heading names the user and the tabs; a terminal too narrow for all of them gets the current one.
func (u *userScreen) heading(s styles, width int) string {
	names := tabNames()
	plain := len(strings.Join(names, "   ")) + 4
	who := pad(u.user.Username, min(max(8, width-plain), ansi.StringWidth(streams.Visible(u.user.Username))), false)
	head := s.title.Render(who) + "  "
	if ansi.StringWidth(who)+plain > width {
		return head + s.active.Render(fmt.Sprintf("‹ %s %d/%d ›", names[u.tab], u.tab+1, len(names)))
	}
	for i, name := range names {
		if i == u.tab {
			head += s.active.Render("["+name+"]") + " "
			continue
		}
		head += " " + name + "  "
	}
	return head
}

// guardLine is the user's margin guard in one line.
func (m *model) guardLine() string {
	u := m.user
	switch {
	case u.guard == nil && u.loading:
		return "…"
	case u.guard == nil:
		return "the margin guard is not configured"
	}
	state := "off"
	if u.guard.IsActive {
		state = "on"
	}
	return fmt.Sprintf("margin guard %s, mode %s, threshold %s %%, adds %s %%", state, u.guard.Mode,
		number(u.guard.MarginThreshold), number(u.guard.AddMarginPercentage))
}

// profileFields lay a profile out, what matters in a support case first.
func (m *model) profileFields(p store.Profile) []field {
	u := p.User
	f := []field{
		{"id", u.ID},
		{"e-mail", u.Email + suffix(models.Deref(u.EmailVerified), "", " (not verified)")},
		{"username", u.Username},
		{"plan", string(u.PlanType)},
		{"state", m.userRow(u).cells[3]},
		{"login attempts", fmt.Sprint(models.Deref(u.LoginAttempts))},
		{"locked until", m.at(u.LockedUntil)},
		{"last login", m.at(u.LastLoginAt) + prefixed(" from ", u.LastLoginIP)},
		{"two-factor", suffix(models.Deref(u.TwoFactorEnabled), "on", "off")},
		{"created", m.at(&u.CreatedAt)},
		{"updated", m.at(&u.UpdatedAt)},
		{},
	}
	for _, l := range limits.Of(p.Limits, p.Usage) {
		if l.Used != nil {
			g := l.Gauge()
			f = append(f, field{strings.ReplaceAll(strings.TrimPrefix(l.Limit, "exchange_"), "_", " "), strings.TrimSpace(g.Line(usageBar) + " " + g.Text)})
		}
	}
	f = append(f, field{})
	for _, a := range p.Accounts {
		f = append(f, field{"account", fmt.Sprintf("%s / %s, %s, %s", a.Exchange, a.AccountName, suffix(a.IsActive, "active", "inactive"), suffix(a.IsVerified, "verified", "not verified"))})
	}
	for _, s := range p.Sessions {
		f = append(f, field{"session", m.at(&s.CreatedAt) + prefixed(" from ", s.IPAddress) + suffix(s.IsRevoked, ", revoked", "")})
	}
	return slices.DeleteFunc(f, func(x field) bool { return x.name != "" && x.value == "" })
}

const usageBar = 20

func suffix(yes bool, is, isNot string) string {
	if yes {
		return is
	}
	return isNot
}

func prefixed(before string, text *string) string {
	if text == nil || *text == "" {
		return ""
	}
	return before + *text
}

func number(f *float64) string {
	if f == nil {
		return "–"
	}
	return output.Number(*f)
}

func (m *model) ago(t time.Time) string { return output.Ago(m.o.Now().Sub(t)) }

func (m *model) agoOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return m.ago(*t)
}

// at is an instant with its distance, for where there is room.
func (m *model) at(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z") + " (" + m.ago(*t) + ")"
}
