package wal

import (
	"encoding/binary"
	"fmt"
)

const (
	pageSize        = 8192
	shortHeader     = 24
	longHeader      = 40
	flagContinued   = 0x0001
	flagLong        = 0x0002
	flagOverwritten = 0x0008
)

// pageHeader is the beginning of each page of the log.
type pageHeader struct {
	magic     uint16
	flags     uint16
	timeline  uint32
	address   LSN
	remaining uint32 // bytes of a record that began before
	system    uint64 // long header only
	segment   uint32
	block     uint32
}

func (h pageHeader) size() int {
	if h.flags&flagLong != 0 {
		return longHeader
	}
	return shortHeader
}

func readPage(page []byte) pageHeader {
	h := pageHeader{
		magic: binary.LittleEndian.Uint16(page), flags: binary.LittleEndian.Uint16(page[2:]),
		timeline: binary.LittleEndian.Uint32(page[4:]), address: LSN(binary.LittleEndian.Uint64(page[8:])),
		remaining: binary.LittleEndian.Uint32(page[16:]),
	}
	if h.flags&flagLong != 0 {
		h.system = binary.LittleEndian.Uint64(page[24:])
		h.segment = binary.LittleEndian.Uint32(page[32:])
		h.block = binary.LittleEndian.Uint32(page[36:])
	}
	return h
}

// Header is what the first page of a segment says about the log.
type Header struct {
	Magic    uint16 // changes with each major release
	Timeline uint32
	Start    LSN
	System   uint64 // identifies the cluster
	Size     uint64 // of a segment
}

// ReadHeader reads and checks the first page header of a segment.
func ReadHeader(data []byte) (Header, error) {
	if len(data) < longHeader {
		return Header{}, fmt.Errorf("segment has only %d bytes", len(data))
	}
	h := readPage(data)
	switch {
	case h.magic>>8 != 0xD1:
		return Header{}, fmt.Errorf("segment begins with %04X, which is no write-ahead log", h.magic)
	case h.flags&flagLong == 0:
		return Header{}, fmt.Errorf("segment has no long header")
	case !ValidSize(uint64(h.segment)):
		return Header{}, fmt.Errorf("segment claims a size of %d", h.segment)
	case h.block != pageSize:
		return Header{}, fmt.Errorf("segment has pages of %d bytes, not %d", h.block, pageSize)
	}
	return Header{Magic: h.magic, Timeline: h.timeline, Start: h.address, System: h.system, Size: uint64(h.segment)}, nil
}

// CheckSegment compares a segment's header with its name and length.
func CheckSegment(name Name, data []byte) (Header, error) {
	h, err := ReadHeader(data)
	if err != nil {
		return h, err
	}
	switch want := LSN(name.Number(h.Size) * h.Size); {
	case uint64(len(data)) != h.Size:
		return h, fmt.Errorf("segment has %d bytes instead of %d", len(data), h.Size)
	case h.Start != want:
		return h, fmt.Errorf("segment begins at %s, its name says %s", h.Start, want)
	case h.Timeline > name.Timeline:
		return h, fmt.Errorf("segment is of timeline %d, its name says %d", h.Timeline, name.Timeline)
	}
	return h, nil
}
