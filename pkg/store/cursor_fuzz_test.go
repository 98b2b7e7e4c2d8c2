package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cursor comes from whoever types it: it is refused, or stands for a place that it stands for again.
func FuzzCursorOf(f *testing.F) {
	value := "2026-03-01 12:00:00.123456"
	for _, c := range []cursor{{"created_at", &value, "id"}, {"email", new("a@b.co"), "8b7c1a2e-0000-4000-8000-000000000001"}, {"email", nil, "x"}} {
		f.Add(c.encode(), c.Sort)
	}
	f.Add("eyJzIjoiZW1haWwiLCJ2IjpudWxsLCJpIjoieCJ9", "email")
	f.Fuzz(func(t *testing.T, text, sort string) {
		of := func(context.Context, string) (*string, error) { return new("stored"), nil }
		c, err := cursorOf(t.Context(), text, sort, []string{"email", "-created_at"}, of)
		if err != nil {
			require.ErrorAs(t, err, new(*ArgumentError))
			return
		}
		require.NotEmpty(t, c.ID)
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
		again, err := timelineCursorOf(c.encode())
		require.NoError(t, err)
		require.Equal(t, c.At, again.At)
		require.Equal(t, c.ID, again.ID)
	})
}
