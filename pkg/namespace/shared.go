package namespace

// Found is what FindShared finds.
type Found struct {
	Schema string // of the shared tables, or where they would be made; "" when nowhere
	There  bool   // the shared tables are there, as far as anything says
	App    bool   // they have the web application's names
	Home   bool   // axisor's own schema is there
}

// ReadFound reads the row of FindShared, of database/sql or of pgx.
func ReadFound(row interface{ Scan(into ...any) error }) (f Found, err error) {
	err = row.Scan(&f.Schema, &f.There, &f.App, &f.Home)
	return f, err
}
