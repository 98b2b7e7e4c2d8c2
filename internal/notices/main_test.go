package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is linked has a licence that somebody has read, and its texts are in the notices.
func TestNotices(t *testing.T) {
	t.Parallel()
	list, err := linked(t.Context(), []string{"linux-amd64", "darwin-arm64"})
	require.NoError(t, err)
	require.Greater(t, len(list), 50)
	var out bytes.Buffer
	require.NoError(t, write(&out, list))
	for _, m := range list {
		require.NotEmpty(t, m.Texts, m.Path)
		require.Contains(t, out.String(), strings.TrimSpace(m.Texts[0].text), m.Path)
	}
	for _, want := range []string{"Mozilla Public License Version 2.0", "SIL OPEN FONT LICENSE", "The FreeType Project", "Go's standard library"} {
		require.Contains(t, out.String(), want)
	}
}

// zeroBSD is a licence that is known and not in the list.
const zeroBSD = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

func TestRead_RefusesWhatNobodyLookedAt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		zeroBSD:                          "nobody has looked at",
		"All rights reserved. Ask us.\n": "no licence was recognised",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(dir+"/LICENSE", []byte(text), 0o600))
		m := module{Path: "example.org/strange", Version: "v1.0.0", Dir: dir}
		require.ErrorContains(t, m.read(), want)
	}
}

// The page lists what go.mod requires directly, each once, and nothing else.
func TestPage_ListsEachDirectModule(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	var want, got []string
	for _, found := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		want = append(want, found[1])
	}
	require.Greater(t, len(want), 30)
	page, err := os.ReadFile("../../docs/dependencies.md")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`(?m)^\| ([a-z]\S+\.\S+) \|(.*)\|$`).FindAllStringSubmatch(string(page), -1) {
		got = append(got, found[1])
		cells := strings.Split(found[2], "|")
		require.Len(t, cells, 4, found[0])
		for _, c := range cells {
			require.NotEmpty(t, strings.TrimSpace(c), found[0])
		}
	}
	require.ElementsMatch(t, want, got)
	for _, name := range allowed {
		require.Contains(t, string(page), name)
	}
}
