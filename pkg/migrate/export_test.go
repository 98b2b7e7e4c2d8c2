package migrate

// NewFrom is New over other files.
var NewFrom = newMigrator

// BaselineVersion is baselineVersion.
const BaselineVersion = baselineVersion
