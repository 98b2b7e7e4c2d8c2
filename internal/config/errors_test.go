package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const canary = "s3cretCANARY"

func TestLoad_BadFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, content string
		want, hint    string
	}{
		{"unknown key", "database: {max_conections: 3}", "database.max_conections: unknown key", "did you mean database.max_connections?"},
		{"key without section", "max_connections: 3", "max_connections: unknown key", "did you mean database.max_connections?"},
		{"underscore for dot", "database_url: x", "database_url: unknown key", "did you mean database.url?"},
		{"unknown key in profile", "profiles: {prod: {guard: {cooldwn: 1s}}}", "profiles.prod.guard.cooldwn: unknown key", "did you mean profiles.prod.guard.cooldown?"},
		{"nothing near", "zzzzzzzzzzzzzz: 1", "zzzzzzzzzzzzzz: unknown key", ""},
		{"section as value", "database: here", "database: is a section", ""},
		{"value as section", "database: {url: {host: x}}", "database.url.host: unknown key", ""},
		{"profiles as list", "profiles: [a]", "profiles: must be a mapping", ""},
		{"default profile missing", "default_profile: prd\nprofiles: {prod: {}}", `no such profile, got "prd"`, "profiles in "},
		{"bad yaml", "database:\n  url: [\n", "is not valid YAML: line", ""},
		{"tab", "database:\n\turl: x\n", "is not valid YAML", ""},
		{"a text", "postgres://u:" + canary + "@h/d", "is not valid YAML", ""},
		{"duplicate key", "audit: {actor: a}\naudit: {actor: b}", "already defined", ""},
		{"key as number", "encryption: {key: 12345678901234567890123456789012}", "encryption.key: must be text (put it in quotes)", ""},
		{"short key", "encryption: {key: " + canary + "}", "encryption.key: must have at least 32 characters, has 12", ""},
		{"key of one character", "encryption: {key: '" + strings.Repeat("7", 40) + "'}", "encryption.key: is made of very few different characters", "openssl rand -hex 32"},
		{"key of one word", "encryption: {key: hunter2-hunter2-hunter2-hunter2-}", "encryption.key: repeats itself", "encryption.previous_keys"},
		{"format that nobody knows", "encryption: {accept: [v2, v1]}", "encryption.accept: must list some of v2, seed, app-cbc", ""},
		{"short previous key", "encryption: {previous_keys: [" + canary + "]}", "encryption.previous_keys: entry 1 must have at least 32", ""},
		{"empty previous key", "encryption: {previous_keys: ['']}", "entry 1 is empty", ""},
		{"two keys", "encryption: {key: " + strings.Repeat(canary, 3) + ", key_file: f}", "is set together with encryption.key_file", "keep only one"},
		{"not postgres", "database: {url: 'mysql://u:" + canary + "@h/d'}", "database.url: must start with postgres://", ""},
		{"password not encoded", "database: {url: 'postgres://u:" + canary + "%zz@h/d'}", "percent-encoded", ""},
		{"integer", "database: {max_connections: many}", `must be a whole number, got "many"`, ""},
		{"range", "database: {max_connections: 0}", `must be between 1 and 1000, got "0"`, ""},
		{"float for integer", "guard: {min_add_sats: 1.5}", `must be a whole number, got "1.5"`, ""},
		{"share", "guard: {max_balance_share: 1.5}", `must be above 0 and at most 1, got "1.5"`, ""},
		{"stream scheme", "lnmarkets: {stream_url: 'https://host/v1'}", "must start with wss://", ""},
		{"stream in clear", "lnmarkets: {stream_url: 'ws://host/v1'}", "must use wss (ws is allowed for this machine only)", ""},
		{"surge", "guard: {surge_factor: -1}", "must be from 0 to 1000", ""},
		{"not a number", "guard: {max_balance_share: .nan}", "must be a number", ""},
		{"infinite rate", "lnmarkets: {public_rps: .inf}", "must be a number", ""},
		{"duration without unit", "guard: {cooldown: 60}", `must be a duration with its unit, such as 10s or 5m, got "60"`, ""},
		{"negative duration", "guard: {cooldown: -1s}", "must not be negative", ""},
		{"zero timeout", "database: {connect_timeout: 0s}", "must be longer than 0", ""},
		{"enum", "guard: {reading: left}", `must be one of remaining, price, travelled, got "left"`, ""},
		{"http", "lnmarkets: {base_url: 'http://api.lnmarkets.com/v3'}", "must use https (http is allowed for this machine only)", ""},
		{"http that looks local", "lnmarkets: {base_url: 'http://127.0.0.1.evil.example/v3'}", "must use https", ""},
		{"password in address", "lnmarkets: {base_url: 'https://u:" + canary + "@h/v3'}", "must not carry a user or a password", ""},
		{"no host", "guard: {ping_url: 'https:///x'}", "must be a URL such as", ""},
		{"other scheme", "guard: {alert_url: 'ftp://h/" + canary + "'}", "must start with https://", ""},
		{"compression", "backup: {compression: lzma}", "must be zstd, gzip or none", ""},
		{"compression level", "backup: {compression: 'gzip:10'}", "must be zstd, gzip or none", ""},
		{"list of numbers", "backup: {recipients: [1, 2]}", "must be a list of texts", ""},
		{"date for text", "audit: {actor: 2026-01-01}", "must be text", ""},
		{"open quote", `encryption: {key_command: "pass 'show"}`, "unfinished quote", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.file(FileName, tc.content)
			_, err := w.load()
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), canary)
			var one *Error
			require.ErrorAs(t, err, &one)
			if tc.hint != "" {
				require.Contains(t, strings.Join(Hints(err), "\n"), tc.hint)
			}
			_, checkErr := Check(path)
			require.ErrorContains(t, checkErr, strings.Split(tc.want, ", got")[0])
			require.NotContains(t, checkErr.Error(), canary)
		})
	}
}

func TestLoad_BadVariablesAndFlagsNameTheirSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["AXISOR_GUARD_COOLDOWN"] = "soon"
	w.env["ENCRYPTION_KEY"] = canary
	w.opts.Flags = map[string]string{"output.format": "xml"}
	_, err := w.load()
	require.ErrorContains(t, err, `environment AXISOR_GUARD_COOLDOWN: guard.cooldown: must be a duration`)
	require.ErrorContains(t, err, `environment ENCRYPTION_KEY: encryption.key: must have at least 32 characters`)
	require.ErrorContains(t, err, `flag --output: output.format: must be one of`)
	require.NotContains(t, err.Error(), canary)
	var all Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 3, "everything wrong is reported at once")
}

func TestLoad_MissingThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opts.File = "nowhere.yaml"
	_, err := w.load()
	require.ErrorContains(t, err, "nowhere.yaml: cannot be read: no such file or directory")
	require.Contains(t, Hints(err), "the file was named by --config")

	w.opts.File = w.dir
	_, err = w.load()
	require.ErrorContains(t, err, "is a directory")

	w.opts = LoadOptions{Profile: "prod"}
	_, err = w.load()
	require.ErrorContains(t, err, `flag --profile: no such profile, got "prod"`)
	w.opts.Profile = ""
	w.env["AXISOR_PROFILE"] = "prod"
	w.file(FileName, "profiles: {staging: {}}")
	_, err = w.load()
	require.ErrorContains(t, err, `environment AXISOR_PROFILE: no such profile`)
	require.Contains(t, strings.Join(Hints(err), ""), "staging")

	w.opts.Flags = map[string]string{"no.such": "x"}
	delete(w.env, "AXISOR_PROFILE")
	_, err = w.load()
	require.ErrorContains(t, err, "unknown key")
}

func TestLoad_RefusesOpenFilesWithSecrets(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 40)
	for _, tc := range []struct {
		name, content string
		mode          os.FileMode
		refused       bool
	}{
		{"nothing secret", "audit: {actor: me}", 0o644, false},
		{"url without password", "database: {url: 'postgres://u@h/d'}", 0o644, false},
		{"url with password", "database: {url: 'postgres://u:p@h/d'}", 0o644, true},
		{"password as parameter", "database: {url: 'postgres://u@h/d?password=p'}", 0o660, true},
		{"url with password, closed", "database: {url: 'postgres://u:p@h/d'}", 0o600, false},
		{"key", "encryption: {key: " + long + "}", 0o604, true},
		{"previous keys", "encryption: {previous_keys: [" + long + "]}", 0o660, true},
		{"secret in an unused profile", "profiles: {prod: {encryption: {key: " + long + "}}}", 0o644, true},
		{"key file", "encryption: {key_file: f}", 0o644, false},
		{"command, others may read", "encryption: {key_command: [x]}", 0o644, false},
		{"command, others may write", "encryption: {key_command: [x]}", 0o664, true},
		{"hook, others may write", "backup: {pre_hook: [touch, f]}", 0o646, true},
		{"address, others may write", "lnmarkets: {base_url: 'https://example.com/v3'}", 0o620, true},
		{"nothing secret, others may write", "output: {format: json}", 0o666, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.file(FileName, tc.content)
			require.NoError(t, os.Chmod(path, tc.mode))
			_, err := w.load()
			if !tc.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, path)
			hint := "chmod 600 " + path
			if tc.mode&0o022 != 0 {
				hint = "look through it, then: chmod go-w " + path
			}
			require.Equal(t, []string{hint}, Hints(err))
			require.NotContains(t, err.Error(), long)
		})
	}
}

func TestCheck_LooksIntoEveryProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.file("x.yaml", "profiles:\n  a: {guard: {cooldown: 5s}}\n  b: {guard: {cooldown: never}}\n")
	names, err := Check(path)
	require.Equal(t, []string{"a", "b"}, names)
	require.ErrorContains(t, err, "profile b: guard.cooldown: must be a duration")
	path = w.file("y.yaml", "profiles:\n  a: {guard: {cooldown: 5s}}\n")
	_, err = Check(path)
	require.NoError(t, err)
}

func TestEntries_ShowNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maps.Copy(w.env, map[string]string{
		"AXISOR_DATABASE_URL":             "postgres://u:" + canary + "@h:5432/d?sslpassword=" + canary + "&sslmode=require",
		"AXISOR_ENCRYPTION_KEY":           canary + "-and-what-makes-it-long-enough",
		"AXISOR_ENCRYPTION_PREVIOUS_KEYS": strings.Repeat(canary, 3) + "," + strings.Repeat(canary, 4),
		"AXISOR_GUARD_ALERT_URL":          "https://hooks.example.org/services/" + canary,
		"AXISOR_GUARD_PING_URL":           "https://ping.example.org/?id=" + canary,
		"AXISOR_BACKUP_PING_URL":          "https://ping.example.org/" + canary,
		"AXISOR_PAYMENTS_PING_URL":        "https://ping.example.org/" + canary,
		"AXISOR_DOCTOR_PING_URL":          "https://ping.example.org/" + canary,
	})
	got := map[string]any{}
	for _, e := range w.must().Entries() {
		got[e.Key.Name] = e.Value
		require.NotContains(t, toText(e.Value), canary, e.Key.Name)
		require.NotEmpty(t, e.Origin.Level, e.Key.Name)
		require.NotEmpty(t, e.Key.Summary, e.Key.Name)
	}
	require.Len(t, got, len(Keys()))
	require.Equal(t, "postgres://u:xxxxx@h:5432/d?sslmode=require&sslpassword=xxxxx", got["database.url"])
	require.Equal(t, "[redacted]", got["encryption.key"])
	require.Equal(t, []string{"[redacted]", "[redacted]"}, got["encryption.previous_keys"])
	require.Equal(t, "https://hooks.example.org/…", got["guard.alert_url"])
	require.Equal(t, "1m", got["database.connect_timeout"])
	require.Equal(t, int64(100), got["guard.min_add_sats"])
	require.Nil(t, got["backup.recipients"])

	delete(w.env, "AXISOR_ENCRYPTION_KEY")
	w.env["AXISOR_ENCRYPTION_KEY_COMMAND"] = "prog --token " + canary
	for _, e := range w.must().Entries() {
		require.NotContains(t, toText(e.Value), canary, e.Key.Name)
	}
	require.Equal(t, "[redacted]", RedactDatabaseURL("host=h password="+canary))
}

func FuzzReadDocument(f *testing.F) {
	for _, s := range []string{"", "a: b", "profiles: {a.b: {c: d}}", "profiles: {a: [1]}", "? [x]\n: y", "1: 2", "database: {url: null}", "profiles: {1: {2: 3}}", "&a [*a]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "f.yaml")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, _ = Check(path)
		_, _ = Load(LoadOptions{File: path, Dir: "/"})
	})
}

func TestRender_LoadsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]string{
		keyDatabaseURL: "postgres://u:p'*&!@h/d", "backup.directory": "/b b", keyKeyFile: "/k: #x", "guard.concurrency": "4",
	}
	w.file(FileName, string(Render(want)))
	c := w.must().Config
	require.Equal(t, want[keyDatabaseURL], c.Database.URL.Reveal())
	require.Equal(t, "/b b", c.Backup.Directory)
	require.Equal(t, "/k: #x", c.Encryption.KeyFile)
	require.Equal(t, 4, c.Guard.Concurrency)
}

func TestKey_Validate(t *testing.T) {
	t.Parallel()
	k, ok := LookupKey(keyDatabaseURL)
	require.True(t, ok)
	require.NoError(t, k.Validate("postgres://h/d"))
	require.ErrorContains(t, k.Validate("mysql://"+canary), "database.url: must start with postgres://")
	require.NotContains(t, k.Validate("mysql://"+canary).Error(), canary)
	_, ok = LookupKey("no.such")
	require.False(t, ok)
}
