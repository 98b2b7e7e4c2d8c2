package config

import (
	"io/fs"
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
		require.Equal(t, tc.want, exposed(owned{tc.uid, tc.mode}), "owner %d, mode %04o", tc.uid, tc.mode)
	}
}
