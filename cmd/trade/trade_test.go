package trade_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func world(t *testing.T) (*clitest.Program, *store.DB, models.User) {
	t.Helper()
	p := clitest.WithDB(t)
	var address string
	for _, e := range p.Env {
		if rest, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
			address = rest
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(address)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return p, db, factory.User(t, db)
}

func at(day, hour int) time.Time {
	return time.Date(2026, 8, day, hour, 0, 0, 0, time.UTC)
}

func TestList_StatusGroups(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	for i, s := range []models.TradeStatus{"success", "completed", "executed", "failed", "app_error", "exchange_error", "pending"} {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.Status, l.ExecutedAt = s, at(1+i, 0) })
	}
	count := func(status string) int {
		return len(p.OK("trade", "list", "--status", status, "-o", "json").Items())
	}
	require.Equal(t, 3, count("success"))
	require.Equal(t, 3, count("failure"))
	require.Equal(t, 1, count("failed"))
	require.Equal(t, 1, count("completed"))
	require.Contains(t, p.Fails(2, "trade", "list", "--status", "won").Stderr, "no such status")
	require.Equal(t, 4, strings.Count(p.OK("trade", "export", "--status", "success").Stdout, "\n"))
}

func TestList_NamesUsersToPeople(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	factory.Trade(t, db, u.ID)
	require.Contains(t, p.OK("trade", "list").Stdout, u.Username)
	require.Equal(t, u.ID, p.OK("trade", "list", "-o", "json").Items()[0]["user_id"])
	require.Equal(t, u.ID+"\n", p.OK("trade", "list", "-o", "csv", "--columns", "user_id", "--no-headers").Stdout)
}

func TestImport_TwiceIsOnce(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	a := factory.Automation(t, db, u.ID, factory.Account(t, db, u.ID).ID)
	other := factory.User(t, db)
	lines := []string{
		fmt.Sprintf(`{"user_id":%q,"trade_id":"t1","status":"success","executed_at":"2026-08-12T09:30:00Z","pnl":12.5,"automation_id":%q}`, u.ID, a.ID),
		fmt.Sprintf(`{"user_id":%q,"trade_id":"t1","status":"success","executed_at":"2026-08-12T06:30:00-03:00","pnl":12.5}`, u.ID), // the same
		`{"user_id":"nobody","trade_id":"t2","status":"success","executed_at":"2026-08-12T09:30:00Z"}`,
		fmt.Sprintf(`{"user_id":%q,"trade_id":"t3","status":"success","executed_at":"2026-08-12T09:30:00Z","automation_id":%q}`, other.ID, a.ID),
		fmt.Sprintf(`{"user_id":%q,"trade_id":"t4","status":"failed","executed_at":"2026-08-12T09:31:00Z","error_message":"=cmd()\t\\x"}`, u.ID),
		`nonsense`,
	}
	file := filepath.Join(p.Dir, "trades.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))

	dry := p.Run("trade", "import", "trades.jsonl", "--dry-run", "-o", "json")
	require.Equal(t, 7, dry.Code)
	require.Equal(t, true, dry.JSON()["dry_run"])
	require.Empty(t, p.OK("trade", "list", "-o", "json").Items())

	r := p.Run("trade", "import", "trades.jsonl", "--rejects", "bad.csv", "-o", "json")
	require.Equal(t, 7, r.Code, r.Stderr)
	got := r.JSON()
	require.EqualValues(t, 6, got["rows"])
	require.EqualValues(t, 2, got["inserted"])
	require.EqualValues(t, 1, got["skipped"])
	require.EqualValues(t, 3, got["rejected"])
	bad, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	require.Contains(t, string(bad), `3,"no user with id ""nobody"""`)
	require.Contains(t, string(bad), "4,\"the user has no automation with id")
	require.Contains(t, string(bad), "6,it is not a JSON object: nonsense")

	again := p.Run("trade", "import", "trades.jsonl", "-o", "json")
	require.Equal(t, 7, again.Code)
	require.EqualValues(t, 0, again.JSON()["inserted"])
	require.EqualValues(t, 3, again.JSON()["skipped"])
	told := p.Run("trade", "import", "trades.jsonl")
	require.Contains(t, told.Stderr, "line 6 rejected: it is not a JSON object")
	require.Contains(t, told.Stderr, "--rejects FILE")
	require.Len(t, p.OK("audit", "list", "--action", "trade.import", "-o", "json").Items(), 1)

	// Mended rejects are a file to import.
	mended := strings.ReplaceAll(string(bad), "nobody", u.ID)
	mended = strings.ReplaceAll(mended, ","+a.ID+",", ",,")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "mended.csv"), []byte(mended), 0o600))
	r = p.Run("trade", "import", "mended.csv", "-o", "json")
	require.EqualValues(t, 2, r.JSON()["inserted"], r.Stderr)
}

func TestImport_Dedupe(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.TradeID, l.ExecutedAt = "t1", at(12, 9) })
	csv := "user_id,trade_id,status,executed_at\n" +
		u.ID + ",t1,success,2026-08-12T09:00:00Z\n" + u.ID + ",t2,success,2026-08-12T09:00:00Z\n" + u.ID + ",t2,failed,2026-08-12T09:00:00Z\n"
	r := p.Input(csv).OK("trade", "import", "-", "--dedupe", "trade_id,executed_at", "-o", "json").JSON()
	require.EqualValues(t, 1, r["inserted"])
	require.EqualValues(t, 2, r["skipped"])
	p.Fails(2, "trade", "import", "-", "--dedupe", "nonsense")
	p.Fails(3, "trade", "import", "none.csv")
	require.Contains(t, p.Input("a,b\n1,2\n").Fails(2, "trade", "import", "-").Stderr, "known columns")
}

// What was exported is what was there: with nulls, quotes, formulas, tiny numbers and microseconds.
func TestExport_RoundTrip(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	for i, text := range []string{"=1+1", "'=quoted", "a,\"b\"\nc\td\\", "-5", "", "plain", "''", "é"} {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) {
			l.ExecutedAt = at(1+i, 0).Add(time.Duration(i) * 123457 * time.Microsecond)
			l.TradeID = "@" + text + fmt.Sprint(i)
			l.PnL, l.PlanType = new(-0.1*float64(i)+1e-9), new(models.PlanPro)
			if text != "" {
				l.ErrorMessage, l.Action = &text, &text
			}
		})
	}
	for _, format := range []string{"csv", "jsonl"} {
		before := p.OK("trade", "export", "-o", format, "--ordered").Stdout
		require.NoError(t, db.Gorm(t.Context()).Exec(`DELETE FROM "TradeLog"`).Error)
		r := p.Input(before).OK("trade", "import", "-", "-o", "json").JSON()
		require.EqualValues(t, 8, r["inserted"], format)
		require.Equal(t, before, p.OK("trade", "export", "-o", format, "--ordered").Stdout, format)
	}
	out := p.OK("trade", "export", "--user", u.Email, "--columns", "error_message,pnl", "--no-headers", "--ordered", "--since", "2026-08-01", "--until", "2026-08-02").Stdout
	require.Equal(t, "'=1+1,1e-09\n", out)
	require.Contains(t, p.Fails(2, "trade", "export", "--columns", "password_hash").Stderr, "unknown column")
	// A filter's value is a value, whatever is in it.
	require.Equal(t, 1, strings.Count(p.OK("trade", "export", "--trade", `x' OR '1'='1?`, "--action", `?\'`).Stdout, "\n"))
}

func TestFollow(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	for i := range 5 {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) {
			l.TradeID, l.ExecutedAt = fmt.Sprintf("old%d", i), at(1, 0).Add(time.Duration(i)*time.Second)
		})
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	out := &watched{stop: stop, until: "new2"}
	out.step = func(seen string) {
		if strings.Contains(seen, "old4") && !out.done {
			out.done = true
			for _, name := range []string{"new1", "new2"} {
				factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.TradeID, l.ExecutedAt = name, at(1, 0).Add(4*time.Second) })
			}
		}
	}
	var errw bytes.Buffer
	code := cmd.Main(ctx, cmd.Process{
		Args: []string{"trade", "follow", "--last", "2", "--interval", "100ms", "-o", "csv", "--columns", "trade_id"},
		Env:  p.Env, Dir: p.Dir, Stdin: strings.NewReader(""), Stdout: out, Stderr: &errw,
	})
	require.Equal(t, 130, code, errw.String())
	got := strings.Fields(out.String())
	require.Equal(t, []string{"trade_id", "old3", "old4"}, got[:3])
	require.ElementsMatch(t, []string{"new1", "new2"}, got[3:])
	p.Fails(2, "trade", "follow", "-o", "json")
	p.Fails(2, "trade", "follow", "--interval", "1ms")
}

// TestFollow_Notified looks by itself only every hour: what is printed, a notification woke it for, also after its
// connections were cut.
func TestFollow_Notified(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	require.Contains(t, p.OK("db", "notify", "install", "--dry-run").Stderr, "nothing was changed")
	require.Equal(t, false, p.OK("db", "notify", "-o", "json").JSON()["installed"])
	require.Equal(t, "updated", p.OK("db", "notify", "install", "-o", "json").JSON()["result"])
	require.Equal(t, "unchanged", p.OK("db", "notify", "install", "-o", "json").JSON()["result"])
	factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.TradeID, l.ExecutedAt = "old", at(1, 0) })
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	out := &watched{stop: stop, until: "last"}
	trade := func(name string) {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.TradeID, l.ExecutedAt = name, at(1, 1) })
	}
	cut := false
	out.step = func(seen string) {
		switch {
		case strings.Contains(seen, "new") && !cut:
			cut = true
			require.NoError(t, db.Gorm(ctx).Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`).Error)
			trade("last")
		case strings.Contains(seen, "old") && !out.done:
			out.done = true
			trade("new")
		}
	}
	var errw bytes.Buffer
	code := cmd.Main(ctx, cmd.Process{
		Args: []string{"trade", "follow", "--interval", "1h", "-o", "csv", "--columns", "trade_id"},
		Env:  p.Env, Dir: p.Dir, Stdin: strings.NewReader(""), Stdout: out, Stderr: &errw,
	})
	require.Equal(t, 130, code, errw.String())
	require.Equal(t, []string{"trade_id", "old", "new", "last"}, strings.Fields(out.String()))
	require.Equal(t, "updated", p.OK("db", "notify", "remove", "-o", "json").JSON()["result"])
	require.Equal(t, false, p.OK("db", "notify", "-o", "json").JSON()["installed"])
}

// watched is a stdout that acts on what it sees.
type watched struct {
	bytes.Buffer
	stop  func()
	until string
	step  func(string)
	done  bool
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Buffer.Write(b)
	w.step(w.String())
	if strings.Contains(w.String(), w.until) {
		w.stop()
	}
	return n, err
}

// A spreadsheet of another program: separators, encoding, headers and people as they are there. A second round of what was
// rejected, with the same flags, brings the rest in, and the whole file once more brings nothing.
func TestImport_FromASpreadsheet(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	other := factory.User(t, db)
	text := "Who;Trade;Profit;Notes;status;executed_at\r\n" +
		strings.ToUpper(u.Email) + ";t1;12.5;x;success;2026-08-12 09:30:00\r\n" +
		other.Username + ";t2;-3;;success;2026-08-12T09:31:00Z\r\n" +
		u.ID + ";t3;1;;success;2026-08-12T09:32:00Z\r\n" +
		"nobody@example.com;t4;2;;success;2026-08-12T09:33:00Z\r\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	require.NoError(t, err)
	_, err = io.WriteString(w, wide)
	require.NoError(t, errors.Join(err, w.Close()))
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "sheet.csv.gz"), packed.Bytes(), 0o600))
	names := []string{"--map", "who=user_id,trade=trade_id", "--map", "Profit=pnl", "--map", "Notes=-"}
	run := func(file string, more ...string) clitest.Result {
		return p.Run(append(append([]string{"trade", "import", file, "-o", "json"}, names...), more...)...)
	}

	e := p.Fails(2, "trade", "import", "sheet.csv.gz", "-o", "json").Error()
	require.Equal(t, "file_invalid", e["code"])
	require.Contains(t, e["message"], `unknown column "who"`)
	require.Contains(t, e["hints"].([]any)[0], "--map")
	p.Fails(2, "trade", "import", "sheet.csv.gz", "--map", "profit")

	r := run("sheet.csv.gz", "--rejects", "bad.csv")
	require.Equal(t, 7, r.Code, r.Stderr)
	require.EqualValues(t, 3, r.JSON()["inserted"])
	bad, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	require.Contains(t, string(bad), `5,"no user with e-mail ""nobody@example.com"""`)
	got := map[any]any{}
	for _, trade := range p.OK("trade", "list", "-o", "json").Items() {
		got[trade["trade_id"]] = []any{trade["user_id"], trade["pnl"]}
	}
	require.Equal(t, map[any]any{"t1": []any{u.ID, 12.5}, "t2": []any{other.ID, -3.0}, "t3": []any{u.ID, 1.0}}, got)

	mended := strings.ReplaceAll(string(bad), "nobody@example.com", other.Email)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "mended.csv"), []byte(mended), 0o600))
	r = run("mended.csv")
	require.Equal(t, 0, r.Code, r.Stderr)
	require.EqualValues(t, 1, r.JSON()["inserted"])

	byID := strings.NewReplacer(strings.ToUpper(u.Email), u.ID, other.Username, other.ID, "nobody@example.com", other.ID).Replace(text)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "ids.csv"), []byte(byID), 0o600))
	r = run("ids.csv")
	require.Equal(t, 0, r.Code, r.Stderr)
	require.EqualValues(t, 4, r.JSON()["skipped"], "whoever is named in another way is the same: %s", r.Stdout)
}
