package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// CreateUserInput describes a new user. Zero values mean the column defaults.
type CreateUserInput struct {
	Email        string
	Username     string
	Plan         models.PlanType
	Password     secret.Secret // none when zero: the user cannot log in with a password
	PasswordHash string        // ready-made instead of Password
	Inactive     bool
	// EmailVerified says whether the address needs no verification; nil is what the database asks for: the web application lets
	// nobody in without, and somebody whom an operator adds gets no mail.
	EmailVerified *bool
	Preferences   models.JSON
	// IfNotExists makes it no error when the very same person exists already.
	IfNotExists bool
}

// Check validates the input without a database and returns it in stored form.
func (in CreateUserInput) Check(passwords crypto.Policy) (CreateUserInput, error) {
	email, emailErr := normalEmail(in.Email)
	in.Email = email
	err := errors.Join(emailErr, checkUsername(in.Username), checkPlan(in.Plan), checkPreferences(in.Preferences))
	if !in.Password.IsZero() {
		err = errors.Join(err, CheckPassword(passwords, in.Password))
	}
	return in, err
}

// CheckEmail tells whether an address would be accepted; for prompts.
func CheckEmail(s string) error { _, err := normalEmail(s); return err }

// CheckUsername tells whether a username would be accepted; for prompts.
func CheckUsername(s string) error { return checkUsername(s) }

// CreateUser adds a user. E-mails are compared without regard to case. With
// IfNotExists, a user who has both this e-mail and this username is the answer;
// if they belong to different people it stays a conflict.
func (s *Service) CreateUser(ctx context.Context, mode Mode, in CreateUserInput) (Change[models.User], error) {
	none := Change[models.User]{}
	in, err := in.Check(s.opts.Passwords)
	if err != nil {
		return none, err
	}
	if !in.Password.IsZero() { // slow by design, so not while holding a lock
		if in.PasswordHash, err = crypto.HashPassword(in.Password); err != nil {
			return none, err
		}
	}
	change, err := s.createUser(ctx, mode, in)
	var raced *store.ConflictError
	if errors.As(err, &raced) && raced.Kind == "unique" {
		// A writer that does not take our lock came between. Look again: the
		// second try finds that row and says what is the matter.
		change, err = s.createUser(ctx, mode, in)
	}
	if err != nil {
		return none, err
	}
	return change, nil
}

func (s *Service) createUser(ctx context.Context, mode Mode, in CreateUserInput) (Change[models.User], error) {
	change := Change[models.User]{Status: words.Created, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		// The unique key tells cases apart, so it cannot stop two writers who
		// add the same address in different spelling. This lock can.
		if err := t.db.LockKey(ctx, "user:"+in.Email); err != nil {
			return err
		}
		existing, err := t.takenBy(ctx, in)
		if err != nil {
			return err
		}
		if existing != nil {
			change.Status, change.Before, change.After = words.AlreadyExists, existing, existing
			return nil
		}
		u := in.row(t.now)
		if u.EmailVerified == nil {
			admit, err := t.db.Application(ctx)
			if err != nil {
				return err
			}
			u.EmailVerified = &admit
		}
		if err := t.db.CreateUser(ctx, &u); err != nil {
			return err
		}
		if err := t.db.AdmitUsers(ctx, []string{u.ID}, t.now); err != nil {
			return err
		}
		change.After = &u
		if u.PasswordHash != nil { // someone else than the user knows it
			if err := t.security(ctx, "PASSWORD_SET", &u.ID, true, map[string]any{"by": "user.create"}); err != nil {
				return err
			}
		}
		return t.audit(ctx, "user.create", "user", u.ID, &u.ID, nil, UserValues(u))
	})
	return change, err
}

// takenBy returns the user that IfNotExists accepts, or the conflict.
func (t *txn) takenBy(ctx context.Context, in CreateUserInput) (*models.User, error) {
	found, err := t.db.UsersLike(ctx, in.Email, in.Username)
	if err != nil {
		return nil, err
	}
	var byEmail, byName *models.User
	for i := range found {
		if byEmail == nil && sameAddress(found[i].Email, in.Email) {
			byEmail = &found[i]
		}
		if found[i].Username == in.Username {
			byName = &found[i]
		}
	}
	switch {
	case byEmail == nil && byName == nil:
		return nil, nil
	case in.IfNotExists && byEmail != nil && byEmail == byName:
		return byEmail, nil
	}
	c := &ConflictError{Kind: "user", Field: "email", Value: in.Email, Hint: "add --if-not-exists to accept an existing user"}
	holder := byEmail
	if holder == nil {
		holder, c.Field, c.Value = byName, "username", in.Username
	}
	c.Existing = holder.ID
	if in.IfNotExists { // found, and it is someone else
		c.Message = fmt.Sprintf("%s %q belongs to another user, %s (%s)", c.Field, c.Value, holder.Username, holder.Email)
		c.Hint = "axisor user show " + holder.ID
	}
	return nil, c
}

func sameAddress(a, b string) bool {
	x, errA := normalEmail(a)
	y, errB := normalEmail(b)
	return errA == nil && errB == nil && x == y
}

func (in CreateUserInput) row(now time.Time) models.User {
	u := models.User{
		Email: in.Email, Username: in.Username, PlanType: in.Plan, IsActive: new(!in.Inactive),
		EmailVerified: in.EmailVerified, TwoFactorEnabled: new(false), LoginAttempts: new(int32(0)),
		Preferences: in.Preferences, CreatedAt: now, UpdatedAt: now,
	}
	if in.PasswordHash != "" {
		u.PasswordHash = &in.PasswordHash
	}
	return u
}

// UserValues is a user as audit rows record it: without secrets.
func UserValues(u models.User) map[string]any {
	return map[string]any{
		"id": u.ID, "email": u.Email, "username": u.Username, "plan_type": u.PlanType, "is_active": u.Active(),
		"email_verified": u.EmailVerified, "two_factor_enabled": u.TwoFactorEnabled, "login_attempts": u.LoginAttempts,
		"locked_until": u.LockedUntil, "social_provider": u.SocialProvider, "preferences": u.Preferences,
		"has_password": u.PasswordHash != nil,
	}
}
