package backup

import (
	"context"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// chooseTables finds the tables that were asked for, by their whole names. A partitioned table stands for all its
// partitions, at every depth.
func (r *Repository) chooseTables(ctx context.Context, e Entry, names []string, server *endpoint, conn *pgx.Conn, identities []age.Identity) ([]TableRows, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if !e.Manifest.RowsCounted {
		return nil, &InputError{Field: "table", Value: names[0], Rule: "cannot be chosen: the backup has no list of tables (it was made with --no-counts)"}
	}
	contents, err := r.contents(ctx, e, identities)
	if err != nil {
		return nil, err
	}
	c := &chooser{encoding: contents.Encoding(), ctx: ctx, server: server, conn: conn, partitions: contents.Partitions()}
	tables := slices.Clone(e.Manifest.Tables)
	for i := range tables {
		t := &tables[i]
		t.rawSchema, t.rawName = c.raw(t.Schema), c.raw(t.Name)
	}
	var out []TableRows
	for _, name := range names {
		found, err := c.find(tables, name)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if !slices.ContainsFunc(out, func(o TableRows) bool { return o.raw() == t.raw() }) {
				out = append(out, t)
			}
		}
	}
	return out, c.err
}

// chooser compares names in the encoding of an archive.
type chooser struct {
	encoding   string
	ctx        context.Context // of one choice
	server     *endpoint
	conn       *pgx.Conn
	partitions map[toc.Table][]toc.Table
	err        error
}

// raw is a name in the encoding of the archive. The server knows how.
func (c *chooser) raw(name string) string {
	if isASCII(name) || c.encoding == "UTF8" || c.encoding == "SQL_ASCII" || c.encoding == "MULE_INTERNAL" || c.err != nil {
		return name
	}
	var raw []byte
	if err := c.conn.QueryRow(c.ctx, "SELECT convert($1::bytea, 'UTF8', $2)", []byte(name), c.encoding).Scan(&raw); err != nil {
		c.err = c.server.classify(c.ctx, "read the name "+name, err)
		return name
	}
	return string(raw)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

func (c *chooser) find(tables []TableRows, name string) ([]TableRows, error) {
	raw := c.raw(name)
	is := func(schema, table string) bool {
		return table == raw || schema+"."+table == raw
	}
	var schemas []string
	var out []TableRows
	for _, t := range tables {
		if is(t.rawSchema, t.rawName) {
			schemas, out = append(schemas, t.rawSchema), append(out, t)
		}
	}
	for parent := range c.partitions {
		if is(parent.Schema, parent.Name) && !slices.ContainsFunc(out, func(t TableRows) bool { return t.raw() == [2]string{parent.Schema, parent.Name} }) {
			schemas, out = append(schemas, parent.Schema), append(out, c.below(tables, parent)...)
		}
	}
	switch {
	case len(schemas) == 0:
		return nil, &InputError{Field: "table", Value: name, Rule: "is not in the backup; names are case-sensitive"}
	case len(schemas) > 1:
		return nil, &InputError{Field: "table", Value: name, Rule: "is in several schemas; say schema.table"}
	}
	return out, nil
}

// below lists the tables with rows below a partitioned one.
func (c *chooser) below(tables []TableRows, parent toc.Table) []TableRows {
	var out []TableRows
	for _, p := range c.partitions[parent] {
		at := slices.IndexFunc(tables, func(t TableRows) bool {
			return t.raw() == [2]string{p.Schema, p.Name} || t.Schema == asUTF8(p.Schema) && t.Name == asUTF8(p.Name)
		})
		if at >= 0 {
			t := tables[at]
			t.rawSchema, t.rawName = p.Schema, p.Name
			out = append(out, t)
		}
		out = append(out, c.below(tables, p)...)
	}
	return out
}

// chosenOnly leaves out the rows of tables that were not chosen, and the foreign keys, which could not hold without
// them.
func chosenOnly(chosen []TableRows) func(toc.Entry) bool {
	if chosen == nil {
		return nil
	}
	wanted := map[[2]string]bool{}
	for _, t := range chosen {
		wanted[t.raw()] = true
	}
	return func(e toc.Entry) bool {
		switch e.Kind {
		case "TABLE DATA":
			return wanted[[2]string{e.Schema, e.Name}]
		case "FK CONSTRAINT", "MATERIALIZED VIEW DATA":
			return false
		}
		return !strings.HasPrefix(e.Kind, "BLOB")
	}
}
