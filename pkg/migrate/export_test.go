package migrate

// NewFrom is New over other files.
var NewFrom = newMigrator
