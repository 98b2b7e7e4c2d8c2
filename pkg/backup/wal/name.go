package wal

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
)

// Kind is what a file of the log directory holds.
type Kind int

// The kinds of files that a server archives.
const (
	Segment Kind = iota + 1
	Partial      // the unfinished last segment of a timeline
	History      // where a timeline branched off
	Label        // what a base backup left behind for people
)

// Name is a parsed file name of the log.
type Name struct {
	Kind     Kind
	Timeline uint32
	High     uint32 // upper half of the segment's number
	Low      uint32 // lower half
}

var namePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9A-F]{8})(?:([0-9A-F]{8})([0-9A-F]{8})(\.partial|\.[0-9A-F]{8}\.backup)?|\.history)$`)
})

// ParseName reads a file name; anything else in a log directory is not ours.
func ParseName(text string) (Name, error) {
	m := namePattern().FindStringSubmatch(text)
	if m == nil {
		return Name{}, fmt.Errorf("%q is not the name of a file of the write-ahead log", text)
	}
	hex := func(s string) uint32 {
		n, _ := strconv.ParseUint(s, 16, 32) // the pattern allows nothing else
		return uint32(n)
	}
	n := Name{Timeline: hex(m[1]), High: hex(m[2]), Low: hex(m[3])}
	switch {
	case m[2] == "":
		n.Kind = History
	case m[4] == "":
		n.Kind = Segment
	case m[4] == ".partial":
		n.Kind = Partial
	default:
		n.Kind = Label
	}
	return n, nil
}

// Number is the segment's number for a segment size.
func (n Name) Number(size uint64) uint64 {
	return uint64(n.High)*(0x100000000/size) + uint64(n.Low)
}

// SegmentName names a segment.
func SegmentName(timeline uint32, number, size uint64) string {
	per := 0x100000000 / size
	return fmt.Sprintf("%08X%08X%08X", timeline, number/per, number%per)
}

// HistoryName names a timeline's history file.
func HistoryName(timeline uint32) string { return fmt.Sprintf("%08X.history", timeline) }

// ValidSize reports whether the server supports this segment size.
func ValidSize(size uint64) bool {
	return size >= 1<<20 && size <= 1<<30 && size&(size-1) == 0
}
