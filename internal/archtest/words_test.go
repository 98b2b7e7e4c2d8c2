package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSentencesAreMadeInOneWay: what a sentence lists is joined by package words, and what it counts is written by
// words.Count. A copy of either is right for the two things that its author had in mind.
func TestSentencesAreMadeInOneWay(t *testing.T) {
	t.Parallel()
	rules := map[*regexp.Regexp]struct{ use, home string }{
		regexp.MustCompile(`strings\.Join\([^\n]*" (and|or) "\)`):                                       {"words.And or words.Or", "internal/words/"},
		regexp.MustCompile(`\b(name|noun|thing|what|kind|word) ?\+ ?"s"|\(s\)"|== 1 \{\s+\w+s = "\w+"`): {"words.Count", "internal/words/"},
	}
	seen := 0
	eachSource(t, func(name, path string) {
		seen++
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for rule, in := range rules {
			if found := rule.Find(text); found != nil && !strings.HasPrefix(name, in.home) {
				t.Errorf("%s has %q: use %s", name, found, in.use)
			}
		}
	})
	require.Greater(t, seen, 500)
}
