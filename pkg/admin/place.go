package admin

import (
	"crypto/rand"
	"fmt"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
)

// AccountPlace is where the credentials of an account are stored.
func AccountPlace(id, userID string) crypto.Place {
	return crypto.Place{Table: models.UserExchangeAccounts{}.TableName(), Row: id, User: userID}
}

// CredentialPlace is where a row of the older credential store is.
func CredentialPlace(id, userID string) crypto.Place {
	return crypto.Place{Table: models.UserExchangeCredentials{}.TableName(), Row: id, User: userID}
}

// newID makes the id of a row: a random UUID, as the column default does.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
