package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup"
)

// Whoever may not act as an owner is told what to type; but never to let a login act as a superuser.
func TestClassify_NobodyIsToldToHandOutSuperuser(t *testing.T) {
	t.Parallel()
	for powerful, grants := range map[bool]bool{false: true, true: false} {
		told := (&App{}).Classify(&backup.RightsError{Login: "night shift", Roles: []string{"Old Owner", "b"}, Owner: true, Powerful: powerful})
		require.Equal(t, "role_denied", told.Code)
		hints := strings.Join(told.Hints, "\n")
		require.Equal(t, grants, strings.Contains(hints, `GRANT "Old Owner", "b" TO "night shift"`), hints)
		require.Contains(t, hints, "--keep-owner=false")
	}
}
