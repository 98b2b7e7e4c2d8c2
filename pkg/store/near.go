package store

import (
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/near"
)

func locking() clause.Locking { return clause.Locking{Strength: clause.LockingStrengthUpdate} }

// nearest returns up to three words within a few typing errors of ref, best first; of equally near ones those that
// begin like it.
func nearest(ref string, words []string) []string {
	type scored struct {
		word     string
		distance int
		shared   int // characters at the beginning
	}
	allowed := max(2, len(ref)/3)
	var close []scored
	for _, w := range words {
		if n := near.Distance(strings.ToLower(ref), strings.ToLower(w)); n <= allowed {
			close = append(close, scored{w, n, shared(strings.ToLower(ref), strings.ToLower(w))})
		}
	}
	slices.SortFunc(close, func(a, b scored) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		if a.shared != b.shared {
			return b.shared - a.shared
		}
		return strings.Compare(a.word, b.word)
	})
	var out []string
	for _, s := range close {
		if len(out) < 3 && !slices.Contains(out, s.word) {
			out = append(out, s.word)
		}
	}
	return out
}

// shared counts the bytes that two texts have in common at their beginning.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
