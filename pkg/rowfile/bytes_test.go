package rowfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/rowfile"
)

// hostile are pieces of text that readers and writers of csv have stumbled over.
var hostile = []string{
	"", "a", "\r\n", "\n", "\r", "\"", "\"\"", ",", ";", "\t", "'", "''", "=1", "'=1", "+", "-", "@", " ", "ü", "\u0085", "\u2028",
	"\ufeff", "\\.", "\\", "sep=;", "\x1b[31m", "\x7f", "null", "{}", "#", "𝄞", "line,reason",
}

func hostileText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteString(hostile[r.IntN(len(hostile))])
	}
	return b.String()
}

// Whatever is in a cell comes back as it is: nothing of it is the end of a line, a formula, or a quote of ours.
func TestReader_CellsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 18))
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	require.NoError(t, w.Write([]string{"email", "username", "note"}))
	var want [][2]string
	for range 5000 {
		texts := [2]string{hostileText(r), hostileText(r)}
		want = append(want, texts)
		require.NoError(t, w.Write([]string{"a@b.co", rowfile.Escape(texts[0]), rowfile.Escape(texts[1])}))
	}
	w.Flush()
	for _, in := range []io.Reader{bytes.NewReader(file.Bytes()), iotest.HalfReader(bytes.NewReader(file.Bytes()))} {
		rows, err := all(in, nil)
		require.NoError(t, err)
		require.Len(t, rows, len(want))
		for i, row := range rows {
			require.Empty(t, row.Wrong)
			for j, name := range []string{"username", "note"} {
				got := ""
				if v := row.Fields[name]; v != nil {
					got = *v
				}
				require.Equal(t, want[i][j], got)
			}
		}
	}
}

// A quote that is not closed, or closed too early, takes no text away: what was stored and what was rejected is the file.
func TestReader_EveryLineIsARowOrRejected(t *testing.T) {
	t.Parallel()
	const head = "email,username,note\n"
	for text, want := range map[string][]string{
		"a@b.co,a,1\nb@b.co,\"b,2\nc@b.co,c,3\n":            {"", "a quote is not closed"},
		"b@b.co,\"b,2\r\nc@b.co,\"c\",3\nd@b.co,d,4\n":      {"text follows the quote", ""},
		"b@b.co,b\"b,2\nc@b.co,c,3":                         {"in the middle of a cell", ""},
		"b@b.co,\"b\"b,2\nc@b.co,c,3\r":                     {"text follows the quote", ""},
		"b@b.co,b\nc@b.co,c,3,4\nd@b.co,d,5\n":              {"2 cells, the header has 3", "4 cells, the header has 3", ""},
		"b@b.co,\"\r\n\",\"\r\n\r\n\"\nc@b.co,c,\"x\ny\"\n": {"", ""},
		"\"b@b.co\",\"b\",\"":                               {"a quote is not closed"},
		"b@b.co,b,\"x\"\r":                                  {""},
	} {
		rows, err := all(strings.NewReader(head+text), nil)
		require.NoError(t, err, text)
		require.Len(t, rows, len(want), text)
		for i, row := range rows {
			if want[i] == "" {
				require.Empty(t, row.Wrong, text)
				require.Empty(t, row.Text)
				continue
			}
			require.Contains(t, row.Wrong, want[i], text)
			if row.Fields["email"] == nil { // the cells do not hold it
				require.Contains(t, head+text, row.Text)
				require.Contains(t, row.Text, "b@b.co")
			}
		}
	}
	rows, err := all(strings.NewReader(head+"b@b.co,\"b,2\nc@b.co,c,3\n"), nil)
	require.NoError(t, err)
	require.Equal(t, "b@b.co,\"b,2\nc@b.co,c,3\n", rows[0].Text, "what the quote swallowed is all there")
	rows, err = all(strings.NewReader(`{"email":"a@b.co","username":"x","nope":{"deep":1}}`+"\n[1]\n"+`{"email":"\ud800","username":"x"}`), nil)
	require.NoError(t, err)
	for i, want := range []string{`unknown field "nope"`, "not a JSON object", "half of a character"} {
		require.Contains(t, rows[i].Wrong, want)
		require.NotEmpty(t, rows[i].Text)
	}
}

// What was rejected for its form is rejected again until somebody mends it, and keeps its text every time.
func TestReader_RejectsThatNobodyMended(t *testing.T) {
	t.Parallel()
	rows, err := all(strings.NewReader("line,reason,email,username,note\n3,\"a quote is not closed: b,\"\"2\",,,\n,,,,\n"), nil)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, `a quote is not closed: b,"2`, rows[0].Wrong)
}

// The text of a row that may hold a password is nowhere, however the column is called.
func TestReader_PasswordsStayOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s3cret ", 5<<19)
	for _, text := range []string{
		"mail,kennwort\na@b.co,\"s3cret\nb@b.co,x\n", "email,username,password\na@b.co,a,s3cret,4\n", "email,username,password\na@b.co,a," + long + "\n",
		`{"email":"a","pa` + `ssword":"s3cret","x":1}`, `{"kennwort":"s3cret"`, `{"p\u0061ssword":"s3cret"`, `{"password":"` + long, `{"PassWord":"s3cret"}`,
	} {
		r, err := rowfile.NewReader(strings.NewReader(text), rowfile.Options{
			Columns: []string{"email", "username", "password"}, Needed: []string{"email"}, Secret: []string{"password"},
			Map:  map[string]string{"Kennwort": "password", "mail": "email"},
			Part: func(int64, string) error { t.Error("a part of it"); return nil },
		})
		if err != nil && strings.HasPrefix(text, "email,") { // --map names what is not there
			r, err = rowfile.NewReader(strings.NewReader(text), rowfile.Options{
				Columns: []string{"email", "username", "password"}, Secret: []string{"password"},
				Part: func(int64, string) error { t.Error("a part of it"); return nil },
			})
		}
		require.NoError(t, err)
		row, err := r.Read()
		require.NoError(t, err)
		require.NotEmpty(t, row.Wrong)
		require.NotContains(t, row.Text+row.Wrong, "s3cret")
	}
}

// A row of up to 16 MB is one in both formats. A longer one is rejected, and its text passed on in pieces.
func TestReader_LongRows(t *testing.T) {
	t.Parallel()
	cell := strings.Repeat(strings.Repeat("0123456789", 100)+"\r\n", 16<<20/1002-1)
	for _, text := range []string{
		"email,username\na@b.co,\"" + cell + "\"\nb@b.co,b\n",
		`{"email":"a@b.co","username":"` + strings.ReplaceAll(cell, "\r\n", "  ") + "\"}\n" + `{"email":"b@b.co","username":"b"}`,
	} {
		rows, err := all(strings.NewReader(text), nil)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Empty(t, rows[0].Wrong)
		require.Len(t, *rows[0].Fields["username"], len(cell))
		require.Equal(t, "b", *rows[1].Fields["username"])
	}
	for _, c := range []struct{ head, long, next string }{
		{"email,username\n", "a@b.co,\"" + strings.Repeat(strings.Repeat("ab\"\"", 256)+"\n", 17<<10) + "\"\n", "b@b.co,b\n"},
		{"email,username\n", "a@b.co," + strings.Repeat("x", 17<<20) + "\n", "b@b.co,b\n"},
		{"email,username\n", "a@b.co,\"" + strings.Repeat(strings.Repeat("x", 1023)+"\n", 17<<10), ""}, // never closed
		{"", `{"email":"` + strings.Repeat("y", 17<<20) + "\"}\n", `{"email":"b@b.co","username":"b"}`},
	} {
		var passed strings.Builder
		r, err := rowfile.NewReader(strings.NewReader(c.head+c.long+c.next), rowfile.Options{
			Columns: columns, Part: func(_ int64, text string) error {
				require.LessOrEqual(t, len(text), 1<<20)
				passed.WriteString(text)
				return nil
			},
		})
		require.NoError(t, err)
		row, err := r.Read()
		require.NoError(t, err)
		require.Contains(t, row.Wrong, "more than 16 MB")
		require.Empty(t, row.Text)
		require.Zero(t, strings.Compare(c.long, passed.String()), "not a byte is lost")
		row, err = r.Read()
		if c.next == "" {
			require.ErrorIs(t, err, io.EOF)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "b", *row.Fields["username"])
		require.EqualValues(t, strings.Count(c.head+c.long, "\n")+1, row.Line)
	}
	gone := errors.New("the disk is full")
	r, err := rowfile.NewReader(io.MultiReader(strings.NewReader("email,username\n\""), &endless{}), rowfile.Options{
		Columns: columns, Part: func(int64, string) error { return gone },
	})
	require.NoError(t, err)
	_, err = r.Read()
	require.ErrorIs(t, err, gone)
}

// endless is a text without end.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n++
	return copy(p, fmt.Sprintf("%4095d\n", e.n)), nil
}

// meter measures the memory of whoever reads from it.
type meter struct {
	io.Reader
	read, peak uint64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if m.read += uint64(n); m.read%(1<<20) < uint64(n) || err != nil {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		m.peak = max(m.peak, now.HeapSys-now.HeapReleased)
	}
	return n, err
}

// Whatever comes in, and however long, takes the memory of two rows. It is measured while nothing runs beside.
func TestReader_MemoryIsBounded(t *testing.T) { //nolint:paralleltest // see above
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(40 << 20)) // as main does
	for name, in := range map[string]*repeated{
		"zeros":            {unit: "\x00"},
		"a line":           {head: "email,username\n", unit: "x"},
		"an open quote":    {head: "email,username\na@b.co,\"", unit: "x,y\r\n"},
		"quotes":           {head: "email,username\na@b.co,\"", unit: `""`},
		"a line of jsonl":  {head: `{"email":"`, unit: "x"},
		"rows just so":     {head: "email,username\n", row: `a@b.co,"`, unit: `""`, times: 8<<20 - 20, end: "\"\n"},
		"jsonl just so":    {row: `{"email":"`, unit: `\n`, times: 8<<20 - 20, end: "\"}\n"},
		"a nest of braces": {unit: "["},
	} {
		debug.FreeOSMemory()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		m := &meter{Reader: io.LimitReader(in, 34<<20)}
		r, err := open(m, nil)
		for err == nil {
			_, err = r.Read()
		}
		took := int64(m.peak-(before.HeapSys-before.HeapReleased)) >> 20
		t.Log(name, took, "MB")
		require.Less(t, took, int64(52), name) // 64 with the program itself
	}
}

// repeated is head, and then row after row: a unit many times (0 is without end) between its beginning and end.
type repeated struct {
	head, row, unit, end string
	times, n             int
	rest                 string
}

func (r *repeated) Read(p []byte) (int, error) {
	r.rest, r.head = r.rest+r.head, ""
	for len(r.rest) < len(p) {
		switch {
		case r.n == 0:
			r.rest += r.row
		case r.n == r.times:
			r.rest, r.n = r.rest+r.end, 0
			continue
		}
		n := len(p)/len(r.unit) + 1
		if r.times > 0 {
			n = min(n, r.times-r.n)
		}
		r.rest, r.n = r.rest+strings.Repeat(r.unit, n), r.n+n
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
