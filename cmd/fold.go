package cmd

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
)

// helpWidth is what every page of the help fits into: the narrowest terminal that people still use.
const helpWidth = 80

// printHelp is cobra's page, folded.
func printHelp(c *cobra.Command, _ []string) {
	text := c.Long
	if text == "" {
		text = c.Short
	}
	page := reflow(text) + "\n"
	if c.Runnable() || c.HasSubCommands() {
		page += "\n" + c.UsageString()
	}
	var b strings.Builder
	examples := false
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, " \n")
		if line != "" && line[0] != ' ' {
			examples = line == "Examples:"
		}
		if examples {
			line = foldCommand(line)
		} else {
			line = foldLine(line)
		}
		b.WriteString(line + "\n")
	}
	fmt.Fprint(c.OutOrStdout(), b.String())
}

// reflow joins the lines of each paragraph, which is folded anew. Lines that are indented, and items of lists, keep their
// beginnings.
func reflow(text string) string {
	var out []string
	joined := false // the last line may take the next one's words
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		own := line == "" || line[0] == ' ' || strings.HasPrefix(line, "- ")
		if !own && joined {
			out[len(out)-1] += " " + line
		} else {
			out = append(out, line)
		}
		joined = !own || strings.HasPrefix(line, "- ")
	}
	return strings.Join(out, "\n")
}

// gap separates the columns of a line.
var gap = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\S {2,}`) })

// foldLine breaks a line between words; what follows stands below the last of its columns.
func foldLine(line string) string {
	if ansi.StringWidth(line) <= helpWidth {
		return line
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	for _, at := range gap().FindAllStringIndex(line, -1) {
		if at[1] <= helpWidth/2+10 {
			indent = at[1]
		}
	}
	var b strings.Builder
	b.WriteString(line[:indent])
	at := indent
	for i, word := range strings.Fields(line[indent:]) { // and nowhere else: a flag has hyphens
		if cut := strings.LastIndexByte(word[:min(len(word), helpWidth-indent)], '|') + 1; len(word) > helpWidth-indent && cut > 0 {
			word = word[:cut] + "\n" + strings.Repeat(" ", indent) + word[cut:] // a choice of many
		}
		width := ansi.StringWidth(word)
		switch {
		case i == 0:
		case at+1+width > helpWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += width
	}
	return b.String()
}

// foldCommand breaks a command line where a shell may go on with the next line: at a blank outside of quotes.
func foldCommand(line string) string {
	if ansi.StringWidth(line) <= helpWidth {
		return line
	}
	const more = "    "
	best := 0
	var quote rune
	for i, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == ' ' && i > len(more) && ansi.StringWidth(line[:i])+2 <= helpWidth && strings.TrimSpace(line[:i]) != "":
			best = i
		}
	}
	if best == 0 {
		return line
	}
	return line[:best] + " \\\n" + foldCommand(more+strings.TrimLeft(line[best:], " "))
}
