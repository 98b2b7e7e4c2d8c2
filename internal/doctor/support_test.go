package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServerSupport(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		require.NoError(t, err)
		return d
	}
	for _, c := range []struct {
		major    int
		version  string
		now      time.Time
		text     string
		gotEnded bool
	}{
		{15, "15.18", day("2026-11-29"), "PostgreSQL 15.18 (security fixes until 2027-11-11)", false},
		{15, "15.18", day("2027-11-11").Add(23 * time.Hour), "PostgreSQL 15.18 (security fixes until 2027-11-11)", false},
		{15, "15.18", day("2027-11-12"), "PostgreSQL 15.18 has had no security fixes since 2027-11-11: move to a newer major version", true},
		{14, "14.23", day("2026-11-29"), "PostgreSQL 14.23 has had no security fixes since 2026-11-12: move to a newer major version", true},
		{14, "14.23", day("2026-11-01"), "PostgreSQL 14.23 (security fixes until 2026-11-12)", false},
		{13, "13.22", day("2025-01-01"), "PostgreSQL 13.22 is not supported: axisor is made for 14 to 18, and its security fixes ended on 2025-11-13", true},
		{9, "9.6.24", day("2026-11-29"), "PostgreSQL 9.6.24 is not supported: axisor is made for 14 to 18, and its security fixes ended years ago", true},
		{19, "19beta1", day("2026-11-29"), "PostgreSQL 19beta1", false},
	} {
		text, ended := serverSupport(c.major, c.version, c.now)
		require.Equal(t, c.text, text)
		require.Equal(t, c.gotEnded, ended, c.text)
	}
	for major := oldestServer; major <= newestServer; major++ {
		require.NotEmpty(t, endOfLife(major), "the end of PostgreSQL %d is not in the table", major)
	}
}
