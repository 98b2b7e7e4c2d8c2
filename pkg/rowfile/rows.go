package rowfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/exactjson"
)

// Formats of files.
const (
	FormatCSV   = "csv"
	FormatJSONL = "jsonl"
)

// Options say how a file is read.
type Options struct {
	Format  string            // FormatCSV or FormatJSONL; empty: by the name, or the first character
	Name    string            // of the file
	Columns []string          // those that the reader knows
	Needed  []string          // those that a csv header has to name
	Map     map[string]string // names in the file to columns; Skip is a column that is not wanted
	// Scalar says that values of jsonl are text or numbers.
	Scalar bool
	// Secret are columns whose values must not be repeated. The text of a row that may hold one is in nobody's hands.
	Secret []string
	// Part is given the text of rows of more than MaxRow bytes, piece by piece, before the row itself comes without it. It
	// may be nil.
	Part func(line int64, text string) error
}

// Skip is the column to which a column that is not wanted is mapped.
const Skip = "-"

// aside are columns of a file of rejected rows, which can be corrected and imported again.
var aside = []string{"line", "reason"}

// Row is a row as text, before it is understood: nil is null.
type Row struct {
	Line   int64
	Fields map[string]*string
	Text   string // the row as it is, when it is wrong and Fields do not hold all of it
	Wrong  string // why the row cannot be taken; empty is fine
}

// Reader reads rows.
type Reader struct {
	o      Options
	lines  *lines
	csv    *CSV
	names  []string // of the csv columns: Skip is not wanted, empty has no name
	reason int      // the column of a file of rejected rows that says why; -1 is another file
	secret bool     // the file has a column of secrets
}

// NewReader looks at the beginning of a file. An empty file has no rows.
func NewReader(in io.Reader, o Options) (*Reader, error) {
	text, err := Text(in)
	if err != nil {
		return nil, err
	}
	r := &Reader{o: o, reason: -1}
	if err := r.checkMap(); err != nil {
		return nil, err
	}
	if r.o.Format == "" {
		if r.o.Format, err = guess(o.Name, text); err != nil {
			return nil, err
		}
	}
	if r.o.Format == FormatJSONL {
		r.lines = &lines{r: text, part: r.part}
		return r, nil
	}
	if r.csv, err = NewCSV(text); err != nil {
		return nil, err
	}
	r.csv.in.part = r.part
	return r, r.header()
}

// part passes on what may be repeated.
func (r *Reader) part(line int64, text string) error {
	if r.o.Part == nil || len(r.o.Secret) > 0 && (r.secret || r.csv == nil) {
		return nil
	}
	return r.o.Part(line, text)
}

// keep gives a wrong row its text.
func (r *Reader) keep(row *Row, text string) {
	if r.secret || r.csv == nil && r.mayTell(text) {
		row.Wrong += " (its text is not repeated, because it may hold a password)"
		return
	}
	row.Text = text
}

// mayTell reports whether a text that is no object, or none of ours, may hold a secret: whatever is named like one, or
// has a name in other words.
func (r *Reader) mayTell(text string) bool {
	text = strings.ToLower(text)
	for _, name := range r.o.Secret {
		if strings.Contains(text, name) || strings.Contains(text, `\u`) {
			return true
		}
		for from, to := range r.o.Map {
			if to == name && strings.Contains(text, strings.ToLower(from)) {
				return true
			}
		}
	}
	return false
}

// Read returns the next row, or io.EOF.
func (r *Reader) Read() (Row, error) {
	if r.o.Format == FormatJSONL {
		return r.object()
	}
	return r.cells()
}

// guess is the format by the name of the file, or its first character: a header cannot begin with a brace.
func guess(name string, text *bufio.Reader) (string, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv":
		return FormatCSV, nil
	case ".jsonl", ".ndjson":
		return FormatJSONL, nil
	}
	head, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) {
		return FormatJSONL, nil
	}
	return FormatCSV, nil
}

func (r *Reader) checkMap() error {
	for name, column := range r.o.Map {
		if column != Skip && !slices.Contains(r.o.Columns, column) {
			return &FormatError{fmt.Sprintf("--map %s=%s: there is no column %q", name, column, column), r.known()}
		}
	}
	return nil
}

func (r *Reader) known() string { return "known columns: " + strings.Join(r.o.Columns, ", ") }

// column is what a name in the file stands for; false is unknown.
func (r *Reader) column(name string) (string, bool) {
	for from, to := range r.o.Map {
		if strings.EqualFold(strings.TrimSpace(from), name) {
			return to, true
		}
	}
	if slices.Contains(aside, name) && !slices.Contains(r.o.Columns, name) {
		return Skip, true
	}
	return name, slices.Contains(r.o.Columns, name)
}

// header refuses names that cannot work before anything is read.
func (r *Reader) header() error {
	record, err := r.csv.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for i, cell := range record.Cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		found[name] = true
		column, ok := r.column(name)
		switch {
		case name == "": // the empty columns at the right of a sheet
		case !ok:
			name = short(name)
			return &FormatError{
				fmt.Sprintf("line 1: unknown column %q", name),
				fmt.Sprintf("say what it is with --map %q, or leave it out with --map %q; %s", name+"=COLUMN", name+"="+Skip, r.known()),
			}
		case column != Skip && slices.Contains(r.names, column):
			return &FormatError{Reason: fmt.Sprintf("line 1: column %q appears twice", column)}
		}
		r.names = append(r.names, column)
		r.secret = r.secret || slices.Contains(r.o.Secret, column)
		if name == "reason" && column == Skip {
			r.reason = i
		}
	}
	for _, need := range r.o.Needed {
		if !slices.Contains(r.names, need) {
			return &FormatError{
				fmt.Sprintf("line 1: column %q is missing", need),
				"the first line names the columns, such as " + strings.Join(r.o.Needed, ",") + "; other names are mapped with --map NAME=" + need,
			}
		}
	}
	for from, to := range r.o.Map { // a file of rejected rows has our names already
		if !found[strings.ToLower(strings.TrimSpace(from))] && !slices.Contains(r.names, to) {
			return &FormatError{Reason: fmt.Sprintf("line 1: there is no column %q, which --map names", from)}
		}
	}
	return nil
}

// short keeps a wrong file from being repeated in an error.
func short(name string) string {
	if text := []rune(name); len(text) > 40 {
		return string(text[:40]) + "…"
	}
	return name
}

func (r *Reader) cells() (Row, error) {
	for {
		record, err := r.csv.Next()
		if err != nil {
			return Row{}, err
		}
		row := Row{Line: record.Line, Wrong: record.Wrong, Fields: make(map[string]*string, len(r.names))}
		kept := make([]string, min(len(record.Cells), len(r.names))) // one piece of memory for all cells; the reader takes the record back
		empty, whole := true, len(record.Cells) == len(kept) && record.Cells != nil
		for i := range kept {
			cell := record.Cells[i]
			if empty = empty && (cell == "" || r.reason >= 0 && r.names[i] == Skip); cell == "" || r.names[i] == Skip {
				continue
			}
			if r.names[i] == "" {
				row.Wrong, whole = fmt.Sprintf("cell %d has no name in the header", i+1), false
				continue
			}
			kept[i] = Unescape(cell)
			row.Fields[r.names[i]] = &kept[i]
		}
		if empty && record.Wrong == "" {
			if r.reason < 0 || record.Cells[r.reason] == "" { // the empty rows at the end of a sheet
				continue
			}
			row.Wrong = Unescape(record.Cells[r.reason]) // a row whose text is there, and which nobody has mended
		}
		for _, name := range r.names {
			if _, there := row.Fields[name]; !there && name != Skip && name != "" {
				row.Fields[name] = nil
			}
		}
		if !whole {
			r.keep(&row, record.Text)
		}
		row.checkText()
		return row, nil
	}
}

func (r *Reader) object() (Row, error) {
	text, err := r.lines.next()
	row := Row{Line: r.lines.first}
	if errors.Is(err, errLong) {
		row.Wrong = tooLong
		return row, r.lines.rest(false)
	}
	if err != nil {
		return Row{}, err
	}
	text = strings.TrimRight(text, "\r\n")
	members, err := exactjson.Members(text)
	if err != nil {
		row.Wrong = "it is not a JSON object"
	}
	row.Fields = make(map[string]*string, len(members))
	for _, m := range members {
		if wrong := r.field(row.Fields, m); wrong != "" {
			row.Wrong = wrong
		}
	}
	if row.Wrong != "" {
		r.keep(&row, text)
	}
	row.checkText()
	return row, nil
}

// field takes one member of an object in, or says what is wrong with it.
func (r *Reader) field(to map[string]*string, m exactjson.Member) (wrong string) {
	column, ok := r.column(m.Name)
	_, twice := to[column]
	switch {
	case column == Skip:
	case !ok:
		return fmt.Sprintf("unknown field %q", short(m.Name))
	case twice:
		return fmt.Sprintf("field %q appears twice", column)
	case m.Raw == "null":
		to[column] = nil
	case r.o.Scalar && strings.IndexByte("{[tf", m.Raw[0]) >= 0:
		return m.Name + " is neither text nor number"
	case m.Raw[0] != '"':
		to[column] = &m.Raw // numbers keep their digits
	default:
		text, err := exactjson.Text(m.Raw)
		if err != nil {
			return m.Name + " is not text: half of a character, or no UTF-8"
		}
		to[column] = &text
	}
	return ""
}

// checkText finds what the database would refuse, and text of another encoding. Such text is kept in the notation of Go,
// which is text.
func (row *Row) checkText() {
	for name, v := range row.Fields {
		if v == nil || row.Wrong != "" {
			continue
		}
		switch {
		case !utf8.ValidString(*v):
			row.Wrong = name + " is not UTF-8 text: save the file as UTF-8"
		case strings.IndexByte(*v, 0) >= 0:
			row.Wrong = name + " has a zero byte, which no text has"
		}
		if row.Wrong != "" {
			row.Fields[name] = nil
			if row.Text == "" && len(*v) <= partSize {
				row.Text = strings.Trim(strconv.Quote(*v), `"`)
			}
		}
	}
}

// formula are the first characters that make a spreadsheet run a cell.
const formula = "=+-@\t\r"

// Escape puts a quote before a text that a spreadsheet would run. A text that already begins with quotes and then such a
// character gets one more, so that Unescape is its exact inverse.
func Escape(text string) string {
	if Runs(text) {
		return "'" + text
	}
	return text
}

// Runs tells whether a text needs Escape.
func Runs[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] != '\'' {
			return strings.IndexByte(formula, text[i]) >= 0
		}
	}
	return false
}

// Unescape takes the quote away again.
func Unescape(cell string) string {
	if cell == "" || cell[0] != '\'' || Escape(cell) == cell {
		return cell
	}
	return cell[1:]
}
