package admin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGuardConfigInput_OneTradeInTwoSpellingsIsRefused: whichever way it is spelled.
func TestGuardConfigInput_OneTradeInTwoSpellingsIsRefused(t *testing.T) {
	t.Parallel()
	const id = "6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"
	for _, other := range []string{strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), " " + id} {
		in := GuardConfigInput{User: "anna", Positions: []GuardPosition{{ID: id, Threshold: 15}, {ID: other}}}
		var bad *InputError
		require.ErrorAs(t, in.Check(), &bad, other)
		require.ErrorContains(t, checkTwice([]string{id, "{" + other + "}"}), "same trade")
	}
	require.NoError(t, GuardConfigInput{User: "anna", Positions: []GuardPosition{{ID: id}, {ID: id}, {ID: "aa-1"}}}.Check())
	require.NoError(t, checkTwice([]string{"aa-1", "aa1"}), "no UUIDs")
}
