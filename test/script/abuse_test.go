package script

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/pgimpostor"
	"github.com/axisor/axisor/internal/pgserver"
)

const abuseScripts = "../abuse"

// TestAbuse attacks the program as the table of threats says: one script for each row.
func TestAbuse(t *testing.T) {
	t.Parallel()
	testscript.Run(t, parameters(abuseScripts))
}

// Each row of the table of threats names the script that attacks it, and each script is the proof of one row.
func TestAbuse_EveryThreatHasItsScript(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(page), "\n## Threats")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n## ")
	var named []string
	rows := regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(table, -1)
	require.Greater(t, len(rows), 20)
	for _, row := range rows[2:] { // below the heading
		cells := strings.Split(strings.Trim(row, "|"), "|")
		name := strings.Trim(cells[len(cells)-1], " `")
		require.FileExists(t, filepath.Join(abuseScripts, name+".txtar"), row)
		require.NotContains(t, named, name, "a row has a script of its own: "+row)
		named = append(named, name)
	}
	files, err := os.ReadDir(abuseScripts)
	require.NoError(t, err)
	var there []string
	for _, f := range files {
		there = append(there, strings.TrimSuffix(f.Name(), ".txtar"))
	}
	require.ElementsMatch(t, there, named)
}

// fault spoils the exchange: "lost" carries the next addition out and drops its answer, "stale" dates every answer
// ten minutes back.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	kinds := map[string]lnsim.Fault{
		"lost":  {Method: http.MethodPost, Path: additions, Apply: true, Cut: true},
		"stale": {DateOffset: -10 * time.Minute, Apply: true, Count: -1},
	}
	f, ok := kinds[strings.Join(args, " ")]
	if neg || !ok {
		ts.Fatalf("usage: fault lost|stale")
	}
	ts.Check(exchange(ts).Fail(f))
}

const additions = "/v3/futures/isolated/trade/add-margin"

// added compares how often the exchange was asked to add margin, "touched" how many requests it received at all.
func added(ts *testscript.TestScript, neg bool, args []string) {
	count(ts, neg, args, func(r lnsim.Request) bool { return r.Method == http.MethodPost && r.Path == additions })
}

func touched(ts *testscript.TestScript, neg bool, args []string) {
	count(ts, neg, args, func(lnsim.Request) bool { return true })
}

func count(ts *testscript.TestScript, neg bool, args []string, is func(lnsim.Request) bool) {
	want, err := strconv.Atoi(strings.Join(args, " "))
	if neg || err != nil {
		ts.Fatalf("usage: added|touched NUMBER")
	}
	got := 0
	for _, r := range exchange(ts).Requests() {
		if is(r) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("the exchange received %d such requests, not %d", got, want)
	}
}

// elsewhere puts a server in front of the exchange: "redirect" sends the client on to the exchange, "untrusted" has a
// certificate that nobody vouches for and passes nothing on.
func elsewhere(ts *testscript.TestScript, neg bool, args []string) {
	base := strings.TrimSuffix(exchange(ts).URL, "/v3")
	on := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	var s *httptest.Server
	switch strings.Join(args, " ") {
	case "redirect":
		s = httptest.NewServer(on)
	case "untrusted":
		s = httptest.NewTLSServer(on)
	default:
		neg = true
	}
	if neg {
		ts.Fatalf("usage: elsewhere redirect|untrusted")
	}
	tb(ts).Cleanup(s.Close)
	ts.Setenv("AXISOR_LNMARKETS_BASE_URL", s.URL+"/v3")
}

// impostor puts a server in the place of the database that asks for the password in clear text; told fails when it
// got it.
func impostor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: impostor")
	}
	address, told := pgimpostor.Listen(tb(ts))
	ts.Value(heardKey{}).(*heard).told = told
	ts.Setenv("IMPOSTOR", address)
}

type heardKey struct{}

type heard struct{ told <-chan string }

func nottold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: nottold")
	}
	if n := len(ts.Value(heardKey{}).(*heard).told); n > 0 {
		ts.Fatalf("the impostor got the password %d times", n)
	}
}

// identity makes a key pair of age: the private key in FILE, the public one as $RECIPIENT.
func identity(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: identity FILE")
	}
	key, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(key.String()+"\n"), 0o600))
	ts.Setenv("RECIPIENT", key.Recipient().String())
}

// surround gives a script what lies outside of its folder: the sources, the server's programs, and a place that a
// server of another account can write to, which is nowhere else used.
func surround(tb testing.TB, env *testscript.Env) error {
	tb.Helper()
	sources, err := filepath.Abs(cmp.Or(os.Getenv("AXISOR_TEST_SOURCES"), "../.."))
	if err != nil {
		return err
	}
	programs, err := pgserver.Find(tb.Context())
	if err != nil {
		return err
	}
	mark, err := os.MkdirTemp("", "axisor-abuse-*")
	if err != nil {
		return err
	}
	tb.Cleanup(func() { _ = os.RemoveAll(mark) })
	env.Values[heardKey{}] = &heard{}
	env.Setenv("ROOT", sources)
	env.Setenv("PGBIN", programs.Dir)
	env.Setenv("OPEN", mark)
	return os.Chmod(mark, 0o777)
}
