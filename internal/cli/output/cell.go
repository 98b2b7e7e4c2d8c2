package output

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/rowfile"
)

// none stands for null in tables.
const none = "–"

// stamp is the form of every time in machine output: RFC 3339, UTC, up to microseconds.
const stamp = "2006-01-02T15:04:05.999999Z"

// Time is an instant that marshals as RFC 3339 in UTC with Z.
type Time time.Time

// MarshalJSON writes RFC 3339 in UTC, and null for what has no such form.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.known() {
		return []byte("null"), nil
	}
	return []byte(`"` + t.String() + `"`), nil
}

func (t Time) String() string {
	if !t.known() {
		return ""
	}
	return time.Time(t).UTC().Format(stamp)
}

// known is false for a time that was not there or cannot be read, and for years that RFC 3339 does not have.
func (t Time) known() bool {
	at := time.Time(t)
	return !at.IsZero() && at.UTC().Year() >= 0 && at.UTC().Year() <= 9999
}

// At wraps a time for a view.
func At(t time.Time) Time { return Time(t) }

// AtPtr wraps an optional time for a view; nil stays null.
func AtPtr(t *time.Time) *Time {
	if t == nil {
		return nil
	}
	v := Time(*t)
	return &v
}

// Ref is an id that points to something a person knows by name.
type Ref struct{ ID, Name string }

// RefTo points to what has this id; nil stays null.
func RefTo(id *string) *Ref {
	if id == nil {
		return nil
	}
	return &Ref{ID: *id}
}

// MarshalJSON writes the id.
func (r Ref) MarshalJSON() ([]byte, error) { return json.Marshal(r.ID) }

// Name formats a column of Refs by name, and by id where there is none.
func Name(v any) string {
	r, _ := v.(Ref)
	return cmp.Or(r.Name, r.ID)
}

// cell renders a value for a person.
func (p *Printer) cell(v any, c Column) string {
	if v == nil {
		return none
	}
	if c.Format != nil {
		return streams.Visible(c.Format(v))
	}
	switch x := v.(type) {
	case Time:
		if !x.known() {
			return none
		}
		if p.s.OutTerminal() && p.now != nil {
			return Ago(p.now().Sub(time.Time(x)))
		}
		return time.Time(x).UTC().Format("2006-01-02T15:04:05Z")
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case float64:
		return Number(x)
	case string:
		return streams.Visible(x)
	case []string:
		if len(x) == 0 {
			return none
		}
		return streams.Visible(strings.Join(x, ", "))
	}
	return streams.Visible(plain(v))
}

// Number renders a float the way a person writes it: no exponent, no trailing zeros, at most 8 decimals.
func Number(x float64) string {
	if math.Trunc(x) == x && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	s := strconv.FormatFloat(x, 'f', 8, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// Ago renders a distance in time in one unit: "3m ago", "in 2h", "41d ago".
func Ago(d time.Duration) string {
	future := d < 0
	d = d.Abs()
	var text string
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		text = strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		text = strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		text = strconv.Itoa(int(d/time.Hour)) + "h"
	default:
		text = strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	if future {
		return "in " + text
	}
	return text + " ago"
}

// plain renders a value as csv holds it: scalars bare, null empty, anything nested as compact JSON.
func plain(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case Time:
		return x.String()
	case Ref:
		return x.ID
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return strconv.FormatInt(rv.Int(), 10)
	case rv.CanUint():
		return strconv.FormatUint(rv.Uint(), 10)
	case rv.Kind() == reflect.String:
		return rv.String()
	case (rv.Kind() == reflect.Slice || rv.Kind() == reflect.Map) && rv.IsNil():
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// csvCell is plain with a quote before anything that a spreadsheet would run as a formula. Numbers are not
// text and stay as they are.
func (p *Printer) csvCell(v any) string {
	text := plain(v)
	if text == "" || numeric(v) {
		return text
	}
	return rowfile.Escape(p.shown(text))
}

// shown is text as it is for a program, and of one line and harmless on a terminal.
func (p *Printer) shown(text string) string {
	if p.s.OutTerminal() {
		return streams.Visible(text)
	}
	return text
}

func numeric(v any) bool {
	if v == nil {
		return false
	}
	rv := reflect.ValueOf(v)
	return rv.CanInt() || rv.CanUint() || rv.CanFloat()
}

// Optional is nil for a zero value, so that it prints as null.
func Optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
