package migrate

// What the tests outside the package need of its inside.
const LockKey = lockKey

// NewFrom is New over other files.
var NewFrom = newMigrator //nolint:gochecknoglobals // an alias for tests
