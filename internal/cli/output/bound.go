package output

import (
	"context"
	"fmt"
	"runtime/metrics"
	"time"
)

// jqMemory is how much a --jq may add to the memory in use: it holds its whole input, but an expression that only grows
// must not take the machine with it.
const jqMemory = 1 << 30

// ErrMemory ends a --jq that grew beyond that.
var ErrMemory = fmt.Errorf("the expression needs more than %d MiB of memory", jqMemory>>20)

// bounded is the context of one run of --jq. Call stop at its end. Most runs end before the first look.
func (p *Printer) bounded() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(p.context())
	limit := uint64(0)
	var timer *time.Timer
	ready := make(chan struct{})
	timer = time.AfterFunc(10*time.Millisecond, func() {
		<-ready
		used := heap()
		if limit == 0 {
			limit = used + jqMemory
		}
		if used > limit {
			cancel(ErrMemory)
		} else if ctx.Err() == nil {
			timer.Reset(10 * time.Millisecond)
		}
	})
	close(ready)
	return ctx, func() {
		cancel(nil)
		timer.Stop()
	}
}

// heap is how many bytes objects take that live or are not collected yet.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
