// Package tradefile owns the files that trade logs come from: csv with a header line and jsonl, row by row in bounded
// memory, with every wrong row named by its line and the reason. It knows no database and no command.
package tradefile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/models"
)

// Formats of files.
const (
	CSV   = "csv"
	JSONL = "jsonl"
)

// maxLine bounds one row: a wrong file must not fill the memory.
const maxLine = 1 << 20

// Columns are the fields of a row. The needed ones are user_id, trade_id, status and executed_at.
func Columns() []string {
	return []string{
		"id", "user_id", "automation_id", "trade_id", "status", "action", "plan_type", "pnl", "amount", "price", "error_message",
		"executed_at", "created_at",
	}
}

// Row is a row as text, before it is understood: nil is null.
type Row struct {
	Line   int64
	Fields map[string]*string
	Text   string // the whole line when it could not be taken apart
}

// Rejected is a wrong row.
type Rejected struct {
	Row    Row
	Reason string
}

// FormatError says that the file is none of ours.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return e.Reason }

// Reader reads trade logs.
type Reader struct {
	next   func() (Row, string, error) // a row, why it is wrong, and io.EOF at the end
	reject func(Rejected) error
}

// New prepares a reader. An empty format is found out from the first character. Wrong rows go to reject.
func New(in io.Reader, format string, reject func(Rejected) error) (*Reader, error) {
	b := bufio.NewReaderSize(in, 64<<10)
	if bom, err := b.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	}
	if format == "" {
		format = CSV
		if head, err := b.Peek(1); err == nil && head[0] == '{' {
			format = JSONL
		}
	}
	r := &Reader{reject: reject}
	if format == JSONL {
		r.next = lines(b)
		return r, nil
	}
	next, err := cells(b)
	r.next = next
	return r, err
}

// Read returns the next good row and its line, or io.EOF.
func (r *Reader) Read() (int64, models.TradeLog, error) {
	for {
		row, reason, err := r.next()
		if err != nil {
			return 0, models.TradeLog{}, err
		}
		var trade models.TradeLog
		if reason == "" {
			if trade, reason = understand(row); reason == "" {
				return row.Line, trade, nil
			}
		}
		if err := r.reject(Rejected{row, reason}); err != nil {
			return 0, trade, err
		}
	}
}

// cells reads csv.
func cells(b *bufio.Reader) (func() (Row, string, error), error) {
	c := csv.NewReader(b)
	c.ReuseRecord = true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return func() (Row, string, error) { return Row{}, "", io.EOF }, nil
	}
	if err != nil {
		return nil, &FormatError{"the header line is no csv: " + err.Error()}
	}
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.TrimSpace(h)
		known := slices.Contains(Columns(), names[i]) || names[i] == "line" || names[i] == "reason" // of a rejects file
		if !known || slices.Contains(names[:i], names[i]) {
			return nil, &FormatError{fmt.Sprintf("unknown or repeated column %q in the header line", h)}
		}
	}
	return func() (Row, string, error) {
		record, err := c.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := c.FieldPos(0)
			return Row{Line: int64(line), Text: strings.Join(record, ",")}, fmt.Sprintf("it has %d cells and the header has %d", len(record), len(names)), nil
		case errors.As(err, &bad):
			return Row{Line: int64(bad.StartLine)}, "it is no csv: " + bad.Err.Error(), nil
		case err != nil:
			return Row{}, "", err
		}
		line, _ := c.FieldPos(0)
		row := Row{Line: int64(line), Fields: make(map[string]*string, len(names))}
		kept := make([]string, len(record)) // one piece of memory for all cells; the reader takes record back
		for i, cell := range record {
			if cell != "" {
				kept[i] = plain(cell)
				row.Fields[names[i]] = &kept[i]
			}
		}
		return row, "", nil
	}, nil
}

// plain takes away the quote that an export puts before what a spreadsheet would run as a formula.
func plain(cell string) string {
	if cell[0] != '\'' {
		return cell
	}
	if rest := strings.TrimLeft(cell, "'"); rest != "" && strings.ContainsRune("=+-@\t\r", rune(rest[0])) {
		return cell[1:]
	}
	return cell
}

// lines reads jsonl.
func lines(b *bufio.Reader) func() (Row, string, error) {
	var n int64
	return func() (Row, string, error) {
		for {
			n++
			raw, err := readLine(b)
			switch {
			case errors.Is(err, bufio.ErrTooLong):
				return Row{Line: n}, fmt.Sprintf("the line has more than %d bytes", maxLine), nil
			case err != nil:
				return Row{}, "", err
			case len(bytes.TrimSpace(raw)) == 0:
				continue
			}
			row := Row{Line: n}
			var fields map[string]any
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.UseNumber() // numbers keep their digits
			if err := dec.Decode(&fields); err != nil || fields == nil || dec.More() {
				row.Text = string(raw)
				return row, "it is no JSON object", nil //nolint:nilerr // a wrong row is told, not an end
			}
			row.Fields = make(map[string]*string, len(fields))
			for name, v := range fields {
				switch x := v.(type) {
				case nil:
				case string:
					row.Fields[name] = &x
				case json.Number:
					row.Fields[name] = new(x.String())
				default:
					row.Text = string(raw)
					return row, fmt.Sprintf("%s is neither text nor number", name), nil
				}
			}
			return row, "", nil
		}
	}
}

func readLine(b *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if len(long) <= maxLine {
				long = append(long, part...)
			}
			continue
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(part)+len(long) == 0) {
			return nil, err
		}
		if len(long)+len(part) > maxLine {
			return nil, bufio.ErrTooLong
		}
		if long != nil {
			return append(long, part...), nil
		}
		return part, nil
	}
}

// understand turns text into a trade log, or says why it is none.
func understand(row Row) (models.TradeLog, string) {
	var t models.TradeLog
	get := func(name string) string { return models.Deref(row.Fields[name]) }
	for name, v := range row.Fields {
		if v != nil && (!utf8.ValidString(*v) || strings.ContainsRune(*v, 0)) {
			return t, name + " holds what is no text"
		}
	}
	for _, name := range []string{"user_id", "trade_id", "status", "executed_at"} {
		if get(name) == "" {
			return t, name + " is missing"
		}
	}
	t.ID, t.UserID, t.TradeID, t.Status = get("id"), get("user_id"), get("trade_id"), models.TradeStatus(get("status"))
	t.AutomationID, t.Action, t.ErrorMessage = row.Fields["automation_id"], row.Fields["action"], row.Fields["error_message"]
	if !t.Status.Valid() {
		return t, fmt.Sprintf("status %q is unknown", t.Status)
	}
	if plan := row.Fields["plan_type"]; plan != nil {
		t.PlanType = new(models.PlanType(*plan))
		if !t.PlanType.Valid() {
			return t, fmt.Sprintf("plan_type %q is unknown", *plan)
		}
	}
	for name, to := range map[string]**float64{"pnl": &t.PnL, "amount": &t.Amount, "price": &t.Price} {
		text := row.Fields[name]
		if text == nil {
			continue
		}
		f, err := models.ParseNumber(*text)
		switch {
		case errors.Is(err, models.ErrNotCredible):
			return t, fmt.Sprintf("%s %q is more than all bitcoin", name, *text)
		case err != nil:
			return t, fmt.Sprintf("%s %q is no finite number", name, *text)
		}
		*to = &f
	}
	var ok bool
	if t.ExecutedAt, ok = instant(get("executed_at")); !ok {
		return t, fmt.Sprintf("executed_at %q is no time between 1970 and 2200 such as 2026-08-12T09:30:00Z", get("executed_at"))
	}
	if text := get("created_at"); text != "" {
		if t.CreatedAt, ok = instant(text); !ok {
			return t, fmt.Sprintf("created_at %q is no time between 1970 and 2200 such as 2026-08-12T09:30:00Z", text)
		}
	}
	if t.ID == "" {
		t.ID = DerivedID(t)
	}
	return t, ""
}

// instant reads a time of these days.
func instant(text string) (time.Time, bool) {
	at, err := models.ParseTime(text)
	return at, err == nil
}
