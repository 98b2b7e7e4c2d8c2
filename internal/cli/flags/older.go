package flags

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
)

// OlderThan is the flag --older-than of commands that delete what is old.
type OlderThan struct {
	Span time.Duration
	text string
}

// Register adds the flag: of what, and a span that is usual for it.
func (o *OlderThan) Register(c *cobra.Command, what, usual string) {
	c.Flags().StringVar(&o.text, "older-than", "", "only "+what+" this `SPAN`, such as "+usual)
}

// Given reports whether there is a span.
func (o *OlderThan) Given() bool { return o.text != "" }

// String is the span as it was typed.
func (o *OlderThan) String() string { return o.text }

// Validate reads the span, which must be given.
func (o *OlderThan) Validate(c *cobra.Command) error {
	if !o.Given() {
		return clierr.Usagef("missing --older-than").WithHint("for example: " + c.CommandPath() + " --older-than 365d --dry-run")
	}
	var err error
	if o.Span, err = ParseSpan(o.text); err != nil {
		return clierr.Usagef("--older-than %q is not a span of time", o.text).WithHint("use for example 365d, 26w or 12h")
	}
	return nil
}
