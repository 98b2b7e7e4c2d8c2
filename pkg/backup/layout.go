package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"github.com/axisor/axisor/pkg/backup/wal"
)

const (
	// recoveryFolder, inside the new data directory, holds what only the recovery needs.
	recoveryFolder = "axisor_recovery"
	socketPort     = 5432
	maxSocketPath  = 107
)

// serverTools are the programs of one server release.
type serverTools struct{ postgres, ctl, verify string }

// server finds the server of exactly one major: another one cannot read the files.
func (f Finder) server(ctx context.Context, major int) (serverTools, error) {
	for _, dir := range f.directories() {
		t := serverTools{postgres: filepath.Join(dir, "postgres"), ctl: filepath.Join(dir, "pg_ctl")}
		if unix.Access(t.postgres, unix.X_OK) != nil || unix.Access(t.ctl, unix.X_OK) != nil {
			continue
		}
		v, err := askVersion(ctx, t.postgres)
		if err != nil || v.Major != major {
			continue
		}
		if verify := filepath.Join(dir, "pg_verifybackup"); unix.Access(verify, unix.X_OK) == nil {
			t.verify = verify
		}
		return t, nil
	}
	return serverTools{}, &ToolError{Kind: ErrToolMissing, Tool: fmt.Sprintf("postgres %d (the server of the base backup's major version)", major), Searched: f.places()}
}

// layOut writes the data directory: the files of the base backup, each compared with the
// server's own list, and the log, each record checked once more as it is written.
func (r *Repository) layOut(ctx context.Context, p *pitrPlan) error {
	identities, err := openIdentities(p.base, p.o.Identities)
	if err != nil {
		return err
	}
	if err := p.makeSpaces(); err != nil {
		return err
	}
	if err := streamBase(ctx, p, identities, p.o.Progress, p.unpack); err != nil {
		return fmt.Errorf("unpack base backup: %w", err)
	}
	if err := p.secondOpinion(ctx); err != nil {
		return err
	}
	if err := errors.Join(p.remapSpaces(), p.clearLeftovers()); err != nil {
		return err
	}
	if err := p.layOutLog(ctx); err != nil {
		return err
	}
	if err := p.configure(); err != nil {
		return err
	}
	return r.sync(p.o.Directory)
}

// streamBase gives the entries of the base backup to put.
func streamBase(ctx context.Context, p *pitrPlan, identities []age.Identity, progress Counter, put func(*tar.Header, io.Reader) error) error {
	in, out := io.Pipe()
	fed := make(chan error, 1)
	go func() {
		var sink io.Writer = out
		if progress != nil {
			sink = io.MultiWriter(out, countingWriter{progress})
		}
		err := feed(ctx, p.base, p.base.Manifest.Archive, identities, sink)
		out.CloseWithError(err)
		fed <- err
	}()
	_, err := readTar(in, strongSums(p.base.Manifest), put, nil)
	in.CloseWithError(err)
	// Damage that feed has found is the reason; a broken pipe is only its echo.
	if ferr := <-fed; ferr != nil && (err == nil || errors.Is(ferr, ErrDamaged)) {
		err = ferr
	}
	return err
}

type countingWriter struct{ c Counter }

func (w countingWriter) Write(b []byte) (int, error) {
	w.c.Add(int64(len(b)))
	return len(b), nil
}

// unpack writes one entry of the base backup.
func (p *pitrPlan) unpack(h *tar.Header, content io.Reader) error {
	path, err := p.placeOf(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		return p.own(path)
	case tar.TypeReg:
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return storageError(p.o.Directory, err)
		}
		_, err = copyCounting(f, content, nil)
		if err = errors.Join(err, f.Close()); err != nil {
			return storageError(p.o.Directory, err)
		}
		return p.own(path)
	}
	return notRestored(h.Name)
}

func (p *pitrPlan) own(path string) error {
	if p.o.Account == nil {
		return nil
	}
	return os.Lchown(path, p.o.Account.UID, p.o.Account.GID)
}

func (p *pitrPlan) write(name, text string) error {
	path := filepath.Join(p.o.Directory, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return storageError(p.o.Directory, err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return storageError(p.o.Directory, err)
	}
	return p.own(path)
}

// secondOpinion asks the server's own program, where it is installed, about the files.
func (p *pitrPlan) secondOpinion(ctx context.Context) error {
	if p.tools.verify == "" {
		p.done.Warnings = append(p.done.Warnings, "pg_verifybackup is not installed; the files were compared with the server's list by axisor alone")
		return nil
	}
	c, err := startChild(ctx, childSpec{path: p.tools.verify, args: []string{"--no-parse-wal", "--exit-on-error", "--quiet", p.o.Directory}})
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

// layOutLog puts the segments and histories where restore_command finds them.
func (p *pitrPlan) layOutLog(ctx context.Context) error {
	folder := filepath.Join(p.o.Directory, recoveryFolder, "wal")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return storageError(p.o.Directory, err)
	}
	if err := errors.Join(p.own(filepath.Dir(folder)), p.own(folder)); err != nil {
		return err
	}
	put := func(name string, data []byte) error {
		if p.o.Progress != nil {
			p.o.Progress.Add(int64(len(data)))
		}
		return p.write(filepath.Join(recoveryFolder, "wal", name), string(data))
	}
	again, err := p.chain.search(ctx, p.base.Manifest.Base, p.o.Target, func(s *segment) error { return put(s.text, s.data) })
	if err != nil {
		return err
	}
	if again.endLSN < p.found.endLSN {
		return unreachable("try again", "the log archive has changed meanwhile")
	}
	p.found = again // --latest may have got some more
	return p.layOutHistories(ctx, put)
}

// layOutHistories gives the server the histories of its path, and those of every other timeline that the archive
// knows: the server gives its new timeline the first number that has none, and a number is never used twice.
func (p *pitrPlan) layOutHistories(ctx context.Context, put func(string, []byte) error) error {
	known, err := p.chain.repo.newestKnown(p.chain.system)
	if err != nil {
		return err
	}
	for timeline := uint32(2); timeline <= known; timeline++ {
		text := wal.HistoryName(timeline)
		data, _, err := p.chain.repo.logContent(ctx, p.chain.system, wal.Name{Kind: wal.History, Timeline: timeline}, text, p.o.Identities)
		onPath := slices.ContainsFunc(p.chain.path, func(b wal.Branch) bool { return b.Timeline == timeline })
		switch {
		case err == nil:
		case errors.Is(err, ErrNotFound) && timeline > p.done.Timeline:
			data = []byte("# its history is not in the archive; this holds the number\n")
		case onPath && timeline == p.done.Timeline:
			return fmt.Errorf("read history of timeline %d: %w", timeline, err)
		default:
			continue // the newest one's history tells the way
		}
		if err := put(text, data); err != nil {
			return err
		}
	}
	return nil
}

// configure writes what the recovery needs. The recovery's own settings go where the server
// keeps changed settings, so that a restart by hand continues it; everything else that keeps
// this server private is said on its command line only.
func (p *pitrPlan) configure() error {
	take, left, err := carried(p.base.Manifest.Base.Settings)
	if err != nil {
		return &DamagedError{ID: p.base.ID, Level: LevelDigest, Problem: "the manifest's " + err.Error(), Cause: err}
	}
	if len(left) > 0 {
		p.done.Warnings = append(p.done.Warnings, "settings of the manifest that no recovery needs are left out: "+strings.Join(left, ", "))
	}
	if err := p.setAside(); err != nil {
		return err
	}
	from := filepath.Join(p.o.Directory, recoveryFolder, "wal")
	source := strings.ReplaceAll(shellQuote(from), "%", "%%") + "/%f"
	command := "test -f " + source + " && cp " + source + ` "%p"`
	set := []setting{
		{"restore_command", command},
		{"recovery_target_timeline", fmt.Sprint(p.done.Timeline)},
		{"recovery_target_action", "pause"},
		{"recovery_target_inclusive", "on"},
		{"hot_standby", "on"},
	}
	set = append(set, p.target()...)
	if err := p.write(autoConf, "# of the recovery by axisor; without effect once it has ended\n"+settingsText(set)); err != nil {
		return err
	}
	own := "# a private server for the time of the recovery; the cluster's own postgresql.conf is beside data/\n" + settingsText(take)
	return errors.Join(
		p.write(filepath.Join(recoveryFolder, "postgresql.conf"), own),
		p.write(filepath.Join(recoveryFolder, "pg_hba.conf"), "local\tall\tall\ttrust\nlocal\treplication\tall\ttrust\n"), //nolint:dupword // databases, then roles
		p.write(filepath.Join(recoveryFolder, "pg_ident.conf"), ""),
		p.write("recovery.signal", ""),
		os.Chmod(p.o.Directory, 0o700), //nolint:gosec // a directory: the server insists on it
		p.own(p.o.Directory))
}

// target is where the server has to stop.
func (p *pitrPlan) target() []setting {
	switch t := p.o.Target; {
	case !t.Time.IsZero():
		return targetSettings("recovery_target_time", t.Time.UTC().Format("2006-01-02 15:04:05.999999")+"+00")
	case t.Name != "":
		return targetSettings("recovery_target_name", t.Name)
	case t.LSN != 0:
		return targetSettings("recovery_target_lsn", t.LSN.String())
	}
	// The last record that the archive has: a server that misses it says so, where one
	// that is just told to go on would stop at any damage and call it the end.
	return targetSettings("recovery_target_lsn", p.found.lastLSN.String())
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// syncTree makes a whole file system durable at once: file by file takes minutes.
func syncTree(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncFilesystem(d)
}

// emptyDirectory removes what a failed recovery has written.
func emptyDirectory(dir string) error {
	names, err := namesIn(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}

// serverProcess is the recovering server. It is meant to outlive us.
type serverProcess struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

const pollEvery = 20 * time.Millisecond
