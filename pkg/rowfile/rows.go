package rowfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
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
	// Loose takes an object of jsonl as it comes: fields that are not known are not wanted. Values are text or numbers then.
	Loose bool
}

// Skip is the column to which a column that is not wanted is mapped.
const Skip = "-"

// aside are columns of a file of rejected rows, which can be mended and imported again.
var aside = []string{"line", "reason"}

// Row is a row as text, before it is understood: nil is null.
type Row struct {
	Line   int64
	Fields map[string]*string
	Text   string // what of the row could not be taken apart
	Wrong  string // why the row cannot be taken; empty is fine
}

// Reader reads rows.
type Reader struct {
	o     Options
	text  *bufio.Reader
	csv   *CSV
	names []string // of the csv columns: Skip is not wanted, empty has no name
	line  int64
	blank int
}

// NewReader looks at the beginning of a file. An empty file has no rows.
func NewReader(in io.Reader, o Options) (*Reader, error) {
	text, err := Text(in)
	if err != nil {
		return nil, err
	}
	r := &Reader{o: o, text: text}
	if err := r.checkMap(); err != nil {
		return nil, err
	}
	if r.o.Format == "" {
		if r.o.Format, err = guess(o.Name, text); err != nil {
			return nil, err
		}
	}
	if r.o.Format == FormatJSONL {
		return r, nil
	}
	if r.csv, err = NewCSV(text); err != nil {
		return nil, err
	}
	return r, r.header()
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
	record, _, _, err := r.csv.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, cell := range record {
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
			return &FormatError{Reason: fmt.Sprintf("line 1: column %q is there twice", column)}
		}
		r.names = append(r.names, column)
	}
	for _, need := range r.o.Needed {
		if !slices.Contains(r.names, need) {
			return &FormatError{
				fmt.Sprintf("line 1: column %q is missing", need),
				"the first line names the columns, such as " + strings.Join(r.o.Needed, ",") + "; other names are told with --map NAME=" + need,
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
		record, line, wrong, err := r.csv.Next()
		if err != nil {
			return Row{}, err
		}
		row := Row{Line: line, Wrong: wrong, Fields: make(map[string]*string, len(r.names))}
		kept := make([]string, min(len(record), len(r.names))) // one piece of memory for all cells; the reader takes record back
		empty := true
		for i := range kept {
			if empty = empty && record[i] == ""; record[i] == "" || r.names[i] == Skip {
				continue
			}
			if r.names[i] == "" {
				row.Wrong = fmt.Sprintf("cell %d has no name in the header", i+1)
				continue
			}
			kept[i] = Unescape(record[i])
			row.Fields[r.names[i]] = &kept[i]
		}
		if empty && wrong == "" { // the empty rows at the end of a sheet
			continue
		}
		for _, name := range r.names {
			if _, there := row.Fields[name]; !there && name != Skip && name != "" {
				row.Fields[name] = nil
			}
		}
		if len(record) > len(kept) {
			row.Text = strings.Join(record, ",")
		}
		row.checkText()
		return row, nil
	}
}

func (r *Reader) object() (Row, error) {
	for {
		raw, err := r.next()
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			return Row{Line: r.line, Wrong: fmt.Sprintf("the line has more than %d bytes", MaxRow)}, nil
		case err != nil:
			return Row{}, err
		}
		if text := bytes.TrimSpace(raw); len(text) > 0 {
			r.blank = 0
			return r.fields(text), nil
		}
		if r.blank += len(raw); r.blank > MaxRow {
			return Row{}, &FormatError{Reason: fmt.Sprintf("line %d: the file is empty from here on", r.line)}
		}
	}
}

// next returns the next line, which is valid until the one after it.
func (r *Reader) next() ([]byte, error) {
	r.line++
	var long []byte
	for total := 0; ; {
		part, err := r.text.ReadSlice('\n')
		total += len(part)
		if errors.Is(err, bufio.ErrBufferFull) {
			if total <= MaxRow {
				long = append(long, part...)
			}
			continue
		}
		switch {
		case err != nil && (!errors.Is(err, io.EOF) || total == 0):
			return nil, err
		case total > MaxRow:
			return nil, bufio.ErrTooLong
		case long != nil:
			return append(long, part...), nil
		}
		return part, nil
	}
}

func (r *Reader) fields(text []byte) Row {
	row := Row{Line: r.line}
	var all map[string]json.RawMessage
	if err := exactjson.Unmarshal(text, &all); err != nil || all == nil {
		row.Text, row.Wrong = string(text), "it is not a JSON object"
		return row
	}
	row.Fields = make(map[string]*string, len(all))
	for name, raw := range all {
		column, ok := r.column(name)
		_, twice := row.Fields[column]
		switch {
		case !ok && r.o.Loose, column == Skip:
		case !ok:
			row.Wrong = fmt.Sprintf("unknown field %q", short(name))
		case twice:
			row.Wrong = fmt.Sprintf("field %q is there twice", column)
		case string(raw) == "null":
			row.Fields[column] = nil
		case r.o.Loose && strings.IndexByte("{[tf", raw[0]) >= 0:
			row.Wrong = name + " is neither text nor number"
		case raw[0] != '"':
			row.Fields[column] = new(string(raw)) // numbers keep their digits
		case bytes.IndexByte(raw, '\\') < 0:
			row.Fields[column] = new(string(raw[1 : len(raw)-1]))
		default:
			var s string
			if err := exactjson.Unmarshal(raw, &s); err != nil {
				row.Wrong = fmt.Sprintf("field %q is not text", name)
			}
			row.Fields[column] = &s
		}
	}
	row.checkText()
	return row
}

// checkText finds what the database would refuse, and text of another encoding.
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
		}
	}
}

// formula are the first characters that make a spreadsheet run a cell.
const formula = "=+-@\t\r"

// Escape puts a quote before a text that a spreadsheet would run. A text that already begins with quotes and then such a
// character gets one more, so that Unescape is its exact inverse.
func Escape(text string) string {
	if inner := strings.TrimLeft(text, "'"); inner != "" && strings.IndexByte(formula, inner[0]) >= 0 {
		return "'" + text
	}
	return text
}

// Unescape takes the quote away again.
func Unescape(cell string) string {
	if cell == "" || cell[0] != '\'' || Escape(cell) == cell {
		return cell
	}
	return cell[1:]
}
