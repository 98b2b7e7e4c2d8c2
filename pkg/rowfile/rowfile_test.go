package rowfile_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/axisor/axisor/pkg/rowfile"
)

func gz(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, errors.Join(err, w.Close()))
	return b.String()
}

func zst(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(text), nil))
}

func wide(t *testing.T, text string, e unicode.Endianness, mark unicode.BOMPolicy) string {
	t.Helper()
	out, err := unicode.UTF16(e, mark).NewEncoder().String(text)
	require.NoError(t, err)
	return out
}

var columns = []string{"email", "username", "note"}

func open(in io.Reader, names map[string]string) (*rowfile.Reader, error) {
	return rowfile.NewReader(in, rowfile.Options{Columns: columns, Needed: columns[:2], Map: names})
}

// all reads a file to its end: each row as its line, reason and fields.
func all(in io.Reader, names map[string]string) (rows []rowfile.Row, err error) {
	r, err := open(in, names)
	if err != nil {
		return nil, err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// One table, as each program that people have writes it.
func TestReader_ReadsWhatProgramsWrite(t *testing.T) {
	t.Parallel()
	const comma = "email,username,note\nzoë@example.com,\"zoë, the \"\"1st\"\"\",'=1+1\n"
	const semicolon = "E-Mail;Username;note\r\nzoë@example.com;\"zoë, the \"\"1st\"\"\";'=1+1\r\n;;\r\n"
	tab := strings.ReplaceAll(semicolon, ";", "\t")
	mail := map[string]string{"e-mail": "email"}
	for name, text := range map[string]string{
		"comma":                       comma,
		"UTF-8 with a mark":           "\ufeff" + comma,
		"semicolon":                   semicolon,
		"tab":                         tab,
		"sep=":                        "sep=;\r\n" + semicolon,
		"sep= of a tab":               "\"sep=\t\"\n" + tab,
		"sep= of another":             "SEP=|\n" + strings.ReplaceAll(semicolon, ";", "|"),
		"sep= filled up":              "sep=;;;\n" + semicolon,
		"UTF-16, little":              wide(t, tab, unicode.LittleEndian, unicode.UseBOM),
		"UTF-16, big":                 wide(t, tab, unicode.BigEndian, unicode.UseBOM),
		"UTF-16, little, bare":        wide(t, semicolon, unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16, big, bare":           wide(t, semicolon, unicode.BigEndian, unicode.IgnoreBOM),
		"gzip":                        gz(t, semicolon),
		"gzip in two parts":           gz(t, semicolon[:20]) + gz(t, semicolon[20:]),
		"zstd":                        zst(t, comma),
		"zstd behind a frame to skip": "\x50\x2a\x4d\x18\x01\x00\x00\x00x" + zst(t, comma),
		"gzip of UTF-16":              gz(t, wide(t, tab, unicode.LittleEndian, unicode.UseBOM)),
		"empty columns":               "email,username,note,,\nzoë@example.com,\"zoë, the \"\"1st\"\"\",'=1+1,,\n,,,,\n",
		"jsonl":                       `{"E-Mail":"zoë@example.com","username":"zoë, the \"1st\"","note":"=1+1"}`,
		"zstd of jsonl":               zst(t, "\n \n"+`{"email":"zoë@example.com","username":"zo\u00eb, the \"1st\"","note":"=1+1"}`+"\n"),
	} {
		for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			rows, err := all(in, mail)
			require.NoError(t, err, name)
			require.Len(t, rows, 1, name)
			require.Empty(t, rows[0].Wrong, name)
			got := rows[0].Fields
			require.Equal(t, [3]string{"zoë@example.com", `zoë, the "1st"`, "=1+1"}, [3]string{*got["email"], *got["username"], *got["note"]}, name)
		}
	}
	rows, err := all(strings.NewReader("sep=;\nemail;username\na@b.co;ana\n\nb@b.co;bob;x\n"), nil)
	require.NoError(t, err)
	require.EqualValues(t, 3, rows[0].Line, "lines are counted as an editor does")
	require.EqualValues(t, 5, rows[1].Line)
	require.Contains(t, rows[1].Wrong, "it has 3 cells, the header has 2")
}

func TestReader_RefusesByName(t *testing.T) {
	t.Parallel()
	good := "email,username\na@b.co,ana\n"
	blank := strings.Repeat(" ", 1023) + "\n"
	for text, want := range map[string]string{
		"PK\x03\x04rest":                                   "xlsx",
		"\xd0\xcf\x11\xe0\xa1\xb1":                         "old Excel",
		"\xfd7zXZ\x00\x00":                                 "xz",
		"BZh91AY":                                          "bzip2",
		"\xff\xfe\x00\x00e\x00\x00\x00":                    "UTF-32",
		gz(t, gz(t, good)):                                 "compressed twice",
		zst(t, "PK\x03\x04rest"):                           "xlsx",
		gz(t, good)[:30]:                                   "cut short",
		gz(t, good) + strings.Repeat("garbage", 9):         "damaged",
		zst(t, good)[:20]:                                  "cut short",
		"email,username\ra@b.co,ana\r":                     "carriage return alone",
		"sep=\na,b\n":                                      "names no separator",
		"email\na@b.co\n":                                  `"username" is missing`,
		"email,username,role\n":                            `unknown column "role"`,
		strings.Repeat("x", 9999) + "\n":                   "unknown column",
		"email,username,Email\n":                           "appears twice",
		"email,username\n" + strings.Repeat(blank, 17<<10): "empty from here on",
		`{"email":"a@b.co","username":"a"}` + strings.Repeat(blank, 17<<10): "empty from here on",
		"\"email\",\"username\na@b.co,ana\n":                                "line 1: it is not valid csv",
		strings.Repeat("\x00", 17<<20):                                      "line 1: the row has more than 16 MB",
	} {
		_, err := all(strings.NewReader(text), nil)
		var f *rowfile.FormatError
		require.ErrorAs(t, err, &f, want)
		require.Contains(t, f.Reason, want)
		require.Less(t, len(f.Reason), 200, "a wrong file is not repeated")
	}
	broken := errors.New("the disk was taken away")
	_, err := all(io.MultiReader(strings.NewReader(gz(t, good)[:20]), iotest.ErrReader(broken)), nil)
	require.ErrorIs(t, err, broken, "an error of the file is none of its format")
}

func TestReader_Map(t *testing.T) {
	t.Parallel()
	rows, err := all(strings.NewReader("Login Name;Mail;Secret notes\nana;a@b.co;x\n"), map[string]string{"login name": "username", "Mail": "email", "secret notes": "-"})
	require.NoError(t, err)
	require.Equal(t, "ana", *rows[0].Fields["username"])
	require.NotContains(t, rows[0].Fields, "note")
	require.NotContains(t, rows[0].Fields, rowfile.Skip)
	rows, err = all(strings.NewReader("line,reason,email,username,note\n2,bad,a@b.co,ana,\n"), map[string]string{"Mail": "email"})
	require.NoError(t, err, "a file of rejected rows is read with the flags of the first round")
	require.Equal(t, "a@b.co", *rows[0].Fields["email"])
	require.Nil(t, rows[0].Fields["note"])
	for names, want := range map[[2]string]string{
		{"mail", "e_mail"}: `no column "e_mail"`,
		{"nick", "note"}:   `no column "nick"`,
		{"email", "note"}:  `"email" is missing`,
	} {
		_, err = all(strings.NewReader("email,username\na@b.co,ana\n"), map[string]string{names[0]: names[1]})
		require.ErrorContains(t, err, want)
	}
	rows, err = all(strings.NewReader(`{"mail":"a@b.co","email":"b@b.co","username":"x"}`), map[string]string{"mail": "email"})
	require.NoError(t, err)
	require.Contains(t, rows[0].Wrong, "appears twice")
}

func TestReader_WrongRowsDoNotStopTheOthers(t *testing.T) {
	t.Parallel()
	rows, err := all(strings.NewReader("email,username,,note\nzo\xeb@b.co,a,,\nb@b.co,b,c,\nc@b.co,\"c\"c,,\nd@b.co,d\x00,,\ne@b.co,e,,\n"), nil)
	require.NoError(t, err)
	require.Len(t, rows, 5)
	for i, want := range []string{"email is not UTF-8", "cell 3 has no name", "not valid csv", "zero byte", ""} {
		require.Contains(t, rows[i].Wrong, want)
		require.EqualValues(t, i+2, rows[i].Line)
	}
	require.Empty(t, rows[4].Wrong)
}

// A small file that unpacks to one that would fill a disk ends early, and takes no memory.
func TestText_BombsAreRefused(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	w, err := zstd.NewWriter(&bomb)
	require.NoError(t, err)
	_, err = io.WriteString(w, "email,username\n")
	require.NoError(t, err)
	row := []byte(strings.Repeat("a@b.co", 10000) + ",ana\n")
	for range 2000 { // 120 MB
		_, err = w.Write(row)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r, err := open(&bomb, nil)
	require.NoError(t, err)
	n := 0
	for ; err == nil; n++ {
		_, err = r.Read()
	}
	require.ErrorContains(t, err, "1000 times its size")
	require.Less(t, n, 1500, "it ends before it is unpacked")

	var window bytes.Buffer
	w, err = zstd.NewWriter(&window, zstd.WithWindowSize(64<<20))
	require.NoError(t, err)
	_, err = w.Write(row)
	require.NoError(t, errors.Join(err, w.Flush(), w.Close())) // what it holds does not tell how much that is
	_, err = all(&window, nil)
	require.ErrorContains(t, err, "32 MB of memory")
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("sep=;\nemail;username\na@b.co;ana\n"))
	f.Add([]byte("\xff\xfee\x00,\x00"))
	f.Add([]byte(`{"email":"a"}`))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := all(bytes.NewReader(b), map[string]string{"mail": "email"})
		if err != nil {
			require.ErrorAs(t, err, new(*rowfile.FormatError))
		}
		for _, row := range rows {
			for name := range row.Fields {
				require.Contains(t, columns, name)
			}
		}
	})
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "ana", "=1+1", "'=1+1", "''@x", "'", "''", "'tis", "-", "\tx", "+49"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cell := rowfile.Escape(s)
		require.Equal(t, s, rowfile.Unescape(cell))
		if cell != "" {
			require.NotContains(t, "=+-@\t\r", cell[:1])
		}
	})
}

// BenchmarkReader tells what a row of csv costs.
func BenchmarkReader(b *testing.B) {
	var text strings.Builder
	text.WriteString("email,username,note\n")
	for range 10000 {
		text.WriteString(strings.Repeat("abcdefgh", 1+rand.IntN(3)) + "@example.com,somebody,a note\n")
	}
	for b.Loop() {
		rows, err := all(strings.NewReader(text.String()), nil)
		if err != nil || len(rows) != 10000 {
			b.Fatal(err)
		}
	}
}
