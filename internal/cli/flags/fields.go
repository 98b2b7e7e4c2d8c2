package flags

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// FieldsWith records the fields that a flag adds to those of the command.
func FieldsWith(c *cobra.Command, flag string, names []string) {
	_ = c.Flags().SetAnnotation(flag, FieldsKey, names)
}

// FieldsAdded returns what FieldsWith recorded.
func FieldsAdded(f *pflag.Flag) []string { return f.Annotations[FieldsKey] }

// CompleteFields completes a comma-separated list of the result's fields.
func CompleteFields(c *cobra.Command, flag string) {
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		done := typed[:strings.LastIndex(typed, ",")+1]
		var words []cobra.Completion
		names := FieldsOf(c)
		c.Flags().Visit(func(f *pflag.Flag) { names = append(names, FieldsAdded(f)...) })
		for _, name := range names {
			words = append(words, done+name)
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}
