package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// utcCodec stores a time as its UTC wall clock. pgx by itself writes the wall
// clock of whatever zone the value carries, so 09:00-03:00 would become 09:00
// and other readers of the table would be three hours off.
type utcCodec struct{ *pgtype.TimestampCodec }

// PlanEncode implements pgtype.Codec.
func (c utcCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if next := c.TimestampCodec.PlanEncode(m, oid, format, value); next != nil {
		return utcPlan{next}
	}
	return nil
}

type utcPlan struct{ next pgtype.EncodePlan }

// Encode implements pgtype.EncodePlan.
func (p utcPlan) Encode(value any, buf []byte) ([]byte, error) {
	ts, err := value.(pgtype.TimestampValuer).TimestampValue()
	if err != nil {
		return nil, err
	}
	if ts.Valid && ts.InfinityModifier == pgtype.Finite {
		ts.Time = ts.Time.UTC()
	}
	return p.next.Encode(ts, buf)
}

// registerUTC installs the codec on a new connection, for single values and arrays.
func registerUTC(_ context.Context, c *pgx.Conn) error {
	ts := &pgtype.Type{
		Name: "timestamp", OID: pgtype.TimestampOID,
		Codec: utcCodec{&pgtype.TimestampCodec{ScanLocation: time.UTC}},
	}
	c.TypeMap().RegisterType(ts)
	c.TypeMap().RegisterType(&pgtype.Type{
		Name: "_timestamp", OID: pgtype.TimestampArrayOID, Codec: &pgtype.ArrayCodec{ElementType: ts},
	})
	return nil
}
