package models

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxSats is more than all bitcoin that there will be: a larger amount is a mistake.
const MaxSats = 21e14

// ErrNotCredible is a value that is well written and cannot be true.
var ErrNotCredible = errors.New("out of range")

// ParseTime reads a time as files and flags write it: RFC 3339, a date, or the server's own form in UTC. It is UTC, in the
// server's precision. A year before 1970 or after 2200 is ErrNotCredible.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		at, err := time.ParseInLocation(layout, text, time.UTC)
		if err != nil {
			continue
		}
		at = at.UTC().Truncate(time.Microsecond)
		if at.Year() < 1970 || at.Year() > 2200 {
			return at, ErrNotCredible
		}
		return at, nil
	}
	return time.Time{}, errors.New("not a time")
}

// ParseNumber reads a decimal number, with an exponent if need be. The other notations of programmers are no numbers, and
// neither are NaN and infinity. More than MaxSats is ErrNotCredible.
func ParseNumber(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, errors.New("not a number")
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errors.New("not a number")
	}
	if math.Abs(f) > MaxSats {
		return f, ErrNotCredible
	}
	return f, nil
}
