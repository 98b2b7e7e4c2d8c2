package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

const canary = "s3cretCANARY"

func write(t *testing.T, p *clitest.Program, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(p.Dir, name)
	require.NoError(t, os.WriteFile(path, []byte(content), mode))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func TestShow(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "DATABASE_URL=postgres://u:"+canary+"@h:5432/d", "AXISOR_DATABASE_ULR=x")
	file := write(t, p, ".axisor.yaml", "default_profile: prod\nguard: {cooldown: 5m}\nprofiles: {prod: {backup: {keep_last: 7}}}\n", 0o644)
	r := p.OK("config", "show", "-o", "json")
	require.NotContains(t, r.Stdout+r.Stderr, canary)
	require.Contains(t, r.Stderr, "did you mean AXISOR_DATABASE_URL?")
	items := map[string]map[string]any{}
	for _, it := range r.Items() {
		require.Len(t, it, 4)
		items[it["key"].(string)] = it
	}
	require.Equal(t, map[string]any{"key": "database.url", "value": "postgres://u:xxxxx@h:5432/d", "origin": "environment", "source": "DATABASE_URL"}, items["database.url"])
	require.Equal(t, map[string]any{"key": "guard.cooldown", "value": "5m", "origin": "file", "source": file}, items["guard.cooldown"])
	require.Equal(t, map[string]any{"key": "backup.keep_last", "value": 7.0, "origin": "profile", "source": "prod"}, items["backup.keep_last"])
	require.Equal(t, map[string]any{"key": "encryption.key", "value": nil, "origin": "default", "source": nil}, items["encryption.key"])
	require.Equal(t, "json", items["output.format"]["value"])
	require.Equal(t, "--output", items["output.format"]["source"])

	plain := p.OK("config", "show", "guard")
	require.NotContains(t, plain.Stdout, "ORIGIN")
	require.NotContains(t, plain.Stdout, "backup.")
	require.Contains(t, p.OK("config", "show", "guard", "--origins").Stdout, file)
	require.Equal(t, "guard.cooldown\n", p.OK("config", "show", "guard.cooldown", "-q").Stdout)
	require.Contains(t, p.Fails(2, "config", "show", "gard.cooldown").Stderr, "did you mean guard.cooldown?")
}

func TestPath(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	r := p.OK("config", "path", "-o", "json")
	require.Nil(t, r.JSON()["file"])
	require.Contains(t, r.Stderr, "axisor config init")
	file := write(t, p, ".axisor.yaml", "this is: [broken", 0o600)
	r = p.OK("config", "path", "-o", "json")
	require.Equal(t, file, r.JSON()["file"])
	require.Equal(t, file, r.JSON()["searched"].([]any)[0])
	require.Equal(t, file+"\n", p.OK("config", "path", "-q").Stdout)
	require.Equal(t, "/etc/x.yaml\n", p.OK("config", "path", "--config", "/etc/x.yaml", "-q").Stdout)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	require.Nil(t, p.OK("config", "validate", "-o", "json").JSON()["file"])

	file := write(t, p, "good.yaml", "profiles: {prod: {backup: {keep_last: 7}}}\n", 0o644)
	r := p.OK("config", "validate", "good.yaml", "-o", "json").JSON()
	require.Equal(t, map[string]any{"file": file, "valid": true, "profiles": []any{"prod"}, "warnings": []any{}}, r)
	require.Contains(t, p.OK("config", "validate", "good.yaml").Stdout, "is valid, profiles: prod")

	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		want    []string
	}{
		"yaml":       {"a: [", 0o600, []string{"is not valid YAML"}},
		"unknown":    {"databse: {url: x}", 0o600, []string{"databse.url: unknown key", "did you mean database.url?"}},
		"value":      {"profiles: {p: {database: {max_connections: 0}}}", 0o600, []string{"profile p", "must be between 1 and 1000"}},
		"permission": {"database: {url: 'postgres://u:" + canary + "@h/d'}", 0o644, []string{"others can open", "hint: chmod 600 "}},
	} {
		write(t, p, name+".yaml", tc.content, tc.mode)
		bad := p.Fails(10, "config", "validate", name+".yaml")
		require.Empty(t, bad.Stdout, name)
		for _, want := range tc.want {
			require.Contains(t, bad.Stderr, want, name)
		}
		require.NotContains(t, bad.Stderr, canary, name)
	}
	write(t, p, "two.yaml", "guard: {cooldown: 1}\noutput: {color: red}\n", 0o600)
	e := p.Fails(10, "config", "validate", "two.yaml", "-o", "json").Error()
	require.Equal(t, "config_invalid", e["code"])
	require.Len(t, e["details"].(map[string]any)["problems"], 2)
	require.Contains(t, p.Fails(10, "config", "validate", "nowhere.yaml").Stderr, "no such file")
	require.Contains(t, p.With("AXISOR_GUARD_COOLDOWN=x").Fails(10, "config", "validate").Stderr, "environment AXISOR_GUARD_COOLDOWN")
}

// A broken configuration stops the commands that need it, whatever they are.
func TestBrokenConfigurationStopsCommands(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	require.Contains(t, p.Fails(10, "config", "show", "--config", "nowhere.yaml").Stderr, "hint: the file was named by --config")
	require.Contains(t, p.Fails(10, "config", "show", "--profile", "prod").Stderr, `no such profile, got "prod"`)
	write(t, p, ".axisor.yaml", "guard: {reading: guess}\n", 0o600)
	require.Contains(t, p.Fails(10, "config", "show").Stderr, `guard.reading: must be one of remaining, price, travelled, got "guess"`)
}

func TestInit(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	url := "postgres://u:" + canary + "@h:5432/d"

	require.Contains(t, p.Fails(2, "config", "init").Stderr, "--database-url-file")
	dry := p.Input(url+"\n").OK("config", "init", "--offline", "--database-url-file", "-", "--dry-run", "-o", "json")
	require.Equal(t, true, dry.JSON()["dry_run"])
	require.NotContains(t, dry.Stdout+dry.Stderr, canary)
	entries, err := os.ReadDir(p.Dir)
	require.NoError(t, err)
	require.Empty(t, entries, "a dry run writes nothing")

	r := p.Input(url+"\n").OK("config", "init", "--offline", "--database-url-file", "-", "--backup-directory", "bk", "-o", "json")
	file, key := filepath.Join(p.Dir, ".axisor.yaml"), filepath.Join(p.Dir, ".axisor.key")
	require.Equal(t, map[string]any{
		"file": file, "database_url": "postgres://u:xxxxx@h:5432/d", "key_file": key, "key_created": true,
		"backup_directory": filepath.Join(p.Dir, "bk"), "network": "mainnet", "result": "created", "key_command": nil,
		"server_version": nil, "schema": nil, "connection_error": nil, "pg_dump": nil,
	}, r.JSON())
	for _, path := range []string{file, key} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	p.OK("config", "validate")
	require.Contains(t, p.OK("config", "show", "database.url").Stdout, "postgres://u:xxxxx@h:5432/d")

	secretKey, err := os.ReadFile(key)
	require.NoError(t, err)
	again := p.Input(url).Fails(4, "config", "init", "--offline", "--database-url-file", "-")
	require.Contains(t, again.Stderr, "--force")
	forced := p.Input(url).OK("config", "init", "--offline", "--database-url-file", "-", "--force", "-o", "json")
	require.Equal(t, false, forced.JSON()["key_created"])
	kept, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, secretKey, kept, "a key is never replaced")
}

func TestInit_ElsewhereAndBadInput(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	write(t, p, "url", "postgres://u@h/d\n", 0o600)
	p.OK("config", "init", "--config", "deep/er/config.yaml", "--offline", "--database-url-file", "url", "--network", "signet")
	require.FileExists(t, filepath.Join(p.Dir, "deep/er/encryption.key"))
	show := p.OK("config", "show", "lnmarkets.base_url", "--config", "deep/er/config.yaml")
	require.Contains(t, show.Stdout, "https://api.signet.lnmarkets.com/v3")

	write(t, p, "short", canary+"\n", 0o600)
	write(t, p, "open", strings.Repeat("k", 40)+"\n", 0o644)
	write(t, p, "two", "postgres://a\npostgres://b\n", 0o600)
	write(t, p, "mysql", "mysql://u:"+canary+"@h/d\n", 0o600)
	for _, tc := range []struct{ args, want string }{
		{"--database-url-file url --key-file short", "must have at least 32 characters"},
		{"--database-url-file url --key-file open", "others can open"},
		{"--database-url-file two", "must be one line"},
		{"--database-url-file mysql", "must start with postgres://"},
		{"--database-url-file nowhere", "no such file"},
		{"--database-url-file url --network moon", "must be one of mainnet"},
	} {
		exit := 10
		if tc.want == "no such file" { // as from every command that is given a file
			exit = 3
		}
		r := p.Fails(exit, append([]string{"config", "init", "--offline"}, strings.Fields(tc.args)...)...)
		require.Contains(t, r.Stderr, tc.want)
		require.NotContains(t, r.Stderr, canary)
		require.NoFileExists(t, filepath.Join(p.Dir, ".axisor.yaml"))
		require.NoFileExists(t, filepath.Join(p.Dir, ".axisor.key"))
	}
}
