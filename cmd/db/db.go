// Package db holds the commands that look at the database server itself: is it there, how large are the tables,
// which indexes earn their room, who stops whom. It prints; pkg/store asks.
package db

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor db`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "db",
		Short: "The database server: reachable, size, indexes, roles, activity",
		Long: `Looks at the database server: whether it answers, how large the tables are, which indexes are missing, broken,
unused or double, which roles there are and who waits for whom. "shell" starts psql on it.`,
		Example: `  axisor db ping
  axisor db index --problems
  axisor db activity`,
	}
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(newPing(a), newSize(a), newIndex(a), newActivity(a), newShell(a), newRoles(a), newNotify(a))
	return c
}

// unreachable are the codes of a command that looks at the server, with what else may happen.
func unreachable(more ...exits.Code) []exits.Code {
	return exits.Configured(append(more, exits.On(clierr.Unavailable, "no database"))...)
}

type pingView struct {
	Server    string `json:"server"` // host, port and database, without a password
	Version   string `json:"version"`
	Database  string `json:"database"`
	Role      string `json:"role"`
	Schema    string `json:"schema"`
	Standby   bool   `json:"standby"`
	TLS       bool   `json:"tls"`
	Pooler    bool   `json:"pooler"` // something between this program and the server
	Bytes     int64  `json:"bytes"`
	LatencyUs int64  `json:"latency_us"`
}

func newPing(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "ping", Short: "Ask the database for a sign of life",
			Long:     `Connects, and shows which server answered, as whom, and how long one round trip takes on an open connection.`,
			Examples: []string{"axisor db ping", "axisor db ping -o json --jq .latency_us"},
			Exits: exits.Configured(exits.On(clierr.Denied, "the login is refused"), exits.On(clierr.Config, "no address"),
				exits.On(clierr.Unavailable, "nobody answers")),
		},
		Fields: output.Fields[pingView](), Server: ping,
	}.Build(a)
}

func ping(ctx context.Context, call *verb.Call, db *store.DB) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	began := call.Now()
	if err := db.Ping(ctx); err != nil {
		return err
	}
	took := call.Now().Sub(began)
	s, err := db.Server(ctx)
	if err != nil {
		return err
	}
	pooler, err := db.ThroughPooler(ctx)
	if err != nil {
		return err
	}
	if pooler && !db.Target().Pooler && !call.Print.Machine() {
		call.Print.Warn("a pooler is in between, and the address does not say so: add pgbouncer=true to its parameters")
	}
	return output.One(call.Print, output.Desc{Noun: "server", ID: "server"}, pingView{
		Server: db.Target().String(), Version: s.Version, Database: s.Database, Role: s.Role, Schema: s.Schema,
		Standby: s.Recovery, TLS: s.TLS, Pooler: pooler, Bytes: s.Bytes, LatencyUs: took.Microseconds(),
	}, nil)
}

type sizeView struct {
	Table       string       `json:"table"`
	Rows        *int64       `json:"rows"` // estimate; null when never counted
	TableBytes  int64        `json:"table_bytes"`
	IndexBytes  int64        `json:"index_bytes"`
	TotalBytes  int64        `json:"total_bytes"`
	DeadRows    int64        `json:"dead_rows"`
	LastVacuum  *output.Time `json:"last_vacuum"`
	LastAnalyze *output.Time `json:"last_analyze"`
	Advice      *string      `json:"advice"` // vacuum, analyze
}

func newSize(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "size", Short: "Show how much room each table takes, largest first",
			Long: `Lists the tables with the planner's estimate of their rows, their bytes and those of their indexes, dead rows, and
whether VACUUM or ANALYZE is overdue. It reads the catalog only, however large the tables are.`,
			Examples: []string{"axisor db size", "axisor db size -o json --jq '.items[] | select(.advice)'"},
			Exits:    unreachable(),
		},
		Fields: output.Fields[sizeView](), Server: size,
	}.Build(a)
}

func size(ctx context.Context, call *verb.Call, db *store.DB) error {
	tables, err := db.TableSizes(ctx)
	if err != nil {
		return err
	}
	views := make([]sizeView, 0, len(tables))
	for _, t := range tables {
		v := sizeView{
			Table: t.Name, TableBytes: t.TableBytes, IndexBytes: t.IndexBytes, TotalBytes: t.AllBytes, DeadRows: t.DeadRows,
			LastVacuum: output.AtPtr(t.LastVacuum), LastAnalyze: output.AtPtr(t.LastAnalyze), Advice: output.Optional(t.Advice),
		}
		if t.Rows >= 0 {
			v.Rows = &t.Rows
		}
		views = append(views, v)
	}
	desc := output.Desc{Noun: "tables", ID: "table", Columns: []output.Column{
		{Field: "table"},
		{Field: "rows"},
		{Field: "total_bytes", Header: "BYTES"},
		{Field: "index_bytes", Header: "INDEXES", Drop: 2},
		{Field: "dead_rows", Drop: 3},
		{Field: "last_analyze", Drop: 4},
		{Field: "advice", Wrap: true},
	}}
	return output.Slice(call.Print, desc, views)
}
