package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/backup/remote"
)

// A target has no locks. Whoever reads a copy there leaves a mark beside it, an object that holds the time, and renews
// it; a mark that was not renewed for much longer is of a reader that died. The difference leaves room for clocks that
// disagree.
const (
	markPrefix  = "axisor_reading_"
	markRenewal = 5 * time.Minute
	markLife    = 30 * time.Minute
	markRemoval = 10 * time.Second // how long the end of a reading may wait for the target
)

// errBeingRead means that somebody reads a backup that should go.
var errBeingRead = errors.New("being read")

// marksOf is what the names of the marks of a copy begin with.
func (e Entry) marksOf() string {
	name := strings.TrimSuffix(filepath.ToSlash(e.manifestPath()), manifestExt)
	return markPrefix + strings.ReplaceAll(name, "/", "~") + "_"
}

// announce keeps a copy on a target from being pruned until release is called. Credentials that may only read cannot
// leave a mark, and read without one.
func (e Entry) announce(ctx context.Context, now func() time.Time) (release func(), err error) {
	name := e.marksOf() + strings.ToLower(rand.Text())
	mark := func(ctx context.Context) error {
		return e.store.Replace(ctx, name, []byte(now().UTC().Format(time.RFC3339)+"\n"))
	}
	remove := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markRemoval)
		defer cancel()
		_ = e.store.Delete(ctx, name) // or it ends by itself
	}
	if err := mark(ctx); err != nil {
		return func() {}, nil //nolint:nilerr // reading tells what is wrong with the target
	}
	there, err := e.store.Get(ctx, filepath.ToSlash(e.manifestPath()))
	if errors.Is(err, remote.ErrNotExist) {
		remove()
		return nil, &NotFoundError{Ref: e.ID, Pruned: true}
	}
	if err == nil {
		_ = there.Close()
	}
	renewing, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		again := time.NewTicker(markRenewal)
		defer again.Stop()
		for {
			select {
			case <-renewing.Done():
				return
			case <-again.C:
				_ = mark(renewing) // the next time comes before the mark ends
			}
		}
	}()
	return func() {
		stop()
		<-done
		remove()
	}, nil
}

// unmarked returns errBeingRead when a copy has a mark, and takes marks of dead readers away.
func (r *Repository) unmarked(ctx context.Context, e Entry) error {
	marks, err := r.target.Store.List(ctx, e.marksOf())
	if err != nil {
		return fmt.Errorf("list %s: %w", r.target.Name, err)
	}
	for _, m := range marks {
		text, err := r.fetchSmall(ctx, m.Name)
		if errors.Is(err, remote.ErrNotExist) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return fmt.Errorf("read %s from %s: %w", m.Name, r.target.Name, err)
		}
		at, err := time.Parse(time.RFC3339, string(bytes.TrimSpace(text)))
		if err == nil && r.o.Now().Sub(at) < markLife {
			return errBeingRead
		}
		if err := r.removeObject(ctx, m.Name); err != nil {
			return err
		}
	}
	return nil
}
