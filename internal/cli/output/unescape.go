package output

import "strings"

// formula are the first characters that make a spreadsheet run a cell.
const formula = "=+-@\t\r"

// EscapeCell puts a quote before a text that a spreadsheet would run. A text that already begins with quotes and
// then such a character gets one more, so that unEscapeCell is its exact inverse.
func EscapeCell(text string) string {
	if inner := strings.TrimLeft(text, "'"); inner != "" && strings.ContainsRune(formula, rune(inner[0])) {
		return "'" + text
	}
	return text
}

// UnescapeCell takes the quote away again that csv output puts before a text that a spreadsheet would run.
func UnescapeCell(cell string) string {
	if inner := strings.TrimLeft(cell, "'"); strings.HasPrefix(cell, "'") && inner != "" && strings.ContainsRune(formula, rune(inner[0])) {
		return cell[1:]
	}
	return cell
}
