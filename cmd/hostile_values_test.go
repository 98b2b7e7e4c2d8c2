package cmd_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// hostileTable is a table, a row of it to copy, and the commands that read it.
type hostileTable struct {
	name, base string
	unique     []string // columns in which two rows differ
	lists      [][]string
	show       []string
}

func openDB(t *testing.T, p *clitest.Program) *store.DB {
	t.Helper()
	for _, kv := range p.Env {
		if url, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 2})
			require.NoError(t, err)
			t.Cleanup(func() { db.Close() })
			return db
		}
	}
	t.Fatal("no database")
	return nil
}

func hostileTables(t *testing.T, db *store.DB) []hostileTable {
	t.Helper()
	u := factory.User(t, db)
	account := factory.Account(t, db, u.ID)
	trade := factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.PnL, l.Amount, l.Price = new(5.0), new(6.0), new(7.0) })
	audit := models.AuditLog{Action: "user.update", Severity: models.SeverityInfo, CreatedAt: db.Now()}
	require.NoError(t, db.CreateAudit(t.Context(), &audit))
	event := models.SecurityAuditLog{Action: "LOGIN", Success: new(true), CreatedAt: db.Now()}
	require.NoError(t, db.CreateSecurityAudit(t.Context(), &event))
	plan := models.Plan{Name: "Hostile", Slug: "hostile", CreatedAt: db.Now(), UpdatedAt: db.Now()}
	require.NoError(t, db.Gorm(t.Context()).Create(&plan).Error)
	words := strings.Fields
	return []hostileTable{
		{"TradeLog", trade.ID, nil, [][]string{words("trade list --all"), words("trade export"), words("trade export --ordered")}, words("trade show")},
		{"User", u.ID, []string{"email", "username"}, [][]string{words("user list --all"), words("user export")}, words("user show")},
		{"Payment", factory.Payment(t, db, u.ID).ID, nil, [][]string{words("payment list --all"), words("payment export")}, words("payment show")},
		{"RefreshToken", factory.Session(t, db, u.ID).ID, []string{"token"}, [][]string{append(words("user session list --all"), u.ID)}, nil},
		{"Automation", factory.Automation(t, db, u.ID, account.ID).ID, nil, [][]string{words("automation list --all")}, words("automation show")},
		{"UserExchangeAccounts", account.ID, []string{"account_name"}, [][]string{words("account list --all")}, words("account show")},
		{"Plan", plan.ID, []string{"name", "slug"}, [][]string{words("plan list --all")}, words("plan show")},
		{"AuditLog", audit.ID, nil, [][]string{words("audit list --all"), words("audit export")}, words("audit show")},
		{"SecurityAuditLog", event.ID, nil, [][]string{words("audit security list --all"), words("audit export --security")}, nil},
	}
}

// spoil adds a row for every time and number of a table and every value that no format has a form for.
func (h hostileTable) spoil(t *testing.T, db *store.DB) (ids []string) {
	t.Helper()
	values := map[string][]string{
		"timestamp without time zone": {"infinity", "-infinity", "200000-01-01", "0044-03-15 BC"},
		"double precision":            {"NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e-300"},
	}
	var columns []struct{ Name, Kind string }
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT attname AS name, format_type(atttypid, NULL) AS kind FROM pg_attribute
		WHERE attrelid = CAST(? AS regclass) AND attnum > 0 AND NOT attisdropped`, `"`+h.name+`"`).Scan(&columns).Error)
	for _, c := range columns {
		for n, value := range values[c.Kind] {
			id := fmt.Sprintf("hostile-%s-%d", strings.ReplaceAll(c.Name, "_", "-"), n)
			set := map[string]string{"id": id, c.Name: value}
			for _, u := range h.unique {
				set[u] = id
				if u == "email" {
					set[u] += "@example.com"
				}
			}
			raw, err := json.Marshal(set)
			require.NoError(t, err)
			sql := fmt.Sprintf(`INSERT INTO "%s" SELECT r.* FROM "%s" t, jsonb_populate_record(t, CAST(? AS jsonb)) r WHERE t.id = ?`, h.name, h.name)
			if db.Gorm(t.Context()).Exec(sql, string(raw), h.base).Error == nil { // else the schema does not let it in
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Whatever stands in a column, every other row and field comes out of every reading command, in every format.
func TestHostileValues_EveryRowComesOut(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := openDB(t, p)
	spoilt := 0
	tables := hostileTables(t, db)
	owner := tables[1].base
	all := map[string][]string{}
	for _, h := range tables {
		ids := h.spoil(t, db)
		spoilt += len(ids)
		all[h.name] = ids
		require.NotEmpty(t, ids, h.name)
		for _, list := range h.lists {
			for _, format := range []string{"table", "json", "jsonl", "csv", "yaml"} {
				r := p.Run(append(slices.Clone(list), "-o", format)...)
				require.Equal(t, 0, r.Code, "%v -o %s: %s", list, format, r.Stderr)
				if format != "csv" || !strings.Contains(r.Stdout, "infinity") { // csv may have the text of what no other format has
					require.Contains(t, r.Stderr, "cannot be read", "%v -o %s", list, format)
				}
				for _, id := range ids {
					if format != "table" { // which has no room for every id
						require.Contains(t, r.Stdout, id, "%v -o %s", list, format)
					}
				}
				require.NotContains(t, r.Stdout, "0001-01-01", "%v -o %s", list, format)
				switch format {
				case "json":
					require.GreaterOrEqual(t, len(r.Items()), len(ids))
				case "jsonl":
					for line := range strings.Lines(r.Stdout) {
						require.True(t, json.Valid([]byte(line)), line)
					}
				}
			}
		}
		if h.show == nil {
			continue
		}
		for _, id := range ids {
			r := p.Run(append(slices.Clone(h.show), id, "-o", "json")...)
			require.Equal(t, 0, r.Code, "%v %s: %s", h.show, id, r.Stderr)
			require.True(t, json.Valid([]byte(r.Stdout)))
		}
	}
	require.Greater(t, spoilt, 80)
	rowsOfSeveralTables(t, p, owner, all)
	for _, sums := range []string{"trade stats", "trade stats --by day", "trade stats --by user", "trade chart", "trade calendar", "payment stats", "payment stats --by month"} {
		for _, format := range []string{"table", "json"} {
			r := p.Run(append(strings.Fields(sums), "-o", format)...)
			require.Equal(t, 0, r.Code, "%s: %s", sums, r.Stderr)
			if format == "json" {
				require.True(t, json.Valid([]byte(r.Stdout)), sums)
			}
		}
	}
}

// rowsOfSeveralTables reads by the commands that put the rows of several tables together. ids are those of the spoilt rows, by table.
func rowsOfSeveralTables(t *testing.T, p *clitest.Program, owner string, ids map[string][]string) {
	t.Helper()
	for line, tables := range map[string][]string{
		"user timeline --all " + owner: {"TradeLog", "Payment", "RefreshToken"},
		"search hostile- --limit 500":  {"User", "UserExchangeAccounts", "Automation", "Payment", "TradeLog"},
		"user show " + owner:           {"UserExchangeAccounts"},
	} {
		for _, format := range []string{"table", "json", "jsonl", "csv", "yaml"} {
			r := p.Run(append(strings.Fields(line), "-o", format)...)
			require.Equal(t, 0, r.Code, "%s -o %s: %s", line, format, r.Stderr)
			require.Contains(t, r.Stderr, "cannot be read", "%s -o %s", line, format)
			require.NotContains(t, r.Stdout, "0001-01-01", "%s -o %s", line, format)
			for _, table := range tables {
				for _, id := range ids[table] {
					if format != "table" {
						require.Contains(t, r.Stdout, id, "%s -o %s", line, format)
					}
				}
			}
		}
	}
}

// An import takes no such value in: the row is rejected, and the others are not.
func TestHostileValues_ImportsRefuseByRow(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	u := p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "-q").Stdout
	row := func(trade, at, pnl string) string {
		return strings.TrimSpace(u) + "," + trade + ",success," + at + "," + pnl + "\n"
	}
	file := "user_id,trade_id,status,executed_at,pnl\n" + row("good", "2026-08-12", "21e14") + row("server", "2026-08-12 09:30:00.5", "-1e-9")
	for i, at := range []string{"infinity", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "0001-01-01T00:00:00Z"} {
		file += row(fmt.Sprint("time", i), at, "1")
	}
	for i, pnl := range []string{"NaN", "Inf", "1e308", "2100000000000001", "0x1p4", "1_000", "1e999"} {
		file += row(fmt.Sprint("pnl", i), "2026-08-12T09:30:00Z", pnl)
	}
	r := p.Input(file).Run("trade", "import", "-", "-o", "json")
	require.Equal(t, 7, r.Code)
	require.EqualValues(t, 2, r.JSON()["inserted"])
	require.EqualValues(t, 11, r.JSON()["rejected"])

	users := "email,username,created_at,preferences\na@example.com,aaa,2026-08-12,\nb@example.com,bbb,0001-01-01T00:00:00Z,\n" +
		"c@example.com,ccc,infinity,\nd@example.com,ddd,," + `"{""a"":""\ud800""}"` + "\n" + "e@example.com,eee,2026-08-12 09:30:00,\n"
	r = p.Input(users).Run("user", "import", "-", "-o", "json")
	require.Equal(t, 7, r.Code, r.Stderr)
	require.EqualValues(t, 2, r.JSON()["created"])
	require.EqualValues(t, 3, r.JSON()["rejected"])
	p.OK("trade", "list", "--since", "2026-08-12 09:30:00")
	for _, config := range []string{`{"strategy":"take_profit","strategy":"stop_loss"}`, `{"strategy":"take_profit\ud800"}`} {
		require.NotZero(t, p.Run("automation", "validate", "--type", "tp_sl", "--config-json", config).Code, config)
	}
}

// An address that cannot be used is a matter of configuration, whatever is wrong with it.
func TestHostileValues_DatabaseAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://0?host=[", "postgres://u@h:99999/d"} {
		r := clitest.New(t, "DATABASE_URL="+address).Fails(10, "user", "list", "-o", "json")
		require.Equal(t, "database_url_invalid", r.Error()["code"], address)
	}
}
