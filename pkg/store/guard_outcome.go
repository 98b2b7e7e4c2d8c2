package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// StoreGuardOutcomes replaces what the latest look at users came to. An older
// look never replaces a younger one; a user who is gone is left out.
func (d *DB) StoreGuardOutcomes(ctx context.Context, rows []models.GuardOutcome) error {
	for part := range slices.Chunk(rows, batch) {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i] = r.UserID
		}
		err := d.Transaction(ctx, func(tx *DB) error {
			var alive []string
			if err := tx.Gorm(ctx).Raw(`SELECT id FROM "User" WHERE id IN ? ORDER BY id FOR KEY SHARE`, ids).Scan(&alive).Error; err != nil {
				return err
			}
			slices.Sort(alive)
			kept := slices.DeleteFunc(slices.Clone(part), func(r models.GuardOutcome) bool {
				_, found := slices.BinarySearch(alive, r.UserID)
				return !found
			})
			if len(kept) == 0 {
				return nil
			}
			// In one order everywhere, so that two of these never wait for each other in a circle.
			slices.SortFunc(kept, func(a, b models.GuardOutcome) int {
				switch {
				case a.UserID < b.UserID:
					return -1
				case a.UserID > b.UserID:
					return 1
				}
				return 0
			})
			// A moment that lies far ahead was never written by us, and would stand for ever.
			return tx.Gorm(ctx).Clauses(clause.OnConflict{
				Columns:   []clause.Column{{Name: "user_id"}},
				DoUpdates: clause.AssignmentColumns([]string{"looked_at", "positions", "unprotected", "problems"}),
				Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "guard_outcome.looked_at <= excluded.looked_at OR guard_outcome.looked_at > excluded.looked_at + interval '1 day'"}}},
			}).Create(&kept).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The codes of problems that are found in the rows themselves; the others are
// those of the latest look (marginguard.Obstacle).
const (
	ProblemUserInactive    = "user_inactive"
	ProblemAccountMissing  = "account_missing"
	ProblemAccountInactive = "account_inactive"
	ProblemSwitchedOff     = "switched_off"
	ProblemNotLookedAt     = "not_looked_at"
)

// GuardUnseen is how long a watcher leaves a user alone whose positions are far from their triggers, three times over: the
// age of a look from which such a user counts as unprotected.
const GuardUnseen = 45 * time.Minute

// ProblemsShown is how many problems GuardProtection lists at most; it counts all.
const ProblemsShown = 1000

// GuardUserProblem is one reason why a user, or one of their positions, does not
// have the protection that the configuration asks for.
type GuardUserProblem struct {
	UserID, Username, TradeID, Code, Message string
}

// GuardProtection is who wants protection and who has it.
type GuardProtection struct {
	// Wanting are the users with an active configuration, Protected those of them
	// without any problem.
	Wanting, Protected int64
	// Positions are those that the latest looks saw, Unprotected those that were
	// in danger and stayed there.
	Positions, Unprotected int64
	// ProblemCount counts all problems, Problems are the first ProblemsShown:
	// positions in danger first.
	ProblemCount int64
	Problems     []GuardUserProblem
}

// protection finds the problems. A user who is switched off or cannot be looked
// at has that one problem: what an earlier look saw is history then.
const protection = `
	WITH wanting AS (
		SELECT c.user_id, c.updated_at, u.username, u.is_active AS user_active, k.reason, k.user_id IS NOT NULL AS off,
		       COALESCE(a.n, 0) > 0 AS has, COALESCE(a.active, 0) > 0 AS active,
		       CASE WHEN isfinite(o.looked_at) AND o.looked_at <= @ahead THEN o.looked_at END AS looked_at,
		       GREATEST(COALESCE(o.positions, 0), 0) AS positions, o.problems
		FROM "MarginGuardConfig" c
		JOIN "User" u ON u.id = c.user_id
		LEFT JOIN (SELECT a.user_id, count(*) AS n, count(*) FILTER (WHERE a.is_active AND e.is_active) AS active
		           FROM "UserExchangeAccounts" a JOIN "Exchange" e ON e.id = a.exchange_id AND e.slug IN @slugs
		           GROUP BY a.user_id) a ON a.user_id = c.user_id
		LEFT JOIN axisor.guard_control k ON k.user_id = c.user_id AND k.disabled
		LEFT JOIN axisor.guard_outcome o ON o.user_id = c.user_id
		WHERE c.is_active
	), served AS (
		SELECT * FROM wanting WHERE user_active AND active AND NOT off
	), problems AS (
		SELECT user_id, username, '' AS trade_id, 'user_inactive' AS code, 'the user is not active' AS message
		FROM wanting WHERE NOT user_active
		UNION ALL
		SELECT user_id, username, '', 'account_missing', 'the user has no account on lnmarkets' FROM wanting WHERE user_active AND NOT has
		UNION ALL
		SELECT user_id, username, '', 'account_inactive', 'the user''s account, or its exchange, is not active'
		FROM wanting WHERE user_active AND has AND NOT active
		UNION ALL
		SELECT user_id, username, '', 'switched_off', 'the guard is switched off for this user: ' || COALESCE(reason, 'no reason given')
		FROM wanting WHERE user_active AND active AND off
		UNION ALL
		SELECT user_id, username, '', 'not_looked_at',
		       CASE WHEN looked_at IS NULL THEN 'nobody has looked at this user yet'
		            ELSE 'nobody has looked at this user since ' || to_char(looked_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END
		FROM served WHERE (updated_at < @before OR updated_at > @ahead) AND (looked_at IS NULL OR looked_at < @before)
		UNION ALL
		SELECT s.user_id, s.username, left(COALESCE(p ->> 'trade_id', ''), 100), left(COALESCE(p ->> 'code', 'failed'), 100), left(COALESCE(p ->> 'message', ''), 1000)
		FROM served s CROSS JOIN LATERAL jsonb_array_elements(s.problems) p
	)`

// GuardProtection reads it. A user not looked at since before counts as unprotected,
// unless the configuration is younger than that.
func (d *DB) GuardProtection(ctx context.Context, before time.Time) (GuardProtection, error) {
	args := map[string]any{"slugs": guardExchanges[:], "before": before.UTC(), "ahead": d.ahead(), "limit": ProblemsShown}
	var n struct{ Wanting, Protected, Positions, Unprotected, ProblemCount int64 }
	err := d.Gorm(ctx).Raw(protection+`
		SELECT (SELECT count(*) FROM wanting) AS wanting,
		       (SELECT count(*) FROM wanting w WHERE NOT EXISTS (SELECT FROM problems p WHERE p.user_id = w.user_id)) AS protected,
		       (SELECT COALESCE(sum(positions), 0)::bigint FROM served) AS positions,
		       (SELECT count(*) FROM problems WHERE trade_id <> '') AS unprotected,
		       (SELECT count(*) FROM problems) AS problem_count`, args).Scan(&n).Error
	p := GuardProtection{
		Wanting: n.Wanting, Protected: n.Protected, Positions: n.Positions, Unprotected: n.Unprotected, ProblemCount: n.ProblemCount,
	}
	if err != nil || p.ProblemCount == 0 {
		return p, err
	}
	err = d.Gorm(ctx).Raw(protection+`
		SELECT user_id, username, trade_id, code, message FROM problems
		ORDER BY trade_id = '', username, user_id, trade_id, code LIMIT @limit`, args).Scan(&p.Problems).Error
	return p, err
}
