package models_test

import (
	"encoding/json"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm/schema"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// TestMain moves the process to a zone far from UTC: a mapping that forgets to
// convert stores the local wall clock, which nobody notices on a UTC machine.
func TestMain(m *testing.M) {
	time.Local = time.FixedZone("Asia/Tokyo", 9*60*60)
	os.Exit(m.Run())
}

type column struct {
	Name     string
	Nullable bool
	Default  *string
}

func columns(t *testing.T, db *store.DB, table string) map[string]column {
	t.Helper()
	var rows []column
	require.NoError(t, db.Gorm(t.Context()).Raw(`
		SELECT column_name AS name, is_nullable = 'YES' AS nullable, column_default AS "default"
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?`, table).Scan(&rows).Error)
	byName := map[string]column{}
	for _, c := range rows {
		byName[c.Name] = c
	}
	return byName
}

func parse(t *testing.T, model any) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(model, &sync.Map{}, schema.NamingStrategy{})
	require.NoError(t, err)
	return s
}

// inserted writes a row with foreign keys switched off and reads it back, as a
// model and as the JSON the server makes of it.
func inserted(t *testing.T, db *store.DB, s *schema.Schema, row reflect.Value) (back reflect.Value, raw map[string]any) {
	t.Helper()
	ctx := t.Context()
	back = reflect.New(s.ModelType)
	var text string
	require.NoError(t, db.Transaction(ctx, func(tx *store.DB) error {
		require.NoError(t, tx.Gorm(ctx).Exec("SET LOCAL session_replication_role = replica").Error)
		require.NoError(t, tx.Gorm(ctx).Create(row.Interface()).Error)
		id, _ := s.PrioritizedPrimaryField.ValueOf(ctx, row.Elem())
		require.NotEmpty(t, id, "the database's id is read back")
		require.NoError(t, tx.Gorm(ctx).Where("id = ?", id).Take(back.Interface()).Error)
		return tx.Gorm(ctx).Raw(`SELECT to_jsonb(r)::text FROM "`+s.Table+`" r WHERE id = ?`, id).Scan(&text).Error
	}))
	require.NoError(t, json.Unmarshal([]byte(text), &raw))
	return back, raw
}

func TestModels_MatchTheTables(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, model := range models.All() {
		s := parse(t, model)
		live := columns(t, db, s.Table)
		require.NotEmpty(t, live, "table %s", s.Table)
		for _, f := range s.Fields {
			c, ok := live[f.DBName]
			require.True(t, ok, "%s.%s is not in the table", s.Table, f.DBName)
			kind := f.FieldType
			holdsNull := kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice
			require.False(t, c.Nullable && !holdsNull, "%s.%s may be NULL and its field cannot hold it", s.Table, f.DBName)
			delete(live, f.DBName)
		}
		require.Empty(t, live, "columns of %s without a field", s.Table)
	}
	var tables []string
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT table_name FROM information_schema.tables
		WHERE table_schema = 'public' AND table_name ~ '^[A-Z]'`).Scan(&tables).Error)
	require.Len(t, tables, len(models.All()))
}

func TestModels_EveryColumnWithAValue(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, model := range models.All() {
		s := parse(t, model)
		t.Run(s.Table, func(t *testing.T) {
			row := reflect.New(s.ModelType)
			for i, f := range s.Fields {
				require.NoError(t, f.Set(t.Context(), row.Elem(), sample(t, f, i)))
			}
			want := reflect.New(s.ModelType)
			want.Elem().Set(row.Elem())
			back, raw := inserted(t, db, s, row)
			for _, f := range s.Fields {
				given, _ := f.ValueOf(t.Context(), want.Elem())
				got, zero := f.ValueOf(t.Context(), back.Elem())
				require.False(t, zero, f.DBName)
				requireSame(t, f.DBName, given, got)
				if at := timeIn(given); at != nil {
					stored, err := time.Parse("2006-01-02T15:04:05.999999", raw[f.DBName].(string))
					require.NoError(t, err)
					require.True(t, at.Equal(stored), "%s is stored as %v, which is not UTC", f.DBName, raw[f.DBName])
				}
			}
		})
	}
}

func TestModels_EveryColumnWithoutAValue(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, model := range models.All() {
		s := parse(t, model)
		live := columns(t, db, s.Table)
		t.Run(s.Table, func(t *testing.T) {
			row := reflect.New(s.ModelType)
			for i, f := range s.Fields {
				c := live[f.DBName]
				automatic := f.AutoCreateTime > 0 || f.AutoUpdateTime > 0
				if !c.Nullable && c.Default == nil && !automatic {
					require.NoError(t, f.Set(t.Context(), row.Elem(), sample(t, f, i)))
				}
			}
			back, raw := inserted(t, db, s, row)
			for _, f := range s.Fields {
				value, zero := f.ValueOf(t.Context(), back.Elem())
				if live[f.DBName].Nullable {
					require.Nil(t, raw[f.DBName], "%s is NULL", f.DBName)
					require.True(t, zero, "%s reads NULL as %v", f.DBName, value)
				} else {
					require.NotNil(t, raw[f.DBName], f.DBName)
				}
			}
			if f := s.LookUpField("created_at"); f != nil {
				made, _ := f.ValueOf(t.Context(), back.Elem())
				require.WithinDuration(t, time.Now(), made.(time.Time), time.Minute)
			}
		})
	}
}

func TestModels_ExplicitZeroBeatsTheDefault(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	u := models.User{Email: "a@example.com", Username: "ann", IsActive: new(false)}
	require.NoError(t, db.Gorm(ctx).Create(&u).Error)
	plan := models.Plan{Name: "P", Slug: "p", IsActive: new(false)}
	require.NoError(t, db.Gorm(ctx).Create(&plan).Error)
	require.NoError(t, db.Gorm(ctx).Create(&models.PlanLimits{PlanID: plan.ID, MaxAutomations: new(int32(0))}).Error)

	back, err := db.UserByID(ctx, u.ID, false)
	require.NoError(t, err)
	require.False(t, back.Active())
	require.Equal(t, models.PlanFree, back.PlanType)
	limits, stored, err := db.LimitsOfPlan(ctx, "p")
	require.NoError(t, err)
	require.True(t, stored)
	require.Equal(t, int32(0), *limits.MaxAutomations)
	require.Equal(t, int32(10), *limits.MaxIndicators)
}

// sample is a valid value for a field: different per column, and times carry a
// zone that is neither UTC nor the process's own.
func sample(t *testing.T, f *schema.Field, i int) any {
	t.Helper()
	switch f.DBName {
	case "email":
		return "someone@example.com"
	case "selected_positions":
		return models.Texts{`plain`, `with "quotes", {braces} and \`, ``, `ä`}
	}
	kind := f.FieldType
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch reflect.Zero(kind).Interface().(type) {
	case time.Time:
		zone := time.FixedZone("BRT", -3*60*60)
		return time.Date(2025, 12, 31, 22, 30, i, 123456000, zone)
	case models.PlanType:
		return models.PlanPro
	case models.JSON:
		return models.JSON(`{"big": 12345678901234567890, "list": [1, null, "x"], "at": "` + f.DBName + `"}`)
	}
	switch kind.Kind() {
	case reflect.Bool:
		return true
	case reflect.Int32:
		return int32(100 + i)
	case reflect.Float64:
		return 12.25
	case reflect.String:
		return "value of " + f.DBName
	}
	require.Fail(t, "no sample for "+f.Schema.Table+"."+f.DBName)
	return nil
}

func timeIn(v any) *time.Time {
	switch x := v.(type) {
	case time.Time:
		return &x
	case *time.Time:
		return x
	}
	return nil
}

func requireSame(t *testing.T, name string, want, got any) {
	t.Helper()
	if at := timeIn(want); at != nil {
		back := timeIn(got)
		require.True(t, at.Equal(*back), "%s: wrote %s, read %s", name, at, back)
		require.Equal(t, time.UTC, back.Location(), name)
		return
	}
	if raw, ok := want.(models.JSON); ok {
		require.JSONEq(t, string(raw), string(got.(models.JSON)), name)
		return
	}
	require.Equal(t, want, got, name)
}
