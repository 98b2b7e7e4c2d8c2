//go:build release

package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const version = "v0.1.0"

// build makes a release of this platform and returns its directory.
func build(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dist")
	run(t, "make", "-s", "--no-print-directory", "-C", "../..", "release", "RELEASES="+runtime.GOOS+"-"+runtime.GOARCH, "VERSION="+version, "DIST="+dir)
	return dir
}

// run returns what a program prints, on both streams; it has to succeed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return finish(t, exec.CommandContext(t.Context(), name, args...))
}

func finish(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s\n%s", c, out)
	return string(out)
}

func one(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.Len(t, found, 1, pattern)
	return found[0]
}

func TestRelease(t *testing.T) {
	t.Parallel()
	dist := build(t)
	t.Run("same source, same bytes", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, read(t, filepath.Join(dist, "SHA256SUMS")), read(t, filepath.Join(build(t), "SHA256SUMS")))
	})
	t.Run("checksums", func(t *testing.T) {
		t.Parallel()
		lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(dist, "SHA256SUMS"))), "\n")
		require.Len(t, lines, 5, "a program, its bill of materials, the notices of others, two packages")
		for _, line := range lines {
			want, name, ok := strings.Cut(line, "  ")
			require.True(t, ok, line)
			sum := sha256.Sum256([]byte(read(t, filepath.Join(dist, name))))
			require.Equal(t, want, hex.EncodeToString(sum[:]), name)
		}
	})
	t.Run("bill of materials", func(t *testing.T) {
		t.Parallel()
		var bom struct {
			Metadata struct {
				Component struct{ Name, Version string }
			}
			Components []struct{ Name string }
		}
		require.NoError(t, json.Unmarshal([]byte(read(t, one(t, filepath.Join(dist, "*.cdx.json")))), &bom))
		require.Equal(t, version, bom.Metadata.Component.Version)
		names := map[string]bool{}
		for _, c := range bom.Components {
			names[c.Name] = true
		}
		require.True(t, names["gorm.io/gorm"] && names["std"], "what it is made of")
		require.False(t, names["github.com/goreleaser/nfpm/v2"], "the packager is no part of the program")
	})
	t.Run("rpm", func(t *testing.T) {
		t.Parallel()
		lead := read(t, one(t, filepath.Join(dist, "*.rpm")))[:4]
		require.Equal(t, "\xed\xab\xee\xdb", lead)
		if _, err := exec.LookPath("rpm"); err == nil {
			files := run(t, "rpm", "-qpl", one(t, filepath.Join(dist, "*.rpm")))
			require.Contains(t, files, "/usr/share/zsh/site-functions/_axisor\n")
			require.Contains(t, files, "/etc/axisor/config.yaml\n")
		}
	})
	root := install(t, one(t, filepath.Join(dist, "*.deb")))
	t.Run("installed", func(t *testing.T) {
		t.Parallel()
		checkProgram(t, root)
		checkOwners(t, root)
	})
	t.Run("manual", func(t *testing.T) { t.Parallel(); checkManual(t, root) })
	t.Run("completions", func(t *testing.T) { t.Parallel(); checkCompletions(t, root) })
	t.Run("units", func(t *testing.T) { t.Parallel(); checkUnits(t, root) })
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// install puts the package into an empty directory, as root with its scripts as dpkg runs them.
func install(t *testing.T, deb string) string {
	t.Helper()
	root, err := os.MkdirTemp("", "axisor-root-*") // another account has to enter it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(root)) })
	require.NoError(t, os.Chmod(root, 0o755))
	if os.Geteuid() != 0 {
		run(t, "dpkg-deb", "-x", deb, root)
		return root
	}
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	for _, file := range []string{"var/lib/dpkg/status", "etc/passwd", "etc/group"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, file), nil, 0o644))
	}
	out := run(t, "dpkg", "--root="+root, "--force-script-chrootless", "--install", deb)
	require.Contains(t, out, "timers are switched off")
	return root
}

// inside runs the installed program with nothing around it but what the package brought.
func inside(t *testing.T, root string, uid, gid uint32, args ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return exec.CommandContext(t.Context(), filepath.Join(root, "usr/bin/axisor"), args...)
	}
	c := exec.CommandContext(t.Context(), "/usr/bin/axisor", args...)
	c.Dir, c.Env = "/", []string{}
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return c
}

func checkProgram(t *testing.T, root string) {
	t.Helper()
	require.Contains(t, finish(t, inside(t, root, 0, 0, "version")), version)
	require.Contains(t, finish(t, inside(t, root, 0, 0, "--help")), "Trading:")
	require.Contains(t, finish(t, inside(t, root, 0, 0, "__complete", "guard", "ru")), "run")
	require.FileExists(t, filepath.Join(root, "usr/share/doc/axisor/docs/recovery.md"))
	require.FileExists(t, filepath.Join(root, "usr/share/doc/axisor/copyright"))
	require.Contains(t, read(t, filepath.Join(root, "usr/share/doc/axisor/THIRD_PARTY_NOTICES")), "github.com/riverqueue/river v")
}

// The account of the services reads the configuration; nobody else does, and nobody reads the variables.
func checkOwners(t *testing.T, root string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Log("owners are checked when this runs as root")
		return
	}
	var uid, gid uint32
	for line := range strings.Lines(read(t, filepath.Join(root, "etc/passwd"))) {
		if rest, ok := strings.CutPrefix(line, "axisor:"); ok {
			_, err := fmt.Sscanf(strings.SplitN(rest, ":", 2)[1], "%d:%d", &uid, &gid)
			require.NoError(t, err)
		}
	}
	require.NotZero(t, uid)
	info := func(name string) (os.FileMode, *syscall.Stat_t) {
		i, err := os.Stat(filepath.Join(root, name))
		require.NoError(t, err)
		return i.Mode().Perm(), i.Sys().(*syscall.Stat_t)
	}
	mode, owner := info("etc/axisor/config.yaml")
	require.Equal(t, os.FileMode(0o640), mode)
	require.Equal(t, []uint32{0, gid}, []uint32{owner.Uid, owner.Gid})
	mode, owner = info("etc/axisor/environment")
	require.Equal(t, os.FileMode(0o600), mode)
	require.Zero(t, owner.Uid)
	mode, owner = info("var/lib/axisor/backups")
	require.Equal(t, os.FileMode(0o700), mode)
	require.Equal(t, uid, owner.Uid)

	require.Contains(t, finish(t, inside(t, root, uid, gid, "config", "show")), "/var/lib/axisor/backups")
	require.Contains(t, finish(t, inside(t, root, uid, gid, "config", "validate")), "/etc/axisor/config.yaml")
	stranger := inside(t, root, 65534, 65534, "config", "show")
	out, err := stranger.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 10, stranger.ProcessState.ExitCode(), string(out))
}

func checkManual(t *testing.T, root string) {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "usr/share/man/man*/*.gz"))
	require.NoError(t, err)
	require.Greater(t, len(pages), 100)
	text := strings.Builder{}
	for _, page := range pages {
		text.WriteString(run(t, "gzip", "-dc", page))
	}
	c := exec.CommandContext(t.Context(), "groff", "-k", "-ww", "-Tutf8", "-man", "-z")
	c.Stdin = strings.NewReader(text.String())
	require.Empty(t, finish(t, c), "groff has nothing to complain about")
	c = exec.CommandContext(t.Context(), "groff", "-k", "-Tascii", "-P-cbou", "-man")
	c.Stdin = strings.NewReader(run(t, "gzip", "-dc", filepath.Join(root, "usr/share/man/man1/axisor-guard-run.1.gz")))
	page := finish(t, c)
	for _, want := range []string{"axisor guard run --dry-run", "--max-sats N", "EXIT STATUS", "axisor " + strings.TrimPrefix(version, "v")} {
		require.Contains(t, page, want)
	}
}

func checkCompletions(t *testing.T, root string) {
	t.Helper()
	share := filepath.Join(root, "usr/share")
	bash := filepath.Join(share, "bash-completion/completions/axisor")
	require.Contains(t, run(t, "bash", "-c", "set -eu; . "+bash+"; complete -p axisor"), "__start_axisor axisor")
	for shell, file := range map[string]string{"zsh": "zsh/vendor-completions/_axisor", "fish": "fish/vendor_completions.d/axisor.fish"} {
		require.Contains(t, read(t, filepath.Join(share, file)), "__complete")
		if _, err := exec.LookPath(shell); err == nil {
			run(t, shell, "-n", filepath.Join(share, file))
		}
	}
}

func checkUnits(t *testing.T, root string) {
	t.Helper()
	units, err := filepath.Glob(filepath.Join(root, "usr/lib/systemd/system/axisor-*"))
	require.NoError(t, err)
	require.Len(t, units, 11)
	var names, services []string
	for _, u := range units {
		names = append(names, filepath.Base(u))
		if strings.HasSuffix(u, ".service") {
			services = append(services, filepath.Base(u))
		}
	}
	// Those that a schedule brings, in the place of the administrator's own: both kinds are examined.
	own := filepath.Join(root, "etc/systemd/system")
	require.NoError(t, os.MkdirAll(own, 0o755))
	c := exec.CommandContext(t.Context(), filepath.Join(root, "usr/bin/axisor"), "backup", "schedule", "--physical", "--install", "--into", own)
	c.Env = []string{"HOME=/nonexistent", "AXISOR_BACKUP_DIRECTORY=/home/op/backups"} // the least confined of them
	finish(t, c)
	written, err := filepath.Glob(filepath.Join(own, "axisor-*"))
	require.NoError(t, err)
	require.Len(t, written, 7)
	for _, u := range written {
		text := strings.ReplaceAll(read(t, u), filepath.Join(root, "usr/bin/axisor"), "/usr/bin/axisor")
		name := strings.Replace(filepath.Base(u), "axisor-", "axisor-own-", 1)
		require.NoError(t, os.WriteFile(filepath.Join(own, name), []byte(text), 0o644))
		require.NoError(t, os.Remove(u))
		names = append(names, name)
		if strings.HasSuffix(name, ".service") {
			services = append(services, name)
		}
	}
	// The units that ours are ordered by are the machine's.
	for _, other := range []string{"network-online.target", "postgresql.service", "timers.target", "multi-user.target", "sysinit.target", "basic.target", "shutdown.target", "time-set.target", "time-sync.target", "paths.target", "slices.target", "sockets.target", "-.slice", "system.slice"} {
		text := "[Unit]\nDescription=of the machine\nDefaultDependencies=no\n"
		if strings.HasSuffix(other, ".service") {
			text += "[Service]\nExecStart=/usr/bin/axisor version\n"
		}
		require.NoError(t, os.WriteFile(filepath.Join(root, "usr/lib/systemd/system", other), []byte(text), 0o644))
	}
	require.Empty(t, run(t, "systemd-analyze", append([]string{"verify", "--root=" + root, "--man=no"}, names...)...))
	for _, s := range services {
		run(t, "systemd-analyze", "security", "--root="+root, "--offline=true", "--threshold=20", "--no-pager", s)
	}
	for _, timer := range names {
		if strings.HasSuffix(timer, ".timer") {
			dir := filepath.Join(root, "usr/lib/systemd/system")
			if strings.HasPrefix(timer, "axisor-own-") {
				dir = own
			}
			for line := range strings.Lines(read(t, filepath.Join(dir, timer))) {
				if when, ok := strings.CutPrefix(strings.TrimSpace(line), "OnCalendar="); ok {
					require.Contains(t, run(t, "systemd-analyze", "calendar", when), "Next elapse", timer)
				}
			}
		}
	}
}
