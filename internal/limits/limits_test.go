package limits_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func sample() []limits.View {
	return limits.Of(models.PlanLimits{
		MaxExchangeAccounts: new(int32(2)), MaxAutomations: new(int32(-1)), MaxIndicators: new(int32(10)),
		MaxSimulations: new(int32(4)), MaxBacktests: new(int32(0)),
	}, store.Usage{ExchangeAccounts: 3, Automations: 7, Simulations: 1})
}

func TestGauge_SaysWhatTheBarCannot(t *testing.T) {
	t.Parallel()
	var texts, bars []string
	for _, v := range sample() {
		g := v.Gauge()
		texts, bars = append(texts, g.Text), append(bars, g.Line(4))
	}
	require.Equal(t, []string{"3 of 2, over the limit", "7 of unlimited", "not counted", "1 of 4", "0 of 0"}, texts)
	require.Equal(t, []string{"████", "", "", "█░░░", ""}, bars)
	require.EqualValues(t, 0, *sample()[0].Left)
	require.Nil(t, sample()[1].Left)
}

func TestWrite_BarsOnlyWhereTheyAreSeen(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{true, false} {
		s, out, _ := streams.Test("")
		p, err := output.New(s, output.Options{})
		require.NoError(t, err)
		require.NoError(t, output.One(p, output.Desc{}, struct {
			ID string `json:"id"`
		}{}, func(d *output.Doc) { limits.Write(d, sample(), terminal) }))
		require.Contains(t, out.String(), "unlimited")
		require.Equal(t, terminal, strings.ContainsRune(out.String(), '█'))
	}
}
