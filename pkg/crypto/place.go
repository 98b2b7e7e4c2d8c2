package crypto

import (
	"fmt"
	"strings"
)

// Place is where a value is stored. Only the format v2 looks at it: there it is
// part of what is authenticated, so a value copied to another row, user or
// field does not open.
type Place struct {
	Table string
	Row   string // id of the row
	User  string // id of the user the row belongs to
	Field string // name in the credentials object as stored; "" when one text is the whole object
}

// Of is the place of one field of the object that is stored at p.
func (p Place) Of(field string) Place {
	p.Field = field
	return p
}

// check refuses a place that would not be unmistakable once its parts are joined.
func (p Place) check() error {
	if p.Table == "" || p.Row == "" || p.User == "" {
		return fmt.Errorf("%w: table, row and user are needed", ErrPlace)
	}
	if strings.ContainsRune(p.Table+p.Row+p.User+p.Field, 0) {
		return fmt.Errorf("%w: a part contains the character NUL", ErrPlace)
	}
	return nil
}
