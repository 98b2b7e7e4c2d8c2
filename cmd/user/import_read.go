package user

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/exactjson"
)

// maxLine bounds one JSON line, so that a file without line ends is not read whole.
const maxLine = 1 << 20

// ignoredColumns stand in the file of rejected rows, which can be mended and imported again.
var ignoredColumns = []string{"line", "reason"}

// rowsOf reads users from a file of either format, one at a time.
func rowsOf(in io.Reader, format string) (iter.Seq2[admin.ImportRow, error], error) {
	r := bufio.NewReaderSize(in, 64<<10)
	if bom, err := r.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3) // what was peeked is there
	}
	if format == "" {
		format = sniff(r)
	}
	if format == "jsonl" {
		return jsonRows(r), nil
	}
	return csvRows(r)
}

// sniff tells the formats apart by the first character: a header cannot begin with a brace.
func sniff(r *bufio.Reader) string {
	for n := 1; n <= 512; n++ {
		head, err := r.Peek(n)
		if err != nil {
			break
		}
		switch head[n-1] {
		case ' ', '\t', '\r', '\n':
			continue
		case '{':
			return "jsonl"
		}
		break
	}
	return "csv"
}

func csvRows(in io.Reader) (iter.Seq2[admin.ImportRow, error], error) {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return func(func(admin.ImportRow, error) bool) {}, nil
	}
	if err != nil {
		return nil, clierr.Usagef("line 1: the header cannot be read: %v", err)
	}
	columns := make([]string, len(header))
	for i, name := range header {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if err := checkColumns(columns); err != nil {
		return nil, err
	}
	return func(yield func(admin.ImportRow, error) bool) {
		for {
			record, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			row := admin.ImportRow{Values: make(map[string]*string, len(columns))}
			switch {
			case errors.Is(err, csv.ErrFieldCount):
				row.Err = fmt.Errorf("it has %d cells, the header has %d", len(record), len(columns))
			case err != nil: // a quote that is not closed swallows what follows, so there is no going on
				yield(row, clierr.New(clierr.Usage, "file_invalid", "the file is not valid csv: "+err.Error()))
				return
			}
			line, _ := r.FieldPos(0)
			row.Line = int64(line)
			for i := range min(len(record), len(columns)) {
				if slices.Contains(ignoredColumns, columns[i]) {
					continue
				}
				if record[i] == "" {
					row.Values[columns[i]] = nil
					continue
				}
				row.Values[columns[i]] = new(output.UnescapeCell(record[i]))
			}
			if !yield(row, nil) {
				return
			}
		}
	}, nil
}

// checkColumns refuses a header that cannot work before anything is read.
func checkColumns(columns []string) error {
	known := append(admin.ImportColumns(), ignoredColumns...)
	for i, name := range columns {
		if !slices.Contains(known, name) {
			return clierr.Usagef("line 1: unknown column %q", name).WithHint("use some of " + strings.Join(admin.ImportColumns(), ","))
		}
		if slices.Contains(columns[:i], name) {
			return clierr.Usagef("line 1: column %q is there twice", name)
		}
	}
	for _, name := range []string{"email", "username"} {
		if !slices.Contains(columns, name) {
			return clierr.Usagef("line 1: column %q is missing", name).WithHint("the first line names the columns, such as email,username,plan_type,password_hash")
		}
	}
	return nil
}

func jsonRows(in *bufio.Reader) iter.Seq2[admin.ImportRow, error] {
	return func(yield func(admin.ImportRow, error) bool) {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		n := int64(0)
		for lines.Scan() {
			n++
			text := bytes.TrimSpace(lines.Bytes())
			if len(text) == 0 {
				continue
			}
			if !yield(jsonRow(n, text), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(admin.ImportRow{}, clierr.New(clierr.Usage, "file_invalid", fmt.Sprintf("line %d: %v", n+1, err)))
		}
	}
}

func jsonRow(line int64, text []byte) admin.ImportRow {
	row := admin.ImportRow{Line: line, Values: map[string]*string{}}
	var all map[string]json.RawMessage
	if err := exactjson.Unmarshal(text, &all); err != nil || all == nil {
		row.Err = errors.New("it is not a JSON object")
		return row
	}
	known := admin.ImportColumns()
	for name, raw := range all {
		switch {
		case slices.Contains(ignoredColumns, name):
		case !slices.Contains(known, name):
			row.Err = fmt.Errorf("unknown field %q", name)
		case string(raw) == "null":
			row.Values[name] = nil
		case raw[0] == '"':
			var s string
			if err := exactjson.Unmarshal(raw, &s); err != nil {
				row.Err = fmt.Errorf("field %q is not text", name)
			}
			row.Values[name] = &s
		default:
			row.Values[name] = new(string(raw))
		}
	}
	return row
}
