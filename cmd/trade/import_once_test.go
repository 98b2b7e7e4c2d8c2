package trade_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/tradefile"
)

// Two fills of one trade in one second are two rows, however often and in whatever order the file comes.
func TestImport_TwoFillsInOneSecond(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	fill := func(amount, price string) string {
		return u.ID + ",t1,success,buy,2026-08-01T10:00:00Z," + amount + "," + price + "\n"
	}
	const header = "user_id,trade_id,status,action,executed_at,amount,price\n"
	inserted := func(rows ...string) float64 {
		t.Helper()
		return p.Input(header+strings.Join(rows, "")).OK("trade", "import", "-", "-o", "json").JSON()["inserted"].(float64)
	}
	require.EqualValues(t, 2, inserted(fill("100", "50000"), fill("200", "50000"), fill("100", "50000.0")))
	require.EqualValues(t, 1, inserted(fill("200", "5e4"), fill("100", "50001"), fill("100", "50000")))

	// An earlier version stored such a row under an id without amount and price.
	old := models.TradeLog{UserID: u.ID, TradeID: "t2", Status: "success", Action: new("buy"), ExecutedAt: at(1, 10), Amount: new(float64(7)), Price: new(float64(8))}
	old.ID = tradefile.EarlierID(old)
	require.NotEqual(t, old.ID, tradefile.DerivedID(old))
	factory.Trade(t, db, u.ID, func(l *models.TradeLog) { *l = old })
	earlier := strings.ReplaceAll(fill("7", "8")+fill("9", "8"), "t1", "t2")
	require.EqualValues(t, 1, inserted(earlier))
	require.EqualValues(t, 0, inserted(earlier))
}

// A rejected row takes no id along that was made of what is wrong about it.
func TestImport_MendedRejectIsTheRow(t *testing.T) {
	t.Parallel()
	p, _, u := world(t)
	right := `{"user_id":"` + u.ID + `","trade_id":"t1","status":"success","executed_at":"2026-08-01T10:00:00Z","amount":5}` + "\n"
	own := `{"id":"mine","user_id":"` + u.ID + `","trade_id":"t2","status":"success","executed_at":"2026-08-01T10:00:00Z"}` + "\n"
	wrong := strings.ReplaceAll(right+own, u.ID, "nobody")
	require.Equal(t, 7, p.Input(wrong).Run("trade", "import", "-", "--rejects", "bad.csv").Code)
	raw, err := os.ReadFile(filepath.Join(p.Dir, "bad.csv"))
	require.NoError(t, err)
	mended := strings.ReplaceAll(string(raw), "nobody", u.ID)
	r := p.Input(mended).OK("trade", "import", "-", "-q")
	ids := strings.Fields(r.Stdout)
	require.Len(t, ids, 2)
	require.Contains(t, ids, "mine", "an id of its own stays")
	require.EqualValues(t, 0, p.Input(right+own).OK("trade", "import", "-", "-o", "json").JSON()["inserted"])
	require.Empty(t, p.Input(mended).OK("trade", "import", "-", "-q").Stdout)
	for _, id := range ids {
		p.OK("trade", "show", id)
	}
}
