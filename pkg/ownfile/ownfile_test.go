package ownfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// owned is a file of this owner and mode, which a test can make without being root.
type owned struct {
	uid  uint32
	mode fs.FileMode
}

func (o owned) Name() string       { return "f" }
func (o owned) Size() int64        { return 0 }
func (o owned) Mode() fs.FileMode  { return o.mode }
func (o owned) ModTime() time.Time { return time.Time{} }
func (o owned) IsDir() bool        { return false }
func (o owned) Sys() any           { return &syscall.Stat_t{Uid: o.uid} }

func TestExposed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		uid  uint32
		mode fs.FileMode
		want bool
	}{
		{1000, 0o600, false},
		{1000, 0o400, false},
		{1000, 0o640, true},
		{1000, 0o604, true},
		{0, 0o600, false},
		{0, 0o640, false}, // what root lets a group read
		{0, 0o440, false}, // a systemd credential whose reader is in an access list
		{0, 0o660, true},
		{0, 0o650, true},
		{0, 0o644, true},
	} {
		require.Equal(t, tc.want, Exposed(owned{tc.uid, tc.mode}), "owner %d, mode %04o", tc.uid, tc.mode)
	}
}

func TestTrusted(t *testing.T) {
	t.Parallel()
	me := uint32(os.Geteuid())
	require.True(t, trusted(owned{me, 0o600}))
	require.True(t, trusted(owned{0, 0o600}))
	require.False(t, trusted(owned{me + 1, 0o600}))
	require.Equal(t, "belongs to somebody else", problem(t, check("/f", owned{me + 1, 0o600}, false)).Rule)
}

func problem(t *testing.T, err error) *UntrustedError {
	t.Helper()
	var p *UntrustedError
	require.ErrorAs(t, err, &p)
	return p
}

// TestOpen_NobodyElseCanChangeOrReplaceIt tries modes of files and folders, by their own names and through links.
func TestOpen_NobodyElseCanChangeOrReplaceIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		folder, file fs.FileMode
		private      bool
		rule         string
	}{
		"mine":                     {0o755, 0o644, false, ""},
		"my secret":                {0o755, 0o600, true, ""},
		"secret for all":           {0o755, 0o604, true, "others can open (mode 0604)"},
		"written by a group":       {0o700, 0o664, false, "others can change (mode 0664)"},
		"written by all":           {0o700, 0o646, false, "others can change (mode 0646)"},
		"folder of a group":        {0o775, 0o600, false, "folder that others can write (mode 0775)"},
		"folder of all":            {0o777, 0o600, true, "folder that others can write (mode 0777)"},
		"folder where all may add": {0o777 | fs.ModeSticky, 0o600, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := t.TempDir()
			dir := filepath.Join(outer, "d")
			require.NoError(t, os.Mkdir(dir, 0o700))
			file := filepath.Join(dir, "f")
			require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
			require.NoError(t, os.Chmod(file, tc.file))
			require.NoError(t, os.Chmod(dir, tc.folder))
			link := filepath.Join(outer, "link")
			require.NoError(t, os.Symlink(file, link))
			for _, path := range []string{file, link} {
				f, err := Open(path, tc.private)
				if tc.rule == "" {
					require.NoError(t, err)
					require.NoError(t, f.Close())
					continue
				}
				p := problem(t, err)
				require.Contains(t, p.Rule, tc.rule)
				require.Contains(t, p.Hint, "chmod ")
			}
		})
	}
}

func TestOpen_WhatIsNoFile(t *testing.T) {
	t.Parallel()
	_, err := Open(filepath.Join(t.TempDir(), "nothing"), false)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Open(t.TempDir(), false)
	require.ErrorContains(t, err, "is a directory")

	r, w, err := os.Pipe() // as the shell's <( ) gives one
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, w.Close())
	f, err := Open(filepath.Join("/dev/fd", strconv.Itoa(int(r.Fd()))), true)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
