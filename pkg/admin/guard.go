package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
)

// The bounds of a guard configuration: the threshold's are a CHECK of the
// table, and adding more than the margin itself is no protection but a deposit.
const (
	minGuardThreshold = 1
	maxGuardThreshold = 50
	maxGuardAdd       = 100
	maxGuardRestore   = 90
)

// defaults of the columns, for a configuration that does not exist yet.
const (
	defaultGuardThreshold = 10
	defaultGuardAdd       = 20
)

const positionPattern = `^[a-f0-9-]+$`

// GuardPosition is one protected position. A zero threshold is the configuration's own.
type GuardPosition struct {
	ID        string
	Threshold float64
}

// GuardConfigInput is a change of a user's guard configuration; nil fields keep
// what is.
type GuardConfigInput struct {
	User       string // id, e-mail or username
	Active     *bool
	Mode       *models.GuardMode
	Threshold  *float64
	AddPercent *float64
	// Positions replaces the list of protected positions.
	Positions []GuardPosition
	// RestoreTo is the distance that an addition restores; zero takes it back.
	RestoreTo *float64
	// CrossMargin protects the cross position as well.
	CrossMargin *bool
}

// GuardConfig is a user's configuration with the settings that its table has no
// columns for.
type GuardConfig struct {
	models.MarginGuardConfig
	Setting models.GuardSetting
}

// Check validates the input without a database.
func (in GuardConfigInput) Check() error {
	var err error
	if in.Mode != nil && !in.Mode.Valid() {
		err = &InputError{Field: "mode", Value: string(*in.Mode), Rule: "no such mode", Hint: "use one of global, unit, individual"}
	}
	if in.Threshold != nil {
		err = errors.Join(err, checkThreshold("margin_threshold", *in.Threshold))
	}
	if in.AddPercent != nil && !(*in.AddPercent > 0 && *in.AddPercent <= maxGuardAdd) {
		err = errors.Join(err, &InputError{
			Field: "add_margin_percentage", Value: number(*in.AddPercent), Rule: "it must be above 0 and at most 100",
		})
	}
	if r := in.RestoreTo; r != nil && *r != 0 && !(*r > minGuardThreshold && *r <= maxGuardRestore) {
		err = errors.Join(err, &InputError{
			Field: "restore_to", Value: number(*r), Rule: "it must be a percentage above 1 and at most 90, or 0 for none",
		})
	}
	err = errors.Join(err, in.checkSpellings())
	for _, p := range in.Positions {
		if !regexp.MustCompile(positionPattern).MatchString(strings.ToLower(p.ID)) {
			err = errors.Join(err, &InputError{
				Field: "position", Value: p.ID, Rule: "it is not a trade id", Hint: "axisor guard preview shows the ids of running positions",
			})
		}
		if p.Threshold != 0 {
			err = errors.Join(err, checkThreshold("position threshold", p.Threshold))
		}
	}
	return err
}

func checkThreshold(field string, v float64) error {
	if v >= minGuardThreshold && v <= maxGuardThreshold { // false for NaN
		return nil
	}
	return &InputError{Field: field, Value: number(v), Rule: "it must be a percentage from 1 to 50"}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// SetGuardConfig changes a user's guard configuration, and makes it when there
// is none. A new one is inactive unless the input says otherwise.
func (s *Service) SetGuardConfig(ctx context.Context, mode Mode, in GuardConfigInput) (Change[GuardConfig], error) {
	change := Change[GuardConfig]{Status: words.Updated, DryRun: mode.DryRun}
	if err := in.Check(); err != nil {
		return change, err
	}
	err := s.write(ctx, mode, func(t *txn) error {
		user, err := t.db.FindUser(ctx, in.User)
		if err != nil {
			return err
		}
		before, err := t.db.LockGuardConfig(ctx, user.ID)
		if err != nil {
			return err
		}
		row := models.MarginGuardConfig{
			UserID: user.ID, Mode: models.GuardGlobal, MarginThreshold: new(float64(defaultGuardThreshold)),
			AddMarginPercentage: new(float64(defaultGuardAdd)), CreatedAt: t.now,
		}
		if before != nil {
			row = *before
			row.Mode = row.Mode.Canonical()
		}
		stored, err := t.db.GuardSetting(ctx, user.ID)
		if err != nil {
			return err
		}
		app, err := t.db.Application(ctx)
		if err != nil {
			return err
		}
		if err := in.apply(&row, app); err != nil {
			return err
		}
		setting, err := in.setting(stored, row)
		if err != nil {
			return err
		}
		old, now := map[string]any(nil), guardValues(row, setting)
		if before != nil {
			old = guardValues(*before, stored)
			change.Before = &GuardConfig{*before, stored}
		}
		if reflect.DeepEqual(old, now) {
			change.Status, change.After = words.Unchanged, &GuardConfig{row, setting}
			return nil
		}
		row.UpdatedAt, setting.UpdatedAt = t.now, t.now
		verb := in.verb()
		if before == nil {
			change.Status, verb = words.Created, "create"
			err = t.db.CreateGuardConfig(ctx, &row)
		} else {
			err = t.db.UpdateGuardConfig(ctx, row)
		}
		if err != nil {
			return err
		}
		if in.RestoreTo != nil || in.CrossMargin != nil {
			if err := t.db.SetGuardSetting(ctx, setting); err != nil {
				return err
			}
		}
		change.After = &GuardConfig{row, setting}
		return t.audit(ctx, "guard.config."+verb, "guard_config", row.ID, &user.ID, old, now)
	})
	return change, err
}

// setting changes the settings that have no column in the configuration.
func (in GuardConfigInput) setting(s models.GuardSetting, row models.MarginGuardConfig) (models.GuardSetting, error) {
	if in.CrossMargin != nil {
		s.CrossMargin = *in.CrossMargin
	}
	if in.RestoreTo != nil {
		s.RestoreTo = in.RestoreTo
		if *in.RestoreTo == 0 {
			s.RestoreTo = nil
		}
	}
	if s.RestoreTo != nil && *s.RestoreTo <= models.Deref(row.MarginThreshold) {
		return s, &InputError{
			Field: "restore_to", Value: number(*s.RestoreTo),
			Rule: fmt.Sprintf("it must be larger than the threshold of %s", number(models.Deref(row.MarginThreshold))),
			Hint: "an addition that stays in the danger zone is repeated at once",
		}
	}
	return s, nil
}

// guardValues is a configuration with its settings as the audit trail keeps it.
func guardValues(c models.MarginGuardConfig, setting models.GuardSetting) map[string]any {
	out := GuardValues(c)
	if setting.RestoreTo != nil {
		out["restore_to"] = *setting.RestoreTo
	}
	if setting.CrossMargin {
		out["cross_margin"] = true
	}
	return out
}

// verb names a pure switch by its own word.
func (in GuardConfigInput) verb() string {
	switch {
	case in.Active == nil || in.Mode != nil || in.Threshold != nil || in.AddPercent != nil || in.Positions != nil ||
		in.RestoreTo != nil || in.CrossMargin != nil:
		return "update"
	case *in.Active:
		return "enable"
	default:
		return "disable"
	}
}

// apply changes the row. Of the two lists of positions only the one that the
// mode uses is kept, as the web application does it.
func (in GuardConfigInput) apply(row *models.MarginGuardConfig, app bool) error {
	if in.Active != nil {
		row.IsActive = *in.Active
	}
	if in.Mode != nil {
		row.Mode = *in.Mode
	}
	if in.Threshold != nil {
		row.MarginThreshold = in.Threshold
	}
	if in.AddPercent != nil {
		row.AddMarginPercentage = in.AddPercent
	}
	switch row.Mode {
	case models.GuardUnit:
		return in.applyUnit(row)
	case models.GuardIndividual:
		return in.applyIndividual(row, app)
	}
	if len(in.Positions) > 0 {
		return &InputError{
			Field: "position", Value: in.Positions[0].ID, Rule: "mode global protects every position",
			Hint: "add --mode unit or --mode individual",
		}
	}
	row.SelectedPositions, row.IndividualConfigs = nil, nil
	return nil
}

func (in GuardConfigInput) applyUnit(row *models.MarginGuardConfig) error {
	row.IndividualConfigs = nil
	if in.Positions != nil {
		row.SelectedPositions = models.Texts{}
		for _, p := range in.Positions {
			if p.Threshold != 0 {
				return &InputError{
					Field: "position", Value: p.ID + ":" + number(p.Threshold), Rule: "mode unit has one threshold for all positions",
					Hint: "use --threshold, or --mode individual",
				}
			}
			if id := strings.ToLower(p.ID); !slices.Contains(row.SelectedPositions, id) {
				row.SelectedPositions = append(row.SelectedPositions, id)
			}
		}
	}
	if len(row.SelectedPositions) == 0 {
		return needPositions("unit")
	}
	return nil
}

// applyIndividual writes the wishes in the words of who else reads them: the web application's own where app is set.
func (in GuardConfigInput) applyIndividual(row *models.MarginGuardConfig, app bool) error {
	row.SelectedPositions = nil
	if in.Positions != nil {
		// What a position has beside its threshold, such as a share of its own
		// set in the web application, stays.
		old := map[string]map[string]any{}
		if err := row.IndividualConfigs.Decode(&old); err != nil {
			old = map[string]map[string]any{}
		}
		enabled, threshold := "enabled", "threshold"
		if app {
			enabled, threshold = "is_active", "margin_threshold"
		}
		fresh := map[string]map[string]any{}
		for _, p := range in.Positions {
			id := strings.ToLower(p.ID)
			entry := map[string]any{enabled: true}
			if p.Threshold != 0 {
				entry[threshold] = p.Threshold
			}
			for key, value := range old[id] {
				switch key {
				case "enabled", "is_active", "threshold", "margin_threshold":
				default:
					entry[key] = value
				}
			}
			fresh[id] = entry
		}
		text, err := json.Marshal(fresh)
		if err != nil {
			return fmt.Errorf("encode individual configs: %w", err)
		}
		row.IndividualConfigs = text
	}
	var entries map[string]json.RawMessage
	if err := row.IndividualConfigs.Decode(&entries); err != nil || len(entries) == 0 {
		return needPositions("individual")
	}
	return checkTwice(slices.Sorted(maps.Keys(entries)))
}

// checkSpellings refuses one trade named twice: which of the two counts is anybody's guess.
func (in GuardConfigInput) checkSpellings() error {
	said := map[GuardPosition]bool{}
	var ids []string
	for _, p := range in.Positions {
		if !said[p] { // the same once more says nothing new
			ids = append(ids, p.ID)
		}
		said[p] = true
	}
	return checkTwice(ids)
}

func checkTwice(ids []string) error {
	spelled := map[string]string{}
	for _, id := range ids {
		key := tradeKey(id)
		if first, twice := spelled[key]; twice {
			return &InputError{
				Field: "position", Value: id, Rule: fmt.Sprintf("it is the same trade as %q", first),
				Hint: "name every trade once; --position replaces the whole list",
			}
		}
		spelled[key] = id
	}
	return nil
}

// tradeKey is the same for all spellings of one trade id: case, blanks and the forms
// of writing a UUID do not matter.
func tradeKey(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	bare := strings.NewReplacer("urn:uuid:", "", "{", "", "}", "", "-", "", " ", "").Replace(id)
	if len(bare) == 32 {
		return bare
	}
	return id
}

func needPositions(mode string) error {
	return &InputError{
		Field: "position", Rule: "mode " + mode + " protects nothing without positions",
		Hint: "add --position ID, or use --mode global",
	}
}

// GuardValues is a configuration as the audit trail keeps it.
func GuardValues(c models.MarginGuardConfig) map[string]any {
	var individual any
	if err := c.IndividualConfigs.Decode(&individual); err != nil {
		individual = nil
	}
	return map[string]any{
		"is_active": c.IsActive, "mode": string(c.Mode.Canonical()), "margin_threshold": models.Deref(c.MarginThreshold),
		"add_margin_percentage": models.Deref(c.AddMarginPercentage),
		"selected_positions":    append([]string{}, c.SelectedPositions...), "individual_configs": individual,
	}
}
