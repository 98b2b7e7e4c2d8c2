package guard_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// A scenario is one row of the table of events in docs/guard.md, brought about. Its name is the row's first cell. The
// commands of the row's last cell are run after it, in their order, and end with the codes that stand there.
type scenario struct {
	// env is added to the program's environment.
	env []string
	// arrange makes the event happen to a guard that protects anna, with a long position of 210,526 sats that fires at
	// 91,711.4; the market is at 95,000. Who else is needed, it makes.
	arrange func(t *testing.T, s *stage)
	// sees looks at what the commands printed, by command ("guard run"). Nil: the codes say all.
	sees func(t *testing.T, s *stage, printed map[string]clitest.Result)
}

// scenarios are those of every topic. A topic has a file of its own, events_TOPIC_test.go.
func scenarios(t *testing.T) map[string]scenario {
	t.Helper()
	all := map[string]scenario{}
	for _, topic := range []map[string]scenario{
		ordinaryEvents(),
		exchangeEvents(),
		healthEvents(),
		positionEvents(),
		databaseEvents(),
	} {
		for name := range topic {
			require.NotContains(t, all, name)
		}
		maps.Copy(all, topic)
	}
	return all
}

// event is a row of the table.
type event struct {
	name  string
	codes []ending
}

// ending is a command with the code that it ends with.
type ending struct {
	command string
	code    int
}

var endings = regexp.MustCompile("`([^`]+)` ([0-9]+)")

// events reads the table under the heading "Events".
func events(t *testing.T) []event {
	t.Helper()
	text, err := os.ReadFile("../../docs/guard.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Events\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var out []event
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 4 || strings.HasPrefix(strings.TrimSpace(cells[0]), "-") || strings.TrimSpace(cells[0]) == "event" {
			require.False(t, strings.HasPrefix(line, "|") && len(cells) != 4, "a row has four cells: %s", line)
			continue
		}
		e := event{name: strings.TrimSpace(cells[0])}
		for _, m := range endings.FindAllStringSubmatch(cells[3], -1) {
			code, err := strconv.Atoi(m[2])
			require.NoError(t, err)
			e.codes = append(e.codes, ending{m[1], code})
		}
		require.NotEmpty(t, e.codes, "the last cell names commands and codes: %s", line)
		out = append(out, e)
	}
	return out
}

func TestEvents_TheTableIsWhatHappens(t *testing.T) {
	t.Parallel()
	known, rows := scenarios(t), events(t)
	names := make([]string, 0, len(rows))
	for _, e := range rows {
		names = append(names, e.name)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(known)), names, "each row has one scenario, each scenario one row")
	for _, e := range rows {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s, how := setup(t), known[e.name]
			s.guarded(t, "anna")
			s.Program = s.With(how.env...)
			how.arrange(t, s)
			printed := map[string]clitest.Result{}
			for _, end := range e.codes {
				r := s.Run(strings.Fields(end.command)...)
				require.Equal(t, end.code, r.Code, "axisor %s\nstdout: %s\nstderr: %s", end.command, r.Stdout, r.Stderr)
				printed[end.command] = r
			}
			if how.sees != nil {
				how.sees(t, s, printed)
			}
		})
	}
}
