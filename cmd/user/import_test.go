package user_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

func write(t *testing.T, p *clitest.Program, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600))
}

func counts(v map[string]any) [5]float64 {
	var out [5]float64
	for i, name := range []string{"created", "updated", "unchanged", "skipped", "rejected"} {
		out[i] = v[name].(float64)
	}
	return out
}

func TestImport_CSV(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	hash, err := crypto.HashPasswordCost(secret.New(password), 4)
	require.NoError(t, err)
	hash = strings.Replace(hash, "$2a$", "$2b$", 1)
	write(t, p, "users.csv", "\xef\xbb\xbfUsername, email ,plan_type,password_hash,preferences\n"+
		"ana,Ana@Example.com,pro,"+hash+",\"{\"\"theme\"\":\"\"dark\"\"}\"\n"+
		"'=cmd,formula@example.com,,,\n"+ // the quote that a spreadsheet needs
		"ab,short@example.com,,,\n"+
		"bad,nobody,,,\n"+
		"odd,odd@example.com,gold,,\n"+
		"few,few@example.com\n"+
		"hash,hash@example.com,,not-a-hash,\n"+
		"json,json@example.com,,,[1]\n"+
		"bob,bob@example.com,,,\n")
	dry := p.Run("user", "import", "users.csv", "--dry-run", "-o", "json")
	require.Equal(t, 7, dry.Code)
	require.Equal(t, [5]float64{3, 0, 0, 0, 6}, counts(dry.JSON()))
	require.Equal(t, true, dry.JSON()["dry_run"])
	require.Empty(t, p.OK("user", "list", "-o", "json").Items())

	r := p.Run("user", "import", "users.csv", "--rejects", "bad.csv", "-o", "json")
	require.Equal(t, 7, r.Code, r.Stderr)
	require.Equal(t, "rows_rejected", r.Error()["code"])
	require.Equal(t, [5]float64{3, 0, 0, 0, 6}, counts(r.JSON()))
	u := row(t, db, "ana@example.com")
	require.Equal(t, models.PlanPro, u.PlanType)
	require.Equal(t, hash, *u.PasswordHash)
	require.Equal(t, "=cmd", row(t, db, "formula@example.com").Username)

	raw, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	bad, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	require.NoError(t, err)
	require.Len(t, bad, 7)
	for i, want := range [][2]string{
		{"4", "3 to 50 characters"}, {"5", "not an e-mail"}, {"6", "no such plan"}, {"7", "2 cells"}, {"8", "not a bcrypt hash"}, {"9", "JSON object"},
	} {
		require.Equal(t, want[0], bad[i+1][0])
		require.Contains(t, bad[i+1][1], want[1])
	}
	require.NotContains(t, string(raw), "not-a-hash")
	info, err := os.Stat(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	entry := p.OK("audit", "list", "--action", "user.import", "-o", "json").Items()
	require.Len(t, entry, 1)
	require.EqualValues(t, 3, entry[0]["new_values"].(map[string]any)["created"])
	require.NotContains(t, p.OK("audit", "list", "--all", "-o", "json").Stdout, hash[:20])

	// the mended file goes in as it is
	mended := strings.ReplaceAll(string(raw), "nobody", "somebody@example.com")
	write(t, p, "mended.csv", mended)
	require.Equal(t, [5]float64{3, 0, 0, 0, 3}, counts(p.Run("user", "import", "mended.csv", "-o", "json").JSON()), "few has all its cells now, hash has none")
}

// A sheet that Excel saved in the encoding of Windows has names that are no UTF-8: such rows are told, and no others.
func TestImport_FromASpreadsheet(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	sheet := "sep=;\r\nMail;Nick;Phone;plan_type\r\nana@example.com;ana;+49 1;pro\r\njose@example.com;jos\xe9;;\r\n;;;\r\n"
	require.Contains(t, p.Input(sheet).Fails(2, "user", "import", "-").Stderr, `unknown column "mail"`)
	args := []string{"user", "import", "-", "--map", "mail=email", "--map", "nick=username,phone=-", "--rejects", "bad.csv", "-o", "json"}
	r := p.Input(sheet).Run(args...)
	require.Equal(t, 7, r.Code, r.Stderr)
	require.Equal(t, [5]float64{1, 0, 0, 0, 1}, counts(r.JSON()))
	raw, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	require.Contains(t, string(raw), "4,username is not UTF-8 text")
	require.True(t, utf8.Valid(raw))
	bad := strings.Replace(string(raw), ",jose@example.com,,", ",jose@example.com,josé,", 1)
	require.NotEqual(t, string(raw), bad)
	r = p.Input(bad).Run(append(args[:len(args)-4:len(args)-4], "-o", "json")...)
	require.Equal(t, [5]float64{1, 0, 0, 0, 0}, counts(r.JSON()), r.Stderr)
	require.Contains(t, p.Input("PK\x03\x04").Fails(2, "user", "import", "-").Stderr, "xlsx")
}

func TestImport_OnConflict(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana", "--plan", "pro", "--preferences", `{"a":1}`)
	create(p, "bob")
	write(t, p, "u.jsonl", `{"email":"ANA@example.com","username":"anna","is_active":false,"preferences":null}
{"email":"new@example.com","username":"newbie"}
{"email":"thief@example.com","username":"bob"}
{"email":"new@example.com","username":"newer"}
`)
	e := p.Fails(4, "user", "import", "u.jsonl", "-o", "json").Error()
	require.Equal(t, "user_exists", e["code"])
	require.Contains(t, e["message"], "line 1")
	require.Len(t, p.OK("user", "list", "-o", "json").Items(), 2, "nothing of the batch")

	r := p.Run("user", "import", "u.jsonl", "--on-conflict", "skip", "-o", "json")
	require.Equal(t, 7, r.Code)
	require.Equal(t, [5]float64{1, 0, 0, 2, 1}, counts(r.JSON()), "the second new@ meets the first")
	require.Equal(t, "ana", row(t, db, "ana@example.com").Username)

	r = p.Run("user", "import", "u.jsonl", "--on-conflict", "update", "-o", "json")
	require.Equal(t, 7, r.Code)
	require.Equal(t, [5]float64{0, 2, 1, 0, 1}, counts(r.JSON()))
	u := row(t, db, "ana@example.com")
	require.Equal(t, "anna", u.Username)
	require.False(t, u.Active())
	require.Nil(t, u.Preferences)
	require.Equal(t, models.PlanPro, u.PlanType, "not named, so kept")
	require.Equal(t, "newer", row(t, db, "new@example.com").Username, "the later row wins")
	entry := p.OK("audit", "list", "--user", "anna", "--action", "user.import", "-o", "json").Items()
	require.Len(t, entry, 1)
	require.Equal(t, "ana", entry[0]["old_values"].(map[string]any)["username"])
	require.Equal(t, "anna", entry[0]["new_values"].(map[string]any)["username"])
	again := counts(p.Run("user", "import", "u.jsonl", "--on-conflict", "update", "--dry-run", "-o", "json").JSON())
	require.Equal(t, [5]float64{0, 2, 1, 0, 1}, again, "the name of new@ changes there and back")
}

func TestImport_HashesPasswords(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	in := "email,username,password\n"
	for i := range 3 {
		in += fmt.Sprintf("u%d@example.com,user%d,%s%d\n", i, i, password, i)
	}
	in += "weak@example.com,weak,weak\n"
	r := p.Input(in).Run("user", "import", "-", "--rejects", "bad.csv", "-o", "json")
	require.Equal(t, 7, r.Code, r.Stderr)
	require.Equal(t, [5]float64{3, 0, 0, 0, 1}, counts(r.JSON()))
	ok, err := crypto.CheckPassword(*row(t, db, "user1").PasswordHash, secret.New(password+"1"))
	require.NoError(t, err)
	require.True(t, ok)
	raw, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	require.NotContains(t, string(raw), ",weak,weak")
	require.NotContains(t, r.Stderr+r.Stdout+p.OK("audit", "list", "--all", "-o", "json").Stdout, password)
	_, security := actions(p, db, "user1")
	require.Equal(t, []string{"PASSWORD_SET", "PASSWORD_SET", "PASSWORD_SET"}, security, "one for each user")
	require.Equal(t, []string{"PASSWORD_SET"}, securityOf(p, "user1"))
}

func TestImport_BadFiles(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	for text, want := range map[string]string{
		"email\na@b.co\n":                      `column "username" is missing`,
		"email,username,role\n":                `unknown column "role"`,
		"email,username,email\n":               "appears twice",
		"email,\"username\na@b.co,ana\nx@y.co": "not valid csv",
	} {
		require.Contains(t, p.Input(text).Fails(2, "user", "import", "-").Stderr, want)
	}
	require.Equal(t, [5]float64{}, counts(p.Input("").OK("user", "import", "-", "-o", "json").JSON()))
	require.Equal(t, "file_not_found", p.Fails(3, "user", "import", "none.csv", "-o", "json").Error()["code"])
	p.Fails(2, "user", "import")
	p.Fails(2, "user", "import", "-", "--on-conflict", "merge")
	r := p.Input("{\"email\":\"a@b.co\",\"username\":\"ana\",\"role\":1}\nnonsense\n").Run("user", "import", "-", "--format", "jsonl")
	require.Equal(t, 7, r.Code)
	require.Contains(t, r.Stderr, "line 2 rejected: it is not a JSON object")
	require.Contains(t, r.Stderr, `line 1 rejected: unknown field "role"`)
}

// A file that is bad from some line on loses nothing: what was before is stored and said, what is behind is in the rejects.
func TestImport_BadFromSomeLineOn(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	const swallowed = "bob@example.com,\"bob\r\neve@example.com,eve,pro\n"
	in := "email,username,plan_type\nana@example.com,ana,pro\n" + swallowed
	r := p.Input(in).Run("user", "import", "-", "--rejects", "bad.csv", "-o", "json")
	require.Equal(t, 7, r.Code, r.Stderr)
	require.Equal(t, [5]float64{1, 0, 0, 0, 1}, counts(r.JSON()))
	for range 2 { // nobody mends it, and it stays what it is
		raw, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
		require.NoError(t, err)
		bad, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(string(raw), "\r", "<CR>"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, bad, 2)
		require.Equal(t, "it is not valid csv: a quote is not closed: "+swallowed, strings.ReplaceAll(bad[1][1], "<CR>", "\r"))
		require.Equal(t, 7, p.Input(string(raw)).Run("user", "import", "-", "--rejects", "bad.csv", "--force").Code)
	}

	// One batch is in when the file turns out to be cut short.
	var text strings.Builder
	text.WriteString("email,username,social_provider\n")
	for i := range 5500 {
		fmt.Fprintf(&text, "u%d@example.com,user%d,%x\n", i, i, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	var packed strings.Builder
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text.String()))
	require.NoError(t, errors.Join(err, w.Close()))
	r = p.Input(packed.String()[:packed.Len()-100]).Run("user", "import", "-", "-o", "json")
	require.Equal(t, 7, r.Code)
	require.Equal(t, "file_invalid", r.Error()["code"])
	require.Regexp(t, `cut short; before that, 54\d\d were created`, r.Error()["message"])
}

// What an export writes, an import reads back: every field of every row, in both formats.
func TestExportImport_RoundTrip(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana", "--plan", "pro", "--preferences", `{"theme":"dark","n":1.5}`, "--inactive")
	for _, name := range []string{"=1+1", "'=quoted", "+49 123", "-dash", "@at", "comma, \"quote\"", "ümläut", "'plain"} {
		p.OK("user", "create", "--email", fmt.Sprintf("u%x@example.com", name), "--username", name, "--no-password")
	}
	ana := row(t, db, "ana").ID
	at := db.Now()
	require.NoError(t, db.UpdateUser(t.Context(), ana, map[string]any{
		"locked_until": at, "last_login_at": at, "last_login_ip": "2001:db8::1", "social_provider": "google", "login_attempts": 3,
		"two_factor_enabled": true, "email_verified": nil,
	}))
	want := p.OK("user", "export", "-o", "json").Stdout
	for _, format := range []string{"csv", "jsonl"} {
		args := []string{"user", "export"}
		if format != "csv" {
			args = append(args, "-o", format)
		}
		file := p.OK(args...).Stdout
		q := clitest.WithDB(t)
		v := q.Input(file).OK("user", "import", "-", "-o", "json").JSON()
		require.Equal(t, [5]float64{9, 0, 0, 0, 0}, counts(v))
		require.Equal(t, want, q.OK("user", "export", "-o", "json").Stdout, format)
		require.Equal(t, [5]float64{0, 0, 9, 0, 0}, counts(q.Input(file).OK("user", "import", "-", "--on-conflict", "update", "-o", "json").JSON()), "nothing differs")
	}
	require.Equal(t, 2, strings.Count(p.OK("user", "export", "--inactive").Stdout, "\n"))
	require.Contains(t, p.OK("user", "export", "--search", "ana", "-o", "table").Stdout, "EMAIL")
}

func TestImport_ManyBatches(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	var in strings.Builder
	in.WriteString("email,username\n")
	for i := range 12000 {
		fmt.Fprintf(&in, "u%d@example.com,user%d\n", i, i)
	}
	in.WriteString("u3@example.com,user3\n")
	e := p.Input(in.String()).Fails(4, "user", "import", "-", "-o", "json").Error()
	require.Contains(t, e["message"], "line 12002")
	require.Contains(t, e["message"], "10000 users of earlier batches are in", "whole batches")
	v := p.Input(in.String()).OK("user", "import", "-", "--on-conflict", "skip", "-o", "json").JSON()
	require.Equal(t, [5]float64{2000, 0, 0, 10001, 0}, counts(v))
	require.Len(t, p.OK("audit", "list", "--action", "user.import", "-o", "json").Items(), 3)
}
