package output_test

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
)

// pipe counts the writes that reach it.
type pipe struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes int
	fail   error
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	if p.fail != nil {
		return 0, p.fail
	}
	return p.text.Write(b)
}

func (p *pipe) lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.text.String(), "\n")
}

func through(t *testing.T, p *pipe, format string, items iter.Seq2[tradeView, error]) error {
	t.Helper()
	s, _, _ := streams.Test("")
	s.Out = p
	printer, err := output.New(s, output.Options{Format: format})
	require.NoError(t, err)
	return output.List(printer, desc, items, nil)
}

// A long list is not one system call a row, and a slow one shows each row while the next is still being made.
func TestList_Buffered(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "jsonl"} {
		var fast pipe
		require.NoError(t, through(t, &fast, format, func(yield func(tradeView, error) bool) {
			for range 10_000 {
				if !yield(sample()[0], nil) {
					return
				}
			}
		}))
		require.GreaterOrEqual(t, fast.lines(), 10_000)
		require.Less(t, fast.writes, 500)

		var slow pipe
		require.NoError(t, through(t, &slow, format, func(yield func(tradeView, error) bool) {
			yield(sample()[0], nil)
			require.Eventually(t, func() bool { return slow.lines() > 0 }, 10*time.Second, 5*time.Millisecond)
			yield(sample()[1], nil)
		}))

		full := pipe{fail: errors.New("no space left")}
		require.ErrorIs(t, through(t, &full, format, seq(sample(), nil)), full.fail)

		var broken pipe
		boom := errors.New("boom")
		require.ErrorIs(t, through(t, &broken, format, seq(sample(), boom)), boom)
		require.Contains(t, broken.text.String(), `"id":"b"`, "what was there before the failure went out")
	}
}
