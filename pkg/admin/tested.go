package admin

import (
	"context"

	"github.com/axisor/axisor/pkg/store"
)

// TestResult is what a test of stored credentials found out.
type TestResult struct {
	Outcome  string
	Verified bool
	// Missing are the permissions that the key lacks.
	Missing []string
}

// RecordTest keeps the result of a test with the credentials it was made of. When
// they were changed while the exchange was asked, the result belongs to nothing
// any more and is dropped: recorded is false.
func (s *Service) RecordTest(ctx context.Context, mode Mode, tested store.Sealed, r TestResult) (recorded bool, err error) {
	kind := "account"
	if tested.Table == store.SealedCredentials {
		kind = "credential"
	}
	err = s.write(ctx, mode, func(t *txn) error {
		now, err := t.db.LockSealed(ctx, tested.Table, tested.ID)
		if err != nil {
			return err
		}
		if string(now.Credentials) != string(tested.Credentials) {
			return nil
		}
		recorded = true
		if err := t.db.SetTested(ctx, tested.Table, tested.ID, r.Verified, t.now); err != nil {
			return err
		}
		values := map[string]any{"outcome": r.Outcome, "is_verified": r.Verified, "last_test": t.now}
		if len(r.Missing) > 0 {
			values["missing_scopes"] = r.Missing
		}
		return t.audit(ctx, kind+".test", kind, tested.ID, &tested.UserID, nil, values)
	})
	return recorded, err
}
