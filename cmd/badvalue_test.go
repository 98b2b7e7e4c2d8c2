package cmd_test

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// TestContract_ABadValueIsRefusedInOurWords: for every flag that does not take any text, with values that no number, time
// or choice has. The words of the libraries that read them are not ours.
func TestContract_ABadValueIsRefusedInOurWords(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	refused := 0
	for _, c := range leaves(t) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			switch f.Value.Type() {
			case "string", "stringSlice", "stringArray", "count":
				return
			}
			for _, value := range []string{"non$ense", "1e999999", "99999999999999999999999"} {
				args := append(strings.Fields(pathOf(c)), "--"+f.Name+"="+value, "-o", "json")
				r := p.Run(args...)
				require.NotZero(t, r.Code, "without its argument or database")
				message, _ := r.Error()["message"].(string)
				if !strings.Contains(message, "--"+f.Name) && value != "non$ense" { // it is a number to some
					continue
				}
				refused++
				require.Equal(t, 2, r.Code, "axisor %s: %s", strings.Join(args, " "), r.Stderr)
				for _, foreign := range []string{"strconv", "parsing", "invalid syntax", "value out of range", "time:", "pflag", "ParseInt", "ParseFloat", "flag:"} {
					require.NotContains(t, message, foreign, args)
				}
				require.Contains(t, message, "--"+f.Name, args)
			}
		})
	}
	require.Greater(t, refused, 300)
}
