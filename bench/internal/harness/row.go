package harness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Row is one claim. Ratios are ours to the rival's: below 1 we need less, above 1 more.
type Row struct {
	Claim  string  `json:"claim"`
	Rival  string  `json:"rival"`
	Unit   string  `json:"unit"`
	Ours   float64 `json:"ours"`
	Theirs float64 `json:"theirs"`
	Ratio  float64 `json:"ratio"` // median of the ratios of the turns
	Low    float64 `json:"low"`   // their quartiles
	High   float64 `json:"high"`
	Goal   float64 `json:"goal,omitempty"` // at most this; 0 where nothing was promised
	N      int     `json:"n"`
	// Note says what else there is to know: memory, or why there is no ratio.
	Note string `json:"note,omitempty"`
}

// Met tells whether the promise is kept.
func (r Row) Met() bool { return r.Goal > 0 && r.N > 0 && r.Ratio <= r.Goal }

// Verdict is the word for it.
func (r Row) Verdict() string {
	switch {
	case r.N == 0:
		return "not measured"
	case r.Goal == 0:
		return "–"
	case r.Met():
		return "met"
	}
	return "not met"
}

// Cells are the row as the tables show it.
func (r Row) Cells() []string {
	if r.N == 0 {
		return []string{r.Claim, "", r.Rival, "", "", r.goal(), r.Verdict(), "", "", r.Note}
	}
	return []string{
		r.Claim, figure(r.Ours) + " " + r.Unit, r.Rival, figure(r.Theirs) + " " + r.Unit, figure(r.Ratio), r.goal(), r.Verdict(),
		strconv.Itoa(r.N), figure(r.Low) + "–" + figure(r.High), r.Note,
	}
}

// Headers name the cells.
func Headers() []string {
	return []string{"claim", "axisor", "rival", "rival's", "ratio", "goal", "", "n", "spread", "note"}
}

func (r Row) goal() string {
	if r.Goal == 0 {
		return "–"
	}
	return "≤ " + strconv.FormatFloat(r.Goal, 'g', 3, 64)
}

// figure keeps three digits that matter.
func figure(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case x >= 0.1:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// Emit prints a row: for the collector, or for a person.
func (b *Harness) Emit(r Row) error {
	if b.JSON {
		return json.NewEncoder(b.out).Encode(r)
	}
	if r.N == 0 {
		_, err := fmt.Fprintf(b.out, "%-44s not measured: %s\n", r.Claim, r.Note)
		return err
	}
	_, err := fmt.Fprintf(b.out, "%-44s %8s %-3s  %s: %s %s  ratio %s (%s–%s, n %d)  goal %s %s  %s\n", r.Claim, figure(r.Ours), r.Unit,
		r.Rival, figure(r.Theirs), r.Unit, figure(r.Ratio), figure(r.Low), figure(r.High), r.N, r.goal(), r.Verdict(), r.Note)
	return err
}

// Measure is what of a sample is compared.
type Measure func(Sample) float64

// Milliseconds compares the time from start to exit.
func Milliseconds(s Sample) float64 { return float64(s.Wall.Microseconds()) / 1000 }

// Seconds compares the same.
func Seconds(s Sample) float64 { return s.Wall.Seconds() }

// CPUSeconds compares processor time.
func CPUSeconds(s Sample) float64 { return s.CPU.Seconds() }

// CPUMilliseconds compares the same.
func CPUMilliseconds(s Sample) float64 { return float64(s.CPU.Microseconds()) / 1000 }

// Megabytes compares the size of the results.
func Megabytes(s Sample) float64 { return float64(s.Size) / (1 << 20) }

// PeakMegabytes compares memory.
func PeakMegabytes(s Sample) float64 { return float64(s.Peak) / (1 << 20) }

// Growth compares how much memory grows in the course of a run.
func Growth(s Sample) float64 { return s.Growth }

// Against fills a row with the medians, and with the median and the quartiles of the turns' ratios.
func (r Row) Against(ours, theirs []Sample, of Measure) Row {
	var ratios, a, z []float64
	for i := range ours {
		a, z = append(a, of(ours[i])), append(z, of(theirs[i]))
		ratios = append(ratios, a[i]/z[i])
	}
	r.N = len(ratios)
	r.Ours, r.Theirs = quantile(a, 0.5), quantile(z, 0.5)
	r.Low, r.Ratio, r.High = quantile(ratios, 0.25), quantile(ratios, 0.5), quantile(ratios, 0.75)
	return r
}

// quantile interpolates between the neighbours in the sorted values.
func quantile(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

// Peak is the largest memory of the samples, in words.
func Peak(samples []Sample) string {
	var peak int64
	for _, s := range samples {
		peak = max(peak, s.Peak)
	}
	return fmt.Sprintf("%d MB of memory at most", peak>>20)
}
