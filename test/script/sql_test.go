package script

import (
	"database/sql"
	"os"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/rogpeppe/go-internal/testscript"
)

// statements runs a file of SQL, or the words of one statement, in the script's database: sql FILE, sql STATEMENT.
// The name "prisma" stands for what Prisma makes of the design's models.
func statements(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: sql FILE|STATEMENT")
	}
	text := args[0]
	switch filepath.Ext(text) {
	case ".sql":
		text = ts.ReadFile(text)
	default:
		if text == "prisma" {
			raw, err := os.ReadFile("../prisma/prisma_schema.sql")
			ts.Check(err)
			text = string(raw)
		}
	}
	db, err := sql.Open("pgx", ts.Getenv("DATABASE_URL"))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(text)
	if neg {
		if err == nil {
			ts.Fatalf("the server took it")
		}
		return
	}
	ts.Check(err)
}
