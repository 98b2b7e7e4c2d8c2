package user

import (
	"strings"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// profileView is a user with everything that belongs to it.
type profileView struct {
	view
	HasPassword *bool            `json:"has_password"`
	Plan        *planView        `json:"plan"`
	Usage       []limits.View    `json:"usage"`
	Accounts    []accountView    `json:"accounts"`
	Automations []automationView `json:"automations"`
	Guard       *guardView       `json:"guard"`
	Payments    []paymentView    `json:"payments"`
	Trades      []tradeView      `json:"trades"`
	Sessions    []sessionView    `json:"sessions"`
}

type planView struct {
	Slug      string `json:"slug"`
	Name      string `json:"name"`
	PriceSats int32  `json:"price_sats"`
	IsActive  bool   `json:"is_active"`
}

type accountView struct {
	ID          string       `json:"id"`
	Exchange    string       `json:"exchange"`
	AccountName string       `json:"account_name"`
	IsActive    bool         `json:"is_active"`
	IsVerified  bool         `json:"is_verified"`
	LastTest    *output.Time `json:"last_test"`
}

type automationView struct {
	ID        string                  `json:"id"`
	Type      string                  `json:"type"`
	AccountID string                  `json:"user_exchange_account_id"`
	IsActive  bool                    `json:"is_active"`
	Status    models.AutomationStatus `json:"status"`
	UpdatedAt output.Time             `json:"updated_at"`
}

type guardView struct {
	IsActive            bool             `json:"is_active"`
	Mode                models.GuardMode `json:"mode"`
	MarginThreshold     *float64         `json:"margin_threshold"`
	AddMarginPercentage *float64         `json:"add_margin_percentage"`
	SelectedPositions   []string         `json:"selected_positions"`
	IndividualConfigs   *models.JSON     `json:"individual_configs"`
}

type paymentView struct {
	ID         string               `json:"id"`
	PlanType   models.PlanType      `json:"plan_type"`
	AmountSats int32                `json:"amount_sats"`
	Status     models.PaymentStatus `json:"status"`
	PaidAt     *output.Time         `json:"paid_at"`
	ExpiresAt  *output.Time         `json:"expires_at"`
	CreatedAt  output.Time          `json:"created_at"`
}

type tradeView struct {
	ID           string             `json:"id"`
	TradeID      string             `json:"trade_id"`
	Status       models.TradeStatus `json:"status"`
	Action       *string            `json:"action"`
	PnL          *float64           `json:"pnl"`
	Amount       *float64           `json:"amount"`
	Price        *float64           `json:"price"`
	ErrorMessage *string            `json:"error_message"`
	ExecutedAt   output.Time        `json:"executed_at"`
}

type sessionView struct {
	ID         string       `json:"id"`
	IsRevoked  bool         `json:"is_revoked"`
	IPAddress  *string      `json:"ip_address"`
	UserAgent  *string      `json:"user_agent"`
	CreatedAt  output.Time  `json:"created_at"`
	LastUsedAt *output.Time `json:"last_used_at"`
	ExpiresAt  output.Time  `json:"expires_at"`
}

func accountDesc() output.Desc {
	return columns("exchange", "account_name", "is_active", "is_verified", "last_test", "id")
}

func automationDesc() output.Desc { return columns("type", "is_active", "status", "updated_at", "id") }

func paymentDesc() output.Desc {
	return columns("created_at", "plan_type", "amount_sats", "status", "paid_at", "id")
}

func tradeDesc() output.Desc {
	return columns("executed_at", "action", "status", "amount", "price", "pnl", "trade_id")
}

func sessionDesc() output.Desc {
	return columns("created_at", "last_used_at", "expires_at", "is_revoked", "ip_address", "user_agent")
}

func columns(fields ...string) output.Desc {
	d := output.Desc{ID: "id"}
	for i, f := range fields {
		header := strings.ToUpper(strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(f, "is_"), "_at"), "_", " "))
		d.Columns = append(d.Columns, output.Column{Field: f, Header: header, Drop: i})
	}
	return d
}

func profileOf(p store.Profile) profileView {
	v := profileView{
		view: viewOf(p.User), HasPassword: p.HasPassword, Usage: limits.Of(p.Limits, p.Usage),
		Accounts: []accountView{}, Automations: []automationView{}, Payments: []paymentView{}, Trades: []tradeView{},
		Sessions: []sessionView{},
	}
	if p.Plan != nil {
		v.Plan = &planView{p.Plan.Slug, p.Plan.Name, p.Plan.PriceSats, p.Plan.IsActive == nil || *p.Plan.IsActive}
	}
	for _, a := range p.Accounts {
		v.Accounts = append(v.Accounts, accountView{a.ID, a.Exchange, a.AccountName, a.IsActive, a.IsVerified, output.AtPtr(a.LastTest)})
	}
	for _, a := range p.Automations {
		active := a.IsActive == nil || *a.IsActive
		v.Automations = append(v.Automations, automationView{a.ID, a.Type, a.UserExchangeAccountID, active, a.Status, output.At(a.UpdatedAt)})
	}
	if g := p.Guard; g != nil {
		v.Guard = &guardView{
			IsActive: g.IsActive, Mode: g.Mode, MarginThreshold: g.MarginThreshold, AddMarginPercentage: g.AddMarginPercentage,
			SelectedPositions: append([]string{}, g.SelectedPositions...), IndividualConfigs: jsonOf(g.IndividualConfigs),
		}
	}
	for _, x := range p.Payments {
		v.Payments = append(v.Payments, paymentView{
			x.ID, x.PlanType, x.AmountSats, x.Status, output.AtPtr(x.PaidAt), output.AtPtr(x.ExpiresAt), output.At(x.CreatedAt),
		})
	}
	for _, x := range p.Trades {
		v.Trades = append(v.Trades, tradeView{
			x.ID, x.TradeID, x.Status, x.Action, x.PnL, x.Amount, x.Price, x.ErrorMessage, output.At(x.ExecutedAt),
		})
	}
	for _, x := range p.Sessions {
		v.Sessions = append(v.Sessions, sessionOf(x))
	}
	return v
}

func sessionOf(x models.RefreshToken) sessionView {
	return sessionView{
		x.ID, x.IsRevoked, x.IPAddress, x.UserAgent, output.At(x.CreatedAt), output.AtPtr(x.LastUsedAt), output.At(x.ExpiresAt),
	}
}
