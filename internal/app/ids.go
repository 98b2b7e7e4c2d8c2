package app

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/axisor/axisor/internal/cli/output"
)

// IDs are the ids of what an import has written, for --quiet: kept in a file, because there may be very many and they
// are true only when their transaction is.
type IDs struct {
	p    *output.Printer
	file *os.File
	w    *bufio.Writer
}

// NewIDs makes a collection; one that is not wanted collects nothing.
func NewIDs(p *output.Printer, wanted bool) (*IDs, error) {
	ids := &IDs{p: p}
	if !wanted {
		return ids, nil
	}
	var err error
	if ids.file, err = os.CreateTemp("", "axisor-ids-*"); err != nil {
		return nil, err
	}
	ids.w = bufio.NewWriter(ids.file)
	return ids, nil
}

// Collector takes ids in; nil when none are wanted.
func (i *IDs) Collector() func([]string) error {
	if i.file == nil {
		return nil
	}
	return func(ids []string) error {
		for _, id := range ids {
			if _, err := i.w.WriteString(id + "\n"); err != nil {
				return err
			}
		}
		return nil
	}
}

// Print writes the collected ids to stdout, one a line.
func (i *IDs) Print() error {
	if i.file == nil {
		return nil
	}
	if err := i.w.Flush(); err != nil {
		return err
	}
	if _, err := i.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(i.p.Streams().Out, i.file)
	return err
}

// Close forgets the ids.
func (i *IDs) Close() error {
	if i.file == nil {
		return nil
	}
	return errors.Join(i.file.Close(), os.Remove(i.file.Name()))
}
