package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killRounds ends the program at random moments, then looks at what is left.
func (f *field) killRounds(ctx context.Context) error {
	random := rand.New(rand.NewPCG(f.seed, 0))
	target := filepath.Join(f.Dir, "target")
	if err := os.Mkdir(target, 0o700); err != nil {
		return err
	}
	f.Env = append(f.Env, "AXISOR_BACKUP_TARGETS="+target)
	jobs := map[string][]string{
		"backup": {"backup", "create", "-q"}, "prune": {"backup", "prune", "--yes", "--keep-days", "0", "--keep-last", "2"},
		"restore": {"restore", "latest", "--to-database", "killed", "--replace", "--yes"}, "push": {"backup", "push"},
	}
	order := []string{"backup", "restore", "prune", "push"}
	whole := map[string]time.Duration{}
	for _, name := range order {
		began := time.Now()
		if out, err := f.command(ctx, f.Program, jobs[name]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		whole[name] = time.Since(began)
	}
	killed := 0
	for i := range f.kills {
		name := order[i%len(order)]
		c := f.command(ctx, f.Program, jobs[name]...)
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := c.Start(); err != nil {
			return err
		}
		after := time.Duration(random.Int64N(int64(whole[name]) + 1))
		signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[random.IntN(2)]
		timer := time.AfterFunc(after, func() { _ = c.Process.Signal(signal) })
		if err := c.Wait(); err != nil {
			killed++
		}
		timer.Stop()
		ended := time.Now()
		for orphans(f.Dir) > 0 {
			if time.Since(ended) > 200*time.Millisecond {
				return fmt.Errorf("kill %d (%s after %s): a child lives on after 200 ms", i, name, after)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	// The next run cleans up; then every backup that is listed has to restore.
	for _, args := range [][]string{jobs["backup"], {"backup", "verify", "--all", "--deep"}} {
		if out, err := f.command(ctx, f.Program, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("after the kills: %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	out, err := f.command(ctx, f.Program, "backup", "list", "--all", "-o", "json").Output()
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(f.Dir, "repo", "axisor_backup_*"))
	if err != nil {
		return err
	}
	if len(left) != 3*len(list.Items) {
		return fmt.Errorf("%d files for %d backups: something was left behind: %s", len(left), len(list.Items), strings.Join(left, ", "))
	}
	f.Say("%d runs, %d ended in the middle; %d backups listed, all restore; nothing left behind", f.kills, killed, len(list.Items))
	return nil
}

func (f *field) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	c.Env, c.Dir = f.Env, f.Dir
	return c
}

// orphans counts client programs that work for this repository and whose parent has gone.
func orphans(dir string) int {
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return 0
	}
	n := 0
	for _, path := range found {
		env, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(env), "PGAPPNAME=axisor backup") || !strings.Contains(string(env), dir) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) && !zombie(pid) {
			n++
		}
	}
	return n
}

func zombie(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(text), ") ")
	return err != nil || strings.HasPrefix(after, "Z")
}
