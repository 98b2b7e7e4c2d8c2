package store

import (
	"context"
	"time"
)

// ExplainSearch is the plan of a search's indexed look-ups, with the settings that they run under.
func (d *DB) ExplainSearch(ctx context.Context, s Search) ([]string, error) {
	var plan []string
	err := d.Transaction(ctx, func(tx *DB) error {
		if err := tx.Gorm(ctx).Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
			return err
		}
		return tx.Gorm(ctx).Raw("EXPLAIN "+searchSQL(s), searchArgs(s)).Scan(&plan).Error
	})
	return plan, err
}

// SlowScan runs a look-up without an index that takes ten seconds, and gives it less.
func (d *DB) SlowScan(ctx context.Context, limit time.Duration) (done bool, err error) {
	l := tradeLeg().by("trade_id", "(SELECT pg_sleep(10)::text)", "@id")
	_, done, err = d.searchScan(ctx, l, searchArgs(Search{Text: "x", Limit: 1}), limit)
	return done, err
}

// PrefixRange are the ends of the range that holds every text with this beginning.
func PrefixRange(prefix string) (low, high string) { return prefix, prefix + top }
