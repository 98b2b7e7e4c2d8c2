package store

import (
	"context"
	"fmt"
)

// TwiceGuarded are the usernames of those for whom two programs add margin: this guard, by their configuration, and the web
// application's own monitor, which reads automations of the type margin_guard.
func (d *DB) TwiceGuarded(ctx context.Context) ([]string, error) {
	var names []string
	err := d.Gorm(ctx).Raw(`SELECT u.username FROM "MarginGuardConfig" g JOIN "User" u ON u.id = g.user_id
		WHERE g.is_active AND u.is_active
		  AND EXISTS (SELECT FROM "Automation" a WHERE a.user_id = u.id AND a.type = 'margin_guard' AND a.is_active)
		ORDER BY u.username`).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("look for users with two monitors: %w", err)
	}
	return names, nil
}
