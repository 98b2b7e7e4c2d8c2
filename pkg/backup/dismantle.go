package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	dismantleAttempts = 50
	dismantlePause    = 100 * time.Millisecond
)

// dismantle drops a database of ours whatever is in it. A subscription, a prepared transaction, a replication slot
// or the mark of a template each keep DROP DATABASE from working. Never for a database that somebody uses: the slot
// of a subscription stays at its publisher.
func dismantle(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	err := dropDatabase(ctx, e, conn, name)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if conn.IsClosed() {
		fresh, cerr := e.connect(ctx)
		if cerr != nil {
			return errors.Join(err, cerr)
		}
		defer e.close(ctx, fresh)
		conn = fresh
	}
	for range dismantleAttempts {
		if cerr := clearDatabase(ctx, e, conn, name); cerr != nil {
			err = errors.Join(err, cerr)
		} else if err = dropDatabase(ctx, e, conn, name); err == nil {
			return nil
		}
		if !hasState(err, "55006") { // in use: a worker or a slot needs a moment
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(dismantlePause):
		}
	}
	return err
}

// clearDatabase removes what keeps a database from being dropped.
func clearDatabase(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	quoted := pgx.Identifier{name}.Sanitize()
	var template, open bool
	err := conn.QueryRow(ctx, "SELECT datistemplate, datallowconn FROM pg_database WHERE datname = $1", name).Scan(&template, &open)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return e.classify(ctx, "look at database "+name, err)
	}
	if template {
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+quoted+" IS_TEMPLATE false"); err != nil {
			return e.classify(ctx, "unmark template "+name, err)
		}
	}
	if err := dropSlots(ctx, e, conn, name); err != nil {
		return err
	}
	subscriptions, err := namesOf(ctx, e, conn, "SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE datname = $1", name)
	if err != nil {
		return err
	}
	prepared, err := namesOf(ctx, e, conn, "SELECT gid FROM pg_prepared_xacts WHERE database = $1", name)
	if err != nil || len(subscriptions)+len(prepared) == 0 {
		return err
	}
	if !open {
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+quoted+" ALLOW_CONNECTIONS true"); err != nil {
			return e.classify(ctx, "open database "+name, err)
		}
	}
	super := conn.PgConn().ParameterStatus("is_superuser") == "on"
	major := 0
	if v, verr := ParseVersion(conn.PgConn().ParameterStatus("server_version")); verr == nil {
		major = v.Major
	}
	return clearInside(ctx, e, name, super, major, subscriptions, prepared)
}

func namesOf(ctx context.Context, e *endpoint, conn *pgx.Conn, query, name string) ([]string, error) {
	rows, err := conn.Query(ctx, query, name)
	if err != nil {
		return nil, e.classify(ctx, "look into database "+name, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, e.classify(ctx, "look into database "+name, err)
}

// dropSlots ends and removes the logical replication slots of a database.
func dropSlots(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	slots, err := namesOf(ctx, e, conn, "SELECT slot_name FROM pg_replication_slots WHERE database = $1", name)
	if err != nil {
		return err
	}
	for _, slot := range slots {
		_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL", slot)
		if err == nil {
			_, err = conn.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", slot)
		}
		if err != nil {
			return e.classify(ctx, "drop replication slot "+slot, err)
		}
	}
	return nil
}

// clearInside removes what can only be removed from inside. Event triggers must not run: they would run with our
// rights.
func clearInside(ctx context.Context, e *endpoint, name string, super bool, major int, subscriptions, prepared []string) error {
	inside := e.clone()
	inside.config.Database = name
	if super {
		inside.config.RuntimeParams["session_replication_role"] = "replica"
		if major >= 17 {
			inside.config.RuntimeParams["event_triggers"] = "off"
		}
	}
	conn, err := inside.connect(ctx)
	if err != nil {
		return err
	}
	defer inside.close(ctx, conn)
	var last error
	for _, s := range subscriptions {
		quoted := "ALTER SUBSCRIPTION " + pgx.Identifier{s}.Sanitize()
		for _, sql := range []string{quoted + " DISABLE", quoted + " SET (slot_name = NONE)", "DROP SUBSCRIPTION " + pgx.Identifier{s}.Sanitize()} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				last = inside.classify(ctx, "remove subscription "+s+" of database "+name, err)
				break
			}
		}
	}
	for _, gid := range prepared {
		if _, err := conn.Exec(ctx, "ROLLBACK PREPARED "+quoteLiteral(gid)); err != nil {
			last = inside.classify(ctx, "undo prepared transaction of database "+name, err)
		}
	}
	return last
}

// dropScratch drops a scratch database and the login that it belongs to.
func dropScratch(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	if err := dismantle(ctx, e, conn, name); err != nil {
		return err
	}
	if conn.IsClosed() {
		fresh, err := e.connect(ctx)
		if err != nil {
			return err
		}
		defer e.close(ctx, fresh)
		conn = fresh
	}
	if _, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+pgx.Identifier{name}.Sanitize()); err != nil {
		return e.classify(ctx, fmt.Sprintf("drop role %s", name), err)
	}
	return nil
}
