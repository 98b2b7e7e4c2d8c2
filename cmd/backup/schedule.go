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
	"github.com/axisor/axisor/internal/config"
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
the same commands as you do. The units are confined as those of the packages are: the jobs write to the
directories of backup.directory, backup.targets and the metrics file of this configuration, and nowhere
else; a hook that writes elsewhere needs another ReadWritePaths= (systemctl edit). --install writes the
files and says what to type next; it changes nothing else. Secrets are not in them: the commands read the configuration file that --config names, or that of the
user they run as.`,
			Examples: []string{
				"axisor backup schedule",
				"axisor backup schedule --cron --at 02:30",
				"axisor backup schedule --physical --install",
			},
			Exits: exits.And(exits.Configured(exits.Conflict("a file exists with different content")), clierr.Denied),
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
		Run:   func(_ context.Context, call *verb.Call) error { return runSchedule(call, o) },
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
	l, err := o.app.LoadConfig()
	if err != nil {
		return err
	}
	if err := o.keepConfiguration(l); err != nil {
		return err
	}
	list := o.crontab()
	if !o.cron {
		places, err := placesOf(l, o.app.Getenv, o.user, o.program)
		if err != nil {
			return err
		}
		list = o.units(places)
		defer places.announce(p, o.user)
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

// keepConfiguration makes the jobs use the configuration that this run was told to use, by flag or by variable: a job
// of a timer has neither the variables nor the working directory.
func (o *scheduleOptions) keepConfiguration(l *config.Loaded) error {
	words := backups.SameConfiguration(o.app)
	if o.app.Globals.ConfigFile == "" && l.File != "" && o.app.Getenv("AXISOR_CONFIG") != "" {
		words = append(words, "--config", l.File)
	}
	if o.app.Globals.Profile == "" && l.Profile != "" && o.app.Getenv("AXISOR_PROFILE") != "" {
		words = append(words, "--profile", l.Profile)
	}
	for _, word := range words {
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
		return clierr.New(clierr.Conflict, "file_exists", f.File+" exists with different content", "remove it first, or choose another directory with --into")
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
