package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
)

// TestGuardModels_KnowEveryColumn keeps the models and the migration together.
func TestGuardModels_KnowEveryColumn(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, model := range []any{
		models.GuardRun{},
		models.GuardIntent{},
		models.GuardBreaker{},
		models.GuardControl{},
		models.GuardNotice{},
		models.GuardSetting{},
		models.GuardWatch{},
		models.GuardLook{},
		models.GuardWorker{},
		models.GuardRate{},
	} {
		stmt := &gorm.Statement{DB: db.Gorm(t.Context())}
		require.NoError(t, stmt.Parse(model))
		var columns []string
		require.NoError(t, db.Gorm(t.Context()).Raw(
			"SELECT column_name FROM information_schema.columns WHERE table_schema || '.' || table_name = ?",
			stmt.Schema.Table).Scan(&columns).Error)
		require.ElementsMatch(t, columns, stmt.Schema.DBNames, stmt.Schema.Table)
	}
}
