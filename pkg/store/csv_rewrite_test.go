package store

import (
	"bufio"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCSVRewriter(t *testing.T) {
	t.Parallel()
	in := "id,text,at\n1,=a,2026-08-12 09:30:00\n2,\"=a,\"\"b\"\"\nc\",2026-08-12 09:30:00.5\n3,,\n4,''-,2026-08-12 09:30:00\n5,'ok,2026-08-12 09:30:00\n6,\"x\ny\",\n"
	want := "id,text,at\n1,'=a,2026-08-12T09:30:00Z\n2,\"'=a,\"\"b\"\"\nc\",2026-08-12T09:30:00.5Z\n3,,\n4,'''-,2026-08-12T09:30:00Z\n5,'ok,2026-08-12T09:30:00Z\n6,\"x\ny\",\n"
	for size := 1; size <= len(in); size++ { // however it is cut
		var out strings.Builder
		r := &csvRewriter{w: bufio.NewWriter(&out), kinds: []cellKind{cellAsIs, cellText, cellTime}}
		for rest := in; rest != ""; {
			n := min(size, len(rest))
			_, err := r.Write([]byte(rest[:n]))
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, r.close())
		require.Equal(t, want, out.String(), size)
	}
	r := &csvRewriter{w: bufio.NewWriter(&strings.Builder{}), kinds: []cellKind{cellAsIs}}
	_, err := r.Write([]byte("a"))
	require.NoError(t, err)
	require.Error(t, r.close())
}
