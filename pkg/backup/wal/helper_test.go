package wal_test

import (
	"context"
	"testing"
	"time"
)

// contextWithout outlives the test's own context, for cleanup.
func contextWithout(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
}
