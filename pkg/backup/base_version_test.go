package backup

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBaseSupported(t *testing.T) {
	t.Parallel()
	for number, version := range map[int]string{140000: "14.0", 140023: "14.23", 150018: "15.18", 180006: "18.6"} {
		require.NoError(t, baseSupported(Server{Version: version, VersionNumber: number}))
	}
	for number, version := range map[int]string{130022: "13.22", 120022: "12.22", 90624: "9.6.24"} {
		err := baseSupported(Server{Version: version, VersionNumber: number})
		var refused *InputError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "PostgreSQL "+version)
		require.ErrorContains(t, err, "need 14 or newer")
	}
}
