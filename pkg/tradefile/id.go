package tradefile

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/axisor/axisor/pkg/models"
)

// DerivedID is the id of a row that brings none: the same for the same user, trade, action, time, amount and price, so
// that a file taken in twice is taken in once, and two fills of one trade in one second are two rows. What may be
// filled in later, such as the profit, is no part of it.
func DerivedID(t models.TradeLog) string {
	return idOf(append(identity(t), number(t.Amount), number(t.Price)))
}

// EarlierID is the id that earlier versions derived, without amount and price. Rows are stored under it.
func EarlierID(t models.TradeLog) string { return idOf(identity(t)) }

func identity(t models.TradeLog) []string {
	return []string{t.UserID, t.TradeID, models.Deref(t.Action), t.ExecutedAt.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

// number is a number as part of an id; none is no text of a number.
func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}

func idOf(parts []string) string {
	h := sha256.New()
	for _, part := range parts {
		var size [8]byte // parts cannot run into each other
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // a UUID of version 8
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
