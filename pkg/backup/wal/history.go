package wal

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Branch is one line of a history: a timeline and the position where it was left.
type Branch struct {
	Timeline uint32 `json:"timeline"`
	End      LSN    `json:"end_lsn"` // 0 for the timeline itself
}

// Ancestry is the path from the first timeline to one timeline, oldest first.
type Ancestry []Branch

// ParseHistory reads the history file of a timeline.
func ParseHistory(timeline uint32, text []byte) (Ancestry, error) {
	var out Ancestry
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 2 {
			return nil, fmt.Errorf("history of timeline %d: incomplete line %q", timeline, lines.Text())
		}
		tli, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("history of timeline %d: bad timeline %q", timeline, fields[0])
		}
		at, err := ParseLSN(fields[1])
		if err != nil {
			return nil, fmt.Errorf("history of timeline %d: %w", timeline, err)
		}
		if uint32(tli) >= timeline || len(out) > 0 && uint32(tli) <= out[len(out)-1].Timeline {
			return nil, fmt.Errorf("history of timeline %d: timeline %d is out of order", timeline, tli)
		}
		out = append(out, Branch{Timeline: uint32(tli), End: at})
	}
	return append(out, Branch{Timeline: timeline}), lines.Err()
}

// Contains reports whether a timeline is on the path and had not been left before the position.
func (a Ancestry) Contains(timeline uint32, at LSN) bool {
	return slices.ContainsFunc(a, func(b Branch) bool {
		return b.Timeline == timeline && (b.End == 0 || at <= b.End)
	})
}

// Timelines gives the timelines that can hold the segment of a range, newest first: a
// segment in which a branch lies exists on both sides, and the newer one is complete.
func (a Ancestry) Timelines(start, end LSN) []uint32 {
	var out []uint32
	begin := LSN(0)
	for _, b := range a {
		if begin < end && (b.End == 0 || b.End > start) {
			out = append(out, b.Timeline)
		}
		begin = b.End
	}
	slices.Reverse(out)
	return out
}
