package factory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
)

func TestFactories_MakeValidRows(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	u := factory.User(t, db, func(u *models.User) { u.PlanType = models.PlanPro })
	require.NotEqual(t, u.Email, factory.User(t, db).Email)
	a := factory.Account(t, db, u.ID)
	factory.Automation(t, db, u.ID, a.ID)
	factory.Guard(t, db, u.ID)
	factory.Trade(t, db, u.ID)
	factory.Payment(t, db, u.ID)
	factory.Session(t, db, u.ID)
	p, err := db.Profile(t.Context(), u)
	require.NoError(t, err)
	for name, n := range map[string]int{
		"accounts": len(p.Accounts), "automations": len(p.Automations), "trades": len(p.Trades), "payments": len(p.Payments),
		"sessions": len(p.Sessions),
	} {
		require.Equal(t, 1, n, name)
	}
	require.NotNil(t, p.Guard)
	require.Equal(t, "Pro", p.Plan.Name)
}
