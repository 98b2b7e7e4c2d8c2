package harness

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func walls(ms ...int) (out []Sample) {
	for _, v := range ms {
		out = append(out, Sample{Wall: time.Duration(v) * time.Millisecond})
	}
	return out
}

// The ratio is the median of the ratios of the turns, not the ratio of the medians: a turn that was busy for both does
// not move it.
func TestAgainst(t *testing.T) {
	t.Parallel()
	r := Row{Goal: 0.5}.Against(walls(10, 20, 1000, 10, 30), walls(20, 40, 2000, 40, 40), Milliseconds)
	require.Equal(t, 5, r.N)
	require.InDelta(t, 0.5, r.Ratio, 1e-9)
	require.InDelta(t, 0.5, r.Low, 1e-9)
	require.InDelta(t, 20, r.Ours, 1e-9)
	require.InDelta(t, 40, r.Theirs, 1e-9)
	require.True(t, r.Met())
	require.Equal(t, "met", r.Verdict())
	r.Goal = 0.4
	require.Equal(t, "not met", r.Verdict())
	require.Equal(t, "not measured", Row{Goal: 1}.Verdict())
	require.Equal(t, "–", Row{N: 1, Ratio: 3}.Verdict())
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 7, quantile([]float64{7}, 0.25), 1e-9)
	require.InDelta(t, 2.5, quantile([]float64{4, 1, 3, 2}, 0.5), 1e-9)
	require.InDelta(t, 4, quantile([]float64{4, 1, 3, 2}, 1), 1e-9)
}

// Everybody goes first once, warm turns are not counted, and what has to be prepared is prepared every time.
func TestTurns(t *testing.T) {
	t.Parallel()
	var order []string
	prepared := 0
	contestant := func(name string) Contestant {
		return Contestant{
			Name:   name,
			Before: func(context.Context) error { prepared++; return nil },
			Run: func(context.Context) (Sample, error) {
				order = append(order, name)
				return Sample{Size: int64(len(order))}, nil
			},
		}
	}
	samples, err := Turns(t.Context(), 1, 3, contestant("a"), contestant("b"), contestant("c"))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "b", "c", "a", "c", "a", "b", "a", "b", "c"}, order)
	require.Equal(t, 12, prepared)
	require.Len(t, samples[0], 3)
	require.EqualValues(t, 6, samples[0][0].Size, "the samples belong to their contestant")
	boom := errors.New("boom")
	_, err = Turns(t.Context(), 0, 1, Contestant{Name: "a", Run: func(context.Context) (Sample, error) { return Sample{}, boom }})
	require.ErrorIs(t, err, boom)
	require.ErrorContains(t, err, "a: ")
}

func TestFlatness(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 1, flatness(nil), 1e-9)
	require.InDelta(t, 1, flatness([]int64{10, 40, 40, 39}), 1e-9)
	require.InDelta(t, 2, flatness([]int64{10, 40, 50, 80}), 1e-9)
}
