package user

import (
	"errors"
	"io"
	"iter"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/rowfile"
)

// rowsOf reads users from a file, one at a time.
func rowsOf(in io.Reader, o rowfile.Options) (iter.Seq2[admin.ImportRow, error], error) {
	o.Columns, o.Needed, o.Secret = admin.ImportColumns(), []string{"email", "username"}, admin.ImportSecrets()
	r, err := rowfile.NewReader(in, o)
	if err != nil {
		return nil, err
	}
	return func(yield func(admin.ImportRow, error) bool) {
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			user := admin.ImportRow{Line: row.Line, Values: row.Fields, Text: row.Text}
			if row.Wrong != "" {
				user.Err = errors.New(row.Wrong)
			}
			if !yield(user, err) || err != nil {
				return
			}
		}
	}, nil
}
