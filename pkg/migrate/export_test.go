package migrate

// NewFrom is New over other files.
var NewFrom = newMigrator //nolint:gochecknoglobals // an alias for tests
