// Package progress owns how long work is shown and how it is stopped: a counter that domain code increments and a
// ticker that renders it on stderr, ten times a second on a terminal, one line every 30 seconds elsewhere, and as
// JSON objects for a wrapper that asks for them (AXISOR_PROGRESS=json). Domain code sees only Add; a nil counter is
// valid and silent.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
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
	erase string
	tty   bool
	json  bool
	stop  chan struct{}
	idle  sync.WaitGroup
}

// Start begins showing a counter; total 0 means unknown. With quiet nothing is shown but counting goes on; a wrapper
// that asked for JSON gets it all the same.
func Start(s *streams.Streams, label string, total int64, unit Unit, quiet bool) *Counter {
	c := &Counter{label: label, unit: unit, start: time.Now(), w: s.Err, erase: s.EraseLine(), tty: s.ErrTerminal(), stop: make(chan struct{})}
	c.total.Store(total)
	switch s.Progress() {
	case "json":
		c.json, c.tty, quiet = true, false, false
	case "off":
		quiet = true
	}
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

// Done stops rendering and waits for the last frame: on a terminal the line becomes a summary with the time it took,
// elsewhere a summary follows when there was anything before it.
func (c *Counter) Done() {
	if c == nil {
		return
	}
	close(c.stop)
	c.idle.Wait()
}

func (c *Counter) render() {
	every := 30 * time.Second
	switch {
	case c.json:
		every = time.Second
	case c.tty:
		every = 100 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	drawn := false
	for {
		select {
		case <-c.stop:
			c.finish(drawn)
			return
		case now := <-tick.C:
			if now.Sub(c.start) < quietStart {
				continue
			}
			drawn = true
			switch {
			case c.json:
				c.emit(now, false)
			case c.tty:
				fmt.Fprint(c.w, c.erase+c.line(now))
			default:
				fmt.Fprintln(c.w, c.line(now))
			}
		}
	}
}

func (c *Counter) finish(drawn bool) {
	now := time.Now()
	switch {
	case c.json:
		c.emit(now, true)
	case drawn && c.tty:
		fmt.Fprint(c.w, c.erase+c.summary(now)+"\n")
	case drawn:
		fmt.Fprintln(c.w, c.summary(now))
	}
}

// frame is one JSON object for a wrapper.
type frame struct {
	Label     string  `json:"label"`
	Unit      string  `json:"unit"` // items or bytes
	Done      int64   `json:"done"`
	Total     *int64  `json:"total"` // null when unknown
	Rate      float64 `json:"per_second"`
	ElapsedMs int64   `json:"elapsed_ms"`
	LeftMs    *int64  `json:"left_ms"`
	Finished  bool    `json:"finished"`
}

func (c *Counter) emit(now time.Time, finished bool) {
	f := frame{Label: c.label, Unit: "items", Done: c.done.Load(), ElapsedMs: now.Sub(c.start).Milliseconds(), Finished: finished}
	if c.unit == Bytes {
		f.Unit = "bytes"
	}
	if total := c.total.Load(); total > 0 {
		f.Total = &total
	}
	f.Rate = math.Round(c.rate(now)*10) / 10
	if left, ok := c.left(now); ok && !finished {
		f.LeftMs = new(left.Milliseconds())
	}
	raw, err := json.Marshal(map[string]frame{"progress": f})
	if err != nil { // numbers and words always encode
		return
	}
	fmt.Fprintf(c.w, "%s\n", raw)
}

func (c *Counter) rate(now time.Time) float64 {
	return float64(c.done.Load()) / max(now.Sub(c.start).Seconds(), 1e-3)
}

// left is how long the rest takes at the rate so far.
func (c *Counter) left(now time.Time) (time.Duration, bool) {
	rest, rate := c.total.Load()-c.done.Load(), c.rate(now)
	if rest <= 0 || rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(rest) / rate * float64(time.Second)), true
}

func (c *Counter) summary(now time.Time) string {
	spent := now.Sub(c.start)
	return fmt.Sprintf("%s: %s in %s, %s/s", c.label, c.count(c.done.Load()), spent.Round(100*time.Millisecond), c.count(int64(c.rate(now))))
}

func (c *Counter) line(now time.Time) string {
	done, total := c.done.Load(), c.total.Load()
	if done == 0 && total == 0 { // one long statement: there is nothing to count until it ends
		return fmt.Sprintf("%s: %s", c.label, now.Sub(c.start).Round(time.Second))
	}
	text := fmt.Sprintf("%s: %s", c.label, c.count(done))
	if total > 0 {
		text += fmt.Sprintf(" of %s (%d%%)", c.count(total), min(100, 100*done/total))
	}
	text += fmt.Sprintf(", %s/s", c.count(int64(c.rate(now))))
	if left, ok := c.left(now); ok {
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
