package admin

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// ImportRow is one row of a file: values by column name, nil for null.
type ImportRow struct {
	Line   int64
	Values map[string]*string
	Text   string // the row as it is, where Values do not hold all of it
	Err    error  // the row could not be read
}

// size is how much text of the row there is, in bytes.
func (r *ImportRow) size() int {
	n := len(r.Text)
	for _, v := range r.Values {
		n += len(models.Deref(v))
	}
	return n
}

// ImportColumns are the columns an import understands: those that an export writes, and the two ways to a password.
func ImportColumns() []string {
	return []string{
		"id", "email", "username", "plan_type", "is_active", "email_verified", "two_factor_enabled", "login_attempts", "locked_until",
		"last_login_at", "last_login_ip", "social_provider", "preferences", "created_at", "updated_at", "password", "password_hash",
	}
}

// ImportSecrets are the columns whose values must not be repeated anywhere.
func ImportSecrets() []string { return []string{"password", "password_hash"} }

// maxImportText bounds free text of an import, such as an id.
const maxImportText = 200

// candidate is a checked row that may still need its password hashed.
type candidate struct {
	from     ImportRow
	row      store.ImportedUser
	password secret.Secret
}

// stamped fills in the times that the row does not name.
func (c candidate) stamped(now time.Time) store.ImportedUser {
	r := c.row
	if r.Given&store.GivenCreatedAt == 0 {
		r.CreatedAt = now
	}
	if r.Given&store.GivenUpdatedAt == 0 {
		r.UpdatedAt = now
	}
	return r
}

// candidate checks one row by the rules that apply to a single new user.
func (s *Service) candidate(in ImportRow) (candidate, error) {
	c := candidate{from: in, row: store.ImportedUser{
		Line: in.Line, Plan: string(models.PlanFree), Active: true, EmailVerified: new(false), TwoFactorEnabled: new(false), LoginAttempts: new(int32(0)),
	}}
	if in.Err != nil {
		return c, in.Err
	}
	p := &cellParser{values: in.Values, row: &c.row}
	email, err := normalEmail(p.text("email"))
	if err != nil {
		return c, err
	}
	c.row.Email = email
	c.row.Username = p.text("username")
	if err := checkUsername(c.row.Username); err != nil {
		return c, err
	}
	c.row.Given |= store.GivenUsername
	p.id()
	p.plan()
	p.flag("is_active", store.GivenActive, func(v bool) { c.row.Active = v }, nil)
	p.flag("email_verified", store.GivenVerified, func(v bool) { c.row.EmailVerified = &v }, func() { c.row.EmailVerified = nil })
	p.flag("two_factor_enabled", store.GivenTwoFactor, func(v bool) { c.row.TwoFactorEnabled = &v }, func() { c.row.TwoFactorEnabled = nil })
	p.attempts()
	c.row.LockedUntil = p.time("locked_until", store.GivenLockedUntil)
	c.row.LastLoginAt = p.time("last_login_at", store.GivenLastLoginAt)
	if t := p.time("created_at", store.GivenCreatedAt); t != nil {
		c.row.CreatedAt = *t
	} else {
		c.row.Given &^= store.GivenCreatedAt
	}
	if t := p.time("updated_at", store.GivenUpdatedAt); t != nil {
		c.row.UpdatedAt = *t
	} else {
		c.row.Given &^= store.GivenUpdatedAt
	}
	c.row.LastLoginIP = p.free("last_login_ip", store.GivenLastLoginIP)
	c.row.SocialProvider = p.free("social_provider", store.GivenSocial)
	p.preferences()
	c.password = p.password(s.opts.Passwords)
	return c, p.err
}

// cellParser reads the cells of one row; the first that is wrong stays in err.
type cellParser struct {
	values map[string]*string
	row    *store.ImportedUser
	err    error
}

func (p *cellParser) fail(field, value, rule string) {
	if p.err == nil {
		p.err = &InputError{Field: field, Value: value, Rule: rule}
	}
}

func (p *cellParser) text(name string) string { return models.Deref(p.values[name]) }

// cell returns a value that is there and not null, and marks the column as named.
func (p *cellParser) cell(name string, bit int64) (text string, value bool) {
	v, named := p.values[name]
	if !named {
		return "", false
	}
	p.row.Given |= bit
	if v == nil {
		return "", false
	}
	return *v, true
}

func (p *cellParser) id() {
	text, ok := p.cell("id", store.GivenID)
	if !ok {
		return
	}
	if text == "" || len(text) > maxImportText || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		p.fail("id", text, "it must be 1 to 200 visible ASCII characters")
		return
	}
	p.row.ID = &text
}

func (p *cellParser) plan() {
	text, ok := p.cell("plan_type", store.GivenPlan)
	if !ok {
		p.row.Given &^= store.GivenPlan // a user is always on a plan
		return
	}
	plan, err := ParsePlan(text)
	if err != nil {
		p.fail("plan_type", text, "no such plan")
	}
	p.row.Plan = string(plan)
}

func (p *cellParser) flag(name string, bit int64, set func(bool), null func()) {
	text, ok := p.cell(name, bit)
	if !ok {
		if _, named := p.values[name]; named && null != nil {
			null()
		} else {
			p.row.Given &^= bit
		}
		return
	}
	v, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		p.fail(name, text, "it must be true or false")
	}
	set(v)
}

func (p *cellParser) attempts() {
	text, ok := p.cell("login_attempts", store.GivenAttempts)
	if !ok {
		if _, named := p.values["login_attempts"]; named {
			p.row.LoginAttempts = nil
		}
		return
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		p.fail("login_attempts", text, "it must be a whole number from 0")
	}
	p.row.LoginAttempts = new(int32(n))
}

func (p *cellParser) time(name string, bit int64) *time.Time {
	text, ok := p.cell(name, bit)
	if !ok {
		return nil
	}
	t, err := models.ParseTime(text)
	if err != nil {
		p.fail(name, text, "it must be a time between 1970 and 2200 such as 2026-08-12T09:30:00Z")
	}
	return &t
}

func (p *cellParser) free(name string, bit int64) *string {
	text, ok := p.cell(name, bit)
	if !ok {
		return nil
	}
	if len(text) > maxImportText || strings.ContainsRune(text, 0) {
		p.fail(name, "", "it is too long or not text")
	}
	if _, err := netip.ParseAddr(text); name == "last_login_ip" && err != nil {
		p.fail(name, text, "it must be an IP address")
	}
	return &text
}

func (p *cellParser) preferences() {
	text, ok := p.cell("preferences", store.GivenPreferences)
	if !ok {
		return
	}
	if err := checkPreferences(models.JSON(text)); err != nil && p.err == nil {
		p.err = err
	}
	p.row.Preferences = &text
}

// password reads the clear password or takes the ready hash. Neither is ever part of an error.
func (p *cellParser) password(policy crypto.Policy) secret.Secret {
	hash, hashed := p.cell("password_hash", store.GivenPassword)
	clearText, given := p.cell("password", store.GivenPassword)
	switch {
	case hashed && given:
		p.fail("password", "", "give either password or password_hash")
	case hashed:
		if !crypto.BcryptHash(hash) {
			p.fail("password_hash", "", "it is not a bcrypt hash")
		}
		p.row.PasswordHash = &hash
	case given:
		pw := secret.New(clearText)
		if err := CheckPassword(policy, pw); err != nil && p.err == nil {
			p.err = err
		}
		return pw
	default:
		p.row.Given &^= store.GivenPassword // an empty cell takes nobody's password away
	}
	return secret.Secret{}
}

// hash turns clear passwords into hashes, on all processors, outside of any transaction. Users who will be skipped
// cost nothing, so that an import that was killed is quickly where it stopped. A password that a user has already is
// no change: the second run of a file ends nobody's sessions. A dry run hashes nothing.
func (im *importer) hash(ctx context.Context, db *store.DB, b []candidate) error {
	var emails []string
	for _, c := range b {
		if !c.password.IsZero() {
			emails = append(emails, c.row.Email)
		}
	}
	if len(emails) == 0 {
		return nil
	}
	known, err := db.PasswordHashes(ctx, emails)
	if err != nil {
		return err
	}
	work := make(chan int)
	var wg sync.WaitGroup
	errs := make([]error, len(b))
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				errs[i] = im.hashOne(&b[i], known[b[i].row.Email])
			}
		})
	}
	for i := range b {
		_, exists := known[b[i].row.Email]
		if b[i].password.IsZero() || exists && im.o.OnConflict != OnConflictUpdate || ctx.Err() != nil {
			continue
		}
		work <- i
	}
	close(work)
	wg.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return fmt.Errorf("line %d: %w", b[i].row.Line, errs[i])
	}
	return ctx.Err()
}

// hashOne hashes the password of one row, unless its user, who has the hash old, has it already.
func (im *importer) hashOne(c *candidate, old string) error {
	if old != "" {
		if same, err := crypto.CheckPassword(old, c.password); err == nil && same {
			c.row.Given &^= store.GivenPassword
			return nil
		}
	}
	hash := "not hashed in a dry run"
	if !im.mode.DryRun {
		var err error
		if hash, err = crypto.HashPassword(c.password); err != nil {
			return err
		}
	}
	c.row.PasswordHash = &hash
	return nil
}

// conflict is the error of a row whose user exists, or whose names are taken.
func (im *importer) conflict(c candidate, state string) error {
	e := &ConflictError{Kind: "user", Code: "user_exists", Field: "email", Value: c.row.Email, Hint: "add --on-conflict skip or --on-conflict update"}
	e.Message = fmt.Sprintf("line %d: a user with email %q exists", c.row.Line, c.row.Email)
	switch state {
	case store.StagedUsername:
		e.Message = fmt.Sprintf("line %d: the username %q belongs to another user", c.row.Line, c.row.Username)
	case store.StagedID:
		e.Message = fmt.Sprintf("line %d: the id %q belongs to another user", c.row.Line, models.Deref(c.row.ID))
	}
	if im.result.Created > 0 && !im.mode.DryRun {
		e.Message += fmt.Sprintf("; %d users of earlier batches are in", im.result.Created)
	}
	return e
}
