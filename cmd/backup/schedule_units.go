package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/backup/remote"
)

func (o *scheduleOptions) units(at places) []scheduleView {
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
%s`, what, o.user, o.program, command, at.confine(strings.Contains(command, "--deep")))),
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
Type=exec
User=%s
UMask=0077
ExecStart=%s backup wal receive --no-input
Restart=always
RestartSec=5
%s
[Install]
WantedBy=multi-user.target
`, o.user, o.program, at.confine(false))))
}

// places are the directories that the jobs need, apart from those of the system.
type places struct {
	written []string
	home    bool // something they read or write is in a home directory
	tmp     bool // … or in a directory for temporary files
}

// placesOf finds them in a configuration. account is the user that the jobs run as, command what is started.
func placesOf(l *config.Loaded, getenv func(string) string, account, command string) (places, error) {
	var at places
	b := l.Config.Backup
	at.written = append(at.written, b.Directory)
	for _, text := range b.Targets {
		t, err := remote.Parse(text, getenv)
		if err != nil {
			return at, clierr.Usagef("a place in backup.targets %v", err)
		}
		if d, ok := t.Store.(*remote.Directory); ok {
			at.written = append(at.written, d.Root())
		}
	}
	if b.MetricsFile != "" {
		at.written = append(at.written, filepath.Dir(b.MetricsFile))
	}
	for _, dir := range at.written {
		if !plain(dir) {
			return at, clierr.Usagef("the directory %q has characters that units read in their own way", dir)
		}
	}
	slices.Sort(at.written)
	at.written = slices.Compact(at.written)

	used := append(slices.Clone(at.written), strings.Fields(command)...)
	used = append(used, b.SigningKeyFile, strings.Join(b.PreHook[:min(1, len(b.PreHook))], ""), strings.Join(b.PostHook[:min(1, len(b.PostHook))], ""))
	if u, err := user.Lookup(account); err == nil {
		used = append(used, u.HomeDir) // its configuration, its .pgpass
	}
	for _, name := range used {
		at.home = at.home || within(name, "/home", "/root", "/run/user")
		at.tmp = at.tmp || within(name, "/tmp", "/var/tmp")
	}
	// The sockets of a server may be there as well.
	address := strings.ReplaceAll(strings.ToLower(l.Config.Database.URL.Reveal()), "%2f", "/")
	at.tmp = at.tmp || strings.Contains(address, "/tmp")
	return at, nil
}

// announce says which directories have to be made, because a confined job cannot.
func (at places) announce(p *output.Printer, account string) {
	for _, dir := range at.written {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			p.Notice("%s does not exist, and the jobs may not create it: install -d -m 0700 -o %s %s", dir, account, dir)
		}
	}
}

func within(name string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return name == root || strings.HasPrefix(name, root+"/") })
}

// confine is what the units of the packages have (packaging/systemd), for the places of this configuration. Whoever
// proves a backup runs a server, and that compiles its queries. RemoveIPC= of the packages is left out: it removes what the
// account shares in memory when a job ends, and the account is the one of the running server.
func (at places) confine(server bool) string {
	home, tmp, compiles := "yes", "yes", "yes"
	if at.home {
		home = "read-only"
	}
	if at.tmp {
		tmp = "no"
	}
	if server {
		compiles = "no"
	}
	return fmt.Sprintf(`
# What it cannot do. Other directories to write to: systemctl edit, ReadWritePaths=.
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=-%s
ProtectHome=%s
PrivateTmp=%s
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
MemoryDenyWriteExecute=%s
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`, strings.Join(at.written, " -"), home, tmp, compiles)
}
