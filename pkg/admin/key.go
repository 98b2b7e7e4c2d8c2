package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/store"
)

// ErrForeignKey is returned when credentials are stored and none of the keys opens any of them: it is another
// database's key, or a new one that nobody has declared.
var ErrForeignKey = errors.New("the encryption key opens nothing that is stored in this database")

// checkKey reads stored credentials until one of the keys was used on one of them, which is the first, as a rule. Where
// no value is encrypted there is nothing that a key could be wrong for. It reads pages, however many there are.
func (s *Service) checkKey(ctx context.Context, keys Sealer) error {
	closed := 0
	for _, table := range store.SealedTables() {
		for page, err := range s.db.ScanSealed(ctx, table) {
			if err != nil {
				return err
			}
			for _, row := range page {
				for _, v := range keys.Inspect(crypto.Place{Table: string(table), Row: row.ID, User: row.UserID}, row.Credentials) {
					if v.State.Ours() {
						return nil
					}
					if v.State == crypto.StateWrongKey {
						closed++
					}
				}
			}
		}
	}
	if closed == 0 {
		return nil
	}
	return fmt.Errorf("%w: it has %d encrypted values", ErrForeignKey, closed)
}
