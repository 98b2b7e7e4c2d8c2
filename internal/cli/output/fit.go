package output

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/words"
)

// gap is the space between two columns.
const gap = 2

// shortID is the fewest characters of an id that commands take for the whole.
const shortID = 8

// idPattern are the ids that commands take the beginning of: uuids, and the cuids that Prisma makes.
var idPattern = regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|c[0-9a-z]{24})$`)

// keepID marks the column that names a row for the next command, which is never hidden. Where a description has no
// column for an id that --quiet prints, one is added.
func keepID(t reflect.Type, d Desc, cols []tableColumn, add bool) []tableColumn {
	for i := range cols {
		if cols[i].Field == d.ID {
			cols[i].keep, cols[i].Drop = true, 0
			return cols
		}
	}
	if d.ID != "id" || !add {
		return cols
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, f := range fieldsOf(t) {
		if f.name == d.ID {
			return append(cols, tableColumn{Column: Column{Field: d.ID, Header: "ID"}, field: f, keep: true})
		}
	}
	return cols
}

// fit decides which columns are shown and how wide each may be. Ids are shortened before anything is hidden.
func (g *grid) fit() (shown, limit []int) {
	for i := range g.cols {
		shown = append(shown, i)
	}
	limit = append(limit, g.widths...)
	room := g.p.s.Width()
	if !g.p.s.OutTerminal() || g.span(shown, limit) <= room {
		return shown, limit
	}
	short := map[int]bool{}
	for i := range g.cols {
		if width := g.shorten(i); width > 0 {
			if g.header {
				width = max(width, twwidth.Width(g.cols[i].Header))
			}
			limit[i], short[i] = width, true
		}
	}
	if len(g.p.columns) == 0 {
		shown = g.drop(shown, limit, room, func(i int) int { return g.cols[i].Drop })
	}
	for g.span(shown, limit) > room {
		widest := -1
		for _, i := range shown {
			if g.cols[i].right || short[i] || limit[i] <= minCell {
				continue
			}
			if widest < 0 || g.cols[widest].Whole && !g.cols[i].Whole || g.cols[widest].Whole == g.cols[i].Whole && limit[i] > limit[widest] {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		limit[widest]--
	}
	// Numbers and ids are not cut, so whole columns go, from the right.
	shown = g.drop(shown, limit, room, func(i int) int {
		if g.cols[i].keep || i == 0 {
			return 0
		}
		return i
	})
	return shown, limit
}

// drop hides columns, those of the highest rank first and never those of rank 0, until the others have room.
func (g *grid) drop(shown, limit []int, room int, rank func(column int) int) []int {
	for g.span(shown, limit) > room {
		worst := -1
		for at, i := range shown {
			if rank(i) > 0 && (worst < 0 || rank(i) >= rank(shown[worst])) {
				worst = at
			}
		}
		if worst < 0 {
			break
		}
		g.hidden[shown[worst]] = true
		shown = append(shown[:worst:worst], shown[worst+1:]...)
	}
	return shown
}

// shorten cuts the ids of a column to beginnings that are different from each other and long enough for commands. It
// returns how wide the column is then, 0 when it holds no ids.
func (g *grid) shorten(column int) int {
	// The exchange's ids of trades are compared with the exchange's, whole.
	if name := g.cols[column].name; name != "id" && !strings.HasSuffix(name, "_id") || name == "trade_id" {
		return 0
	}
	var ids []string
	for _, row := range g.rows {
		if idPattern.MatchString(row[column]) {
			ids = append(ids, row[column])
		}
	}
	if len(ids) == 0 {
		return 0
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	need := shortID
	for i := 1; i < len(ids); i++ {
		same := 0
		for same < min(len(ids[i]), len(ids[i-1])) && ids[i][same] == ids[i-1][same] {
			same++
		}
		need = max(need, same+1)
	}
	width := 0
	for _, row := range g.rows {
		if idPattern.MatchString(row[column]) {
			row[column] = strings.TrimSuffix(row[column][:min(need, len(row[column]))], "-")
		}
		width = max(width, len([]rune(row[column])))
	}
	return width
}

func (g *grid) span(shown, limit []int) int {
	sum := gap * (len(shown) - 1)
	for _, i := range shown {
		sum += limit[i]
	}
	return sum
}

// hiddenFields are the fields that had no room, as --columns takes them.
func (g *grid) hiddenFields() string {
	var fields []string
	for i, c := range g.cols {
		if g.hidden[i] {
			fields = append(fields, c.name)
		}
	}
	return strings.Join(fields, ",")
}

// tellHidden says how many columns had no room, if any, and how to see them.
func (p *Printer) tellHidden(n int, how string) {
	if n > 0 {
		p.Notice("%s", p.s.PaintErr(streams.Muted, words.Count(n, "column")+" hidden: "+how))
	}
}
