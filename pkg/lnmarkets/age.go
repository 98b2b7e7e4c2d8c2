package lnmarkets

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAge bounds what an Age header is taken for: what is older is too old for anything.
const maxAge = 10 * 365 * 24 * time.Hour

// asOf is the latest moment, on the local clock, at which what the answer says can have
// been made (RFC 9111, section 4.2.3): when it was asked for, less the age that a cache
// gives, or the date that it bears when that is earlier. offset is how far the
// exchange's clock is ahead. A date in the future says nothing.
func (a answer) asOf(offset time.Duration) time.Time {
	at := a.sent.Add(-cacheAge(a.header))
	for _, text := range a.header.Values("Date") {
		made, err := http.ParseTime(strings.TrimSpace(text))
		if err != nil {
			continue
		}
		if made = made.Add(-offset); made.Before(at) {
			at = made
		}
	}
	return at
}

// cacheAge is the largest age among the Age headers of an answer; zero without one
// that can be read.
func cacheAge(h http.Header) time.Duration {
	var most float64
	for _, line := range h.Values("Age") {
		for text := range strings.SplitSeq(line, ",") {
			seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			// More digits than a number holds are an age, too.
			if tooLarge := err != nil && math.IsInf(seconds, 1); (err == nil || tooLarge) && seconds > most {
				most = seconds
			}
		}
	}
	return time.Duration(min(most, maxAge.Seconds()) * float64(time.Second))
}
