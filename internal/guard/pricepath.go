package guard

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
)

// maxPath bounds the prices of a path: a year of minutes.
const maxPath = 366 * 24 * 60

// pathStart is when a path begins.
func pathStart() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// ParsePath reads a price history from a few words, one price a step. Parts are
// separated by commas: 95000 is one price, 95000:10 ten times the same, and
// 95000..88000:281 are 281 prices at equal distances, both ends included.
func ParsePath(text string, step time.Duration) ([]marginguard.Candle, error) {
	var out []marginguard.Candle
	at := pathStart()
	for part := range strings.SplitSeq(text, ",") {
		from, to, n, err := pathPart(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if n > maxPath-len(out) {
			return nil, fmt.Errorf("more than %d prices", maxPath)
		}
		for i := range n {
			x := from
			if n > 1 {
				x += (to - from) * float64(i) / float64(n-1)
			}
			out = append(out, marginguard.Candle{At: at, Open: x, High: x, Low: x, Close: x})
			at = at.Add(step)
		}
	}
	return out, nil
}

func pathPart(part string) (from, to float64, n int, err error) {
	prices, count, counted := strings.Cut(part, ":")
	first, last, sloped := strings.Cut(prices, "..")
	n = 1
	if counted {
		if n, err = strconv.Atoi(count); err != nil || n < 1 {
			return 0, 0, 0, fmt.Errorf("%q: the number of prices after the colon must be 1 or more", part)
		}
	}
	if sloped && n < 2 {
		return 0, 0, 0, fmt.Errorf("%q: from one price to another takes at least 2 prices, such as %s:10", part, prices)
	}
	if !sloped {
		last = first
	}
	for _, p := range []struct {
		text string
		to   *float64
	}{{first, &from}, {last, &to}} {
		if *p.to, err = strconv.ParseFloat(p.text, 64); err != nil || !(*p.to > 0 && *p.to < 1e8) {
			return 0, 0, 0, fmt.Errorf("%q: %q is not a price", part, p.text)
		}
	}
	return from, to, n, nil
}
