package devenv

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/lnsim"
)

// Whoever cannot read the token's file steers neither simulator, however the path is written; what clients use needs none.
func TestGuarded_TakesOrdersWithTheTokenOnly(t *testing.T) {
	t.Parallel()
	node, err := lightningsim.New(lightningsim.Options{Now: time.Now})
	require.NoError(t, err)
	for name, sim := range map[string]struct {
		handler http.Handler
		client  string // a path for clients
		status  int    // its answer
	}{
		"exchange":  {lnsim.New(lnsim.Options{}).Handler(), "/v3/time", http.StatusOK},
		"lightning": {node.Handler(), "/v1/invoices", http.StatusUnauthorized}, // the node's own answer
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			release, err := Claim(dir, "127.0.0.1:1")
			require.NoError(t, err)
			defer release()
			info, err := os.Stat(TokenFile(dir))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			token, err := readToken(dir)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(token), 26, "128 bits")
			h, err := Guarded(dir, sim.handler)
			require.NoError(t, err)
			ask := func(path string, header ...string) (int, string) {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
				r.RemoteAddr, r.Host = "127.0.0.1:5555", "localhost:8080"
				for i := 0; i < len(header); i += 2 {
					r.Header.Set(header[i], header[i+1])
				}
				if host := r.Header.Get("Host"); host != "" {
					r.Host = host
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w.Code, w.Body.String()
			}
			code, body := ask("/sim/state")
			require.Equal(t, http.StatusUnauthorized, code)
			require.Contains(t, body, "control.token")
			require.NotContains(t, body, token)
			for _, path := range []string{"/sim", "//sim/state", "/x/../sim/state", "/%73im/state", "/sim%2Fstate", "/./sim/state"} {
				code, _ := ask(path)
				require.Equal(t, http.StatusUnauthorized, code, path)
			}
			for _, wrong := range []string{"Bearer", "Bearer ", token, "Bearer " + token[1:], "Bearer " + strings.ToLower(token), "Basic " + token} {
				code, _ := ask("/sim/state", "Authorization", wrong)
				require.Equal(t, http.StatusUnauthorized, code, wrong)
			}
			code, _ = ask("/sim/state", "Authorization", "Bearer "+token)
			require.Equal(t, http.StatusOK, code)
			for _, page := range [][]string{{"Origin", "https://evil.example.org"}, {"Host", "evil.example.org"}} {
				code, _ := ask("/sim/state", append(page, "Authorization", "Bearer "+token)...)
				require.Equal(t, http.StatusForbidden, code, page)
			}
			code, body = ask(sim.client)
			require.Equal(t, sim.status, code)
			require.NotContains(t, body, "token")
		})
	}
}

func TestGuarded_NeedsAToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Guarded(dir, http.NotFoundHandler())
	require.ErrorContains(t, err, "axisor dev down")
	require.NoError(t, os.WriteFile(TokenFile(dir), []byte("\n"), 0o600))
	_, err = Guarded(dir, http.NotFoundHandler())
	require.ErrorContains(t, err, "is empty", "an empty token would let everybody in")
}
