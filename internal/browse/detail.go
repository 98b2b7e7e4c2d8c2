package browse

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/axisor/axisor/internal/cli/streams"
)

// detail shows fields one below the other and scrolls.
type detail struct {
	title  string
	fields []field
	top    int
	lines  int // of the last drawing
}

// key scrolls; closed is true when the key leaves.
func (d *detail) key(name string, height int) (closed bool) {
	switch name {
	case "esc", "backspace", "enter", "left", "h":
		return true
	case "up", "k":
		d.top--
	case "down", "j":
		d.top++
	case "pgup", "ctrl+b":
		d.top -= height
	case "pgdown", "ctrl+f", " ":
		d.top += height
	case "home", "g":
		d.top = 0
	case "end", "G":
		d.top = d.lines
	}
	return false
}

// view draws a window of the fields. Long values go on below themselves: here is where somebody looks for the
// whole of it.
func (d *detail) view(s styles, width, height int) []string {
	names := 0
	for _, f := range d.fields {
		names = max(names, ansi.StringWidth(f.name))
	}
	var lines []string
	if d.title != "" {
		lines = append(lines, s.title.Render("  "+streams.Visible(d.title)), "")
	}
	room := max(10, width-names-4)
	for _, f := range d.fields {
		if f.name == "" {
			lines = append(lines, "")
			continue
		}
		if f.value == "" {
			continue
		}
		label := "  " + pad(f.name, names, false) + "  "
		for i, part := range strings.Split(ansi.Hardwrap(streams.Visible(f.value), room, true), "\n") {
			if i > 0 {
				label = strings.Repeat(" ", names+4)
				lines = append(lines, label+part)
				continue
			}
			lines = append(lines, s.muted.Render(label)+part)
		}
	}
	d.lines = len(lines)
	d.top = min(max(0, d.top), max(0, len(lines)-height))
	return fill(lines[d.top:], height)
}
