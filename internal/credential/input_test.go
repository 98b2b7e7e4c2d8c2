package credential

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/pkg/models"
)

func TestAskFields(t *testing.T) {
	t.Parallel()
	types := []models.ExchangeCredentialType{
		{Name: "API Key", FieldName: "api_key", FieldType: "text"},
		{Name: "API Secret", FieldName: "api_secret", FieldType: "password", IsRequired: new(true)},
		{Name: "Label", FieldName: "label", FieldType: "text", IsRequired: new(false), Description: new("optional")},
	}
	got, err := askFields(t.Context(), func(_ context.Context, fields ...prompt.Field) error {
		require.Len(t, fields, 3)
		require.False(t, fields[0].Secret)
		require.True(t, fields[1].Secret)
		require.Error(t, fields[0].Validate(" "), "required is the column's default")
		require.Error(t, fields[1].Validate(""))
		require.NoError(t, fields[2].Validate(""))
		require.Equal(t, "optional", fields[2].Description)
		*fields[0].Value, *fields[1].Value = "k", "s"
		return nil
	}, types, false)
	require.NoError(t, err)
	require.Len(t, got, 2, "an optional field that was left empty is not stored")
	require.Equal(t, "s", got["api_secret"].Reveal())
}
