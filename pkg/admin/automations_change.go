package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// AutomationInput changes an automation: nil fields keep what is. An empty risk level clears it.
type AutomationInput struct {
	Config    models.JSON
	RiskLevel *string
	Account   *string // id or name of another account of the same user
}

// Check validates the input without a database.
func (in AutomationInput) Check() error {
	if in.RiskLevel != nil {
		if err := checkRisk(*in.RiskLevel); err != nil {
			return err
		}
	}
	if in.Config != nil {
		return CheckAutomationConfig(in.Config)
	}
	return nil
}

// UpdateAutomation changes the configuration, the risk level or the account of an automation.
func (s *Service) UpdateAutomation(ctx context.Context, mode Mode, id string, in AutomationInput) (Change[models.Automation], error) {
	if err := in.Check(); err != nil {
		return Change[models.Automation]{}, err
	}
	var account *store.Account
	if in.Account != nil {
		row, err := s.db.AutomationByID(ctx, id, false)
		if err != nil {
			return Change[models.Automation]{}, err
		}
		u, err := s.db.FindUser(ctx, row.UserID)
		if err != nil {
			return Change[models.Automation]{}, err
		}
		found, err := s.accountOf(ctx, u, *in.Account)
		if err != nil {
			return Change[models.Automation]{}, err
		}
		account = &found
	}
	var change Change[models.Automation]
	err := s.write(ctx, mode, func(t *txn) (err error) {
		change, err = t.changeAutomation(ctx, id, "automation.update", func(row *models.Automation) {
			if in.Config != nil {
				row.Config = in.Config
			}
			if in.RiskLevel != nil {
				row.RiskLevel = nil
				if *in.RiskLevel != "" {
					row.RiskLevel = in.RiskLevel
				}
			}
			if account != nil {
				row.UserExchangeAccountID = account.ID
			}
		})
		return err
	})
	return change, err
}

// SetAutomationsActive switches automations on or off, all of them or none. An automation whose status word
// disagrees with its switch is put right by this too.
func (s *Service) SetAutomationsActive(ctx context.Context, mode Mode, ids []string, active bool) ([]Change[models.Automation], error) {
	action := "automation.enable"
	if !active {
		action = "automation.disable"
	}
	var changes []Change[models.Automation]
	err := s.write(ctx, mode, func(t *txn) error {
		for _, id := range ids {
			c, err := t.changeAutomation(ctx, id, action, func(row *models.Automation) { setActive(row, active) })
			if err != nil {
				return err
			}
			changes = append(changes, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// changeAutomation runs one change of an automation under the lock of its owner.
func (t *txn) changeAutomation(ctx context.Context, id, action string, fn func(*models.Automation)) (Change[models.Automation], error) {
	none := Change[models.Automation]{}
	found, err := t.db.AutomationByID(ctx, id, false)
	if err != nil {
		return none, err
	}
	if _, err := t.db.UserByID(ctx, found.UserID, true); err != nil {
		return none, err
	}
	before, err := t.db.AutomationByID(ctx, found.ID, true)
	if err != nil {
		return none, err
	}
	row := before
	fn(&row)
	change := Change[models.Automation]{Before: &before, After: &row, Status: words.Updated, DryRun: t.mode.DryRun}
	if sameAutomation(before, row) {
		change.Status = words.Unchanged
		return change, nil
	}
	if err := t.freePlace(ctx, row); err != nil {
		return none, err
	}
	row.UpdatedAt = t.now
	if err := t.db.UpdateAutomation(ctx, row); err != nil {
		return none, err
	}
	return change, t.audit(ctx, action, "automation", row.ID, &row.UserID, AutomationValues(before), AutomationValues(row))
}

// sameAutomation compares what is written. The server reorders the keys of a configuration.
func sameAutomation(a, b models.Automation) bool {
	normal := func(m models.Automation) []byte {
		var config any
		if exactjson.Unmarshal(m.Config, &config) != nil {
			config = string(m.Config)
		}
		values := AutomationValues(m)
		values["config"] = config
		raw, err := json.Marshal(values)
		if err != nil {
			return nil
		}
		return raw
	}
	return bytes.Equal(normal(a), normal(b))
}

// DeleteAutomation removes an automation. Its trade logs stay without the reference; their number is returned.
func (s *Service) DeleteAutomation(ctx context.Context, mode Mode, id string) (Change[models.Automation], int64, error) {
	change := Change[models.Automation]{Status: words.Deleted, DryRun: mode.DryRun}
	var trades int64
	err := s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.AutomationByID(ctx, id, true)
		if err != nil {
			return err
		}
		id, change.Before = before.ID, &before
		if trades, err = t.db.TradesOfAutomation(ctx, id); err != nil {
			return err
		}
		if err := t.db.DeleteAutomation(ctx, id); err != nil {
			return err
		}
		values := AutomationValues(before)
		values["trade_logs"] = trades
		return t.audit(ctx, "automation.delete", "automation", id, &before.UserID, values, nil)
	})
	return change, trades, err
}

// SetAutomationTypeActive lets users have new automations of a type, or keeps them from it.
func (s *Service) SetAutomationTypeActive(ctx context.Context, mode Mode, ref string, active bool) (Change[models.AutomationType], error) {
	none := Change[models.AutomationType]{}
	found, err := s.db.FindAutomationType(ctx, ref)
	if err != nil {
		return none, err
	}
	after := found
	after.IsActive = &active
	change := Change[models.AutomationType]{Before: &found, After: &after, Status: words.Updated, DryRun: mode.DryRun}
	was := found.IsActive == nil || *found.IsActive
	if was == active {
		change.Status = words.Unchanged
		return change, nil
	}
	word := "enable"
	if !active {
		word = "disable"
	}
	err = s.write(ctx, mode, func(t *txn) error {
		after.UpdatedAt = t.now
		if err := t.db.SetAutomationTypeActive(ctx, found.ID, active, t.now); err != nil {
			return err
		}
		return t.audit(ctx, fmt.Sprintf("automation_type.%s", word), "automation_type", found.ID, nil,
			map[string]any{"slug": found.Slug, "is_active": was}, map[string]any{"slug": found.Slug, "is_active": active})
	})
	if err != nil {
		return none, err
	}
	return change, nil
}
