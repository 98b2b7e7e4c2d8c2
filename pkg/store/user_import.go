package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// Bits of ImportedUser.Given: columns that an import may name besides the e-mail.
const (
	GivenID = 1 << iota
	GivenUsername
	GivenPlan
	GivenActive
	GivenVerified
	GivenTwoFactor
	GivenAttempts
	GivenLockedUntil
	GivenLastLoginAt
	GivenLastLoginIP
	GivenSocial
	GivenPreferences
	GivenCreatedAt
	GivenUpdatedAt
	GivenPassword
)

// ImportedUser is one checked row of an import. Given says which columns it names; the others are what a new user
// gets, and an existing user keeps.
type ImportedUser struct {
	Line             int64
	ID               *string
	Email            string
	Username         string
	Plan             string
	PasswordHash     *string
	Active           bool
	EmailVerified    *bool
	TwoFactorEnabled *bool
	LoginAttempts    *int32
	LockedUntil      *time.Time
	LastLoginAt      *time.Time
	LastLoginIP      *string
	SocialProvider   *string
	Preferences      *string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	Given            int64
}

// stagedColumn is a column of the staging table and of "User". The staging table holds text where the wire format
// of a type of ours (the enum, jsonb) would need its own codec.
type stagedColumn struct {
	name string
	typ  string
	cast string
	bit  int64
	keep bool // an existing user keeps its own
}

func stagedColumns() []stagedColumn {
	return []stagedColumn{
		{name: "id", typ: "text", bit: GivenID, keep: true},
		{name: "email", typ: "text", keep: true},
		{name: "username", typ: "text", bit: GivenUsername},
		{name: "plan_type", typ: "text", cast: `::"PlanType"`, bit: GivenPlan},
		{name: "password_hash", typ: "text", bit: GivenPassword},
		{name: "is_active", typ: "boolean", bit: GivenActive},
		{name: "email_verified", typ: "boolean", bit: GivenVerified},
		{name: "two_factor_enabled", typ: "boolean", bit: GivenTwoFactor},
		{name: "login_attempts", typ: "integer", bit: GivenAttempts},
		{name: "locked_until", typ: "timestamp(6)", bit: GivenLockedUntil},
		{name: "last_login_at", typ: "timestamp(6)", bit: GivenLastLoginAt},
		{name: "last_login_ip", typ: "text", bit: GivenLastLoginIP},
		{name: "social_provider", typ: "text", bit: GivenSocial},
		{name: "preferences", typ: "text", cast: "::jsonb", bit: GivenPreferences},
		{name: "created_at", typ: "timestamp(6)", bit: GivenCreatedAt, keep: true},
		{name: "updated_at", typ: "timestamp(6)", bit: GivenUpdatedAt, keep: true},
	}
}

func (u *ImportedUser) cells() []any {
	return []any{
		u.ID, u.Email, u.Username, u.Plan, u.PasswordHash, u.Active, u.EmailVerified, u.TwoFactorEnabled, u.LoginAttempts,
		u.LockedUntil, u.LastLoginAt, u.LastLoginIP, u.SocialProvider, u.Preferences, u.CreatedAt, u.UpdatedAt, u.Line, u.Given,
	}
}

// What a staged row meets.
const (
	StagedSame     = "same"     // the very user exists
	StagedUsername = "username" // the username belongs to somebody else
	StagedID       = "id"       // the id belongs to somebody else
)

// StagedRow is a row that is not simply new.
type StagedRow struct {
	Line  int64
	State string
}

// StageUsers puts rows into a table of this transaction, by COPY, and says which of them meet somebody. E-mails are
// compared without regard to case. It must run inside PinnedTransaction.
func (d *DB) StageUsers(ctx context.Context, rows []ImportedUser) ([]StagedRow, error) {
	columns, names := []string{}, []string{}
	for _, c := range stagedColumns() {
		columns = append(columns, c.name+" "+c.typ)
		names = append(names, c.name)
	}
	names = append(names, "line", "given")
	create := `CREATE TEMP TABLE IF NOT EXISTS axisor_import_user (` + strings.Join(columns, ", ") +
		`, line bigint, given bigint, state text, target text) ON COMMIT DROP`
	err := d.withConn(ctx, func(c *Conn) error {
		for _, sql := range []string{create, "TRUNCATE axisor_import_user"} {
			if _, err := c.Exec(ctx, sql); err != nil {
				return err
			}
		}
		_, err := c.CopyFrom(ctx, pgx.Identifier{"axisor_import_user"}, names, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			return rows[i].cells(), nil
		}))
		if err != nil {
			return err
		}
		for _, sql := range []string{"ANALYZE axisor_import_user", `
			UPDATE axisor_import_user s SET target = e.id, state = CASE
				WHEN u.id IS NOT NULL AND u.id IS DISTINCT FROM e.id THEN 'username'
				WHEN i.id IS NOT NULL AND i.id IS DISTINCT FROM e.id THEN 'id'
				WHEN e.id IS NOT NULL THEN 'same' END
			FROM axisor_import_user k
			LEFT JOIN "User" e ON lower(e.email) = k.email
			LEFT JOIN "User" u ON u.username = k.username
			LEFT JOIN "User" i ON i.id = k.id
			WHERE k.line = s.line AND (e.id IS NOT NULL OR u.id IS NOT NULL OR i.id IS NOT NULL)`} {
			if _, err := c.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stage users: %w", err)
	}
	var met []StagedRow
	err = d.Gorm(ctx).Raw("SELECT line, state FROM axisor_import_user WHERE state IS NOT NULL ORDER BY line").Scan(&met).Error
	if err != nil {
		return nil, fmt.Errorf("look up staged users: %w", err)
	}
	return met, nil
}

// InsertStaged adds the staged users that meet nobody, with a security event for each that brings a password, and
// returns their ids. Fewer than expected means that somebody else was faster.
func (d *DB) InsertStaged(ctx context.Context, details models.JSON, now time.Time) ([]string, error) {
	var names, values []string
	for _, c := range stagedColumns() {
		names = append(names, c.name)
		if c.name == "id" {
			values = append(values, "COALESCE(id, gen_random_uuid()::text)")
			continue
		}
		if c.name == "email_verified" {
			values = append(values, fmt.Sprintf("CASE WHEN given & %d = 0 THEN @admit ELSE email_verified END", c.bit))
			continue
		}
		values = append(values, c.name+c.cast)
	}
	// The web application lets nobody in whose address is not verified, and somebody whom an operator adds gets no mail.
	admit, err := d.Application(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = d.Gorm(ctx).Raw(`WITH added AS (
			INSERT INTO "User" (`+strings.Join(names, ", ")+`)
			SELECT `+strings.Join(values, ", ")+` FROM axisor_import_user WHERE state IS NULL ORDER BY line ON CONFLICT DO NOTHING
			RETURNING id, password_hash IS NOT NULL AS secured),
		logged AS (
			INSERT INTO "SecurityAuditLog" (user_id, action, success, details, created_at)
			SELECT id, 'PASSWORD_SET', true, CAST(@details AS jsonb), @now FROM added WHERE secured)
		SELECT id FROM added`, map[string]any{"admit": admit, "details": details, "now": now.UTC()}).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("insert staged users: %w", err)
	}
	return ids, nil
}

// UpdatedUser is a user before and after an import changed it.
type UpdatedUser struct{ Before, After models.User }

// stagedEffects are assignments to columns that no import names and that follow from one that it names: with a new
// password goes a pending reset, with two-factor login its secret, with a verified address the link that was mailed for it.
func stagedEffects() string {
	off := fmt.Sprintf("s.given & %d > 0 AND u.two_factor_enabled AND s.two_factor_enabled IS NOT TRUE", GivenTwoFactor)
	verified := fmt.Sprintf("s.given & %d > 0 AND s.email_verified AND u.email_verified IS NOT TRUE", GivenVerified)
	var set []string
	for _, c := range []struct{ column, cleared string }{ // in one order, so that the server sees one statement
		{"password_reset_token", newPassword()}, {"two_factor_secret", off}, {"two_factor_backup_codes", off}, {"email_verification_token", verified},
	} {
		set = append(set, fmt.Sprintf("%s = CASE WHEN %s THEN NULL ELSE u.%s END", c.column, c.cleared, c.column))
	}
	return strings.Join(set, ", ")
}

// newPassword is whether a staged row brings another password than its user has.
func newPassword() string {
	return fmt.Sprintf("s.given & %d > 0 AND s.password_hash IS DISTINCT FROM u.password_hash", GivenPassword)
}

// UpdateStaged writes what the import names about users who exist, and returns those that this changes. The others are
// left alone.
func (d *DB) UpdateStaged(ctx context.Context, now time.Time) ([]UpdatedUser, error) {
	var set, is, becomes []string
	for _, c := range stagedColumns() {
		if c.keep {
			continue
		}
		otherwise := "u." + c.name
		switch c.name {
		case "login_attempts":
			otherwise = "CASE WHEN " + newPassword() + " THEN 0 ELSE u.login_attempts END"
		case "locked_until":
			otherwise = "CASE WHEN " + newPassword() + " THEN NULL ELSE u.locked_until END"
		}
		value := fmt.Sprintf("CASE WHEN s.given & %d > 0 THEN s.%s%s ELSE %s END", c.bit, c.name, c.cast, otherwise)
		set = append(set, c.name+" = "+value)
		is, becomes = append(is, "u."+c.name), append(becomes, value)
	}
	var before, after []models.User
	// A statement of its own: a lock taken by the statement that updates skips the rows it has updated.
	err := d.Gorm(ctx).Raw(`SELECT u.* FROM "User" u JOIN axisor_import_user s ON s.target = u.id WHERE s.state = 'same'
		ORDER BY u.id FOR UPDATE OF u`).Scan(&before).Error
	if err != nil {
		return nil, fmt.Errorf("lock users: %w", err)
	}
	err = d.Gorm(ctx).Raw(`UPDATE "User" u SET `+strings.Join(set, ", ")+`, `+stagedEffects()+`, updated_at = @now
		FROM axisor_import_user s
		WHERE s.state = 'same' AND u.id = s.target AND (`+strings.Join(is, ", ")+`) IS DISTINCT FROM (`+strings.Join(becomes, ", ")+`)
		RETURNING u.*`, map[string]any{"now": now.UTC()}).Scan(&after).Error
	if err != nil {
		return nil, fmt.Errorf("update staged users: %w", err)
	}
	was := make(map[string]models.User, len(before))
	for _, u := range before {
		was[u.ID] = u
	}
	changed := make([]UpdatedUser, len(after))
	for i, u := range after {
		changed[i] = UpdatedUser{was[u.ID], u}
	}
	return changed, nil
}

// PasswordHashes returns the hash of each user who has one of the lower-case e-mails, by that e-mail; "" for one
// without a password.
func (d *DB) PasswordHashes(ctx context.Context, emails []string) (map[string]string, error) {
	var found []struct{ Email, Hash string }
	err := d.Gorm(ctx).Raw(`SELECT lower(email) AS email, COALESCE(password_hash, '') AS hash FROM "User" WHERE lower(email) = ANY(?::text[])`,
		models.Texts(emails)).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("look for e-mails: %w", err)
	}
	known := make(map[string]string, len(found))
	for _, u := range found {
		known[u.Email] = u.Hash
	}
	return known, nil
}

// PinnedTransaction is Transaction on a connection that WithPgx hands out inside of it, for COPY. Through a pooler that
// the address does not name it fails before it begins.
func (d *DB) PinnedTransaction(ctx context.Context, fn func(tx *DB) error) error {
	if d.inTx {
		return ErrInTransaction
	}
	var inner error
	err := d.slot(ctx, func() error {
		conn, err := d.pool.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close() // gives the connection back
		if !d.target.Pooler {
			if err := d.checked(ctx, conn); err != nil {
				return nameable(err)
			}
		}
		g := d.g.Session(&gorm.Session{NewDB: true, Context: ctx})
		g.Statement.ConnPool = d.named(conn)
		pinned := &DB{core: d.core, g: g, pinned: conn}
		return pinned.savepoint(ctx, func(tx *DB) error {
			inner = fn(tx)
			return inner
		})
	})
	if inner != nil && errors.Is(err, inner) {
		return err
	}
	return d.translate(ctx, err)
}
