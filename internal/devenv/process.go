package devenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
	pollEvery    = 25 * time.Millisecond
)

// process is a simulator, running on its own in the background. The process holds a lock on a file
// for as long as it lives: a process number alone may belong to somebody else after a restart of the machine.
type process struct {
	what    string // in messages
	dir     string
	log     string // name of the file
	api     string // path below which clients use it
	ready   string // path that answers when it is
	program string
	args    func(address, stateDir string) []string
}

func (p process) lockFile() string    { return filepath.Join(p.dir, "running") }
func (p process) addressFile() string { return filepath.Join(p.dir, "address") }
func (p process) logFile() string     { return filepath.Join(p.dir, p.log) }

func (p process) url() string {
	raw, err := os.ReadFile(p.addressFile())
	if err != nil {
		return ""
	}
	return "http://" + strings.TrimSpace(string(raw))
}

// base is the address of the simulator's interface, as clients configure it.
func (p process) base() string {
	if u := p.url(); u != "" {
		return u + p.api
	}
	return ""
}

// control is the address below which the simulator is steered; "" when it does not run.
func (p process) control() string {
	if _, ok := p.running(); !ok {
		return ""
	}
	return p.url() + steering
}

// part is what Status tells of the simulator.
func (p process) part(name string, exists bool) Part {
	out := Part{Name: name, State: Absent, Log: p.logFile()}
	if _, err := os.Stat(TokenFile(p.dir)); err == nil {
		out.TokenFile = TokenFile(p.dir)
	}
	if exists {
		out.State = Stopped
		if pid, ok := p.running(); ok {
			out.State, out.PID, out.Address = Running, pid, p.base()
		}
	}
	return out
}

// Claim is called by a simulator's own process: it takes the lock that tells others that it runs, and keeps it until
// the process ends, and makes the token that its orders need. A second one on the same state is refused.
func Claim(stateDir, address string) (release func(), err error) {
	p := process{dir: stateDir}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, fmt.Errorf("create state directory: %w", err)
	}
	f, err := os.OpenFile(p.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim state directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrSimulatorRuns
		}
		return nil, fmt.Errorf("claim state directory: %w", err)
	}
	err = errors.Join(f.Truncate(0), makeToken(p.dir), writeAt(f, strconv.Itoa(os.Getpid())), os.WriteFile(p.addressFile(), []byte(address+"\n"), 0o600))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("claim state directory: %w", err)
	}
	return func() { f.Close() }, nil
}

// ErrSimulatorRuns is returned when a simulator already runs on the state directory.
var ErrSimulatorRuns = errors.New("the simulator already runs")

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text+"\n"), 0)
	return err
}

// running returns the process number of the simulator if it lives.
func (p process) running() (pid int, ok bool) {
	f, err := os.Open(p.lockFile())
	if err != nil {
		return 0, false
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return 0, false
	}
	buf := make([]byte, 16)
	n, _ := f.Read(buf) // an empty file: the process has just begun
	pid, err = strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	return pid, err == nil
}

// start runs the simulator in the background and waits until it answers. The address of the last run is kept, so
// that the configuration stays right.
func (p process) start(ctx context.Context) error {
	if _, ok := p.running(); ok {
		return nil
	}
	address, err := p.chooseAddress(ctx)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer log.Close()
	// The process outlives this command, so its life does not hang on our context.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.program, p.args(address, p.dir)...)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", p.program, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return p.awaitReady(ctx, "http://"+address+p.ready, ended)
}

func (p process) awaitReady(ctx context.Context, url string, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if p.answers(ctx, url) {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended at once (%w); see %s", errors.Join(err, errors.New(lastLine(p.logFile()))), p.logFile())
		case <-ctx.Done():
			return fmt.Errorf("no answer from %s after %s; see %s", url, startTimeout, p.logFile())
		case <-tick.C:
		}
	}
}

func (p process) answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	if token, err := readToken(p.dir); err == nil {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// stop asks the simulator to end, and ends it when it does not.
func (p process) stop(ctx context.Context) error {
	pid, ok := p.running()
	if !ok {
		return nil
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the %s (process %d): %w", p.what, pid, err)
		}
		if p.awaitEnd(ctx) {
			return nil
		}
	}
	return fmt.Errorf("stop the %s: process %d does not end", p.what, pid)
}

func (p process) awaitEnd(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if _, ok := p.running(); !ok {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// chooseAddress prefers the address of the last run.
func (p process) chooseAddress(ctx context.Context) (string, error) {
	if last := strings.TrimPrefix(p.url(), "http://"); last != "" && listenable(ctx, last) {
		return last, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func listenable(ctx context.Context, address string) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// lastLine of a log, for an error message.
func lastLine(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "no log"
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return lines[len(lines)-1]
}
