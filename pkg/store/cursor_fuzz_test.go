package store

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/models"
)

// A cursor comes from whoever types it: it is refused, or stands for a place that it stands for again.
func FuzzCursorOf(f *testing.F) {
	value := "2026-03-01 12:00:00.123456"
	for _, c := range []cursor{{"created_at", &value, "id"}, {"email", new("a@b.co"), "8b7c1a2e-0000-4000-8000-000000000001"}, {"email", nil, "x"}, {"email", nil, "00000000-0000-4000-8000-000000000001"}} {
		f.Add(c.encode(), c.Sort)
	}
	f.Add(cursor{"email", new("a\x00"), "x"}.encode(), "email")
	f.Add(cursor{"email", new("a"), "\xff"}.encode(), "email")
	f.Add("eyJzIjoiZW1haWwiLCJ2IjpudWxsLCJpIjoieCJ9", "email")
	f.Fuzz(func(t *testing.T, text, sort string) {
		of := func(context.Context, string) (*string, error) { return new("stored"), nil }
		c, err := cursorOf(t.Context(), text, sort, []string{"email", "-created_at"}, of)
		if err != nil {
			require.ErrorAs(t, err, new(*ArgumentError))
			return
		}
		require.NotEmpty(t, c.ID)
		for _, sent := range []string{c.ID, models.Deref(c.Value)} { // the server refuses other texts
			require.True(t, utf8.ValidString(sent) && !strings.Contains(sent, "\x00"), "%q", sent)
		}
		again, err := cursorOf(t.Context(), c.encode(), sort, nil, of)
		require.NoError(t, err)
		require.Equal(t, c.ID, again.ID)
	})
}

func FuzzTimelineCursorOf(f *testing.F) {
	for _, c := range []timelineCursor{{"2026-03-01 12:00:00.123456", "payment", "payment.paid", "x"}, {"infinity", "audit", "user.create", "y"}, {"0044-03-15 00:00:00 BC", "trade", "", "z"}} {
		f.Add(c.encode())
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := timelineCursorOf(text)
		if err != nil {
			require.ErrorAs(t, err, new(*ArgumentError))
			return
		}
		require.True(t, utf8.ValidString(c.ID) && !strings.Contains(c.ID, "\x00"), "%q", c.ID)
		again, err := timelineCursorOf(c.encode())
		require.NoError(t, err)
		require.Equal(t, c.At, again.At)
		require.Equal(t, c.ID, again.ID)
	})
}
