package config

import (
	"strings"

	"github.com/axisor/axisor/pkg/near"
)

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
			if d := near.Distance(want, form); d < bestDistance {
				best, bestDistance = c, d
			}
		}
	}
	return best
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
