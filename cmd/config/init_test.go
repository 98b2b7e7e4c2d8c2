package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/internal/verb"
)

// person answers the form: by title where something is said, else with the proposal.
type person struct {
	t       *testing.T
	answers map[string][]string
	asked   []string
}

func (p *person) ask(_ context.Context, fields ...prompt.Field) error {
	for _, f := range fields {
		p.asked = append(p.asked, f.Title)
		if said := p.answers[f.Title]; len(said) > 0 {
			*f.Value, p.answers[f.Title] = said[0], said[1:]
		}
		if len(f.Options) > 0 {
			require.Contains(p.t, f.Options, *f.Value)
		} else if f.Validate != nil {
			require.NoError(p.t, f.Validate(*f.Value))
		}
		require.Equal(p.t, strings.Contains(f.Title, "password"), f.Secret)
	}
	return nil
}

func form(t *testing.T, answers map[string][]string) (o *initOptions, p *person, said func() string) {
	t.Helper()
	dir := t.TempDir()
	s, out, errw := streams.Test("")
	a := app.New(s, buildinfo.Info{}, time.Now, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, dir)
	p = &person{t: t, answers: answers}
	return &initOptions{app: a, canAsk: func() bool { return true }, ask: p.ask}, p, func() string { return out.String() + errw.String() }
}

func start(t *testing.T, o *initOptions) error {
	t.Helper()
	p, err := o.app.Printer()
	require.NoError(t, err)
	return o.run(t.Context(), &verb.Call{App: o.app, Print: p})
}

// TestInit_Form: an address that does not answer is corrected, the second one works, everything else is as proposed.
func TestInit_Form(t *testing.T) {
	t.Parallel()
	good := testdb.NewURL(t).Reveal()
	o, p, said := form(t, map[string][]string{
		"Database URL":      {"postgres://ana@127.0.0.1:1/axisor", good},
		"Database password": {"p:@/ ss"},
	})
	require.NoError(t, start(t, o))
	require.Equal(t, []string{
		"Database URL", "Database password", "The database cannot be used so", "Database URL", "Database password",
		"Where is the key of stored credentials?", "File of the encryption key", "Directory for backups", "LN Markets network",
	}, p.asked)
	require.Contains(t, said(), "cannot connect: database unavailable")
	require.Contains(t, said(), "connected: PostgreSQL ")
	require.Contains(t, said(), "the schema is up to date")
	require.Contains(t, said(), "/pg_dump")
	require.NotContains(t, said(), "ss@")
	require.NotContains(t, said(), "%20ss")

	fresh := app.New(o.app.Streams, buildinfo.Info{}, time.Now, o.app.Env, o.app.Dir) // it read the settings before the file was there
	loaded, err := fresh.LoadConfig()
	require.NoError(t, err)
	key, err := loaded.EncryptionKey(t.Context())
	require.NoError(t, err)
	require.Len(t, key.Reveal(), 44)
}

// TestInit_FormKeepsADeadAddress: the file can be made before the database is. The password is encoded.
func TestInit_FormKeepsADeadAddress(t *testing.T) {
	t.Parallel()
	o, _, said := form(t, map[string][]string{
		"Database URL":                            {"postgres://ana@127.0.0.1:1/axisor"},
		"Database password":                       {"p:@/ ss"},
		"The database cannot be used so":          {keepIt},
		"Where is the key of stored credentials?": {fromOutput},
		"Program that prints the key":             {"printf of-forty-characters-that-nobody-repeats1"},
	})
	require.NoError(t, start(t, o))
	text, err := os.ReadFile(filepath.Join(o.app.Dir, ".axisor.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"postgres://ana:p%3A%40%2F%20ss@127.0.0.1:1/axisor"`)
	require.NotContains(t, string(text), "key_file:")
	require.NoFileExists(t, filepath.Join(o.app.Dir, ".axisor.key"))
	require.Contains(t, said(), "axisor db ping")
	fresh := app.New(o.app.Streams, buildinfo.Info{}, time.Now, o.app.Env, o.app.Dir)
	loaded, err := fresh.LoadConfig()
	require.NoError(t, err)
	key, err := loaded.EncryptionKey(t.Context())
	require.NoError(t, err)
	require.Len(t, key.Reveal(), 40)
}

// TestInit_KeyCommandIsTried: a configuration whose key cannot be had is worth nothing.
func TestInit_KeyCommandIsTried(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"printf short":         "must have at least 32 characters",
		"no-such-program-here": "program not found",
		"false":                "failed",
	} {
		o, _, _ := form(t, map[string][]string{"The database cannot be used so": {keepIt}})
		o.keyCommand = command
		o.app.Globals.DatabaseURL = "postgres://ana@127.0.0.1:1/axisor"
		err := start(t, o)
		require.ErrorContains(t, err, want)
		require.NoFileExists(t, filepath.Join(o.app.Dir, ".axisor.yaml"))
		require.Equal(t, clierr.Config, o.app.Classify(err).Kind)
	}
}
