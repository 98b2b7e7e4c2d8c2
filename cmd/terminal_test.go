//go:build linux

package cmd_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// attack is what a user of the platform may call themselves, with a harmless end that shows that it was printed.
const attack = "\x1b[31m\x1b]0;owned\x07\u009b2J\u202eevil\u2028\r\x1b[2K\x7fharmless"

// TestContract_StoredTextNeverDrivesTheTerminal: whatever stands in a column of text, every command that reads rows, in
// every format, prints no control sequence on a terminal but its own colours.
func TestContract_StoredTextNeverDrivesTheTerminal(t *testing.T) {
	t.Parallel()
	p, db := twins(t)
	var columns []struct{ Table, Column string }
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT c.table_name AS table, c.column_name AS column FROM information_schema.columns c
		JOIN information_schema.tables USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND table_type = 'BASE TABLE' AND c.data_type IN ('text', 'character varying')
		AND c.column_name NOT IN ('id', 'user_id') ORDER BY 1, 2`).Scan(&columns).Error)
	poisoned := 0
	for _, c := range columns { // what a rule of its column forbids cannot be there
		sql := `UPDATE "` + c.Table + `" SET "` + c.Column + `" = '` + attack + `' || "` + c.Column + `" WHERE id LIKE 'ana%'`
		if db.Gorm(t.Context()).Exec(sql).Error == nil {
			poisoned++
		}
	}
	require.Greater(t, poisoned, 25)
	require.NoError(t, db.Gorm(t.Context()).Exec(`UPDATE "User" SET preferences = jsonb_build_object('a', ?::text) WHERE id = 'ana-id'`, attack).Error)

	colours := regexp.MustCompile(`\x1b\[[0-9;]*m|\r\x1b\[K`)
	shown := 0
	for _, c := range leaves(t) {
		if !readsRows(c) || notAsUser[pathOf(c)] != "" {
			continue
		}
		who := strings.NewReplacer("ana@example.com", attack+"ana@example.com")
		for _, format := range [][]string{{}, {"-o", "csv"}, {"-o", "json"}, {"-o", "jsonl"}, {"-o", "yaml"}, {"--jq", ".. | strings"}, {"-q"}} {
			args := call(t, c, "ana-id", format...)
			for i := range args { // people are found by id, or by what they are called now
				args[i] = who.Replace(strings.Replace(args[i], "ana-id@example.com", "ana@example.com", 1))
				args[i] = strings.Replace(args[i], "ana-id-", "ana-", 1)
			}
			term := p.OnTerminal(100, 40, args...)
			term.Ends()
			said := colours.ReplaceAllString(strings.ReplaceAll(term.Output(), "\r\n", "\n"), "")
			for _, r := range said {
				if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028') {
					require.Failf(t, "a control character", "%q in axisor %s:\n%q", r, strings.Join(args, " "), said)
				}
			}
			require.NotContains(t, term.Output(), "\x1b[31m\x1b]", args)
			if strings.Contains(said, "harmless") {
				shown++
			}
		}
	}
	require.Greater(t, shown, 80, "so often the text was there")
}
