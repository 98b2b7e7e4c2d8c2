package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// PITR says which point to recover to, and where.
type PITR struct {
	Target      PITRTarget
	Directory   string // becomes the data directory of a new server; must be empty or absent
	Timeline    uint32 // 0 is the newest
	System      string // the cluster; may be empty when there are base backups of one only
	Identities  Identities
	Tablespaces map[string]string // where those of the base backup go: old place, new place
	Account     *Account          // whom the server runs as; nil is the caller
	Promote     bool              // end the recovery when the point was reached exactly
	Stop        bool              // and stop the server again
	DryRun      bool              // check everything, write nothing
	Progress    Counter           // bytes of base backup and log
	Timeout     time.Duration
}

// Account is an operating system account. The server refuses to run as root.
type Account struct{ UID, GID int }

// Recovered says what was asked, what was reached, and where it is.
type Recovered struct {
	Base                        string
	System                      string
	Timeline                    uint32
	Asked                       string
	ReachedLSN, ArchiveLSN      wal.LSN    // ArchiveLSN is the end of the archive's last segment
	ReachedTime                 *time.Time // of the last transaction that is in
	StopTime                    *time.Time // of the first one that is not
	Transactions                int64      // replayed since the base backup
	Segments                    int
	Bytes                       int64 // that the directory takes
	Promoted, Running           bool
	DataDirectory, SocketFolder string
	LogFile, User               string
	Port                        int
	Warnings                    []string
}

// pitrPlan is a recovery with everything it depends on checked.
type pitrPlan struct {
	o     PITR
	base  Entry
	chain *chain
	found *found
	tools serverTools
	done  Recovered

	spaces     map[uint32]string // new places of tablespaces
	madeSpaces []string
}

// RecoverTo rebuilds the cluster as it was at a point in time, in a directory of its own. Every
// check comes before a server is started: the base backup's bytes, each record of the log from
// it to the point, the directory, the space and the programs. Then the server replays the same
// bytes that were checked, and has to stop at the record that the check has found.
func (r *Repository) RecoverTo(ctx context.Context, o PITR) (_ Recovered, err error) {
	if err := checkTargetDirectory(o); err != nil {
		return Recovered{}, err
	}
	p, err := r.planPITR(ctx, o)
	if err != nil {
		return Recovered{}, err
	}
	release, err := p.base.hold(ctx, r.o.Now) // and with it the log that it needs
	if err != nil {
		return Recovered{}, err
	}
	defer release()
	if o.DryRun {
		return p.done, r.lookInto(ctx, p)
	}
	_, serr := os.Stat(o.Directory)
	made := errors.Is(serr, fs.ErrNotExist)
	if err := os.MkdirAll(o.Directory, 0o700); err != nil {
		return Recovered{}, fmt.Errorf("make target directory: %w", err)
	}
	started := false
	defer func() {
		if err == nil || started {
			return
		}
		// Nothing ran in it: leave the directory as it was.
		err = errors.Join(err, p.clearSpaces(), emptyDirectory(o.Directory))
		if made {
			_ = os.Remove(o.Directory)
		}
	}()
	if err := r.layOut(ctx, p); err != nil {
		return Recovered{}, err
	}
	started = true
	return p.run(ctx)
}

// checkTargetDirectory refuses everything but an empty place.
func checkTargetDirectory(o PITR) error {
	if !filepath.IsAbs(o.Directory) || filepath.Dir(o.Directory) == o.Directory {
		return &InputError{Field: "target directory", Value: o.Directory, Rule: "must be the path of a directory to make"}
	}
	if _, err := os.Lstat(filepath.Join(o.Directory, "postmaster.pid")); err == nil {
		return fmt.Errorf("%s holds a server (postmaster.pid): %w", o.Directory, ErrDirectoryInUse)
	}
	names, err := namesIn(o.Directory)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("%s holds %d entries, %q first: %w", o.Directory, len(names), names[0], ErrDirectoryInUse)
	}
	if o.Account == nil {
		return nil
	}
	for dir := filepath.Dir(o.Directory); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && !o.Account.mayEnter(info) {
			return &InputError{Field: "target directory", Value: o.Directory, Rule: "cannot be reached by the account that the server runs as: " + dir + " is closed to it"}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (a *Account) mayEnter(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	mode := info.Mode().Perm()
	switch {
	case int(st.Uid) == a.UID:
		return mode&0o100 != 0
	case int(st.Gid) == a.GID:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// planPITR chooses the base backup and reads the log up to the point. It writes nothing.
func (r *Repository) planPITR(ctx context.Context, o PITR) (*pitrPlan, error) {
	bases, err := r.Bases()
	if err != nil {
		return nil, err
	}
	if o.System, err = chooseSystem(bases, o.System); err != nil {
		return nil, err
	}
	path, err := r.timelinePath(ctx, o.System, o.Timeline, o.Identities)
	if err != nil {
		return nil, err
	}
	p := &pitrPlan{o: o}
	var first *Entry
	var refused error
	for _, e := range bases { // newest first
		if e.State != StateGood || e.Manifest.Server.SystemIdentifier != o.System || !path.Contains(e.Manifest.Base.Timeline, e.Manifest.Base.StopLSN) {
			continue
		}
		first = &e
		b := e.Manifest.Base
		if !o.Target.Time.IsZero() && b.StopTime.After(o.Target.Time) || o.Target.LSN != 0 && b.StopLSN > o.Target.LSN {
			continue
		}
		p.base = e
		p.chain = &chain{repo: r, system: o.System, size: b.SegmentBytes, path: path, get: o.Identities}
		p.found, refused = p.chain.search(ctx, b, o.Target, nil)
		if o.Target.Name != "" && errors.Is(refused, ErrUnreachable) && p.base.ID != "" {
			continue // an older base may lie before the restore point
		}
		break
	}
	switch {
	case first == nil && slices.ContainsFunc(bases, func(e Entry) bool { return e.State == StateUnsigned }):
		e := bases[slices.IndexFunc(bases, func(e Entry) bool { return e.State == StateUnsigned })]
		return nil, &SignatureError{ID: e.ID, Problem: e.Problem}
	case first == nil:
		return nil, unreachable("make one: axisor backup base", "there is no good base backup on this timeline")
	case refused != nil:
		return nil, refused
	case p.found == nil:
		b := first.Manifest.Base
		return nil, unreachable(fmt.Sprintf("the first recoverable point is %s, position %s", b.StopTime.Format(time.RFC3339Nano), b.StopLSN),
			"%s lies before the oldest base backup", o.Target)
	}
	return p, r.readiness(ctx, p)
}

func chooseSystem(bases []Entry, want string) (string, error) {
	systems := map[string]bool{}
	for _, e := range bases {
		if e.Manifest != nil {
			systems[e.Manifest.Server.SystemIdentifier] = true
		}
	}
	switch {
	case len(systems) == 0:
		return "", unreachable("make one: axisor backup base; a dump made by axisor backup cannot be rolled forward", "there is no base backup")
	case want != "" && !systems[want]:
		return "", unreachable("axisor backup status", "there is no base backup of cluster %s", want)
	case want == "" && len(systems) > 1:
		return "", &InputError{Field: "system", Value: "", Rule: "must name one of the clusters with base backups here"}
	}
	for s := range systems {
		if want == "" {
			want = s
		}
	}
	return want, nil
}

// readiness checks the base backup's bytes, the programs and the space.
func (r *Repository) readiness(ctx context.Context, p *pitrPlan) error {
	m := p.base.Manifest
	if err := p.placeSpaces(); err != nil {
		return err
	}
	if err := checkDigest(ctx, p.base, m.Archive, nil); err != nil {
		return err
	}
	if _, err := openIdentities(p.base, p.o.Identities); err != nil {
		return err
	}
	var err error
	if p.tools, err = r.o.Tools.server(ctx, versionFromNumber(m.Server.VersionNumber).Major); err != nil {
		return err
	}
	need := m.Base.DataBytes + p.found.bytes
	need += need / 10
	at := p.o.Directory
	for {
		if _, err := os.Stat(at); err == nil || filepath.Dir(at) == at {
			break
		}
		at = filepath.Dir(at)
	}
	free, err := r.free(at)
	if err != nil {
		return fmt.Errorf("read free space of %s: %w", at, err)
	}
	if free < need {
		return &SpaceError{Directory: p.o.Directory, Need: need, Free: free}
	}
	f := p.found
	p.done = Recovered{
		Base: p.base.ID, System: p.o.System, Timeline: p.chain.path[len(p.chain.path)-1].Timeline, Asked: p.o.Target.String(),
		ReachedLSN: f.endLSN, ArchiveLSN: p.chain.end(), Transactions: f.commits, Segments: f.segments, Bytes: need,
		DataDirectory: p.o.Directory, User: m.Base.User,
	}
	if !f.lastTime.IsZero() {
		p.done.ReachedTime = &f.lastTime
	}
	if !f.stop.Time.IsZero() && p.o.Target.LSN == 0 {
		p.done.StopTime = &f.stop.Time
	}
	return nil
}

// end is where the archive's last segment of the path ends.
func (c *chain) end() wal.LSN {
	files, _, err := c.repo.logFiles(c.system)
	if err != nil {
		return 0
	}
	var end wal.LSN
	for _, f := range files {
		if c.path.Contains(f.Timeline, f.Start) {
			end = max(end, f.End)
		}
	}
	return end
}
