package tradestats

import (
	"fmt"
	"time"
)

// Periods by which trades can be put together.
const (
	ByDay   = "day"
	ByWeek  = "week"
	ByMonth = "month"
	ByYear  = "year"
)

// Period names the period of a time, in UTC: 2026-08-12, 2026-W33 (ISO 8601), 2026-08 or 2026. Names sort by time.
func Period(by string, at time.Time) string {
	at = at.UTC()
	switch by {
	case ByWeek:
		year, week := at.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case ByMonth:
		return at.Format("2006-01")
	case ByYear:
		return at.Format("2006")
	}
	return at.Format(time.DateOnly)
}
