package verb

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestArguments_FollowTheUsageLine(t *testing.T) {
	t.Parallel()
	for use, want := range map[string][]bool{ // by number of arguments, from none
		"list":                     {true, false, false, false},
		"show ID":                  {false, true, false, false},
		"rename ACCOUNT NAME":      {false, false, true, false},
		"import FILE|-":            {false, true, false, false},
		"show [KEY]":               {true, true, false, false},
		"enable USER...":           {false, true, true, true},
		"enable [ID...]":           {true, true, true, true},
		"lint [FILE]...":           {true, true, true, true},
		"revoke USER [SESSION...]": {false, true, true, true},
	} {
		for n, ok := range want {
			err := arguments(use, "axisor "+use)(&cobra.Command{Use: use}, strings.Fields(strings.Repeat("x ", n)))
			require.Equal(t, ok, err == nil, "%s with %d arguments: %v", use, n, err)
		}
	}
}
