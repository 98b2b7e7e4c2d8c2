package wal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LSN is a position in the log.
type LSN uint64

// ParseLSN reads the server's form, such as 0/3000028.
func ParseLSN(text string) (LSN, error) {
	high, low, ok := strings.Cut(text, "/")
	h, err1 := strconv.ParseUint(high, 16, 32)
	l, err2 := strconv.ParseUint(low, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%q is not a log position such as 0/3000028", text)
	}
	return LSN(h<<32 | l), nil
}

// String writes the position as the server does.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint64(l)>>32, uint64(l)&0xFFFFFFFF) }

// MarshalText lets positions stand in JSON as the server writes them.
func (l LSN) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (l *LSN) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLSN(string(text))
	return err
}

// epoch is where the server's timestamps begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// timestamp turns the server's microseconds into a time.
func timestamp(micros int64) time.Time {
	return epoch.Add(time.Duration(micros%1_000_000) * time.Microsecond).Add(time.Duration(micros/1_000_000) * time.Second)
}
