// Package progress owns how long work is shown: a counter that domain code increments and a ticker that renders
// it on stderr, ten times a second on a terminal, one line every 30 seconds elsewhere. Domain code sees only
// Add; a nil counter is valid and silent.
package progress

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/axisor/axisor/internal/cli/streams"
)

// Unit says how counts are written.
type Unit int

// The units of a counter.
const (
	Items Unit = iota
	Bytes
)

// quietStart keeps short work silent.
const quietStart = time.Second

// Counter counts work done. Add may be called from many goroutines.
type Counter struct {
	label string
	unit  Unit
	total atomic.Int64
	done  atomic.Int64
	start time.Time
	w     io.Writer
	tty   bool
	stop  chan struct{}
	idle  sync.WaitGroup
}

// Start begins showing a counter; total 0 means unknown. With quiet nothing is shown but counting goes on.
func Start(s *streams.Streams, label string, total int64, unit Unit, quiet bool) *Counter {
	c := &Counter{label: label, unit: unit, start: time.Now(), w: s.Err, tty: s.ErrTerminal(), stop: make(chan struct{})}
	c.total.Store(total)
	if quiet {
		return c
	}
	c.idle.Go(c.render)
	return c
}

// Add counts n more.
func (c *Counter) Add(n int64) {
	if c != nil {
		c.done.Add(n)
	}
}

// SetTotal corrects the expected total.
func (c *Counter) SetTotal(n int64) {
	if c != nil {
		c.total.Store(n)
	}
}

// Done stops rendering and erases the line; it waits for the last frame.
func (c *Counter) Done() {
	if c == nil {
		return
	}
	close(c.stop)
	c.idle.Wait()
}

func (c *Counter) render() {
	every := 30 * time.Second
	if c.tty {
		every = 100 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	drawn := false
	for {
		select {
		case <-c.stop:
			if drawn && c.tty {
				fmt.Fprint(c.w, "\r\x1b[K")
			}
			return
		case now := <-tick.C:
			if now.Sub(c.start) < quietStart {
				continue
			}
			drawn = true
			if c.tty {
				fmt.Fprint(c.w, "\r\x1b[K"+c.line(now))
			} else {
				fmt.Fprintln(c.w, c.line(now))
			}
		}
	}
}

func (c *Counter) line(now time.Time) string {
	done, total, spent := c.done.Load(), c.total.Load(), now.Sub(c.start)
	rate := float64(done) / spent.Seconds()
	text := fmt.Sprintf("%s: %s", c.label, c.count(done))
	if total > 0 {
		text += fmt.Sprintf(" of %s (%d%%)", c.count(total), min(100, 100*done/total))
	}
	text += fmt.Sprintf(", %s/s", c.count(int64(rate)))
	if total > done && rate > 0 {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

func (c *Counter) count(n int64) string {
	if c.unit == Bytes {
		return humanize.IBytes(uint64(max(0, n)))
	}
	return humanize.Comma(n)
}
