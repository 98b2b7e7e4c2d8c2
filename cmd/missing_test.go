package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// inputs are the command lines that read a file which a person names, by command and flag. A new flag that is called
// FILE adds a line here, or to notInputs with the reason.
var inputs = map[string]string{
	"account create --from-file":        "account create ana --exchange lnmarkets --name Main --from-file {f}",
	"automation create --config-json":   "automation create ana --account Main --type tp_sl --config-json @{f}",
	"automation update --config-json":   "automation update x --config-json @{f}",
	"automation validate --config-json": "automation validate --type tp_sl --config-json @{f}",
	"config init --database-url-file":   "config init --offline --database-url-file {f}",
	"credential set --from-file":        "credential set ana --exchange lnmarkets --from-file {f}",
	"guard backtest --prices":           "guard backtest --prices {f} --entry 60000 --side long --leverage 10 --quantity 1",
	"migrate lint":                      "migrate lint {f}",
	"migrate prisma":                    "migrate prisma {f}",
	"trade import":                      "trade import {f}",
	"user create --password-file":       "user create --email bob@example.com --username bob --password-file {f}",
	"user create --preferences":         "user create --email bob@example.com --username bob --no-password --preferences @{f}",
	"user import":                       "user import {f}",
	"user set-password --password-file": "user set-password ana --password-file {f}",
	"user update --preferences":         "user update ana --preferences @{f}",
}

// notInputs are flags and arguments with a FILE that is none of these.
var notInputs = regexp.MustCompile(`--(svg|png|html|rejects|metrics-file)$` + // written
	`|^backup (cat|pin|push|show|unpin|verify)$|^restore$` + // of the repository, by its name
	`|--identity$` + // opened when a backup is encrypted: see cmd/backup
	`|--key-file$|^config validate$`) // a setting, and the settings: exit 10

// rows are inputs whose length is bounded by row.
var rows = []string{"trade import", "user import", "guard backtest --prices"}

// A script tells what is wrong with an input file by one exit code and one code, whichever command it calls.
func TestContract_AnInputFileThatCannotBeReadIsTheSameErrorEverywhere(t *testing.T) {
	t.Parallel()
	for _, c := range leaves(t) {
		need := func(what string) {
			require.True(t, inputs[what] != "" || notInputs.MatchString(what), "axisor %s reads a file: add it to inputs (or notInputs) in this file", what)
		}
		if strings.Contains(c.Use, "FILE") {
			need(pathOf(c))
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(f.Usage, "`FILE`") || strings.Contains(f.Usage, "@FILE") {
				need(pathOf(c) + " --" + f.Name)
			}
		})
	}
	p := clitest.WithDB(t)
	p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password")
	file := func(name string, mode os.FileMode, size int) {
		require.NoError(t, os.WriteFile(filepath.Join(p.Dir, name), bytes.Repeat([]byte("x"), size), mode))
	}
	file("long", 0o600, 1<<20+1)
	file("closed", 0o200, 1)
	require.NoError(t, os.Mkdir(filepath.Join(p.Dir, "folder"), 0o700))
	for name, line := range inputs {
		for _, x := range []struct {
			file, code string
			exit       int
		}{
			{"absent", "file_not_found", 3},
			{"~/absent", "file_not_found", 3},
			{"long/absent", "file_not_found", 3},
			{strings.Repeat("n", 300), "file_not_found", 3},
			{"folder", "file_is_directory", 2},
			{"long", "file_too_large", 2},
			{"closed", "permission", 6},
		} {
			if x.file == "closed" && os.Geteuid() == 0 || x.file == "long" && strings.Contains(strings.Join(rows, "|"), name) {
				continue
			}
			r := p.Fails(x.exit, append(strings.Fields(strings.ReplaceAll(line, "{f}", x.file)), "-o", "json")...)
			require.Empty(t, r.Stdout, name)
			require.Equal(t, x.code, r.Error()["code"], "%s: %s", name, r.Stderr)
			require.Contains(t, r.Error()["message"], filepath.Join(p.Dir, strings.TrimPrefix(x.file, "~/")), name)
			require.Len(t, r.Error()["hints"], 1, name)
		}
	}
}

// A filter that names something unknown must not look like an answer: the same error as asking for that thing itself.
func TestContract_WhatAFilterNamesHasToExist(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	kinds := map[string]string{"user": "user", "account": "account", "exchange": "exchange", "automation": "automation", "run": "guard_run"}
	tried := 0
	for _, c := range leaves(t) {
		_, streams := notAsUser[pathOf(c)]
		if !readsRows(c) || streams || strings.ContainsAny(c.Use, " ") {
			continue
		}
		for flag, kind := range kinds {
			if c.Flags().Lookup(flag) == nil {
				continue
			}
			r := p.Fails(3, append(strings.Fields(pathOf(c)), "--"+flag, "no-such-"+kind, "-o", "json")...)
			require.Equal(t, kind+"_not_found", r.Error()["code"], pathOf(c))
			require.NotEmpty(t, r.Error()["hints"], pathOf(c))
			tried++
		}
	}
	require.Greater(t, tried, 20)
	for _, line := range []string{"guard resolve no-such-id --applied --reason test", "guard breaker reset no-such-id --reason test"} {
		r := p.Fails(3, append(strings.Fields(line), "-o", "json")...)
		require.Regexp(t, "^guard_(intent|breaker)_not_found$", r.Error()["code"])
		require.NotEmpty(t, r.Error()["hints"])
	}
	dead := p.With("DATABASE_URL=postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	for _, line := range []string{"user list", "guard run --dry-run", "search nothing"} {
		require.Equal(t, "database_unreachable", dead.Fails(11, append(strings.Fields(line), "-o", "json")...).Error()["code"], line)
	}
	require.Equal(t, "database_unreachable", dead.Fails(11, "db", "shell", "-o", "json", "--", "-c", "SELECT 1").Error()["code"])
}
