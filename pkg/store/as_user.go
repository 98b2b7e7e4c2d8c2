package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// ErrAsUser means that this login cannot take the role of the users.
var ErrAsUser = errors.New("cannot become the role " + RoleAuthenticated)

// AsUser gives a database on which every query sees what the user of that id may see: one read-only transaction in
// which the role is RoleAuthenticated and app.current_user_id the user. Both are local to the transaction, so nothing
// of it is left on a connection that the pool, or a pooler, hands to somebody else. Close it by the returned
// function; what fails in between ends the transaction for all later queries.
func (d *DB) AsUser(ctx context.Context, userID string) (*DB, func() error, error) {
	if d.inTx {
		return nil, nil, ErrInTransaction
	}
	if userID == "" {
		return nil, nil, &ArgumentError{Name: "user", Value: userID, Rule: "must be an id"}
	}
	if err := d.acquire(ctx); err != nil {
		return nil, nil, d.translate(ctx, err)
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		d.core.release()
		return nil, nil, d.translate(ctx, err)
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	end := func() error {
		var err error
		if tx != nil {
			err = tx.Rollback()
		}
		err = errors.Join(err, conn.Close())
		d.core.release()
		if errors.Is(err, sql.ErrTxDone) { // the context ended it
			return nil
		}
		return err
	}
	for _, command := range append(slices.Clone(d.local), "SET LOCAL row_security = on", "SET LOCAL ROLE "+RoleAuthenticated) {
		if err == nil {
			_, err = tx.ExecContext(ctx, command)
		}
	}
	var role, user string
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT current_user, set_config('app.current_user_id', $1, true)", userID).Scan(&role, &user)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42501" || pg.Code == "22023") { // not a member, or no such role
		err = fmt.Errorf("%w: %w", ErrAsUser, d.translate(ctx, err))
	}
	if err == nil && (role != RoleAuthenticated || user != userID) {
		err = fmt.Errorf("%w: the server answers as %q", ErrAsUser, role)
	}
	if err != nil {
		return nil, nil, errors.Join(d.translate(ctx, err), end())
	}
	fenced := *d.core
	fenced.narrow, fenced.fenced = true, true
	// Whoever goes around the transaction gets an error and not everybody's rows.
	fenced.pool = sql.OpenDB(fence{})
	if err := fenced.pool.Close(); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	g := d.g.Session(&gorm.Session{NewDB: true, Context: ctx}).Set(narrowKey, true)
	g.Statement.ConnPool = d.named(tx)
	g = g.Session(&gorm.Session{})
	return &DB{core: &fenced, g: g, inTx: true, pinned: conn}, end, nil
}

// within runs fn while the transaction of AsUser is open, and ends the connection when fn ended the transaction: what
// came after would run as the login itself.
func (d *DB) within(ctx context.Context, fn func(*pgx.Conn) error) func(*pgx.Conn) error {
	over := errors.New("the transaction of the user's session has ended")
	return func(c *pgx.Conn) error {
		if c.PgConn().TxStatus() == 'I' {
			return over
		}
		err := fn(c)
		if !c.IsClosed() && c.PgConn().TxStatus() == 'I' {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			return errors.Join(err, over, c.Close(ctx))
		}
		return err
	}
}

// fence is a pool's connector that connects nobody.
type fence struct{}

// Connect implements driver.Connector.
func (fence) Connect(context.Context) (driver.Conn, error) { return nil, ErrInTransaction }

// Driver implements driver.Connector.
func (fence) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// supportLogin tells whether the sessions of an address belong to the role of support, which may not read secrets.
func (t Target) supportLogin() bool {
	role := t.Settings["role"]
	for word := range strings.FieldsSeq(strings.ReplaceAll(t.Params.Get("options"), "-c", " ")) {
		if value, ok := strings.CutPrefix(word, "role="); ok {
			role = value
		}
	}
	return role == RoleSupport || role == "" && t.User == RoleSupport
}

// withoutSecrets keeps the columns that hold secrets out of a statement, for a role that may not read them: it would be
// refused for a column that nobody wants to see. Lists of columns that derive something from a secret have a form
// without it.
func withoutSecrets(tx *gorm.DB) {
	s := tx.Statement
	for i, columns := range s.Selects {
		switch columns {
		case accountColumns, credentialColumns:
			s.Selects[i], _, _ = strings.Cut(columns, sealedFields)
		case paymentColumns:
			s.Selects[i] = publicColumns("Payment", models.Payment{}, tx) + strings.TrimPrefix(columns, `"Payment".*`)
		}
	}
	if len(s.Selects) > 0 || s.Schema == nil {
		return
	}
	for _, column := range s.Schema.DBNames {
		if secretName(column) && !slices.Contains(s.Omits, column) {
			s.Omits = append(s.Omits, column)
		}
	}
}

// publicColumns lists the columns of a row's table that hold no secret.
func publicColumns(table string, row any, tx *gorm.DB) string {
	parsed := gorm.Statement{DB: tx}
	if err := parsed.Parse(row); err != nil {
		_ = tx.AddError(err)
		return ""
	}
	var list []string
	for _, column := range parsed.Schema.DBNames {
		if !secretName(column) {
			list = append(list, quoted(table)+"."+quoted(column))
		}
	}
	return strings.Join(list, ", ")
}
