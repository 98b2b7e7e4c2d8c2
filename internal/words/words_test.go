package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
)

func TestAndOr(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"", "a", "a and b", "a, b and c"}, []string{
		words.And(nil), words.And([]string{"a"}), words.And([]string{"a", "b"}), words.And([]string{"a", "b", "c"}),
	})
	require.Equal(t, "a, b or c", words.Or([]string{"a", "b", "c"}))
}
