// Package dark keeps the terminal libraries from asking the terminal for its background colour. Bubble Tea asks in
// its own package initialisation, so at the start of every invocation whose output is a terminal, also of one that never
// shows a form: a round trip over ssh, five seconds on a terminal that does not answer, and an answer that ends up on the
// prompt. Whoever shows a form or a screen imports this package.
//
// It works because packages that are ready to be initialised are initialised in the order of their paths (Go
// specification, program initialisation), and this one, which needs no more than Lip Gloss, sorts before Bubble Tea.
package dark

import "github.com/charmbracelet/lipgloss"

var _ = assume()

// assume settles the question: our screens use the terminal's own colours, which suit either answer.
func assume() bool {
	lipgloss.SetHasDarkBackground(true)
	return true
}
