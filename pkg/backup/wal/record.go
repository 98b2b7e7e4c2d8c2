package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

const (
	recordHeader = 24
	maxRecord    = 1 << 30

	managerXLOG = 0
	managerXact = 1

	infoSwitch       = 0x40
	infoRestorePoint = 0x70
)

// Record is one entry of the log, as far as a recovery target can depend on it.
type Record struct {
	Start, End LSN
	Time       time.Time // of a commit or abort, else zero
	Commit     bool      // and not an abort
	Point      string    // name of a restore point
	PointTime  time.Time
	Switch     bool // the rest of the segment is unused
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sound checks a record's own checksum: over what follows the header, then the header.
func sound(data []byte) bool {
	sum := crc32.Update(0, castagnoli, data[recordHeader:])
	sum = crc32.Update(sum, castagnoli, data[:20])
	return sum == binary.LittleEndian.Uint32(data[20:])
}

// describe reads the parts of a sound record that matter here.
func describe(data []byte, start, end LSN) (Record, error) {
	r := Record{Start: start, End: end}
	info, manager := data[16], data[17]
	switch {
	case manager == managerXLOG && info&0xF0 == infoSwitch:
		r.Switch = true
	case manager == managerXLOG && info&0xF0 == infoRestorePoint:
		main, err := mainData(data)
		if err != nil || len(main) < 9 {
			return r, errors.Join(err, errors.New("restore point without content"))
		}
		r.PointTime = timestamp(int64(binary.LittleEndian.Uint64(main)))
		name, _, _ := bytes.Cut(main[8:], []byte{0})
		r.Point = string(name)
	case manager == managerXact:
		kind := info & 0x70 // commit, prepare, abort, and the two of prepared transactions
		if kind != 0x00 && kind != 0x20 && kind != 0x30 && kind != 0x40 {
			break
		}
		main, err := mainData(data)
		if err != nil || len(main) < 8 {
			return r, errors.Join(err, errors.New("end of a transaction without time"))
		}
		r.Time, r.Commit = timestamp(int64(binary.LittleEndian.Uint64(main))), kind == 0x00 || kind == 0x30
	}
	return r, nil
}

var errRecord = errors.New("record has a header that cannot be read")

// mainData finds the record's own data behind the references to pages. It is the last part.
func mainData(data []byte) ([]byte, error) {
	at := recordHeader
	need := func(n int) bool { return at+n <= len(data) }
	for need(1) {
		id := data[at]
		at++
		switch {
		case id == 255: // short main data
			if !need(1) {
				return nil, errRecord
			}
			return last(data, int(data[at]), at+1)
		case id == 254: // long main data
			if !need(4) {
				return nil, errRecord
			}
			return last(data, int(binary.LittleEndian.Uint32(data[at:])), at+4)
		case id == 253: // origin
			at += 2
		case id == 252: // top-level transaction
			at += 4
		case id <= 32:
			if !need(3) {
				return nil, errRecord
			}
			flags := data[at]
			at += 3
			if flags&0x10 != 0 { // an image of the page
				if !need(5) {
					return nil, errRecord
				}
				image := data[at+4]
				at += 5
				if image&0x01 != 0 && image&^0x03 != 0 { // a hole in a compressed image
					at += 2
				}
			}
			if flags&0x80 == 0 { // not the same relation as before
				at += 12
			}
			at += 4
		default:
			return nil, errRecord
		}
	}
	return nil, errRecord
}

func last(data []byte, n, after int) ([]byte, error) {
	if n < 0 || len(data)-n < after {
		return nil, errRecord
	}
	return data[len(data)-n:], nil
}
