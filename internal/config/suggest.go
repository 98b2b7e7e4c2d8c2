package config

import "strings"

// nearest returns the candidate that name was probably meant to be, or "".
// Separators do not count, and a key without its section is understood.
func nearest(name string, candidates []string) string {
	squeeze := func(s string) string {
		return strings.NewReplacer(".", "", "_", "", "-", "").Replace(strings.ToLower(s))
	}
	want := squeeze(name)
	best, bestDistance := "", 1+max(1, len(want)/4)
	for _, c := range candidates {
		_, last, _ := strings.Cut(c, ".")
		for _, form := range []string{squeeze(c), squeeze(last)} {
			if form == "" {
				continue
			}
			if d := distance(want, form); d < bestDistance {
				best, bestDistance = c, d
			}
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// NearestKey returns the key or section that name was probably meant to be, or "".
func NearestKey(name string) string {
	var names []string
	for _, k := range Keys() {
		section, _, _ := strings.Cut(k.Name, ".")
		names = append(names, k.Name, section)
	}
	return nearest(name, names)
}
