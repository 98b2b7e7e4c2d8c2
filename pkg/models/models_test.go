package models_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/models"
)

func TestPlanType(t *testing.T) {
	t.Parallel()
	for i, p := range models.PlanTypes() {
		require.True(t, p.Valid())
		require.Equal(t, i, p.Rank())
	}
	p, err := models.ParsePlanType(" Pro ")
	require.NoError(t, err)
	require.Equal(t, models.PlanPro, p)
	_, err = models.ParsePlanType("gold")
	require.ErrorContains(t, err, `"gold"`)
	require.ErrorContains(t, err, "lifetime")
	require.Equal(t, -1, models.PlanType("gold").Rank())
	require.False(t, models.PlanType("").Valid())
}

func TestJSON(t *testing.T) {
	t.Parallel()
	v, err := models.JSON(nil).Value()
	require.NoError(t, err)
	require.Nil(t, v)
	_, err = models.JSON(`{"a":`).Value()
	require.Error(t, err)
	raw, err := json.Marshal(struct{ A, B models.JSON }{A: models.JSON(`{"x":1}`), B: models.JSON("")})
	require.NoError(t, err)
	require.JSONEq(t, `{"A":{"x":1},"B":null}`, string(raw))
	require.True(t, models.JSON(`{}`).IsObject())
	for _, not := range []string{``, `null`, `[]`, `"x"`, `{`} {
		require.False(t, models.JSON(not).IsObject(), not)
	}
	require.Error(t, new(models.JSON).Scan(1))
}

func TestTexts(t *testing.T) {
	t.Parallel()
	var back models.Texts
	for _, want := range []models.Texts{nil, {}, {"a", `b"c`, "", "{,}", `\`, "NULL"}} {
		v, err := want.Value()
		require.NoError(t, err)
		require.NoError(t, back.Scan(v))
		require.Equal(t, want, back)
	}
	require.Error(t, back.Scan(`{a,NULL}`))
	require.Error(t, back.Scan(1))
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	require.True(t, models.TradeCompleted.Succeeded())
	require.True(t, models.TradeExchangeError.Failed())
	require.True(t, models.TradePending.Valid())
	require.False(t, models.TradeStatus("won").Valid())
	require.True(t, models.PaymentRefunded.Valid())
	require.False(t, models.PaymentStatus("completed").Valid())
	require.Equal(t, models.GuardUnit, models.GuardUnitLegacy.Canonical())
	require.False(t, models.GuardUnitLegacy.Valid())
	require.True(t, models.AutomationPaused.Valid())
	require.True(t, models.JobRunning.Valid())
	require.True(t, models.SeverityInfo.Valid())
}
