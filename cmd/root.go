package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/axisor/axisor/cmd/account"
	"github.com/axisor/axisor/cmd/audit"
	"github.com/axisor/axisor/cmd/automation"
	"github.com/axisor/axisor/cmd/backup"
	"github.com/axisor/axisor/cmd/browse"
	"github.com/axisor/axisor/cmd/config"
	"github.com/axisor/axisor/cmd/credential"
	"github.com/axisor/axisor/cmd/db"
	"github.com/axisor/axisor/cmd/dev"
	"github.com/axisor/axisor/cmd/doctor"
	"github.com/axisor/axisor/cmd/exchange"
	"github.com/axisor/axisor/cmd/guard"
	"github.com/axisor/axisor/cmd/migrate"
	"github.com/axisor/axisor/cmd/notification"
	"github.com/axisor/axisor/cmd/payment"
	"github.com/axisor/axisor/cmd/plan"
	"github.com/axisor/axisor/cmd/report"
	"github.com/axisor/axisor/cmd/search"
	"github.com/axisor/axisor/cmd/simulation"
	"github.com/axisor/axisor/cmd/trade"
	"github.com/axisor/axisor/cmd/user"
	"github.com/axisor/axisor/cmd/version"
	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/near"
)

// Help groups.
const (
	groupPeople   = "people"
	groupTrading  = "trading"
	groupOperate  = "operate"
	groupWorkshop = "workshop"
)

// noun is a command below the root.
type noun struct {
	group, name string
	build       func(*app.App) *cobra.Command
}

// nouns are all commands below the root, in the order of the help.
func nouns() []noun {
	return []noun{
		{groupPeople, "search", search.New},
		{groupPeople, "browse", browse.New},
		{groupPeople, "user", user.New},
		{groupPeople, "token", user.NewToken},
		{groupPeople, "plan", plan.New},
		{groupPeople, "payment", payment.New},
		{groupPeople, "audit", audit.New},
		{groupPeople, "notification", notification.New},
		{groupTrading, "exchange", exchange.New},
		{groupTrading, "account", account.New},
		{groupTrading, "credential", credential.New},
		{groupTrading, "guard", guard.New},
		{groupTrading, "automation", automation.New},
		{groupTrading, "trade", trade.New},
		{groupTrading, "report", report.New},
		{groupTrading, "simulation", simulation.New},
		{groupOperate, "migrate", migrate.New},
		{groupOperate, "db", db.New},
		{groupOperate, "backup", backup.New},
		{groupOperate, "restore", backup.NewRestore},
		{groupOperate, "doctor", doctor.New},
		{groupWorkshop, "dev", dev.New},
		{groupWorkshop, "config", config.New},
		{groupWorkshop, "version", version.New},
	}
}

// NewRoot builds the whole command tree. It opens nothing.
func NewRoot(a *app.App) *cobra.Command { return newRoot(a, "") }

// rootFor builds as much of the tree as the arguments can reach: one noun when they begin with its name, or ask for
// completion behind it, else all. The hundreds of flags of the others are a tenth of the time of a short command.
func rootFor(a *app.App, args []string) *cobra.Command {
	completes := len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
	if completes && len(args) > 2 {
		args = args[1:]
	}
	only := ""
	if len(args) > 0 && slices.ContainsFunc(nouns(), func(n noun) bool { return n.name == args[0] }) {
		only = args[0]
	}
	root := newRoot(a, only)
	if completes {
		walk(root, unquote)
	}
	return root
}

// unquote takes the marks of the values out of the descriptions of flags: completion shows them as they are.
func unquote(c *cobra.Command) {
	plain := func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) }
	c.LocalFlags().VisitAll(plain)
}

func newRoot(a *app.App, only string) *cobra.Command {
	root := &cobra.Command{
		Use:   "axisor",
		Short: "Administer the Axisor trading platform",
		Long: `axisor operates the database of the Axisor platform: users, exchange accounts and their
encrypted credentials, automations, payments, trade logs, margin guard runs, schema migrations
and backups.

Results go to stdout, everything else to stderr. See "axisor help exit-codes" and
"axisor help environment" for scripts.`,
		Example: `  axisor dev up && axisor migrate up
  axisor user list --plan pro -o json
  axisor guard run --dry-run`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
	}
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return welcome(a, c)
		}
		return groupRun(c, args)
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddGroup(
		&cobra.Group{ID: groupPeople, Title: "People and plans:"},
		&cobra.Group{ID: groupTrading, Title: "Trading:"},
		&cobra.Group{ID: groupOperate, Title: "Operations:"},
		&cobra.Group{ID: groupWorkshop, Title: "This installation:"},
	)
	for _, n := range nouns() {
		if only != "" && n.name != only {
			continue
		}
		c := n.build(a)
		c.GroupID = n.group
		if c.HasSubCommands() {
			c.Aliases = append(c.Aliases, c.Name()+"s")
		}
		root.AddCommand(c)
	}
	root.AddCommand(helpTopics()...)
	root.SetHelpCommand(helpCommand())
	if only == "" {
		root.InitDefaultCompletionCmd() // before the walk, so that it answers a mistyped shell as all others do
	}

	globalFlags(root, a)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpFunc(printHelp)
	walk(root, func(c *cobra.Command) { prepare(a, c) })
	return root
}

func globalFlags(root *cobra.Command, a *app.App) {
	g := a.Globals
	f := root.PersistentFlags()
	f.StringVar(&g.ConfigFile, "config", "", "configuration `FILE`")
	f.StringVar(&g.Profile, "profile", "", "profile of the configuration file")
	f.StringVarP(&g.Output, "output", "o", "", "format of the result: "+strings.Join(output.Formats(), "|"))
	f.StringVar(&g.JQ, "jq", "", "filter the json result with a jq `EXPR`ession (implies -o json)")
	f.StringSliceVar(&g.Columns, "columns", nil, "only these fields, in this order")
	f.BoolVar(&g.NoHeaders, "no-headers", false, "no header line in tables and csv")
	f.BoolVarP(&g.Quiet, "quiet", "q", false, "print only ids, one per line")
	f.CountVarP(&g.Verbose, "verbose", "v", "log what happens to stderr (-vv: everything)")
	f.StringVar(&g.LogFormat, "log-format", "text", "format of the log: text|json")
	f.BoolVar(&g.NoColor, "no-color", false, "no colour (so does NO_COLOR)")
	f.BoolVar(&g.NoInput, "no-input", false, "never ask; fail instead")
	f.BoolVarP(&g.Yes, "yes", "y", false, "answer yes to every confirmation")
	f.DurationVar(&g.Timeout, "timeout", 0, "give up after this `DURATION`")
	f.StringVar(&g.Reason, "reason", "", "why, kept in the audit trail")
	f.StringVar(&g.DatabaseURL, "database-url", "", "database `URL`; for one with a password use the environment or the file")
	f.StringVar(&g.AsUser, "as-user", "", "read as this `USER` sees it: only their rows, under row security")
	flags.CompleteLive(root, "as-user", a.UserNames)
	flags.Complete(root, "output", output.Formats)
	flags.CompleteFields(root, "columns")
	flags.Complete(root, "log-format", func() []string { return []string{"text", "json"} })
}

// prepare makes one command of the tree behave like all others.
func prepare(a *app.App, c *cobra.Command) {
	c.Flags().SortFlags = false
	if codes := exits.Of(c); len(codes) > 0 {
		c.Long += "\n\n" + exits.Paragraph(codes)
	}
	if !c.Runnable() && c.HasSubCommands() {
		c.Args, c.RunE = cobra.ArbitraryArgs, groupRun
	}
	run := c.RunE
	if run == nil {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkGiven(a, c, args); err != nil {
			return err
		}
		stop, err := start(a, c)
		if err != nil {
			return err
		}
		defer stop()
		if err := enter(a, c); err != nil {
			return err
		}
		return afterWrite(c, run(c, args))
	}
}

// afterWrite tells a filter that failed after something was written from one that only failed to show it.
func afterWrite(c *cobra.Command, err error) error {
	var jq *output.JQError
	if !errors.As(err, &jq) || c.Annotations[flags.EffectKey] == flags.Read || isSet(c, "dry-run") {
		return err
	}
	return clierr.New(clierr.Failure, "jq_failed", jq.Error()+"; what the command did stands", "look at the result without --jq").WithCause(err)
}

// groupRun answers a noun without a verb, and a verb that does not exist. Cobra's own answer to the latter is
// help with exit 0, which cron takes for success.
func groupRun(c *cobra.Command, args []string) error {
	help := fmt.Sprintf("run %q for the commands", c.CommandPath()+" --help")
	if len(args) == 0 {
		return clierr.Usagef("%s needs a command", c.CommandPath()).WithHint(help)
	}
	e := clierr.Usagef("unknown command %q for %q", args[0], c.CommandPath())
	if near := suggest(c, args[0]); len(near) > 0 {
		return e.WithHint("did you mean " + words.Or(near) + "?")
	}
	return e.WithHint(help)
}

func suggest(c *cobra.Command, typed string) []string {
	c.SuggestionsMinimumDistance = 2
	near := c.SuggestionsFor(typed)
	if len(near) > 3 {
		near = near[:3]
	}
	for i := range near {
		near[i] = fmt.Sprintf("%q", c.CommandPath()+" "+near[i])
	}
	return near
}

// flagError says in our words what is wrong with a flag, and which flag or value was probably meant.
func flagError(c *cobra.Command, err error) error {
	help := fmt.Sprintf("run %q for the flags", c.CommandPath()+" --help")
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return clierr.Usagef("unknown flag -%s", unknown.GetSpecifiedName()).WithHint(help)
	case errors.As(err, &unknown):
		e := clierr.Usagef("unknown flag --%s", unknown.GetSpecifiedName())
		if flag := nearestFlag(c, unknown.GetSpecifiedName()); flag != "" {
			return e.WithHint("did you mean --" + flag + "?")
		}
		return e.WithHint(help)
	case errors.As(err, &missing):
		return clierr.Usagef("--%s needs a value", missing.GetFlag().Name).WithHint(help)
	case errors.As(err, &invalid):
		e := clierr.Usagef("--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid))
		if word := nearestWord(invalid.GetValue(), invalid.Unwrap()); word != "" {
			return e.WithHint("did you mean " + word + "?")
		}
		return e.WithHint(help)
	}
	return clierr.Usagef("%s", err.Error()).WithHint(help)
}

// wanted says what a flag takes, instead of the words of the function that could not read it.
func wanted(e *pflag.InvalidValueError) string {
	switch kind := e.GetFlag().Value.Type(); kind {
	case "int", "int32", "int64", "uint", "uint16", "uint32", "uint64", "count":
		return "must be a whole number"
	case "float64":
		return "must be a number"
	case "bool":
		return "must be true or false"
	case "duration":
		return "must be a duration such as 30s, 5m or 2h"
	case "stringSlice":
		return "must be values with commas between them"
	case "float64Slice":
		return "must be numbers with commas between them"
	case "intSlice", "int64Slice":
		return "must be whole numbers with commas between them"
	default:
		return e.Unwrap().Error()
	}
}

// nearestWord finds the word of an enumeration that a mistyped value is nearest to.
func nearestWord(typed string, cause error) string {
	var enum *flags.EnumError
	if !errors.As(cause, &enum) {
		return ""
	}
	best, distance := "", 3
	for _, word := range enum.Allowed {
		if d := near.Distance(typed, word); d < distance && d < len(word) {
			best, distance = word, d
		}
	}
	return best
}

func walk(c *cobra.Command, fn func(*cobra.Command)) {
	for _, child := range c.Commands() {
		walk(child, fn)
	}
	fn(c)
}

// nearestFlag finds the flag of the command that differs least from what was typed.
func nearestFlag(c *cobra.Command, typed string) string {
	best, distance := "", 3
	for _, name := range flagNames(c) {
		if d := near.Distance(typed, name); d < distance || (strings.HasPrefix(name, typed) && best == "") {
			best, distance = name, d
		}
	}
	return best
}
