package models

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/axisor/axisor/pkg/exactjson"
)

// JSON is a jsonb column. Nil is NULL; the JSON value null is the text "null".
// The server reorders keys and drops blanks, so never compare the bytes.
type JSON json.RawMessage

// NewJSON encodes a value.
func NewJSON(v any) (JSON, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return JSON(raw), nil
}

// Value implements driver.Valuer.
func (j JSON) Value() (driver.Value, error) {
	if len(j) == 0 {
		return nil, nil
	}
	if !json.Valid(j) {
		return nil, errors.New("not valid JSON")
	}
	return string(j), nil
}

// Scan implements sql.Scanner.
func (j *JSON) Scan(v any) error {
	switch x := v.(type) {
	case nil:
		*j = nil
	case []byte:
		*j = append(JSON(nil), x...) // the driver reuses its buffer
	case string:
		*j = JSON(x)
	default:
		return fmt.Errorf("JSON: unexpected %T", v)
	}
	return nil
}

// MarshalJSON implements json.Marshaler; NULL becomes null.
func (j JSON) MarshalJSON() ([]byte, error) {
	if len(j) == 0 {
		return []byte("null"), nil
	}
	return j, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *JSON) UnmarshalJSON(raw []byte) error {
	*j = append(JSON(nil), raw...)
	return nil
}

// Decode fills v. A NULL column leaves v as it is.
func (j JSON) Decode(v any) error {
	if len(j) == 0 {
		return nil
	}
	return exactjson.Unmarshal(j, v)
}

// IsObject reports whether the value is a JSON object.
func (j JSON) IsObject() bool {
	var m map[string]json.RawMessage
	return exactjson.Unmarshal(j, &m) == nil && m != nil
}
