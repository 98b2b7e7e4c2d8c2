package progress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/streams"
)

func started(t *testing.T, c *Counter) (*bytes.Buffer, time.Time) {
	t.Helper()
	var out bytes.Buffer
	c.w, c.start = &out, time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC)
	return &out, c.start
}

func TestLine_CountRateAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	c := &Counter{label: "import"}
	_, at := started(t, c)
	require.Equal(t, "import: 3s", c.line(at.Add(3*time.Second)))
	c.Add(1500)
	require.Equal(t, "import: 1,500, 500/s", c.line(at.Add(3*time.Second)))
	c.SetTotal(3000)
	require.Equal(t, "import: 1,500 of 3,000 (50%), 500/s, 3s left", c.line(at.Add(3*time.Second)))
	require.Equal(t, "import: 1,500 in 3s, 500/s", c.summary(at.Add(3*time.Second)))
	c.unit = Bytes
	require.Contains(t, c.line(at.Add(3*time.Second)), "1.5 KiB of 2.9 KiB")
}

// A wrapper reads one object a line and knows the last one by its mark.
func TestJSON_IsOneObjectALine(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AXISOR_PROGRESS": "json"}
	var out bytes.Buffer
	s := streams.New(strings.NewReader(""), io.Discard, &out, func(name string) string { return env[name] })
	c := Start(s, "encrypt", 10, Items, true)
	c.Add(10)
	c.Done()
	var got map[string]frame
	require.NoError(t, json.Unmarshal(out.Bytes(), &got), out.String())
	f := got["progress"]
	require.Equal(t, "encrypt", f.Label)
	require.EqualValues(t, 10, f.Done)
	require.EqualValues(t, 10, *f.Total)
	require.Nil(t, f.LeftMs)
	require.True(t, f.Finished)
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var fields map[string]map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &fields))
	require.Len(t, fields["progress"], 8, "the fields are a contract: label unit done total per_second elapsed_ms left_ms finished")
}

// Short work leaves no trace, in a pipe or on a terminal; a nil counter counts for nobody.
func TestShortWorkIsSilent(t *testing.T) {
	t.Parallel()
	for _, s := range []func() (*streams.Streams, *bytes.Buffer, *bytes.Buffer){
		func() (*streams.Streams, *bytes.Buffer, *bytes.Buffer) { return streams.Test("") },
		func() (*streams.Streams, *bytes.Buffer, *bytes.Buffer) { return streams.TestTerminal(80) },
	} {
		st, out, errw := s()
		c := Start(st, "x", 1, Items, false)
		c.Add(1)
		c.Done()
		require.Empty(t, out.String()+errw.String())
	}
	var none *Counter
	none.Add(1)
	none.SetTotal(1)
	none.Done()
}

func TestFinish_SummaryAfterProgressOnly(t *testing.T) {
	t.Parallel()
	c := &Counter{label: "copy", tty: true, erase: "\r\x1b[K"}
	out, _ := started(t, c)
	c.finish(true)
	require.True(t, strings.HasPrefix(out.String(), "\r\x1b[Kcopy: 0 in "), out.String())
	require.True(t, strings.HasSuffix(out.String(), "/s\n"))
}

func TestStop_AsksWhoWatches(t *testing.T) {
	t.Parallel()
	var s Stop
	_, ok := s.Ask()
	require.False(t, ok, "nobody watches: the signal cancels")
	require.False(t, s.Asked())

	soft, release := s.Context(t.Context(), "the batch in flight")
	unit, ok := s.Ask()
	require.True(t, ok)
	require.Equal(t, "the batch in flight", unit)
	require.True(t, Stopped(t.Context(), soft))
	require.NoError(t, t.Context().Err(), "the unit in flight lives on")
	release()
	_, ok = s.Ask()
	require.False(t, ok)
	require.True(t, s.Asked())
}

func TestBetween_EndsAfterTheUnitIsCounted(t *testing.T) {
	t.Parallel()
	var s Stop
	c := &Counter{}
	work, add, release := s.Between(t.Context(), "the batch", c)
	defer release()
	add(1)
	s.Ask()
	require.NoError(t, work.Err(), "the batch in flight goes on")
	add(1)
	require.True(t, Stopped(t.Context(), work))
	require.EqualValues(t, 2, c.done.Load())
}

// Rows that end after somebody asked are cut short as well: the same signal ends the program that feeds them.
func TestUntil_StopsBetweenRowsAndAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, at := range []int{2, 3} {
		var s Stop
		soft, release := s.Context(t.Context(), "rows")
		var got []int
		var last error
		for n, err := range Until(soft, func(yield func(int, error) bool) {
			for i := range 3 {
				if !yield(i, nil) {
					return
				}
				if i+1 == at {
					s.Ask()
				}
			}
		}) {
			if last = err; err == nil {
				got = append(got, n)
			}
		}
		require.ErrorIs(t, last, ErrStopped)
		require.Len(t, got, at)
		release()
	}
	count := 0
	for _, err := range Until(context.Background(), func(yield func(int, error) bool) { yield(0, errors.New("x")) }) {
		require.Error(t, err)
		count++
	}
	require.Equal(t, 1, count)
}

// TestInterruptible_EndsWhileAReadWaits and passes everything on before.
func TestInterruptible_EndsWhileAReadWaits(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	go func() { _, _ = in.Write([]byte(strings.Repeat("row\n", 1000))) }()
	r := Interruptible(ctx, out)
	begin := make([]byte, 4000)
	_, err := io.ReadFull(r, begin)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("row\n", 1000), string(begin))
	time.AfterFunc(10*time.Millisecond, stop)
	_, err = r.Read(begin)
	require.ErrorIs(t, err, io.EOF)

	all, err := io.ReadAll(Interruptible(t.Context(), strings.NewReader(strings.Repeat("x", 200_000))))
	require.NoError(t, err)
	require.Len(t, all, 200_000)
}
