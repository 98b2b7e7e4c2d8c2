package plan

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of a plan.
type view struct {
	ID               string       `json:"id"`
	Slug             string       `json:"slug"`
	Name             string       `json:"name"`
	Description      *string      `json:"description"`
	PriceSats        int32        `json:"price_sats"`
	PriceMonthly     *int32       `json:"price_monthly"`
	PriceYearly      *int32       `json:"price_yearly"`
	Features         *models.JSON `json:"features"`
	IsActive         bool         `json:"is_active"`
	SortOrder        int32        `json:"sort_order"`
	StripePriceID    *string      `json:"stripe_price_id"`
	HasAPIAccess     bool         `json:"has_api_access"`
	HasAdvanced      bool         `json:"has_advanced"`
	HasPriority      bool         `json:"has_priority"`
	MaxNotifications int32        `json:"max_notifications"`
	CreatedAt        output.Time  `json:"created_at"`
	UpdatedAt        output.Time  `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "plans", ID: "slug", Columns: []output.Column{
		{Field: "slug"},
		{Field: "name"},
		{Field: "price_sats", Header: "SATS"},
		{Field: "price_yearly", Header: "YEARLY", Drop: 1},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "has_api_access", Header: "API", Drop: 2},
		{Field: "has_advanced", Header: "ADVANCED", Drop: 2},
		{Field: "has_priority", Header: "PRIORITY", Drop: 2},
		{Field: "max_notifications", Header: "NOTIFICATIONS", Drop: 3, Format: limits.Format},
	}}
}

func viewOf(p models.Plan) view {
	v := view{
		ID: p.ID, Slug: p.Slug, Name: p.Name, Description: p.Description, PriceSats: p.PriceSats, PriceMonthly: p.PriceMonthly,
		PriceYearly: p.PriceYearly, IsActive: p.IsActive == nil || *p.IsActive, SortOrder: p.SortOrder, StripePriceID: p.StripePriceID,
		HasAPIAccess: p.HasAPIAccess, HasAdvanced: p.HasAdvanced, HasPriority: p.HasPriority, MaxNotifications: p.MaxNotifications,
		CreatedAt: output.At(p.CreatedAt), UpdatedAt: output.At(p.UpdatedAt),
	}
	if len(p.Features) > 0 {
		v.Features = &p.Features
	}
	return v
}

// limitsView are the limits of a plan. Stored is false when the plan has no row and the defaults apply.
type limitsView struct {
	Slug                string `json:"slug"`
	MaxExchangeAccounts int32  `json:"max_exchange_accounts"`
	MaxAutomations      int32  `json:"max_automations"`
	MaxIndicators       int32  `json:"max_indicators"`
	MaxSimulations      int32  `json:"max_simulations"`
	MaxBacktests        int32  `json:"max_backtests"`
	Stored              bool   `json:"stored"`
}

func limitsOf(l admin.PlanLimits) limitsView {
	d := models.DefaultPlanLimits()
	or := func(v, def *int32) int32 {
		if v != nil {
			return *v
		}
		return *def
	}
	return limitsView{
		l.Plan.Slug, or(l.Limits.MaxExchangeAccounts, d.MaxExchangeAccounts), or(l.Limits.MaxAutomations, d.MaxAutomations),
		or(l.Limits.MaxIndicators, d.MaxIndicators), or(l.Limits.MaxSimulations, d.MaxSimulations), or(l.Limits.MaxBacktests, d.MaxBacktests), l.Stored,
	}
}
