// Package exactjson decodes JSON that others wrote: the exchange, Lightning nodes,
// the web application's columns, files that people made. The names of fields are
// matched exactly. encoding/json also takes a field whose name differs in case
// alone, so that a new field "Margin" would replace "margin"; here it is one of the
// unknown fields, which change nothing. A name that comes twice in one object is an
// error, because nobody can say which of the two is meant.
//
// It knows nothing of what is decoded. A test of the architecture keeps the
// decoders of encoding/json out of the rest of the program.
package exactjson

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// ErrCut is a text that ends in the middle of its value.
var ErrCut = errors.New("json is cut short")

// rules are those of encoding/json for everything but names.
func rules() json.Options {
	return json.JoinOptions(
		jsonv1.DefaultOptionsV1(),
		json.MatchCaseInsensitiveNames(false),
		jsonv1.MatchCaseSensitiveDelimiter(true),
		// The first error ends it, and says where in the text it is.
		jsonv1.ReportErrorsWithLegacySemantics(false),
		jsontext.AllowDuplicateNames(false),
	)
}

// Unmarshal decodes the one value that data consists of into the value out points
// to. Fields that out does not have are ignored. Text that ends too early is ErrCut.
func Unmarshal(data []byte, out any) error { return cut(json.Unmarshal(data, out, rules())) }

// Strict is Unmarshal that refuses fields that out does not have.
func Strict(data []byte, out any) error {
	return cut(json.Unmarshal(data, out, rules(), json.RejectUnknownMembers(true)))
}

// Read decodes the one value that r holds. How much is read is the caller's to bound.
func Read(r io.Reader, out any) error { return cut(json.UnmarshalRead(r, out, rules())) }

// Storable tells why the database would refuse a text as jsonb: half of a surrogate pair, the character NUL, a name that
// comes twice. Nil is "it takes it".
func Storable(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return cut(err)
		case token.Kind() == '"' && strings.ContainsRune(token.String(), 0):
			return errors.New("the database cannot store the character \\u0000")
		}
	}
}

// Member is a field of an object: its value as it is written.
type Member struct{ Name, Raw string }

// Members takes the object that a text consists of apart. The values are parts of the text, so that a long one is in
// memory once. Text that is no UTF-8 is left to Text.
func Members(text string) (all []Member, err error) {
	d := jsontext.NewDecoder(bytes.NewBufferString(text), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	for begun := false; !begun || d.PeekKind() != '}'; begun = true {
		token, err := d.ReadToken() // the brace, or a name
		if err != nil {
			return nil, cut(err)
		}
		if !begun {
			continue
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, cut(err)
		}
		end := d.InputOffset()
		all = append(all, Member{name, text[end-int64(len(value)) : end]})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, cut(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errors.New("text follows the object"), err)
	}
	return all, nil
}

// Text is the text that a JSON string stands for. Half of a surrogate pair, and what is no UTF-8, is an error.
func Text(raw string) (string, error) {
	if len(raw) > 1 && strings.IndexByte(raw, '\\') < 0 {
		if text := raw[1 : len(raw)-1]; utf8.ValidString(text) {
			return text, nil
		}
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	return string(text), err
}

// Each is a list, or the field of a list, whose elements are given to Take one after the other: the whole of it is never
// in memory. An error of Take ends the reading.
type Each[T any] struct{ Take func(T) error }

// UnmarshalJSONFrom reads the list.
func (e *Each[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '[' {
		return json.UnmarshalDecode(d, new([]T)) // its error says what is there instead
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		var v T
		if err := json.UnmarshalDecode(d, &v); err != nil {
			return err
		}
		if err := e.Take(v); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCut
	}
	return err
}
