package flags

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
)

// Active is the pair --active and --inactive of lists; neither means both.
type Active struct{ active, inactive bool }

// Register adds both flags.
func (a *Active) Register(c *cobra.Command) {
	c.Flags().BoolVar(&a.active, "active", false, "only active ones")
	c.Flags().BoolVar(&a.inactive, "inactive", false, "only inactive ones")
}

// Validate refuses both at once.
func (a *Active) Validate() error {
	if a.active && a.inactive {
		return clierr.Usagef("--active and --inactive exclude each other")
	}
	return nil
}

// Value is the wanted state, nil for any.
func (a *Active) Value() *bool {
	if !a.active && !a.inactive {
		return nil
	}
	return &a.active
}

// Chosen is Validate and Value.
func (a *Active) Chosen() (*bool, error) { return a.Value(), a.Validate() }
