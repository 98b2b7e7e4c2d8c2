package models

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// Texts is a text[] column. Nil is NULL and differs from an empty list. gorm
// expands a plain []string into a record, which the server refuses.
type Texts []string

// GormDataType implements gorm's schema.GormDataTypeInterface.
func (Texts) GormDataType() string { return "text[]" }

// Value implements driver.Valuer.
func (a Texts) Value() (driver.Value, error) {
	if a == nil {
		return nil, nil
	}
	// A new map per call: pgtype.Map is not safe for concurrent use.
	raw, err := pgtype.NewMap().Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, []string(a), nil)
	return string(raw), err
}

// Dimensions implements pgtype.ArrayGetter, with Index and IndexType: pgx then sends the elements as they are. By way of
// Value it would parse the text of the whole array again, which was a third of the work of rewriting many rows.
func (a Texts) Dimensions() []pgtype.ArrayDimension { return pgtype.FlatArray[string](a).Dimensions() }

// Index implements pgtype.ArrayGetter.
func (a Texts) Index(i int) any { return a[i] }

// IndexType implements pgtype.ArrayGetter.
func (Texts) IndexType() any { return "" }

// Scan implements sql.Scanner. A NULL element is an error: no writer of these
// columns makes one, and "" would be a different value.
func (a *Texts) Scan(v any) error {
	switch x := v.(type) {
	case nil:
		*a = nil
		return nil
	case string:
		return pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, []byte(x), (*[]string)(a))
	case []byte:
		return pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, x, (*[]string)(a))
	default:
		return fmt.Errorf("Texts: unexpected %T", v)
	}
}
