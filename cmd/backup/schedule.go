package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
)

// scheduleView is one file of the schedule.
type scheduleView struct {
	File      string `json:"file"`
	Content   string `json:"content"`
	Installed bool   `json:"installed"`
}

type scheduleOptions struct {
	app       *app.App
	cron      bool
	at        string
	physical  bool
	install   bool
	directory string
	user      string
	program   string
	hour      int
	minute    int
}

func schedule(a *app.App) *cobra.Command {
	o := &scheduleOptions{app: a}
	return verb.Command{
		Words: verb.Words{
			Use:   "schedule",
			Short: "Print, or install, what makes backups regular",
			Long: `Print systemd units (or with --cron a crontab) that make a backup each day and restore one as a test
each week; with --physical also a base backup each week and a service that receives the log. They run
the same commands as you do. --install writes the files and says what to type next; it changes nothing
else. Secrets are not in them: the commands read the configuration file that --config names, or that of the
user they run as.`,
			Examples: []string{
				"axisor backup schedule",
				"axisor backup schedule --cron --at 02:30",
				"axisor backup schedule --physical --install",
			},
			Exits: exits.And(exits.Configured(exits.Conflict("a file is there with another content")), clierr.Denied),
		},
		Effect: flags.Write, Fields: output.Fields[scheduleView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.BoolVar(&o.cron, "cron", false, "a file for /etc/cron.d instead of systemd units")
			f.StringVar(&o.at, "at", "03:00", "`TIME` of the daily backup")
			f.BoolVar(&o.physical, "physical", false, "also base backups and the receiver of the log")
			f.BoolVar(&o.install, "install", false, "write the files")
			f.StringVar(&o.directory, "into", "", "`DIR` to write to (default: /etc/systemd/system or /etc/cron.d)")
			f.StringVar(&o.user, "run-as", "postgres", "`USER` that the jobs run as")
		},
		Check: func(*verb.Call) error { return o.validate() },
		Run:   func(_ context.Context, call *verb.Call) error { return backups.Explain(runSchedule(call, o)) },
	}.Build(a)
}

var userName = regexp.MustCompile(`^[a-z_][a-z0-9_-]*$`)

func (o *scheduleOptions) validate() error {
	h, m, ok := strings.Cut(o.at, ":")
	var err1, err2 error
	o.hour, err1 = strconv.Atoi(h)
	o.minute, err2 = strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || o.hour < 0 || o.hour > 23 || o.minute < 0 || o.minute > 59 {
		return clierr.Usagef("--at %q: must be a time such as 03:00", o.at)
	}
	if !userName.MatchString(o.user) {
		return clierr.Usagef("--run-as %q: must be the name of a user", o.user)
	}
	if o.directory == "" {
		o.directory = "/etc/systemd/system"
		if o.cron {
			o.directory = "/etc/cron.d"
		}
	}
	return nil
}

func runSchedule(call *verb.Call, o *scheduleOptions) error {
	p := call.Print
	var err error
	if o.program, err = os.Executable(); err != nil {
		return err
	}
	if !plain(o.program) {
		return clierr.New(clierr.Failure, "program_path", fmt.Sprintf("the path of this program (%s) has characters that units and crontabs read in their own way", o.program), "install it as /usr/local/bin/axisor")
	}
	if err := o.keepConfiguration(); err != nil {
		return err
	}
	list := o.units()
	if o.cron {
		list = o.crontab()
	}
	if o.install && !call.DryRun {
		for i := range list {
			if err := install(list[i]); err != nil {
				return err
			}
			list[i].Installed = true
		}
	}
	if !p.Machine() && !o.install {
		for _, f := range list {
			fmt.Fprintf(o.app.Streams.Out, "# %s\n%s\n", f.File, f.Content)
		}
		p.Notice("nothing was written; --install does")
		return nil
	}
	if err := output.Slice(p, output.Desc{Noun: "files", ID: "file", Columns: []output.Column{{Field: "file"}, {Field: "installed"}}}, list); err != nil {
		return err
	}
	if o.install && !call.DryRun && !o.cron {
		p.Notice("next: systemctl daemon-reload && systemctl enable --now %s", strings.Join(o.enable(list), " "))
	}
	return nil
}

// keepConfiguration makes the jobs use the configuration that this run was told to use.
func (o *scheduleOptions) keepConfiguration() error {
	for _, word := range backups.SameConfiguration(o.app) {
		if !plain(word) {
			return clierr.Usagef("%q has characters that units and crontabs read in their own way", word)
		}
		o.program += " " + word
	}
	return nil
}

// plain reports whether units and crontabs take a word as it is.
func plain(word string) bool { return !strings.ContainsAny(word, " %\"'\\\n") }

// install writes a file that is not there; the same content again is fine.
func install(f scheduleView) error {
	old, err := os.ReadFile(f.File)
	if err == nil && string(old) == f.Content {
		return nil
	}
	if err == nil {
		return clierr.New(clierr.Conflict, "file_exists", f.File+" is there with another content", "remove it first, or choose another directory with --into")
	}
	return os.WriteFile(f.File, []byte(f.Content), 0o644) //nolint:gosec // units are for all to read and hold no secret
}

func (o *scheduleOptions) enable(list []scheduleView) []string {
	var out []string
	for _, f := range list {
		name := filepath.Base(f.File)
		if strings.HasSuffix(name, ".timer") || name == "axisor-wal.service" {
			out = append(out, name)
		}
	}
	return out
}

func (o *scheduleOptions) units() []scheduleView {
	job := func(name, what, command, when string) []scheduleView {
		return []scheduleView{
			o.file(name+".service", fmt.Sprintf(`[Unit]
Description=%s
After=network-online.target postgresql.service
Wants=network-online.target

[Service]
Type=oneshot
User=%s
UMask=0077
Nice=10
IOSchedulingClass=idle
ExecStart=%s %s
# 13: another run is at work.
SuccessExitStatus=13
%s`, what, o.user, o.program, command, confined)),
			o.file(name+".timer", fmt.Sprintf(`[Unit]
Description=%s

[Timer]
OnCalendar=%s
Persistent=true
RandomizedDelaySec=5m

[Install]
WantedBy=timers.target
`, what, when)),
		}
	}
	clock := fmt.Sprintf("%02d:%02d:00", o.hour, o.minute)
	list := job("axisor-backup", "Daily backup of the Axisor database", "backup create --no-input", "*-*-* "+clock)
	list = append(list, job("axisor-backup-verify", "Weekly test restore of the newest Axisor backup", "backup verify latest --deep --no-input", "Sun *-*-* "+o.later(2))...)
	if !o.physical {
		return list
	}
	list = append(list, job("axisor-base", "Weekly base backup of the Axisor cluster", "backup base --no-input", "Sat *-*-* "+o.later(1))...)
	return append(list, o.file("axisor-wal.service", fmt.Sprintf(`[Unit]
Description=Receiver of the Axisor cluster's write-ahead log
After=network-online.target postgresql.service
Wants=network-online.target

[Service]
User=%s
UMask=0077
ExecStart=%s backup wal receive --no-input
Restart=always
RestartSec=5
%s
[Install]
WantedBy=multi-user.target
`, o.user, o.program, confined)))
}

// confined is what none of the jobs needs, wherever the backups and the server's socket are. The units of the packages
// know these places and are closed further.
const confined = `NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=full
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictSUIDSGID=yes
`

// later is a time of day some hours after the daily backup.
func (o *scheduleOptions) later(hours int) string {
	return fmt.Sprintf("%02d:%02d:00", (o.hour+hours)%24, o.minute)
}

func (o *scheduleOptions) crontab() []scheduleView {
	line := func(hour int, day, command string) string {
		return fmt.Sprintf("%d %d * * %s %s %s %s --no-input -q\n", o.minute, hour%24, day, o.user, o.program, command)
	}
	text := "# Backups of the Axisor database. Mail means that something failed.\n" +
		line(o.hour, "*", "backup create") + line(o.hour+2, "0", "backup verify latest --deep")
	if o.physical {
		text += line(o.hour+1, "6", "backup base") + fmt.Sprintf("@reboot %s %s backup wal start --no-input -q\n", o.user, o.program)
	}
	return []scheduleView{o.file("axisor-backup", text)}
}

func (o *scheduleOptions) file(name, content string) scheduleView {
	return scheduleView{File: filepath.Join(o.directory, name), Content: content}
}
