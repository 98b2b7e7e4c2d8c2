package guard

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/rowfile"
)

// CandleError says what is wrong with a line of a price history.
type CandleError struct {
	Line int
	Rule string
}

func (e *CandleError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Rule) }

// column sorts the names under which a value may come. A history without high
// and low has one price per step.
func column(name string) string {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "time", "timestamp", "date", "open_time", "at":
		return "time"
	case "open", "high", "low", "close":
		return name
	case "price", "last_price", "lastprice":
		return "close"
	}
	return ""
}

// ReadCandles reads a price history, as a file that pkg/rowfile recognises: csv with a header, one JSON object a line,
// or one JSON array. Times may be RFC 3339 or Unix in seconds or milliseconds.
func ReadCandles(r io.Reader) ([]marginguard.Candle, error) {
	in, err := rowfile.Text(r)
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	first, err := firstByte(in)
	if errors.Is(err, io.EOF) {
		return nil, &CandleError{1, "there are no prices"}
	}
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	var list candleList
	switch first {
	case '[', '{':
		err = list.json(in, first == '[')
	default:
		err = list.csv(in)
	}
	if err != nil {
		return nil, err
	}
	return list.ordered()
}

// ordered turns a history round that runs backwards, as exchanges list it.
func (l *candleList) ordered() ([]marginguard.Candle, error) {
	if n := len(l.done); n > 1 && l.done[0].At.After(l.done[n-1].At) {
		slices.Reverse(l.done)
	}
	for i := 1; i < len(l.done); i++ {
		if !l.done[i].At.After(l.done[i-1].At) {
			return nil, &CandleError{i + 1, "times must all rise, or all fall"}
		}
	}
	return l.done, nil
}

func firstByte(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if b == ' ' || b == '\n' || b == '\r' || b == '\t' {
			continue
		}
		return b, in.UnreadByte()
	}
}

type candleList struct{ done []marginguard.Candle }

func (l *candleList) csv(in *bufio.Reader) error {
	rows, err := rowfile.NewCSV(in)
	if err != nil {
		return err
	}
	rows.TrimLeadingSpace = true
	header, err := rows.Next()
	if err != nil {
		return err
	}
	columns := make([]string, len(header.Cells))
	for i, name := range header.Cells {
		columns[i] = column(name)
	}
	if !slices.Contains(columns, "time") || !slices.Contains(columns, "close") {
		return &CandleError{1, "the header must name time and close (or price), and may name open, high and low"}
	}
	for {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case row.Wrong != "":
			return &CandleError{int(row.Line), row.Wrong}
		}
		values := map[string]string{}
		for i, v := range row.Cells {
			if columns[i] != "" {
				values[columns[i]] = v
			}
		}
		if err := l.add(int(row.Line), values); err != nil {
			return err
		}
	}
}

func (l *candleList) json(in io.Reader, array bool) error {
	d := json.NewDecoder(in)
	d.UseNumber()
	if array {
		if _, err := d.Token(); err != nil {
			return &CandleError{1, "is not JSON: " + err.Error()}
		}
	}
	for line := 1; ; line++ {
		if array && !d.More() {
			if _, err := d.Token(); err != nil {
				return &CandleError{line, "the array does not end"}
			}
			return nil
		}
		var object map[string]any
		err := d.Decode(&object)
		if errors.Is(err, io.EOF) && !array {
			return nil
		}
		if err != nil {
			return &CandleError{line, "is not a JSON object: " + err.Error()}
		}
		values := map[string]string{}
		for name, v := range object {
			if known := column(name); known != "" && v != nil {
				values[known] = fmt.Sprint(v)
			}
		}
		if err := l.add(line, values); err != nil {
			return err
		}
	}
}

func (l *candleList) add(line int, values map[string]string) error {
	at, err := candleTime(values["time"])
	if err != nil {
		return &CandleError{line, fmt.Sprintf("time %q is neither RFC 3339 nor Unix seconds or milliseconds", values["time"])}
	}
	c := marginguard.Candle{At: at}
	for _, f := range []struct {
		name string
		to   *float64
	}{{"close", &c.Close}, {"open", &c.Open}, {"high", &c.High}, {"low", &c.Low}} {
		*f.to = c.Close
		text, given := values[f.name]
		if !given {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(x > 0 && x < 1e8) {
			return &CandleError{line, fmt.Sprintf("%s %q is not a price", f.name, text)}
		}
		*f.to = x
	}
	switch {
	case c.Close == 0:
		return &CandleError{line, "there is no close"}
	case c.Low > min(c.Open, c.Close) || c.High < max(c.Open, c.Close):
		return &CandleError{line, "low and high do not enclose open and close"}
	}
	l.done = append(l.done, c)
	return nil
}

func candleTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if !(n >= 0 && n < 1e13) {
			return time.Time{}, errors.New("not a time of these centuries")
		}
		if n > 1e11 {
			return time.UnixMilli(int64(n)).UTC(), nil
		}
		return time.Unix(int64(n), 0).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(time.DateTime, text)
	}
	return at.UTC(), err
}
