package flags

import (
	"strings"

	"github.com/spf13/cobra"
)

// Fields records the JSON fields of a command's result: the documents, --columns completion and the contract
// test read them.
func Fields(c *cobra.Command, names []string) { Mark(c, FieldsKey, strings.Join(names, ",")) }

// FieldsOf returns what Fields recorded.
func FieldsOf(c *cobra.Command) []string {
	if c.Annotations[FieldsKey] == "" {
		return nil
	}
	return strings.Split(c.Annotations[FieldsKey], ",")
}
