package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
)

// cursor is the key of the last row seen. It carries its sort order, because
// with another one it would point to a random place.
type cursor struct {
	Sort  string  `json:"s"`
	Value *string `json:"v"`
	ID    string  `json:"i"`
}

// A cursor is copied by hand from one command to the next, so it is packed: a number for the kind of value, two bytes of
// a checksum of the sort order, the value, the id. A value with which it would be longer than longestCursor is left out
// and read from its row. Cursors of earlier versions are JSON; their first byte is a brace.
const (
	cursorNull  = 1 + iota
	cursorTime  // 8 bytes, microseconds since 1970 in UTC
	cursorText  // one byte of length, the text
	cursorOfRow // none: as the row with the id has it
	cursorEvent // of a timeline
)

const (
	longestCursor = 45 // bytes, which are 60 characters
	stampLayout   = "2006-01-02 15:04:05.999999"
)

func (c cursor) encode() string {
	sum := binary.BigEndian.AppendUint16(nil, sortSum(c.Sort))
	id := packID(c.ID)
	var b []byte
	switch {
	case c.Value == nil:
		b = append([]byte{cursorNull}, sum...)
	case micros(*c.Value) != nil:
		b = append(append([]byte{cursorTime}, sum...), micros(*c.Value)...)
	case len(sum)+2+len(*c.Value)+len(id) <= longestCursor:
		b = append(append(append([]byte{cursorText}, sum...), byte(len(*c.Value))), *c.Value...)
	default:
		b = append([]byte{cursorOfRow}, sum...)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, id...))
}

func sortSum(sort string) uint16 { return uint16(crc32.ChecksumIEEE([]byte(sort))) }

// micros packs a time that is written exactly as stamp does; nil for any other text.
func micros(text string) []byte {
	t, err := time.Parse(stampLayout, text)
	if err != nil || stamp(t) != text {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixMicro()))
}

// packID writes a uuid as its 16 bytes, behind a one when the first is zero, and any other id behind a zero.
func packID(id string) []byte {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err == nil && len(raw) == 16 && uuidOf(raw) == id {
		if raw[0] == 0 {
			return append([]byte{1}, raw...)
		}
		return raw
	}
	return append([]byte{0}, id...)
}

func uuidOf(raw []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

func unpackID(raw []byte) string {
	switch {
	case len(raw) > 0 && raw[0] == 0:
		return string(raw[1:])
	case len(raw) == 16:
		return uuidOf(raw)
	case len(raw) == 17 && raw[0] == 1:
		return uuidOf(raw[1:])
	}
	return ""
}

// cursorOf reads a cursor for a list in the order sort. Of returns the value of the column of a row.
func cursorOf(ctx context.Context, text, sort string, orders []string, of func(ctx context.Context, id string) (*string, error)) (*cursor, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < 4 {
		return nil, badCursor(text)
	}
	if raw[0] == '{' {
		c := &cursor{}
		if exactjson.Unmarshal(raw, c) != nil || c.ID == "" || !storable(c.ID, models.Deref(c.Value)) {
			return nil, badCursor(text)
		}
		if c.Sort != sort {
			return nil, otherOrder(text, c.Sort)
		}
		return c, nil
	}
	kind, sum, rest := raw[0], binary.BigEndian.Uint16(raw[1:3]), raw[3:]
	if sum != sortSum(sort) {
		for _, order := range orders {
			if sum == sortSum(order) {
				return nil, otherOrder(text, order)
			}
		}
		return nil, badCursor(text)
	}
	c := &cursor{Sort: sort}
	switch {
	case kind == cursorNull, kind == cursorOfRow:
	case kind == cursorTime && len(rest) > 8:
		c.Value = new(stamp(time.UnixMicro(int64(binary.BigEndian.Uint64(rest)))))
		rest = rest[8:]
	case kind == cursorText && len(rest) > int(rest[0])+1:
		c.Value = new(string(rest[1 : 1+rest[0]]))
		rest = rest[1+rest[0]:]
	default:
		return nil, badCursor(text)
	}
	if kind == cursorTime && micros(*c.Value) == nil {
		return nil, badCursor(text)
	}
	if c.ID = unpackID(rest); c.ID == "" || !storable(c.ID, models.Deref(c.Value)) {
		return nil, badCursor(text)
	}
	if kind == cursorOfRow {
		if c.Value, err = of(ctx, c.ID); errors.Is(err, ErrNotFound) {
			return nil, &ArgumentError{Name: "cursor", Value: text, Rule: "the row that it points to is gone; begin the list again"}
		}
	}
	return c, err
}

// timelineCursor is the last event seen. Only payments have several events with one id, which the action tells apart.
type timelineCursor struct {
	At     string `json:"t"`
	Source string `json:"s"`
	Action string `json:"a"`
	ID     string `json:"i"`
}

func (c timelineCursor) encode() string {
	if micros(c.At) == nil { // infinite, or of a year that is none of ours
		raw, err := json.Marshal(c)
		if err != nil { // text always encodes
			return ""
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	b := append([]byte{cursorEvent}, micros(c.At)...)
	b = append(b, byte(slices.Index(Sources(), c.Source)), byte(slices.Index(paymentEvents(), c.Action)+1))
	return base64.RawURLEncoding.EncodeToString(append(b, packID(c.ID)...))
}

// oddTime are the times of PostgreSQL that are not packed.
var oddTime = regexp.MustCompile(`^(-?infinity|\d{4,6}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?( BC)?)$`)

func timelineCursorOf(text string) (*timelineCursor, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < 12 {
		return nil, badCursor(text)
	}
	c := &timelineCursor{}
	if raw[0] == '{' {
		if exactjson.Unmarshal(raw, c) != nil || c.ID == "" || micros(c.At) == nil && !oddTime.MatchString(c.At) || !storable(c.ID, c.Source, c.Action) {
			return nil, badCursor(text)
		}
		return c, nil
	}
	source, action := int(raw[9]), int(raw[10])
	if raw[0] != cursorEvent || source >= len(Sources()) || action > len(paymentEvents()) {
		return nil, badCursor(text)
	}
	c.At = stamp(time.UnixMicro(int64(binary.BigEndian.Uint64(raw[1:9]))))
	c.Source, c.ID = Sources()[source], unpackID(raw[11:])
	if action > 0 {
		c.Action = paymentEvents()[action-1]
	}
	if c.ID == "" || micros(c.At) == nil || !storable(c.ID) {
		return nil, badCursor(text)
	}
	return c, nil
}

// storable reports whether the server takes texts: it refuses what is not UTF-8, and zero bytes.
func storable(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, 0) })
}

func badCursor(s string) error {
	return &ArgumentError{Name: "cursor", Value: s, Rule: "take it unchanged from next_cursor of the page before"}
}

func otherOrder(s, sort string) error {
	return &ArgumentError{Name: "cursor", Value: s, Rule: "it belongs to a list sorted by " + sort}
}
