package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// TestRejects_NeverInTheWayOfAFile mends rejects round after round, as people do: whatever the name leads to, no file is
// opened for writing that is read, and none is replaced that nobody said to replace.
func TestRejects_NeverInTheWayOfAFile(t *testing.T) {
	t.Parallel()
	for noun, rows := range map[string]string{
		"user":  "email,username\nana@example.com,ana\nbob@example.com,b\n",
		"trade": "user_id,trade_id,status,executed_at\nnobody,t1,success,2026-03-04T05:06:07Z\nnobody,t2,success,yesterday\n",
	} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			p := clitest.WithDB(t)
			in := filepath.Join(p.Dir, "in.csv")
			require.NoError(t, os.WriteFile(in, []byte(rows), 0o600))
			require.NoError(t, os.Symlink("in.csv", filepath.Join(p.Dir, "link.csv")))
			require.NoError(t, os.Link(in, filepath.Join(p.Dir, "hard.csv")))
			other := filepath.Join(p.Dir, "other.csv")
			require.NoError(t, os.WriteFile(other, []byte("mine"), 0o600))
			for _, name := range []string{"in.csv", "link.csv", "hard.csv", in, "./x/../in.csv"} {
				for _, more := range [][]string{nil, {"--force"}, {"-n"}} {
					r := p.Fails(2, append([]string{noun, "import", "in.csv", "--rejects", name}, more...)...)
					require.Contains(t, r.Stderr, "is the file that is read", name)
				}
			}
			require.Contains(t, p.Fails(4, noun, "import", "in.csv", "--rejects", "other.csv").Stderr, "--force replaces it")
			require.Contains(t, p.Fails(2, noun, "import", "in.csv", "--rejects", "-", "-o", "json").Stderr, "name a file")
			require.Empty(t, p.OK(noun, "list", "-o", "json").Items(), "what is refused has imported nothing")
			text, err := os.ReadFile(in)
			require.NoError(t, err)
			require.Equal(t, rows, string(text))
			text, err = os.ReadFile(other)
			require.NoError(t, err)
			require.Equal(t, "mine", string(text))

			r := p.Fails(7, noun, "import", "in.csv", "-n", "--rejects", "-")
			require.Regexp(t, `^line,reason,`, r.Stdout)
			require.Contains(t, r.Stderr, "dry run: 2 rows read")
			r = p.Fails(7, noun, "import", "in.csv", "--rejects", "other.csv", "--force", "-o", "json")
			require.Equal(t, "other.csv", r.JSON()["rejects_file"])
			text, err = os.ReadFile(other)
			require.NoError(t, err)
			require.Regexp(t, `^line,reason,`, string(text))
			left, err := filepath.Glob(filepath.Join(p.Dir, "*.partial"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
