// Package credential holds what the commands on accounts and on credentials share: reading secret values from a
// person, a file or a pipe, and testing stored ones against their exchange. It prints no value and has no command.
package credential
