package browse

import (
	"context"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/axisor/axisor/internal/cli/streams"
)

// pageSize is how many rows one read brings.
const pageSize = 50

// column is one column of a list. The later a column, the earlier a narrow terminal loses it.
type column struct {
	title string
	width int
	right bool
	flex  bool // takes what is left
}

// field is a name and a value of a detail view.
type field struct{ name, value string }

// row is one row of a list.
type row struct {
	id      string
	cells   []string
	details []field
	data    any
}

// page is what one read brings.
type page struct {
	rows []row
	next string
}

// list is a table that reads its next page when the cursor comes near the end of what is there.
type list struct {
	name    string // in the plural
	columns []column
	fetch   func(ctx context.Context, cursor string) (page, error)

	rows    []row
	next    string
	done    bool // nothing comes after what is there
	at, top int
	loading bool
	err     error
	ticket  int
	cancel  context.CancelFunc
}

// pageMsg is the answer to a read.
type pageMsg struct {
	list   *list
	ticket int
	page   page
	err    error
}

// reload forgets everything and reads the first page.
func (l *list) reload(ctx context.Context) tea.Cmd {
	l.rows, l.next, l.done, l.at, l.top = nil, "", false, 0, 0
	return l.load(ctx)
}

// load reads the next page. An earlier read that has not answered is given up.
func (l *list) load(ctx context.Context) tea.Cmd {
	l.stop()
	ctx, l.cancel = context.WithTimeout(ctx, queryTime)
	l.ticket++
	l.loading, l.err = true, nil
	ticket, cursor, fetch, cancel := l.ticket, l.next, l.fetch, l.cancel
	return func() tea.Msg {
		defer cancel()
		p, err := fetch(ctx, cursor)
		return pageMsg{l, ticket, p, err}
	}
}

func (l *list) stop() {
	if l.cancel != nil {
		l.cancel()
	}
}

// accept takes an answer, unless it belongs to a read that is no longer wanted.
func (l *list) accept(m pageMsg) {
	if m.ticket != l.ticket {
		return
	}
	l.loading, l.err = false, m.err
	if m.err != nil {
		return
	}
	l.rows = append(l.rows, m.page.rows...)
	l.next, l.done = m.page.next, m.page.next == ""
}

// move shifts the cursor and reads on when the end comes near.
func (l *list) move(ctx context.Context, by, height int) tea.Cmd {
	l.at = min(max(0, l.at+by), max(0, len(l.rows)-1))
	if l.at+height >= len(l.rows) && !l.done && !l.loading && l.err == nil {
		return l.load(ctx)
	}
	return nil
}

func (l *list) selected() (row, bool) {
	if l.at >= len(l.rows) {
		return row{}, false
	}
	return l.rows[l.at], true
}

// layout says which columns fit and how wide they are. Two columns of the width hold the cursor mark.
func (l *list) layout(width int) []int {
	room := width - 2
	used, shown := 0, 0
	flex := -1
	for i, c := range l.columns {
		if used+c.width > room && i > 0 {
			break
		}
		used += c.width + 2
		shown++
		if c.flex {
			flex = i
		}
	}
	widths := make([]int, shown)
	for i := range widths {
		widths[i] = l.columns[i].width
	}
	if shown > 0 {
		last := flex
		if last < 0 {
			last = shown - 1
		}
		widths[last] = max(4, widths[last]+room-used+2)
	}
	return widths
}

// view draws the header and a window of rows, exactly height lines.
func (l *list) view(s styles, width, height int) []string {
	widths := l.layout(width)
	titles := make([]string, len(widths))
	for i := range widths {
		titles[i] = l.columns[i].title
	}
	out := []string{s.title.Render(l.line("  ", titles, widths))}
	window := max(1, height-1)
	if l.at < l.top {
		l.top = l.at
	}
	if l.at >= l.top+window {
		l.top = l.at - window + 1
	}
	for i := l.top; i < min(len(l.rows), l.top+window); i++ {
		if i == l.at {
			out = append(out, s.selected.Render(l.line("> ", l.rows[i].cells, widths)))
			continue
		}
		out = append(out, l.line("  ", l.rows[i].cells, widths))
	}
	if len(l.rows) == 0 && !l.loading && l.err == nil {
		out = append(out, s.muted.Render("  no "+l.name))
	}
	return fill(out, height)
}

func (l *list) line(mark string, cells []string, widths []int) string {
	parts := make([]string, len(widths))
	for i, w := range widths {
		text := ""
		if i < len(cells) {
			text = cells[i]
		}
		parts[i] = pad(text, w, l.columns[i].right)
	}
	return mark + strings.Join(parts, "  ")
}

// state is what the status line says about the list.
func (l *list) state() string {
	switch {
	case l.loading && len(l.rows) == 0:
		return "loading " + l.name + "…"
	case l.loading:
		return fmt.Sprintf("%d of %d…", l.at+1, len(l.rows))
	case len(l.rows) == 0:
		return ""
	case l.done:
		return fmt.Sprintf("%d of %d %s", l.at+1, len(l.rows), l.name)
	}
	return fmt.Sprintf("%d of more than %d %s", l.at+1, len(l.rows), l.name)
}

// pad makes a text exactly so wide, with control characters made visible and the cut marked.
func pad(text string, width int, right bool) string {
	text = ansi.Truncate(streams.Visible(text), width, "…")
	space := strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
	if right {
		return space + text
	}
	return text + space
}

// fill makes exactly height lines.
func fill(lines []string, height int) []string {
	if len(lines) > height {
		return lines[:height]
	}
	return append(lines, make([]string, height-len(lines))...)
}
