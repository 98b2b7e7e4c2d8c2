package admin

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/rowfile"
)

// Any file is read to its end row by row: a row is refused with a reason that holds no secret, or fit for the database.
func FuzzImportUsers(f *testing.F) {
	f.Add("email,username,preferences,created_at\na@b.co,ana,\"{\"\"x\"\":1}\",2026-08-12\n")
	f.Add(`{"email":"a@b.co","username":"ana","is_active":true,"login_attempts":3,"last_login_ip":"::1","preferences":{"a":[1]}}`)
	f.Add("email,username,password\na@b.co,ana,\"s3cret\n")
	f.Add("sep=;\nid;email;username;locked_until\n=1;a@b.co;ana;infinity\n")
	s := &Service{}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := rowfile.NewReader(strings.NewReader(text), rowfile.Options{
			Columns: ImportColumns(), Needed: []string{"email", "username"}, Secret: ImportSecrets(),
		})
		for err == nil {
			var row rowfile.Row
			if row, err = r.Read(); err != nil {
				break
			}
			in := ImportRow{Line: row.Line, Values: row.Fields, Text: row.Text}
			if row.Wrong != "" {
				in.Err = errors.New(row.Wrong)
			}
			c, wrong := s.candidate(in)
			if secret := row.Fields["password"]; wrong != nil {
				require.NotEmpty(t, wrong.Error())
				if secret != nil && len(*secret) > 30 {
					require.NotContains(t, wrong.Error()+row.Text, *secret)
				}
				continue
			}
			require.Contains(t, c.row.Email, "@")
			require.NoError(t, checkUsername(c.row.Username))
			if c.row.Preferences != nil {
				require.NoError(t, checkPreferences([]byte(*c.row.Preferences)))
			}
		}
		if !errors.Is(err, io.EOF) {
			require.ErrorAs(t, err, new(*rowfile.FormatError))
		}
	})
}
