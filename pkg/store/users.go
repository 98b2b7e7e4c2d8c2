package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// userSecrets are columns that no list or view needs. They are not even read.
func userSecrets() []string {
	return []string{
		"password_hash", "two_factor_secret", "two_factor_backup_codes", "email_verification_token", "password_reset_token",
	}
}

// UserFilter narrows a list of users.
type UserFilter struct {
	Plan    models.PlanType
	Active  *bool
	Locked  bool   // locked out now
	Search  string // part of the e-mail or the username, in any case
	Created TimeRange
}

func users() listing[models.User] {
	type u = models.User
	return listing[u]{
		table: "User", order: "-created_at", id: func(r *u) string { return r.ID },
		sorts: map[string]sortKey[u]{
			"id":            byText("id", func(r *u) string { return r.ID }),
			"created_at":    byTime("created_at", func(r *u) time.Time { return r.CreatedAt }),
			"updated_at":    byTime("updated_at", func(r *u) time.Time { return r.UpdatedAt }),
			"email":         byText("email", func(r *u) string { return r.Email }),
			"username":      byText("username", func(r *u) string { return r.Username }),
			"plan_type":     byPlan("plan_type", func(r *u) string { return string(r.PlanType) }),
			"last_login_at": byTimeNull("last_login_at", func(r *u) *time.Time { return r.LastLoginAt }),
			"locked_until":  byTimeNull("locked_until", func(r *u) *time.Time { return r.LockedUntil }),
		},
	}
}

// ListUsers lists users, newest first unless asked otherwise, without secrets.
func (d *DB) ListUsers(ctx context.Context, f UserFilter, p Page) List[models.User] {
	if f.Plan != "" && !f.Plan.Valid() {
		return failed[models.User](&ArgumentError{Name: "plan", Value: string(f.Plan), Rule: "no such plan"})
	}
	now := d.Now()
	return users().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		return filtered(q.Omit(userSecrets()...), f.conditions(now))
	})
}

// conditions are the filter as SQL.
func (f UserFilter) conditions(now time.Time) []condition {
	out := f.Created.conditions("created_at")
	add := func(sql string, args ...any) { out = append(out, condition{sql, args}) }
	if f.Plan != "" {
		add("plan_type = ?", string(f.Plan))
	}
	if f.Active != nil {
		add("is_active = ?", *f.Active)
	}
	if f.Locked {
		add("locked_until > ?", now)
	}
	if f.Search != "" {
		add("(email ILIKE ? OR username ILIKE ?)", like(f.Search), like(f.Search))
	}
	return out
}

// FindUser finds one user by id, e-mail in any case, or username. The answer
// has no secrets. A *NotFoundError names users that come close.
func (d *DB) FindUser(ctx context.Context, ref string) (models.User, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return models.User{}, &NotFoundError{Kind: "user", Ref: ref}
	}
	// The indexed forms first; the fold over all rows only when they miss.
	found, err := d.usersWhere(ctx, "id = ? OR email IN (?, ?) OR username = ?", ref, ref, strings.ToLower(ref), ref)
	if err == nil && len(found) == 0 {
		found, err = d.usersWhere(ctx, "lower(email) = lower(?) OR lower(username) = lower(?)", ref, ref)
	}
	if err != nil {
		return models.User{}, fmt.Errorf("find user: %w", err)
	}
	if len(found) == 0 {
		id, err := d.WholeID(ctx, UserIDs, ref)
		if err != nil {
			return models.User{}, err
		}
		if id != ref {
			return d.FindUser(ctx, id)
		}
		near, err := d.nearUsers(ctx, ref)
		if err != nil {
			return models.User{}, fmt.Errorf("find user: %w", err)
		}
		return models.User{}, &NotFoundError{Kind: "user", Ref: ref, Near: near}
	}
	best := slices.MinFunc(found, func(a, b models.User) int { return refRank(a, ref) - refRank(b, ref) })
	for _, other := range found {
		if other.ID != best.ID && refRank(other, ref) == refRank(best, ref) {
			e := &AmbiguousError{Kind: "user", Ref: ref}
			for _, u := range found {
				e.Candidates = append(e.Candidates, u.ID+" "+u.Email)
			}
			return models.User{}, e
		}
	}
	return best, nil
}

func (d *DB) usersWhere(ctx context.Context, where string, args ...any) ([]models.User, error) {
	// Who is meant does not depend on whether every time of the row can be read.
	found, err := tolerant[models.User](ctx, d, d.Gorm(ctx).Model(&models.User{}).Omit(userSecrets()...).Where(where, args...).Limit(10))
	return rowsOf(found), err
}

// refRank says how well a user fits a reference; less is better.
func refRank(u models.User, ref string) int {
	switch {
	case u.ID == ref:
		return 0
	case u.Email == ref:
		return 1
	case u.Username == ref:
		return 2
	case u.Email == strings.ToLower(ref):
		return 3
	case strings.EqualFold(u.Email, ref):
		return 4
	default:
		return 5
	}
}

// nearUsers proposes up to three users for a mistyped reference: those that share
// its beginning, long before short, each found as a range of an index, so that
// the right one is among them in a table of any size. Names written with capital
// letters are not in that order; they are found while the table is small.
func (d *DB) nearUsers(ctx context.Context, ref string) ([]string, error) {
	const some = 100
	lower := []rune(strings.ToLower(ref))
	args := map[string]any{"top": top, "some": some, "few": string(lower[:min(2, len(lower))])}
	var parts []string
	seen := map[int]bool{}
	for _, n := range []int{len(lower) - 1, len(lower) * 2 / 3, len(lower) / 2, 2} {
		if n = min(max(n, 1), len(lower)); seen[n] {
			continue
		}
		seen[n] = true
		name := fmt.Sprintf("p%d", n)
		args[name] = string(lower[:n])
		for _, column := range []string{"lower(email)", "username"} {
			parts = append(parts, fmt.Sprintf(`(SELECT email, username FROM "User" WHERE %[1]s >= @%[2]s AND %[1]s <= @%[2]s || @top
				AND starts_with(%[1]s, @%[2]s) ORDER BY %[1]s LIMIT @some)`, column, name))
		}
	}
	parts = append(parts, `(SELECT email, username FROM (SELECT email, username FROM "User" LIMIT 2000) u WHERE starts_with(lower(username), @few))`)
	var found []struct{ Email, Username string }
	if err := d.Gorm(ctx).Raw(strings.Join(parts, " UNION "), args).Scan(&found).Error; err != nil {
		return nil, err
	}
	names := make([]string, 0, 2*len(found))
	for _, u := range found {
		names = append(names, u.Email, u.Username)
	}
	return nearest(ref, names), nil
}

// UserByID reads one user with all columns, secrets included. forUpdate locks
// the row until the transaction ends.
func (d *DB) UserByID(ctx context.Context, id string, forUpdate bool) (models.User, error) {
	q := d.Gorm(ctx).Where("id = ?", id)
	if forUpdate {
		q = q.Clauses(locking())
	}
	u, err := take[models.User](ctx, d, q)
	if errors.Is(err, ErrNotFound) {
		return u, &NotFoundError{Kind: "user", Ref: id}
	}
	if err != nil {
		return u, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// UsersLike returns the users whose e-mail, without regard to case, or whose
// username equals the given ones. There are at most a few.
func (d *DB) UsersLike(ctx context.Context, email, username string) ([]models.User, error) {
	found, err := d.usersWhere(ctx, "lower(email) = lower(?) OR username = ?", email, username)
	if err != nil {
		return nil, fmt.Errorf("find users: %w", err)
	}
	return found, nil
}

// CreateUser inserts a user and fills in what the database made.
func (d *DB) CreateUser(ctx context.Context, u *models.User) error {
	if err := d.Gorm(ctx).Create(u).Error; err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}
