package guard

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/marginguard"
)

// Summary is a run in the one line that cron mails.
func Summary(r marginguard.Result) string {
	what, added := "guard run", "added"
	if r.DryRun {
		what, added = "dry run", "would be added"
	}
	text := fmt.Sprintf("%s at %s: %d users, %d positions, %d in danger, %d %s (%d sats), %d skipped, %d failed, %d unknown, %s",
		what, strconv.FormatFloat(r.Price, 'f', -1, 64), r.Users, r.Positions, r.Triggered, r.Added, added, r.AddedSats,
		r.Skipped, r.Failed, r.Unknown, r.FinishedAt.Sub(r.StartedAt).Round(100*time.Millisecond))
	if r.Ended > 0 {
		text += fmt.Sprintf("; %s ended (%d liquidated)", words.Count(r.Ended, "guarded position"), r.Liquidated)
	}
	return text
}

func hundredth(x float64) float64 { return math.Round(x*100) / 100 }
