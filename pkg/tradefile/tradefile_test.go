package tradefile_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/rowfile"
	"github.com/axisor/axisor/pkg/tradefile"
)

func read(t *testing.T, text, format string) (good []models.TradeLog, bad []tradefile.Rejected) {
	t.Helper()
	r, err := tradefile.New(strings.NewReader(text), rowfile.Options{Format: format}, func(x tradefile.Rejected) error {
		bad = append(bad, x)
		return nil
	})
	require.NoError(t, err)
	for {
		_, row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return good, bad
		}
		require.NoError(t, err)
		good = append(good, row)
	}
}

func TestRead_BothFormatsSayTheSame(t *testing.T) {
	t.Parallel()
	fromCSV, bad := read(t, "\ufefftrade_id,user_id,status,executed_at,pnl,error_message,action\n"+
		"t1,u1,success,2026-08-12T06:30:00.1234567-03:00,-12.5,'=cmd(),close\n", "")
	require.Empty(t, bad)
	fromJSON, bad := read(t, `{"trade_id":"t1","user_id":"u1","status":"success","executed_at":"2026-08-12T09:30:00.123456Z",
`+"", "jsonl")
	require.Len(t, bad, 1)
	require.Empty(t, fromJSON)
	fromJSON, bad = read(t, `{"trade_id":"t1","user_id":"u1","status":"success","executed_at":"2026-08-12T09:30:00.123456Z","pnl":-12.5,"error_message":"=cmd()","action":"close","plan_type":null}`+"\n\n", "")
	require.Empty(t, bad)
	require.Equal(t, fromCSV, fromJSON)
	require.Equal(t, "=cmd()", *fromCSV[0].ErrorMessage)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, fromCSV[0].ID)
}

func TestRead_WrongRowsAreNamed(t *testing.T) {
	t.Parallel()
	head := "user_id,trade_id,status,executed_at,pnl,plan_type\n"
	for row, reason := range map[string]string{
		",t,success,2026-08-12T09:30:00Z,,":         "user_id is missing",
		"u,,success,2026-08-12T09:30:00Z,,":         "trade_id is missing",
		"u,t,won,2026-08-12T09:30:00Z,,":            `status "won" is unknown`,
		"u,t,success,yesterday,,":                   `executed_at "yesterday" is no time`,
		"u,t,success,2026-08-12T09:30:00Z,much,":    `pnl "much" is no finite number`,
		"u,t,success,2026-08-12T09:30:00Z,NaN,":     `pnl "NaN" is no finite number`,
		"u,t,success,2026-08-12T09:30:00Z,1e999,":   `no finite number`,
		"u,t,success,2026-08-12T09:30:00Z,1,gold":   `plan_type "gold" is unknown`,
		"u,t,success,2026-08-12T09:30:00Z,1":        "it has 5 cells, the header has 6",
		"u,t\x00,success,2026-08-12T09:30:00Z,1,":   "trade_id has a zero byte",
		"u,t\xff,success,2026-08-12T09:30:00Z,1,":   "trade_id is not UTF-8 text",
		"u,\"t\"x,success,2026-08-12T09:30:00Z,1,":  "it is not valid csv",
		"u,t,success,99999-08-12T09:30:00Z,1,basic": "is no time",
	} {
		good, bad := read(t, head+row+"\nu,t,success,2026-08-12 09:30:00.5,1.5,basic\n", "csv")
		require.Len(t, bad, 1, row)
		require.Contains(t, bad[0].Reason, reason, row)
		require.EqualValues(t, 2, bad[0].Row.Line, row)
		require.Len(t, good, 1, row)
	}
	good, bad := read(t, "[1]\n{\"user_id\":[1]}\n"+strings.Repeat("x", 2<<20)+"\n{\"user_id\":\"u\",\"trade_id\":\"t\",\"status\":\"failed\",\"executed_at\":\"2026-08-12T09:30:00Z\"}", "jsonl")
	require.Len(t, good, 1)
	require.Len(t, bad, 3)
	require.EqualValues(t, 3, bad[2].Row.Line)
	for _, header := range []string{"user_id,nonsense\n", "user_id,user_id\n"} {
		_, err := tradefile.New(strings.NewReader(header), rowfile.Options{}, nil)
		var f *rowfile.FormatError
		require.ErrorAs(t, err, &f)
	}
	good, bad = read(t, "", "")
	require.Empty(t, good)
	require.Empty(t, bad)
}

func TestDerivedID(t *testing.T) {
	t.Parallel()
	one := models.TradeLog{UserID: "u", TradeID: "t"}
	other := models.TradeLog{UserID: "ut", TradeID: ""}
	require.NotEqual(t, tradefile.DerivedID(one), tradefile.DerivedID(other))
}

func FuzzRead(f *testing.F) {
	f.Add("user_id,trade_id,status,executed_at\nu,t,success,2026-08-12T09:30:00Z\n")
	f.Add(`{"user_id":"u"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := tradefile.New(strings.NewReader(text), rowfile.Options{}, func(tradefile.Rejected) error { return nil })
		if err != nil {
			return
		}
		for {
			_, row, err := r.Read()
			if err != nil {
				return
			}
			require.NotEmpty(t, row.ID)
			require.True(t, row.Status.Valid())
		}
	})
}
