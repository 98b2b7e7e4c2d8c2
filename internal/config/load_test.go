package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is one machine as Load sees it: a working directory, a home and variables.
type world struct {
	t    *testing.T
	dir  string
	home string
	env  map[string]string
	opts LoadOptions
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), home: t.TempDir()}
	w.env = map[string]string{"HOME": w.home, "USER": "somebody"}
	return w
}

func (w *world) file(path, content string) string {
	w.t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.dir, path)
	}
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(w.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func (w *world) load() (*Loaded, error) {
	o := w.opts
	o.Dir = w.dir
	for name, value := range w.env {
		o.Env = append(o.Env, name+"="+value)
	}
	return Load(o)
}

func (w *world) must() *Loaded {
	w.t.Helper()
	ld, err := w.load()
	require.NoError(w.t, err)
	return ld
}

// samples returns six valid values of a key, different from each other and from
// the default where the kind has that many.
func samples(k Key) []string {
	out := make([]string, 6)
	for i := range out {
		switch {
		case k.Name == keyDatabaseURL:
			out[i] = fmt.Sprintf("postgres://u:pw@host%d:5432/db", i)
		case k.Name == "backup.compression":
			out[i] = fmt.Sprintf("zstd:%d", i+2)
		case k.Name == "lnmarkets.stream_url":
			out[i] = fmt.Sprintf("wss://host%d.example.org/v1", i)
		case k.Name == "guard.max_balance_share":
			out[i] = fmt.Sprintf("0.1%d", i)
		case k.Name == "guard.warn_at":
			out[i] = fmt.Sprint(i + 11)
		case k.Name == "password.min_length":
			out[i] = fmt.Sprint(i + 9)
		case k.Name == "password.require":
			out[i] = []string{"lower", "upper", "digit", "special", "lower,upper", "upper,digit"}[i]
		case k.Name == keyAccept:
			out[i] = []string{"seed", "seed,v2", "clear,seed", "seed,app-cbc", "seed-literal,seed", "v2,seed"}[i]
		case k.Name == keyKey:
			out[i] = fmt.Sprintf("one-key-of-several-in-a-test-no-%d", i)
		case k.Kind == KindSecret:
			out[i] = strings.Repeat(fmt.Sprint(i), 40)
		case k.Kind == KindSecrets:
			out[i] = strings.Repeat(fmt.Sprint(i), 40) + "," + strings.Repeat("z", 40)
		case k.Kind == KindInteger || k.Kind == KindNumber:
			out[i] = fmt.Sprint(i + 101)
		case k.Kind == KindDuration:
			out[i] = fmt.Sprintf("%ds", i+101)
		case k.Kind == KindEnum:
			out[i] = k.Enum[i%len(k.Enum)]
		case k.Kind == KindURL:
			out[i] = fmt.Sprintf("https://host%d.example.org/v3", i)
		case k.Kind == KindPath:
			out[i] = fmt.Sprintf("/path/%d", i)
		case k.Kind == KindList:
			out[i] = fmt.Sprintf("a%d,b%d", i, i)
		case k.Kind == KindCommand:
			out[i] = fmt.Sprintf("prog%d 'with args'", i)
		case k.Name == "payments.node_id":
			out[i] = fmt.Sprintf("02%064d", i)
		default:
			out[i] = fmt.Sprintf("text%d", i)
		}
	}
	return out
}

// requireValue checks that the Config holds what the sample parses to.
func requireValue(t *testing.T, ld *Loaded, k Key, sample, msg string) {
	t.Helper()
	parsed, rule := k.parse(sample)
	require.Empty(t, rule, msg)
	var want Config
	require.NoError(t, k.assign(&want, parsed))
	require.Equal(t, k.field(&want), k.field(ld.Config), msg)
}

// TestLoad_EveryKeyThroughEveryLevel is the proof of the precedence rule: for each
// key, levels are filled from the weakest to the strongest, and each new one wins.
func TestLoad_EveryKeyThroughEveryLevel(t *testing.T) {
	t.Parallel()
	for _, explicit := range []bool{false, true} {
		for _, k := range Keys() {
			t.Run(fmt.Sprintf("%s explicit profile %v", k.Name, explicit), func(t *testing.T) {
				t.Parallel()
				s := samples(k)
				inFile, inProfile := "", ""
				section, name, _ := strings.Cut(k.Name, ".")
				w := newWorld(t)
				write := func() {
					text := "default_profile: prod\n"
					if explicit {
						text = ""
						w.opts.Profile = "prod"
					}
					if inFile != "" {
						text += fmt.Sprintf("%s:\n  %s: %q\n", section, name, inFile)
					}
					text += "profiles:\n  prod: {}\n"
					if inProfile != "" {
						text = strings.Replace(text, "prod: {}", fmt.Sprintf("prod: {%s: {%s: %q}}", section, name, inProfile), 1)
					}
					w.file(FileName, text)
				}
				type step struct {
					level Level
					name  string
					apply func(string)
				}
				file := step{LevelFile, filepath.Join(w.dir, FileName), func(v string) { inFile = v }}
				profile := step{LevelProfile, "prod", func(v string) { inProfile = v }}
				generic := step{LevelEnvironment, k.Generic, func(v string) { w.env[k.Generic] = v }}
				own := step{LevelEnvironment, k.Env(), func(v string) { w.env[k.Env()] = v }}
				flag := step{LevelFlag, "--" + k.Flag, func(v string) { w.opts.Flags = map[string]string{k.Name: v} }}
				if k.Flag == "" {
					flag.name = "of the command"
				}
				steps := []step{file, profile, generic, own, flag}
				if explicit {
					steps = []step{file, generic, profile, own, flag}
				}

				write()
				ld := w.must()
				if k.Name != keyBaseURL && k.Name != keyActor {
					requireValue(t, ld, k, k.Default, "default")
				}
				require.Equal(t, LevelDefault, ld.Origins[k.Name].Level)
				for i, st := range steps {
					if st.level == LevelEnvironment && st.name == "" {
						continue // the key has no variable of another program
					}
					st.apply(s[i])
					write()
					ld := w.must()
					requireValue(t, ld, k, s[i], st.name)
					require.Equal(t, Origin{Level: st.level, Name: st.name}, ld.Origins[k.Name])
				}
			})
		}
	}
}

func TestLoad_DefaultsOfTheContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.must().Config
	require.Equal(t, 20, c.Database.MaxConnections)
	require.Equal(t, 10*time.Second, c.Database.PoolTimeout)
	require.Equal(t, 60*time.Second, c.Database.ConnectTimeout)
	require.Zero(t, c.Database.StatementTimeout)
	require.True(t, c.Database.URL.IsZero())
	require.Equal(t, "seed", c.Encryption.Format)
	require.Equal(t, "https://api.lnmarkets.com/v3", c.LNMarkets.BaseURL)
	require.Equal(t, 20*time.Second, c.LNMarkets.Timeout)
	require.InDelta(t, 5, c.LNMarkets.PrivateRPS, 0)
	require.InDelta(t, 1, c.LNMarkets.PublicRPS, 0)
	require.Equal(t, "remaining", c.Guard.Reading)
	require.Equal(t, 16, c.Guard.Concurrency)
	require.Equal(t, 60*time.Second, c.Guard.Cooldown)
	require.InDelta(t, 0.5, c.Guard.MaxBalanceShare, 0)
	require.Equal(t, int64(100), c.Guard.MinAddSats)
	require.Equal(t, "/backups/postgresql", c.Backup.Directory)
	require.Equal(t, 30, c.Backup.RetentionDays)
	require.Equal(t, 1, c.Backup.KeepLast)
	require.Equal(t, "zstd", c.Backup.Compression)
	require.NotEmpty(t, c.Audit.Actor)
	require.Equal(t, "table", c.Output.Format)

	w.opts.Terminal = true
	require.Equal(t, 10*time.Second, w.must().Config.Database.ConnectTimeout)
	w.env["AXISOR_LNMARKETS_NETWORK"] = "signet"
	require.Equal(t, "https://api.signet.lnmarkets.com/v3", w.must().Config.LNMarkets.BaseURL)
	w.env["AXISOR_LNMARKETS_BASE_URL"] = "http://127.0.0.1:9000/v3/"
	require.Equal(t, "http://127.0.0.1:9000/v3", w.must().Config.LNMarkets.BaseURL)
}

func TestLoad_SearchPathOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	xdg := t.TempDir()
	w.env["XDG_CONFIG_HOME"] = xdg
	require.Empty(t, w.must().File)
	inHome := w.file(filepath.Join(w.home, FileName), "")
	require.Equal(t, inHome, w.must().File)
	inXDG := w.file(filepath.Join(xdg, "axisor", "config.yaml"), "")
	require.Equal(t, inXDG, w.must().File)
	inDir := w.file(FileName, "")
	ld := w.must()
	require.Equal(t, inDir, ld.File)
	require.Equal(t, []string{inDir, inXDG, inHome, "/etc/axisor/config.yaml"}, ld.Searched)

	delete(w.env, "XDG_CONFIG_HOME")
	require.Contains(t, w.must().Searched, filepath.Join(w.home, ".config", "axisor", "config.yaml"))
	w.env["AXISOR_CONFIG"] = w.file("by-env.yaml", "")
	require.Equal(t, w.env["AXISOR_CONFIG"], w.must().File)
	w.file("by-flag.yaml", "")
	w.opts.File = "by-flag.yaml"
	require.Equal(t, filepath.Join(w.dir, "by-flag.yaml"), w.must().File, "relative to the working directory")
}

func TestLoad_PGVariables(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nothing that names a database", map[string]string{"PGUSER": "u", "PGPASSWORD": "p", "PGSSLMODE": "require"}, ""},
		{"all", map[string]string{"PGHOST": "db", "PGPORT": "6543", "PGDATABASE": "ax", "PGUSER": "u@x", "PGPASSWORD": "p:/?#", "PGSSLMODE": "require", "PGPASSFILE": "/p f"}, "postgres://u%40x:p%3A%2F%3F%23@db:6543/ax?passfile=%2Fp%20f&sslmode=require"},
		{"database only", map[string]string{"PGDATABASE": "ax"}, "postgres:///ax"},
		{"socket", map[string]string{"PGHOST": "/run/pg", "PGPORT": "5433", "PGUSER": "u"}, "postgres://u@/?host=%2Frun%2Fpg&port=5433"},
		{"ipv6", map[string]string{"PGHOST": "::1"}, "postgres://[::1]/"},
		{"database url wins", map[string]string{"PGHOST": "db", "DATABASE_URL": "postgresql://h/d"}, "postgresql://h/d"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			maps.Copy(w.env, tc.env)
			require.Equal(t, tc.want, w.must().Config.Database.URL.Reveal())
		})
	}
}

func TestLoad_WhatIsWrittenIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file(FileName, "encryption: {format: app-cbc, accept: [v2, seed]}")
	_, err := w.load()
	require.ErrorContains(t, err, "encryption.accept: must contain app-cbc, which encryption.format writes")
	w.env["AXISOR_ENCRYPTION_FORMAT"] = "v2"
	require.Equal(t, []string{"v2", "seed"}, w.must().Config.Encryption.Accept)
}

func TestLoad_WayToTheKey(t *testing.T) {
	t.Parallel()
	long := "the-way-to-this-key-is-what-is-tested"
	w := newWorld(t)
	w.file(FileName, "encryption: {key_file: keys/main}\nprofiles:\n  prod: {encryption: {key_command: [prog]}}\n")
	ld := w.must()
	require.Equal(t, filepath.Join(w.dir, "keys/main"), ld.Config.Encryption.KeyFile, "relative to the file")

	w.env["ENCRYPTION_KEY"] = long
	ld = w.must()
	require.Equal(t, long, ld.Config.Encryption.Key.Reveal())
	require.Empty(t, ld.Config.Encryption.KeyFile)
	require.Equal(t, LevelUnused, ld.Origins[keyKeyFile].Level)
	require.Contains(t, ld.Origins[keyKeyFile].Name, "ENCRYPTION_KEY")

	w.opts.Profile = "PROD"
	ld = w.must()
	require.Equal(t, []string{"prog"}, ld.Config.Encryption.KeyCommand, "a named profile beats ENCRYPTION_KEY")
	require.True(t, ld.Config.Encryption.Key.IsZero())

	w.env["AXISOR_ENCRYPTION_KEY_FILE"] = "~/k"
	require.Equal(t, filepath.Join(w.home, "k"), w.must().Config.Encryption.KeyFile)
	w.env["AXISOR_ENCRYPTION_KEY"] = long
	_, err := w.load()
	require.ErrorContains(t, err, "encryption.key: is set together with encryption.key_file")
}

func TestLoad_WarnsAboutMistypedVariables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["AXISOR_DATABASE_ULR"] = "x"
	w.env["AXISOR_TEST_DATABASE_URL"] = "x"
	require.Equal(t, []string{"unknown variable AXISOR_DATABASE_ULR is ignored; did you mean AXISOR_DATABASE_URL?"}, w.must().Warnings)
}
