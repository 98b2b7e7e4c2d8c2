package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
)

// helpCommand is cobra's, but a command that does not exist is a usage error and not a page.
func helpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Help about any command",
		Long:  "Shows the help of a command, as --help does, or one of the topics at the end of \"axisor --help\".",
		Args:  cobra.ArbitraryArgs,
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		target, rest, err := c.Root().Find(args)
		if err != nil || len(rest) > 0 {
			return groupRun(target, rest)
		}
		target.InitDefaultHelpFlag()
		return target.Help()
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		target, rest, err := c.Root().Find(args)
		if err != nil || len(rest) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []cobra.Completion
		for _, sub := range target.Commands() {
			if (sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand()) && strings.HasPrefix(sub.Name(), typed) {
				words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
			}
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

// helpTopics are pages of the help that belong to no command.
func helpTopics() []*cobra.Command {
	var codes strings.Builder
	codes.WriteString("Exit codes, the same for every command:\n\n")
	for _, e := range clierr.ExitCodes() {
		fmt.Fprintf(&codes, "  %3d  %-13s %s\n", e.Code, e.Kind, e.Meaning)
	}
	codes.WriteString("\nWith -o json or jsonl the error is one JSON object on stderr:\n" +
		`  {"error":{"code":"user_not_found","kind":"not_found","exit":3,` + "\n" +
		`            "message":"…","hints":["…"]}}`)

	var env strings.Builder
	env.WriteString("Environment variables. A flag beats AXISOR_*, which beats the generic ones, a profile, the file\nand the default.\n\n")
	for _, k := range config.Keys() {
		fmt.Fprintf(&env, "  %-40s %s\n", k.Env(), k.Summary)
	}
	env.WriteString(`
  DATABASE_URL, ENCRYPTION_KEY             the platform's own names for database.url and encryption.key
  PGHOST, PGPORT, PGUSER, PGDATABASE, …    as in libpq, when no URL is given
  AXISOR_CONFIG, AXISOR_PROFILE            like --config and --profile
  AXISOR_PROGRESS                          json: progress of long work as JSON objects on stderr, one a second; off: none
  NO_COLOR                                 no colour, whatever its value
  COLUMNS                                  width of tables on a terminal`)
	return []*cobra.Command{
		{Use: "exit-codes", Short: "Exit codes and what they mean", Long: codes.String()},
		{Use: "environment", Short: "Environment variables", Long: env.String()},
	}
}
