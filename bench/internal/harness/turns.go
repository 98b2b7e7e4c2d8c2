package harness

import (
	"context"
	"fmt"
)

// Contestant is one way to do the thing that is measured.
type Contestant struct {
	Name   string
	Before func(context.Context) error // not timed; may be nil
	Run    func(context.Context) (Sample, error)
	After  func(context.Context) error // not timed; may be nil
}

// Command is a contestant that runs a program; what it prints is thrown away.
func (b *Harness) Command(name string, argv ...string) Contestant {
	return Contestant{Name: name, Run: func(ctx context.Context) (Sample, error) { return b.Discard(ctx, argv...) }}
}

// Turns lets the contestants take turns, each turn in another order, so that a busy moment of the machine and whatever
// the one before left behind hit all alike. The warm turns come first and are not counted. Samples come back by contestant.
func Turns(ctx context.Context, warm, rounds int, all ...Contestant) ([][]Sample, error) {
	out := make([][]Sample, len(all))
	for round := range warm + rounds {
		for i := range all {
			at := (i + round) % len(all)
			s, err := turn(ctx, all[at])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", all[at].Name, err)
			}
			if round >= warm {
				out[at] = append(out[at], s)
			}
		}
	}
	return out, nil
}

func turn(ctx context.Context, c Contestant) (s Sample, err error) {
	if c.Before != nil {
		if err := c.Before(ctx); err != nil {
			return s, err
		}
	}
	if s, err = c.Run(ctx); err != nil {
		return s, err
	}
	if c.After != nil {
		err = c.After(ctx)
	}
	return s, err
}
