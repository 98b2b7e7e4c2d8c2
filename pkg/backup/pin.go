package backup

import (
	"context"
	"fmt"
	"io"
)

// Pin keeps a backup from being pruned, or lets it go again. It reports whether that changed
// anything.
func (r *Repository) Pin(ctx context.Context, e Entry, pinned bool) (bool, error) {
	if e.Manifest == nil {
		return false, &DamagedError{ID: e.ID, Level: LevelDigest, Problem: e.Problem}
	}
	changed := false
	err := annotate(ctx, e, func(m *Manifest) {
		changed = m.Pinned != pinned
		m.Pinned = pinned
	})
	if err != nil {
		return false, fmt.Errorf("pin backup %s: %w", e.ID, err)
	}
	return changed, nil
}

// Cat writes a backup's archive as pg_dump made it: decrypted, unpacked and checked. What was
// written is only good when there is no error.
func (r *Repository) Cat(ctx context.Context, e Entry, get Identities, w io.Writer, progress Counter) error {
	release, err := e.hold(ctx, r.o.Now)
	if err != nil {
		return err
	}
	defer release()
	if err := r.verify(ctx, e, Check{Level: LevelDigest, Progress: progress}); err != nil {
		return err
	}
	identities, err := openIdentities(e, get)
	if err != nil {
		return err
	}
	return judge(ctx, e, LevelDeep, feed(ctx, e, e.Manifest.Archive, identities, w), nil)
}
