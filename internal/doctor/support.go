package doctor

import (
	"fmt"
	"time"
)

// The majors of PostgreSQL that axisor is made for.
const oldestServer, newestServer = 14, 18

// endOfLife is the day of a major's last release, after which nobody mends its security holes; "" when it is not known.
// Source: https://www.postgresql.org/support/versioning/, read on 2026-11-29.
func endOfLife(major int) string {
	switch major {
	case 13:
		return "2025-11-13"
	case 14:
		return "2026-11-12"
	case 15:
		return "2027-11-11"
	case 16:
		return "2028-11-09"
	case 17:
		return "2029-11-08"
	case 18:
		return "2030-11-14"
	}
	return ""
}

// serverSupport says how long a server gets security fixes. ended is true when it gets none, or is older than axisor is
// made for.
func serverSupport(major int, version string, now time.Time) (text string, ended bool) {
	name, last := "PostgreSQL "+version, endOfLife(major)
	switch {
	case major < oldestServer:
		if last == "" {
			last = "years ago"
		} else {
			last = "on " + last
		}
		return fmt.Sprintf("%s is not supported: axisor is made for %d to %d, and its security fixes ended %s", name, oldestServer, newestServer, last), true
	case last == "":
		return name, false
	case now.UTC().Format(time.DateOnly) > last:
		return fmt.Sprintf("%s has had no security fixes since %s: move to a newer major version", name, last), true
	}
	return fmt.Sprintf("%s (security fixes until %s)", name, last), false
}
