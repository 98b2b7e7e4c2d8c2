package lnmarkets_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
)

const (
	vectorSecret = "c2VjcmV0LWZvci1heGlzb3ItdW5pdC10ZXN0cy1vbmx5Cg=="
	vectorStamp  = "1760000000000"
	vectorID     = "6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"
)

func TestSign_Vectors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, method, path, data, want string }{
		{"S1", "get", "/v3/account", "", "oKS+GJLWKTmsYGbIkwSi4xxQXxj6TKWNLjq/Gi67/5I="},
		{"S2", "get", "/v3/futures/isolated/trades/running", "", "Sn5mSX4dqKokDs4GNronXq00HQgRL4jXn9vW+GZv5HI="},
		{"S3", "get", "/v3/futures/isolated/trades/closed", "?from=2026-01-01T00%3A00%3A00.000Z&limit=50", "2lXyHsWrBSG7loFOgm/upRxZsXslOXVNUW1XQDTBjG0="},
		{"S4", "post", "/v3/futures/isolated/trade/add-margin", `{"id":"` + vectorID + `","amount":25000}`, "RkJcqDJnRlIRewOvIAU3f+Zag41zuNkHYfG13Iq4XOU="},
		{"S5", "post", "/v3/futures/isolated/trades/cancel-all", "", "TL16+3L0vFZiTfiGUbYheG1vLnZZCebEBM/8YjlPz34="},
		{"S6", "get", "/v3/futures/cross/position", "", "LKVJjoqmqFwqHVTMRkQzsIWjylmOYQ5MzaqvVxBis1A="},
		{"S7", "post", "/v3/futures/cross/deposit", `{"amount":100000}`, "gVfu69zYhZtmj4cgmZYdzWIZNYPLrz4DcGjyTPbJdVI="},
		{"S8", "delete", "/v3/futures/isolated/trade/stoploss", "?id=" + vectorID, "TKl1WMrSOUm1VBL60vKjctfhBPSpU71yBwYeqr0dxw4="},
		{"S9", "put", "/v3/futures/isolated/trade/stoploss", `{"id":"` + vectorID + `","value":88000.5}`, "fR2bDbClMESvJYHNPygS/8CtzbP8xU4yT5j+B7uWdwI="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, lnmarkets.Sign(vectorSecret, vectorStamp, tt.method, tt.path, tt.data))
		})
	}
}

func TestSign_LowersTheMethod(t *testing.T) {
	t.Parallel()
	require.Equal(t, "oKS+GJLWKTmsYGbIkwSi4xxQXxj6TKWNLjq/Gi67/5I=",
		lnmarkets.Sign(vectorSecret, vectorStamp, "GET", "/v3/account", ""))
}

func TestSign_ThirdPartyVector(t *testing.T) {
	t.Parallel()
	require.Equal(t, "wtyVqDOxnBZN/Qhd2OPgs0extyzSzigKxM83LKKMkGQ=",
		lnmarkets.Sign("test-secret", "1700000000000", "put", "/v3/futures/cross/leverage", `{"leverage":25}`))
}

// TestSign_IsNotAWrongValue pins the signatures that plausible mistakes give,
// each reproduced here so that the table is known to describe the mistake.
func TestSign_IsNotAWrongValue(t *testing.T) {
	t.Parallel()
	decoded, err := base64.StdEncoding.DecodeString(vectorSecret)
	require.NoError(t, err)
	account := lnmarkets.Sign(vectorSecret, vectorStamp, "get", "/v3/account", "")
	closed := lnmarkets.Sign(vectorSecret, vectorStamp, "get", "/v3/futures/isolated/trades/closed", "?from=2026-01-01T00%3A00%3A00.000Z&limit=50")
	tests := []struct{ mistake, wrong, made, right string }{
		// The method is inside the signed text, so upper case is imitated by
		// moving it into the part that is not lowered.
		{"upper-case method", "MTSli2BxZ4IjMrbWH5HLEDfMEhaLp3hPAxkafzepWyQ=", lnmarkets.Sign(vectorSecret, vectorStamp, "", "GET/v3/account", ""), account},
		{"without the version", "043GB0TlSvzwqKyhFE+dfcbYdg18FfwwpWba/dtRZGA=", lnmarkets.Sign(vectorSecret, vectorStamp, "get", "/account", ""), account},
		{"secret decoded first", "AHVOelQ1bWYCwaEZMdkpsOxZnyAX8ONUJYwkEmXrzJc=", lnmarkets.Sign(string(decoded), vectorStamp, "get", "/v3/account", ""), account},
		{"query without question mark", "n3AQ9fUgPZGQsde3prEjdxx596dN+o0e3d/JF6Hhymg=", lnmarkets.Sign(vectorSecret, vectorStamp, "get", "/v3/futures/isolated/trades/closed", "from=2026-01-01T00%3A00%3A00.000Z&limit=50"), closed},
		{"colon not encoded", "qsi7oO5gkX/SdPCdx4TM8QUmM878jvC36Aov4lmCGlI=", lnmarkets.Sign(vectorSecret, vectorStamp, "get", "/v3/futures/isolated/trades/closed", "?from=2026-01-01T00:00:00.000Z&limit=50"), closed},
	}
	for _, tt := range tests {
		require.Equal(t, tt.wrong, tt.made, tt.mistake)
		require.NotEqual(t, tt.wrong, tt.right, tt.mistake)
	}
}
