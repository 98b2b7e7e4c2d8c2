package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// DefaultSlot is the replication slot that keeps the server from recycling log that has not
// been received yet.
const DefaultSlot = "axisor_wal"

const (
	harvestEvery = 300 * time.Millisecond
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 3 * time.Second // a server that is back must not wait for its receiver
	receiveState = "receive" + manifestExt
)

var slotName = pattern(`^[a-z0-9_]{1,63}$`)

// ReceiveRequest says how the log is received.
type ReceiveRequest struct {
	URL         secret.Secret
	Slot        string // DefaultSlot when empty
	Compression string
	Recipients  []string
	EndLSN      wal.LSN              // stop when this position was received; 0 is never
	Targets     []remote.Target      // get a copy of each file as soon as it is stored
	Report      func(message string) // what happens, for a log; may be nil
}

// ReceiverState is what a running receiver says about itself.
type ReceiverState struct {
	System      string    `json:"system_identifier"`
	PID         int       `json:"pid"`
	Host        string    `json:"host,omitempty"` // where the process is
	Slot        string    `json:"slot"`
	StartedAt   time.Time `json:"started_at"`
	Restarts    int       `json:"restarts"`
	LastSegment string    `json:"last_segment"`
	LastError   string    `json:"last_error"`
	TargetError string    `json:"target_error,omitempty"` // why a target lacks the newest segments
	Receiving   bool      `json:"receiving"`              // the log has come since the last start
	Running     bool      `json:"-"`                      // the lock says so, not the file
}

// receiver is a running pg_receivewal under supervision.
type receiver struct {
	repo  *Repository
	q     ReceiveRequest
	a     archived // how segments are stored
	tools Toolset
	end   *endpoint
	lock  *lock
	lost  bool // the server has recycled what was asked for

	mu     sync.Mutex // of state: the mirror writes into it too
	state  ReceiverState
	mirror *mirror
}

// ReceiveLog keeps pg_receivewal running and moves each finished segment into the archive,
// until ctx ends or EndLSN is reached. Being stopped is not an error.
func (r *Repository) ReceiveLog(ctx context.Context, q ReceiveRequest) error {
	if q.Slot == "" {
		q.Slot = DefaultSlot
	}
	if !slotName().MatchString(q.Slot) {
		return &InputError{Field: "slot", Value: q.Slot, Rule: "may have lower-case letters, digits and underscores only"}
	}
	if q.Report == nil {
		q.Report = func(string) {}
	}
	v := &receiver{repo: r, q: q}
	var err error
	if v.a.codec, err = ParseCodec(q.Compression); err != nil {
		return err
	}
	if v.a.recipients, err = ParseRecipients(q.Recipients); err != nil {
		return err
	}
	v.a.keys = q.Recipients
	if err := cmp.Or(r.o.Signing.maySign(), r.Closed()); err != nil {
		return err
	}
	if v.end, err = newEndpoint(q.URL, "", r.o.Environ); err != nil {
		return err
	}
	if err := v.receive(ctx); err != nil && !stopped(ctx, err) {
		return err
	}
	return nil
}

// stopped reports whether err says only that ctx was canceled: not that its deadline passed, nor that something failed at
// the same time.
func stopped(ctx context.Context, err error) bool {
	return errors.Is(ctx.Err(), context.Canceled) && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}

func (v *receiver) receive(ctx context.Context) error {
	if err := v.prepare(ctx); err != nil {
		return fmt.Errorf("prepare receiving: %w", err)
	}
	defer v.lock.release()
	v.mirror = startMirror(ctx, v.repo.For(Scope{Identity: Identity{System: v.state.System}}), v.q.Targets, v.mirrored)
	defer v.mirror.end()
	return v.supervise(ctx)
}

// prepare asks the server who it is, makes the slot, and takes the lock.
func (v *receiver) prepare(ctx context.Context) error {
	conn, err := v.end.connect(ctx)
	if err != nil {
		return err
	}
	defer v.end.close(ctx, conn)
	server, _, err := serverFacts(ctx, v.end, conn)
	if err != nil {
		return err
	}
	if server.SystemIdentifier == "" {
		return fmt.Errorf("read system identifier: %w", ErrDenied)
	}
	if v.tools, err = v.repo.o.Tools.Find(ctx, versionFromNumber(server.VersionNumber).Major); err != nil {
		return err
	}
	if v.tools.ReceiveWAL == "" {
		return &ToolError{Kind: ErrToolMissing, Tool: "pg_receivewal", Searched: []string{filepath.Dir(v.tools.Dump)}}
	}
	spool := v.repo.spool(server.SystemIdentifier)
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return &RepositoryError{Directory: spool, Problem: "cannot be created", Cause: err}
	}
	v.state = ReceiverState{System: server.SystemIdentifier, PID: os.Getpid(), Host: v.repo.o.Host, Slot: v.q.Slot, StartedAt: v.repo.o.Now().UTC()}
	if v.lock, err = acquire(spool, v.repo.about(v.state.StartedAt)); err != nil {
		return err
	}
	v.save(ctx) // at once: what stands there is of the receiver before
	if err := v.makeSlot(ctx, conn); err != nil {
		v.lock.release()
		return err
	}
	return nil
}

// supervise runs the program, again and again, and stores what it receives.
func (v *receiver) supervise(ctx context.Context) error {
	backoff, said := firstBackoff, ""
	for {
		began := v.repo.o.Now()
		done, err := v.once(ctx)
		if done || err != nil && fatal(err) {
			return err
		}
		problem := "pg_receivewal ended"
		if err != nil {
			problem = err.Error()
		}
		v.change(ctx, func(s *ReceiverState) {
			s.Restarts++
			s.LastError, s.Receiving = problem, false
		})
		if recycled(err) {
			if v.lost = true; said != problem {
				v.q.Report("warning: the server no longer has the log that follows what was received; there will be a hole: make a base backup (axisor backup base)")
			}
		}
		if said != problem {
			v.q.Report(problem + "; trying again until it works")
			said = problem
		}
		if v.repo.o.Now().Sub(began) > time.Minute {
			backoff, said = firstBackoff, ""
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// storing marks an error of the archive: trying again would not help, and would hide it.
type storing struct{ error }

func (e storing) Unwrap() error { return e.error }

func fatal(err error) bool {
	var s storing
	return errors.As(err, &s) || errors.Is(err, ErrDifferent) || errors.Is(err, ErrNoSpace) || errors.Is(err, ErrToolMissing)
}

// once runs the program until it ends, and reports whether that is the end of receiving.
func (v *receiver) once(ctx context.Context) (done bool, err error) {
	if err := v.align(ctx); err != nil {
		if ctx.Err() != nil {
			return true, nil //nolint:nilerr // being stopped is how it is meant to end
		}
		return false, err
	}
	c, err := v.startProgram(ctx)
	if err != nil {
		return true, err
	}
	v.save(ctx)
	harvestErr := v.follow(ctx, c)
	err = c.wait(ctx)
	// What came last is stored also when we are being stopped.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	harvestErr = errors.Join(harvestErr, v.harvest(clean))
	v.change(clean, func(s *ReceiverState) { s.Receiving = false })
	cancel()
	switch {
	case harvestErr != nil && !errors.Is(harvestErr, context.Canceled):
		return false, storing{harvestErr}
	case ctx.Err() != nil:
		v.q.Report("stopped")
		return true, nil //nolint:nilerr // being stopped is how it is meant to end
	}
	return err == nil && v.q.EndLSN != 0, err
}

func (v *receiver) startProgram(ctx context.Context) (*child, error) {
	args := []string{"--directory=" + v.repo.spool(v.state.System), "--slot=" + v.q.Slot, "--synchronous", "--no-loop", "--no-password"}
	if v.q.EndLSN != 0 {
		args = append(args, "--endpos="+v.q.EndLSN.String())
	}
	return startChild(ctx, childSpec{path: v.tools.ReceiveWAL, args: args, server: v.end, lock: v.lock.file})
}

// follow stores finished segments while the program runs, and says when the log has begun to come.
func (v *receiver) follow(ctx context.Context, c *child) error {
	tick := time.NewTicker(harvestEvery)
	defer tick.Stop()
	receiving := false
	for {
		select {
		case <-c.done:
			return nil
		case <-tick.C:
		}
		if ctx.Err() != nil {
			continue // the program is ending
		}
		if !receiving && v.streams(ctx) {
			receiving = true
			v.change(ctx, func(s *ReceiverState) { s.Receiving = true }) // first: whoever reads the report may look for the state
			v.q.Report("receiving the log of cluster " + v.state.System + " with slot " + v.q.Slot)
		}
		if err := v.harvest(ctx); err != nil {
			_ = c.cmd.Cancel() // the caller waits for its end
			return err
		}
	}
}

// harvest archives every finished file. The newest segment stays where it is as well: it tells
// the program where to go on.
func (v *receiver) harvest(ctx context.Context) error {
	spool := v.repo.spool(v.state.System)
	names, err := namesIn(spool)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		n, err := wal.ParseName(name)
		return err != nil || n.Kind != wal.Segment && n.Kind != wal.History
	})
	for i, name := range names {
		if name <= v.state.LastSegment && !strings.HasSuffix(name, ".history") && i == len(names)-1 {
			continue // archived before
		}
		a := v.a
		a.name, a.system = name, v.state.System
		if a.data, err = os.ReadFile(filepath.Join(spool, name)); err != nil {
			return fmt.Errorf("read received log: %w", err)
		}
		done, err := v.repo.archive(ctx, a)
		if err != nil {
			return fmt.Errorf("archive received log: %w", err)
		}
		if !done.Already {
			v.mirror.tell()
		}
		if strings.HasSuffix(name, ".history") {
			continue
		}
		if name > v.state.LastSegment {
			v.change(ctx, func(s *ReceiverState) { s.LastSegment = name })
		}
		if !done.Already {
			v.q.Report("archived " + name)
		}
		if newer := slices.ContainsFunc(names[i+1:], func(s string) bool { return !strings.HasSuffix(s, ".history") }); newer {
			if err := os.Remove(filepath.Join(spool, name)); err != nil {
				return storageError(spool, err)
			}
		}
	}
	return nil
}

// save writes the state for whoever asks; failing to costs only that.
func (v *receiver) save(ctx context.Context) { v.change(ctx, func(*ReceiverState) {}) }

func (v *receiver) change(ctx context.Context, how func(*ReceiverState)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	how(&v.state)
	if text, err := json.MarshalIndent(v.state, "", "  "); err == nil {
		_ = replaceFile(ctx, v.repo.spool(v.state.System), receiveState, append(text, '\n'))
	}
}

// mirrored notes how copying to the targets goes; what changes is worth a line.
func (v *receiver) mirrored(ctx context.Context, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	v.mu.Lock()
	same := v.state.TargetError == text
	v.mu.Unlock()
	if same {
		return
	}
	v.change(ctx, func(s *ReceiverState) { s.TargetError = text })
	if err != nil {
		v.q.Report("the log is stored here, but not on every target: " + text + "; trying again")
		return
	}
	v.q.Report("every target has the log again")
}

// Receivers lists what is known of the receivers of this repository.
func (r *Repository) Receivers() ([]ReceiverState, error) {
	systems, err := r.logSystems()
	if err != nil {
		return nil, err
	}
	var out []ReceiverState
	for _, system := range systems {
		text, err := readSmall(filepath.Join(r.spool(system), receiveState))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var s ReceiverState
		if err == nil {
			err = exactjson.Unmarshal(text, &s)
		}
		if err != nil {
			return nil, fmt.Errorf("read receiver state: %w", err)
		}
		s.Running = probe(r.spool(system)) != nil
		s.Receiving = s.Receiving && s.Running
		out = append(out, s)
	}
	return out, nil
}
