package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Repair runs the statements of findings, under the migration lock, and returns those it repaired. Findings
// without statements are passed over, and so are rules that rows break: nothing is changed for these, and a
// *ViolationsError names the rows. It stops at the first that fails otherwise.
func (m *Migrator) Repair(ctx context.Context, findings []Finding) (done []Finding, err error) {
	if m.db.Stats().MaxOpenConnections == 1 {
		return nil, ErrPoolTooSmall
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if err := m.locker.SessionLock(ctx, conn); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.locker.SessionUnlock(context.WithoutCancel(ctx), conn)) }()
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.Kind == "policy" && f.FixSQL != "" }) {
		if err := m.ensureRole(ctx, conn); err != nil {
			return nil, fmt.Errorf("make the role of the policies: %w", err)
		}
	}
	want, err := Expected()
	if err != nil {
		return nil, err
	}
	broken := &ViolationsError{}
	for _, f := range findings {
		if f.FixSQL == "" {
			continue
		}
		if inTheWay, err := m.blocked(ctx, want, f, broken); err != nil {
			return done, broken.join(err)
		} else if inTheWay {
			continue
		}
		if err := m.step(ctx, conn, f); err != nil {
			return done, broken.join(fmt.Errorf("repair %s %s: %w", f.Kind, f.Object, err))
		}
		done = append(done, f)
	}
	return done, broken.join(nil)
}

// Redo takes the newest migration back and applies it again. Rows of tables it made are lost.
func (m *Migrator) Redo(ctx context.Context) (undone, done []Applied, err error) {
	current, _, err := m.Version(ctx)
	if err != nil {
		return nil, nil, err
	}
	if current == 0 {
		return nil, nil, ErrNoSchema
	}
	before, err := m.before(ctx, current)
	if err != nil {
		return nil, nil, err
	}
	if undone, err = m.Down(ctx, before); err != nil {
		return undone, nil, err
	}
	done, err = m.UpTo(ctx, current)
	return undone, done, err
}

// before gives the newest applied version below version, 0 when there is none.
func (m *Migrator) before(ctx context.Context, version int64) (int64, error) {
	applied, err := m.history(ctx)
	if err != nil {
		return 0, err
	}
	var found int64
	for v := range applied {
		if v < version {
			found = max(found, v)
		}
	}
	return found, nil
}
