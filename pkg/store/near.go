package store

import (
	"slices"
	"strings"

	"gorm.io/gorm/clause"
)

func locking() clause.Locking { return clause.Locking{Strength: clause.LockingStrengthUpdate} }

// nearest returns up to three words within a few typing errors of ref, best first.
func nearest(ref string, words []string) []string {
	type scored struct {
		word     string
		distance int
	}
	allowed := max(2, len(ref)/3)
	var close []scored
	for _, w := range words {
		if n := distance(strings.ToLower(ref), strings.ToLower(w)); n <= allowed {
			close = append(close, scored{w, n})
		}
	}
	slices.SortFunc(close, func(a, b scored) int {
		if a.distance != b.distance {
			return a.distance - b.distance
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

// distance counts the typing errors between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			above := row[j]
			row[j] = min(row[j]+1, row[j-1]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(y)]
}
