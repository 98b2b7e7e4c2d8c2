package docs

import (
	"regexp"
	"strings"
)

// block is a piece of code in a document.
type block struct {
	line     int    // of its first line of code
	language string // "" for code by indentation
	notRun   string // why it is not executed, from a comment in the line above; "" when it is
	text     string
}

// notRun marks the next block: <!-- not run: it installs a package -->.
var notRun = regexp.MustCompile(`^<!-- not run: (.+) -->$`)

// blocks takes a document apart. Fences are three backticks at the beginning of a line, as everywhere here.
func blocks(text string) []block {
	var out []block
	var open *block
	mark, blank := "", true
	for i, line := range strings.Split(text, "\n") {
		switch fence, isFence := strings.CutPrefix(line, "```"); {
		case isFence && open == nil:
			open = &block{line: i + 2, language: fence, notRun: mark}
		case isFence:
			out = append(out, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "    ") && (blank || len(out) > 0 && out[len(out)-1].line == i): // indented code
			out = append(out, block{line: i + 1, notRun: mark, text: strings.TrimSpace(line) + "\n"})
		}
		if m := notRun.FindStringSubmatch(line); m != nil {
			mark = m[1]
		} else if line != "" {
			mark = ""
		}
		blank = line == ""
	}
	return out
}

var (
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	comment  = regexp.MustCompile(`\s#.*`)
)

// commandLines are the invocations of axisor in code that is not executed.
func commandLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		if strings.HasPrefix(line, "axisor ") {
			out = append(out, line)
		}
	}
	return out
}

// spans are the invocations of axisor in sentences.
func spans(text string) []string {
	var out []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[1], "axisor ") {
			out = append(out, m[1])
		}
	}
	return out
}
