package user

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of a user.
type view struct {
	ID               string          `json:"id"`
	Email            string          `json:"email"`
	Username         string          `json:"username"`
	PlanType         models.PlanType `json:"plan_type"`
	IsActive         bool            `json:"is_active"`
	EmailVerified    *bool           `json:"email_verified"`
	TwoFactorEnabled *bool           `json:"two_factor_enabled"`
	LoginAttempts    *int32          `json:"login_attempts"`
	LockedUntil      *output.Time    `json:"locked_until"`
	LastLoginAt      *output.Time    `json:"last_login_at"`
	LastLoginIP      *string         `json:"last_login_ip"`
	SocialProvider   *string         `json:"social_provider"`
	Preferences      *models.JSON    `json:"preferences"`
	CreatedAt        output.Time     `json:"created_at"`
	UpdatedAt        output.Time     `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "users", ID: "id", Columns: []output.Column{
		{Field: "id", Drop: 3},
		{Field: "email"},
		{Field: "username"},
		{Field: "plan_type", Header: "PLAN"},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "email_verified", Header: "VERIFIED", Drop: 2},
		{Field: "two_factor_enabled", Header: "2FA", Drop: 4},
		{Field: "locked_until", Drop: 5},
		{Field: "last_login_at", Header: "LAST LOGIN", Drop: 1},
		{Field: "created_at", Header: "CREATED", Drop: 1},
	}}
}

func viewOf(u models.User) view {
	return view{
		ID: u.ID, Email: u.Email, Username: u.Username, PlanType: u.PlanType, IsActive: u.Active(),
		EmailVerified: u.EmailVerified, TwoFactorEnabled: u.TwoFactorEnabled, LoginAttempts: u.LoginAttempts,
		LockedUntil: output.AtPtr(u.LockedUntil), LastLoginAt: output.AtPtr(u.LastLoginAt), LastLoginIP: u.LastLoginIP,
		SocialProvider: u.SocialProvider, Preferences: jsonOf(u.Preferences),
		CreatedAt: output.At(u.CreatedAt), UpdatedAt: output.At(u.UpdatedAt),
	}
}

// jsonOf keeps NULL apart from a value, so that it prints as null.
func jsonOf(j models.JSON) *models.JSON {
	if len(j) == 0 {
		return nil
	}
	return &j
}
