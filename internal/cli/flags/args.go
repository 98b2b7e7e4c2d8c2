package flags

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/words"
)

// None refuses arguments.
func None() cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return clierr.Usagef("%s takes no argument, got %q", c.CommandPath(), args[0])
		}
		return nil
	}
}

// Exactly wants one argument for each name; the error shows a complete example.
func Exactly(example string, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := tooFew(c, args, len(names), example, names); err != nil {
			return err
		}
		if len(args) > len(names) {
			return clierr.Usagef("%s takes %s, got also %q", c.CommandPath(), words.And(names), args[len(names)]).
				WithHint("quote values that contain spaces; for example: " + example)
		}
		return nil
	}
}

// AtLeastOne wants one or more arguments.
func AtLeastOne(example, name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error { return tooFew(c, args, 1, example, []string{name}) }
}

// AtMostOne wants none or one argument.
func AtMostOne(example, name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return clierr.Usagef("%s takes at most one %s, got also %q", c.CommandPath(), name, args[1]).WithHint("for example: " + example)
		}
		return nil
	}
}

func tooFew(c *cobra.Command, args []string, want int, example string, names []string) error {
	for i := range want {
		if i >= len(args) || strings.TrimSpace(args[i]) == "" {
			return clierr.Usagef("%s needs %s", c.CommandPath(), article(names[i])).WithHint("for example: " + example)
		}
	}
	return nil
}

func article(name string) string {
	if strings.ContainsAny(name[:1], "AEIOaeio") {
		return fmt.Sprintf("an %s", name)
	}
	return fmt.Sprintf("a %s", name)
}
