package output_test

import (
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/words"
)

type tradeView struct {
	ID        string         `json:"id"`
	Status    string         `json:"status"`
	PnL       *float64       `json:"pnl"`
	Sats      int64          `json:"sats"`
	Active    bool           `json:"active"`
	CreatedAt output.Time    `json:"created_at"`
	ClosedAt  *output.Time   `json:"closed_at"`
	Config    map[string]any `json:"config"`
	internal  string
}

var (
	noon = time.Date(2026, 8, 12, 12, 0, 0, 123000000, time.FixedZone("-03", -3*3600))
	desc = output.Desc{Noun: "trades", ID: "id", Columns: []output.Column{
		{Field: "id"}, {Field: "status", Drop: 1}, {Field: "pnl", Drop: 2}, {Field: "sats"}, {Field: "created_at", Header: "CREATED"},
	}}
)

func sample() []tradeView {
	pnl := -12.5
	return []tradeView{
		{ID: "a", Status: "success", PnL: &pnl, Sats: 1200, Active: true, CreatedAt: output.At(noon), Config: map[string]any{"x": 1}, internal: "never"},
		{ID: "b", Status: "=cmd()\nx", Sats: 5, CreatedAt: output.At(noon)},
	}
}

func seq(views []tradeView, fail error) iter.Seq2[tradeView, error] {
	return func(yield func(tradeView, error) bool) {
		for _, v := range views {
			if !yield(v, nil) {
				return
			}
		}
		if fail != nil {
			yield(tradeView{}, fail)
		}
	}
}

func render(t *testing.T, o output.Options, views []tradeView) (string, string) {
	t.Helper()
	s, out, errw := streams.Test("")
	o.Context = t.Context
	p, err := output.New(s, o)
	require.NoError(t, err)
	require.NoError(t, output.List(p, desc, seq(views, nil), nil))
	return out.String(), errw.String()
}

func TestList_Formats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    output.Options
		want string
	}{
		"table": {output.Options{}, "" +
			"ID  STATUS       PNL  SATS  CREATED\n" +
			"a   success    -12.5  1200  2026-08-12T15:00:00Z\n" +
			"b   =cmd()\\nx      –     5  2026-08-12T15:00:00Z\n"},
		"no headers, columns": {output.Options{NoHeaders: true, Columns: []string{"sats", "active"}}, "1200  yes\n   5  no\n"},
		"quiet":               {output.Options{Quiet: true, Format: "json"}, "a\nb\n"},
		"jsonl with columns":  {output.Options{Format: "jsonl", Columns: []string{"sats", "id"}}, "{\"sats\":1200,\"id\":\"a\"}\n{\"sats\":5,\"id\":\"b\"}\n"},
		"csv escapes formulas, keeps negative numbers": {output.Options{Format: "csv"}, "" +
			"id,status,pnl,sats,active,created_at,closed_at,config\n" +
			"a,success,-12.5,1200,true,2026-08-12T15:00:00.123Z,,\"{\"\"x\"\":1}\"\n" +
			"b,\"'=cmd()\nx\",,5,false,2026-08-12T15:00:00.123Z,,\n"},
		"jq":       {output.Options{JQ: ".items[].status"}, "success\n=cmd()\nx\n"},
		"jq lines": {output.Options{JQ: ".sats + 1", Format: "jsonl"}, "1201\n6\n"},
		"yaml": {output.Options{Format: "yaml", Columns: []string{"id", "pnl"}}, "" +
			"items:\n  - id: a\n    pnl: -12.5\n  - id: b\n    pnl: null\npage:\n  next_cursor: null\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, errw := render(t, c.o, sample())
			require.Equal(t, c.want, got)
			require.Empty(t, errw)
		})
	}
}

func TestList_JSONEnvelope(t *testing.T) {
	t.Parallel()
	s, out, _ := streams.Test("")
	p, err := output.New(s, output.Options{Format: "json"})
	require.NoError(t, err)
	require.NoError(t, output.List(p, desc, seq(sample(), nil), func() string { return "c2" }))
	var env struct {
		Items []map[string]any
		Page  struct {
			NextCursor *string `json:"next_cursor"`
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &env))
	require.Len(t, env.Items, 2)
	require.Equal(t, "c2", *env.Page.NextCursor)
	require.Equal(t, "2026-08-12T15:00:00.123Z", env.Items[0]["created_at"])
	require.Contains(t, env.Items[1], "pnl")
	require.Nil(t, env.Items[1]["pnl"])
	require.NotContains(t, out.String(), "never")
}

func TestList_Empty(t *testing.T) {
	t.Parallel()
	out, errw := render(t, output.Options{}, nil)
	require.Empty(t, out)
	require.Equal(t, "no trades found\n", errw)
	out, errw = render(t, output.Options{Format: "json"}, nil)
	require.JSONEq(t, `{"items":[],"page":{"next_cursor":null}}`, out)
	require.Empty(t, errw)
	out, _ = render(t, output.Options{Format: "csv", Columns: []string{"id"}}, nil)
	require.Equal(t, "id\n", out)
}

// A command that fails before its first row must leave stdout empty, so that no program reads half an answer.
func TestList_FailureBeforeFirstRowLeavesStdoutEmpty(t *testing.T) {
	t.Parallel()
	boom := errors.New("server gone")
	for _, format := range output.Formats() {
		s, out, _ := streams.Test("")
		p, err := output.New(s, output.Options{Format: format})
		require.NoError(t, err)
		require.ErrorIs(t, output.List(p, desc, seq(nil, boom), nil), boom)
		require.Empty(t, out.String(), format)
	}
}

func TestTable_NarrowTerminalDropsColumnsThenCutsCells(t *testing.T) {
	t.Parallel()
	s, out, told := streams.TestTerminal(24)
	p, err := output.New(s, output.Options{Now: func() time.Time { return noon.Add(3 * time.Hour) }})
	require.NoError(t, err)
	views := sample()
	views[0].ID = strings.Repeat("long", 9)
	require.NoError(t, output.Slice(p, desc, views))
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	require.Equal(t, []string{"ID", "SATS", "CREATED"}, strings.Fields(lines[0]))
	require.Contains(t, out.String(), "3h ago")
	require.Contains(t, out.String(), "…")
	for _, l := range lines {
		require.LessOrEqual(t, len([]rune(l)), 24, l)
	}
	require.Equal(t, "2 columns hidden: --columns status,pnl shows them\n", told.String())

	s, _, told = streams.TestTerminal(200)
	p, err = output.New(s, output.Options{})
	require.NoError(t, err)
	require.NoError(t, output.Slice(p, desc, views))
	require.Empty(t, told.String(), "nothing is hidden")
}

func TestTable_NarrowTerminalShortensIDsBeforeItHidesColumns(t *testing.T) {
	t.Parallel()
	ids := []string{"0b7c1d2e-1111-4000-8000-000000000001", "0b7c1d2e-1171-4000-8000-000000000002", "99aabbcc-1111-4000-8000-000000000003"}
	s, out, told := streams.TestTerminal(60)
	p, err := output.New(s, output.Options{})
	require.NoError(t, err)
	var views []tradeView
	for _, id := range ids {
		views = append(views, tradeView{ID: id, Status: "success", Sats: 1, CreatedAt: output.At(noon)})
	}
	require.NoError(t, output.Slice(p, desc, views))
	var shown []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
		shown = append(shown, strings.Fields(line)[0])
	}
	require.Equal(t, []string{"0b7c1d2e-111", "0b7c1d2e-117", "99aabbcc-111"}, shown)
	require.Empty(t, told.String())

	// Numbers are whole or not there: half of one is another number.
	s, out, told = streams.TestTerminal(20)
	p, err = output.New(s, output.Options{Columns: []string{"id", "sats", "created_at", "closed_at"}})
	require.NoError(t, err)
	views[0].Sats = 123_456_789_012
	require.NoError(t, output.Slice(p, desc, views[:1]))
	require.NotContains(t, out.String(), "1234567")
	require.Contains(t, out.String(), "0b7c1d2e")
	require.Contains(t, told.String(), "hidden: --columns ")
}

func TestTable_AddsTheIDThatADescriptionForgot(t *testing.T) {
	t.Parallel()
	s, out, _ := streams.Test("")
	p, err := output.New(s, output.Options{})
	require.NoError(t, err)
	d := output.Desc{Noun: "trades", ID: "id", Columns: []output.Column{{Field: "status"}}}
	require.NoError(t, output.Slice(p, d, []tradeView{{ID: "x7", Status: "success"}}))
	require.Equal(t, "STATUS   ID\nsuccess  x7\n", out.String())
}

func TestTable_ManyBlocksKeepOneHeader(t *testing.T) {
	t.Parallel()
	views := make([]tradeView, 1201)
	for i := range views {
		views[i] = tradeView{ID: "x", CreatedAt: output.At(noon)}
	}
	out, _ := render(t, output.Options{}, views)
	require.Equal(t, 1, strings.Count(out, "STATUS"))
	require.Equal(t, 1202, strings.Count(out, "\n"))
}

func TestOne_AndChange(t *testing.T) {
	t.Parallel()
	s, out, errw := streams.Test("")
	p, err := output.New(s, output.Options{Format: "json"})
	require.NoError(t, err)
	require.NoError(t, output.Change(p, desc, sample()[0], output.ChangeInfo{Result: words.Created, DryRun: true, Summary: "trade created"}))
	var got map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Equal(t, true, got["dry_run"])
	require.Equal(t, "created", got["result"])
	require.Empty(t, errw.String())

	s, out, errw = streams.Test("")
	p, err = output.New(s, output.Options{})
	require.NoError(t, err)
	require.NoError(t, output.Change(p, desc, sample()[0], output.ChangeInfo{Result: words.Created, Summary: "trade a created", Next: "axisor trade list"}))
	require.Contains(t, out.String(), "status      success\n")
	require.Equal(t, "trade a created\nnext: axisor trade list\n", errw.String())
}

func TestNew_RefusesWrongOptions(t *testing.T) {
	t.Parallel()
	s, _, _ := streams.Test("")
	for _, o := range []output.Options{{Format: "xml"}, {JQ: "{"}, {JQ: "nosuch()"}} {
		_, err := output.New(s, o)
		var usage *output.UsageError
		require.ErrorAs(t, err, &usage)
	}
	p, err := output.New(s, output.Options{Columns: []string{"nope"}})
	require.NoError(t, err)
	require.ErrorContains(t, output.Slice(p, desc, sample()), `unknown column "nope"`)
}

func TestFields(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"id", "status", "pnl", "sats", "active", "created_at", "closed_at", "config"}, output.Fields[tradeView]())
}

func TestTable_ListsReadAsWords(t *testing.T) {
	t.Parallel()
	type row struct {
		ID   string   `json:"id"`
		Tags []string `json:"tags"`
	}
	rows := func(yield func(row, error) bool) {
		_ = yield(row{"a", []string{"one", "two\x1b[2J"}}, nil) && yield(row{"b", []string{}}, nil)
	}
	s, out, _ := streams.Test("")
	p, err := output.New(s, output.Options{})
	require.NoError(t, err)
	require.NoError(t, output.List(p, output.Desc{Noun: "rows", Columns: []output.Column{{Field: "id"}, {Field: "tags"}}}, rows, func() string { return "" }))
	require.Equal(t, "ID  TAGS\na   one, two\\x1b[2J\nb   –\n", out.String())
}

func TestTable_WrapsOnTerminalsOnly(t *testing.T) {
	t.Parallel()
	type row struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
	rows := func(yield func(row, error) bool) {
		_ = yield(row{"a", "the backup is three days old and /a/very/long/path/without/blanks"}, nil) && yield(row{"b", "fine"}, nil)
	}
	d := output.Desc{Noun: "rows", Columns: []output.Column{{Field: "id"}, {Field: "why", Wrap: true}}}
	none := func() string { return "" }
	s, out, _ := streams.Test("")
	p, err := output.New(s, output.Options{})
	require.NoError(t, err)
	require.NoError(t, output.List(p, d, rows, none))
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 3)

	s, out, _ = streams.TestTerminal(24)
	p, err = output.New(s, output.Options{})
	require.NoError(t, err)
	require.NoError(t, output.List(p, d, rows, none))
	var lines []string
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSpace(line)), 24)
		lines = append(lines, strings.TrimSpace(line))
	}
	require.NotContains(t, out.String(), "…")
	require.Contains(t, strings.Join(lines, ""), "the backup is three")
	require.Contains(t, strings.Join(lines, ""), "/a/very/long/path/without/blanks")
}

// An id is copied from the table: what stands beside it is cut first.
func TestTable_WholeColumnsAreCutLast(t *testing.T) {
	t.Parallel()
	type row struct {
		ID   string `json:"id"`
		What string `json:"what"`
	}
	id := strings.Repeat("i", 30)
	s, out, _ := streams.TestTerminal(45)
	s.SetColor("always")
	p, err := output.New(s, output.Options{})
	require.NoError(t, err)
	d := output.Desc{Noun: "rows", ID: "id", Columns: []output.Column{{Field: "id", Whole: true}, {Field: "what"}}}
	require.NoError(t, output.Slice(p, d, []row{{id, strings.Repeat("w", 29)}}))
	require.Contains(t, out.String(), id)
	require.Contains(t, out.String(), "…")
	for l := range strings.Lines(out.String()) {
		require.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(l, "\n")), 45, "%q", l)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 loss": words.Count(1, "loss"), "2 losses": words.Count(2, "loss"), "0 payments": words.Count(0, "payment"),
		"12000 entries": words.Count(12_000, "entry"), "2 days": words.Count(2, "day"), "2 failed checks": words.Count(2, "failed check"),
	} {
		require.Equal(t, want, got)
	}
}
