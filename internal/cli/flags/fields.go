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

// CompleteFields completes a comma-separated list of the result's fields.
func CompleteFields(c *cobra.Command, flag string) {
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		done := typed[:strings.LastIndex(typed, ",")+1]
		var words []cobra.Completion
		for _, name := range FieldsOf(c) {
			words = append(words, done+name)
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}
