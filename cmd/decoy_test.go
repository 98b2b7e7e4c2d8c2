package cmd_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tables of the same names in a schema that stands before the shared ones hide no row from any command that reads.
func TestReads_TablesInFrontHideNothing(t *testing.T) {
	t.Parallel()
	p, db := twins(t)
	_, err := db.SQL().ExecContext(t.Context(), `DO $$
		DECLARE t text;
		BEGIN
			CREATE SCHEMA decoy;
			FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
				EXECUTE format('CREATE TABLE decoy.%1$I (LIKE public.%1$I)', t);
			END LOOP;
			CREATE TYPE decoy."PlanType" AS ENUM ('other');
			EXECUTE format('GRANT USAGE ON SCHEMA decoy TO PUBLIC; ALTER DATABASE %I SET search_path = decoy, public', current_database());
		END $$`)
	require.NoError(t, err)
	seen := 0
	for _, c := range leaves(t) {
		path := pathOf(c)
		if !readsRows(c) || notAsUser[path] != "" {
			continue
		}
		r := p.Run(call(t, c, "bob", "-o", "json")...)
		require.Contains(t, []int{0, 8}, r.Code, "%s: %s", path, r.Stderr)
		if strings.Contains(asUser[path], "{u}") || c.Name() == "list" && !strings.HasPrefix(path, "guard") {
			require.True(t, strings.Contains(r.Stdout, "bob") || strings.Contains(r.Stdout, "slug") || strings.Contains(r.Stdout, "api_key"), "%s: %s", path, r.Stdout)
			seen++
		}
	}
	require.Greater(t, seen, 25)
	require.Contains(t, p.OK("trade", "export", "-o", "csv").Stdout, "bob-trade")
	require.Contains(t, p.OK("trade", "list", "--as-user", "ana", "-o", "json").Stdout, "ana-trade")
	require.Contains(t, p.OK("trade", "stats", "-o", "csv").Stdout, "14")
}
