package store

import "time"

// ahead is how far in the future a moment that was written down may lie: the clocks of machines differ, but not by more.
// What is later, infinity too, was never written by us, and must not make anybody wait for it.
func (d *DB) ahead() time.Time { return d.Now().Add(24 * time.Hour) }

// credible is SQL that is true for a column with a moment in the past, at most at the parameter.
func credible(column, latest string) string {
	return "(isfinite(" + column + ") AND " + column + " <= " + latest + ")"
}
