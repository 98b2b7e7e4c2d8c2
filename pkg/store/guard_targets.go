package store

import (
	"context"
	"iter"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// guardBatch is how many accounts one page of targets holds.
const guardBatch = 500

// guardExchanges are the slugs under which the exchange is stored: the second
// one is how parts of the web application spell it.
var guardExchanges = [...]string{"lnmarkets", "ln-markets"}

// GuardTargetFilter narrows the targets.
type GuardTargetFilter struct {
	UserID string
	// Users, when not nil, are the only ones.
	Users []string
	// Range, unless it is zero, is the part of all users to stay in.
	Range GuardShard
	// SpentSince is the beginning of the time over which spent amounts are summed.
	SpentSince time.Time
	// AddsSince limits how far back the last addition to a position matters.
	AddsSince time.Time
}

// GuardTarget is an account that the guard looks after, with what it did before.
type GuardTarget struct {
	Config      models.MarginGuardConfig
	AccountID   string
	Credentials models.JSON
	PlanType    models.PlanType
	Setting     models.GuardSetting
	Breaker     models.GuardBreaker
	// IndexEntries are the positions that the index knows of the account, Events what
	// happened to its positions.
	IndexEntries []models.GuardWatch
	Events       []models.GuardEvent
	// Accounts is how many active accounts the user has.
	Accounts int
	// Off is why nothing may be added, empty when it may.
	Off         string
	UserDay     int64
	PositionDay map[string]int64
	LastAdd     map[string]time.Time
	// KnownIntents counts the intents of each trade planned since the filter's AddsSince.
	KnownIntents map[string]int64
	Open         []models.GuardIntent
	// Defects are stored values that cannot be read, in words; Frozen are those of
	// additions, by trade: such a position must be left alone.
	Defects []string
	Frozen  map[string]string
}

// GuardTargets streams the active accounts of active users with an active
// configuration, in pages, with a fixed number of queries per page. Accounts
// that are not active any more but have an open intent come too, switched off:
// somebody must still find out what became of the intent.
func (d *DB) GuardTargets(ctx context.Context, f GuardTargetFilter) iter.Seq2[GuardTarget, error] {
	return func(yield func(GuardTarget, error) bool) {
		var user, account string
		for {
			page, err := d.guardPage(ctx, f, user, account)
			if err != nil {
				yield(GuardTarget{}, err)
				return
			}
			for _, t := range page {
				if !yield(t, nil) {
					return
				}
			}
			if len(page) < guardBatch {
				return
			}
			user, account = page[len(page)-1].Config.UserID, page[len(page)-1].AccountID
		}
	}
}

type guardRow struct {
	models.MarginGuardConfig
	AccountID   string          `gorm:"column:account_id"`
	Credentials models.JSON     `gorm:"column:credentials"`
	PlanType    models.PlanType `gorm:"column:plan_type"`
	Off         string          `gorm:"column:off"`
	Accounts    int             `gorm:"column:accounts"`
}

func (d *DB) guardPage(ctx context.Context, f GuardTargetFilter, user, account string) ([]GuardTarget, error) {
	read, err := tolerant[guardRow](ctx, d, d.Gorm(ctx).Raw(`
		SELECT c.id, c.user_id, c.is_active, c.mode, c.margin_threshold, c.add_margin_percentage,
		       c.selected_positions, c.individual_configs, c.created_at, c.updated_at,
		       a.id AS account_id, a.credentials, u.plan_type,
		       CASE WHEN k.disabled THEN COALESCE(k.reason, 'no reason given')
		            WHEN NOT u.is_active THEN 'the user is not active'
		            WHEN NOT c.is_active THEN 'the configuration is not active'
		            WHEN NOT (a.is_active AND e.is_active) THEN 'the account is not active'
		            ELSE '' END AS off,
		       (SELECT count(*) FROM "UserExchangeAccounts" o JOIN "Exchange" x ON x.id = o.exchange_id AND x.slug IN ?
		        WHERE o.user_id = c.user_id AND o.is_active) AS accounts
		FROM "MarginGuardConfig" c
		JOIN "User" u ON u.id = c.user_id
		JOIN "UserExchangeAccounts" a ON a.user_id = c.user_id
		JOIN "Exchange" e ON e.id = a.exchange_id AND e.slug IN ?
		LEFT JOIN axisor.guard_control k ON k.user_id = c.user_id AND k.disabled
		WHERE (c.user_id, a.id) > (?, ?) AND c.user_id > ? AND (? = '' OR c.user_id <= ?) AND (? = '' OR c.user_id = ?)
		  AND ((c.is_active AND u.is_active AND a.is_active AND e.is_active)
		       OR a.id IN (SELECT i.account_id FROM axisor.guard_intent i WHERE i.state IN `+openStates+`))
		  AND (? OR c.user_id = ANY(?))
		ORDER BY c.user_id, a.id
		LIMIT ?`, guardExchanges[:], guardExchanges[:], user, account, f.Range.After, f.Range.Until, f.Range.Until, f.UserID, f.UserID, f.Users == nil, models.Texts(f.Users), guardBatch))
	if err != nil || len(read) == 0 {
		return nil, err
	}
	page := make([]GuardTarget, len(read))
	users, accounts := make([]string, 0, len(read)), make([]string, 0, len(read))
	for i, t := range read {
		r := t.Row
		page[i] = GuardTarget{
			Config: r.MarginGuardConfig, AccountID: r.AccountID, Credentials: r.Credentials, PlanType: r.PlanType, Off: r.Off, Accounts: r.Accounts,
			PositionDay: map[string]int64{}, LastAdd: map[string]time.Time{}, KnownIntents: map[string]int64{}, Frozen: map[string]string{},
		}
		page[i].defect("configuration", t.texts())
		users = append(users, r.UserID)
		accounts = append(accounts, r.AccountID)
	}
	if err := d.guardSettings(ctx, page, users, accounts); err != nil {
		return nil, err
	}
	if err := d.guardEvents(ctx, page, accounts, f.AddsSince); err != nil {
		return nil, err
	}
	return page, d.guardHistory(ctx, f, page, users)
}

// guardSettings adds settings and breakers to a page of targets.
func (d *DB) guardSettings(ctx context.Context, page []GuardTarget, users, accounts []string) error {
	settings, err := tolerant[models.GuardSetting](ctx, d, d.Gorm(ctx).Model(&models.GuardSetting{}).Where("user_id IN ?", users))
	if err != nil {
		return err
	}
	breakers, err := tolerant[models.GuardBreaker](ctx, d, d.Gorm(ctx).Model(&models.GuardBreaker{}).Where("scope = 'account' AND subject IN ?", accounts))
	if err != nil {
		return err
	}
	byUser, bySubject := map[string]Tolerant[models.GuardSetting]{}, map[string]Tolerant[models.GuardBreaker]{}
	for _, w := range settings {
		byUser[w.Row.UserID] = w
	}
	for _, b := range breakers {
		bySubject[b.Row.Subject] = b
	}
	for i := range page {
		setting, breaker := byUser[page[i].Config.UserID], bySubject[page[i].AccountID]
		page[i].Setting, page[i].Breaker = setting.Row, breaker.Row
		page[i].defect("settings (guard_setting)", setting.texts())
		page[i].defect("circuit breaker", breaker.texts())
	}
	return nil
}

func (t *GuardTarget) defect(what, why string) {
	if why != "" {
		t.Defects = append(t.Defects, what+": "+why)
	}
}

// guardHistory adds what the guard did before to a page of targets.
func (d *DB) guardHistory(ctx context.Context, f GuardTargetFilter, page []GuardTarget, users []string) error {
	var spent []struct {
		UserID, TradeID string
		Sats            int64
	}
	err := d.Gorm(ctx).Raw(`
		SELECT user_id, trade_id, LEAST(SUM(amount_sats), `+allSats+`)::bigint AS sats FROM axisor.guard_intent
		WHERE user_id IN @users AND `+spentWithin+`
		GROUP BY user_id, trade_id`, map[string]any{"users": users, "spent": f.SpentSince.UTC()}).Scan(&spent).Error
	if err != nil {
		return err
	}
	var adds []struct {
		UserID, TradeID string
		At              *time.Time
		Intents         int64
		Timeless        bool
	}
	err = d.Gorm(ctx).Raw(`
		SELECT user_id, trade_id, MAX(sent_at) FILTER (WHERE state = 'applied' AND isfinite(sent_at)) AS at, count(*) AS intents,
		       bool_or(NOT (isfinite(planned_at) AND isfinite(COALESCE(sent_at, planned_at)) AND isfinite(COALESCE(resolved_at, planned_at)))) AS timeless
		FROM axisor.guard_intent
		WHERE user_id IN ? AND planned_at >= ?
		GROUP BY user_id, trade_id`, users, f.AddsSince).Scan(&adds).Error
	if err != nil {
		return err
	}
	open, err := tolerant[models.GuardIntent](ctx, d, d.Gorm(ctx).Model(&models.GuardIntent{}).
		Where("user_id IN ? AND state IN "+openStates, users).Order("planned_at, id"))
	if err != nil {
		return err
	}
	byUser := map[string][]*GuardTarget{}
	for i := range page {
		byUser[page[i].Config.UserID] = append(byUser[page[i].Config.UserID], &page[i])
	}
	for _, s := range spent {
		for _, t := range byUser[s.UserID] {
			t.UserDay += s.Sats
			t.PositionDay[s.TradeID] = s.Sats
		}
	}
	for _, a := range adds {
		for _, t := range byUser[a.UserID] {
			t.KnownIntents[a.TradeID] = a.Intents
			if a.At != nil {
				t.LastAdd[a.TradeID] = *a.At
			}
			if a.Timeless {
				t.Frozen[a.TradeID] = "an addition to the position (guard_intent) has a time that cannot be read"
			}
		}
	}
	for _, read := range open {
		i := read.Row
		for _, t := range byUser[models.Deref(i.UserID)] {
			// Only the account that an addition was made from can tell what became of it.
			if t.AccountID != models.Deref(i.AccountID) {
				continue
			}
			if why := read.texts(); why != "" {
				t.Frozen[i.TradeID] = "addition " + i.ID + " (guard_intent): " + why
				continue
			}
			t.Open = append(t.Open, i)
		}
	}
	return nil
}
