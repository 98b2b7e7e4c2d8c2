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
// columns makes one, and "" would be a different value. The other elements are read
// even so.
func (a *Texts) Scan(v any) error {
	switch x := v.(type) {
	case nil:
		*a = nil
		return nil
	case string:
		return a.scan([]byte(x))
	case []byte:
		return a.scan(x)
	default:
		return fmt.Errorf("Texts: unexpected %T", v)
	}
}

func (a *Texts) scan(raw []byte) error {
	var elements []*string
	if err := pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, raw, &elements); err != nil {
		return err
	}
	*a = make(Texts, 0, len(elements))
	missing := 0
	for _, e := range elements {
		if e == nil {
			missing++
			continue
		}
		*a = append(*a, *e)
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d elements are NULL", missing, len(elements))
	}
	return nil
}
