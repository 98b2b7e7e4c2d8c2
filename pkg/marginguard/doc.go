// Package marginguard decides when a leveraged position needs more margin and
// carries the decision out exactly once.
//
// It has two halves. Decide is a pure function: configuration, positions,
// prices, balance, caps and a clock go in, one Verdict per position comes out.
// Runner does the rest over small interfaces that it declares itself: it reads
// targets, writes an intent before every call that moves money, reads the
// position back afterwards, and keeps one user's trouble away from all others.
//
// The package knows nothing of databases, HTTP, encryption or the command
// line. It prints nothing; a Result says what happened and why.
package marginguard
