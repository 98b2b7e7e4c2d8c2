package harness

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sampleMemory samples the resident memory of a process until its answer is asked for: how much higher it was in the second half
// of the run than in the first.
func sampleMemory(pid int) (growth func() float64) {
	stop, seen := make(chan struct{}), make(chan []int64)
	go func() {
		var all []int64
		for {
			text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
			if _, after, ok := strings.Cut(string(text), "VmRSS:"); err == nil && ok {
				if n, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64); err == nil {
					all = append(all, n)
				}
			}
			select {
			case <-stop:
				seen <- all
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(stop)
		return flatness(<-seen)
	}
}

func flatness(seen []int64) float64 {
	if len(seen) < 4 {
		return 1
	}
	return float64(slices.Max(seen[len(seen)/2:])) / float64(slices.Max(seen[:len(seen)/2]))
}
