package cmd

// usageTemplate is cobra's, with three changes: the plural of a noun stays a hidden alias, the line that only
// repeats "[command]" is gone, and the global flags are named in one sentence instead of filling half a screen
// under every command.
const usageTemplate = `Usage:
{{- if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{if and .Runnable .Annotations}}
  {{.UseLine}}{{end}}
{{- else if .Runnable}}
  {{.UseLine}}
{{- end}}
{{- if and .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if and (gt (len .Aliases) 0) (not .HasAvailableSubCommands)}}

Also: {{.NameAndAliases}}
{{- end}}
{{- if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if eq (len .Groups) 0}}

Commands:
{{- range $cmds}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- else}}{{range $group := .Groups}}

{{.Title}}
{{- range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if not .AllChildCommandsHaveGroup}}

Also:
{{- range $cmds}}{{if (and (eq .GroupID "") (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableInheritedFlags}}

Every command also takes -o, --jq, --columns, -q, -v, -y, --reason, --timeout and more: see "axisor --help".
{{- end}}
{{- if .HasHelpSubCommands}}

Topics:
{{- range .Commands}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .CommandPath .CommandPathPadding}} {{.Short}}{{end}}{{end}}
{{- end}}
`
