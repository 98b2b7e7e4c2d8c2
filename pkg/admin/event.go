package admin

import "context"

// Event leaves an audit row for something that changed no row of the database, such as a backup. Facts must
// hold no secrets.
func (s *Service) Event(ctx context.Context, mode Mode, action, resource, resourceID string, facts any) error {
	return s.write(ctx, mode, func(t *txn) error {
		return t.audit(ctx, action, resource, resourceID, nil, nil, facts)
	})
}
