package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/doctor"
)

// glanceTime is how long the program's bare name may wait for the database.
const glanceTime = 300 * time.Millisecond

// step is a command to type next.
type step struct{ command, does string }

// welcome answers the program's bare name: what there is, and what to do next in the state it finds. --help stays
// the page that opens nothing.
func welcome(a *app.App, root *cobra.Command) error {
	s := a.Streams
	var b strings.Builder
	fmt.Fprintf(&b, "%s administers the Axisor trading platform.\n\n", s.Paint(streams.Emphasis, "axisor"))
	for _, g := range root.Groups() {
		var names []string
		for _, c := range root.Commands() {
			if c.GroupID == g.ID && c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		fmt.Fprintf(&b, "  %-19s %s\n", strings.TrimSuffix(g.Title, ":"), wrap(names, 22, s.Width()))
	}
	if !a.Globals.Quiet {
		state, text := doctor.Glance(root.Context(), doctor.Installation{
			Config: a.LoadConfig, DB: a.RawDB, Logger: a.Log(), Now: a.Now, Dir: a.Dir,
		}, glanceTime)
		role := streams.Warn
		if state == doctor.Well {
			role = streams.Good
		}
		fmt.Fprintf(&b, "\n%s\n", s.Paint(role, streams.Visible(strings.ToUpper(text[:1])+text[1:]+".")))
		steps := nextSteps(state, hasDev(a))
		width := 0
		for _, n := range steps {
			width = max(width, len(n.command))
		}
		for _, n := range steps {
			fmt.Fprintf(&b, "  %s  %s\n", s.Paint(streams.Emphasis, fmt.Sprintf("%-*s", width, n.command)), n.does)
		}
	}
	b.WriteString("\n\"axisor user --help\" lists the commands of a noun, \"axisor --help\" everything.\n")
	_, err := io.WriteString(s.Out, b.String())
	return err
}

// hasDev reports whether a development environment was made in this directory.
func hasDev(a *app.App) bool {
	info, err := os.Stat(filepath.Join(a.Dir, ".axisor"))
	return err == nil && info.IsDir()
}

// nextSteps are the three commands that help most in a state.
func nextSteps(state doctor.State, dev bool) []step {
	switch state {
	case doctor.NoConfig:
		return []step{
			{"axisor config init", "answer a few questions and get a configuration"},
			{"axisor dev up", "or try it all on a private PostgreSQL here"},
			{"axisor help environment", "or set DATABASE_URL and ENCRYPTION_KEY yourself"},
		}
	case doctor.BadConfig:
		return []step{
			{"axisor config validate", "list all that is wrong"},
			{"axisor config path", "say which file is read"},
			{"axisor help environment", "say which variables beat the file"},
		}
	case doctor.Unreachable:
		last := step{"axisor dev up", "or start a private PostgreSQL here"}
		if dev {
			last.does = "start the private PostgreSQL here again"
		}
		return []step{
			{"axisor db ping", "wait longer for an answer, and say what is wrong"},
			{"axisor config show database --origins", "say where the address comes from"},
			last,
		}
	case doctor.NoSchema:
		return []step{
			{"axisor migrate up --dry-run", "show the SQL that would make it"},
			{"axisor migrate up", "make it"},
			{"axisor migrate baseline", "or adopt the tables that Prisma made"},
		}
	case doctor.OldSchema:
		return []step{
			{"axisor migrate status", "show what is missing"},
			{"axisor backup", "have a way back"},
			{"axisor migrate up", "bring the schema up to date"},
		}
	case doctor.NewSchema:
		return []step{
			{"axisor version", "say how old this program is"},
			{"axisor migrate status", "show what it does not know"},
			{"axisor doctor", "look at everything else"},
		}
	case doctor.NoUsers:
		last := step{"axisor plan list", "see the plans that users can have"}
		if dev {
			last = step{"axisor dev seed", "or make invented people to play with"}
		}
		return []step{
			{"axisor user create", "make the first one"},
			{"axisor user import FILE", "or take many from csv or jsonl"},
			last,
		}
	case doctor.Unprotected:
		return []step{
			{"axisor guard status", "see who is not protected, and why"},
			{"axisor guard explain USER", "see the numbers and the rule that decided"},
			{"axisor doctor", "look at everything else"},
		}
	case doctor.StaleBackup:
		return []step{
			{"axisor backup", "make one now"},
			{"axisor backup schedule", "have it made every night"},
			{"axisor doctor", "look at everything else"},
		}
	default:
		return []step{
			{"axisor search TEXT", "find a user, payment or trade by its id, e-mail, hash"},
			{"axisor guard status", "see whether positions are being guarded"},
			{"axisor doctor", "check the installation in depth"},
		}
	}
}

// wrap puts words on lines of a width, the later ones indented.
func wrap(words []string, indent, width int) string {
	var b strings.Builder
	at := indent
	for i, w := range words {
		if i > 0 && at+1+len(w) > width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		} else if i > 0 {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(w)
		at += len(w)
	}
	return b.String()
}
