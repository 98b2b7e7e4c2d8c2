package backup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Version{
		"pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": {15, 18},
		"pg_dump (PostgreSQL) 17.11":                          {17, 11},
		"pg_dump (PostgreSQL) 19devel":                        {19, 0},
		"pg_dump (PostgreSQL) 18beta2":                        {18, 0},
		"pg_dump (PostgreSQL) 9.6.24\n":                       {9, 6},
		"15.18":                                               {15, 18},
	} {
		got, err := ParseVersion(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "pg_dump", "usage: v1.2"} {
		_, err := ParseVersion(text)
		require.Error(t, err, text)
	}
}

func TestVersion_Warning(t *testing.T) {
	t.Parallel()
	for v, warns := range map[Version]bool{
		{15, 18}: true, {15, 19}: false, {17, 10}: true, {17, 11}: false, {18, 6}: false, {13, 22}: true, {19, 0}: false,
	} {
		require.Equal(t, warns, v.Warning() != "", v.String())
	}
}

// release makes a directory that looks like an installed release.
func release(t *testing.T, root, version string) string {
	t.Helper()
	dir := filepath.Join(root, version, "bin")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, tool := range []string{"pg_dump", "pg_restore"} {
		script := "#!/bin/sh\necho '" + tool + " (PostgreSQL) " + version + "'\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o755))
	}
	return dir
}

func TestFinder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	v14, v16, v17 := release(t, root, "14.9"), release(t, root, "16.15"), release(t, root, "17.11")
	wrapper := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(wrapper, "pg_wrapper"), []byte("#!/bin/sh\nexit 1\n"), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(wrapper, "pg_wrapper"), filepath.Join(wrapper, "pg_dump")))
	glob := []string{filepath.Join(root, "*", "bin")}

	for _, test := range []struct {
		name   string
		finder Finder
		major  int
		want   string
		kind   error
	}{
		{"the server's own release", Finder{Globs: glob}, 16, v16, nil},
		{"else the nearest newer one", Finder{Globs: glob}, 15, v16, nil},
		{"an old server", Finder{Globs: glob}, 9, v14, nil},
		{"none is new enough", Finder{Globs: glob}, 18, "", ErrToolTooOld},
		{"only the configured directory", Finder{Directory: v17, Globs: glob}, 14, v17, nil},
		{"the configured directory is too old", Finder{Directory: v14, Globs: glob}, 16, "", ErrToolTooOld},
		{"PATH counts", Finder{Path: []string{"", v17}}, 17, v17, nil},
		{"a wrapper is passed over", Finder{Path: []string{wrapper}, Globs: glob}, 17, v17, nil},
		{"only a wrapper", Finder{Path: []string{wrapper}}, 17, "", ErrToolMissing},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, err := test.finder.Find(t.Context(), test.major)
			if test.kind != nil {
				require.ErrorIs(t, err, test.kind)
				return
			}
			require.NoError(t, err)
			require.Equal(t, filepath.Join(test.want, "pg_dump"), set.Dump)
			require.Equal(t, filepath.Join(test.want, "pg_restore"), set.Restore)
			require.Empty(t, set.DumpAll)
		})
	}
}

func TestParseCodec(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "zstd:1", "zstd": "zstd:1", "zstd:19": "zstd:19", "gzip": "gzip:1", "gzip:9": "gzip:9", "none": "none"} {
		got, err := ParseCodec(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String())
	}
	for _, text := range []string{"lz4", "zstd:0", "zstd:20", "gzip:x", "gzip:", "none:1"} {
		_, err := ParseCodec(text)
		require.Error(t, err, text)
	}
}
