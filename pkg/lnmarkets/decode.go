package lnmarkets

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
)

// maxExact is the largest whole number that a JavaScript server can send
// without losing digits.
const maxExact = 1 << 53

// whole is an integer amount that the server may write as 1000 or 1000.0, but
// not as 1000.5. null is zero.
type whole int64

// UnmarshalJSON implements json.Unmarshaler.
func (w *whole) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*w = whole(n)
		return nil
	}
	var f float64
	if err := exactjson.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("%s is not a number", b)
	}
	if f != math.Trunc(f) || math.Abs(f) > maxExact {
		return fmt.Errorf("%s is not a whole number", b)
	}
	*w = whole(f)
	return nil
}

// moment is a time as RFC 3339 or as integer milliseconds; null is the zero
// time.
type moment time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if ms, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*m = moment(time.UnixMilli(ms).UTC())
		return nil
	}
	var t time.Time
	if err := exactjson.Unmarshal(b, &t); err != nil {
		return fmt.Errorf("%s is not a time", b)
	}
	*m = moment(t.UTC())
	return nil
}

// unmarshal decodes exactly one JSON value that fills the body. Unknown fields
// are ignored, because the exchange adds some without notice; so are fields that
// differ from a known one in case alone.
func unmarshal(body []byte, out any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("empty body")
	}
	return exactjson.Unmarshal(body, out)
}
