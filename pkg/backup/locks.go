package backup

import (
	"context"
	"errors"
	"strings"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// NeedsLocks reports whether the program failed because the server's lock table was full.
func (e *ToolError) NeedsLocks() bool { return strings.Contains(e.Stderr, "max_locks_per_transaction") }

// tooManyLocks reports whether one transaction around the whole restore would take a good part of the server's locks:
// one for each table, index, sequence and large object.
func (p *restoring) tooManyLocks(ctx context.Context) (bool, error) {
	contents, err := p.repo.contents(ctx, p.e, p.identities)
	if errors.Is(err, toc.ErrUnknownFormat) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var room int
	err = p.conn.QueryRow(ctx, `SELECT current_setting('max_locks_per_transaction')::int *
		(current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)`).Scan(&room)
	if err != nil {
		return false, p.admin.classify(ctx, "read size of the lock table", err)
	}
	return len(contents.Entries) > room/2, nil
}
