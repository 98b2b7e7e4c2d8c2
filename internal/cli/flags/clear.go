package flags

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
)

// Clear is the flag --clear, which empties optional fields: a flag with an empty value is no way to say so, because an
// unset shell variable says the same.
type Clear struct{ names, allowed []string }

// Register adds the flag. Fields are called by the names of the flags that set them.
func (f *Clear) Register(c *cobra.Command, allowed ...string) {
	f.allowed = allowed
	c.Flags().StringSliceVar(&f.names, "clear", nil, "empty these `FIELDS`: "+strings.Join(allowed, ","))
	Complete(c, "clear", func() []string { return allowed })
}

// Validate refuses unknown fields, and fields that are set by their own flag at the same time.
func (f *Clear) Validate(c *cobra.Command) error {
	for _, name := range f.names {
		if !slices.Contains(f.allowed, name) {
			return clierr.Usagef("--clear %q: no such field", name).WithHint("use some of " + strings.Join(f.allowed, ","))
		}
		if c.Flags().Changed(name) {
			return clierr.Usagef("--%s and --clear %s exclude each other", name, name)
		}
	}
	return nil
}

// Has reports whether a field is to be emptied.
func (f *Clear) Has(name string) bool { return slices.Contains(f.names, name) }
